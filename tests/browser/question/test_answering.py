"""Wang and Mary answer by finger and by keyboard, and the hospital has exactly what they said."""

import re
import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, expect

from pro_app.records import responses
from pro_app.records.participants import Participant
from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import C30, NEXT, Phone, press_until

PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True}
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}


def answers(hospital: Hospital, person: Participant) -> dict[str, Any]:
    """What is stored of the person's only response."""
    (stored,) = hospital.received(person)
    with hospital.service.store.reading() as tx:
        return dict(responses.answers_of(tx, stored.uuid))


# The other two of languages and sizes are walked through by `test_accessible`.
@pytest.mark.parametrize(("language", "size"), [("en", PHONE), ("zh-Hans", TABLET)], ids=["phone", "tablet"])
def test_the_pain_questionnaire_is_answered_by_finger(
    browser: Browser, hospital: Hospital, faults: list[str], language: str, size: dict[str, Any]
) -> None:
    person = hospital.enrol(f"CZ-{language}-{size['viewport']['width']}", language)
    phone = Phone(hospital, browser.new_context(**size), faults).start(person).open(person, "bpi-sf")
    assert phone.page.locator("input:checked").count() == 0
    phone.answer("bpi1", 1)
    phone.sees("bpi2")
    phone.page.locator('[data-region="back-lumbar-spine"]').click()
    phone.page.locator('[data-region="back-thigh-left"]').click()
    phone.page.locator('.spot input[value="back-lumbar-spine"]').click()
    phone.next()
    for item, value in (("bpi3", 6), ("bpi4", 0), ("bpi5", 10)):
        phone.answer(item, value)
    phone.leave_out("bpi6")
    phone.answer("bpi7", "布洛芬 “每天”\n热敷 <b>")
    phone.answer("bpi8", 70)
    for letter in "abcdefg":
        phone.answer(f"bpi9{letter}", 3)
    expect(phone.page.locator("#left-lines li")).to_have_count(1)
    phone.page.locator('input[name="helper"][value="read"]').click()
    phone.send()
    phone.at_end("received")
    (stored,) = hospital.received(person)
    assert (stored.helper, stored.language, stored.standing) == ("read", language, "current")
    said = answers(hospital, person)
    assert said["bpi1"] == {"value": True}
    assert said["bpi2"] == {
        "value": {"regions": ["back-lumbar-spine", "back-thigh-left"], "worst": "back-lumbar-spine"}
    }
    assert [said[item]["value"] for item in ("bpi3", "bpi4", "bpi5", "bpi8")] == [6, 0, 10, 70]
    assert said["bpi6"] == {"missing": "skipped"}
    assert said["bpi7"] == {"value": "布洛芬 “每天”\n热敷 <b>"}
    number = f"{stored.content_hash[:4]}-{stored.content_hash[4:8]}".upper()
    expect(phone.page.locator("#receipt")).to_contain_text(number)


def test_thirty_questions_are_answered_with_the_keyboard_alone(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-keyboard", "en")
    phone = Phone(hospital, browser.new_context(**TABLET), faults).start(mary).open(mary, "qlq-c30")
    for number in range(1, 31):
        phone.sees(f"q{number}")
        value = C30[f"q{number}"]["value"]
        if number > 1:
            expect(phone.question.locator(".ask")).to_be_focused()
        else:
            phone.question.locator(".ask").focus()
        phone.page.keyboard.press("Tab")
        phone.page.keyboard.press("Space")
        for _ in range(value - 1):
            phone.page.keyboard.press("ArrowDown")
        press_until(phone.page, NEXT, "Enter")
    expect(phone.page.locator("#review-title")).to_be_focused()
    press_until(phone.page, NEXT, "Enter")
    phone.at_end("received")
    assert answers(hospital, mary) == C30


def test_nothing_moves_on_by_itself_and_the_answer_can_be_changed(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-calm", "en")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "qlq-c30")
    phone.choose(2)
    phone.saved("Saved at the hospital")
    phone.sees("q1")
    phone.choose(3)
    phone.next()
    phone.sees("q2")
    phone.back()
    phone.sees("q1")
    expect(phone.question.locator("input:checked")).to_have_attribute("value", "3")
    phone.page.go_forward()
    phone.sees("q2")
    phone.page.go_back()
    phone.sees("q1")


def test_leaving_a_question_out_is_asked_once_and_kindly(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-gentle", "en")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "qlq-c30").settled()
    phone.next()
    expect(phone.page.locator("#gentle-words")).to_be_focused()
    phone.sees("q1")
    phone.page.locator("#answer-it").click()
    expect(phone.page.locator("#gentle")).to_be_hidden()
    phone.leave_out("q1")
    phone.sees("q2")
    phone.back()
    phone.next()  # it was asked before
    phone.sees("q2")
    phone.saved("Saved at the hospital")
    assert hospital.draft(mary, "qlq-c30") == {"q1": {"missing": "skipped"}}


def test_no_place_marked_is_asked_about_and_nothing_hurts_is_an_answer(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-nothing", "en")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "bpi-sf").settled()
    phone.answer("bpi1", 0)
    phone.sees("bpi2")
    phone.next()
    expect(phone.page.locator("#gentle-words")).to_contain_text("Does nothing hurt?")
    phone.page.locator("#nothing-hurts").click()
    phone.sees("bpi3")
    phone.saved("Saved at the hospital")
    assert hospital.draft(mary, "bpi-sf")["bpi2"] == {"value": {"regions": [], "worst": None}}


def test_the_overview_names_what_was_left_and_leads_there_and_back(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-overview", "en")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "qlq-c30")
    for number in range(1, 31):
        if number in (5, 9):
            phone.leave_out(f"q{number}")
        else:
            phone.answer(f"q{number}", 2)
    expect(phone.page.locator("#left-words")).to_have_text("You left 2 questions.")
    phone.page.locator("#left-lines button").nth(1).click()
    phone.sees("q9")
    expect(phone.page.locator("#next")).to_have_text("To the overview")
    phone.answer("q9", 4)
    expect(phone.page.locator("#left-words")).to_have_text("You left 1 question.")
    phone.page.locator("#given summary").click()
    expect(phone.page.locator("#lines li")).to_have_count(30)
    expect(phone.page.locator("#lines li").nth(8)).to_contain_text("Strongly")
    phone.send()
    phone.at_end("received")
    (stored,) = hospital.received(mary)
    assert stored.helper is None
    assert answers(hospital, mary)["q5"] == {"missing": "skipped"}


def test_what_was_sent_is_locked_and_not_shown_again(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-locked", "en")
    hospital.begun(mary, {item: answer for item, answer in C30.items() if item != "q30"}, "q30")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "qlq-c30")
    phone.answer("q30", 1)
    phone.send()
    phone.at_end("received")
    phone.page.go_back()
    phone.page.reload()
    phone.at_end("received")
    assert phone.page.locator("input:checked").count() == 0
    expect(phone.page.locator("#onward a")).to_have_attribute("href", re.compile("/q/bpi-sf/en/.*#"))
    other = Phone(hospital, browser.new_context(), faults).start(mary).open(mary, "qlq-c30")
    other.at_end("sent")
    assert other.page.locator("input:checked").count() == 0


def test_the_language_changes_at_any_question_and_keeps_answers_and_place(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-tongues", "zh-Hans")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(wang).open(wang, "qlq-c30").settled()
    phone.answer("q1", 4)
    phone.sees("q2")
    phone.choose(3)
    phone.page.locator('[data-language="en"]').click()
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    phone.ready().sees("q2")
    expect(phone.question.locator("input:checked")).to_have_attribute("value", "3")
    phone.back()
    phone.sees("q1")
    expect(phone.question.locator("input:checked")).to_have_attribute("value", "4")


def test_on_another_phone_the_link_goes_on_where_it_stopped(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-daughter", "zh-Hans")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(wang).open(wang, "qlq-c30")
    for number in range(1, 6):
        phone.answer(f"q{number}", 2)
    phone.choose(3)
    expect(phone.page.locator("#saved")).to_have_attribute("data-state", "hospital")
    daughters = Phone(hospital, browser.new_context(**TABLET), faults).start(wang).open(wang, "qlq-c30", "en")
    daughters.sees("q6")
    expect(daughters.question.locator("input:checked")).to_have_attribute("value", "3")
    expect(daughters.page.locator("#note")).to_contain_text("Welcome back")


def test_three_text_sizes_are_remembered_and_the_largest_stacks_the_scale(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-large", "en")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "bpi-sf").settled()
    size = phone.page.locator("#size")
    expect(size).to_have_attribute("aria-label", "A+ Text size: normal")
    size.click()
    size.click()
    expect(size).to_have_attribute("aria-label", "A+ Text size: largest")
    phone.answer("bpi1", 1)
    phone.page.locator('[data-region="back-sacrum"]').click()
    phone.next()
    phone.sees("bpi3")
    first, last = (phone.question.locator(".key").nth(index).bounding_box() for index in (0, 10))
    assert first and last and first["x"] == last["x"] and last["y"] > first["y"] + 10 * 56
    expect(phone.question.locator(".key").first).to_contain_text("No pain")
    phone.page.reload()
    phone.ready()
    expect(phone.page.locator("html")).to_have_attribute("data-text", "3")


def test_the_figures_place_is_kept_and_the_list_comes_only_where_it_can_not_be_had(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary, held = hospital.enrol("CZ-figure", "en"), threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> None:
        if environ["PATH_INFO"].startswith("/q/figure"):
            held.wait(3)

    def broken(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes] | None:
        if not environ["PATH_INFO"].startswith("/q/figure"):
            return None
        start_response("500 INTERNAL SERVER ERROR", [("Content-Length", "0")])
        return [b""]

    context = browser.new_context(service_workers="block", **PHONE)
    hospital.lie = slow
    phone = Phone(hospital, context, faults).start(mary).open(mary, "bpi-sf")
    phone.answer("bpi1", 1)
    expect(phone.page.locator("#bpi2-figure")).to_be_visible()
    expect(phone.page.locator("#bpi2-list")).to_be_hidden()
    place = phone.page.locator(".canvas").bounding_box()
    held.set()
    expect(phone.page.locator("#bpi2-figure svg:visible")).to_have_count(1)
    drawn = phone.page.locator(".canvas").bounding_box()
    assert place and drawn and place["y"] == drawn["y"] and abs(place["height"] - drawn["height"]) <= 1

    hospital.lie = broken
    anna = hospital.enrol("CZ-no-figure", "en")
    context = browser.new_context(service_workers="block", **PHONE)
    phone = Phone(hospital, context, faults).start(anna).open(anna, "bpi-sf")
    phone.answer("bpi1", 1)
    phone.sees("bpi2")
    phone.page.locator("#bpi2-list input").first.check()
    hospital.lie = None
    phone.back()
    phone.next()
    phone.sees("bpi2")
    phone.page.get_by_role("button", name="Show the figure").click()
    expect(phone.page.locator("#bpi2-figure .shaded")).to_have_count(1)


def test_without_scripts_a_whole_visit_is_answered_on_plain_pages(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-plain", "zh-Hans")
    context = browser.new_context(java_script_enabled=False, **PHONE)
    phone = Phone(hospital, context, faults).start(wang)
    page = phone.page
    page.goto(hospital.page(wang, "bpi-sf"))
    page.locator('noscript a[href="/visit/form/bpi-sf"], .note a[href="/visit/form/bpi-sf"]').first.click()
    for instrument, last in (("bpi-sf", False), ("qlq-c30", True)):
        assert page.url.endswith(f"/visit/form/{instrument}")
        for question in page.locator("fieldset.question").all():
            kind = str(question.get_attribute("class"))
            if "kind-text" in kind:
                question.locator("textarea").fill("热敷")
            else:
                question.locator("input").nth(1).check()
        page.locator('button[name="action"][value="review"]').last.click()
        expect(page.locator(".lines li")).to_have_count(30 if last else 15)
        page.locator('input[name="helper"][value="filled"]').check()
        page.locator(".plain-review button.go").click()
        expect(page.locator(".stub b")).not_to_be_empty()
        if not last:
            page.locator("main a.button.go").click()
            page.locator("main .next a.button.go, main a.button.go").first.click()
    found = {stored.instrument: stored.helper for stored in hospital.received(wang)}
    assert found == {"bpi-sf": "filled", "qlq-c30": "filled"}
