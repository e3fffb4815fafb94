"""A backup is whole, whatever is written meanwhile, and opens for the hospital only."""

import io
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from pro_app.actions import back_up, restore
from pro_app.actions.restore import NewerRelease, NoKeys, Unsound
from pro_app.keys import KeyRing
from pro_app.records import archive, export_jobs, migrating, replacing
from pro_app.records.archive import Writer
from pro_app.records.store import Store
from pro_app.sealed_stream import Damaged
from tests.integration.operations.hospital import OPERATOR, PUBLIC, SECRET, Hospital, on_both, tried
from tests.integration.operations.rows import content


@on_both
def test_everything_comes_back(hospital: Hospital, tmp_path: Path) -> None:
    wang = hospital.enrol()
    first = hospital.submit(wang)
    pack = tmp_path / "wording" / "bpi-sf" / "pack.toml"
    pack.parent.mkdir(parents=True)
    pack.write_text("the licensed words")
    backup = hospital.save()
    done, responses = tried(backup, tmp_path / "elsewhere", hospital.now)
    assert responses == {first}
    assert done.made_at == hospital.now
    assert done.revision == migrating.newest()
    found = restore.open_backup(io.BytesIO(backup), SECRET)
    assert found.files == {"wording/bpi-sf/pack.toml": b"the licensed words"}
    assert found.secret == hospital.store.keys.secret
    assert found.data_keys == hospital.store.keys.data_keys


def test_nothing_of_it_can_be_read_without_the_secret_key(hospital: Hospital) -> None:
    hospital.enrol()
    backup = hospital.save()
    for word in ("王秀英", "13800000001", "CZ-001", "participant", hospital.store.keys.secret):
        assert word.encode() not in backup


def test_exports_of_the_last_hour_stay_out_of_it(hospital: Hospital, tmp_path: Path) -> None:
    hospital.submit(hospital.enrol())
    without = len(hospital.save())
    noise = os.urandom(100_000)
    with hospital.store.writing() as tx:
        job = export_jobs.Job("0" * 32, "hua", hospital.now, "a.zip", ("sav",), ("CZ",), False)
        export_jobs.begin(tx, job, bytes(32), hospital.now)
        export_jobs.put_chunk(tx, job.id, 0, noise)
    backup = hospital.save()
    assert len(backup) < without + len(noise) // 2
    assert not {"export_job", "export_chunk"} & set(restore.open_backup(io.BytesIO(backup), SECRET).rows)
    tried(backup, tmp_path / "elsewhere", hospital.now)


@on_both
def test_a_backup_made_before_a_migration_is_brought_to_this_release(
    hospital: Hospital, tmp_path: Path
) -> None:
    hospital.submit(hospital.enrol())
    migrating.down(hospital.store, "0001")
    with hospital.store.reading() as tx:
        before = content(tx)
    done, responses = tried(hospital.save(), tmp_path / "elsewhere", hospital.now)
    assert done.revision == "0001"
    assert responses == set(hospital.acknowledged)
    assert before["participant"]


def writers(hospital: Hospital, stop: threading.Event, count: int) -> list[threading.Thread]:
    """Nurses who enrol and patients who answer, until told to stop."""

    def work(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            hospital.submit(hospital.enrol(f"CZ-{number}{turn:04d}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def copies_while_writing(hospital: Hospital, folder: Path, copies: int) -> None:
    """Each copy is whole, and has in it whatever was acknowledged before it was begun."""
    hospital.submit(hospital.enrol())
    stop = threading.Event()
    threads = writers(hospital, stop, 2)
    taken: list[tuple[set[str], bytes]] = []
    try:
        for _ in range(copies):
            known = set(hospital.acknowledged)
            while len(hospital.acknowledged) == len(known):
                assert all(thread.is_alive() for thread in threads)
                stop.wait(0.005)  # each copy stands between different answers
            known = set(hospital.acknowledged)
            taken.append((known, hospital.save()))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for number, (known, backup) in enumerate(taken):
        _, responses = tried(backup, folder / str(number), hospital.now)
        assert known <= responses <= set(hospital.acknowledged)
    assert len(taken[-1][0]) > len(taken[0][0])


@on_both
def test_copies_made_while_everybody_writes_are_whole(hospital: Hospital, tmp_path: Path) -> None:
    copies_while_writing(hospital, tmp_path, 2)


@on_both
@pytest.mark.slow
def test_fifteen_of_fifteen_copies_are_good(hospital: Hospital, tmp_path: Path) -> None:
    copies_while_writing(hospital, tmp_path, 15)


@pytest.mark.parametrize("place", ["middle", "end"])
def test_a_damaged_backup_is_known_before_anything_is_touched(
    hospital: Hospital, tmp_path: Path, place: str
) -> None:
    hospital.enrol()
    backup = bytearray(hospital.save())
    backup[len(backup) // 2 if place == "middle" else -1] ^= 1
    with pytest.raises(Damaged):
        tried(bytes(backup), tmp_path / "elsewhere", hospital.now)


def test_a_row_that_was_edited_before_the_backup_is_found_in_it(hospital: Hospital, tmp_path: Path) -> None:
    hospital.submit(hospital.enrol())
    with hospital.store.writing() as tx:
        tx.conn.execute(text("UPDATE audit SET actor = 'nobody' WHERE number = 2"))
    with pytest.raises(Unsound, match="not what was written"):
        tried(hospital.save(), tmp_path / "elsewhere", hospital.now)


def test_sealed_fields_that_changed_places_are_found(hospital: Hospital, tmp_path: Path) -> None:
    hospital.enrol("CZ-001")
    hospital.enrol("CZ-002")
    with hospital.store.writing() as tx:
        rows = tx.conn.execute(text("SELECT id, identity_sealed FROM participant ORDER BY id")).all()
        for row, other in zip(rows, reversed(rows), strict=True):
            tx.conn.execute(
                text("UPDATE participant SET identity_sealed = :sealed WHERE id = :id"),
                {"sealed": other.identity_sealed, "id": row.id},
            )
    with pytest.raises(Unsound, match=r"participant\.identity_sealed does not open"):
        tried(hospital.save(), tmp_path / "elsewhere", hospital.now)


def test_without_keys_it_needs_the_key_file(hospital: Hospital, tmp_path: Path) -> None:
    wang = hospital.enrol()
    backup = hospital.save(with_keys=False)
    with pytest.raises(NoKeys):
        tried(backup, tmp_path / "elsewhere", hospital.now)
    found = restore.open_backup(io.BytesIO(backup), SECRET)
    ring = found.ring(hospital.store.keys)
    (tmp_path / "other").mkdir()
    with replacing.scratch(tmp_path / "other", ring) as tx:
        done = restore.fill(tx, found, hospital.now, own_secret=True, actor=OPERATOR)
    assert done.ours is True
    assert wang.study_number == "CZ-001"


def forged(hospital: Hospital) -> bytes:
    """Somebody with the public key only, who makes up a backup with rows of their own."""
    file = io.BytesIO()
    with hospital.store.snapshot() as tx:
        theirs = replace(tx, keys=replace(tx.keys, secret="not the hospital's"))
        back_up.back_up(
            theirs,
            file,
            PUBLIC,
            study=hospital.study.id,
            version="test",
            folder=hospital.folder,
            now=hospital.now,
            with_keys=False,
        )
    return file.getvalue()


def test_a_backup_that_somebody_else_made_is_refused_where_our_key_file_is(
    hospital: Hospital, tmp_path: Path
) -> None:
    hospital.enrol()
    found = restore.open_backup(io.BytesIO(forged(hospital)), SECRET)
    with (
        pytest.raises(Unsound, match="not made with the secret of this installation"),
        replacing.scratch(tmp_path, found.ring(hospital.store.keys)) as tx,
    ):
        restore.fill(tx, found, hospital.now, own_secret=True, actor=OPERATOR)


def written(keys: KeyRing, *lines: dict[str, object]) -> bytes:
    file = io.BytesIO()
    out = Writer(file, PUBLIC)
    for line in lines:
        out.line(line)
    out.finish(keys, {"rows": {}})
    return file.getvalue()


HEAD: dict[str, object] = {
    "kind": "backup",
    "format": archive.FORMAT,
    "made_at": "2026-12-01T04:00:00+00:00",
    "revision": "0001",
    "study": "x",
    "version": "x",
    "rows": {},
}


@pytest.mark.parametrize("change", [{"revision": "9999"}, {"format": 2}])
def test_a_backup_of_a_later_release_says_so(keys: KeyRing, change: dict[str, object]) -> None:
    with pytest.raises(NewerRelease):
        restore.open_backup(io.BytesIO(written(keys, HEAD | change)), SECRET)


@pytest.mark.parametrize("path", ["keys.json", "wording/../keys.json", "/etc/passwd", "wording"])
def test_a_file_in_it_can_go_nowhere_but_to_the_wording_packs(keys: KeyRing, path: str) -> None:
    line: dict[str, object] = {"kind": "file", "path": path, "body": ""}
    with pytest.raises(Damaged):
        restore.open_backup(io.BytesIO(written(keys, HEAD, line)), SECRET)


def test_a_count_that_is_not_the_rows_is_a_fault(hospital: Hospital, tmp_path: Path, store: Store) -> None:
    file = io.BytesIO()
    out = Writer(file, PUBLIC)
    out.line(HEAD)
    out.line({"kind": "keys", "secret": store.keys.secret, "data": []})
    out.line({"kind": "table", "name": "audit", "columns": ["id"]})
    out.finish(store.keys, {"rows": {"audit": 3}})
    with pytest.raises(Unsound, match="audit: 0 rows instead of 3"):
        tried(file.getvalue(), tmp_path / "elsewhere", hospital.now)
