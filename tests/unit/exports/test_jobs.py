"""Jobs of exports as files: what other processes see, and what is left by those who were killed."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pro_app.errors import NotFound
from pro_app.exports.jobs import ExportBusy, Job, Jobs, jobs_of, new_name, tidy

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
# Another process: it begins the job that it is told, says so and waits to be killed.
MAKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pro_app.exports.jobs import Job, Jobs
jobs = Jobs(Path(sys.argv[1]))
job = Job(sys.argv[2], "hua", datetime(2026, 12, 1, 4, tzinfo=UTC), "a.zip", ("sav",), ("CZ",), False)
held = jobs.begin(job)
jobs.scratch(job.id).mkdir()
(jobs.scratch(job.id) / "half").write_text("half")
print("begun", flush=True)
sys.stdin.read()
"""


def job(**other: object) -> Job:
    given = {"id": new_name(), "owner": "hua", "begun": NOW, "name": "a.zip", "formats": ("sav",)}
    return Job(**{**given, "sites": ("CZ",), "arms": True, **other})  # type: ignore[arg-type]


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    ended = job(state="failed", ended=NOW, fault="export_no_space", params={"folder": "x"}, people=3, done=2)
    jobs.put(ended)
    assert jobs.find(ended.id) == ended
    assert jobs.of("hua") == [ended]
    assert jobs.of("chen") == []


@pytest.mark.parametrize("name", ["", "..", "../keys", "0" * 31, "0" * 32 + "\n", "G" * 32, "0" * 32])
def test_what_is_no_name_of_a_job_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        Jobs(tmp_path).find(name)


def test_a_job_whose_process_was_killed_has_failed_and_the_next_may_begin(tmp_path: Path) -> None:
    jobs, name = Jobs(tmp_path / "exports"), new_name()
    command = [sys.executable, "-c", MAKER, str(jobs.folder), name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout
        assert maker.stdout.readline() == "begun\n"
        assert jobs.find(name).state == "working"
        jobs.tidy(NOW)
        assert jobs.scratch(name).exists()
        with pytest.raises(ExportBusy):
            jobs.begin(job())
        maker.kill()
    assert (jobs.find(name).state, jobs.find(name).fault) == ("failed", "export_interrupted")
    jobs.tidy(NOW)
    assert not jobs.scratch(name).exists()
    for lock in jobs.begin(job()):
        lock.free()


def test_what_no_job_knows_of_is_removed_when_it_is_old(tmp_path: Path) -> None:
    jobs = jobs_of(tmp_path)
    tidy(tmp_path, NOW)  # nobody has taken anything out yet
    jobs.folder.mkdir()
    left = [jobs.file(new_name()), jobs.folder / f"{new_name()}.lock"]
    for path in left:
        path.write_text("left behind")
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    tidy(tmp_path, NOW + timedelta(minutes=59))
    assert all(path.exists() for path in left)
    tidy(tmp_path, NOW + timedelta(minutes=61))
    assert not any(path.exists() for path in left)
