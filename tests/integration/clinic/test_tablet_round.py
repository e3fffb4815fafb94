"""A ward round without signal: what is loaded, what comes back sealed, and whose answers they are."""

import json
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from pro_app import envelopes
from pro_app.actions import hand_over, ward_round
from pro_app.records import participants, responses, tablets
from pro_app.records.participants import Participant
from pro_app.records.schema import participant
from pro_app.wiring import Service
from tests.integration.clinic.people import enrolled, wang
from tests.integration.clinic.tablets import PIN, Ward, give_pin, one_database, ward_of
from tests.people import all_answers


@pytest.fixture
def ward(house: Service, clinic: Flask, team: None, now: datetime) -> Ward:
    """Li's tablet; Wang has agreed to the privacy notice, and so has a second patient."""
    give_pin(house, "li", now)
    found = ward_of(house, clinic, now)
    found.agree()
    return found


@pytest.fixture
def other(ward: Ward, now: datetime) -> Participant:
    found = enrolled(ward.house.store, ward.house.study, ward.house.links, wang(study_number="CZ-004"), now)
    ward.agree(found)
    return found


def load(ward: Ward, *numbers: str, pin: str = PIN) -> TestResponse:
    visits = [f"{number}/baseline" for number in numbers]
    return ward.tablet.post("/staff/round", data={"visit": visits, "pin": pin, "label": "Round"})


def sealed(ward: Ward, person: Participant, kind: str = "response", **changed: object) -> dict[str, object]:
    """What the tablet makes of a questionnaire that `person` filled in."""
    with ward.house.store.reading() as tx:
        which = tablets.of_sites(tx, ("CZ",))[0]
        point = envelopes.public_point(tablets.private_key(tx, which))
    instrument = ward.house.catalogue.instrument("qlq-c30")
    content = {
        "ref": f"{person.handle}.baseline",
        "instrument": "qlq-c30",
        "version": instrument.version,
        "response": f"6f1c2a52-7a64-4a57-8a4e-{person.id:012d}",
        "language": "zh-Hans",
        "pack": ward.house.catalogue.pack("qlq-c30", "zh-Hans").hash,
        "mode": "own_phone",
        "started": "2026-12-01T03:50:00Z",
        "finished": "2026-12-01T03:55:00Z",
        "answers": all_answers(instrument),
    } | changed
    token = ward.house.links.token(person.handle, "baseline", person.link_epoch)
    return envelopes.seal(point, which.id, json.dumps({"kind": kind, "token": token, "content": content}))


def deliver(ward: Ward, envelope: object) -> TestResponse:
    """From a browser without any cookie: the envelope is proof enough."""
    return ward.app.test_client().post("/device/envelope", json=envelope)


def test_the_round_takes_along_what_the_bedside_needs_and_nothing_that_names_anybody(
    ward: Ward, other: Participant
) -> None:
    told = load(ward, "CZ-003", "CZ-004").json or {}
    assert [one["study_number"] for one in told["visits"]] == ["CZ-003", "CZ-004"]
    assert [one["initials"] for one in told["visits"]] == ["王＊＊", "王＊＊"]
    assert {one["visit"]["mode"] for one in told["visits"]} == {"clinic_tablet"}
    for secret in ("王建国", "13800000001", "1961", "wang@example.org"):
        assert secret not in json.dumps(told, ensure_ascii=False)
    assert ward.trail("CZ-003")[0] == "round_loaded"
    assert ward.tablet.get_cookie("staff") is None
    assert ward.tablet.get("/staff").location == "/staff/tablet"


@one_database
def test_on_the_round_the_tablet_opens_what_was_loaded_and_nothing_else(
    ward: Ward, other: Participant
) -> None:
    load(ward, "CZ-003")
    header = {"Authorization": f"Visit {ward.token}"}
    assert ward.tablet.get(f"/device/visit/{ward.ref}", headers=header).status_code == 200
    token = ward.house.links.token(other.handle, "baseline", other.link_epoch)
    answer = ward.tablet.get(
        f"/device/visit/{other.handle}.baseline", headers={"Authorization": f"Visit {token}"}
    )
    assert (answer.status_code, (answer.json or {})["error"]) == (403, "tablet_locked")
    assert ward.tablet.post("/tablet/back").location == "/tablet/round"
    assert ward.unlock().location == "/staff/tablet/next"


@one_database
@pytest.mark.parametrize("pin", ["0000", ""])
def test_without_the_pin_nothing_is_loaded(ward: Ward, pin: str) -> None:
    answer = load(ward, "CZ-003", pin=pin)
    assert answer.status_code == 403
    assert (answer.json or {})["message"]
    assert ward.trail("CZ-003")[0] == "privacy_agreed"


@one_database
def test_who_has_not_agreed_yet_or_belongs_elsewhere_is_not_loaded(ward: Ward, now: datetime) -> None:
    enrolled(ward.house.store, ward.house.study, ward.house.links, wang(study_number="CZ-005"), now)
    assert load(ward, "CZ-005").status_code == 404
    assert load(ward, "P3-001").status_code == 404
    assert load(ward).status_code == 400
    page = ward.tablet.get("/staff/round").text
    assert "Has not read the privacy notice yet" in page


def test_envelopes_reach_the_right_participants(ward: Ward, other: Participant) -> None:
    load(ward, "CZ-003", "CZ-004")
    for person in (other, ward.wang):
        envelope = sealed(ward, person)
        told = deliver(ward, envelope).json or {}
        assert told["envelope"] == envelopes.digest(envelope)
        (stored,) = ward.stored(person)
        assert told["receipt"]["hash"] == stored.content_hash
        assert (stored.mode, stored.standing) == ("clinic_tablet", "current")
        assert ward.trail(person.study_number)[0] == "response_received"


def test_the_same_envelope_twice_and_the_same_answers_sealed_twice_make_one_record(ward: Ward) -> None:
    load(ward, "CZ-003")
    first, again = sealed(ward, ward.wang), sealed(ward, ward.wang)
    assert first != again, "sealed under another key each time"
    receipts = [(deliver(ward, one).json or {})["receipt"]["receipt"] for one in (first, first, again)]
    assert len(set(receipts)) == 1
    assert len(ward.stored()) == 1


def test_what_comes_from_a_revoked_tablet_is_kept_beside_and_never_lost(ward: Ward) -> None:
    load(ward, "CZ-003")
    with ward.house.store.reading() as tx:
        number = tablets.of_sites(tx, ("CZ",))[0].id
    ward.sign_in().post(f"/staff/tablet/list/{number}/revoke")
    told = deliver(ward, sealed(ward, ward.wang)).json or {}
    assert told["receipt"]["standing"] == "beside"
    (stored,) = ward.stored()
    assert (stored.standing, stored.reason) == ("beside", "tablet_revoked")
    pain = ward.house.catalogue
    draft = sealed(
        ward,
        ward.wang,
        "draft",
        instrument="bpi-sf",
        version=pain.instrument("bpi-sf").version,
        pack=pain.pack("bpi-sf", "zh-Hans").hash,
        response="6f1c2a52-7a64-4a57-8a4e-000000009999",
        answers={"bpi1": {"value": True}},
    )
    assert (deliver(ward, draft).json or {})["receipt"]["standing"] == "beside"
    assert {one.instrument for one in ward.stored()} == {"qlq-c30", "bpi-sf"}


def test_a_draft_goes_on_where_it_stopped_and_after_closing_it_is_kept_as_it_is(ward: Ward) -> None:
    load(ward, "CZ-003")
    draft = sealed(ward, ward.wang, "draft", answers={"q1": {"value": 2}, "q2": {"value": 3}})
    assert (deliver(ward, draft).json or {})["receipt"] is None
    assert ward.stored() == ()
    ward.later(days=40)
    assert (deliver(ward, draft).json or {})["receipt"]["standing"] == "current"
    (stored,) = ward.stored()
    with ward.house.store.reading() as tx:
        answers = responses.answers_of(tx, stored.uuid)
    assert (stored.reason, answers["q2"]) == ("after_window", {"value": 3})
    assert answers["q30"] == {"missing": "not_reached"}


def test_an_envelope_outlives_a_link_that_was_given_out_anew_only_for_what_was_loaded(
    ward: Ward, other: Participant
) -> None:
    load(ward, "CZ-003")
    mine, others = sealed(ward, ward.wang), sealed(ward, other)
    with ward.house.store.writing() as tx:
        for person in (ward.wang, other):
            new_link(tx, participants.by_id(tx, person.id))
    assert deliver(ward, mine).status_code == 200
    assert deliver(ward, others).status_code == 400
    assert ward.stored(other) == ()


def new_link(tx, person: Participant) -> None:  # type: ignore[no-untyped-def]
    tx.conn.execute(
        update(participant).where(participant.c.id == person.id).values(link_epoch=person.link_epoch + 1)
    )


@one_database
def test_what_is_no_envelope_is_refused_in_words(ward: Ward) -> None:
    load(ward, "CZ-003")
    for wrong in (
        {},
        {"v": 1, "tablet": 1, "key": "", "iv": "", "box": ""},
        {"v": 1, "tablet": 99, "key": "AA==", "iv": "AA==", "box": "AA=="},
        {"v": 1, "tablet": "1", "key": "AA==", "iv": "AA==", "box": "AA=="},
        {"v": 1, "tablet": True, "key": "AA==", "iv": "AA==", "box": "AA=="},
        {"v": 2, "tablet": 1},
    ):
        answer = deliver(ward, wrong)
        assert answer.status_code == 400, wrong
        assert (answer.json or {})["error"] == "envelope_broken", wrong


@one_database
def test_an_envelope_with_one_changed_letter_or_another_visits_content_is_none(
    ward: Ward, other: Participant
) -> None:
    load(ward, "CZ-003", "CZ-004")
    good = sealed(ward, ward.wang)
    box = str(good["box"])
    turned = good | {"box": ("B" if box[0] == "A" else "A") + box[1:]}
    assert deliver(ward, turned).status_code == 400
    assert deliver(ward, sealed(ward, ward.wang, ref=f"{other.handle}.baseline")).status_code == 400
    assert ward.stored() == ()


@one_database
def test_only_the_server_opens_what_the_tablet_sealed(ward: Ward) -> None:
    load(ward, "CZ-003")
    envelope = sealed(ward, ward.wang)
    with pytest.raises(envelopes.EnvelopeBroken):
        envelopes.unseal(envelopes.new_private_key(), envelope)
    told = json.dumps(ward.tablet.get("/device/tablet").json)
    with ward.house.store.reading() as tx:
        private = tablets.private_key(tx, tablets.of_sites(tx, ("CZ",))[0])
    assert private not in told
    assert json.loads(envelopes.unseal(private, envelope))["kind"] == "response"


@pytest.mark.parametrize(
    ("name", "initials"),
    [("王建国", "王＊＊"), ("Mary Ann Ellis", "M. A. E."), ("", ""), ("欧阳 修", "欧＊＊"), ("ellis", "E.")],
)
def test_of_a_name_no_more_is_shown_than_compares_with_a_wristband(name: str, initials: str) -> None:
    assert ward_round.initials(name) == initials


@one_database
def test_idle_is_five_minutes_and_only_in_a_patients_hands(ward: Ward) -> None:
    load(ward, "CZ-003")
    ward.later(hours=3)
    with ward.house.store.reading() as tx:
        which = hand_over.find(tx, ward.key)
    assert which is not None
    assert which.state == "ward_round"
    assert (ward.tablet.get("/device/tablet").json or {})["state"] == "ward_round"
