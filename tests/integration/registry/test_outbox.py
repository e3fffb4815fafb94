"""The outbox: in order per participant, side by side across participants, nothing lost, nothing stuck."""

from datetime import timedelta

import pytest

from pro_app.ports import RegistryReceipt
from pro_app.records import outbox, outbox_by_hand, outbox_tally, parcels
from tests.integration.registry.registries import Picky, Shelf
from tests.integration.registry.ward import REGISTRY, Ward, answer, enrol
from tests.unit.registry.cast import STUDY, WANGS_WORDS, citations

RECEIPT = RegistryReceipt("r", "1", "h")


def take(ward: Ward, limit: int = 50, after: timedelta = timedelta(0)) -> tuple[outbox.Claim, ...]:
    with ward.store.writing() as tx:
        return outbox.claim(tx, REGISTRY, ward.now + after, limit)


def test_a_row_stands_or_falls_with_the_transaction_of_its_change(ward: Ward) -> None:
    with pytest.raises(RuntimeError), ward.store.writing() as tx:
        person = enrol(tx, "CZ-001", "CZ", ward.now)
        answer(tx, person, "1m", "bpi-sf", "submitted", "current", (REGISTRY,), ward.now)
        raise RuntimeError("the request ended badly")
    assert ward.states() == []


def test_each_registry_of_the_study_gets_its_own_row(ward: Ward) -> None:
    ward.answer(ward.enrol("CZ-001"), registries=("central", "second"))
    central, second = Shelf("central"), Shelf("second")
    ward.sync(central)
    assert (len(central.arrived), len(second.arrived)) == (1, 0)
    ward.sync(central, second)
    assert (len(central.arrived), len(second.arrived)) == (1, 1)


def test_a_participants_rows_go_one_by_one_in_the_order_they_were_written(ward: Ward) -> None:
    wang = ward.enrol("CZ-001")
    for timepoint in ("baseline", "2w", "1m"):
        ward.answer(wang, timepoint)
    (first,) = take(ward)
    assert take(ward) == ()
    with ward.store.writing() as tx:
        assert outbox.delivered(tx, first, RECEIPT, ward.now)
    (second,) = take(ward)
    assert second.id > first.id


def test_another_participant_does_not_wait(ward: Ward) -> None:
    wang, mary = ward.enrol("CZ-001"), ward.enrol("CZ-002")
    ward.answer(wang, "baseline")
    ward.answer(wang, "2w")
    ward.answer(mary)
    assert [claim.participant_id for claim in take(ward)] == [wang, mary]


def test_a_row_that_waits_for_its_next_attempt_holds_back_the_later_ones_of_its_participant(
    ward: Ward,
) -> None:
    wang = ward.enrol("CZ-001")
    ward.answer(wang, "baseline")
    ward.answer(wang, "2w")
    (first,) = take(ward)
    with ward.store.writing() as tx:
        outbox.later(tx, first, "busy", ward.now + timedelta(hours=1))
    assert take(ward) == ()
    (again,) = take(ward, after=timedelta(hours=2))
    assert (again.id, again.attempts) == (first.id, 1)


def test_a_refused_row_steps_out_of_the_way(ward: Ward) -> None:
    wang = ward.enrol("CZ-001")
    ward.answer(wang, "baseline")
    ward.answer(wang, "2w")
    (first,) = take(ward)
    with ward.store.writing() as tx:
        outbox.parked(tx, first, "status 422: unknown visit")
    assert len(take(ward)) == 1
    with ward.store.reading() as tx:
        parked, _ = outbox_tally.held(tx, REGISTRY)
    assert (parked.state, parked.words, parked.study_number) == (
        "parked",
        "status 422: unknown visit",
        "CZ-001",
    )


def test_a_claim_of_a_process_that_died_ends_by_itself(ward: Ward) -> None:
    ward.answer(ward.enrol("CZ-001"))
    (lost,) = take(ward)
    assert take(ward, after=outbox.CLAIM_FOR - timedelta(seconds=1)) == ()
    (taken_over,) = take(ward, after=outbox.CLAIM_FOR)
    with ward.store.writing() as tx:
        assert not outbox.delivered(tx, lost, RECEIPT, ward.now)
        assert outbox.delivered(tx, taken_over, RECEIPT, ward.now)
    assert ward.states() == ["delivered"]


def test_a_change_while_its_delivery_is_under_way_is_sent_again(ward: Ward) -> None:
    ward.answer(ward.enrol("CZ-001"))
    (under_way,) = take(ward)
    with ward.store.writing() as tx:
        outbox.enqueue(
            tx, (REGISTRY,), under_way.response_id, under_way.participant_id, "submitted", ward.now
        )
    with ward.store.writing() as tx:
        assert not outbox.delivered(tx, under_way, RECEIPT, ward.now)
    assert ward.states() == ["waiting"]


def test_a_receipt_is_kept_with_time_id_version_and_hash(ward: Ward) -> None:
    ward.answer(ward.enrol("CZ-001"))
    shelf = Shelf()
    ward.sync(shelf)
    row = ward.row()
    (entry,) = shelf.held(STUDY)
    assert (row.remote_id, row.remote_version, row.remote_hash) == (entry.remote_id, "1", entry.content_hash)
    assert row.delivered_at >= ward.now
    with ward.store.reading() as tx:
        tally = outbox_tally.tally(tx, REGISTRY)
    assert tally.in_step
    assert tally.last_receipt == row.delivered_at


def test_no_strange_receipt_or_word_can_break_the_commit(ward: Ward) -> None:
    wang, mary = ward.enrol("CZ-001"), ward.enrol("CZ-002")
    ward.answer(wang)
    ward.answer(mary)
    mine, hers = take(ward)
    with ward.store.writing() as tx:
        assert outbox.delivered(tx, mine, RegistryReceipt("r" * 999, "v\x00" * 99, "h" * 99), ward.now)
        assert outbox.parked(tx, hers, "no\x00" * 9999)
    assert ward.states() == ["delivered", "parked"]


def test_a_parcel_has_everything_but_what_names_or_quotes_the_person(ward: Ward) -> None:
    ward.answer(ward.enrol("CZ-001"), bpi9a="skipped")
    claims = take(ward)
    with ward.store.reading() as tx:
        built = parcels.build(tx, claims, STUDY, citations())
    parcel = built[claims[0].id]
    assert not isinstance(parcel, parcels.KeptBeside)
    assert parcel.answers["bpi9a"] == {"missing": "skipped"}
    assert parcel.answers["bpi7"] == {"sealed": True}
    assert {score.scale for score in parcel.scores} >= {"SEVERITY", "INTERFERENCE", "WORST"}
    assert "Cleeland" in parcel.citation
    assert WANGS_WORDS not in repr(parcel)
    assert "王建国" not in repr(parcel)


def test_a_second_different_answer_sheet_is_not_sent_over_the_first(ward: Ward) -> None:
    wang = ward.enrol("CZ-001")
    ward.answer(wang)
    ward.answer(wang, standing="beside")
    shelf = Shelf()
    ward.sync(shelf)
    assert len(shelf.arrived) == 1
    assert ward.states() == ["delivered", "parked"]


def test_a_parked_row_that_a_correction_overtook_is_settled_and_never_comes_back(ward: Ward) -> None:
    wang = ward.enrol("CZ-001")
    ward.answer(wang)
    registry = Picky("CZ-001")
    ward.sync(registry)
    registry.disliked.clear()
    second = ward.answer(wang, kind="corrected", bpi3=9)
    ward.sync(registry)
    assert ward.states() == ["delivered", "delivered"]
    with ward.store.writing() as tx:
        rows = outbox_by_hand.of_records(tx, REGISTRY, [("CZ-001", "1m", "bpi-sf")], ["CZ"])
        assert outbox_by_hand.of_records(tx, REGISTRY, [("CZ-001", "1m", "bpi-sf")], ["BY"]) == ()
        assert outbox_by_hand.resend(tx, rows, ward.now) == 1
    ward.sync(registry)
    assert [parcel.response for parcel in registry.arrived] == [second, second]


def test_a_person_can_pause_a_row_and_send_it_again(ward: Ward) -> None:
    ward.answer(ward.enrol("CZ-001"))
    row = ward.row().id
    with ward.store.writing() as tx:
        assert outbox_by_hand.pause(tx, [row]) == 1
    shelf = Shelf()
    ward.sync(shelf)
    assert shelf.arrived == []
    with ward.store.writing() as tx:
        assert outbox_by_hand.resend(tx, [row], ward.now) == 1
    ward.sync(shelf)
    assert len(shelf.arrived) == 1


def test_a_site_counts_its_own_rows_only(ward: Ward) -> None:
    ward.answer(ward.enrol("CZ-001"))
    ward.answer(ward.enrol("BY-001", "BY"))
    with ward.store.reading() as tx:
        assert outbox_tally.tally(tx, REGISTRY).waiting == 2
        assert outbox_tally.tally(tx, REGISTRY, "BY").waiting == 1
        assert [held.site for held in outbox_tally.held(tx, REGISTRY, sites=["BY"])] == ["BY"]
