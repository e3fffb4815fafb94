"""Exports as a person takes them from the page."""

import hashlib
import io
import time
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.exports.chunks import count_of, new_key, sealed
from pro_app.records import export_jobs
from pro_app.records.export_jobs import Job
from pro_app.records.store import Store


def begun(store: Store, owner: str, now: datetime, **other: Any) -> tuple[Job, bytes]:
    """An export of this person that somebody makes, and the key of its chunks."""
    job = Job(export_jobs.new_name(), owner, now, "some.zip", ("csv-wide",), ("CZ",), False)
    key = new_key()
    with store.writing() as tx:
        export_jobs.begin(tx, replace(job, **other), key, now)
    return replace(job, **other), key


def finished(store: Store, job: Job, key: bytes, now: datetime, body: bytes) -> None:
    """It is ready; its file is `body`."""
    count = count_of(len(body))
    with store.writing() as tx:
        for number, chunk in enumerate(sealed(io.BytesIO(body), job.id, key, count)):
            export_jobs.put_chunk(tx, job.id, number, chunk)
        digest = hashlib.sha256(body).hexdigest()
        export_jobs.finish(tx, replace(job, size=len(body), sha256=digest, chunks=count), now)


def job_of(store: Store, owner: str, now: datetime, body: bytes = b"none", **other: Any) -> str:
    """A finished export of this person."""
    job, key = begun(store, owner, now, **other)
    finished(store, job, key, now, body)
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
