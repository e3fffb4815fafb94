"""The books are compared: what a registry lost, changed or never stored is found, and can be sent again."""

from dataclasses import replace
from datetime import timedelta

from pro_app.actions import reconcile as reconciling
from pro_app.actions.reconcile import Comparison, reconcile, send_again
from pro_app.ports import RegistryAway
from pro_app.records import comparisons
from pro_app.records.audit import CLOCK
from tests.integration.registry.registries import Away, Liar, Picky, Shelf
from tests.integration.registry.ward import REGISTRY, Ward
from tests.unit.registry.cast import STUDY, citations


def compare(ward: Ward, registry: Shelf) -> Comparison:
    return reconcile(ward.store, registry, ward.now, study=STUDY, citations=citations())


def daily(ward: Ward, registry: object, after: timedelta) -> int:
    """How many comparisons the clock makes `after` later than now."""
    made = reconciling.daily(ward.store, [registry], ward.now + after, study=STUDY, citations=citations())
    return len(made)


def standing(ward: Ward) -> comparisons.Standing:
    with ward.store.reading() as tx:
        return comparisons.standing(tx, REGISTRY)


def filled_ward(ward: Ward, registry: Shelf) -> None:
    for number, site in (("CZ-001", "CZ"), ("CZ-002", "CZ"), ("BY-001", "BY")):
        person = ward.enrol(number, site)
        ward.answer(person, "baseline")
        ward.answer(person, "1m")
    ward.sync(registry)


def test_two_equal_books_are_in_step_with_counts_per_site_and_visit(ward: Ward) -> None:
    shelf = Shelf()
    filled_ward(ward, shelf)
    found = compare(ward, shelf)
    assert found.in_step
    assert [(line.site, line.timepoint, line.ours, line.theirs) for line in found.lines] == [
        ("BY", "1m", 1, 1),
        ("BY", "baseline", 1, 1),
        ("CZ", "1m", 2, 2),
        ("CZ", "baseline", 2, 2),
    ]
    assert all(line.equal for line in found.lines)


def test_a_registry_that_says_yes_and_stores_nothing_is_found_out(ward: Ward) -> None:
    liar = Liar()
    filled_ward(ward, liar)
    found = compare(ward, liar)
    assert [one.kind for one in found.differences] == ["missing"] * 6


def test_a_lost_an_altered_and_a_strange_record_are_each_listed_and_the_first_two_sent_again(
    ward: Ward,
) -> None:
    shelf = Shelf()
    filled_ward(ward, shelf)
    lost, altered, *_ = sorted(shelf.shelf)
    strange = replace(shelf.shelf[lost], participant="somebody else", study_number="XX-999")
    del shelf.shelf[lost]
    shelf.shelf[altered] = replace(shelf.shelf[altered], content_hash="0" * 64)
    shelf.shelf["strange"] = strange
    found = compare(ward, shelf)
    kinds = {one.kind: one for one in found.differences}
    assert set(kinds) == {"missing", "altered", "extra"}
    assert (kinds["missing"].record, kinds["altered"].record) == (lost, altered)
    assert kinds["extra"].study_number == "XX-999"
    assert not all(line.equal for line in found.lines)
    assert send_again(ward.store, found, CLOCK, ward.now) == 2
    ward.sync(shelf)
    assert [one.kind for one in compare(ward, shelf).differences] == ["extra"]


def test_what_is_still_on_its_way_or_was_refused_is_not_a_difference(ward: Ward) -> None:
    registry = Picky("CZ-002")
    filled_ward(ward, registry)
    ward.answer(ward.enrol("CZ-009"))
    assert compare(ward, registry).in_step


def test_a_correction_on_its_way_does_not_make_the_first_version_a_stranger(ward: Ward) -> None:
    shelf = Shelf()
    wang = ward.enrol("CZ-001")
    ward.answer(wang)
    ward.sync(shelf)
    ward.answer(wang, kind="corrected", bpi3=9)
    assert compare(ward, shelf).in_step
    ward.sync(shelf)
    assert compare(ward, shelf).in_step


def test_a_delivery_while_the_books_are_read_is_not_a_difference(ward: Ward) -> None:
    class Busy(Shelf):
        def held(self, study):  # type: ignore[no-untyped-def]
            entries = list(super().held(study))
            ward.sync(self)
            return iter(entries)

    busy = Busy()
    filled_ward(ward, busy)
    ward.answer(ward.enrol("CZ-009"))
    assert compare(ward, busy).in_step


def test_the_clock_compares_once_a_day_and_keeps_since_when_it_is_out_of_step(ward: Ward) -> None:
    liar, hour = Liar(), timedelta(hours=1)
    filled_ward(ward, liar)
    assert standing(ward) == comparisons.Standing()
    assert [daily(ward, liar, hour * at) for at in (0, 1, 12, 24, 25, 48)] == [1, 0, 0, 1, 0, 1]
    found = standing(ward)
    assert (found.differences, len(found.listed)) == (6, 6)
    assert (found.out_of_step_since, found.compared_at) == (ward.now, ward.now + hour * 48)
    assert found.listed[0].kind == "missing"
    assert found.listed[0].site == "CZ"


def test_back_in_step_there_is_no_since(ward: Ward) -> None:
    shelf = Shelf()
    filled_ward(ward, shelf)
    kept, shelf.shelf = shelf.shelf, {}
    daily(ward, shelf, timedelta(0))
    shelf.shelf = kept
    daily(ward, shelf, timedelta(days=1))
    assert standing(ward).out_of_step_since is None
    assert standing(ward).differences == 0


def test_books_that_cannot_be_read_are_tried_again_after_an_hour(ward: Ward) -> None:
    class Closed(Away):
        def held(self, study):  # type: ignore[no-untyped-def]
            self.knocks += 1
            raise RegistryAway(registry=self.name, words="status 503")

    closed = Closed()
    for minutes in range(0, 130, 10):
        assert daily(ward, closed, timedelta(minutes=minutes)) == 0
    assert closed.knocks == 3
    assert standing(ward).compared_at is None
    assert standing(ward).tried_at == ward.now + timedelta(hours=2)


def test_a_registry_that_cannot_be_read_back_at_all_is_left_out(ward: Ward) -> None:
    class OneWay:
        name = REGISTRY

    assert daily(ward, OneWay(), timedelta(0)) == 0
