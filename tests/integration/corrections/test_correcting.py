"""Chen puts responses right: the first stays, what counts is new, the registry and the trail hear of it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from pro_app import journey
from pro_app.actions import answer, correct, move_response
from pro_app.errors import NotFound
from pro_app.instruments.answers import AnswerFault
from pro_app.instruments.catalogue import Catalogue
from pro_app.links import Links
from pro_app.records import audit, outbox, parcels, participants, responses
from pro_app.records.corrections import CorrectionRefused, ResponseChanged
from pro_app.records.participants import Participant
from pro_app.records.schema import outbox as outbox_rows
from pro_app.records.store import Store
from pro_app.schedule.elements import Destination, Study
from pro_app.schedule.window import VisitState
from tests.integration.exports.ward import CHEN, SECRET, Ward
from tests.people import LI, sheet

REGISTRY = Destination("central", "fhir")


@pytest.fixture
def ward(store: Store, study: Study, catalogue: Catalogue, links: Links, now) -> Ward:  # type: ignore[no-untyped-def]
    """An empty ward of a study with one registry."""
    return Ward(store, replace(study, registries=(REGISTRY,)), catalogue, links, now)


@pytest.fixture
def wang(ward: Ward) -> Participant:
    return ward.enrol("CZ-001", "CZ", date(2026, 11, 17), "en-bloc")


@pytest.fixture
def mary(ward: Ward) -> Participant:
    return ward.enrol("CZ-002", "CZ", date(2026, 11, 16), "separation")


def all_of(ward: Ward, person: Participant) -> list[tuple[str, int, str | None]]:
    with ward.store.reading() as tx:
        return [(one.standing, one.revision, one.reason) for one in responses.of_participant(tx, person.id)]


def to_send(ward: Ward) -> list[tuple[str, str]]:
    """What waits for the registry, in order: kind, and the response's standing now."""
    with ward.store.reading() as tx:
        rows = tx.conn.execute(
            select(outbox_rows.c.kind, outbox_rows.c.response_id).order_by(outbox_rows.c.id)
        )
        return [(kind, response_id) for kind, response_id in rows]


def move(
    ward: Ward, person: Participant, uuid: str, to: Participant, timepoint: str, revision: int = 1
) -> str:
    with ward.store.writing() as tx:
        return move_response.move(
            tx,
            ward.study,
            ward.catalogue,
            person,
            uuid,
            revision,
            to,
            timepoint,
            "wrong_participant",
            CHEN,
            ward.now,
        )


def test_a_correction_keeps_the_first_answers_and_scores_anew(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now, q29=7, q30=7)
    new = ward.corrected(wang, uuid, q29=1, q30=1)
    assert all_of(ward, wang) == [("replaced", 1, "typing_error"), ("current", 2, None)]
    with ward.store.reading() as tx:
        assert responses.answers_of(tx, uuid)["q29"] == {"value": 7}
        assert responses.answers_of(tx, new)["q29"] == {"value": 1}
        scores = {one.result.scale: one.result.value for one in responses.scores_of(tx, wang.id)}
        was, is_now = (responses.by_uuid(tx, one) for one in (uuid, new))
    assert scores["QL2"] == 0
    assert was and is_now
    assert (is_now.received_at, is_now.mode, is_now.pack) == (was.received_at, was.mode, was.pack)
    assert is_now.content_hash != was.content_hash


def test_the_registry_gets_the_amendment_after_the_first(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    ward.corrected(wang, uuid, q1=4)
    assert [kind for kind, _ in to_send(ward)] == ["submitted", "corrected"]
    with ward.store.writing() as tx:
        first = outbox.claim(tx, "central", ward.now, 10)
        outbox.release(tx, first[0])
        claims = [
            replace(first[0], response_id=one[1], kind=one[0], id=n) for n, one in enumerate(to_send(ward))
        ]  # type: ignore[arg-type]
        built = parcels.build(tx, claims, "NCT06120426", {})
    amended = built[1]
    assert not isinstance(amended, parcels.KeptBeside)
    assert (amended.kind, amended.revision) == ("corrected", 2)
    assert amended.answers["q1"] == {"value": 4}


def test_a_corrected_form_is_not_late_because_it_was_corrected_late(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "baseline", "qlq-c30", ward.now - timedelta(days=16))
    ward.corrected(wang, uuid, q1=4)
    with ward.store.reading() as tx:
        stop = journey.of(tx, ward.study, wang, ward.now).at("baseline")
    assert stop.assessment.done == ("qlq-c30",)
    assert stop.assessment.late == ()


def test_free_text_is_carried_over_sealed_or_removed_and_never_shown(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "2w", "bpi-sf", ward.now, bpi7=SECRET)
    with ward.store.reading() as tx:
        found = correct.look(tx, ward.catalogue, wang, uuid)
    assert found.answers["bpi7"] == {"sealed": True}
    assert SECRET not in repr(found)
    kept = ward.corrected(wang, uuid, bpi3=9)
    with ward.store.writing() as tx:
        assert responses.answers_of(tx, kept)["bpi7"] == {"value": SECRET}
        wish = {**correct.look(tx, ward.catalogue, wang, kept).answers, "bpi7": {"missing": "skipped"}}
        new = correct.correct(
            tx, ward.study, ward.catalogue, wang, kept, 2, wish, "participant_asked", CHEN, ward.now
        )
        assert responses.answers_of(tx, new)["bpi7"] == {"missing": "skipped"}


def test_nothing_changed_no_reason_or_no_answer_is_refused_and_nothing_saved(
    ward: Ward, wang: Participant
) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    with ward.store.writing() as tx:
        as_is = correct.look(tx, ward.catalogue, wang, uuid).answers
        other = {**as_is, "q1": {"value": 4}}
        for wish, reason, expected in (
            (as_is, "typing_error", "nothing_changed"),
            (other, "because", "reason_needed"),
            (other, "duplicate", "reason_needed"),
        ):
            with pytest.raises(CorrectionRefused) as refusal:
                correct.correct(tx, ward.study, ward.catalogue, wang, uuid, 1, wish, reason, CHEN, ward.now)
            assert refusal.value.fault == expected
        with pytest.raises(AnswerFault):
            wrong = {**as_is, "q1": {"value": 9}}
            correct.correct(
                tx, ward.study, ward.catalogue, wang, uuid, 1, wrong, "typing_error", CHEN, ward.now
            )
    assert all_of(ward, wang) == [("current", 1, None)]
    assert len(to_send(ward)) == 1


def test_who_looked_before_somebody_else_corrected_is_told(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    ward.corrected(wang, uuid, q1=4)
    with ward.store.writing() as tx:
        wish = {**correct.look(tx, ward.catalogue, wang, uuid).answers, "q1": {"value": 3}}
        with pytest.raises(ResponseChanged):
            correct.correct(
                tx, ward.study, ward.catalogue, wang, uuid, 1, wish, "typing_error", CHEN, ward.now
            )
        with pytest.raises(ResponseChanged):
            correct.withdraw(tx, ward.study, wang, uuid, 1, "duplicate", CHEN, ward.now)
    assert [one[0] for one in all_of(ward, wang)] == ["replaced", "current"]


def test_a_withdrawn_response_leaves_its_form_open_for_the_patient(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    with ward.store.writing() as tx:
        correct.withdraw(tx, ward.study, wang, uuid, 1, "not_by_participant", CHEN, ward.now)
        stop = journey.of(tx, ward.study, wang, ward.now).at("2w")
        assert stop.assessment.state is VisitState.OPEN
        assert responses.scores_of(tx, wang.id) == ()
    assert [kind for kind, _ in to_send(ward)] == ["submitted", "withdrawn"]
    assert all_of(ward, wang) == [("withdrawn", 2, "not_by_participant")]
    with ward.store.writing() as tx:
        answer.submit(
            tx,
            ward.study,
            ward.catalogue,
            wang,
            "2w",
            sheet(ward.catalogue, "qlq-c30", ward.now),
            LI,
            ward.now,
        )
    # What counts now ranks above what the registry was told before.
    assert [one[:2] for one in all_of(ward, wang)] == [("withdrawn", 2), ("current", 3)]


def test_a_response_given_on_the_wrong_telephone_moves_to_its_owner(
    ward: Ward, wang: Participant, mary: Participant
) -> None:
    uuid = ward.answered(wang, "2w", "bpi-sf", ward.now, bpi3=8, bpi7=SECRET)
    new = move(ward, wang, uuid, mary, "2w")
    assert all_of(ward, wang) == [("withdrawn", 2, "wrong_participant")]
    assert all_of(ward, mary) == [("current", 1, "moved_here")]
    with ward.store.reading() as tx:
        assert responses.answers_of(tx, new)["bpi7"] == {"value": SECRET}
        mine = {one.result.scale: one.result.value for one in responses.scores_of(tx, mary.id)}
        trail = [event.action for one in ("CZ-001", "CZ-002") for event in audit.history(tx, one)]
        assert not audit.verify(tx)
    assert mine["WORST"] == 8
    assert trail.count("response_moved") == 2
    assert [kind for kind, _ in to_send(ward)] == ["submitted", "withdrawn", "submitted"]


def test_a_response_moves_to_another_visit_of_the_same_participant(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    move(ward, wang, uuid, wang, "baseline")
    with ward.store.reading() as tx:
        way = journey.of(tx, ward.study, wang, ward.now)
        trail = [event.action for event in audit.history(tx, "CZ-001")]
    assert way.at("baseline").assessment.late == ("qlq-c30",)  # it came when it came
    assert trail.count("response_moved") == 1


def test_a_move_to_where_something_is_or_nothing_is_asked_is_refused(
    ward: Ward, wang: Participant, mary: Participant
) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    ward.answered(mary, "2w", "qlq-c30", ward.now)
    for to, timepoint, expected in (
        (mary, "2w", "place_taken"),
        (wang, "2w", "same_place"),
        (mary, "9w", "visit_unknown"),
    ):
        with pytest.raises(CorrectionRefused) as refusal:
            move(ward, wang, uuid, to, timepoint)
        assert refusal.value.fault == expected
    assert all_of(ward, wang) == [("current", 1, None)]


def test_a_second_response_kept_beside_is_not_corrected_by_mistake(ward: Ward, wang: Participant) -> None:
    ward.answered(wang, "2w", "qlq-c30", ward.now)
    second = ward.answered(wang, "2w", "qlq-c30", ward.now, q1=4)
    with ward.store.writing() as tx, pytest.raises(CorrectionRefused) as refusal:
        correct.withdraw(tx, ward.study, wang, second, 1, "duplicate", CHEN, ward.now)
    assert refusal.value.fault == "not_current"


def test_another_participants_response_is_not_found(ward: Ward, wang: Participant, mary: Participant) -> None:
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    with ward.store.writing() as tx:
        with pytest.raises(NotFound):
            correct.look(tx, ward.catalogue, mary, uuid)
        with pytest.raises(NotFound):
            correct.withdraw(tx, ward.study, mary, uuid, 1, "duplicate", CHEN, ward.now)


def test_the_trail_says_who_changed_what_and_why_and_no_free_text(ward: Ward, wang: Participant) -> None:
    uuid = ward.answered(wang, "2w", "bpi-sf", ward.now, bpi7=SECRET)
    ward.corrected(wang, uuid, bpi3=9)
    with ward.store.reading() as tx:
        event = audit.history(tx, "CZ-001")[0]
        assert not audit.verify(tx)
    assert (event.action, event.actor.name) == ("response_corrected", "chen")
    assert event.detail["changed"] == ["bpi3"]
    assert (event.detail["was"], event.detail["reason"]) == (uuid, "typing_error")
    assert SECRET not in str(event)


def test_participants_keep_their_place(ward: Ward, wang: Participant) -> None:
    """A move never changes whose row a response is."""
    uuid = ward.answered(wang, "2w", "qlq-c30", ward.now)
    other = ward.enrol("CZ-009", "CZ", date(2026, 11, 17), "en-bloc")
    move(ward, wang, uuid, other, "2w")
    with ward.store.reading() as tx:
        old = responses.by_uuid(tx, uuid)
        assert old
        assert participants.by_id(tx, old.participant_id).study_number == "CZ-001"
