"""`make pictures`: every kind of page, in both languages and three widths, to be looked at by a person.

The patient's pages also in three sizes of text, on a telephone.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from pro_app.config import read_settings
from pro_app.records import audit, participants, security_signals
from pro_app.records.store import Store
from pro_app.wiring import build
from tests.browser.clinic.test_exports import other_machine
from tests.browser.clinic.ward import GIVE_BACK, PIN, Tablet, open_ward
from tests.browser.conftest import Demonstration
from tests.integration.corrections.exported import begun, finished

__all__ = ["other_machine"]

FOLDER = Path(__file__).resolve().parents[2] / "build" / "pictures"
WIDTHS = {"phone": (360, 740), "tablet": (820, 1100), "desk": (1280, 860)}
LANGUAGES = {"zh-Hans": "Chinese", "en": "English"}
# Width and size of text; the larger ones are for telephones.
LOOKS = [("phone", 1), ("tablet", 1), ("desk", 1), ("phone", 2), ("phone", 3)]
pytestmark = pytest.mark.pictures


@contextmanager
def page_of(browser: Browser, width: str, language: str) -> Iterator[Page]:
    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    context = browser.new_context(
        viewport=size, device_scale_factor=2, locale=language, reduced_motion="reduce", has_touch=True
    )
    yield context.new_page()
    context.close()


def take(page: Page, name: str, width: str, language: str, *, whole: bool = True) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.{language}.{width}.png", full_page=whole)


@pytest.mark.parametrize(("width", "size"), LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_patients_pages(
    demonstration: Demonstration, browser: Browser, width: str, size: int, language: str
) -> None:
    with page_of(browser, width, language) as page:
        page.goto(f"{demonstration.base}/?lang={language}&size={size}")
        width = width if size == 1 else f"{width}.text-{size}"
        take(page, "start", width, language)
        page.goto(f"{demonstration.base}/v/nothing?lang={language}")
        take(page, "unknown-link", width, language)
        page.goto(demonstration.link(LANGUAGES[language]))
        take(page, "landing", width, language)
        page.locator("form button.go").first.click()
        page.wait_for_url(re.compile("/visit"))
        page.goto(f"{demonstration.base}/visit/privacy")
        take(page, "privacy", width, language)
        page.goto(f"{demonstration.base}/visit")
        take(page, "home", width, language)
        links = page.locator('main a[href*="/q/"]')
        addresses = [str(links.nth(index).get_attribute("href")) for index in range(links.count())]
        for address in addresses:
            questions(page, demonstration.base + address, width, language)


def questions(page: Page, address: str, width: str, language: str) -> None:
    """One picture of each question that looks different from the one before it; nothing is sent."""
    page.goto(address)
    expect(page.locator("body.asking:not(.waiting)")).to_be_visible()
    last = ""
    while page.locator("#review").is_hidden():
        field = page.locator("fieldset:visible").first
        item, is_body = str(field.get_attribute("id")), "kind-body" in str(field.get_attribute("class"))
        kind = re.sub(r"\d+[a-g]?-set", "", item) + str(field.locator("input").count())
        options = field.locator("label.opt:visible, label.key:visible")
        if options.count():
            options.nth(min(1, options.count() - 1)).click()
        if kind != last:
            take(page, f"question-{item.removesuffix('-set')}", width, language, whole=False)
        last, number = kind, page.locator("#count").inner_text()
        page.locator("#next").click()
        if is_body:  # asked only where an earlier picture has not answered it
            with suppress(TimeoutError):
                page.locator("#nothing-hurts").click(timeout=2000)
        expect(page.locator("#count")).not_to_have_text(number)
    take(page, f"review-{address.split('/')[-3]}", width, language)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_staffs_pages(demonstration: Demonstration, browser: Browser, width: str, language: str) -> None:
    with page_of(browser, width, language) as page:
        page.goto(f"{demonstration.base}/staff/forgotten?lang={language}")
        take(page, "forgotten", width, language)
        page.goto(f"{demonstration.base}/staff/sign-in?lang={language}")
        take(page, "sign-in", width, language)
        page.locator('input[name="login"]').fill("nurse.li")
        page.locator('input[name="password"]').fill(demonstration.passwords["nurse.li"])
        page.locator('form[method="post"] button').first.click()
        page.wait_for_url("**/staff**")
        for name, path in {
            "today": "/staff",
            "participants": "/staff/participants",
            "participant": "/staff/participants/CZ-003",
            "link": "/staff/participants/CZ-001/link",
            "surgery": "/staff/participants/CZ-004/surgery",
            "enrol": "/staff/enrol",
            "completion": "/staff/completion",
            "alerts": "/staff/alerts",
            "call-list": "/staff/calls",
            "call": "/staff/calls/CZ-002/1m",
            "missing-forms": "/staff/participants/CZ-009/missing/2w",
            "account": "/staff/account",
            "account-code": "/staff/account/code",
            "trail": "/staff/trail?what=signed_in",
            "registry-sync": "/staff/registry",
            "report": "/staff/report",
            "answers": "/staff/participants/CZ-003/answers/3m",
            "interview": "/staff/participants/CZ-004/interview/baseline",
            "paper": "/staff/participants/CZ-007/paper/2w",
            "paper-form": "/staff/participants/CZ-007/paper-form/2w",
            "contact": "/staff/participants/CZ-004/contact",
            "status": "/staff/participants/CZ-004/status",
            "arm": "/staff/participants/CZ-004/arm",
            "card": "/staff/participants/CZ-004/card",
            "interview-ask": "/staff/participants/CZ-001/interview/3m/bpi-sf",
            "paper-enter": "/staff/participants/CZ-007/paper/2w/bpi-sf",
            "messages": "/staff/messages",
            "messages-not-sent": "/staff/messages?show=not_sent",
            "sign-off": "/staff/signatures?show=all",
            "data-lock": "/staff/locks",
            "inbox": "/demo/inbox",
            "registry": "/demo/registry",
        }.items():
            page.goto(f"{demonstration.base}{path}?lang={language}")
            take(page, name, width, language)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_that_only_some_may_use(
    demonstration: Demonstration, browser: Browser, width: str, language: str
) -> None:
    for login, name, path in (
        ("surgeon.zhao", "sign-off-sheet", "/staff/participants/CZ-003/signatures"),
        ("coordinator.chen", "data-lock-form", "/staff/locks"),
        ("coordinator.wu", "contact-deletion", "/staff/participants/CZ-003/contact/delete"),
    ):
        with page_of(browser, width, language) as page:
            page.goto(f"{demonstration.base}/staff/sign-in?lang={language}")
            page.locator('input[name="login"]').fill(login)
            page.locator('input[name="password"]').fill(demonstration.passwords[login])
            page.locator('form[method="post"] button').first.click()
            page.wait_for_url("**/staff**")
            page.goto(f"{demonstration.base}{path}?lang={language}")
            take(page, name, width, language)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tablets_pages(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, width: str, language: str
) -> None:
    with (
        open_ward(tmp_path_factory.mktemp("ward")) as ward,
        page_of(browser, width, language) as page,
    ):
        for number in ("CZ-001", "CZ-002"):
            ward.admit(number, language)
        tablet = Tablet(ward, page.context, page)
        tablet.sign_in()
        page.context.add_cookies([{"name": "language", "value": language, "url": ward.url}])
        for name, path in {
            "confirm": "tablet/CZ-001/2w",
            "next": "tablet/next",
            "round": "round",
        }.items():
            page.goto(f"{ward.url}/staff/{path}")
            take(page, f"tablet-{name}", width, language)
        tablet.hand_to(ward.wards["CZ-001"])
        take(page, "tablet-home", width, language)
        tablet.open_questions()
        expect(page.get_by_role("button", name=GIVE_BACK)).to_be_visible()
        take(page, "tablet-question", width, language, whole=False)
        tablet.give_back()
        tablet.locked()
        page.context.add_cookies([{"name": "language", "value": language, "url": ward.url}])
        page.goto(f"{ward.url}/staff/tablet")
        take(page, "tablet-locked", width, language)
        tablet.back_to_staff()
        page.context.add_cookies([{"name": "language", "value": language, "url": ward.url}])
        page.goto(f"{ward.url}/staff/tablet/list")
        take(page, "tablet-list", width, language)
        page.goto(f"{ward.url}/staff/round")
        page.locator('input[name="visit"]').first.check()
        page.locator("#pin").fill(PIN)
        page.locator("#load-button").click()
        page.wait_for_url("**/tablet/round")
        expect(page.locator("#open")).to_be_visible()
        take(page, "round-locked", width, language)
        page.locator("#pin").fill(PIN)
        page.locator("#open button").click()
        page.locator("#visits button").first.click()
        take(page, "round-list", width, language)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_exports_of_a_coordinator(
    demonstration: Demonstration, browser: Browser, other_machine: Store, width: str, language: str
) -> None:
    who, now = "coordinator.chen", datetime.now(UTC)
    job, key = begun(other_machine, who, now, people=9, done=4, percent=40)
    with page_of(browser, width, language) as page:
        page.goto(f"{demonstration.base}/staff/sign-in?lang={language}")
        page.locator('input[name="login"]').fill(who)
        page.locator('input[name="password"]').fill(demonstration.passwords[who])
        page.locator('form[method="post"] button').first.click()
        page.wait_for_url("**/staff**")
        page.goto(f"{demonstration.base}/staff/exports?lang={language}")
        take(page, "exports", width, language)
        page.goto(f"{demonstration.base}/staff/exports/{job.id}?lang={language}")
        take(page, "export-being-made", width, language)
        finished(other_machine, job, key, now, b"PK")
        page.goto(f"{demonstration.base}/staff/exports/{job.id}?lang={language}")
        take(page, "export-ready", width, language)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_patients_own_copy_and_what_administrators_must_know_at_once(
    demonstration: Demonstration, browser: Browser, width: str, language: str
) -> None:
    house = build(read_settings({"PRO_APP_DATA_DIR": str(demonstration.data_dir)}))
    with house.store.writing() as tx:
        wang = participants.by_study_number(tx, "CZ-003", None)
        born, now = str(participants.identity_of(tx, wang).birth_year), datetime.now(UTC)
        told = {"uuid": str(uuid4()), "signal": "sign_ins", "count": 12, "by": "page"}
        audit.append(tx, audit.STUDY_CHAIN, audit.CLOCK, security_signals.RAISED, house.study.id, told, now)
    link = f"{demonstration.base}/v/{house.links.token(wang.handle, '12m', wang.link_epoch)}/copy"
    with page_of(browser, width, language) as page:
        page.goto(f"{link}?lang={language}")
        take(page, "copy-asks", width, language)
        page.locator("#answer").fill(born)
        page.locator("button.go").click()
        page.locator(".lines").first.wait_for()
        take(page, "copy", width, language)
        page.goto(f"{demonstration.base}/staff/sign-in?lang={language}")
        page.locator('input[name="login"]').fill("admin.he")
        page.locator('input[name="password"]').fill(demonstration.passwords["admin.he"])
        page.locator('form[method="post"] button').first.click()
        page.wait_for_url("**/staff**")
        page.goto(f"{demonstration.base}/staff/accounts?lang={language}")
        take(page, "accounts", width, language)
