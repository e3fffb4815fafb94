"""The staff pages, told by people: what Li sees, does, and is told when something is wrong."""

import re
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import consent
from pro_app.records import alerts, audit, participants
from pro_app.records.audit import Actor
from pro_app.wiring import Service
from tests.integration.clinic.following import answered, operated
from tests.integration.clinic.people import PASSWORD, enrolled, mary, wang


def signed_in(clinic: Flask, login: str, language: str = "en") -> FlaskClient:
    """A browser in which `login` has signed in and reads `language`."""
    client = clinic.test_client()
    answer = client.post("/staff/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303
    client.post("/staff/language", data={"language": language})
    return client


def stranger(clinic: Flask) -> FlaskClient:
    """A browser nobody has signed in with, that reads English."""
    client = clinic.test_client()
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def li(clinic: Flask, team: None) -> FlaskClient:
    return signed_in(clinic, "li")


@pytest.fixture
def wangs(house: Service, now: datetime) -> None:
    """Wang at CZ and Mary at P3."""
    enrolled(house.store, house.study, house.links, wang(), now)
    enrolled(house.store, house.study, house.links, mary(), now)


def test_who_is_not_signed_in_is_led_to_the_door_and_back(clinic: Flask, team: None) -> None:
    client = clinic.test_client()
    answer = client.get("/staff/participants?search=CZ")
    assert answer.status_code == 303
    assert answer.location == "/staff/sign-in?next=/staff/participants?search%3DCZ"
    answer = client.post(
        "/staff/sign-in", data={"login": "li", "password": PASSWORD, "next": "/staff/participants?search=CZ"}
    )
    assert answer.location == "/staff/participants?search=CZ"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "/visit", "/staffx", ""]
)
def test_signing_in_never_leads_to_another_place(clinic: Flask, team: None, target: str) -> None:
    answer = clinic.test_client().post(
        "/staff/sign-in", data={"login": "li", "password": PASSWORD, "next": target}
    )
    assert answer.location == "/staff"


def test_a_wrong_password_and_an_unknown_login_get_the_same_page(clinic: Flask, team: None) -> None:
    pages = []
    for login in ("li", "xx"):
        answer = stranger(clinic).post("/staff/sign-in", data={"login": login, "password": "wrong"})
        assert answer.status_code == 401
        without_login = answer.text.replace(f'value="{login}"', "")
        pages.append(re.sub(r'(name="(?:csrf_token|ticket)" value=)"[^"]*"', "", without_login))
    assert "login or password is wrong" in pages[0]
    assert pages[0] == pages[1]


def test_after_many_wrong_tries_the_page_says_how_long_to_wait(clinic: Flask, team: None) -> None:
    for _ in range(6):
        answer = stranger(clinic).post("/staff/sign-in", data={"login": "li", "password": "wrong"})
    assert answer.status_code == 429
    assert "Please wait 1 min" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_signing_out_ends_the_session_for_a_copied_cookie_too(clinic: Flask, li: FlaskClient) -> None:
    cookie = li.get_cookie("staff")
    assert cookie is not None
    thief = clinic.test_client()
    thief.set_cookie("staff", cookie.value)
    assert thief.get("/staff").status_code == 200
    assert li.post("/staff/sign-out").status_code == 303
    assert thief.get("/staff").status_code == 303


def test_a_form_sent_after_the_session_ended_says_that_nothing_was_saved(clinic: Flask, team: None) -> None:
    client = stranger(clinic)
    answer = client.post("/staff/enrol", data={}, headers={"Referer": "http://localhost/staff/enrol"})
    assert answer.location == "/staff/sign-in?next=/staff/enrol"
    assert "was not saved" in client.get(answer.location).text


def test_today_shows_who_is_open_and_who_needs_a_call(
    li: FlaskClient, house: Service, now: datetime, wangs: None
) -> None:
    # Wang's visit before surgery opened today, 7 days before its due day; Zhou's closes today after 13:00.
    enrolled(
        house.store,
        house.study,
        house.links,
        wang(study_number="CZ-009", surgery_planned_on=date(2026, 12, 2)),
        now,
    )
    text = li.get("/staff").text
    assert "CZ-003" in text
    assert "CZ-009" in text
    assert "P3-001" not in text
    assert 'id="call-title"' not in text
    assert 'href="/staff/participants/CZ-009/interview/baseline"' in text
    assert '<a href="/staff/registry">' in text


def test_who_said_no_to_the_privacy_notice_is_seen_at_once(
    li: FlaskClient, house: Service, wangs: None, now: datetime
) -> None:
    said_no = "said no to the privacy notice"
    assert said_no not in li.get("/staff").text
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, "CZ-003")
        consent.decide(tx, house.study, person, False, Actor("patient", "CZ-001"), now)
    assert said_no in li.get("/staff").text
    assert said_no in li.get("/staff/participants/CZ-003").text


def test_a_wrong_door_keeps_the_menu_for_who_is_signed_in(clinic: Flask, li: FlaskClient) -> None:
    for path, status in (("/staff/accounts", 403), ("/staff/participants/XX-1", 404)):
        answer = li.get(path)
        assert answer.status_code == status
        assert '<a href="/staff/completion">' in answer.text
    assert "/staff/completion" not in clinic.test_client().get("/staff/nowhere").text


def test_the_page_for_the_surgeon_tells_the_alerts_that_still_wait(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    operated(house, "CZ-020", now)
    answered(house, "CZ-020", "2w", now, bpi3=9)
    sheet = "/staff/participants/CZ-020/print"
    text = li.get(sheet).text
    assert "Alerts that nobody has acknowledged" in text
    with house.store.reading() as tx:
        (found,) = alerts.of_participant(tx, participants.by_study_number(tx, "CZ-020").id)
    li.post(f"/staff/alerts/{found.response_id}", data={"done": "seen"})
    assert "nobody has acknowledged" not in li.get(sheet).text


def test_the_participants_are_a_row_of_six_states_in_words(li: FlaskClient, wangs: None) -> None:
    text = li.get("/staff/participants").text
    row = text.split('href="/staff/participants/CZ-003"')[1].split("</tr>")[0]
    assert row.count('class="cell') == 6
    assert "open" in row
    assert "to come" in row


def test_search_finds_by_part_of_a_number_and_by_the_whole_telephone(li: FlaskClient, wangs: None) -> None:
    assert "CZ-003" in li.get("/staff/participants?search=z-00").text
    assert "CZ-003" in li.get("/staff/participants?search=13800000001").text
    assert "No participant matches" in li.get("/staff/participants?search=13800000002").text
    assert "No participant matches" in li.get("/staff/participants?search=P3").text
    assert "No participant matches" in li.get("/staff/participants?search=%25").text


def test_paging_shows_every_participant_once(
    li: FlaskClient, house: Service, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_app.actions import lists

    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    for number in range(5):
        enrolled(house.store, house.study, house.links, wang(study_number=f"CZ-{number:03}"), now)
    address: str | None = "/staff/participants"
    seen: list[str] = []
    while address:
        text = li.get(address).text
        seen += re.findall(r'href="/staff/participants/(CZ-\d+)"', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [f"CZ-{number:03}" for number in range(5)]


def test_name_and_telephone_show_once_on_request_and_the_look_is_on_record(
    li: FlaskClient, house: Service, wangs: None
) -> None:
    assert "王建国" not in li.get("/staff/participants/CZ-003").text
    shown = li.post("/staff/participants/CZ-003/identity")
    assert "王建国" in shown.text
    assert "+86 138 0000 0001" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    with house.store.reading() as tx:
        event = audit.history(tx, "CZ-003")[0]
    assert (event.action, event.actor.name) == ("identity_read", "li")


def test_an_enrolment_goes_from_the_form_over_the_dates_to_the_participant(
    li: FlaskClient, house: Service
) -> None:
    sent = {
        "study_number": "cz-025",
        "site": "CZ",
        "language": "zh-Hans",
        "name": "李明",
        "phone": "13800000002",
        "surgery_planned_on": "2026-12-20",
        "step": "preview",
    }
    preview = li.post("/staff/enrol", data=sent)
    assert "19 December 2026" in preview.text
    with house.store.reading() as tx:
        assert participants.count(tx) == 0
    answer = li.post("/staff/enrol", data={**sent, "step": "save"})
    assert answer.location == "/staff/participants/CZ-025"
    assert "CZ-025 is enrolled" in li.get(answer.location).text
    again = li.post("/staff/enrol", data={**sent, "step": "save"})
    assert again.status_code == 409
    assert "already a participant" in again.text
    assert 'value="李明"' in again.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone", "12", "be dialled"),
        ("email", "nope", "be an e-mail address"),
        ("birth_year", "61", "four digits"),
        ("birth_year", "²²²²", "four digits"),
        ("surgery_planned_on", "8 December", "year-month-day"),
        ("surgery_planned_on", "2099-01-01", "Is the year right"),
        ("study_number", "<b>", "letters, digits and hyphens"),
        ("site", "P3", "you may enrol at"),
    ],
)
def test_each_wrong_field_gets_its_sentence_and_keeps_what_was_typed(
    li: FlaskClient, field: str, value: str, words: str
) -> None:
    sent = {
        "study_number": "CZ-1",
        "site": "CZ",
        "language": "en",
        "name": "Wang",
        "step": "save",
        field: value,
    }
    answer = li.post("/staff/enrol", data=sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Wang"' in answer.text


def test_moving_surgery_is_shown_before_it_is_saved(li: FlaskClient, house: Service, wangs: None) -> None:
    form = {"state": "planned", "day": "2026-12-15", "version": "1", "step": "preview"}
    preview = li.post("/staff/participants/CZ-003/surgery", data=form)
    assert "7 days later" in preview.text
    with house.store.reading() as tx:
        assert participants.by_study_number(tx, "CZ-003").surgery_planned_on == date(2026, 12, 8)
    saved = li.post("/staff/participants/CZ-003/surgery", data={**form, "step": "save"})
    assert saved.status_code == 303
    page = li.get(saved.location).text
    assert "15 December 2026" in page
    assert "planned 8 December 2026 → planned 15 December 2026" in page


def test_who_saves_second_is_told_and_nothing_is_overwritten(
    li: FlaskClient, house: Service, wangs: None
) -> None:
    first = {"state": "planned", "day": "2026-12-15", "version": "1", "step": "save"}
    second = {**first, "day": "2026-12-22"}
    assert li.post("/staff/participants/CZ-003/surgery", data=first).status_code == 303
    late = li.post("/staff/participants/CZ-003/surgery", data=second)
    assert late.status_code == 409
    assert "Somebody else changed CZ-003" in late.text
    assert 'value="2026-12-22"' in late.text
    with house.store.reading() as tx:
        assert participants.by_study_number(tx, "CZ-003").surgery_planned_on == date(2026, 12, 15)
    version = re.search(r'name="version" value="(\d+)"', late.text)
    assert version
    again = li.post("/staff/participants/CZ-003/surgery", data={**second, "version": version[1]})
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"state": "planned", "day": ""}, "Give the date"),
        ({"state": "done", "day": "2026-12-24"}, "has not come yet"),
        ({"state": "planned", "day": "31.12.2026"}, "year-month-day"),
        ({"state": "finished", "day": "2026-12-24"}, "Choose what is known"),
        ({}, "Choose what is known"),
    ],
)
def test_a_surgery_date_that_makes_no_sense_is_refused_in_words(
    li: FlaskClient, wangs: None, form: dict[str, str], words: str
) -> None:
    answer = li.post("/staff/participants/CZ-003/surgery", data={**form, "version": "1", "step": "save"})
    assert answer.status_code == 422
    assert words in answer.text


def test_withdrawing_needs_a_reason_and_says_what_it_means(
    li: FlaskClient, house: Service, wangs: None
) -> None:
    form = {"status": "withdrawn", "reason": "", "version": "1", "step": "preview"}
    assert li.post("/staff/participants/CZ-003/status", data=form).status_code == 422
    form["reason"] = "consent_withdrawn"
    preview = li.post("/staff/participants/CZ-003/status", data=form).text
    assert preview.count("excused") >= 6
    saved = li.post("/staff/participants/CZ-003/status", data={**form, "step": "save"})
    assert saved.status_code == 303
    with house.store.reading() as tx:
        person = participants.by_study_number(tx, "CZ-003")
        event = audit.history(tx, "CZ-003")[0]
        assert audit.verify(tx) == ()
    assert (person.status, person.status_reason) == ("withdrawn", "consent_withdrawn")
    assert event.detail == {"was": "active", "is": "withdrawn", "reason": "consent_withdrawn"}


def test_the_link_page_shows_the_open_visit_and_a_new_code_kills_the_old(
    li: FlaskClient, house: Service, wangs: None
) -> None:
    page = li.get("/staff/participants/CZ-003/link").text
    with house.store.reading() as tx:
        person = participants.by_study_number(tx, "CZ-003")
    token = house.links.token(person.handle, "baseline", 0)
    assert f"/v/{token}" in page
    old = house.links.code(person.handle, person.code_epoch)
    assert f"{old[:3]} {old[3:]}" in page
    li.post("/staff/participants/CZ-003/code", data={"version": str(person.row_version)})
    with house.store.reading() as tx:
        assert participants.by_code_hash(tx, house.links.code_hash(old)) is None


@pytest.mark.parametrize("size", ["card", "a6"])
def test_the_card_is_in_both_languages_and_names_nobody(li: FlaskClient, wangs: None, size: str) -> None:
    text = li.get(f"/staff/participants/CZ-003/card?size={size}").text
    assert "扫码" in text
    assert "Scan" in text
    assert "王建国" not in text
    assert li.get("/staff/participants/CZ-003/card?size=poster").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["", "/participants", "/participants/CZ-003", "/participants/CZ-003/print", "/completion", "/enrol"],
)
def test_every_page_speaks_the_language_that_was_chosen(
    clinic: Flask, team: None, wangs: None, path: str
) -> None:
    assert '<html lang="zh-Hans">' in signed_in(clinic, "hua", "zh-Hans").get(f"/staff{path}").text
    assert '<html lang="en">' in signed_in(clinic, "hua", "en").get(f"/staff{path}").text
