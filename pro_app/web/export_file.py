"""A finished export on its way to who asked for it: out of the database, a chunk in memory at a time.

A download that was cut goes on where it ended (`Range`, with `If-Range` on the file's hash).
"""

import base64
from typing import IO, cast

from flask import Response, request
from werkzeug.wsgi import FileWrapper

from pro_app.errors import NotFound
from pro_app.exports.chunks import CHUNK, Chunked
from pro_app.records import export_jobs
from pro_app.records.export_jobs import Job
from pro_app.records.store import Store


def answer(store: Store, job: Job) -> Response:
    """The file, or the part of it that is asked for. Raises `NotFound` when it is gone, and `ChunkBroken`."""

    def fetch(number: int) -> bytes | None:
        with store.reading(short=True) as tx:
            return export_jobs.chunk(tx, job.id, number)

    with store.reading(short=True) as tx:
        key = export_jobs.key_of(tx, job.id)
    if key is None:
        raise NotFound()
    file = Chunked(job.id, key, job.size, job.sha256, fetch)
    file.look()  # what does not open is said on a page, not by a download that ends at once
    sent = Response(
        FileWrapper(cast(IO[bytes], file), CHUNK), mimetype="application/zip", direct_passthrough=True
    )
    sent.content_length = job.size
    sent.headers.set("Content-Disposition", "attachment", filename=job.name)
    whole = base64.b64encode(bytes.fromhex(job.sha256)).decode()
    sent.headers["Repr-Digest"] = f"sha-256=:{whole}:"
    sent.set_etag(job.sha256)
    sent.make_conditional(request, accept_ranges=True, complete_length=job.size)
    return sent
