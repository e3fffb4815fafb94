"""Making an export in a thread of its own, from one moment of the database; its page shows how far it is.

1. The request decides what may leave and writes the job down; a thread goes on, whoever closes the page.
2. Files are written aside, packed, put on the audit trail, and only then renamed to what may be fetched.
3. Whatever goes wrong is the job's state, for the page to say; nothing half-made has the file's name.
"""

import contextlib
import logging
import shutil
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from pro_app.actions import export as exporting
from pro_app.actions.export import Exported, Wish
from pro_app.errors import ProAppError
from pro_app.exports.aside import room
from pro_app.exports.edition import Words
from pro_app.exports.jobs import Job, Jobs, Lock, jobs_of
from pro_app.records import export_rows
from pro_app.records.audit import Actor
from pro_app.wiring import Service

log = logging.getLogger(__name__)
# The rest of the way to a hundred is packing.
READ = 90
_TOLD_EVERY_S = 0.5
_ALWAYS = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Order:
    """What the request knows and the thread needs."""

    wish: Wish
    words: Words
    actor: Actor
    now: datetime


def begin(house: Service, job: Job, order: Order) -> threading.Thread:
    """Start making it. Raises `ExportBusy` and `NoSpace`."""
    jobs = jobs_of(house.settings.data_dir)
    with room(jobs.folder):
        locks = jobs.begin(job)
    maker = _Maker(house, jobs, job, order, locks)
    # It dies with the process: a service that stops does not wait for an export, whose page says so.
    thread = threading.Thread(target=maker.run, name="export", daemon=True)
    thread.start()
    return thread


class _Maker:
    def __init__(self, house: Service, jobs: Jobs, job: Job, order: Order, locks: tuple[Lock, Lock]) -> None:
        self._house, self._jobs, self._job, self._order, self._locks = house, jobs, job, order, locks
        self._began = self._told = time.monotonic()

    def run(self) -> None:
        try:
            self._end(self._made())
        finally:
            for lock in self._locks:
                lock.free()

    def _made(self) -> Job:
        """The job as it ended, well or not."""
        scratch = self._jobs.scratch(self._job.id)
        try:
            with room(self._jobs.folder):
                return self._make(scratch)
        except ProAppError as refusal:
            told = {name: str(value) for name, value in refusal.params.items()}
            return replace(self._job, state="failed", fault=refusal.code, params=told)
        except Exception:
            log.exception("an export failed")
            return replace(self._job, state="failed", fault=ProAppError.code)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _make(self, scratch: Path) -> Job:
        house, order = self._house, self._order
        scratch.mkdir(mode=0o700)
        folder, packed = scratch / "export", scratch / "packed"
        done = self._files(folder)
        _pack(folder, packed, self._packed_share)
        with house.store.writing() as tx:
            exporting.on_the_trail(tx, house.study, order.wish, done, order.actor, order.now)
        size = packed.stat().st_size
        packed.replace(self._jobs.file(self._job.id))
        return replace(self._job, state="done", percent=100, size=size)

    def _files(self, folder: Path) -> Exported:
        house, order = self._house, self._order
        with house.store.reading() as tx:
            export_rows.freeze(tx)
            self._job = replace(self._job, people=export_rows.count_people(tx, order.wish.sites))
            release = version("pro-follow-up")
            edition = exporting.edition_of(
                tx, house.study, house.catalogue, order.words, order.wish, release, order.now
            )
            return exporting.export(
                tx, edition, order.wish, folder, resources=house.fhir_resources, tell=self._read_more
            )

    def _read_more(self, count: int) -> None:
        done = self._job.done + count
        self._tell(replace(self._job, done=done, percent=READ * done // max(self._job.people, done)))

    def _packed_share(self, share: float) -> None:
        self._tell(replace(self._job, percent=READ + int((99 - READ) * share)))

    def _tell(self, job: Job) -> None:
        self._job = job
        if time.monotonic() - self._told >= _TOLD_EVERY_S:
            self._jobs.put(job)
            self._told = time.monotonic()

    def _end(self, job: Job) -> None:
        took = timedelta(seconds=time.monotonic() - self._began)
        try:
            self._jobs.put(replace(job, ended=job.begun + took))
        except OSError as fault:
            # Not even that has room: without its lock the job reads as interrupted.
            log.error("the end of an export could not be written down: %s", fault.strerror)
            with contextlib.suppress(OSError):
                self._jobs.file(job.id).unlink()


def _pack(folder: Path, target: Path, tell: Callable[[float], object]) -> None:
    """All files of the folder in one ZIP, the same bytes for the same files."""
    paths = sorted(folder.iterdir())
    total = sum(path.stat().st_size for path in paths) or 1
    done = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as box:
        for path in paths:
            entry = zipfile.ZipInfo(f"{folder.name}/{path.name}", _ALWAYS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, box.open(entry, "w", force_zip64=True) as part:
                while chunk := source.read(1 << 20):
                    part.write(chunk)
                    done += len(chunk)
                    tell(done / total)
