"""Photographs of every screen of a questionnaire: `make pictures` puts them into build/pictures."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import Phone

FOLDER = Path(__file__).resolve().parents[3] / "build" / "pictures"
SHAPES: dict[str, dict[str, Any]] = {
    "360": {"viewport": {"width": 360, "height": 740}},
    "360-dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    "820": {"viewport": {"width": 820, "height": 1180}},
}


@pytest.mark.pictures
@pytest.mark.parametrize("size", ["1", "2", "3"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_screen_is_photographed(
    browser: Browser, hospital: Hospital, faults: list[str], language: str, shape: str, size: str
) -> None:
    person = hospital.enrol(f"PI-{language}-{shape}-{size}", language)
    context = browser.new_context(reduced_motion="reduce", **SHAPES[shape])
    context.add_cookies([{"name": "text_size", "value": size, "url": hospital.url}])
    phone = Phone(hospital, context, faults).start(person).open(person, "bpi-sf").settled()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def picture(screen: str) -> None:
        path = FOLDER / f"question-{screen}-{language}-{shape}-{size}.png"
        phone.page.screenshot(path=path, full_page=screen == "overview")
        assert path.stat().st_size > 5_000

    phone.choose(1)
    phone.saved("")
    picture("yes-no")
    phone.next()
    expect(phone.page.locator("#bpi2-figure svg").first).to_be_attached()
    for region in ("back-lumbar-spine", "back-thigh-right"):
        phone.page.locator(f'[data-region="{region}"]').click()
    phone.page.locator(".spot").first.click()
    picture("body")
    phone.page.locator('[data-do="list"]').click()
    picture("body-list")
    phone.next()
    phone.sees("bpi3")
    picture("scale")
    phone.choose(8)
    expect(phone.page.locator("#urgent")).not_to_be_empty()
    picture("urgent")
    phone.next()
    phone.sees("bpi4")
    phone.page.locator("#skip").click()
    expect(phone.page.locator("#gentle")).to_be_visible()
    picture("gentle")
    phone.page.locator("#leave-it").click()
    phone.answer("bpi5", 3)
    phone.answer("bpi6", 3)
    phone.sees("bpi7")
    picture("text")
    phone.next()
    phone.choose(60)
    picture("percent")
    phone.next()
    for letter in "abcdefg":
        phone.answer(f"bpi9{letter}", 2)
    phone.page.locator("#given summary").click()
    picture("overview")
    context.set_offline(True)
    phone.send()
    phone.at_end("waiting")
    picture("waiting")
    context.set_offline(False)
    phone.at_end("received")
    picture("end")
    phone.open(person, "qlq-c30").choose(2)
    picture("four-answers")
    phone.page.goto(f"{hospital.url}/app")
    expect(phone.page.locator(".part")).to_have_count(2)
    picture("list-of-visits")
