"""A folder appears whole or not at all."""

import errno
from pathlib import Path

import pytest

from pro_app.exports.aside import FolderUsed, NoSpace, aside


def test_the_folder_is_there_only_when_everything_is_written(tmp_path: Path) -> None:
    with aside(tmp_path / "out") as filling:
        filling.text("a.csv", mark=True).write("x\r\n")
        assert not (tmp_path / "out").exists()
        filling.settle({"study": "S"})
        assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "manifest.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("fault", [ValueError("x"), OSError(errno.EIO, "broken"), KeyboardInterrupt()])
def test_a_fault_leaves_nothing(tmp_path: Path, fault: BaseException) -> None:
    with pytest.raises(type(fault)), aside(tmp_path / "out") as filling:
        filling.text("a.csv").write("half")
        raise fault
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_as_such(tmp_path: Path, code: int) -> None:
    with pytest.raises(NoSpace), aside(tmp_path / "out") as filling:
        filling.binary("a")
        raise OSError(code, "no room")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("keep")
    with pytest.raises(FolderUsed), aside(tmp_path):
        raise AssertionError("never comes here")
    with pytest.raises(FolderUsed), aside(tmp_path / "old"):
        raise AssertionError("never comes here")
    assert (tmp_path / "old").read_text() == "keep"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with aside(tmp_path / "out") as filling:
        filling.text("a").write("x")
        filling.settle({})
    assert (tmp_path / "out" / "a").read_text() == "x"
