"""A study with as many participants as wanted, of whom only some have anything to do today."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, event, insert, text

from pro_app.actions import remind
from pro_app.records import participants
from pro_app.records.participants import Identity
from pro_app.records.schema import delivery, participant, response
from pro_app.records.store import Store, Transaction
from pro_app.schedule.elements import Study

# Long ago, so that no visit of theirs is open: operated 400 to 2,400 days before.
_SERIES = {
    False: "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :last) "
    "SELECT printf('%09d', i) AS name, "
    "date('{today}', '-' || (2400 - i / 500 % 2000) || ' days') AS operated FROM n",
    True: "SELECT lpad(i::text, 9, '0') AS name, DATE '{today}' - (2400 - i / 500 % 2000)::int AS operated "
    "FROM generate_series(:first, :last - 1) AS i",
}
_OTHERS = """
INSERT INTO participant (uuid, study_number, site, language, handle, link_epoch, code_epoch, code_hash,
  identity_sealed, status, status_since, enrolled_on, surgery_state, surgery_planned_on, surgery_done_on,
  surgery_on, row_version, created_at)
SELECT name, 'O-' || name, 'CZ', 'zh-Hans', name, 0, 0, name, 'k1.{sealed}', 'active', :now,
  operated, 'done', operated, operated, operated, 1, :now
FROM ({series}) AS rows
"""
# Each of them has been written to once.
_OTHERS_PAST = """
INSERT INTO delivery (participant_id, timepoint, opens_on, step, channel, audience, state, reference,
  decided_at, next_at, attempts, provider, sent_at, resolved_at)
SELECT id, '12m', surgery_on, 'opens', 'sms', 'patient', 'delivered', uuid, :now, :now, 1, 'inbox', :now, :now
FROM participant WHERE study_number LIKE 'O-%' AND id > :known
"""


def fill(store: Store, enrolled: int, due: int, now: datetime, first: int = 0) -> None:
    """Add participants `first` up to `enrolled`, the last `due` of them due and with a past."""
    with store.writing() as tx:
        if tx.on_postgres:  # what is made here needs no check of its foreign keys
            tx.conn.execute(text("SET LOCAL session_replication_role = replica"))
        series = _SERIES[tx.on_postgres].format(today=now.date().isoformat())
        statement = _OTHERS.format(series=series, sealed="A" * 220)
        moment = (
            now if tx.on_postgres else now.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        )
        known = tx.conn.execute(text("SELECT coalesce(max(id), 0) FROM participant")).scalar_one()
        tx.conn.execute(text(statement), {"first": first, "last": enrolled - due, "now": moment})
        tx.conn.execute(text(_OTHERS_PAST), {"known": known, "now": moment})
        _due(tx, due, now)
    _tidy(store)


def _due(tx: Transaction, count: int, now: datetime) -> None:
    """Half of them before surgery, half three months after it with three finished visits behind them."""
    rows = [_person(tx, number, now) for number in range(count)]
    if not rows:
        return
    tx.conn.execute(insert(participant), rows)
    found = tx.conn.execute(text("SELECT study_number, id FROM participant WHERE study_number LIKE 'D-%'"))
    ids = {row.study_number: row.id for row in found}
    operated = [ids[row["study_number"]] for row in rows if row["surgery_state"] == "done"]
    past = [_answered(one, visit, form, now) for one in operated for visit, form in _FORMS]
    tx.conn.execute(insert(response), past)
    tx.conn.execute(insert(delivery), [_sent(one, visit, now) for one in operated for visit in _VISITS])


_VISITS = ("baseline", "2w", "1m")
_FORMS = tuple((visit, form) for visit in _VISITS for form in ("bpi-sf", "qlq-c30"))


def _person(tx: Transaction, number: int, now: datetime) -> dict[str, object]:
    own, done = str(uuid.uuid4()), number % 2
    # The visit before surgery opened yesterday; the one after three months did so today or yesterday.
    surgery = now.date() - timedelta(days=77 + number % 4 // 2) if done else now.date() + timedelta(days=7)
    identity = Identity("王建国", f"+86138{number:08d}", f"wang{number}@example.org")
    return {
        "uuid": own,
        "study_number": f"D-{number}",
        "site": "CZ",
        "language": "zh-Hans",
        "handle": f"d{number}",
        "link_epoch": 0,
        "code_epoch": 0,
        "code_hash": f"d{number}",
        "identity_sealed": participants.seal_identity(tx, own, identity),
        "status": "active",
        "status_since": now,
        "enrolled_on": surgery - timedelta(days=9),
        "surgery_state": "done" if done else "planned",
        "surgery_planned_on": surgery,
        "surgery_done_on": surgery if done else None,
        "surgery_on": surgery,
        "row_version": 1,
        "created_at": now,
    }


def _answered(participant_id: int, timepoint: str, instrument: str, now: datetime) -> dict[str, object]:
    at = now - timedelta(days=45)
    return {
        "uuid": str(uuid.uuid4()),
        "participant_id": participant_id,
        "timepoint": timepoint,
        "instrument": instrument,
        "version": "1",
        "language": "zh-Hans",
        "pack": "p",
        "mode": "own_phone",
        "standing": "current",
        "revision": 1,
        "started_at": at,
        "finished_at": at,
        "received_at": at,
        "answers": "{}",
        "content_hash": "0" * 64,
    }


def _sent(participant_id: int, timepoint: str, now: datetime) -> dict[str, object]:
    at = now - timedelta(days=45)
    return {
        "participant_id": participant_id,
        "timepoint": timepoint,
        "opens_on": at.date(),
        "step": "opens",
        "channel": "sms",
        "audience": "patient",
        "state": "delivered",
        "reference": str(uuid.uuid4()),
        "decided_at": at,
        "next_at": at,
        "attempts": 1,
        "provider": "inbox",
        "sent_at": at,
        "resolved_at": at,
    }


def _tidy(store: Store) -> None:
    """What the databases do by themselves in time: statistics, and the log written back."""
    if store.on_sqlite:
        with store.writing() as tx:
            tx.conn.execute(text("ANALYZE"))
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))


def forget_decided(store: Store, now: datetime) -> None:
    """As if no tick had decided anything yet."""
    with store.writing() as tx:
        tx.conn.execute(delete(delivery).where(delivery.c.opens_on > now.date() - timedelta(days=14)))


def statements_of(store: Store, plan: Study, now: datetime) -> list[tuple[str, Any]]:
    """Every SELECT of one tick that finds nothing new, with its parameters, in order."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        place: remind.Place | None = remind.START
        while place is not None:
            with store.reading() as tx:
                place = remind.survey(tx, plan, now, place).next
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    return seen


def plans_of(store: Store, plan: Study, now: datetime) -> list[str]:
    """How the database goes about each kind of statement of a tick, a line for each step of its plan."""
    word = "EXPLAIN QUERY PLAN" if store.on_sqlite else "EXPLAIN"
    kinds: dict[str, Any] = {}
    for statement, parameters in statements_of(store, plan, now):
        kinds.setdefault(statement.partition("IN (")[0], (statement, parameters))
    lines = []
    with store.reading() as tx:
        for statement, parameters in kinds.values():
            rows = tx.conn.exec_driver_sql(f"{word} {statement}", parameters)
            lines += [str(row[-1])[:120] for row in rows]
    return lines
