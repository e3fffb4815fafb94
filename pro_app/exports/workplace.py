"""Where the files of an export are written before they are packed: a folder of the machine that makes it.

It holds answers in the clear for as long as the export is being made. Whoever makes it holds the kernel's
lock on the folder, so that what somebody who was killed has left is known by its free lock, and removed.
"""

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pro_app.exports.aside import room

log = logging.getLogger(__name__)


@contextmanager
def workplace(data_dir: Path) -> Iterator[Path]:
    """An empty folder of one's own, gone at the end. Raises `NoSpace`."""
    parent = data_dir / "exports"
    with room(parent):
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _held(parent):  # so that nobody clears it away before its lock is taken
            folder = Path(tempfile.mkdtemp(prefix="making-", dir=parent))
            own = _opened(folder)
            fcntl.flock(own, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(own)


def clear(data_dir: Path) -> None:
    """Remove what the killed have left, and the files of releases that kept finished exports here."""
    parent = data_dir / "exports"
    try:
        if parent.is_dir():
            with _held(parent):
                for path in parent.iterdir():
                    _remove(path)
    except OSError as fault:  # a disk that won't is no reason to show no page
        log.error("what is left of exports could not be removed: %s", fault.strerror)


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    place = _opened(path)
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path)
    finally:
        os.close(place)


@contextmanager
def _held(parent: Path) -> Iterator[None]:
    place = _opened(parent)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
