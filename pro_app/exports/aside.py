"""A folder that appears under its name only when everything in it is complete.

Files are written into a hidden folder beside the target, brought to the disk, listed with their hashes in a
manifest, and then the folder is renamed: who looks sees the whole export or none. A full disk, a kill or a
fault leaves nothing under the name; what it left aside is removed.
"""

import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from pro_app.errors import ProAppError

MANIFEST = "manifest.json"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHUNK = 1 << 20


class FolderUsed(ProAppError):
    """The target has something in it."""

    code = "export_folder_used"


class NoSpace(ProAppError):
    """The disk is full, or a quota or size limit was reached."""

    code = "export_no_space"


class Aside:
    """The hidden folder while it is being filled. `rows`: how many rows each file has, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self._open: list[BinaryIO | TextIO] = []

    def binary(self, name: str) -> BinaryIO:
        """A file to write; it may be read back and patched."""
        file = (self.folder / name).open("w+b", buffering=_CHUNK)
        self._open.append(file)
        return file

    def text(self, name: str, *, mark: bool = False) -> TextIO:
        """A UTF-8 file with newlines as they are written; `mark`: begins with the mark that Excel needs."""
        encoding = "utf-8-sig" if mark else "utf-8"
        file = io.TextIOWrapper(self.binary(name), encoding=encoding, newline="", write_through=False)
        self._open.append(file)
        return file

    def scratch(self) -> BinaryIO:
        """A file without a name, on the same disk, for what is put into another file at the end."""
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=self.folder, buffering=_CHUNK))  # noqa: SIM115
        self._open.append(file)
        return file

    def settle(self, about: Mapping[str, object]) -> None:
        """Close all files, bring them to the disk and write the manifest, last."""
        for file in reversed(self._open):
            file.close()
        self._open.clear()
        files = [self._listed(path) for path in sorted(self.folder.iterdir())]
        text = json.dumps({**about, "files": files}, ensure_ascii=False, indent=1)
        (self.folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
        _to_disk(self.folder / MANIFEST)

    def give_up(self) -> None:
        """Close what is open, whatever it says: it is going to be removed."""
        for file in reversed(self._open):
            try:
                file.close()
            except (OSError, ValueError):
                continue

    def _listed(self, path: Path) -> dict[str, object]:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            os.fsync(file.fileno())
        line: dict[str, object] = {
            "name": path.name,
            "bytes": path.stat().st_size,
            "sha256": digest.hexdigest(),
        }
        if path.name in self.rows:
            line["rows"] = self.rows[path.name]
        return line


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """What is written into `folder` meets a full disk as `NoSpace`."""
    try:
        yield
    except OSError as fault:
        if fault.errno in _NO_ROOM:
            raise NoSpace(folder=str(folder), words=fault.strerror or "") from fault
        raise


@contextmanager
def aside(target: Path) -> Iterator[Aside]:
    """Fill a folder; it is called `target` when the block has ended well and `settle` was called.

    Raises `FolderUsed` before anything is written, `NoSpace` when the disk is full.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FolderUsed(folder=str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    filling = Aside(folder)
    try:
        with room(target.parent):
            yield filling
            folder.rename(target)
            _to_disk(target.parent)
    except OSError as fault:
        if fault.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise FolderUsed(folder=str(target)) from fault
        raise
    finally:
        filling.give_up()
        shutil.rmtree(folder, ignore_errors=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
