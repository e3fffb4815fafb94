"""Interview, paper, answers, contact and enrolment in a real browser: by keyboard, and accessible."""

from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser.clinic.test_staff_pages import LANGUAGES, is_accessible, sideways, speak, staff_page
from tests.browser.conftest import Demonstration

pytestmark = pytest.mark.browser
# Nobody else's tests change these two: one waits for her operation, the other is two weeks after it.
ASKED, ON_PAPER = "/staff/participants/CZ-004", "/staff/participants/CZ-007"
PAGES = (
    f"{ASKED}/interview/baseline",
    f"{ASKED}/interview/baseline/qlq-c30",
    f"{ON_PAPER}/paper/2w",
    f"{ON_PAPER}/paper/2w/bpi-sf",
    f"{ON_PAPER}/paper-form/2w",
    f"{ON_PAPER}/answers/baseline",
    f"{ASKED}/contact",
    f"{ASKED}/arm",
)


def agreed(page: Page, person: str, way: str, timepoint: str) -> None:
    """The participant has heard the privacy notice, once."""
    page.goto(f"{person}/{way}/{timepoint}")
    if page.locator("input[name=read_out]").count():
        page.locator("input[name=read_out]").check()
        page.locator("input[name=health_data]").check()
        page.locator("main form button.main").click()
        expect(page.locator("input[name=read_out]")).to_have_count(0)


def test_every_page_is_accessible_and_no_wider_than_a_phone(
    browser: Browser, demonstration: Demonstration
) -> None:
    """In both languages; axe looks at each page in one of them, by turns."""
    with staff_page(browser, demonstration, "coordinator.wu", LANGUAGES[0]) as (page, complaints):
        page.set_viewport_size({"width": 360, "height": 800})
        agreed(page, ASKED, "interview", "baseline")
        agreed(page, ON_PAPER, "paper", "2w")
        for turn, language in enumerate(LANGUAGES):
            speak(page, demonstration, language)
            for place, path in enumerate(PAGES):
                page.goto(path)
                expect(page.locator("h1")).to_have_count(1)
                if place % 2 == turn:
                    is_accessible(page)
                assert sideways(page) <= 0, path
        assert complaints == []


def test_an_interview_by_number_keys_is_kept_while_it_is_asked(
    browser: Browser, demonstration: Demonstration
) -> None:
    with staff_page(browser, demonstration, "nurse.li", "en") as (page, complaints):
        agreed(page, ASKED, "interview", "baseline")
        page.goto(f"{ASKED}/interview/baseline/bpi-sf")
        expect(page.locator("form.interview input:checked")).to_have_count(0)
        page.locator("#bpi1-set input").first.focus()
        page.keyboard.press("1")
        page.locator("[data-region=back-sacrum]").click()
        page.locator("#bpi2_worst").select_option("back-sacrum")
        page.locator("#bpi3-set input").first.focus()
        for key in ("8", "1", "0", "4", "Enter"):  # worst 8, least 10, average 4, now nothing
            page.keyboard.press(key)
        expect(page.locator('input[name="bpi4"]:checked')).to_have_value("10")
        expect(page.locator("#bpi7")).to_be_focused()
        expect(page.locator(".keeping")).to_contain_text("Saved")
        page.reload()
        expect(page.locator('input[name="bpi3"]:checked')).to_have_value("8")
        expect(page.locator("[data-region=back-sacrum]")).to_have_class("shaded worst")
        page.locator("#bpi8-set input[value='50']").check()
        expect(page.locator(".keeping")).to_be_empty()
        for _ in range(10):  # left at once: what was entered last is on its way while the next page loads
            page.goto(f"{ASKED}/interview/baseline/bpi-sf")
            if page.locator("#bpi8-set input[value='50']").is_checked():
                break
        expect(page.locator("#bpi8-set input[value='50']")).to_be_checked()
        page.get_by_role("button", name="Look over and store").click()
        expect(page.get_by_text("will be recorded as skipped")).to_be_visible()
        page.get_by_label("I asked and entered the answers").check()
        page.get_by_role("button", name="Store the interview").click()
        expect(page.get_by_text("stored as an interview")).to_be_visible()
        page.goto(ASKED)
        expect(page.get_by_text("entered by nurse.li")).to_be_visible()
        assert complaints == []


def test_a_paper_form_is_typed_in_by_digits_alone(browser: Browser, demonstration: Demonstration) -> None:
    with staff_page(browser, demonstration, "nurse.li", "en") as (page, complaints):
        agreed(page, ON_PAPER, "paper", "2w")
        page.goto(f"{ON_PAPER}/paper/2w/qlq-c30")
        today = page.evaluate("new Date(Date.now() + 8 * 36e5).toISOString().slice(0, 10)")
        page.get_by_label("Filled in on").fill(today)
        page.locator("#q1").focus()
        page.keyboard.type("1234" * 7 + "67")
        for item, code in (("q1", "1"), ("q28", "4"), ("q29", "6"), ("q30", "7")):
            expect(page.locator(f"#{item}")).to_have_value(code)
        expect(page.get_by_role("button", name="Look over")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Every question has an answer.")).to_be_visible()
        page.get_by_role("button", name="Store the form").click()
        expect(page.get_by_text("Receipt")).to_be_visible()
        expect(page.get_by_text("the second entry is somebody else's")).to_be_visible()
        printed = page.context.request.get(f"{ON_PAPER}/paper-form/2w.pdf?words=en")
        sheets = PdfReader(BytesIO(printed.body())).pages
        assert len(sheets) == 4
        assert all("CZ-007" in sheet.extract_text() for sheet in sheets), "sheets get lost from one another"
        assert complaints == []


def test_enrolment_shows_what_would_be_sent_as_soon_as_there_is_a_day(
    browser: Browser, demonstration: Demonstration
) -> None:
    with staff_page(browser, demonstration, "nurse.li", "en") as (page, complaints):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/staff/enrol")
        expect(page.locator("#rehearsal")).to_be_hidden()
        page.get_by_label("Mobile telephone").fill("138 0000 0091")
        page.get_by_label("Planned day of surgery").fill(
            page.evaluate("new Date(Date.now() + 30 * 864e5).toISOString().slice(0, 10)")
        )
        page.get_by_label("Planned day of surgery").blur()
        expect(page.locator("#rehearsal time").first).to_be_visible()
        first = page.locator("#rehearsal time").first.inner_text()
        page.get_by_label("Planned day of surgery").fill(
            page.evaluate("new Date(Date.now() + 60 * 864e5).toISOString().slice(0, 10)")
        )
        page.get_by_label("Planned day of surgery").blur()
        expect(page.locator("#rehearsal time").first).not_to_have_text(first)
        assert not [url for url in asked if "138" in url], "a number has no place in an address"
        is_accessible(page)
        assert complaints == []
