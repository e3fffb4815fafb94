"""An answer is taken once, kept whatever happens, scored, and on its way to the registry with one commit."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from pro_app.actions import answer
from pro_app.instruments.answers import AnswerFault
from pro_app.records import audit, drafts, participants, responses
from pro_app.records.audit import Actor
from pro_app.records.schema import audit as audit_table
from pro_app.records.schema import outbox, response, score
from tests.integration.answering.ward import Ward
from tests.people import all_answers, sheet


def test_one_commit_brings_response_scores_outbox_and_audit_row(ward: Ward) -> None:
    before = ward.count(audit_table)
    receipt = ward.send(sheet(ward.catalogue, "qlq-c30", ward.now))
    assert (receipt.standing, receipt.repeated) == ("current", False)
    assert ward.count(response) == 1
    assert ward.count(score) == 16
    assert ward.count(outbox) == len(ward.study.registries)
    assert ward.count(audit_table) == before + 1
    with ward.store.reading() as tx:
        assert audit.verify(tx) == ()


def test_nothing_is_left_when_the_commit_fails(ward: Ward) -> None:
    with pytest.raises(RuntimeError), ward.store.writing() as tx:
        who = Actor("patient", "CZ-001")
        sent = sheet(ward.catalogue, "qlq-c30", ward.now)
        answer.submit(tx, ward.study, ward.catalogue, ward.wang, "2w", sent, who, ward.now)
        raise RuntimeError("the power goes")
    assert ward.count(response) == ward.count(score) == ward.count(outbox) == 0


def test_the_scores_are_those_of_the_answers(ward: Ward) -> None:
    ward.send(sheet(ward.catalogue, "bpi-sf", ward.now, bpi3=8, bpi4=2, bpi5=5, bpi6=3))
    with ward.store.reading() as tx:
        found = {one.result.scale: one.result for one in responses.scores_of(tx, ward.wang.id)}
    assert found["SEVERITY"].value == 4.5
    assert found["WORST"].value == 8


def test_the_same_response_sent_again_gets_the_same_receipt(ward: Ward) -> None:
    sent = sheet(ward.catalogue, "qlq-c30", ward.now)
    first = ward.send(sent)
    again = ward.send(sent, now=ward.now + timedelta(hours=3))
    assert again == replace(first, repeated=True)
    assert ward.count(response) == 1


def test_the_first_of_two_devices_wins_and_the_second_is_kept(ward: Ward) -> None:
    first = ward.send(sheet(ward.catalogue, "qlq-c30", ward.now, q1=1))
    second = ward.send(sheet(ward.catalogue, "qlq-c30", ward.now, q1=4))
    assert (first.standing, second.standing) == ("current", "beside")
    assert ward.count(response) == 2
    assert ward.count(outbox) == len(ward.study.registries), "only what counts goes to the registry"


def test_two_phones_that_went_on_from_one_draft_are_both_kept(ward: Ward) -> None:
    first = sheet(ward.catalogue, "qlq-c30", ward.now, q1=1)
    second = sheet(ward.catalogue, "qlq-c30", ward.now, response=first.response, q1=4)
    assert ward.send(first).standing == "current"
    receipt = ward.send(second)
    assert (receipt.standing, receipt.response) == ("beside", first.response)
    assert ward.send(second) == replace(receipt, repeated=True)
    assert ward.count(response) == 2


def test_an_id_that_belongs_to_another_visit_is_refused(ward: Ward) -> None:
    sent = sheet(ward.catalogue, "qlq-c30", ward.now)
    ward.send(sent)
    with pytest.raises(answer.ResponseIdTaken):
        ward.send(sent, timepoint="1m")


def test_an_answer_that_is_too_late_is_kept_with_its_reason(ward: Ward) -> None:
    late = ward.now + timedelta(days=60)
    ward.send(sheet(ward.catalogue, "qlq-c30", ward.now), now=late)
    with ward.store.reading() as tx:
        kept = responses.current(tx, ward.wang.id, "2w", "qlq-c30")
    assert kept is not None
    assert kept.reason == "after_window"


def test_an_answer_after_withdrawal_is_kept_beside(ward: Ward) -> None:
    with ward.store.writing() as tx:
        participants.set_status(tx, ward.wang, "withdrawn", "own_wish", ward.now)
    assert ward.send(sheet(ward.catalogue, "qlq-c30", ward.now)).standing == "beside"
    assert ward.count(outbox) == 0


def test_free_text_is_sealed_and_opens_again(ward: Ward) -> None:
    words = "止痛药，每天两次"
    sent = sheet(ward.catalogue, "bpi-sf", ward.now, bpi7=words)
    ward.send(sent)
    with ward.store.reading() as tx:
        row = tx.conn.execute(select(response)).one()
        assert "止痛" not in str(row)
        assert responses.answers_of(tx, sent.response)["bpi7"] == {"value": words}


@pytest.mark.parametrize(
    ("item", "value"),
    [("q1", 17), ("q1", 2.5), ("q1", "3"), ("q1", True), ("q29", 0), ("q31", 1), ("q1", None)],
)
def test_an_answer_that_can_not_be_one_is_refused_by_name(ward: Ward, item: str, value: object) -> None:
    answers = all_answers(ward.catalogue.instrument("qlq-c30")) | {item: {"value": value}}
    with pytest.raises(AnswerFault, match=item) as fault:
        ward.send(sheet(ward.catalogue, "qlq-c30", ward.now, answers=answers))
    assert fault.value.item == item
    assert ward.count(response) == 0


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"instrument": "phq-9"}, answer.InstrumentNotHere),
        ({"version": "2.0"}, answer.VersionUnknown),
        ({"pack": "0" * 64}, answer.PackUnknown),
    ],
)
def test_what_belongs_to_another_form_is_refused(
    ward: Ward, change: dict[str, str], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        ward.send(replace(sheet(ward.catalogue, "qlq-c30", ward.now), **change))  # type: ignore[arg-type]


def test_a_draft_is_merged_item_by_item_and_gone_when_sent(ward: Ward) -> None:
    assert ward.draft({"q1": {"value": 2}, "q2": {"value": 3}})
    assert ward.draft({"q2": {"missing": "skipped"}})
    with ward.store.reading() as tx:
        kept = drafts.of_visit(tx, ward.wang.id, "2w")["qlq-c30"]
    assert kept.answers == {"q1": {"value": 2}, "q2": {"missing": "skipped"}}
    assert kept.position == "q2"
    ward.send(sheet(ward.catalogue, "qlq-c30", ward.now))
    with ward.store.reading() as tx:
        assert drafts.of_visit(tx, ward.wang.id, "2w") == {}
    assert not ward.draft({"q1": {"value": 4}}), "what was sent is locked"


def test_a_visit_that_is_not_open_can_not_be_begun(ward: Ward) -> None:
    with ward.store.writing() as tx:
        person = participants.by_id(tx, ward.wang.id)
        participants.set_surgery(tx, person, "done", date(2026, 11, 29), date(2026, 11, 29))
    with pytest.raises(answer.VisitNotOpen):
        ward.draft({"q1": {"value": 2}})
