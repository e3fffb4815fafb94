"""The staff pages in a real browser, as nurse, surgeon, coordinator, monitor and administrator."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, StorageState, expect
from pypdf import PdfReader

from tests.browser.conftest import Demonstration

pytestmark = pytest.mark.browser

LANGUAGES = ("zh-Hans", "en")
WIDTHS = (360, 820, 1280)
NUMBER = "CZ-010"
ONE = f"/staff/participants/{NUMBER}"
READING = ("/staff", "/staff/participants", ONE, f"{ONE}/print", "/staff/completion")
CHANGING = (
    "/staff/enrol",
    f"{ONE}/surgery",
    f"{ONE}/status",
    f"{ONE}/link",
    f"{ONE}/card",
    f"{ONE}/card?size=a6",
)
TO_DO = ("/staff/alerts", "/staff/calls", f"/staff/calls/{NUMBER}/6m", f"{ONE}/missing/baseline")
PAGES = {
    "nurse.li": READING + CHANGING + TO_DO,
    "surgeon.zhao": (ONE, f"{ONE}/print", "/staff/signatures?show=all", f"{ONE}/signatures"),
    "coordinator.chen": (
        "/staff",
        "/staff/participants",
        "/staff/completion",
        "/staff/enrol",
        "/staff/locks",
    ),
    "coordinator.wu": (f"{ONE}/contact/delete",),
    "monitor.fang": ("/staff", ONE),
    "admin.he": ("/staff/accounts",),
}


# A blank after Chinese punctuation, which brings its own room.
AFTER_CHINESE = re.compile("[。！？：；，] +[^ \n].{0,20}")

# What a signed-in browser of each login keeps, by the demonstration's address: signing in takes its time on
# purpose, and most walks begin after it.
_SIGNED_IN: dict[tuple[str, str], StorageState] = {}


@contextmanager
def staff_page(
    browser: Browser, demonstration: Demonstration, login: str, language: str, *, anew: bool = False
) -> Iterator[tuple[Page, list[str]]]:
    """A signed-in page, and the complaints that its console makes. anew: with a session of its own, for a
    walk that ends it."""
    known = None if anew else _SIGNED_IN.get((demonstration.base, login))
    context = browser.new_context(locale=language, base_url=demonstration.base, storage_state=known)
    page = context.new_page()
    speak(page, demonstration, language)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto("/staff/accounts" if login == "admin.he" else "/staff")
    if page.locator("#password").count():
        page.locator("#login").fill(login)
        page.locator("#password").fill(demonstration.passwords[login])
        page.locator("button.main").click()
        page.wait_for_url(re.compile(r"/staff(/accounts)?$"))
        complaints.clear()  # the door itself answers 401
        if not anew:
            _SIGNED_IN[demonstration.base, login] = context.storage_state()
    yield page, complaints
    context.close()


def speak(page: Page, demonstration: Demonstration, language: str) -> None:
    """From its next page on the browser reads this language."""
    page.context.add_cookies([{"name": "language", "value": language, "url": demonstration.base}])


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("login", PAGES)
def test_every_page_is_accessible_fits_and_keeps_to_the_policy(
    browser: Browser, demonstration: Demonstration, login: str
) -> None:
    """Each page in both languages and three widths; axe looks at it in one of them, by turns: what it looks
    for is in the page's bones."""
    with staff_page(browser, demonstration, login, LANGUAGES[0]) as (page, complaints):
        for turn, language in enumerate(LANGUAGES):
            speak(page, demonstration, language)
            for place, path in enumerate(PAGES[login]):
                page.goto(path)
                assert page.locator("html").get_attribute("lang") == language
                expect(page.locator("h1")).to_have_count(1)
                assert AFTER_CHINESE.findall(page.locator("body").inner_text()) == [], page.url
                if place % 2 == turn:
                    is_accessible(page)
                fits(page)
        assert complaints == []


def is_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"


def fits(page: Page) -> None:
    """It is no wider than its window, from a telephone to a desk."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert sideways(page) <= 0, f"{page.url} at {width}"


def test_the_dark_is_accessible_too(browser: Browser, demonstration: Demonstration) -> None:
    with staff_page(browser, demonstration, "nurse.li", "en") as (page, _):
        page.emulate_media(color_scheme="dark")
        for path in ("/staff", ONE, "/staff/completion"):  # every colour there is
            page.goto(path)
            is_accessible(page)


def test_a_nurse_enrols_sees_the_dates_and_moves_the_surgery(
    browser: Browser, demonstration: Demonstration
) -> None:
    with staff_page(browser, demonstration, "nurse.li", "en") as (page, complaints):
        page.get_by_role("link", name="Enrol a participant").first.click()
        page.get_by_label("Study number").fill("cz-090")
        page.get_by_label("Mobile telephone").fill("138 0000 00")
        page.get_by_label("Planned day of surgery").fill(_in_days(page, 30))
        page.get_by_role("button", name="Show the dates").click()
        expect(page.get_by_text("can't be dialled")).to_be_visible()
        page.get_by_label("Mobile telephone").fill("138 0000 0090")
        page.get_by_role("button", name="Show the dates").click()
        expect(page.get_by_text("Nothing is saved yet")).to_be_visible()
        page.get_by_role("button", name="Save and enrol").click()
        expect(page.get_by_role("heading", name="CZ-090", exact=True)).to_be_visible()
        page.get_by_role("link", name="Set or move surgery").click()
        page.get_by_label("Day of surgery").fill(_in_days(page, 37))
        page.get_by_role("button", name="Show which visits move").click()
        expect(page.get_by_text("7 days later")).to_have_count(6 - _months_that_differ(page))
        page.get_by_role("button", name="Save this").click()
        expect(page.get_by_text("The visits have moved with it")).to_be_visible()
        assert [text for text in complaints if "422" not in text] == []


def _in_days(page: Page, days: int) -> str:
    """The day in so many days, by the browser's own clock: `2026-12-08`."""
    script = "days => new Date(Date.now() + days * 864e5).toISOString().slice(0, 10)"
    return str(page.evaluate(script, days))


def _months_that_differ(page: Page) -> int:
    """How many visits move by more or fewer days, since months have different lengths."""
    effects = page.locator("tbody tr td:last-child").all_inner_texts()
    return sum("later" in text and "7 days" not in text for text in effects)


def test_a_session_that_was_ended_shows_nothing_by_going_back(
    browser: Browser, demonstration: Demonstration
) -> None:
    with staff_page(browser, demonstration, "nurse.li", "en", anew=True) as (page, _):
        page.goto(ONE)
        page.get_by_role("button", name="Show name and contact").click()
        expect(page.get_by_text("Your look at this")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        # The name was the answer to a POST, which the browser has not kept: going back is an error page.
        with suppress(Error):
            page.go_back()
        expect(page.get_by_text("Your look at this")).to_have_count(0)
        page.goto(ONE)
        expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()


def test_the_printed_sheet_fits_on_one_page_and_the_card_is_as_large_as_a_bank_card(
    browser: Browser, demonstration: Demonstration, tmp_path: Path
) -> None:
    with staff_page(browser, demonstration, "surgeon.zhao", LANGUAGES[0]) as (page, _):
        page.goto(f"{ONE}/signatures")
        for box in page.locator("input[name=visit]").all():
            box.check()
        page.locator("#sign-password").fill(demonstration.passwords["surgeon.zhao"])
        page.locator("button.main").click()
        expect(page.locator("input[name=visit]")).to_have_count(0)
        for language in LANGUAGES:
            speak(page, demonstration, language)
            page.goto(f"{ONE}/print")
            expect(page.locator("footer small")).to_contain_text("赵医生")  # signed, and still one page
            page.pdf(
                path=tmp_path / "sheet.pdf", format="A4", prefer_css_page_size=True, print_background=True
            )
            assert len(PdfReader(tmp_path / "sheet.pdf").pages) == 1
            page.goto(f"{ONE}/card")
            box = page.locator(".print-card").bounding_box()
            assert box is not None
            millimetres = (round(box["width"] / 96 * 25.4, 1), round(box["height"] / 96 * 25.4, 1))
            assert millimetres == (85.0, 54.0)
            inside = page.locator(".print-words").bounding_box()
            assert inside is not None
            assert inside["y"] >= box["y"]
            assert inside["y"] + inside["height"] <= box["y"] + box["height"]


@pytest.mark.pictures
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_photographed(browser: Browser, demonstration: Demonstration, language: str) -> None:
    folder = Path("build/pictures")
    with staff_page(browser, demonstration, "coordinator.wu", language) as (page, _):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            for path in READING + CHANGING:
                page.goto(path)
                name = path.strip("/").replace("/", "-").replace("?", "-")
                page.screenshot(path=folder / f"{name}-{width}-{language}.png", full_page=True)


def test_the_keyboard_is_enough_for_the_matrix_and_an_alert(
    browser: Browser, demonstration: Demonstration
) -> None:
    with staff_page(browser, demonstration, "nurse.li", "en") as (page, complaints):
        page.goto("/staff/completion")
        page.get_by_role("link", name="CZ-001").focus()
        for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft"):
            page.keyboard.press(key)
        expect(page.get_by_role("link", name="CZ-003")).to_be_focused()
        page.goto("/staff")
        page.keyboard.press("/")
        expect(page.get_by_label("Study number")).to_be_focused()
        waiting = page.locator("article").count()
        assert waiting > 0
        page.get_by_role("button", name="Seen in clinic").first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Seen in clinic – it is on record")).to_be_visible()
        expect(page.locator("article")).to_have_count(waiting - 1)
        assert complaints == []
