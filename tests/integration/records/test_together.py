"""Short changes that wait for one another become durable in one commit, each for itself."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import event, text

from pro_app.errors import NotFound, ProAppError
from pro_app.records import together
from pro_app.records.store import Store, Transaction
from pro_app.records.store_faults import StoreFault


@pytest.fixture
def database_kind() -> str:
    """PostgreSQL puts commits together by itself."""
    return "sqlite"


@pytest.fixture
def commits(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(together, "LONGEST_S", 60.0)  # on a busy machine too
    with store.writing() as tx:
        tx.conn.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        tx.conn.execute(text("CREATE TABLE note (word TEXT, parent INTEGER REFERENCES parent (id))"))
    seen: list[int] = []
    event.listen(store.engine, "commit", lambda conn: seen.append(1))
    return seen


def words(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.conn.execute(text("SELECT word FROM note ORDER BY rowid")).scalars())


def note(tx: Transaction, word: str) -> None:
    tx.conn.execute(text("INSERT INTO note (word) VALUES (:word)"), {"word": word})


class Writer(threading.Thread):
    """Writes its word, and stays inside its change until it may go."""

    def __init__(self, store: Store, word: str, *, short: bool = True) -> None:
        super().__init__(daemon=True)
        self.store, self.word, self.short = store, word, short
        self.inside, self.may_go = threading.Event(), threading.Event()
        self.heard: str | None = None
        self.change: Callable[[Transaction], None] = lambda tx: note(tx, word)

    def run(self) -> None:
        try:
            with self.store.writing(short=self.short) as tx:
                self.change(tx)
                self.inside.set()
                self.may_go.wait(10)
            self.heard = "kept"
        except (ProAppError, Exception) as fault:
            self.heard = type(fault).__name__
        finally:
            self.inside.set()


def queued(store: Store, *writers: Writer) -> None:
    """The first is inside, the others stand behind it in this order."""
    for number, writer in enumerate(writers):
        writer.start()
        if number == 0:
            assert writer.inside.wait(10)
        else:
            while len(store._writers._waiting) < number:  # type: ignore[union-attr]
                time.sleep(0.001)


def go(*writers: Writer) -> None:
    for writer in writers:
        assert writer.inside.wait(10)
        writer.may_go.set()
    for writer in writers:
        writer.join(10)


def test_those_who_wait_share_one_commit(store: Store, commits: list[int]) -> None:
    writers = [Writer(store, word) for word in "abc"]
    queued(store, *writers)
    go(*writers)
    assert [writer.heard for writer in writers] == ["kept"] * 3
    assert words(store) == ["a", "b", "c"] and len(commits) == 1


def test_nobody_is_answered_before_the_common_commit(store: Store, commits: list[int]) -> None:
    first, second = Writer(store, "a"), Writer(store, "b")
    queued(store, first, second)
    first.may_go.set()
    assert second.inside.wait(10)
    first.join(0.05)
    assert (first.heard, words(store), commits) == (None, [], [])
    go(second)
    first.join(10)
    assert [first.heard, second.heard] == ["kept", "kept"] and words(store) == ["a", "b"]


def test_what_fails_is_undone_alone(store: Store, commits: list[int]) -> None:
    def fails(tx: Transaction) -> None:
        note(tx, "never")
        raise NotFound()

    for place in range(3):
        writers = [Writer(store, f"{place}{word}") for word in "abc"]
        queued(store, writers[0])
        writers[place].change = fails if place else writers[place].change
        for number, writer in enumerate(writers[1:], 1):
            writer.start()
            while len(store._writers._waiting) < number:  # type: ignore[union-attr]
                time.sleep(0.001)
        go(*writers)
        wanted = ["NotFound" if place and number == place else "kept" for number in range(3)]
        assert [writer.heard for writer in writers] == wanted
    assert words(store) == ["0a", "0b", "0c", "1a", "1c", "2a", "2b"] and len(commits) == 3


@pytest.mark.parametrize("short", [True, False])
def test_a_commit_that_fails_is_everybodys_who_shares_it(
    store: Store, commits: list[int], short: bool
) -> None:
    def orphan(tx: Transaction) -> None:
        tx.conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        tx.conn.execute(text("INSERT INTO note (word, parent) VALUES ('orphan', 7)"))

    writers = [Writer(store, word, short=short) for word in "abc"]
    writers[1].change = orphan
    queued(store, *writers)
    go(*writers)
    heard = [writer.heard for writer in writers]
    assert heard == (["IntegrityError"] * 3 if short else ["kept", "IntegrityError", "kept"])
    assert words(store) == ([] if short else ["a", "c"])
    after = Writer(store, "d")
    queued(store, after)
    go(after)
    assert after.heard == "kept" and words(store)[-1] == "d"


def test_when_the_database_undoes_everything_nobody_is_told_otherwise(
    store: Store, commits: list[int]
) -> None:
    def undone(tx: Transaction) -> None:  # as SQLite does by itself when the disk is full
        tx.conn.connection.driver_connection.execute("ROLLBACK")  # type: ignore[union-attr]
        raise NotFound()

    first, second = Writer(store, "a"), Writer(store, "b")
    second.change = undone
    queued(store, first, second)
    go(first, second)
    assert first.heard == "Away" and issubclass(StoreFault, ProAppError)
    assert second.heard == "NotFound" and words(store) == []


def test_a_long_change_is_not_waited_for(store: Store, commits: list[int]) -> None:
    first, long = Writer(store, "a"), Writer(store, "b", short=False)
    queued(store, first, long)
    first.may_go.set()
    first.join(10)
    assert first.heard == "kept" and words(store) == ["a"]
    go(long)
    assert words(store) == ["a", "b"] and len(commits) == 2
