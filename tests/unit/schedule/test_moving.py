"""Moving an operation: what moves is shown before it is saved, what is finished stays."""

from datetime import date

from pro_app.schedule.moving import Change, Move, compare
from pro_app.schedule.plan import Anchors, Window
from tests.unit.schedule.cast import changzheng, nct, planned

CANCELLED = Anchors(date(2026, 11, 1), date(2026, 12, 8), None, "cancelled")


def changes(moves: tuple[Move, ...]) -> list[tuple[str, str, int | None]]:
    return [(move.timepoint, move.change, move.days) for move in moves]


def test_a_week_later_moves_every_visit_and_calendar_months_as_the_calendar_says() -> None:
    moved = compare(nct(), changzheng(), planned(date(2027, 1, 24)), planned(date(2027, 1, 31)))
    assert changes(moved) == [
        ("baseline", "moves", 7),
        ("2w", "moves", 7),
        ("1m", "moves", 4),
        ("3m", "moves", 6),
        ("6m", "moves", 7),
        ("12m", "moves", 7),
    ]
    assert (moved[2].before.due, moved[2].after.due) == (date(2027, 2, 24), date(2027, 2, 28))


def test_earlier_is_negative() -> None:
    moved = compare(nct(), "CZ", planned(date(2026, 12, 8)), planned(date(2026, 12, 1)))
    assert {move.days for move in moved} == {-7}


def test_the_same_day_moves_nothing() -> None:
    assert {move.change for move in compare(nct(), "CZ", planned(), planned())} == {Change.SAME}


def test_an_operation_done_on_another_day_leaves_the_form_before_it_where_it_was() -> None:
    done = Anchors(date(2026, 11, 1), date(2026, 12, 8), date(2026, 12, 10), "done")
    assert changes(compare(nct(), "CZ", planned(), done))[:2] == [("baseline", "same", 0), ("2w", "moves", 2)]


def test_a_cancelled_operation_makes_visits_vanish_and_a_new_date_brings_them_back() -> None:
    gone = compare(nct(), "CZ", planned(), CANCELLED)
    assert {move.change for move in gone} == {Change.VANISHES}
    assert {move.days for move in gone} == {None}
    back = compare(nct(), "CZ", CANCELLED, planned(date(2027, 1, 12)))
    assert {move.change for move in back} == {Change.APPEARS}
    assert {move.change for move in compare(nct(), "CZ", CANCELLED, CANCELLED)} == {Change.SAME}


def test_a_finished_visit_stays_and_says_how_far_the_new_date_lies_from_it() -> None:
    kept = {"baseline": Window(date(2026, 12, 7), date(2026, 11, 30), date(2026, 12, 7))}
    moved = compare(nct(), "CZ", planned(), planned(date(2026, 12, 22)), kept)
    baseline = moved[0]
    assert (baseline.change, baseline.days) == (Change.KEPT, 14)
    assert baseline.before.due == baseline.after.due == date(2026, 12, 7)
    assert moved[1].change == Change.MOVES
    assert compare(nct(), "CZ", planned(), CANCELLED, kept)[0].days is None
