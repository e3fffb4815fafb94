"""Registries in real life: away for days, busy, refusing, lying; and the patients who must not notice."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pro_app.actions.sync import (
    BATCH,
    FAILURES_THAT_OPEN,
    LONGEST_DELAY,
    LONGEST_REST,
    TRIES_WHILE_OTHERS_PASS,
    Result,
    sync,
)
from pro_app.records import circuits
from tests.integration.registry.registries import Away, Liar, Picky, Poisoned, Shelf, StoresAndFails
from tests.integration.registry.ward import REGISTRY, Ward
from tests.unit.registry.cast import STUDY, citations

HOUR = timedelta(hours=1)


def ward_of(ward: Ward, people: int, visits: tuple[str, ...] = ("1m",)) -> list[int]:
    ids = [ward.enrol(f"CZ-{number:03}") for number in range(1, people + 1)]
    for person in ids:
        for visit in visits:
            ward.answer(person, visit)
    return ids


def test_everything_arrives_once_in_each_participants_order(ward: Ward) -> None:
    ward_of(ward, 12, ("baseline", "2w", "1m"))
    shelf = Shelf()
    assert ward.sync(shelf) == [Result(REGISTRY, delivered=36)]
    assert ward.sync(shelf) == [Result(REGISTRY)]
    for number in range(1, 13):
        visits = [parcel.timepoint for parcel in shelf.arrived if parcel.study_number == f"CZ-{number:03}"]
        assert visits == ["baseline", "2w", "1m"]


def test_no_more_than_the_limit_goes_in_one_run(ward: Ward) -> None:
    ward_of(ward, 9)
    shelf = Shelf()
    assert ward.sync(shelf, limit=4) == [Result(REGISTRY, delivered=4)]


def test_a_slow_registry_gets_its_share_of_a_tick_and_the_rest_goes_with_the_next(ward: Ward) -> None:
    class Slow(Shelf):
        def deliver(self, parcel):  # type: ignore[no-untyped-def]
            time.sleep(0.02)
            return super().deliver(parcel)

    ward_of(ward, BATCH + 5)
    slow, share = Slow(), timedelta(milliseconds=10)
    first, rest = (
        sync(ward.store, [slow], ward.now, study=STUDY, citations=citations(), within=share)[0].delivered
        for _ in range(2)
    )
    assert (first, rest) == (BATCH, 5)


def test_one_bad_record_in_a_hundred_is_parked_with_the_registrys_words_and_holds_up_nobody(
    ward: Ward,
) -> None:
    ward_of(ward, 100)
    registry = Picky("CZ-037")
    assert ward.sync(registry) == [Result(REGISTRY, delivered=99, parked=1)]
    assert ward.row(36).problem == "status 422: site not activated"


def test_stored_and_then_failed_is_sent_again_and_is_there_once(ward: Ward) -> None:
    ward_of(ward, 1)
    registry = StoresAndFails()
    ward.sync(registry)
    ward.sync(registry, after=HOUR)
    assert len(registry.arrived) == 2
    assert len(registry.shelf) == 1
    assert ward.states() == ["delivered"]


def test_attempts_come_less_and_less_often_up_to_an_hour(ward: Ward) -> None:
    ward_of(ward, 1)
    registry = Poisoned("CZ-001")
    moment, waits = timedelta(0), []
    for _ in range(11):
        ward.sync(registry, after=moment)
        with ward.store.writing() as tx:
            circuits.well(tx, REGISTRY)
        waits.append(ward.row().next_at - (ward.now + moment))
        moment += waits[-1] + timedelta(seconds=1)
    assert waits[0] < waits[1] < waits[4]
    assert waits[-1] < LONGEST_DELAY * 1.25 + timedelta(seconds=5)


def test_after_failures_in_a_row_the_registry_is_left_alone_then_asked_by_one_row(ward: Ward) -> None:
    ward_of(ward, 30)
    registry = Away()
    (first,) = ward.sync(registry)
    knocked = registry.knocks
    assert first.resting == "circuit"
    assert FAILURES_THAT_OPEN <= knocked < 30
    assert ward.sync(registry)[0].resting == "circuit"
    assert registry.knocks == knocked
    ward.sync(registry, after=LONGEST_REST * 2)
    assert registry.knocks == knocked + 1


def test_the_first_answer_closes_the_circuit_and_everything_goes_at_once(ward: Ward) -> None:
    ward_of(ward, 30, ("baseline", "2w"))
    registry = Away()
    moment = timedelta(0)
    while moment < timedelta(days=7):
        ward.sync(registry, after=moment)
        moment += timedelta(hours=3)
    registry.down = False
    knocks = registry.knocks
    (result,) = ward.sync(registry, after=moment)
    assert result == Result(REGISTRY, delivered=60)
    assert registry.knocks == knocks + 60
    assert len(registry.shelf) == len(registry.arrived) == 60
    with ward.store.reading() as tx:
        assert circuits.read(tx, REGISTRY).failures == 0


def test_a_busy_registrys_wish_to_be_left_alone_is_heeded(ward: Ward) -> None:
    ward_of(ward, 1)
    registry = Away(retry_after=900)
    ward.sync(registry)
    assert ward.row().next_at >= ward.now + timedelta(seconds=900)


def test_a_record_that_always_crashes_the_registry_is_parked_while_others_pass(ward: Ward) -> None:
    people = ward_of(ward, 3)
    registry = Poisoned("CZ-002")
    moment = timedelta(0)
    for visit in range(TRIES_WHILE_OTHERS_PASS + 1):
        ward.answer(people[0], f"v{visit}")
        ward.sync(registry, after=moment)
        moment += timedelta(hours=2)
    assert ward.row(1).state == "parked"
    assert ward.row(1).problem == "status 500: NullPointerException"
    assert ward.states().count("delivered") == len(ward.states()) - 1


def test_no_record_is_parked_because_the_registry_was_away_for_long(ward: Ward) -> None:
    ward_of(ward, 2)
    registry = Away()
    for hour in range(0, 24 * 7, 4):
        ward.sync(registry, after=HOUR * hour)
    assert set(ward.states()) == {"waiting"}


def test_an_adapter_that_stumbles_over_one_parcel_does_not_stop_the_others(ward: Ward) -> None:
    class Stumbles(Shelf):
        def deliver(self, parcel):  # type: ignore[no-untyped-def]
            if parcel.study_number == "CZ-002":
                raise KeyError("bug")
            return super().deliver(parcel)

    ward_of(ward, 3)
    assert ward.sync(Stumbles()) == [Result(REGISTRY, delivered=2, parked=1)]
    assert ward.row(1).problem == "could not be prepared: KeyError"


def test_a_person_can_pause_a_registry_and_let_it_go_on(ward: Ward) -> None:
    ward_of(ward, 2)
    shelf = Shelf()
    with ward.store.writing() as tx:
        circuits.pause(tx, REGISTRY, "chen", ward.now)
    assert ward.sync(shelf) == [Result(REGISTRY, resting="paused")]
    with ward.store.writing() as tx:
        circuits.resume(tx, REGISTRY)
    assert ward.sync(shelf) == [Result(REGISTRY, delivered=2)]


def test_one_registry_being_away_does_not_keep_the_other_waiting(ward: Ward) -> None:
    person = ward.enrol("CZ-001")
    ward.answer(person, registries=("central", "second"))
    away, second = Away(), Shelf("second")
    results = ward.sync(away, second)
    assert [(one.registry, one.delivered) for one in results] == [("central", 0), ("second", 1)]


def test_the_network_is_never_called_inside_a_transaction(ward: Ward) -> None:
    """On SQLite a write inside the call would wait for ever if the caller held the writer's lock."""

    class WritesMeanwhile(Shelf):
        def deliver(self, parcel):  # type: ignore[no-untyped-def]
            with ward.store.writing() as tx:
                circuits.well(tx, "somebody else")
            return super().deliver(parcel)

    ward_of(ward, 3)
    assert ward.sync(WritesMeanwhile()) == [Result(REGISTRY, delivered=3)]


def test_two_runs_at_the_same_time_deliver_nothing_twice(ward: Ward) -> None:
    ward_of(ward, 40, ("baseline", "2w"))
    shelf = Shelf()
    with ThreadPoolExecutor(3) as pool:
        results = [run.result()[0] for run in [pool.submit(ward.sync, shelf) for _ in range(3)]]
    assert sum(result.delivered for result in results) == 80
    assert len(shelf.arrived) == 80


def test_a_registry_that_stores_nothing_looks_delivered_until_the_books_are_compared(ward: Ward) -> None:
    ward_of(ward, 1)
    liar = Liar()
    assert ward.sync(liar) == [Result(REGISTRY, delivered=1)]
    assert liar.shelf == {}
