"""Exports that are being made while nobody waits, and those that lie ready: a small file for each.

A process that makes one holds the kernel's lock on the job's `.lock`: another process of this machine sees
by it whether somebody is still at work, for whoever is killed lets go. A finished file is kept for an hour.
Of several machines each has its own folder (docs/for-statisticians.md says what follows).
"""

import contextlib
import fcntl
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pro_app.errors import NotFound, ProAppError

log = logging.getLogger(__name__)
KEPT = timedelta(hours=1)
_NAME = re.compile(r"[0-9a-f]{32}")
_ALONE = "one-at-a-time.lock"
_OWN_ONLY = 0o600


class ExportBusy(ProAppError):
    """One export at a time: each takes a processor for itself."""

    code = "export_busy"


class ExportInterrupted(ProAppError):
    """The process that made it has ended."""

    code = "export_interrupted"


@dataclass(frozen=True, slots=True)
class Job:
    """One export: who wants it, what is in it, how far it is.

    people: how many participants it has in all, done: how many of them are read; percent: of all the work,
    0 to 100. fault: the code of what went wrong, params fill its sentence. size: bytes of the file.
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
    fault: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept_until(self) -> datetime:
        return (self.ended or self.begun) + KEPT


def new_name() -> str:
    """A job's name: 32 hexadecimal digits that nobody guesses."""
    return secrets.token_hex(16)


class Lock:
    """A lock of the kernel on a file; raises `BlockingIOError` when somebody has it."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWN_ONLY)
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BaseException:
            os.close(self._file)
            raise

    def free(self) -> None:
        os.close(self._file)


class Jobs:
    """The jobs of one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, job: Job) -> tuple[Lock, Lock]:
        """Write the job down and hold it; whoever makes it frees both locks at the end.

        Raises `ExportBusy` when another one is being made on this machine.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            alone = Lock(self.folder / _ALONE)
        except BlockingIOError as fault:
            raise ExportBusy() from fault
        try:
            own = Lock(self._lock(job.id))
            try:
                self.put(job)
            except BaseException:
                own.free()
                raise
        except BaseException:
            alone.free()
            raise
        return alone, own

    def put(self, job: Job) -> None:
        """Write down how it stands; who reads sees the old state or the new one."""
        aside = self._path(job.id, ".new")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWN_ONLY), "w") as file:
            json.dump(asdict(job), file, default=_written)
        aside.replace(self._path(job.id, ".json"))

    def find(self, name: str) -> Job:
        """The job as it stands; one whose maker is gone has failed. Raises `NotFound`."""
        if not _NAME.fullmatch(name):
            raise NotFound()
        job = self._read(name)
        if job.state == "working" and not self._at_work(name):
            job = self._read(name)  # it may have ended between the two looks
            if job.state == "working":
                return replace(job, state="failed", fault=ExportInterrupted.code, params={})
        return job

    def of(self, owner: str) -> list[Job]:
        """This person's jobs, the newest first."""
        mine = [job for job in self._all() if job.owner == owner]
        return sorted(mine, key=lambda job: job.begun, reverse=True)

    def file(self, name: str) -> Path:
        """Where the finished file lies."""
        return self._path(name, ".zip")

    def scratch(self, name: str) -> Path:
        """The folder in which it is made."""
        return self._path(name, ".making")

    def tidy(self, now: datetime) -> None:
        """Remove what was ready for an hour, and what those who were killed have left."""
        if not self.folder.is_dir():
            return
        for job in self._all():
            if job.state != "working" and job.kept_until <= now:
                self._remove(job.id)
            elif job.state == "failed":
                self._remove(job.id, ".zip", ".making")
        old = (now - KEPT).timestamp()
        for path in self.folder.iterdir():
            known = path.with_suffix(".json").exists() or path.name == _ALONE
            with contextlib.suppress(FileNotFoundError):  # another process has tidied up
                if not known and path.stat().st_mtime < old:
                    self._remove(path.stem, path.suffix)

    def _all(self) -> list[Job]:
        found = []
        for path in self.folder.glob("*.json"):
            with contextlib.suppress(NotFound):  # another process has tidied up
                found.append(self.find(path.stem))
        return found

    def _remove(self, name: str, *endings: str) -> None:
        for ending in endings or (".zip", ".making", ".new", ".lock", ".json"):
            path = self._path(name, ending)
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _read(self, name: str) -> Job:
        try:
            told = json.loads(self._path(name, ".json").read_bytes())
        except (FileNotFoundError, ValueError) as fault:
            raise NotFound() from fault
        told |= {one: tuple(told[one]) for one in ("formats", "sites")}
        told |= {one: told[one] and datetime.fromisoformat(told[one]) for one in ("begun", "ended")}
        return Job(**told)

    def _at_work(self, name: str) -> bool:
        try:
            Lock(self._lock(name), shared=True).free()
        except BlockingIOError:
            return True
        return False

    def _lock(self, name: str) -> Path:
        return self._path(name, ".lock")

    def _path(self, name: str, ending: str) -> Path:
        return self.folder / f"{name}{ending}"


def jobs_of(data_dir: Path) -> Jobs:
    """The jobs of this machine."""
    return Jobs(data_dir / "exports")


def tidy(data_dir: Path, now: datetime) -> None:
    """Remove what has lain ready for an hour; a disk that won't is no reason to show no page."""
    try:
        jobs_of(data_dir).tidy(now)
    except OSError as fault:
        log.error("old exports could not be removed: %s", fault.strerror)


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
