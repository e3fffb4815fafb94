"""Chen finds out which of two responses is right: the second one counts, the first stays."""

import pytest

from pro_app import journey
from pro_app.actions import change_status, choose, correct
from pro_app.records import audit, parcels, participants, responses
from pro_app.records.corrections import CorrectionRefused, ResponseChanged
from pro_app.records.participants import Participant
from tests.integration.corrections.test_correcting import all_of, to_send, wang, ward
from tests.integration.exports.ward import CHEN, Ward

__all__ = ["wang", "ward"]


def chosen(
    ward: Ward, person: Participant, uuid: str, instead_of: str, reason: str = "more_complete"
) -> None:
    with ward.store.writing() as tx:
        person = participants.by_id(tx, person.id)
        choose.choose(tx, ward.study, person, uuid, instead_of, reason, CHEN, ward.now)


def test_a_response_that_was_kept_beside_is_made_to_count_and_the_former_one_stays(
    ward: Ward, wang: Participant
) -> None:
    first = ward.answered(wang, "2w", "qlq-c30", ward.now, q29=1, q30=1)
    second = ward.answered(wang, "2w", "qlq-c30", ward.now, q29=7, q30=7)
    with ward.store.reading() as tx:
        pair = choose.look(tx, wang, second, frozenset())
    assert pair.counts and pair.counts.uuid == first
    assert pair.differ == {"q29", "q30"}
    chosen(ward, wang, second, first)
    assert all_of(ward, wang) == [("replaced", 1, "more_complete"), ("current", 2, "chosen")]
    with ward.store.reading() as tx:
        scores = {one.result.scale: one.result.value for one in responses.scores_of(tx, wang.id)}
        event = audit.history(tx, "CZ-001")[0]
        assert not audit.verify(tx)
        assert journey.of(tx, ward.study, wang, ward.now).at("2w").assessment.done == ("qlq-c30",)
    assert scores["QL2"] == 100
    assert (event.action, event.detail["response"], event.detail["was"]) == ("response_chosen", second, first)
    assert [kind for kind, _ in to_send(ward)] == ["submitted", "corrected"]


def test_the_registry_gets_the_chosen_answers_as_an_amendment(ward: Ward, wang: Participant) -> None:
    first = ward.answered(wang, "2w", "qlq-c30", ward.now, q1=1)
    second = ward.answered(wang, "2w", "qlq-c30", ward.now, q1=4)
    chosen(ward, wang, second, first)
    with ward.store.reading() as tx:
        (record,) = parcels.records(tx, "central", "NCT06120426", {})
    assert (record.parcel.kind, record.parcel.revision) == ("corrected", 2)
    assert record.parcel.answers["q1"] == {"value": 4}


def test_without_another_one_the_kept_response_is_simply_the_one_that_counts(
    ward: Ward, wang: Participant
) -> None:
    first = ward.answered(wang, "2w", "qlq-c30", ward.now)
    second = ward.answered(wang, "2w", "qlq-c30", ward.now, q1=4)
    with ward.store.writing() as tx:
        correct.withdraw(tx, ward.study, wang, first, 1, "not_by_participant", CHEN, ward.now)
    chosen(ward, wang, second, "")
    assert all_of(ward, wang) == [("withdrawn", 2, "not_by_participant"), ("current", 3, "chosen")]
    assert [kind for kind, _ in to_send(ward)] == ["submitted", "withdrawn", "corrected"]


def test_what_can_not_be_made_to_count_is_refused_and_nothing_changes(ward: Ward, wang: Participant) -> None:
    first = ward.answered(wang, "2w", "qlq-c30", ward.now)
    second = ward.answered(wang, "2w", "qlq-c30", ward.now, q1=4)
    third = ward.answered(wang, "2w", "qlq-c30", ward.now, q1=3)
    for uuid, instead_of, reason, expected in (
        (second, first, "because", "reason_needed"),
        (first, first, "more_complete", "counts_already"),
    ):
        with pytest.raises(CorrectionRefused) as refusal:
            chosen(ward, wang, uuid, instead_of, reason)
        assert refusal.value.fault == expected
    chosen(ward, wang, second, first)
    with pytest.raises(ResponseChanged):
        chosen(ward, wang, third, first)  # compared with what counted a minute ago
    with pytest.raises(CorrectionRefused) as refusal:
        chosen(ward, wang, first, second)
    assert refusal.value.fault == "over_already"
    assert [one[0] for one in all_of(ward, wang)] == ["replaced", "current", "beside"]


def test_what_came_after_somebody_left_the_study_counts_only_when_that_was_an_error(
    ward: Ward, wang: Participant
) -> None:
    with ward.store.writing() as tx:
        person = participants.by_id(tx, wang.id)
        change_status.change_status(
            tx, ward.study, person, person.row_version, "withdrawn", "consent_withdrawn", CHEN, ward.now
        )
    late = ward.answered(wang, "2w", "qlq-c30", ward.now)
    assert all_of(ward, wang) == [("beside", 1, "withdrawn")]
    with pytest.raises(CorrectionRefused) as refusal:
        chosen(ward, wang, late, "")
    assert refusal.value.fault == "after_the_end"
    with ward.store.writing() as tx:
        person = participants.by_id(tx, wang.id)
        change_status.change_status(
            tx, ward.study, person, person.row_version, "active", "entered_in_error", CHEN, ward.now
        )
    chosen(ward, wang, late, "")
    assert all_of(ward, wang) == [("current", 1, "chosen")]
    assert [kind for kind, _ in to_send(ward)] == ["submitted"]
