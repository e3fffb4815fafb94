"""Exports as a person takes them from the page."""

import io
import time
import zipfile
from datetime import datetime

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.exports.jobs import Job, jobs_of, new_name
from pro_app.wiring import Service


def job_of(house: Service, owner: str, now: datetime, **other: object) -> str:
    """A finished export of this person; its file holds nothing."""
    jobs = jobs_of(house.settings.data_dir)
    job = Job(new_name(), owner, now, "some.zip", ("csv-wide",), ("CZ",), False, "done", ended=now, size=4)
    for lock in jobs.begin(Job(**{**{name: getattr(job, name) for name in Job.__slots__}, **other})):  # type: ignore[attr-defined]
        lock.free()
    jobs.file(job.id).write_bytes(b"none")
    return job.id


def taken(client: FlaskClient, wanted: dict[str, object]) -> TestResponse:
    """What the person has in the end: the file, however long it took, or the page that says why not."""
    answer = client.post("/staff/exports", data=wanted)
    if answer.status_code != 303:
        return answer
    assert answer.location
    while answer.location and not answer.location.endswith("/file"):
        told = client.get(f"{answer.location}/progress").json
        assert told
        if told["state"] != "working":
            break
        time.sleep(0.02)
    job = answer.location.removesuffix("/file")
    return client.get(f"{job}/file")


def box_of(answer: TestResponse) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.data))
