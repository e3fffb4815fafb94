"""A folder as the central registry: for an EDC that imports files, or a site's own readable copy.

Each parcel is a CSV in long form (one line per answer and per score) and a manifest with counts and
SHA-256, signed with Ed25519. Both are written aside and renamed; the manifest comes last, so an importer
that waits for manifests never reads half a parcel. Sent twice, the same names hold the same bytes.
"""

import csv
import hashlib
import io
import json
import os
import re
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pro_app import json_text
from pro_app.errors import SettingsError
from pro_app.instruments.definition import Instrument
from pro_app.ports import Parcel, RegistryAway, RegistryReceipt, RegistryRefused
from pro_app.records.ledger import Entry

COLUMNS = (
    "study",
    "site",
    "study_number",
    "timepoint",
    "instrument",
    "version",
    "state",
    "revision",
    "language",
    "mode",
    "helper",
    "authored_utc",
    "received_utc",
    "kind",
    "name",
    "value",
    "missing",
)


def read_signing_key(pem: bytes) -> Ed25519PrivateKey:
    """An Ed25519 private key (PEM, PKCS8); raises `SettingsError` for anything else."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise SettingsError(faults="The file drop's signing key is not a private key in PEM form.") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(faults="The file drop's signing key must be an Ed25519 key.")
    return key


class FileDrop:
    """Writes parcels into `folder/<site>/`. How they travel on (SFTP, a share) is the hospital's matter."""

    def __init__(
        self,
        folder: Path,
        instruments: Mapping[str, Instrument],
        key: Ed25519PrivateKey,
        *,
        name: str = "central",
    ) -> None:
        self.name = name
        self._folder = folder
        self._instruments = instruments
        self._key = key

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        """Raises `RegistryAway` when the folder can't be written: a full disk, a share that is gone."""
        content = table(parcel, self._instruments[parcel.instrument]).encode("utf-8-sig")
        entry = self.entry(parcel)
        stem = self._folder / _safe(parcel.site) / f"{entry.remote_id}.r{parcel.revision}.{parcel.kind}"
        manifest = self._manifest(parcel, entry, stem.name, content)
        try:
            stem.parent.mkdir(parents=True, exist_ok=True)
            _write(stem.with_name(f"{stem.name}.csv"), content)
            _write(stem.with_name(f"{stem.name}.manifest.json"), manifest)
        except OSError as fault:
            raise RegistryAway(registry=self.name, words=f"{fault.strerror}: {fault.filename}") from fault
        return RegistryReceipt(entry.remote_id, str(parcel.revision), entry.content_hash)

    def deliver_digest(self, day: date, body: str, hash: str) -> str:
        """The audit trail's digest of `day` as a signed file in `folder/audit/`; one that is there is kept.

        Raises `RegistryAway`, or `RegistryRefused` when another digest of that day is there.
        """
        path = self._folder / "audit" / f"audit-digest-{day.isoformat()}.json"
        content = body.encode()
        about = {"file": path.name, "bytes": len(content), "sha256": hash, "digest_of": day.isoformat()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.read_bytes() != content:
                raise RegistryRefused(registry=self.name, words=f"it holds another digest of {day}")
            _write(path, content)
            _write(path.with_suffix(".manifest.json"), self._signed(about))
        except OSError as fault:
            raise RegistryAway(registry=self.name, words=f"{fault.strerror}: {fault.filename}") from fault
        return path.name

    def entry(self, parcel: Parcel) -> Entry:
        """What the folder must hold of a delivered parcel."""
        content = table(parcel, self._instruments[parcel.instrument]).encode("utf-8-sig")
        return Entry(
            "_".join(_safe(part) for part in (parcel.study_number, parcel.timepoint, parcel.instrument)),
            parcel.study_number,
            parcel.site,
            parcel.timepoint,
            parcel.instrument,
            hashlib.sha256(content).hexdigest(),
        )

    def held(self, study: str) -> Iterator[Entry]:
        """The newest file of each record, hashed as it lies there."""
        newest: dict[str, tuple[tuple[int, str], Entry]] = {}
        for path in sorted(self._folder.glob("*/*.manifest.json")):
            body = _parse(path)
            about = body.get("record", {})
            if about.get("study") != study:
                continue
            data = path.with_name(str(body.get("file", "")))
            content = data.read_bytes() if data.is_file() else b""
            entry = Entry(
                str(about.get("id", "")),
                str(about.get("study_number", "")),
                str(about.get("site", "")),
                str(about.get("timepoint", "")),
                str(about.get("instrument", "")),
                hashlib.sha256(content).hexdigest(),
            )
            rank = (int(about.get("revision", 0)), str(body.get("written_for", "")))
            if entry.remote_id not in newest or newest[entry.remote_id][0] <= rank:
                newest[entry.remote_id] = (rank, entry)
        yield from (entry for _, entry in newest.values())

    def _manifest(self, parcel: Parcel, entry: Entry, stem: str, content: bytes) -> bytes:
        body = {
            "file": f"{stem}.csv",
            "lines": content.count(b"\n") - 1,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "written_for": _moment(parcel.received),
            "record": {
                "id": entry.remote_id,
                "study": parcel.study,
                "study_number": parcel.study_number,
                "site": parcel.site,
                "timepoint": parcel.timepoint,
                "instrument": parcel.instrument,
                "state": parcel.kind,
                "revision": parcel.revision,
                "response": parcel.response,
            },
        }
        return self._signed(body)

    def _signed(self, body: Mapping[str, object]) -> bytes:
        signature = b64encode(self._key.sign(canonical(body))).decode()
        return json.dumps({**body, "signature": signature}, ensure_ascii=False, indent=1).encode()


def canonical(body: Mapping[str, object]) -> bytes:
    """The bytes that are signed: the manifest without its signature, keys sorted, no spaces."""
    unsigned = {name: value for name, value in body.items() if name != "signature"}
    return json_text.canonical(unsigned).encode()


def table(parcel: Parcel, instrument: Instrument) -> str:
    """The parcel as CSV: one line per item, in order, then one per scale. A withdrawn one has no lines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    head = [
        parcel.study,
        parcel.site,
        parcel.study_number,
        parcel.timepoint,
        parcel.instrument,
        parcel.version,
        parcel.kind,
        parcel.revision,
        parcel.language,
        parcel.mode,
        parcel.helper or "",
        _moment(parcel.authored),
        _moment(parcel.received),
    ]
    if parcel.kind == "withdrawn":
        return text.getvalue()
    for item in instrument.items:
        answer = parcel.answers.get(item.id, {"missing": "not_reached"})
        sealed = item.kind == "text" and "missing" not in answer
        value = "" if sealed else _shown(answer.get("value"))
        missing = "sealed" if sealed or answer.get("sealed") else answer.get("missing", "")
        writer.writerow([*head, "item", item.id, value, missing])
    for score in parcel.scores:
        value = "" if score.value is None else repr(float(score.value))
        writer.writerow([*head, "score", score.scale, value, score.reason or ""])
    return text.getvalue()


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Mapping):
        regions, worst = value.get("regions") or (), value.get("worst")
        return " ".join(regions) + (f" worst={worst}" if worst else "")
    return str(value)


def _write(path: Path, content: bytes) -> None:
    """Aside, to the disk, then renamed: a reader sees the whole file or none."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _parse(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


def _safe(part: str) -> str:
    """A part of a file name; what could lead out of the folder becomes a dash."""
    return re.sub(r"[^A-Za-z0-9-]", "-", part)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
