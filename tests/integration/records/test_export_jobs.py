"""Jobs of exports as rows: one at a time on however many machines, seen, stopped and given up by each."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from pro_app.errors import NotFound
from pro_app.exports.sweeping import sweep
from pro_app.records import export_jobs
from pro_app.records.export_jobs import KEPT, REMOVED_AT_ONCE, SILENT, ExportBusy, Job, new_name
from pro_app.records.schema_exports import export_chunk, export_job
from pro_app.records.store import Store

KEY = bytes(range(32))
LONG = SILENT + timedelta(seconds=1)


@pytest.fixture
def other_machine(store: Store) -> Iterator[Store]:
    other = Store(store.url.render_as_string(hide_password=False), store.keys)
    yield other
    other.close()


def job(now: datetime, **other: object) -> Job:
    given = {"id": new_name(), "owner": "hua", "begun": now, "name": "a.zip", "formats": ("sav",)}
    return Job(**{**given, "sites": ("CZ",), "arms": True, **other})  # type: ignore[arg-type]


def begin(store: Store, now: datetime, **other: object) -> Job:
    begun = job(now, **other)
    with store.writing(short=True) as tx:
        export_jobs.begin(tx, begun, KEY, now)
    return begun


def finish(store: Store, begun: Job, now: datetime, chunks: int = 1) -> None:
    with store.writing() as tx:
        for number in range(chunks):
            export_jobs.put_chunk(tx, begun.id, number, b"sealed")
        assert export_jobs.finish(tx, begun, now)


def find(store: Store, name: str, now: datetime) -> Job:
    with store.reading(short=True) as tx:
        return export_jobs.find(tx, name, now)


def held(store: Store) -> tuple[int, int]:
    """How many jobs and how many chunks the database holds."""
    with store.reading() as tx:
        counts = [tx.conn.scalar(select(func.count()).select_from(one)) for one in (export_job, export_chunk)]
    return counts[0] or 0, counts[1] or 0


def test_a_job_is_read_as_it_was_written(store: Store, now: datetime) -> None:
    begun = begin(store, now)
    assert find(store, begun.id, now) == begun
    with store.writing() as tx:
        fault = {"folder": "x"}
        assert export_jobs.fail(tx, begun.id, "export_no_space", fault, now)
        assert not export_jobs.fail(tx, begun.id, "export_stopped", {}, now)
    found = find(store, begun.id, now)
    assert (found.state, found.fault, found.params, found.ended) == ("failed", "export_no_space", fault, now)
    with store.reading() as tx:
        assert export_jobs.of(tx, "hua", now) == [found]
        assert export_jobs.of(tx, "chen", now) == []
        assert export_jobs.key_of(tx, begun.id) is None
    for name in ("", "..", "0" * 32, begun.id + "\n", begun.id.upper() + "x"):
        with pytest.raises(NotFound):
            find(store, name, now)


def test_one_is_made_at_a_time_on_however_many_machines(
    store: Store, other_machine: Store, now: datetime
) -> None:
    first = begin(store, now)
    with pytest.raises(ExportBusy):
        begin(other_machine, now)
    with other_machine.reading() as tx:
        assert export_jobs.being_made(tx, now) == first
    finish(store, first, now)
    begin(other_machine, now)


def test_a_maker_that_falls_silent_has_failed_for_everybody_and_the_next_may_begin(
    store: Store, other_machine: Store, now: datetime
) -> None:
    first = begin(store, now)
    with store.writing(short=True) as tx:
        export_jobs.put_chunk(tx, first.id, 0, b"half of it")
        assert export_jobs.beat(tx, first, now + LONG)
    later = now + LONG + LONG
    sweep(other_machine, now + LONG)
    assert find(other_machine, first.id, now + LONG).state == "working"
    assert find(other_machine, first.id, later).fault == "export_interrupted"
    with other_machine.reading() as tx:
        assert export_jobs.being_made(tx, later) is None
    second = begin(other_machine, later)
    # The first was only slow: what it does from now on counts no more.
    with store.writing(short=True) as tx:
        assert not export_jobs.beat(tx, first, later)
        assert not export_jobs.finish(tx, first, later)
    assert find(store, first.id, later).fault == "export_interrupted"
    sweep(store, later)
    assert held(store) == (2, 0), "what was written of the first is gone, its page still says why"
    assert find(store, second.id, later).state == "working"


def test_the_chunks_go_after_an_hour_a_few_at_a_time(store: Store, now: datetime) -> None:
    begun = begin(store, now)
    chunks = REMOVED_AT_ONCE + 3
    finish(store, begun, now, chunks)
    young = begin(store, now + KEPT / 2)
    finish(store, young, now + KEPT / 2)
    sweep(store, now + KEPT - timedelta(seconds=1))
    assert held(store) == (2, chunks + 1)
    with pytest.raises(NotFound):
        find(store, begun.id, now + KEPT)
    sweep(store, now + KEPT, 1)
    assert held(store) == (2, 3 + 1)
    sweep(store, now + KEPT)
    assert held(store) == (1, 1)
    assert find(store, young.id, now + KEPT).state == "done"


def test_a_chunk_whose_commit_got_no_answer_is_written_again(store: Store, now: datetime) -> None:
    begun = begin(store, now)
    for _ in range(2):
        with store.writing(short=True) as tx:
            export_jobs.put_chunk(tx, begun.id, 0, b"sealed\x00")
    with store.reading(short=True) as tx:
        assert export_jobs.chunk(tx, begun.id, 0) == b"sealed\x00"
        assert export_jobs.chunk(tx, begun.id, 1) is None
        assert export_jobs.key_of(tx, begun.id) == KEY
