"""Exports that are being made and those that are ready, as rows: any machine can tell and hand them out.

Whoever makes one says every second that it is at work. A job that has been silent for `SILENT` has lost its
process, whatever its state says. Each change of a job holds only while it is being made, so that a maker
whose job was stopped, or given up for dead, learns so by its next word. `now` is the process's own: clocks
of machines that differ by more than `SILENT` would give a living job up (`doctor` names such a clock).
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, delete, exists, or_, select, update

from pro_app.errors import NotFound, ProAppError
from pro_app.records.schema_exports import export_chunk, export_job
from pro_app.records.store import Transaction
from pro_app.records.upsert import upsert

KEPT = timedelta(hours=1)
SILENT = timedelta(seconds=30)
# Chunks that one short transaction takes away: 4 MiB.
REMOVED_AT_ONCE = 16
_INTERRUPTED = "export_interrupted"


class ExportBusy(ProAppError):
    """One export at a time: each takes a processor for itself."""

    code = "export_busy"


class ExportInterrupted(ProAppError):
    """The process that made it has ended."""

    code = _INTERRUPTED


class ExportStopped(ProAppError):
    """Who asked for it has stopped it."""

    code = "export_stopped"


@dataclass(frozen=True, slots=True)
class Job:
    """One export: who wants it, what is in it, how far it is.

    people: how many participants it has in all, done: how many of them are read; percent: of all the work,
    0 to 100. fault: the code of what went wrong, params fill its sentence. size: bytes of the file, sha256:
    its hash in hex, chunks: in how many it lies.
    """

    id: str
    owner: str
    begun: datetime
    name: str
    formats: tuple[str, ...]
    sites: tuple[str, ...]
    arms: bool
    state: Literal["working", "done", "failed"] = "working"
    people: int = 0
    done: int = 0
    percent: int = 0
    ended: datetime | None = None
    size: int = 0
    sha256: str = ""
    chunks: int = 0
    fault: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept_until(self) -> datetime:
        return (self.ended or self.begun) + KEPT


def new_name() -> str:
    """A job's name: 32 hexadecimal digits that nobody guesses."""
    return secrets.token_hex(16)


def begin(tx: Transaction, job: Job, key: bytes, now: datetime) -> None:
    """Write the job down, with the key of its chunks. Raises `ExportBusy` while another one is being made."""
    give_up_the_silent(tx, now)
    row = {
        "id": job.id,
        "owner": job.owner,
        "wish": json.dumps({"formats": job.formats, "sites": job.sites, "arms": job.arms}),
        "name": job.name,
        "state": "working",
        "begun_at": job.begun,
        "beat_at": now,
        "people": job.people,
        "done": job.done,
        "percent": job.percent,
        "key_sealed": tx.keys.seal(base64.b64encode(key).decode(), _place(job.id)),
    }
    # Two machines may have found nobody at work: the index lets one of them in.
    begun = upsert(tx, export_job).values(row).on_conflict_do_nothing().returning(export_job.c.id)
    if tx.conn.execute(begun).first() is None:
        raise ExportBusy()


def beat(tx: Transaction, job: Job, now: datetime) -> bool:
    """Say how far it is, and that somebody is at work; False when it is no longer being made."""
    return _change(tx, job.id, people=job.people, done=job.done, percent=job.percent, beat_at=now)


def put_chunk(tx: Transaction, job: str, number: int, body: bytes) -> None:
    """One that is there already is the same one, from a commit whose answer got lost."""
    row = upsert(tx, export_chunk).values(job_id=job, number=number, body=body)
    tx.conn.execute(row.on_conflict_do_nothing())


def finish(tx: Transaction, job: Job, now: datetime) -> bool:
    """From now on it can be fetched; False when it was stopped or given up meanwhile."""
    told = {"size": job.size, "sha256": job.sha256, "chunks": job.chunks}
    return _change(
        tx, job.id, state="done", people=job.people, done=job.done, percent=100, ended_at=now, **told
    )


def fail(tx: Transaction, job: str, fault: str, params: Mapping[str, str], now: datetime) -> bool:
    """It won't be made, and nothing that was written of it can be opened; False when it had ended before."""
    return _change(
        tx,
        job,
        state="failed",
        fault=fault,
        fault_params=json.dumps(dict(params)),
        ended_at=now,
        key_sealed=None,
    )


def give_up_the_silent(tx: Transaction, now: datetime) -> None:
    """A job whose maker is gone makes room for the next one."""
    gone = export_job.c.state == "working", export_job.c.beat_at < now - SILENT
    told = {"state": "failed", "fault": _INTERRUPTED, "ended_at": now, "key_sealed": None}
    tx.conn.execute(update(export_job).where(*gone).values(told))


def find(tx: Transaction, name: str, now: datetime) -> Job:
    """The job as it stands; one whose maker is silent has failed. Raises `NotFound`, also after its hour."""
    row = tx.conn.execute(select(export_job).where(export_job.c.id == name)).one_or_none()
    job = row and _job(row, now)
    if not job or _past(job, now):
        raise NotFound()
    return job


def of(tx: Transaction, owner: str, now: datetime) -> list[Job]:
    """This person's jobs, the newest first."""
    query = select(export_job).where(export_job.c.owner == owner).order_by(export_job.c.begun_at.desc())
    jobs = [_job(row, now) for row in tx.conn.execute(query)]
    return [job for job in jobs if not _past(job, now)]


def being_made(tx: Transaction, now: datetime) -> Job | None:
    """The one that is being made, whoever asked for it."""
    row = tx.conn.execute(select(export_job).where(export_job.c.state == "working")).one_or_none()
    job = row and _job(row, now)
    return job if job and job.state == "working" else None


def key_of(tx: Transaction, job: str) -> bytes | None:
    """The key of a job's chunks. Raises `SealBroken`."""
    query = select(export_job.c.key_sealed).where(export_job.c.id == job)
    sealed = tx.conn.execute(query).scalar_one_or_none()
    return base64.b64decode(tx.keys.unseal(sealed, _place(job))) if sealed else None


def chunk(tx: Transaction, job: str, number: int) -> bytes | None:
    query = select(export_chunk.c.body).where(export_chunk.c.job_id == job, export_chunk.c.number == number)
    found = tx.conn.execute(query).scalar_one_or_none()
    return None if found is None else bytes(found)


def left_over(tx: Transaction, now: datetime) -> list[str]:
    """The jobs of which something is to be removed: those past their hour, chunks of those that failed."""
    of_it = select(export_chunk.c.number).where(export_chunk.c.job_id == export_job.c.id)
    ended = export_job.c.state != "working", export_job.c.ended_at <= now - KEPT
    silent = export_job.c.state == "working", export_job.c.beat_at < now - SILENT
    failed = export_job.c.state == "failed", exists(of_it)
    wanted = or_(ended[0] & ended[1], silent[0] & silent[1], failed[0] & failed[1])
    return list(tx.conn.execute(select(export_job.c.id).where(wanted)).scalars())


def remove_some(tx: Transaction, job: str, now: datetime) -> None:
    """Take away a few chunks of a job that is `left_over`, and the job itself when none is left and its hour
    is over: short, for patients' answers stand in the same queue of writers."""
    give_up_the_silent(tx, now)
    few = select(export_chunk.c.number).where(export_chunk.c.job_id == job).limit(REMOVED_AT_ONCE)
    this = export_chunk.c.job_id == job, export_chunk.c.number.in_(few)
    if tx.conn.execute(delete(export_chunk).where(*this)).rowcount < REMOVED_AT_ONCE:
        past = export_job.c.id == job, export_job.c.ended_at <= now - KEPT
        tx.conn.execute(delete(export_job).where(*past, export_job.c.state != "working"))


def _change(tx: Transaction, job: str, **values: Any) -> bool:
    at_work = export_job.c.id == job, export_job.c.state == "working"
    return tx.conn.execute(update(export_job).where(*at_work).values(values)).rowcount == 1


def _past(job: Job, now: datetime) -> bool:
    return job.state != "working" and job.kept_until <= now


def _job(row: Row[Any], now: datetime) -> Job:
    wish = json.loads(row.wish)
    job = Job(
        id=row.id,
        owner=row.owner,
        begun=row.begun_at,
        name=row.name,
        formats=tuple(wish["formats"]),
        sites=tuple(wish["sites"]),
        arms=wish["arms"],
        state=row.state,
        people=row.people,
        done=row.done,
        percent=row.percent,
        ended=row.ended_at,
        size=row.size or 0,
        sha256=row.sha256 or "",
        chunks=row.chunks or 0,
        fault=row.fault or "",
        params=json.loads(row.fault_params or "{}"),
    )
    if job.state == "working" and row.beat_at < now - SILENT:
        return replace(job, state="failed", fault=_INTERRUPTED, ended=row.beat_at)
    return job


def _place(job: str) -> str:
    return f"export_job/{job}/key"
