"""Files for a registry that imports them: whole or not there, signed, the same bytes each time."""

import base64
import csv
import hashlib
import json
import os
from datetime import date
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pro_app.errors import SettingsError
from pro_app.gateways.file_drop import FileDrop, canonical, read_signing_key
from pro_app.ports import RegistryAway, RegistryRefused
from tests.unit.registry.cast import STUDY, WANGS_WORDS, catalogue, filled, parcel

KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def drop(tmp_path: Path) -> FileDrop:
    return FileDrop(tmp_path / "drop", catalogue().instruments, KEY)


def files(tmp_path: Path, pattern: str) -> list[Path]:
    return sorted((tmp_path / "drop").rglob(pattern))


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_daily_digest_is_a_signed_file_that_is_never_replaced(drop: FileDrop, tmp_path: Path) -> None:
    day, body = date(2026, 12, 1), '{"study":"NCT06120426"}'
    name = drop.deliver_digest(day, body, hashlib.sha256(body.encode()).hexdigest())
    assert name == drop.deliver_digest(day, body, hashlib.sha256(body.encode()).hexdigest())
    (path,) = files(tmp_path, "audit-digest-2026-12-01.json")
    (manifest,) = files(tmp_path, "audit-digest-2026-12-01.manifest.json")
    told = json.loads(manifest.read_bytes())
    assert path.read_text() == body
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    KEY.public_key().verify(base64.b64decode(told["signature"]), canonical(told))
    with pytest.raises(RegistryRefused, match="another digest of 2026-12-01"):
        drop.deliver_digest(day, '{"study":"other"}', "0" * 64)
    assert path.read_text() == body
    assert list(drop.held(STUDY)) == []  # no record of anybody


def test_every_answer_and_score_is_a_line_and_free_text_is_not(drop: FileDrop, tmp_path: Path) -> None:
    drop.deliver(parcel("bpi-sf", answers=filled("bpi-sf", bpi3=8, bpi4="skipped")))
    (data,) = files(tmp_path, "*.csv")
    found = {(line["kind"], line["name"]): line for line in lines(data)}
    assert len(found) == 15 + 5
    assert found["item", "bpi3"]["value"] == "8"
    assert found["item", "bpi4"]["missing"] == "skipped"
    assert found["item", "bpi2"]["value"] == "back-lumbar-spine back-sacrum worst=back-sacrum"
    assert found["item", "bpi7"] == found["item", "bpi7"] | {"value": "", "missing": "sealed"}
    assert found["score", "SEVERITY"]["missing"] == "too_few_answered"
    assert found["score", "WORST"]["value"] == "8.0"
    assert WANGS_WORDS not in data.read_text(encoding="utf-8-sig")


def test_the_manifest_counts_hashes_and_is_signed(drop: FileDrop, tmp_path: Path) -> None:
    drop.deliver(parcel())
    (data,), (path,) = files(tmp_path, "*.csv"), files(tmp_path, "*.manifest.json")
    manifest = json.loads(path.read_text())
    assert manifest["file"] == data.name
    assert manifest["lines"] == len(lines(data)) == 30 + 16
    assert manifest["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    signature = base64.b64decode(manifest["signature"])
    KEY.public_key().verify(signature, canonical(manifest))
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(signature, canonical({**manifest, "lines": 45}))


def test_sent_twice_the_same_files_hold_the_same_bytes(drop: FileDrop, tmp_path: Path) -> None:
    drop.deliver(parcel())
    before = {path: path.read_bytes() for path in files(tmp_path, "*.*")}
    drop.deliver(parcel())
    assert {path: path.read_bytes() for path in files(tmp_path, "*.*")} == before


def test_the_newest_revision_counts_when_the_books_are_compared(drop: FileDrop) -> None:
    corrected = parcel(kind="corrected", revision=2, answers=filled("qlq-c30", q1=4))
    drop.deliver(parcel())
    drop.deliver(corrected)
    assert list(drop.held(STUDY)) == [drop.entry(corrected)]
    assert list(drop.held("another study")) == []


def test_a_file_that_was_changed_or_lost_is_noticed(drop: FileDrop, tmp_path: Path) -> None:
    drop.deliver(parcel())
    (data,) = files(tmp_path, "*.csv")
    data.write_bytes(data.read_bytes() + b"x")
    assert next(drop.held(STUDY)).content_hash != drop.entry(parcel()).content_hash
    data.unlink()
    assert next(drop.held(STUDY)).content_hash != drop.entry(parcel()).content_hash


def test_a_disk_that_fills_leaves_nothing_half_written(
    drop: FileDrop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device", "drop")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RegistryAway, match="No space left on device"):
        drop.deliver(parcel())
    assert [path for path in (tmp_path / "drop").rglob("*") if path.is_file()] == []


def test_no_name_leads_out_of_the_folder(drop: FileDrop, tmp_path: Path) -> None:
    drop.deliver(parcel(study_number="../../etc/x", site="../.."))
    assert [path.parent.parent for path in tmp_path.rglob("*.csv")] == [tmp_path / "drop"]


@pytest.mark.parametrize(
    "pem",
    [
        b"not a key",
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    ],
)
def test_another_kind_of_key_is_refused_at_start(pem: bytes) -> None:
    with pytest.raises(SettingsError):
        read_signing_key(pem)
