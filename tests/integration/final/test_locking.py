"""Locked data do not change; what patients still send is kept; who locked, why and when is on record."""

import json
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import (
    answer,
    change_contact,
    change_status,
    change_surgery,
    choose,
    enrol,
    excuse,
    lock_data,
    move_response,
    remind,
)
from pro_app.actions import correct as correcting
from pro_app.actions import export as exporting
from pro_app.actions.change_surgery import SurgeryChange
from pro_app.actions.export import Wish
from pro_app.cli import doctor_data
from pro_app.records import audit, data_locks, participants, responses
from pro_app.records.data_locks import STUDY, DataLocked, LockedAlready, NotLocked
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.schedule.delivery import Decision
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD
from tests.integration.clinic.people import wang as mrs_wang
from tests.integration.clinic.test_pages import signed_in
from tests.integration.exports.ward import CHEN, ENGLISH, Ward
from tests.people import sheet

LOCKS = "/staff/locks"


def locked(ward: Ward, scope: str = "CZ") -> None:
    with ward.store.writing() as tx:
        lock_data.lock(tx, ward.study, scope, "data_clean", CHEN, ward.now)


def unlocked(ward: Ward, scope: str = "CZ") -> None:
    with ward.store.writing() as tx:
        lock_data.unlock(tx, ward.study, scope, "late_data", CHEN, ward.now)


def fresh(ward: Ward, number: str = "CZ-001") -> Participant:
    with ward.store.reading() as tx:
        return participants.by_study_number(tx, number)


def form(browser: FlaskClient, word: str, scope: str, reason: str, **more: str) -> tuple[int, str]:
    told = {"scope": scope, "reason": reason, "password": PASSWORD, **more}
    answered = browser.post(f"{LOCKS}/{word}", data=told)
    return answered.status_code, answered.text


def test_chen_locks_a_site_with_her_password_and_everybody_sees_since_when_by_whom_and_why(
    clinic: Flask, team: None, ward: Ward, wang: Participant
) -> None:
    chen = signed_in(clinic, "chen")
    assert "Nothing is locked." in chen.get(LOCKS).text
    assert form(chen, "lock", "CZ", "data_clean", password="wrong and long enough")[0] == 422
    assert form(chen, "lock", "CZ", "")[0] == 422
    assert form(chen, "lock", "XX", "data_clean")[0] == 422
    assert fresh(ward).locked_at is None
    assert form(chen, "lock", "CZ", "data_clean")[0] == 303
    assert fresh(ward).locked_at == ward.now
    status, page = form(chen, "lock", "CZ", "data_clean")
    assert (status, "This is locked already." in page) == (409, True)
    for login in ("li", "sun", "mo"):
        page = signed_in(clinic, login).get(LOCKS).text
        assert "the data are complete and clean" in page
        assert "<td>chen</td>" in page
        assert "Lock the data" not in page
        assert form(signed_in(clinic, login), "unlock", "CZ", "late_data")[0] == 403
    assert "The data are locked" in signed_in(clinic, "li").get("/staff/participants/CZ-001").text
    assert form(chen, "unlock", "CZ", "error_found")[0] == 303
    assert form(chen, "unlock", "CZ", "error_found")[0] == 409
    assert fresh(ward).locked_at is None
    page = chen.get(LOCKS).text
    assert "an error was found" in page
    with ward.store.reading() as tx:
        trail = [row.action for row in audit.history(tx, ward.study.id)]
    assert trail.count("data_locked") == trail.count("data_unlocked") == 2, "the site's chain and the study's"


def changes(ward: Ward, person: Participant, uuid: str, beside: str) -> dict[str, object]:
    """Every way in which staff change data, each ready to be called with a transaction."""
    study, catalogue, now = ward.study, ward.catalogue, ward.now
    version = person.row_version

    def corrected(tx: Transaction) -> object:
        wish = {**correcting.look(tx, catalogue, person, uuid).answers, "bpi3": {"value": 9}}
        return correcting.correct(tx, study, catalogue, person, uuid, 1, wish, "typing_error", CHEN, now)

    to = (person, "1m", "wrong_visit")
    return {
        "correct": corrected,
        "withdraw": lambda tx: correcting.withdraw(tx, study, person, uuid, 1, "duplicate", CHEN, now),
        "move": lambda tx: move_response.move(tx, study, catalogue, person, uuid, 1, *to, CHEN, now),
        "choose": lambda tx: choose.choose(tx, study, person, beside, uuid, "more_complete", CHEN, now),
        "surgery": lambda tx: change_surgery.change_surgery(
            tx, study, person, version, SurgeryChange("done", date(2026, 11, 18)), CHEN, now
        ),
        "status": lambda tx: change_status.change_status(
            tx, study, person, version, "withdrawn", "consent_withdrawn", CHEN, now
        ),
        "arm": lambda tx: change_contact.set_arm(
            tx, study, person, version, "separation", "arm_in_error", CHEN, now
        ),
        "reason": lambda tx: excuse.excuse(
            tx, study, person, "baseline", {"qlq-c30": "refused"}, "", CHEN, now
        ),
    }


def test_no_change_of_any_kind_goes_through_and_each_does_once_it_is_unlocked(
    ward: Ward, wang: Participant, response: str
) -> None:
    beside = ward.answered(wang, "2w", "bpi-sf", ward.now, bpi3=8)
    locked(ward)
    # As somebody read them who opened the page before the lock: the row itself is asked.
    for person in (fresh(ward), replace(fresh(ward), locked_at=None)):
        for what, change in changes(ward, person, response, beside).items():
            with pytest.raises(DataLocked), ward.store.writing() as tx:
                change(tx)  # type: ignore[operator]
            with ward.store.reading() as tx:
                standing = [one.standing for one in responses.of_participant(tx, wang.id)]
            assert standing == ["current", "beside"], what
    assert fresh(ward).row_version == wang.row_version
    unlocked(ward)
    for what in changes(ward, fresh(ward), response, beside):
        with pytest.raises(ZeroDivisionError), ward.store.writing() as tx:
            changes(ward, fresh(ward), response, beside)[what](tx)  # type: ignore[operator]
            raise ZeroDivisionError  # so that each begins with the same


def test_what_a_patient_sends_is_acknowledged_kept_beside_and_can_be_made_to_count_afterwards(
    ward: Ward, wang: Participant
) -> None:
    locked(ward)
    sent = sheet(ward.catalogue, "bpi-sf", ward.now, bpi3=7)
    with ward.store.writing() as tx:
        person = participants.by_handle(tx, wang.handle, lock=True)
        assert person is not None
        receipt = answer.submit(tx, ward.study, ward.catalogue, person, "2w", sent, CHEN, ward.now)
        again = answer.submit(tx, ward.study, ward.catalogue, person, "2w", sent, CHEN, ward.now)
    assert (receipt.standing, again.repeated, again.hash) == ("beside", True, receipt.hash)
    with ward.store.reading() as tx:
        (kept,) = responses.of_participant(tx, wang.id)
    assert (kept.standing, kept.reason) == ("beside", "data_locked")
    unlocked(ward)
    with ward.store.writing() as tx:
        person = participants.by_id(tx, wang.id)
        choose.choose(tx, ward.study, person, kept.uuid, "", "data_unlocked", CHEN, ward.now)
    with ward.store.reading() as tx:
        assert [one.standing for one in responses.of_participant(tx, wang.id)] == ["current"]


def test_a_patient_is_told_kindly_and_an_answer_that_was_begun_before_still_arrives(
    clinic: Flask, house: Service, ward: Ward, wang: Participant
) -> None:
    with house.store.writing() as tx:
        participants.set_privacy(
            tx, participants.by_id(tx, wang.id), ward.study.privacy.version, True, ward.now
        )
    token = house.links.token(wang.handle, "2w", wang.link_epoch)
    phone = clinic.test_client()
    phone.set_cookie("language", "en")
    phone.set_cookie("visit", token)
    locked(ward)
    page = phone.get("/visit")
    assert page.status_code == 410
    assert "The answers to this study are closed" in page.text
    header = {"Authorization": f"Visit {token}"}
    sent = sheet(ward.catalogue, "bpi-sf", ward.now)
    told = {
        "ref": f"{wang.handle}.2w",
        "response": sent.response,
        "instrument": sent.instrument,
        "version": sent.version,
        "language": sent.language,
        "pack": sent.pack,
        "mode": "own_phone",
        "helper": "alone",
        "started": sent.started_at.isoformat(),
        "finished": sent.finished_at.isoformat(),
        "answers": sent.answers,
    }
    begun = phone.post("/device/draft", json={**told, "position": None}, headers=header)
    assert (begun.status_code, begun.get_json()["error"]) == (410, "data_closed")
    arrived = phone.post("/device/response", json=told, headers=header)
    assert (arrived.status_code, arrived.get_json()["standing"]) == (201, "beside")


def test_nobody_is_enrolled_at_a_locked_site(ward: Ward) -> None:
    locked(ward)
    with pytest.raises(DataLocked), ward.store.writing() as tx:
        enrol.enrol(tx, ward.study, ward.links, mrs_wang(), CHEN, ward.now)
    with ward.store.reading() as tx:
        assert participants.count(tx) == 0


def test_nobody_is_reminded_before_it_is_unlocked(ward: Ward, wang: Participant) -> None:
    assert decided(ward)[wang.id].intents
    locked(ward)
    after = decided(ward)[wang.id]
    assert not after.intents
    assert {str(one.reason) for one in after.held} == {"held_locked"}
    unlocked(ward)
    assert decided(ward)[wang.id].intents


def decided(ward: Ward) -> dict[int, Decision]:
    """What the clock would decide now, for everybody."""
    place: remind.Place | None = remind.START
    found: dict[int, Decision] = {}
    while place is not None:
        with ward.store.reading() as tx:
            page = remind.survey(tx, ward.study, ward.now, place, frozenset())
        found |= page.decisions
        place = page.next
    return found


def test_the_lock_of_the_study_covers_every_site_and_leaves_a_sites_own_behind(
    ward: Ward, wang: Participant
) -> None:
    ward.enrol("P3-001", "P3", date(2026, 11, 17), "separation")
    locked(ward, "CZ")
    locked(ward, STUDY)
    assert fresh(ward).locked_at and fresh(ward, "P3-001").locked_at
    with pytest.raises(LockedAlready):
        locked(ward, STUDY)
    unlocked(ward, STUDY)
    assert fresh(ward).locked_at
    assert fresh(ward, "P3-001").locked_at is None
    unlocked(ward, "CZ")
    assert fresh(ward).locked_at is None
    with pytest.raises(NotLocked):
        unlocked(ward, "CZ")


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_lock_waits_for_the_change_that_is_under_way_and_the_next_one_sees_it(
    ward: Ward, wang: Participant, response: str
) -> None:
    """On SQLite there is one writer at a time anyway."""
    began, results = threading.Event(), list[str]()

    def lock() -> None:
        began.set()
        locked(ward)
        results.append("locked")

    with ward.store.writing() as tx:
        data_locks.hold(tx, fresh(ward))
        other = threading.Thread(target=lock)
        other.start()
        began.wait()
        correcting.withdraw(tx, ward.study, fresh(ward), response, 1, "duplicate", CHEN, ward.now)
        other.join(0.3)
        assert not results, "the lock has to wait"
    other.join(10)
    assert results == ["locked"]
    with ward.store.writing() as tx:
        person = participants.by_handle(tx, wang.handle, lock=True)
        assert person is not None
        assert person.locked_at is not None


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_pages_of_staff_say_so_instead_of_saving(
    clinic: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    locked(ward)
    hua, base = signed_in(clinic, "hua"), "/staff/participants/CZ-001"
    for path, told in (
        ("/surgery", {"state": "done", "day": "2026-11-18", "step": "save"}),
        ("/status", {"status": "paused", "reason": "away", "step": "preview"}),
        ("/missing/baseline", {"all": "refused"}),
        (f"/responses/{response}/withdraw", {"reason": "duplicate", "revision": "1"}),
    ):
        answered = hua.post(f"{base}{path}", data=told)
        assert answered.status_code == 409, path
        assert "The data are locked, so nothing was changed." in answered.text, path
    assert "The data are locked" in hua.get(f"{base}/interview/1m").text
    assert "The data are locked" in hua.get(f"{base}/paper/1m").text


def test_an_export_says_whether_its_data_are_locked_since_when_and_by_whom_and_so_does_the_doctor(
    house: Service, ward: Ward, wang: Participant, response: str, tmp_path: Path
) -> None:
    def lock_of(name: str, sites: tuple[str, ...]) -> dict[str, object]:
        wish = Wish(("csv-long",), sites)
        with ward.store.snapshot() as tx:
            edition = exporting.edition_of(tx, ward.study, ward.catalogue, ENGLISH, wish, "test", ward.now)
            exporting.export(tx, edition, wish, tmp_path / name)
        told: dict[str, object] = json.loads((tmp_path / name / "manifest.json").read_text())["lock"]
        return told

    def doctor() -> list[str]:
        return [one.says for check in doctor_data.CHECKS for one in check(house) if one.check == "data lock"]

    assert lock_of("open", ("CZ",)) == {"all_locked": False, "locks": []}
    assert doctor() == ["nothing is locked"]
    locked(ward)
    by_chen = {"what": "CZ", "since": "2026-12-01T04:00:00Z", "by": "chen", "reason": "data_clean"}
    assert lock_of("locked", ("CZ",)) == {"all_locked": True, "locks": [by_chen]}
    assert lock_of("half", ("CZ", "P3")) == {"all_locked": False, "locks": [by_chen]}
    assert doctor()[0].startswith("site CZ is locked since 2026-12-01 04:00 UTC by chen")
    locked(ward, STUDY)
    assert lock_of("study", ("CZ", "P3"))["all_locked"] is True
