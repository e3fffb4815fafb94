"""Questions to PostgreSQL that go over together: one way there and back for as many as can be asked at once.

An answer needs a dozen statements. One after the other each costs a way to the server and back, on which the
process sleeps, is woken, and asks the driver's cursor to convert what every other statement converts as
well; that was a third of an answer's processor time (decision 0126). Here what returns nothing waits until
somebody wants to know something, or for the commit, and everything that waits goes over in one batch of
libpq's pipeline (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html). The server still does
one after the other, in the order in which they were asked, and does nothing more of a batch after a fault.

So the fault of a statement may show at a later one, at the latest at the commit.
"""

import select
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import Error, errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection

from pro_app.records.driver import packed, tell

Row = tuple[Any, ...]
_OF_ONE_CONNECTION = "pro_app_pipeline"
_BEGIN, _COMMIT = "BEGIN", "COMMIT"


@dataclass(eq=False, slots=True)
class Question:
    """One statement, and after its batch what the server said. prepares: the name under which the server is
    to know it from now on, where that is all that is asked."""

    text: str
    values: Sequence[bytes | None] = ()
    prepares: bytes = b""
    rows: list[Row] = field(default_factory=list)
    result: Any = None

    def kinds(self) -> list[int]:
        """The types of the columns that were found (OIDs)."""
        return [self.result.ftype(place) for place in range(self.result.nfields)]


@dataclass(eq=False, slots=True)
class _Known:
    """What is kept as long as a connection lives: its statements by their names, and its conversions."""

    change: Any
    names: dict[str, bytes] = field(default_factory=dict)
    given: int = 0

    def new_name(self) -> bytes:
        self.given += 1
        return b"pro_app_%d" % self.given


class Lost(Error):
    """The server did not commit, though no statement failed that was told of."""


class Pipeline:
    """The questions of one transaction. Not for two threads at once.

    begins: whether they are one, or each sees its own moment.
    """

    def __init__(self, conn: Connection, *, begins: bool = True) -> None:
        self._conn = conn
        self._begins = begins
        self._driver: Any = conn.connection.driver_connection
        info = conn.connection.info
        known: _Known | None = info.get(_OF_ONE_CONNECTION)
        if known is None:
            known = info[_OF_ONE_CONNECTION] = _Known(Transformer(self._driver))
        self._known = known
        self._waiting: list[Question] = []
        self._heard = bool(conn.dispatch.before_cursor_execute)

    def ask(self, text: str, values: Sequence[object]) -> Question:
        """Wait with it until `flush`. text: with `$1`, `$2` for the values, which SQLAlchemy has turned."""
        if self._heard:
            tell(self._conn, text, values)
        try:
            asked = Question(text, self._known.change.dump_sequence(values, [PyFormat.TEXT] * len(values)))
        except Error as fault:
            raise packed(self._conn, text, fault) from fault
        self._waiting.append(asked)
        return asked

    def flush(self) -> None:
        """All that waits goes over, and its rows are there."""
        if self._waiting:
            self._over(commit=False)

    def commit(self) -> None:
        """The same, and the transaction's end behind it. Nothing if there was no transaction."""
        if self._waiting or self._driver.pgconn.transaction_status != TransactionStatus.IDLE:
            self._over(commit=True)

    def _over(self, *, commit: bool) -> None:
        waiting, self._waiting = self._waiting, []
        begin = self._begins and self._driver.pgconn.transaction_status == TransactionStatus.IDLE
        batch = _Batch(self._driver, self._known)
        try:
            batch.go(waiting, begin=begin, commit=commit)
        except Error as fault:
            raise packed(self._conn, batch.at, fault) from fault


class _Batch:
    """One way there and back. `at`: the statement it is about, or in which it failed."""

    def __init__(self, driver: Any, known: _Known) -> None:
        self._driver, self._pg, self._known = driver, driver.pgconn, known
        self._sent: list[Question] = []
        self._named: dict[str, bytes] = {}
        self._fault: Error | None = None
        self._clean = False
        self.at = ""

    def go(self, questions: Sequence[Question], *, begin: bool, commit: bool) -> None:
        """Raises the first fault that the server tells of, when all of the batch has been read."""
        pg = self._pg
        pg.enter_pipeline_mode()
        try:
            if begin:
                self._plainly(_BEGIN)
            for asked in questions:
                self._prepared(asked)
            if commit:
                self._plainly(_COMMIT)
            pg.pipeline_sync()
            self._read()
            self._clean = True
        finally:
            if self._clean:
                pg.exit_pipeline_mode()
            else:  # something of this batch may still come: nobody may take it for an answer to theirs
                self._driver.close()
        if self._fault is not None:
            raise self._fault

    def _plainly(self, text: str) -> None:
        self._pg.send_query_params(text.encode(), None)
        self._sent.append(Question(text))

    def _prepared(self, asked: Question) -> None:
        name = self._known.names.get(asked.text) or self._named.get(asked.text)
        if name is None:
            name = self._named[asked.text] = self._known.new_name()
            self._pg.send_prepare(name, asked.text.encode())
            self._sent.append(Question(asked.text, prepares=name))
        self._pg.send_query_prepared(name, asked.values)
        self._sent.append(asked)

    def _read(self) -> None:
        """One result for each that was sent, then the mark at the end of the batch."""
        pg, left = self._pg, iter(self._sent)
        look = select.poll()
        look.register(pg.socket, select.POLLIN)
        while pg.flush():
            look.modify(pg.socket, select.POLLIN | select.POLLOUT)
            look.poll()
            pg.consume_input()
            look.modify(pg.socket, select.POLLIN)
        while True:
            while pg.is_busy():
                look.poll()
                pg.consume_input()
            result = pg.get_result()
            if result is None:  # the end of one statement's results
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return
            self._take(next(left), result)

    def _take(self, asked: Question, result: Any) -> None:
        status = result.status
        if status == ExecStatus.TUPLES_OK:
            change = self._known.change
            change.set_pgresult(result)
            asked.rows = change.load_rows(0, result.ntuples, tuple)
            asked.result = result
        elif status == ExecStatus.COMMAND_OK:
            if asked.prepares:
                self._known.names[asked.text] = asked.prepares
            elif asked.text == _COMMIT and result.command_status != b"COMMIT":
                self._note(asked, Lost("the transaction had failed before"))
        elif status != ExecStatus.PIPELINE_ABORTED:
            self._note(asked, errors.error_from_result(result))

    def _note(self, asked: Question, fault: Error) -> None:
        if self._fault is None:
            self.at, self._fault = asked.text, fault
