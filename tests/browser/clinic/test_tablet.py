"""Nurse Li's tablet goes from bed to bed: whoever has it next finds nothing of whoever had it before.

Chromium's back-forward cache is on. Playwright switches it off by default, and with that these tests would
pass whatever the program did; `test_the_look_back_finds_a_patient_when_keys_are_not_changed` shows it.
"""

import re
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from pro_app.actions import hand_over
from pro_app.records import audit_search, tablets
from pro_app.records.audit_search import Search
from pro_app.records.participants import Participant
from tests import people
from tests.browser.clinic.ward import (
    DUMP,
    ENVELOPES,
    SECRET,
    Tablet,
    Ward,
    as_at_the_bedside,
    left_of,
    open_ward,
)

TABLET = {"width": 820, "height": 1100}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with open_ward(tmp_path_factory.mktemp("ward")) as ward:
        ward.admit("CZ-001", "en")
        ward.admit("CZ-002", "zh-Hans")
        ward.admit("CZ-003", "en")
        yield ward


@pytest.fixture
def ward(running: Ward) -> Iterator[Ward]:
    yield running
    running.lie = None


@pytest.fixture(scope="module")
def bedside(playwright: Playwright) -> Iterator[Browser]:
    browser = as_at_the_bedside(playwright)
    yield browser
    browser.close()


@pytest.fixture
def context(bedside: Browser) -> Iterator[BrowserContext]:
    found = bedside.new_context(viewport=TABLET, locale="en-GB", has_touch=True)  # type: ignore[arg-type]
    yield found
    found.close()


@pytest.fixture
def tablet(ward: Ward, context: BrowserContext) -> Iterator[Tablet]:
    found = Tablet(ward, context).sign_in()
    yield found
    assert not found.faults


def settle(page: Page) -> None:
    """Wherever somebody looks, it ends at the page for the PIN."""
    page.wait_for_url("**/staff/tablet")
    expect(page.locator('html[data-tidy="done"]')).to_have_count(1)


class LookBack:
    """Eight ways to find out who had the tablet before. `looked` counts them."""

    def __init__(self, tablet: Tablet, person: Participant, visited: Iterable[str]) -> None:
        self.tablet, self.person, self.visited = tablet, person, list(visited)
        self.page, self.ward = tablet.page, tablet.ward
        self.looked: set[str] = set()

    def _see(self, way: str, page: Page | None = None) -> None:
        self.looked.add(way)
        seen = left_of(self.ward, self.person, page or self.page)
        assert not seen, f"{way} shows {seen}"

    def all_ways(self) -> None:
        self._see("what is shown")
        for _ in range(3):
            self.page.go_back(wait_until="commit")
            settle(self.page)
            self._see("back")
        self.page.go_forward(wait_until="commit")
        settle(self.page)
        self._see("forward")
        self.page.reload()
        settle(self.page)
        self._see("reload")
        other = self.tablet.context.new_page()
        for address in self.visited:
            other.goto(address)
            settle(other)
            self._see("reopened tab", other)
        other.goto(f"{self.ward.url}/app#{self.token}")
        settle(other)
        self._see("home screen icon", other)
        other.goto(f"{self.ward.url}/visit/form/bpi-sf")
        settle(other)
        self._see("filled-in fields", other)
        other.close()
        kept = left_of(self.ward, self.person, self.page, DUMP)
        assert not kept, f"storage holds {kept}"
        self.looked.add("storage")

    @property
    def token(self) -> str:
        return self.ward.service.links.token(self.person.handle, "2w", self.person.link_epoch)


def answer_a_little(tablet: Tablet, person: Participant) -> list[str]:
    """The patient reads her overview, answers a question, sees her own words; the addresses she was at."""
    page = tablet.page
    page.goto(f"{tablet.ward.url}/visit/review/bpi-sf")
    expect(page.locator("main")).to_contain_text(SECRET)
    page.goto(f"{tablet.ward.url}/visit")
    tablet.open_questions()
    expect(page.locator("#bpi7")).to_have_value(SECRET)
    page.locator("fieldset.question:not([hidden]) label.opt").first.click()
    expect(page.locator("#saved")).to_contain_text(re.compile("hospital|医院"))
    return [f"{tablet.ward.url}/visit", f"{tablet.ward.url}/visit/review/bpi-sf", page.url]


def hand_overs(tablet: Tablet, ward: Ward, count: int) -> None:
    """`count` patients in turn, with a full sign-in before the first and only the PIN after that."""
    numbers = ("CZ-001", "CZ-002")
    for turn in range(count):
        person = ward.wards[numbers[turn % 2]]
        ward.begun(person)
        tablet.hand_to(person)
        visited = answer_a_little(tablet, person)
        tablet.give_back()
        tablet.locked()
        look = LookBack(tablet, person, visited)
        look.all_ways()
        assert len(look.looked) >= 8
        tablet.page.goto(f"{ward.url}/staff/tablet")
        tablet.tidied()
        tablet.back_to_staff()


def test_who_has_the_tablet_next_finds_nothing_of_who_had_it_before(tablet: Tablet, ward: Ward) -> None:
    hand_overs(tablet, ward, 2)


@pytest.mark.slow
def test_two_hundred_hand_overs_leave_nothing_behind(tablet: Tablet, ward: Ward) -> None:
    tablet.page.set_default_timeout(60_000)  # a quarter of an hour on a busy machine has slow moments
    hand_overs(tablet, ward, 200)
    with ward.service.store.reading() as tx:
        handed = audit_search.find(tx, Search(None, what="tablet_handed_over"), None, 300)
    assert len(handed) >= 200


def broken(ward: Ward, changed: bool) -> None:
    """A program without scripts; unless `changed`, it leaves the browser's cookies as they were as well."""

    def lie(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes] | None:
        path = environ["PATH_INFO"]
        if path.endswith(".js"):
            start_response("404 Not Found", [])
            return []
        if changed or "visit=" not in environ.get("HTTP_COOKIE", ""):
            return None

        def bare(status, headers, *more):  # type: ignore[no-untyped-def]
            dropped = ("set-cookie", "clear-site-data")
            return start_response(status, [one for one in headers if one[0].lower() not in dropped], *more)

        return ward.app(environ, bare)

    ward.lie = lie


@pytest.mark.parametrize("changed", [True, False], ids=["with other keys", "with the same keys"])
def test_the_look_back_finds_a_patient_when_keys_are_not_changed(
    bedside: Browser, ward: Ward, changed: bool
) -> None:
    """Without scripts only the keys protect: with other ones Back shows nothing, with the same ones all."""
    context = bedside.new_context(viewport=TABLET, locale="en-GB")  # type: ignore[arg-type]
    try:
        tablet, person = Tablet(ward, context), ward.wards["CZ-003"]
        ward.begun(person)
        broken(ward, changed)
        tablet.sign_in().hand_to(person)
        tablet.page.goto(f"{ward.url}/visit/review/bpi-sf")
        tablet.give_back()
        tablet.page.wait_for_url("**/staff/tablet")
        assert not left_of(ward, person, tablet.page)
        tablet.page.go_back(wait_until="commit")
        expect(tablet.page.locator("h1")).to_be_visible()
        assert (SECRET in left_of(ward, person, tablet.page)) is not changed
    finally:
        context.close()


def test_after_five_minutes_untouched_the_page_locks_itself(tablet: Tablet, ward: Ward) -> None:
    person, page = ward.wards["CZ-001"], tablet.page
    ward.begun(person)
    page.clock.install()
    tablet.hand_to(person)
    tablet.open_questions()
    page.clock.fast_forward("04:00")
    page.locator("fieldset.question:not([hidden]) label.opt").last.click()
    page.clock.fast_forward("04:00")
    expect(page.locator("fieldset.question:not([hidden])")).to_have_count(1)
    page.clock.fast_forward("01:01")
    page.wait_for_url("**/staff/tablet")
    assert not left_of(ward, person, page)
    assert ward.draft(person, "bpi-sf")["bpi1"] == {"value": False}, "what was answered is kept"


def test_given_back_without_a_connection_it_keeps_only_what_it_cannot_read(
    tablet: Tablet, ward: Ward
) -> None:
    """Wang answers, the signal goes, she gives the tablet back; it is delivered when the signal is there."""
    person, page = ward.wards["CZ-002"], tablet.page
    ward.begun(person)
    tablet.hand_to(person)
    tablet.open_questions()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.context.set_offline(True)
    page.locator("#next").wait_for()
    page.evaluate("document.querySelector('#bpi1-set input[value=\"0\"]').click()")
    expect(page.locator("#saved")).not_to_have_text("")
    tablet.give_back()
    expect(page.locator('html[data-tidy="done"]')).to_have_count(1)
    assert page.url.endswith("/staff/tablet")
    assert not left_of(ward, person, page)
    assert not left_of(ward, person, page, DUMP)
    assert page.evaluate(ENVELOPES) == 1
    assert ward.draft(person, "bpi-sf").get("bpi1") != {"value": False}
    tablet.context.set_offline(False)
    expect(page.locator("#post")).to_have_text(re.compile("Everything has been delivered|已全部送达"))
    assert ward.draft(person, "bpi-sf")["bpi1"] == {"value": False}
    assert page.evaluate(ENVELOPES) == 0
    page.goto(f"{ward.url}/staff/tablet")
    tablet.tidied()
    tablet.back_to_staff()


def test_a_revoked_tablet_wipes_itself_when_it_learns_of_it(tablet: Tablet, ward: Ward) -> None:
    person, page = ward.wards["CZ-001"], tablet.page
    page.clock.install()
    tablet.hand_to(person)
    tablet.open_questions()
    with ward.service.store.writing() as tx:
        for one in tablets.of_sites(tx, (person.site,)):
            hand_over.revoke(tx, one, people.LI, one.seen_at)
    page.clock.fast_forward("00:16")
    page.wait_for_url("**/staff/tablet")
    expect(page.locator("h1")).to_have_text("This tablet was taken out of use")
    assert not left_of(ward, person, page)
    assert not left_of(ward, person, page, DUMP)
    assert page.locator("#pin").count() == 0


def test_the_tablets_pages_are_accessible_and_fit_a_telephone_in_both_languages(
    tablet: Tablet, ward: Ward
) -> None:
    page, person = tablet.page, ward.wards["CZ-001"]
    page.set_viewport_size({"width": 360, "height": 740})
    for path in (f"/staff/tablet/{person.study_number}/2w", *(f"/staff/{one}" for one in STAFFS)):
        in_both_languages(tablet, path)
    tablet.hand_to(person)
    tablet.give_back()
    tablet.locked()
    for path in ("/staff/tablet", "/tablet/round"):
        in_both_languages(tablet, path)


STAFFS = ("tablet/next", "tablet/list", "round")


def in_both_languages(tablet: Tablet, path: str) -> None:
    page = tablet.page
    for language in ("zh-Hans", "en"):
        tablet.context.add_cookies([{"name": "language", "value": language, "url": tablet.ward.url}])
        page.goto(f"{tablet.ward.url}{path}")
        expect(page.locator(f'html[lang="{language}"] h1')).to_be_visible()
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, path
    found = Axe().run(page)
    assert found.violations_count == 0, f"{path}: {found.generate_report()}"
