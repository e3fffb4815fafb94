"""The device interface: right shapes, right refusals, one receipt however often it is asked."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from pro_app.actions import consent
from pro_app.records import audit, participants, responses
from pro_app.records.audit import Actor
from tests.integration.patient.conftest import Phone
from tests.people import all_answers

BAD = "not what it should be"


def visit(phone: Phone, ref: str | None = None, **headers: str) -> TestResponse:
    address = f"/device/visit/{ref or phone.ref}"
    return phone.client.get(address, headers={"Authorization": f"Visit {phone.token()}", **headers})


def post(phone: Phone, name: str, body: object, **headers: str) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Authorization": f"Visit {phone.token()}", "Content-Type": "application/json", **headers}
    return phone.client.post(f"/device/{name}", data=raw, headers=given)


def draft(phone: Phone, **changes: object) -> dict[str, Any]:
    catalogue = phone.house.catalogue
    body = {
        "ref": phone.ref,
        "instrument": "qlq-c30",
        "version": catalogue.instrument("qlq-c30").version,
        "response": "0b7c5a52-6d1f-4b53-9f10-0d7a3a1f2b11",
        "language": "zh-Hans",
        "pack": catalogue.pack("qlq-c30", "zh-Hans").hash,
        "position": "q2",
        "answers": {"q1": {"value": 2}},
    }
    return {**body, **changes}


def whole(phone: Phone, **changes: object) -> dict[str, Any]:
    body = draft(phone) | {
        "mode": "own_phone",
        "helper": "alone",
        "started": "2026-12-01T03:50:00.000Z",
        "finished": "2026-12-01T03:58:00.000Z",
        "answers": all_answers(phone.house.catalogue.instrument("qlq-c30")),
    }
    del body["position"]
    return {**body, **changes}


def test_a_visit_has_exactly_the_agreed_fields(ready: Phone) -> None:
    told = visit(ready).json
    assert told
    assert set(told) == {
        "ref",
        "token",
        "mode",
        "study",
        "timepoint",
        "state",
        "closes",
        "next",
        "language",
        "languages",
        "contact",
        "instruments",
        "journey",
    }
    assert (told["ref"], told["token"], told["state"]) == (ready.ref, ready.token(), "open")
    assert told["closes"] == "2026-12-04" and told["languages"] == ["zh-Hans", "en"]
    assert (told["mode"], told["next"]) == ("own_phone", {"timepoint": "1m", "opens": "2026-12-10"})
    first = told["instruments"][0]
    assert set(first) == {
        "id",
        "version",
        "state",
        "response",
        "pages",
        "packs",
        "answers",
        "position",
        "sent_at",
    }
    assert [stop["timepoint"] for stop in told["journey"]] == ["baseline", "2w", "1m", "3m", "6m", "12m"]
    for address in first["pages"].values():
        assert ready.client.get(address).status_code == 200


def test_the_questionnaires_come_in_the_order_of_the_study_file(ready: Phone) -> None:
    assert visit(ready).json
    asked = [one["id"] for one in visit(ready).json["instruments"]]  # type: ignore[index]
    assert asked == list(ready.house.study.timepoint("2w").instruments) == ["bpi-sf", "qlq-c30"]
    turned = [
        replace(one, instruments=tuple(reversed(one.instruments))) for one in ready.house.study.timepoints
    ]
    sites = [replace(one, timepoints=tuple(turned)) for one in ready.house.study.sites]
    study = replace(ready.house.study, timepoints=tuple(turned), sites=tuple(sites))
    ready.client.application.extensions["pro_app"] = replace(ready.house, study=study)
    asked = [one["id"] for one in visit(ready).json["instruments"]]  # type: ignore[index]
    assert asked == ["qlq-c30", "bpi-sf"]


def test_the_cookie_is_enough_to_read_and_never_to_write(phone: Phone) -> None:
    phone.inside()
    assert phone.client.get(f"/device/visit/{phone.ref}").status_code == 200
    bare = phone.client.post("/device/draft", json=draft(phone))
    assert bare.status_code == 401 and bare.json and bare.json["error"] == "sign_in_first"


def test_a_draft_comes_back_where_it_stopped(ready: Phone) -> None:
    kept = post(ready, "draft", draft(ready))
    assert kept.json == {"saved": True, "at": "2026-12-01T04:00:00.000Z"}
    post(ready, "draft", draft(ready, answers={"q2": {"missing": "skipped"}}, position="q3"))
    assert visit(ready).json
    told = visit(ready).json["instruments"][1]  # type: ignore[index]
    assert told["answers"] == {"q1": {"value": 2}, "q2": {"missing": "skipped"}}
    assert told["position"] == "q3" and told["response"] == draft(ready)["response"]


def test_a_response_gets_one_receipt_however_often_it_comes(ready: Phone) -> None:
    first, again = post(ready, "response", whole(ready)), post(ready, "response", whole(ready))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json and set(first.json) == {"receipt", "response", "hash", "received_at", "standing"}
    assert len(ready.stored()) == 1


def test_answers_that_were_sent_are_never_given_back(ready: Phone) -> None:
    post(ready, "draft", draft(ready))
    post(ready, "response", whole(ready))
    told = visit(ready).json["instruments"][1]  # type: ignore[index]
    assert (told["state"], told["answers"], told["position"]) == ("sent", {}, None)
    assert told["sent_at"] == "2026-12-01T04:00:00.000Z"
    late = post(ready, "draft", draft(ready))
    assert late.json and late.json["saved"] is False


def test_a_second_devices_answers_are_kept_beside(ready: Phone) -> None:
    post(ready, "response", whole(ready))
    other = post(ready, "response", whole(ready, response=str(uuid4())))
    assert other.status_code == 201 and other.json and other.json["standing"] == "beside"


def test_two_devices_that_send_at_one_moment_are_both_kept(ready: Phone) -> None:
    app, answers = ready.client.application, []
    start = threading.Barrier(4)

    def one_device() -> None:
        device = replace(ready, client=app.test_client())
        start.wait()
        answers.append(post(device, "response", whole(device, response=str(uuid4()))))

    devices = [threading.Thread(target=one_device) for _ in range(4)]
    for device in devices:
        device.start()
    for device in devices:
        device.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert sorted(one.standing for one in ready.stored()) == ["beside"] * 3 + ["current"]


@pytest.mark.parametrize(
    ("clock", "kept"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01"),
        ("0001-01-01T00:00:00+14:00", "1970-01-01"),
        ("9999-12-31T23:59:59-12:00", "2100-01-01"),
        ("+275760-09-13T00:00:00.000Z", "2100-01-01"),
        ("2031-05-05T08:00:00+08:00", "2031-05-05"),
    ],
)
def test_a_wrong_clock_is_kept_and_never_a_reason_to_refuse(ready: Phone, clock: str, kept: str) -> None:
    assert post(ready, "response", whole(ready, started=clock)).status_code == 201
    (stored,) = ready.stored()
    assert stored.started_at.date().isoformat() == kept


def test_nothing_is_kept_before_the_person_has_agreed(phone: Phone) -> None:
    for answer in (visit(phone), post(phone, "draft", draft(phone)), post(phone, "response", whole(phone))):
        assert answer.status_code == 403 and answer.json and answer.json["error"] == "privacy_first"
    assert phone.stored() == ()


def test_nothing_is_kept_after_a_no(ready: Phone) -> None:
    with ready.house.store.writing() as tx:
        person = participants.by_id(tx, ready.wang.id)
        who = Actor("patient", "CZ-001")
        consent.decide(tx, ready.house.study, person, False, who, ready.wang.status_since)
    refused = post(ready, "response", whole(ready))
    assert refused.status_code == 403 and refused.json and refused.json["error"] == "privacy_declined"


def test_a_ticket_opens_only_its_own_visit(ready: Phone) -> None:
    for ref in (f"{ready.wang.handle}.1m", "somebody22.2w", "x", "%00", "a" * 3000):
        assert visit(ready, ref).status_code in (403, 404)
    assert post(ready, "draft", draft(ready, ref="somebody22.2w")).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "abcdefghjk.2w.AAAAAAAAAAAAAAAA", "é" * 20, "\t"])
def test_a_token_that_is_none_is_refused(ready: Phone, token: str) -> None:
    answer = visit(ready, token.rpartition(".")[0] or None, Authorization=f"Visit {token}")
    assert answer.status_code in (401, 404) and answer.json and answer.json["message"]


def broken(**changes: object) -> Callable[[Phone], object]:
    return lambda phone: whole(phone, **changes)


def without(name: str) -> Callable[[Phone], object]:
    return lambda phone: {key: value for key, value in whole(phone).items() if key != name}


def answering(item: str, answer: object) -> Callable[[Phone], object]:
    return lambda phone: whole(phone) | {"answers": {**whole(phone)["answers"], item: answer}}


SHAPES: list[tuple[Callable[[Phone], object], int]] = [
    (lambda phone: b"", 400),
    (lambda phone: b"{", 400),
    (lambda phone: b"\xff\xfe{}", 400),
    (lambda phone: '{"ref": "é"}'.encode("latin-1"), 400),
    (lambda phone: b"[" * 100_000, 400),
    (lambda phone: b'{"ref": NaN}', 400),
    (lambda phone: b'{"ref": ' + b"9" * 6000 + b"}", 400),
    (lambda phone: [], 422),
    (lambda phone: "text", 422),
    (lambda phone: None, 422),
    (lambda phone: {}, 422),
    *(
        (without(name), 422)
        for name in ("response", "instrument", "version", "pack", "mode", "started", "answers")
    ),
    (broken(ref=7), 422),
    (broken(ref="\ud800"), 422),
    (broken(response="0B7C5A52-6D1F-4B53-9F10-0D7A3A1F2B11"), 422),
    (broken(response="0b7c5a526d1f4b539f100d7a3a1f2b11"), 422),
    (broken(response="{0b7c5a52-6d1f-4b53-9f10-0d7a3a1f2b11}"), 422),
    (broken(response=None), 422),
    (broken(instrument="phq-9"), 404),
    (broken(instrument=["qlq-c30"]), 422),
    (broken(version="2.0"), 409),
    (broken(pack="0" * 64), 409),
    (broken(language="en"), 409),
    (broken(language="zh\u0000"), 422),
    (broken(mode="paper"), 422),
    (broken(mode={"a": 1}), 422),
    (broken(helper="dog"), 422),
    (broken(helper=[]), 422),
    (broken(started="yesterday"), 422),
    (broken(started="2026-12-01T03:50:00"), 422),
    (broken(started=1764561000), 422),
    (broken(finished={}), 422),
    (broken(answers=[]), 422),
    (broken(answers="q1"), 422),
    (broken(answers={}), 422),
    (broken(answers={"x" * 5000: {"value": 1}}), 422),
    (answering("q1", 2), 422),
    (answering("q1", {"value": 5}), 422),
    (answering("q1", {"value": 2.5}), 422),
    (answering("q1", {"value": "2"}), 422),
    (answering("q1", {"value": True}), 422),
    (answering("q1", {"value": 10**30}), 422),
    (answering("q1", {"value": None}), 422),
    (answering("q1", {"value": 2, "missing": "skipped"}), 422),
    (answering("q1", {"missing": "lazy"}), 422),
    (answering("q1", {"missing": ["skipped"]}), 422),
    (answering("q1", {"value": json.loads("[" * 500 + "]" * 500)}), 422),
    (answering("q31", {"value": 1}), 422),
    (answering("%(item)s", {"value": 1}), 422),
]


@pytest.mark.parametrize("number", range(len(SHAPES)))
def test_what_is_no_answer_is_refused_with_a_sentence_and_nothing_is_kept(ready: Phone, number: int) -> None:
    make, status = SHAPES[number]
    refused = post(ready, "response", make(ready))
    assert refused.status_code == status
    assert refused.json and set(refused.json) == {"error", "message"}
    assert refused.json["message"] != refused.json["error"]
    assert ready.stored() == ()


@pytest.mark.parametrize("position", [7, "", "x" * 100, {}, "\u0000"])
def test_a_draft_is_read_as_strictly(ready: Phone, position: object) -> None:
    assert post(ready, "draft", draft(ready, position=position)).status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(ready: Phone, kind: str) -> None:
    assert post(ready, "response", whole(ready), **{"Content-Type": kind}).status_code == 415


def test_a_body_that_is_too_large_is_refused(ready: Phone) -> None:
    refused = post(ready, "response", whole(ready, more="x" * 300_000))
    assert refused.status_code == 413 and refused.json and refused.json["error"] == "too_large"


def test_an_address_or_method_that_is_not_there_answers_in_json(ready: Phone) -> None:
    assert ready.client.get("/device/nothing").json
    assert ready.client.get("/device/response").status_code == 405


def test_a_refusal_speaks_the_persons_language_and_writes_dates_as_people_do(ready: Phone) -> None:
    token = ready.token("1m")
    ready.client.set_cookie("language", "en")
    early = ready.client.get(
        f"/device/visit/{ready.wang.handle}.1m",
        headers={"Authorization": f"Visit {token}"},
    )
    assert early.status_code == 409 and early.json and "10 December 2026" in early.json["message"]


def test_a_response_leaves_its_trace(ready: Phone) -> None:
    post(ready, "response", whole(ready))
    with ready.house.store.reading() as tx:
        event = audit.history(tx, "CZ-001")[0]
        kept = responses.answers_of(tx, ready.stored()[0].uuid)
    assert event.action == "response_received" and event.actor.name == "CZ-001"
    assert len(kept) == 30
