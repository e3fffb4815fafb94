"""Real file systems of a test's own: an ext4 in a file, whose power can be cut, and a small one that fills.

They need root and loop devices (`mount`, `mkfs.ext4`), as CI has them. A test that can't have them fails and
says so; it never passes without having looked.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MIB = 1 << 20


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        why = done.stderr.strip() or f"exit code {done.returncode}"
        raise RuntimeError(
            f"This test makes its own file system, for which it must be root: {command}: {why}"
        )


@contextmanager
def _mounted(folder: Path, *options: str | Path) -> Iterator[Path]:
    folder.mkdir()
    _run("mount", *options, folder)
    try:
        yield folder
    finally:
        _run("umount", "--lazy", folder)
        folder.rmdir()


class Ext4:
    """A disk in a file. What the kernel has not written to it yet is not in the file: a copy of the file is
    what a disk holds after the power was cut at that moment."""

    def __init__(self, image: Path, mib: int = 48) -> None:
        self.image = image
        with image.open("wb") as file:
            os.truncate(file.fileno(), mib * _MIB)
        _run("mkfs.ext4", "-q", "-F", image)

    @contextmanager
    def mounted(self, folder: Path) -> Iterator[Path]:
        """The journal is replayed on mounting. The kernel is told not to hurry with what nobody asked for."""
        with _mounted(folder, "-o", "loop,noatime,commit=300", self.image) as place:
            yield place

    def cut(self, image: Path) -> "Ext4":
        """Another disk with what this one would hold if the power failed now."""
        _run("cp", "--sparse=always", self.image, image)
        other = Ext4.__new__(Ext4)
        other.image = image
        return other


@contextmanager
def small(folder: Path, kib: int) -> Iterator[Path]:
    """A file system that holds no more than `kib` KiB."""
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={kib}k", "none") as place:
        yield place
