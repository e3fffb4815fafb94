"""Making an export in a thread of its own, from one moment of the database; its page shows how far it is.

1. The request decides what may leave and writes the job down; a thread goes on, whoever closes the page.
2. Files are written and packed in a folder of this machine that is gone at the end; the packed file is put
   into the database chunk by chunk, each in a short transaction, resting in between.
3. It stands on the audit trail in the same moment from which it can be fetched, by any machine.
4. A second thread says every second how far it is, and hears whether it is still wanted.
"""

import errno
import hashlib
import io
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from pro_app.actions import export as exporting
from pro_app.actions import watch
from pro_app.actions.export import Exported, Wish
from pro_app.errors import ProAppError
from pro_app.exports.aside import NoSpace
from pro_app.exports.chunks import count_of, new_key, sealed
from pro_app.exports.edition import Words
from pro_app.exports.workplace import clear, workplace
from pro_app.records import export_jobs, export_rows
from pro_app.records.audit import Actor
from pro_app.records.export_jobs import ExportStopped, Job
from pro_app.records.store_faults import StoreFault
from pro_app.wiring import Service

log = logging.getLogger(__name__)
# Of a hundred: the rest of the way is packing, and then putting it into the database.
READ, PACKED = 90, 95
BEAT_S = 1.0
# After each participant and each chunk it rests so many times as long as that took, up to so many seconds: a
# patient's answer finds the interpreter free, and the queue of writers.
REST_READING, REST_WRITING = (0.5, 0.004), (2.0, 0.05)
# A database that fails over is waited for, but for no longer than a job may be silent.
PATIENCE_S = 25.0
# How long a thread that has the interpreter keeps others waiting: each answer of a patient asks for it a
# dozen times, and would wait five milliseconds each time.
_USUAL_S, _SHORT_S = sys.getswitchinterval(), 0.0005
_ALWAYS = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Order:
    """What the request knows and the thread needs."""

    wish: Wish
    words: Words
    actor: Actor
    now: datetime


def begin(house: Service, job: Job, order: Order) -> threading.Thread:
    """Start making it. Raises `ExportBusy`."""
    clear(house.settings.data_dir)
    key = new_key()
    with house.store.writing(short=True) as tx:
        export_jobs.begin(tx, job, key, order.now)
    # It dies with the process: a service that stops does not wait for an export, whose page says so.
    thread = threading.Thread(target=_Maker(house, job, key, order).run, name="export", daemon=True)
    thread.start()
    return thread


class _Maker:
    def __init__(self, house: Service, job: Job, key: bytes, order: Order) -> None:
        self._house, self._job, self._key, self._order = house, job, key, order
        self._began = self._rested = time.monotonic()
        self._over, self._unwanted = threading.Event(), threading.Event()

    def run(self) -> None:
        pulse = threading.Thread(target=self._beat_on, name="export pulse", daemon=True)
        pulse.start()
        sys.setswitchinterval(_SHORT_S)
        try:
            self._make()
        except ExportStopped:
            log.info("an export was stopped")
        except ProAppError as refusal:
            self._fail(refusal.code, {name: str(value) for name, value in refusal.params.items()})
        except Exception:
            log.exception("an export failed")
            self._fail(ProAppError.code, {})
        finally:
            sys.setswitchinterval(_USUAL_S)
            self._over.set()
            pulse.join()

    def _make(self) -> None:
        with workplace(self._house.settings.data_dir) as folder:
            done = self._files(folder / "export")
            with tempfile.TemporaryFile(dir=folder) as packed:
                _pack(folder / "export", packed, self._packed_share)
                shutil.rmtree(folder / "export")
                self._keep(packed)
        house, order = self._house, self._order
        with house.store.writing() as tx:
            if export_jobs.finish(tx, self._job, self._now()):
                exporting.on_the_trail(tx, house.study, order.wish, done, order.actor, self._now())

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

    def _keep(self, packed: io.BufferedRandom) -> None:
        """The file into the database, as sealed chunks."""
        size = packed.tell()
        self._leave_room(size if self._house.store.on_sqlite else 0)
        packed.seek(0)
        digest, count = hashlib.file_digest(packed, "sha256").hexdigest(), count_of(size)
        packed.seek(0)
        self._job = replace(self._job, size=size, sha256=digest, chunks=count)
        for number, body in enumerate(sealed(packed, self._job.id, self._key, count)):
            self._rested = time.monotonic()
            self._put(number, body)
            self._reach(PACKED + (99 - PACKED) * (number + 1) // count)
            self._rest(*REST_WRITING)

    def _put(self, number: int, body: bytes) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                with self._house.store.writing(short=True) as tx:
                    return export_jobs.put_chunk(tx, self._job.id, number, body)
            except StoreFault:
                if time.monotonic() > end:
                    raise
            time.sleep(BEAT_S)

    def _read_more(self, count: int) -> None:
        self._leave_room(0)
        done = self._job.done + count
        self._job = replace(self._job, done=done)
        self._reach(READ * done // max(self._job.people, done))
        self._rest(*REST_READING)

    def _rest(self, share: float, longest_s: float) -> None:
        time.sleep(min(share * (time.monotonic() - self._rested), longest_s))
        self._rested = time.monotonic()

    def _leave_room(self, wanted: int) -> None:
        """An export must not take the last of a disk on which answers are kept. Raises `NoSpace`."""
        folder = self._house.settings.data_dir
        if watch.free_bytes(folder) < watch.LEAST_FREE + wanted:
            raise NoSpace(folder=str(folder), words=os.strerror(errno.ENOSPC))

    def _packed_share(self, share: float) -> None:
        self._reach(READ + int((PACKED - READ) * share))

    def _reach(self, percent: int) -> None:
        """So far it is. Raises `ExportStopped`."""
        self._job = replace(self._job, percent=percent)
        if self._unwanted.is_set():
            raise ExportStopped()

    def _beat_on(self) -> None:
        while not self._over.wait(BEAT_S):
            try:
                with self._house.store.writing(short=True) as tx:
                    wanted = export_jobs.beat(tx, self._job, self._now())
            except StoreFault as fault:
                log.warning("an export could not say that it is at work: %s", fault)
                continue
            if not wanted:
                self._unwanted.set()

    def _fail(self, fault: str, params: dict[str, str]) -> None:
        try:
            with self._house.store.writing(short=True) as tx:
                export_jobs.fail(tx, self._job.id, fault, params, self._now())
        except StoreFault as away:
            # Soon it is silent, and reads as interrupted.
            log.error("the end of an export could not be written down: %s", away)

    def _now(self) -> datetime:
        """By the clock that the request saw, and the seconds since: a clock that is set changes nothing."""
        return self._order.now + timedelta(seconds=time.monotonic() - self._began)


def _pack(folder: Path, target: io.BufferedRandom, tell: Callable[[float], object]) -> None:
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
    target.seek(0, 2)
