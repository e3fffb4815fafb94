"""The folder in which an export is made: one's own while it lasts, and gone afterwards whatever happens."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from pro_app.exports.aside import NoSpace
from pro_app.exports.workplace import clear, workplace

# Another process: it begins to write, says so and waits to be killed.
MAKER = """
import sys
from pathlib import Path
from pro_app.exports.workplace import workplace
with workplace(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_it_is_nobody_elses_and_gone_at_the_end(tmp_path: Path) -> None:
    with workplace(tmp_path) as folder:
        assert folder.parent.stat().st_mode & 0o077 == folder.stat().st_mode & 0o077 == 0
        (folder / "export").mkdir()
        clear(tmp_path)
        assert (folder / "export").exists()
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_full_disk_is_no_space_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoSpace), workplace(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list((tmp_path / "exports").iterdir()) == []


def test_what_somebody_who_was_killed_has_left_is_cleared_and_what_is_at_work_is_not(tmp_path: Path) -> None:
    clear(tmp_path)  # nobody has taken anything out yet
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as maker:
        assert maker.stdout
        left = Path(maker.stdout.readline().strip())
        of_an_earlier_release = left.parent / "0123.zip"
        of_an_earlier_release.write_text("an export")
        clear(tmp_path)
        assert (left / "half").exists()
        assert not of_an_earlier_release.exists()
        maker.kill()
        maker.wait()
    clear(tmp_path)
    assert not left.exists()
