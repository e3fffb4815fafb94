"""Nurse Li's round through the rooms without signal: three patients answer, all of it arrives."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from pro_app.records.participants import Participant
from tests.browser.clinic.ward import (
    DUMP,
    ENVELOPES,
    PIN,
    Tablet,
    Ward,
    as_at_the_bedside,
    left_of,
    open_ward,
)

PATIENTS = {"CZ-001": "en", "CZ-002": "zh-Hans", "CZ-003": "en"}


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with open_ward(tmp_path_factory.mktemp("round")) as found:
        for number, language in PATIENTS.items():
            person = found.admit(number, language)
            for instrument in ("bpi-sf", "qlq-c30"):
                found.nearly_done(person, instrument)
        yield found


@pytest.fixture
def tablet(ward: Ward, playwright: Playwright) -> Iterator[Tablet]:
    browser: Browser = as_at_the_bedside(playwright)
    found = Tablet(ward, browser.new_context(locale="en-GB", viewport={"width": 820, "height": 1100}))
    yield found.sign_in()
    browser.close()
    assert not found.faults


def load_round(tablet: Tablet) -> None:
    page = tablet.page
    page.goto(f"{tablet.ward.url}/staff/round")
    for box in page.locator('input[name="visit"]').all():
        box.check()
    page.locator("#pin").fill(PIN)
    page.locator("#load-button").click()
    page.wait_for_url("**/tablet/round")
    expect(page.locator("#open")).to_be_visible()


def open_list(page: Page, number: str = PIN) -> None:
    page.locator("#pin").fill(number)
    page.locator("#open button").click()


def answer_and_send(page: Page) -> None:
    """The last question was reached at home: look it over and send."""
    expect(page.locator("body.waiting")).to_have_count(0)
    page.locator("#next").click()
    expect(page.locator("#review")).to_be_visible()
    page.locator("#helper label").first.click()
    page.locator("#next").click()
    expect(page.locator('#end [data-state="waiting"]')).to_be_visible()


def hand_in_turn(tablet: Tablet, person: Participant, *, both: bool) -> None:
    page = tablet.page
    open_list(page)
    card = page.locator("#visits li", has_text=person.study_number)
    card.get_by_role("button", name=re.compile("Hand to")).click()
    card.get_by_role("button", name="Yes, hand over").click()
    page.wait_for_url("**/q/**")
    answer_and_send(page)
    if both:
        page.locator("#onward a").click()
        expect(page.locator("#end")).to_be_hidden()
        answer_and_send(page)
    tablet.give_back()
    page.wait_for_url("**/tablet/round")
    tablet.tidied()
    assert not left_of(tablet.ward, person, page)
    assert not left_of(tablet.ward, person, page, DUMP)


def test_a_round_without_signal_reaches_the_right_participants_when_the_signal_is_back(
    tablet: Tablet, ward: Ward
) -> None:
    page = tablet.page
    load_round(tablet)
    tablet.context.set_offline(True)
    page.reload()
    tablet.tidied()
    assert "CZ-00" not in page.evaluate(DUMP), "the list is sealed under the PIN"
    open_list(page, "0000")
    expect(page.locator("#say")).to_contain_text("not the PIN")
    for number in PATIENTS:
        hand_in_turn(tablet, ward.wards[number], both=number == "CZ-001")
    assert page.evaluate(ENVELOPES) == 4
    assert not any(ward.received(person) for person in ward.wards.values())
    tablet.context.set_offline(False)
    expect(page.locator("#post")).to_have_text("Everything has been delivered.")
    assert page.evaluate(ENVELOPES) == 0
    for number, person in ward.wards.items():
        stored = ward.received(person)
        assert {one.instrument for one in stored} == {"bpi-sf"} | (
            {"qlq-c30"} if number == "CZ-001" else set()
        )
        assert {(one.mode, one.standing, one.language) for one in stored} == {
            ("clinic_tablet", "current", PATIENTS[number])
        }
    open_list(page)
    page.get_by_role("link", name="End the round").click()
    tablet.locked()
    tablet.back_to_staff()


def test_five_wrong_pins_delete_the_list_and_no_answer(tablet: Tablet, ward: Ward) -> None:
    load_round(tablet)
    page = tablet.page
    for _ in range(4):
        open_list(page, "0000")
        expect(page.locator("#say")).to_contain_text("not the PIN")
        expect(page.locator("#pin")).to_have_value("")
    open_list(page, "0000")
    expect(page.locator("#open")).to_be_hidden()
    expect(page.locator("#say")).to_contain_text("deleted")
    page.reload()
    tablet.tidied()
    expect(page.locator("#open")).to_be_hidden()
