"""Every screen, in both languages and every way of looking at it, has nothing that axe objects to."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import Phone

WAYS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 320, "height": 640}},
    "dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    "tablet": {"viewport": {"width": 820, "height": 1180}},
    "high contrast": {"viewport": {"width": 360, "height": 740}, "forced_colors": "active"},
}


def no_objection(page: Page, where: str) -> None:
    """Axe finds nothing, serious or not, and nothing runs over the edge."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{where} is {over} px too wide"


@pytest.mark.parametrize(
    ("way", "language"),
    [("phone", "zh-Hans"), ("phone", "en"), ("dark", "zh-Hans"), ("tablet", "en"), ("high contrast", "en")],
)
def test_every_kind_of_screen_is_accessible_and_fits(
    browser: Browser, hospital: Hospital, faults: list[str], way: str, language: str
) -> None:
    person = hospital.enrol(f"AX-{way[:4]}-{language}", language)
    context = browser.new_context(reduced_motion="reduce", bypass_csp=True, **WAYS[way])
    phone = Phone(hospital, context, faults).start(person).open(person, "bpi-sf").settled()
    page = phone.page
    no_objection(page, "yes or no")
    phone.answer("bpi1", 1)
    phone.sees("bpi2")
    expect(page.locator("#bpi2-figure")).to_be_visible()
    no_objection(page, "the figure")
    page.locator('[data-region="back-lumbar-spine"]').click()
    page.locator('[data-do="list"]').click()
    expect(page.locator("#bpi2-list")).to_be_visible()
    no_objection(page, "the list of places")
    phone.next()
    phone.sees("bpi3")
    phone.choose(8)
    expect(page.locator("#urgent")).not_to_be_empty()
    no_objection(page, "the 0-10 scale with the urgent sentence")
    phone.next()
    phone.sees("bpi4")
    page.locator("#skip").click()
    expect(page.locator("#gentle")).to_be_visible()
    no_objection(page, "the gentle question")
    page.locator("#leave-it").click()
    phone.answer("bpi5", 3)
    phone.answer("bpi6", 3)
    phone.sees("bpi7")
    no_objection(page, "free text")
    phone.next()
    phone.answer("bpi8", 50)
    for letter in "abcdefg":
        phone.answer(f"bpi9{letter}", 2)
    page.locator("#given summary").click()
    no_objection(page, "the overview")
    phone.send()
    phone.at_end("received")
    no_objection(page, "the end")
    phone.open(person, "qlq-c30").settled()
    no_objection(page, "four answers")
    page.goto(f"{hospital.url}/app")
    expect(page.locator(".part")).to_have_count(2)
    no_objection(page, "the list of visits")


@pytest.mark.parametrize("size", ["2", "3"])
def test_larger_text_and_two_hundred_percent_zoom_still_fit(
    browser: Browser, hospital: Hospital, faults: list[str], size: str
) -> None:
    mary = hospital.enrol(f"AX-size-{size}", "en")
    # 320 px is what a 640 px window is at 200 %.
    context = browser.new_context(viewport={"width": 320, "height": 512}, bypass_csp=True)
    context.add_cookies([{"name": "text_size", "value": size, "url": hospital.url}])
    phone = Phone(hospital, context, faults).start(mary).open(mary, "bpi-sf").settled()
    expect(phone.page.locator("html")).to_have_attribute("data-text", size)
    phone.answer("bpi1", 1)
    phone.sees("bpi2")
    no_objection(phone.page, "the figure")
    phone.page.locator('[data-region="back-sacrum"]').click()
    phone.next()
    phone.sees("bpi3")
    no_objection(phone.page, "the 0-10 scale")
    smallest = phone.page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('#next, #back, fieldset:not([hidden]) .key')]
             .map(one => one.getBoundingClientRect().height))"""
    )
    assert smallest >= 56


def test_the_figure_is_worked_by_keyboard_and_told_to_a_screen_reader(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("AX-figure", "en")
    phone = Phone(hospital, browser.new_context(), faults).start(mary).open(mary, "bpi-sf").settled()
    phone.answer("bpi1", 1)
    head = phone.page.get_by_role("checkbox", name="Back of the head")
    neck = phone.page.get_by_role("checkbox", name="Back of the neck")
    for _ in range(12):
        phone.page.keyboard.press("Tab")
        if phone.page.evaluate("document.activeElement.dataset.region || ''").startswith("back"):
            break
    phone.page.keyboard.press("Space")
    phone.page.keyboard.press("ArrowRight")
    phone.page.keyboard.press("Enter")
    expect(head.or_(neck).first).to_have_attribute("aria-checked", "true")
    expect(phone.page.locator('[aria-checked="true"]')).to_have_count(2)
    phone.page.get_by_role("radio", name="Back of the head").check()
    expect(phone.page.locator(".cross")).to_have_count(1)
    phone.page.get_by_role("button", name="Undo").click()
    expect(phone.page.locator(".cross")).to_have_count(0)
    phone.page.get_by_role("button", name="Undo").click()
    expect(phone.page.locator('[aria-checked="true"]')).to_have_count(1)
    phone.page.get_by_role("button", name="Choose from a list").click()
    phone.page.locator("#bpi2-list").get_by_role("checkbox", name="Throat").check()
    phone.saved("Saved at the hospital")
    shaded = hospital.draft(mary, "bpi-sf")["bpi2"]["value"]["regions"]
    assert "front-neck" in shaded and len(shaded) == 2
