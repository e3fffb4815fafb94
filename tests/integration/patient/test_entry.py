"""The way in: by link or by code, for the right person, with a friendly page for everybody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from pro_app.actions import answer
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.columns import metadata
from pro_app.records.schema import participant
from tests.integration.patient.conftest import Phone
from tests.people import enrolled, sheet


def rows(phone: Phone) -> dict[str, int]:
    with phone.house.store.reading() as tx:
        counts = {}
        for table in metadata.sorted_tables:
            counts[table.name] = tx.conn.execute(select(func.count()).select_from(table)).scalar_one()
        return counts


def test_opening_any_page_changes_nothing(phone: Phone) -> None:
    before = rows(phone)
    for address in ("/", "/c", f"/v/{phone.token()}", "/v/nonsense", "/visit"):
        phone.get(address)
    assert rows(phone) == before


def test_a_link_names_hospital_and_study_but_never_the_person(phone: Phone) -> None:
    page = phone.get(f"/v/{phone.token()}")
    assert page.status_code == 200
    assert "NCT06120426" in page.text and "上海长征医院" in page.text
    for secret in ("王", "13800000001", "1956", phone.wang.study_number, "转移瘤"):
        assert secret not in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_the_start_button_leads_to_the_privacy_notice(phone: Phone) -> None:
    assert phone.begin().headers["Location"] == "/visit"
    assert phone.get("/visit").headers["Location"] == "/visit/privacy"


def test_a_started_visit_opens_from_its_link_without_a_question(phone: Phone) -> None:
    phone.begin()
    assert phone.get(f"/v/{phone.token()}").headers["Location"] == "/visit"


def test_the_start_button_needs_the_secret_of_its_page(phone: Phone) -> None:
    bare = phone.client.post(f"/v/{phone.token()}", data={"answer": "1956"})
    assert bare.status_code == 400
    assert phone.get("/visit").status_code == 401


@pytest.mark.parametrize("typed", ["1956", " 1956 ", "１９５６", "1956年"])
def test_the_right_birth_year_opens_the_visit_however_it_is_typed(phone: Phone, typed: str) -> None:
    assert phone.begin(typed).status_code == 303


def test_the_wrong_person_is_asked_again_and_soon_has_to_wait(
    phone: Phone, at_noon: time_machine.Traveller
) -> None:
    for _ in range(5):
        assert phone.begin("1957").status_code == 403
    waits = phone.begin("1956")
    assert waits.status_code == 429
    assert "10" in waits.text and waits.headers["Retry-After"] == "600"
    at_noon.shift(timedelta(minutes=10))
    assert phone.begin("1956").status_code == 303


def test_a_study_that_asks_for_the_telephone_takes_its_last_four_digits(phone: Phone) -> None:
    phone.house = replace(phone.house, study=replace(phone.house.study, guard="phone_last4"))
    phone.client.application.extensions["pro_app"] = phone.house
    assert phone.begin("1234").status_code == 403
    assert phone.begin("0001").status_code == 303


def test_nobody_is_asked_what_is_not_on_record(phone: Phone) -> None:
    with phone.house.store.writing() as tx:
        person = participants.by_id(tx, phone.wang.id)
        participants.set_identity(tx, person, participants.Identity(name="王秀英"), "zh-Hans")
    assert 'name="answer"' not in phone.get(f"/v/{phone.token()}").text
    assert phone.begin("").status_code == 303


def test_a_code_opens_the_visit_that_is_open_now(phone: Phone) -> None:
    phone.get("/")
    typed = f" {phone.code[:3].lower()}-{phone.code[3:].lower()} "
    assert phone.send("/c", code=typed).headers["Location"] == f"/v/{phone.token('2w')}"


def test_a_code_typed_with_wide_letters_works(phone: Phone) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in phone.code)
    phone.get("/")
    assert phone.send("/c", code=wide).status_code == 303


def test_a_code_between_two_visits_leads_to_the_next_with_its_date(
    phone: Phone, at_noon: time_machine.Traveller
) -> None:
    at_noon.shift(timedelta(days=5))  # 6 December: two weeks is over, one month opens on the 10th
    phone.get("/")
    led = phone.send("/c", code=phone.code)
    assert led.headers["Location"] == f"/v/{phone.token('1m')}"
    assert phone.get(led.headers["Location"]).status_code == 409


def test_a_wrong_code_is_kept_in_the_field_and_guessing_is_slowed_down(phone: Phone) -> None:
    phone.get("/")
    wrong = phone.send("/c", code="AAA AAA")
    assert wrong.status_code == 404 and 'value="AAA AAA"' in wrong.text
    for _ in range(19):
        assert phone.send("/c", code="AAAAAA").status_code == 404
    waits = phone.send("/c", code=phone.code)
    assert waits.status_code == 429 and waits.headers["Retry-After"] == "60"


def test_a_hospital_behind_one_address_is_not_held_up_by_its_correct_codes(phone: Phone) -> None:
    phone.get("/")
    for _ in range(40):
        phone.get("/")
        assert phone.send("/c", code=phone.code).status_code == 303


def test_what_can_not_be_a_code_is_refused_without_counting(phone: Phone) -> None:
    for typed in ("", "0OIL", "way too long to be any code", "😀😀😀😀😀😀"):
        phone.get("/")
        assert phone.send("/c", code=typed).status_code == 404
    assert rows(phone)["throttle"] == 0


def test_a_link_that_leads_nowhere_still_offers_the_field_for_the_code(phone: Phone) -> None:
    cut = phone.token()[:-4]
    forged = phone.token()[:-1] + ("A" if phone.token()[-1] != "A" else "B")
    for token in ("x", cut, forged, f"{phone.wang.handle}.99y.{phone.token()[-16:]}"):
        page = phone.get(f"/v/{token}")
        assert page.status_code == 404 and 'name="code"' in page.text


@pytest.mark.parametrize(
    ("timepoint", "status", "words"),
    [("1m", 409, "2026年12月10日"), ("baseline", 410, "2026年11月16日")],
)
def test_too_early_and_too_late_have_a_kind_page_with_the_date(
    phone: Phone, timepoint: str, status: int, words: str
) -> None:
    page = phone.get(f"/v/{phone.token(timepoint)}")
    assert page.status_code == status and words in page.text and "021-0000 0000" in page.text
    phone.get("/")
    assert phone.send(f"/v/{phone.token(timepoint)}", answer="1956").status_code == status
    assert phone.get("/visit").status_code == 401


def test_a_visit_without_a_date_says_so(phone: Phone) -> None:
    with phone.house.store.writing() as tx:
        mary = enrolled(
            tx,
            phone.house.study,
            phone.house.links,
            phone.wang.status_since,
            study_number="CZ-002",
            operated=None,
            language="en",
        )
    token = phone.house.links.token(mary.handle, "2w", 0)
    page = phone.get(f"/v/{token}")
    assert page.status_code == 409 and "no date yet" in page.text


@pytest.mark.parametrize("status", ["withdrawn", "deceased"])
def test_who_has_left_the_study_finds_a_kind_page(phone: Phone, status: participants.Status) -> None:
    with phone.house.store.writing() as tx:
        person = participants.by_id(tx, phone.wang.id)
        participants.set_status(tx, person, status, "own_wish", phone.wang.status_since)
    page = phone.get(f"/v/{phone.token()}")
    assert page.status_code == 410 and 'name="answer"' not in page.text


def test_the_page_speaks_the_persons_language_until_another_is_chosen(phone: Phone) -> None:
    address = f"/v/{phone.token()}"
    assert 'lang="zh-Hans"' in phone.get(address, headers={"Accept-Language": "en"}).text
    english = phone.get(f"{address}?lang=en")
    assert '<html lang="en"' in english.text and "Shanghai Changzheng Hospital" in english.text
    assert '<html lang="en"' in phone.get(address).text


def test_a_text_size_is_remembered(phone: Phone) -> None:
    assert 'data-text="1"' in phone.get("/").text
    phone.get("/?size=3")
    assert 'data-text="3"' in phone.get("/").text
    assert 'data-text="3"' in phone.get("/?size=9").text


def test_a_replaced_link_stops_working_and_is_forgotten(phone: Phone) -> None:
    phone.begin()
    with phone.house.store.writing() as tx:
        tx.conn.execute(update(participant).where(participant.c.id == phone.wang.id).values(link_epoch=1))
    page = phone.get("/visit")
    assert page.status_code == 404 and 'name="code"' in page.text
    assert phone.get("/visit").status_code == 401


def test_after_both_questionnaires_the_link_says_thank_you(phone: Phone) -> None:
    house, now = phone.house, phone.wang.status_since + timedelta(days=23)
    for instrument in ("bpi-sf", "qlq-c30"):
        with house.store.writing() as tx:
            sent = sheet(house.catalogue, instrument, now)
            person = participants.by_id(tx, phone.wang.id)
            answer.submit(
                tx, house.study, house.catalogue, person, "2w", sent, Actor("patient", "CZ-001"), now
            )
    page = phone.get(f"/v/{phone.token()}")
    assert page.status_code == 200 and "2026年12月10日" in page.text
