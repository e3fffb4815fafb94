"""The key to personal fields is changed while everybody works; a kill half-way costs nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, select, text

from pro_app import key_file
from pro_app.actions import rotate_keys
from pro_app.cli import keys as words
from pro_app.keys import KeyRing, load_key_ring
from pro_app.records import (
    alerts,
    audit,
    drafts,
    export_jobs,
    missing_reasons,
    participants,
    responses,
    rotation,
    staff_factors,
    staff_letters,
    tablets,
)
from pro_app.records.columns import metadata
from pro_app.records.participants import Identity
from pro_app.records.schema import participant
from pro_app.records.store import Store
from tests.integration.operations.hospital import Hospital, on_both


def environ(hospital: Hospital) -> dict[str, str]:
    url = hospital.store.url.render_as_string(hide_password=False)
    return {"PRO_APP_DATA_DIR": str(hospital.folder), "PRO_APP_DATABASE_URL": url}


def rotate(hospital: Hospital, *arguments: str) -> Result:
    arguments = ("--settle", "0.01", *arguments)
    return CliRunner().invoke(words.rotate, arguments, env=environ(hospital), catch_exceptions=False)


def key_ids(hospital: Hospital) -> list[str]:
    rows = json.loads((hospital.folder / "keys.json").read_text())["data"]
    return [row["id"] for row in rows]


def unopened(hospital: Hospital) -> list[str]:
    """With the keys that are in the file now, and nothing else."""
    fresh = load_key_ring(hospital.folder / "keys.json", None)
    store = Store(hospital.store.url.render_as_string(hide_password=False), fresh)
    try:
        with store.reading() as tx:
            assert rotation.left(tx) == 0
            return list(rotation.unopened(tx))
    finally:
        store.close()


def test_the_list_of_sealed_fields_is_that_of_the_tables() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    assert {one.name for one in rotation.FIELDS} == sealed


def test_each_field_is_bound_to_what_its_own_room_says() -> None:
    row = SimpleNamespace(
        **{"id": 7, "uuid": "u", "participant_id": 3, "timepoint": "2w", "instrument": "bpi-sf"},
        **{"staff_id": 5, "kind": "alert", "about": "x", "response_id": 9},
    )
    rooms = {
        "participant.identity_sealed": participants._place("u"),
        "response.free_text_sealed": responses._place("u"),
        "draft.answers_sealed": drafts._place(3, "2w", "bpi-sf"),
        "staff.totp_sealed": staff_factors._place(row),  # type: ignore[arg-type]
        "staff_letter.body_sealed": staff_letters._place(5, "alert", "x"),
        "tablet.private_key_sealed": tablets._place(7),
        "missing_reason.note_sealed": missing_reasons._place(3, "2w", "bpi-sf"),
        "alert.note_sealed": alerts._place(9),
        "export_job.key_sealed": export_jobs._place("7"),
    }
    places = {one.name: one.place(row) for one in rotation.FIELDS}  # type: ignore[arg-type]
    assert {name: places[name] for name in rooms} == rooms
    # Nobody writes these two yet; who begins to, binds them as `rotation` says and adds a line above.
    assert places.keys() - rooms.keys() == {"phone_call.note_sealed", "second_entry.free_text_sealed"}


@on_both
def test_everything_is_sealed_anew_and_serving_goes_on(hospital: Hospital) -> None:
    for number in range(5):
        hospital.enrol(f"CZ-1{number:02d}")
    stop = threading.Event()
    faults: list[Exception] = []
    made: list[str] = []

    def nurse() -> None:
        """A program that was started before the change and knows of it from nobody."""
        while not stop.is_set():
            try:
                number = f"CZ-{len(made):05d}"
                person = hospital.enrol(number)
                with hospital.store.reading() as tx:
                    assert participants.identity_of(tx, person).phone
                made.append(number)
            except Exception as fault:
                faults.append(fault)
                return

    thread = threading.Thread(target=nurse)
    thread.start()
    try:
        while len(made) < 2 and not faults:
            time.sleep(0.005)
        done = rotate(hospital)
        before = len(made)
        while len(made) < before + 2 and not faults:
            time.sleep(0.005)
    finally:
        stop.set()
        thread.join()
    assert not faults
    assert done.exit_code == 0, done.output
    assert key_ids(hospital) == ["k2"]
    assert unopened(hospital) == []
    with hospital.store.reading() as tx:
        events = audit.history(tx, "study")
        assert [event.action for event in events] == ["keys_changed"]
        assert events[0].detail["retired"] == ["k1"]
        assert audit.verify(tx) == ()


def test_a_field_of_every_kind_is_sealed_anew(hospital: Hospital) -> None:
    wang = hospital.enrol()
    pack = hospital.catalogue.pack("bpi-sf", "zh-Hans").hash
    with hospital.store.writing() as tx:
        answers = {"q2": {"value": "words of her own"}}
        drafts.put(
            tx,
            wang.id,
            "2w",
            "bpi-sf",
            response="0b7c5a52-6d1f-4b53-9f10-0d7a3a1f2b11",
            language="zh-Hans",
            pack=pack,
            position=None,
            answers=answers,
            now=hospital.now,
        )
        export = export_jobs.Job("0" * 32, "hua", hospital.now, "a.zip", ("sav",), ("CZ",), False)
        export_jobs.begin(tx, export, bytes(range(32)), hospital.now)
    assert rotate(hospital).exit_code == 0
    with hospital.store.reading() as tx:
        assert participants.identity_of(tx, wang).name == "王秀英"
        assert drafts.of_visit(tx, wang.id, "2w")["bpi-sf"].answers == answers
        assert export_jobs.key_of(tx, export.id) == bytes(range(32))
    assert unopened(hospital) == []


@on_both
def test_a_change_that_was_broken_off_goes_on_with_the_same_key(hospital: Hospital) -> None:
    for number in range(3):
        hospital.enrol(f"CZ-1{number:02d}")
    path = hospital.folder / "keys.json"
    key_file.announce(path)
    key_file.put_first(path)
    hospital.enrol("CZ-200")
    done = rotate(hospital)
    assert "Going on with key k2" in done.output
    assert "3 fields are sealed with k2; k1 was retired" in done.output
    assert key_ids(hospital) == ["k2"]
    rotate(hospital)
    assert key_ids(hospital) == ["k3"]


def many(hospital: Hospital, count: int) -> None:
    wang = hospital.enrol()
    with hospital.store.writing() as tx:
        row = dict(tx.conn.execute(select(participant)).one()._mapping)
        identity = json.dumps(asdict(Identity(name="王", phone=None, email=None)), ensure_ascii=False)
        rows = []
        for number in range(2, count + 2):
            uuid = f"{number:036d}"
            sealed = tx.keys.seal(identity, f"participant/{uuid}/identity")
            own = {"id": number, "uuid": uuid, "study_number": f"CZ-{number}", "handle": f"h{number}"}
            rows.append(row | own | {"code_hash": f"c{number}", "identity_sealed": sealed})
        tx.conn.execute(insert(participant), rows)
    assert wang.id == 1


def killed_half_way(hospital: Hospital, moments: int) -> None:
    """SIGKILL as soon as some fields are done; what was done stays done, the rest still opens."""
    many(hospital, 1500)
    command = [sys.executable, "-m", "pro_app", "keys", "rotate", "--settle", "0"]
    for _ in range(moments):
        with hospital.store.reading() as tx:
            first = load_key_ring(hospital.folder / "keys.json", None).data_keys[0][0]
            left = rotation.left(tx)
        process = subprocess.Popen(command, env=os.environ | environ(hospital), stderr=subprocess.DEVNULL)
        while process.poll() is None:
            keys = load_key_ring(hospital.folder / "keys.json", None)
            with hospital.store.reading() as tx:
                now_left = rotation.left(tx)
            if (keys.data_keys[0][0] != first and now_left < 1501) or 0 < now_left < left:
                process.send_signal(signal.SIGKILL)
                process.wait()
        with hospital.store.reading() as tx:
            assert list(rotation.unopened(tx)) == []
    assert rotate(hospital).exit_code == 0
    assert len(key_ids(hospital)) == 1
    assert unopened(hospital) == []


def test_two_at_once_are_one(hospital: Hospital) -> None:
    hospital.enrol()
    path = hospital.folder / "keys.json"
    key_file.announce(path)
    key_file.put_first(path)
    with hospital.store.writing() as tx:
        rotate_keys.batch(tx, rotate_keys.START, "another machine/1/x", datetime.now(UTC))
    with pytest.raises(rotate_keys.Busy):
        rotate(hospital)


def test_killed_half_way_it_goes_on(hospital: Hospital) -> None:
    killed_half_way(hospital, 1)


@on_both
@pytest.mark.slow
def test_killed_ten_times_it_goes_on(hospital: Hospital) -> None:
    killed_half_way(hospital, 10)


def test_a_field_that_does_not_open_keeps_the_old_key(hospital: Hospital) -> None:
    hospital.enrol("CZ-001")
    hospital.enrol("CZ-002")
    with hospital.store.writing() as tx:
        tx.conn.execute(text("UPDATE participant SET identity_sealed = 'k1.AAAA' WHERE id = 2"))
    done = rotate(hospital)
    assert done.exit_code == 1
    assert "participant.identity_sealed" in done.output
    assert key_ids(hospital) == ["k2", "k1"]


def test_an_announced_key_opens_before_it_seals(hospital: Hospital) -> None:
    """Two machines with a key file each: the one that did not hear yet must be able to read."""
    done = rotate(hospital, "--announce")
    assert "k2" in done.output
    assert key_ids(hospital) == ["k1", "k2"]
    copied = (hospital.folder / "keys.json").read_bytes()
    elsewhere = hospital.folder / "other machine.json"
    elsewhere.write_bytes(copied)
    elsewhere.chmod(0o600)
    assert rotate(hospital).exit_code == 0
    assert key_ids(hospital) == ["k2"]
    sealed = hospital.store.keys.seal("Mary", "a/b/c")
    assert sealed.startswith("k2.")
    assert load_key_ring(elsewhere, None).unseal(sealed, "a/b/c") == "Mary"


def test_a_ring_without_a_file_stays_as_it_is() -> None:
    ring = KeyRing("secret", (("k1", bytes(32)),))
    assert ring.data_keys == (("k1", bytes(32)),)


def test_a_key_file_that_is_gone_or_broken_stops_nobody_who_serves(tmp_path: Path, keys: KeyRing) -> None:
    sealed = keys.seal("Mary", "a")
    (tmp_path / "keys.json").write_text("half a fi")
    assert keys.unseal(sealed, "a") == "Mary"
    (tmp_path / "keys.json").unlink()
    assert keys.unseal(keys.seal("Wang", "b"), "b") == "Wang"
