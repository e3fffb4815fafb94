"""Statements that somebody waits for: put together by SQLAlchemy once, run by the driver alone.

SQLAlchemy Core takes 80 to 130 µs of processor for a statement that SQLite answers in 9 (cached compilation
and all), and an answer needs ten. A `Prepared` statement is written in Core like any other; what Core makes
of it, its text and how values are turned for the database and back, is kept, and from then on the cursor of
the transaction's own connection runs it, or on PostgreSQL its `pipeline`. So it is the same text, in the
same transaction, with the same types and the same faults. For what is asked a few times a
day plain Core is the better choice.

No list parameters (`IN` with one parameter for each value): their text changes with every call.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Generic, TypeVar
from typing import cast as cast_to

from sqlalchemy import (
    JSON,
    CompoundSelect,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    String,
    Update,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql.compiler import SQLCompiler

from pro_app.records.driver import run_on_driver
from pro_app.records.store import Transaction

Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete
Turn = Callable[[Any], Any]
Row = tuple[Any, ...]
Found = TypeVar("Found")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement in the words of one database. names: its parameters in the order in which the driver wants
    them; turns: the places of those whose values are turned, and by what; `always`: values that are part of
    the statement itself."""

    text: str
    names: tuple[str, ...]
    turns: tuple[tuple[int, Turn], ...]
    always: Mapping[str, object]
    types: tuple[Any, ...]

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        if self.always:
            values = {**self.always, **values}
        found = list(map(values.__getitem__, self.names))
        for place, turn in self.turns:
            found[place] = turn(found[place])
        return found


class Asked(Generic[Found]):
    """What was asked for. On PostgreSQL it may be under way until somebody looks: whoever asks for several
    things first and looks afterwards waits once."""

    def __init__(self, look: Callable[[], Found]) -> None:
        self._look = look

    def found(self) -> Found:
        return self._look()

    def then(self, turn: "Callable[[Found], Other]") -> "Asked[Other]":
        """The same, turned into something else when it is looked at."""
        return Asked(lambda: turn(self._look()))


class Prepared:
    """One statement of the hot path.

    statement: with named `bindparam`s; an insert names its columns in `fill` instead.
    """

    def __init__(self, statement: Statement, fill: Sequence[str] = ()) -> None:
        self._statement = statement
        self._fill = list(fill) or None
        self._texts: dict[str, _Text] = {}
        self._many: _Many | None = None
        self._back: dict[str, tuple[tuple[int, Turn], ...]] = {}

    def ask(self, tx: Transaction, values: Mapping[str, Any]) -> Asked[list[Row]]:
        """Ask for what it finds (or, of a change, what it returns) without waiting for it."""
        dialect = tx.dialect
        text = self._text(dialect)
        pipeline = tx.pipeline
        if pipeline is None:
            cursor = _run(tx.conn, text.text, text.filled(values), many=False)
            found: list[Row] = cursor.fetchall()
            if found:
                found = self._turned(found, text, lambda: [each[1] for each in cursor.description], dialect)
            cursor.close()
            return Asked(lambda: found)
        question = pipeline.ask(text.text, text.filled(values))

        def look() -> list[Row]:
            pipeline.flush()
            return self._turned(question.rows, text, question.kinds, dialect)

        return Asked(look)

    def rows(self, tx: Transaction, values: Mapping[str, Any]) -> list[Row]:
        """What it finds (or, of a change, what it returns)."""
        return self.ask(tx, values).found()

    def one_or_none(self, tx: Transaction, values: Mapping[str, Any]) -> Row | None:
        """The one row there is; more than one is a mistake in the statement."""
        found = self.rows(tx, values)
        if len(found) > 1:
            raise InvalidRequestError("one row was expected")
        return found[0] if found else None

    def run(self, tx: Transaction, values: Mapping[str, Any]) -> None:
        """For a change that returns nothing."""
        text = self._text(tx.dialect)
        if tx.pipeline:
            tx.pipeline.ask(text.text, text.filled(values))
        else:
            _run(tx.conn, text.text, text.filled(values), many=False).close()

    def run_each(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same change for every one of `rows`, in one call of the driver.

        An insert of several is one statement on PostgreSQL.
        """
        if len(rows) == 1:
            self.run(tx, rows[0])
        elif tx.pipeline and isinstance(self._statement, Insert):
            self._run_as_json(tx, rows)
        elif tx.pipeline:
            for row in rows:
                self.run(tx, row)
        else:
            text = self._text(tx.dialect)
            _run(tx.conn, text.text, [text.filled(row) for row in rows], many=True).close()

    def _run_as_json(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same insert for any number of rows, which go over as one text.

        A parameter for each value would make a statement of its own for each number of rows.
        """
        if self._many is None:
            self._many = _Many(self._statement, self._fill or ())
        many = self._many
        if any(row.keys() != many.names for row in rows):  # PostgreSQL would take what lacks for empty
            raise InvalidRequestError("each row has exactly the insert's columns")
        if turns := many.turns(tx.dialect):
            rows = [{**row, **{name: turn(row[name]) for name, turn in turns}} for row in rows]
        many.insert.run(tx, {"rows": json.dumps(rows, default=_in_json)})

    def _text(self, dialect: Dialect) -> _Text:
        # Two threads may both put it together: they make the same.
        return self._texts.get(dialect.name) or self._texts.setdefault(dialect.name, self._compiled(dialect))

    def _compiled(self, dialect: Dialect) -> _Text:
        compiled = self._statement.compile(dialect=_by_number(dialect), column_keys=self._fill)
        assert isinstance(compiled, SQLCompiler)
        names = tuple(compiled.positiontup or ())
        turns = ((place, _there(compiled.binds[name].type, dialect)) for place, name in enumerate(names))
        changed = tuple((place, turn) for place, turn in turns if turn is not None)
        always = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        asked = self._statement if isinstance(self._statement, Select | CompoundSelect) else None
        types = tuple(column.type for column in asked.selected_columns) if asked is not None else ()
        return _Text(str(compiled), names, changed, always, types)

    def _turned(
        self, rows: list[Row], text: _Text, kinds: Callable[[], Sequence[Any]], dialect: Dialect
    ) -> list[Row]:
        """As SQLAlchemy would give them. kinds: what the driver calls the columns' types; asked once."""
        if not rows:
            return rows
        back = self._back.get(dialect.name)
        if back is None:
            back = self._back[dialect.name] = _back(text, kinds(), dialect)
        return [_turned(row, back) for row in rows] if back else rows


@cache
def _by_number(dialect: Dialect) -> Dialect:
    """The dialect with parameters that are counted: SQLite's own are, libpq wants `$1`, `$2`."""
    if dialect.positional:
        return dialect
    counting: Dialect = cast_to(Any, type(dialect))(paramstyle="numeric_dollar")
    return counting


class _Many:
    """An insert of any number of rows on PostgreSQL: `rows` is a JSON array of objects."""

    def __init__(self, one: Statement, names: Sequence[str]) -> None:
        assert isinstance(one, Insert)
        self.names = frozenset(names)
        self._kinds = {name: one.table.c[name].type for name in names}
        self._turns: tuple[tuple[str, Turn], ...] | None = None
        columns = (column(name, _of_any_length(kind)) for name, kind in self._kinds.items())
        given = cast(bindparam("rows", type_=String()), JSON)
        each = func.json_to_recordset(given).table_valued(*columns)
        each = each.render_derived(name="each", with_types=True)
        self.insert = Prepared(one.from_select(list(names), select(*each.c)))

    def turns(self, dialect: Dialect) -> tuple[tuple[str, Turn], ...]:
        """The columns whose values must be turned, with what turns them."""
        if self._turns is None:
            turns = ((name, _there(kind, dialect)) for name, kind in self._kinds.items())
            self._turns = tuple((name, turn) for name, turn in turns if turn is not None)
        return self._turns


def _in_json(value: object) -> str:
    """An instant or a day, as PostgreSQL reads it; anything else JSON can't carry is a mistake."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not go into several rows at once")


def _of_any_length(kind: Any) -> Any:
    """A text that is too long for its column must be refused by it: PostgreSQL cuts what is cast."""
    return String() if isinstance(kind, String) else kind


def _there(kind: Any, dialect: Dialect) -> Turn | None:
    found: Turn | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def _back(text: _Text, kinds: Sequence[Any], dialect: Dialect) -> tuple[tuple[int, Turn], ...]:
    """Which columns of a row have to be turned, and by what. Needs the driver's word for their types."""
    turns = (
        (place, kind.dialect_impl(dialect).result_processor(dialect, kinds[place]))
        for place, kind in enumerate(text.types)
    )
    return tuple((place, turn) for place, turn in turns if turn is not None)


def _turned(row: Row, back: tuple[tuple[int, Turn], ...]) -> Row:
    values = list(row)
    for place, turn in back:
        values[place] = turn(values[place])
    return tuple(values)


def _run(conn: Connection, text: str, values: Any, *, many: bool) -> Any:
    driver: Any = conn.connection.driver_connection
    if not driver.in_transaction:
        conn.begin()  # as Core would by itself: everything of a transaction sees one moment
    return run_on_driver(conn, text, values, many=many)
