"""From the reminder in the inbox to the scores in the registry, as a patient goes it, in both languages."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demonstration, eventually

PHONE = {"width": 360, "height": 740}
WORDS = {
    "Chinese": {
        "tag": "zh-Hans",
        "start": "开始",
        "older": "较早",
    },
    "English": {
        "tag": "en",
        "start": "Start",
        "older": "Older",
    },
}


@pytest.fixture
def phone(browser: Browser, demonstration: Demonstration, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A telephone that, on the whole way, speaks with nobody but our own host."""
    tag = WORDS[request.getfixturevalue("language")]["tag"]
    locale = "zh-CN" if tag == "zh-Hans" else "en-GB"
    context = browser.new_context(viewport=PHONE, locale=locale, has_touch=True)
    request.addfinalizer(context.close)
    asked: list[str] = []
    context.on("request", lambda one: asked.append(one.url))
    yield context.new_page()
    assert len(asked) > 20
    assert not [url for url in asked if not url.startswith((f"{demonstration.base}/", "data:"))]


def answer_everything(page: Page) -> None:
    """Answer screen after screen with the third answer, mark nothing on the body, write nothing."""
    page.wait_for_url("**/q/**")
    expect(page.locator("body.asking:not(.waiting)")).to_be_visible()
    while page.locator("#review").is_hidden():
        field = page.locator("fieldset:visible").first
        options = field.locator("label.opt:visible, label.key:visible")
        if options.count():
            options.nth(min(2, options.count() - 1)).tap()
        is_body = "kind-body" in str(field.get_attribute("class"))
        number = page.locator("#count").inner_text()
        page.locator("#next").tap()
        if is_body:
            page.locator("#nothing-hurts").tap()
        expect(page.locator("#count")).not_to_have_text(number)
    expect(page.locator("#review")).to_be_visible()


def send(page: Page) -> str:
    """Send the reviewed answers; returns the receipt's number."""
    page.locator("#helper label").first.tap()
    page.locator("#next").tap()
    received = page.locator('[data-state="received"]')
    expect(received).to_be_visible()
    return page.locator("#receipt b").inner_text()


@pytest.mark.parametrize("language", ["Chinese", "English"])
def test_from_the_reminder_to_the_registry(demonstration: Demonstration, phone: Page, language: str) -> None:
    words = WORDS[language]
    token = demonstration.link(language).rsplit("/", 1)[1]
    phone.goto(f"{demonstration.base}/demo/inbox?lang={words['tag']}")
    message = phone.locator(f'a[href$="{token}"]').first
    while not message.count():  # other messages of the demonstration may be newer
        older = phone.get_by_role("link", name=words["older"]).get_attribute("href")
        phone.goto(f"{demonstration.base}/demo/inbox{older}")
    message.tap()
    phone.get_by_role("button", name=words["start"]).tap()
    expect(phone).to_have_url(re.compile("/visit$"))  # who answered before has agreed to the notice before
    receipts = []
    for _ in range(2):
        phone.locator('main a[href*="/q/"]').first.tap()
        answer_everything(phone)
        receipts.append(send(phone))
        phone.goto(f"{demonstration.base}/visit")
    assert all(re.fullmatch("[0-9A-F]{4}-[0-9A-F]{4}", receipt) for receipt in receipts)
    assert phone.locator('main a[href*="/q/"]').count() == 0, "nothing is left to answer"
    assert study_number_seen_by_the_nurse(demonstration, phone, token)


def study_number_seen_by_the_nurse(demonstration: Demonstration, page: Page, token: str) -> bool:
    """The nurse finds the visit done, the scores on the page, and the registry has both questionnaires."""
    timepoint = token.split(".")[1]
    page.context.clear_cookies()
    page.goto(f"{demonstration.base}/staff/sign-in?lang=en")
    page.locator('input[name="login"]').fill("nurse.li")
    page.locator('input[name="password"]').fill(demonstration.passwords["nurse.li"])
    page.get_by_role("button", name="Sign in").click()
    number = "CZ-001" if timepoint == "3m" else "CZ-002"
    page.goto(f"{demonstration.base}/staff/participants/{number}?lang=en")
    expect(page.locator("main")).to_contain_text("Worst pain")
    label = {"3m": "3 months after surgery", "1m": "1 month after surgery"}[timepoint]
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=label))
    expect(row.first).to_contain_text("done")
    eventually(f"{demonstration.base}/demo/registry?lang=en&study_number={number}", label)
    return True
