"""Static files, read once at start: named by what they hold, compressed once, cached by browsers for ever.

A style sheet that is a folder is its files put one after the other (`patient.css/10-page.css` …), with
`tokens.css` before them: many files to write, one request to load. Scripts are ES modules as they are;
they import one another by relative path, so all share one address prefix made from everything together.
Comments and indentation stay here: see `lean`.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import brotli
from flask import Response, request

from pro_app.web.lean import lean_script, lean_style

STATIC = Path(__file__).resolve().parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
_LEAN = {".js": lean_script, ".css": lean_style}
_TEXT = {"text/css", "text/javascript", "image/svg+xml", "application/json", "text/html"}


def encoding_for(accepted: str) -> Literal["br", "gzip"] | None:
    """The best compression of those in an `Accept-Encoding`."""
    return "br" if "br" in accepted else "gzip" if "gzip" in accepted else None


@dataclass(frozen=True)
class Packed:
    """Bytes with their type, and both compressed forms, made when first asked for."""

    body: bytes
    mime: str

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:20]

    @cached_property
    def brotli(self) -> bytes:
        return brotli.compress(self.body, quality=11)

    @cached_property
    def gzip(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)

    def made_ready(self) -> None:
        """Make the compressed forms now and not for whoever asks first."""
        if self.mime.split(";")[0] in _TEXT:
            self.brotli, self.gzip  # noqa: B018  made by being asked for

    def response(self, cache: str = FOR_EVER) -> Response:
        """The smallest form that the browser of this request takes."""
        body, encoding = self.body, None
        if self.mime.split(";")[0] in _TEXT:
            encoding = encoding_for(request.headers.get("Accept-Encoding", ""))
            body = self.brotli if encoding == "br" else self.gzip if encoding else self.body
        response = Response(body, content_type=self.mime)
        response.headers["Cache-Control"] = cache
        response.headers["Vary"] = "Accept-Encoding"
        if encoding:
            response.headers["Content-Encoding"] = encoding
        return response


def _mime(name: str) -> str:
    known = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return known.get(Path(name).suffix, guessed)


class Assets:
    """All static files of this release by name."""

    def __init__(self, folder: Path = STATIC) -> None:
        self.files: dict[str, Packed] = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_dir() and path.suffix == ".css":
                parts = [folder / "tokens.css", *sorted(path.glob("*.css"))]
                self._add(name, b"\n".join(part.read_bytes() for part in parts))
            elif path.is_file() and path.parent.suffix != ".css":
                self._add(name, path.read_bytes())
        together = "".join(f"{name}:{file.digest};" for name, file in sorted(self.files.items()))
        self.release = hashlib.sha256(together.encode()).hexdigest()[:12]

    def _add(self, name: str, body: bytes) -> None:
        if shorten := _LEAN.get(Path(name).suffix):
            body = shorten(body.decode()).encode()
        self.files[name] = Packed(body, _mime(name))

    def url(self, name: str) -> str:
        """The address of a static file; a name that isn't there is a mistake in a template."""
        if name not in self.files:
            raise KeyError(f"no static file {name}")
        return f"/static/{self.release}/{name}"


@cache
def of_this_release() -> Assets:
    """They don't change while a process lives."""
    return Assets()
