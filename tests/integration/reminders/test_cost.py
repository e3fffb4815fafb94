"""A tick costs what is due and not how many are enrolled; `make bench` has the figures with a million."""

import re

from benchmarks.tick import decide, study
from benchmarks.tick_rows import fill, plans_of, statements_of
from pro_app.records.store import Store
from tests.integration.reminders.scene import NOON

DUE, ENROLLED = 40, 5000


def test_a_tick_reads_an_index_range_and_asks_as_often_however_many_are_enrolled(store: Store) -> None:
    plan = study()
    fill(store, 2 * DUE, DUE, NOON)
    few = len(statements_of(store, plan, NOON))
    fill(store, ENROLLED, 0, NOON, first=DUE)

    assert len(statements_of(store, plan, NOON)) == few

    lines = [
        line for line in plans_of(store, plan, NOON) if re.search(r"\bparticipant\b|ix_participant", line)
    ]
    assert any("ix_participant_surgery_on" in line for line in lines)
    assert any("ix_participant_surgery_planned_on" in line for line in lines)
    # Neither the whole table, nor the whole table in the order of its ids.
    walks = [line for line in lines if re.search(r"SCAN participant|Seq Scan on participant|rowid>", line)]
    assert walks == []

    assert decide(store, plan, NOON)[0] == DUE
