"""Taking data out by the page: at once when it is little, else in the background with a bar."""

import csv
import errno
import hashlib
import io
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from pro_app.actions import watch
from pro_app.exports.aside import NoSpace
from pro_app.exports.chunks import CHUNK
from pro_app.records import audit, export_jobs
from pro_app.records.export_jobs import Job
from pro_app.records.participants import Participant
from pro_app.records.schema_exports import export_chunk
from pro_app.records.store import Store
from pro_app.web import current, export_making, exporting
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.integration.clinic.conftest import Frozen
from tests.integration.clinic.test_pages import signed_in
from tests.integration.corrections.exported import box_of, job_of, taken
from tests.integration.exports.ward import Ward


def actions_of(ward: Ward) -> list[str]:
    with ward.store.reading() as tx:
        return [event.action for event in audit.history(tx, "NCT06120426")]


class Gate:
    """An export that stands still after its first participant until somebody lets it go on."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        self.fault: Exception | None = None
        self.maker: export_making._Maker | None = None
        self._read_more = export_making._Maker._read_more

    def __call__(self, maker: export_making._Maker, count: int) -> None:
        self._read_more(maker, count)
        self.maker = maker
        self.reached.set()
        assert self.open.wait(30)
        if self.fault:
            raise self.fault
        maker._reach(50)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(export_making._Maker, "_read_more", lambda maker, count: gate(maker, count))
    monkeypatch.setattr(export_making, "BEAT_S", 0.02)
    monkeypatch.setattr(exporting, "WAITED_FOR_S", 0)
    yield gate
    gate.open.set()
    wait_for_the_maker()


def wait_for_the_maker() -> None:
    for thread in threading.enumerate():
        if thread.name == "export":
            thread.join(30)


def found(store: Store, location: str, now: datetime) -> Job:
    """The job of this page, once the thread that makes it is through."""
    wait_for_the_maker()
    with store.reading() as tx:
        return export_jobs.find(tx, location.rpartition("/")[2], now)


def chunks_in(store: Store) -> int:
    with store.reading() as tx:
        return tx.conn.scalar(select(func.count()).select_from(export_chunk)) or 0


def said(client: object, location: str, words: str) -> str:
    """The page, once it says so: the maker tells how far it is now and then."""
    for _ in range(1000):
        page: str = client.get(location).text  # type: ignore[attr-defined]
        if words in page:
            return page
        threading.Event().wait(0.02)
    raise AssertionError(page)


def test_an_export_comes_as_a_zip_and_stands_on_the_trail(
    pages: Flask, house: Service, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    hua = signed_in(pages, "hua")
    with box_of(taken(hua, {"format": ["csv-wide", "xlsx"], "labels": "en"})) as box:
        assert {"export/bpi-sf.csv", "export/export.xlsx", "export/manifest.json"} <= set(box.namelist())
        lines = list(csv.DictReader(io.TextIOWrapper(box.open("export/bpi-sf.csv"), "utf-8-sig")))
    assert [row["bpi3"] for row in lines if row["response"]] == ["7"]
    with ward.store.reading() as tx:
        event = audit.history(tx, "NCT06120426")[0]
    assert (event.action, event.actor.name) == ("exported", "hua")
    assert list((house.settings.data_dir / "exports").iterdir()) == [], "nothing of it stays on this machine"


def test_a_site_coordinator_gets_the_own_site_and_no_arms_whatever_is_posted(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    ward.enrol("P3-001", "P3", date_of_surgery(ward), "separation")
    hua = signed_in(pages, "hua")
    assert "treatment arm" not in hua.get("/staff/exports").text
    with box_of(taken(hua, {"format": "csv-long", "arms": "1"})) as box:
        text = box.read("export/forms.csv").decode("utf-8-sig")
    assert "P3-001" not in text
    assert "en-bloc" not in text
    assert hua.post("/staff/exports", data={"format": "csv-long", "site": "P3"}).status_code == 422
    with box_of(taken(signed_in(pages, "chen"), {"format": "csv-long", "arms": "1"})) as box:
        assert "en-bloc" in box.read("export/forms.csv").decode("utf-8-sig")


def date_of_surgery(ward: Ward) -> date:
    return (ward.now - timedelta(days=14)).date()


def test_a_disk_that_is_full_while_the_zip_is_packed_is_a_sentence_and_no_entry_on_the_trail(
    pages: Flask, team: None, ward: Ward, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_making, "_pack", full)
    monkeypatch.setattr(exporting, "WAITED_FOR_S", 30)
    answer = signed_in(pages, "hua").post("/staff/exports", data={"format": "csv-wide"})
    assert answer.status_code == 507
    assert "not enough room" in answer.text
    assert "exported" not in actions_of(ward)


def test_an_export_does_not_take_the_last_of_the_disk_from_the_answers(
    pages: Flask, team: None, ward: Ward, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "free_bytes", lambda _folder: watch.LEAST_FREE - 1)
    monkeypatch.setattr(exporting, "WAITED_FOR_S", 30)
    answer = signed_in(pages, "hua").post("/staff/exports", data={"format": "csv-wide"})
    assert answer.status_code == 507
    assert chunks_in(ward.store) == 0


def test_a_large_export_goes_on_while_its_page_shows_a_bar_and_any_process_can_tell(
    pages: Flask, house: Service, team: None, ward: Ward, wang: Participant, gate: Gate
) -> None:
    ward.enrol("CZ-002", "CZ", date_of_surgery(ward), "separation")
    hua = signed_in(pages, "hua")
    begun = hua.post("/staff/exports", data={"format": "csv-wide", "labels": "en"})
    assert begun.status_code == 303
    assert gate.reached.wait(30)
    other_app = create_app(house)
    other_app.config["WTF_CSRF_ENABLED"] = False
    other_process = signed_in(other_app, "hua")
    for client in (hua, other_process):
        page = said(client, begun.location, 'value="45"')
        assert "1 of 2 participants read." in page
        assert '<noscript><meta http-equiv="refresh"' in page
        told = client.get(f"{begun.location}/progress").json
        assert told == {"percent": 45, "said": "1 of 2 participants read.", "state": "working"}
        assert "being made, 45 %" in client.get("/staff/exports").text
        assert client.get(f"{begun.location}/file").status_code == 404
        busy = client.post("/staff/exports", data={"format": "csv-wide"})
        assert busy.status_code == 503
        assert busy.headers["Retry-After"]
    chen = signed_in(other_app, "chen")
    assert "An export of somebody else is being made just now, 45 %" in chen.get("/staff/exports").text
    assert chen.post("/staff/exports", data={"format": "csv-wide"}).status_code == 503
    assert "exported" not in actions_of(ward)
    gate.open.set()
    job = found(ward.store, begun.location, ward.now)
    assert job.state == "done"
    page = other_process.get(begun.location).text
    assert "Your export is ready." in page
    assert "refresh" not in page
    assert f'href="{begun.location}/file"' in other_process.get("/staff/exports").text
    answer = other_process.get(f"{begun.location}/file")
    with box_of(answer) as box:
        assert "export/manifest.json" in box.namelist()
    assert hashlib.sha256(answer.data).hexdigest() == job.sha256
    assert job.sha256 in page
    assert actions_of(ward).count("exported") == 1


def test_who_asked_for_it_may_stop_it_from_any_process(
    pages: Flask, house: Service, team: None, ward: Ward, wang: Participant, gate: Gate
) -> None:
    ward.enrol("CZ-002", "CZ", date_of_surgery(ward), "separation")
    hua = signed_in(pages, "hua")
    begun = hua.post("/staff/exports", data={"format": "csv-wide"})
    assert gate.reached.wait(30)
    other_app = create_app(house)
    other_app.config["WTF_CSRF_ENABLED"] = False
    assert signed_in(other_app, "chen").post(f"{begun.location}/stop").status_code == 404
    other_process = signed_in(other_app, "hua")
    assert f'action="{begun.location}/stop"' in other_process.get(begun.location).text
    assert other_process.post(f"{begun.location}/stop").location == begun.location
    assert "You stopped this export." in hua.get(begun.location).text
    assert gate.maker
    assert gate.maker._unwanted.wait(30), "whoever makes it hears of it"
    gate.open.set()
    assert found(ward.store, begun.location, ward.now).fault == "export_stopped"
    assert chunks_in(ward.store) == 0
    assert "exported" not in actions_of(ward)
    assert hua.post(f"{begun.location}/stop").status_code == 303, "twice is once"
    answer = hua.post("/staff/exports", data={"format": "csv-wide"})
    assert answer.status_code == 303, "the next one may begin"


def test_an_export_that_was_given_up_for_dead_is_not_handed_out(
    pages: Flask, team: None, ward: Ward, wang: Participant, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_making, "BEAT_S", 60)
    hua = signed_in(pages, "hua")
    begun = hua.post("/staff/exports", data={"format": "csv-wide"})
    assert gate.reached.wait(30)
    monkeypatch.setattr(current, "datetime", Frozen(ward.now + timedelta(minutes=1)))
    page = hua.get(begun.location).text
    assert "The server was restarted while this export was being made." in page
    gate.open.set()
    assert found(ward.store, begun.location, ward.now + timedelta(minutes=1)).fault == "export_interrupted"
    assert hua.get(f"{begun.location}/file").status_code == 404
    assert "exported" not in actions_of(ward)
    assert chunks_in(ward.store) == 0


def test_what_goes_wrong_later_is_said_on_the_page_and_leaves_nothing(
    pages: Flask, house: Service, team: None, ward: Ward, wang: Participant, gate: Gate
) -> None:
    hua = signed_in(pages, "hua")
    begun = hua.post("/staff/exports", data={"format": "csv-wide"})
    assert gate.reached.wait(30)
    gate.fault = NoSpace(folder="exports", words="No space left on device")
    gate.open.set()
    found(ward.store, begun.location, ward.now)
    assert "not enough room" in hua.get(begun.location).text
    assert hua.get(f"{begun.location}/file").status_code == 404
    assert list((house.settings.data_dir / "exports").iterdir()) == []
    assert chunks_in(ward.store) == 0
    assert "exported" not in actions_of(ward)


def test_no_format_is_said(pages: Flask, team: None, wang: Participant) -> None:
    assert "Choose at least one format" in signed_in(pages, "hua").post("/staff/exports", data={}).text


def test_only_who_asked_for_it_may_have_it_and_only_while_the_rights_last(
    pages: Flask, team: None, ward: Ward
) -> None:
    hua, chen = signed_in(pages, "hua"), signed_in(pages, "chen")
    own = job_of(ward.store, "hua", ward.now)
    not_any_more = [
        job_of(ward.store, "hua", ward.now, sites=("CZ", "P3")),
        job_of(ward.store, "hua", ward.now, arms=True),
    ]
    for word in ("", "/progress", "/file"):
        assert hua.get(f"/staff/exports/{own}{word}").status_code == 200
        assert chen.get(f"/staff/exports/{own}{word}").status_code == 404
        for name in (*not_any_more, "0" * 32, "..%2Fkeys"):
            assert hua.get(f"/staff/exports/{name}{word}").status_code == 404
    listed = hua.get("/staff/exports").text
    assert own in listed
    assert not any(name in listed for name in not_any_more)
    assert own not in chen.get("/staff/exports").text


def test_a_download_that_was_cut_goes_on_where_it_ended(pages: Flask, team: None, ward: Ward) -> None:
    body = hashlib.shake_256(b"a large export").digest(2 * CHUNK + 500)
    own = job_of(ward.store, "hua", ward.now, body)
    address = f"/staff/exports/{own}/file"
    hua = signed_in(pages, "hua")
    whole = hua.get(address)
    assert whole.data == body
    assert whole.content_length == len(body)
    assert whole.headers["Accept-Ranges"] == "bytes"
    tag = whole.headers["ETag"]
    for first in (0, CHUNK - 1, CHUNK + 7, len(body) - 1):
        rest = hua.get(address, headers={"Range": f"bytes={first}-", "If-Range": tag})
        assert rest.status_code == 206
        assert rest.data == body[first:]
        assert rest.headers["Content-Range"] == f"bytes {first}-{len(body) - 1}/{len(body)}"
    assert hua.get(address, headers={"Range": "bytes=5-9"}).data == body[5:10]
    assert hua.get(address, headers={"Range": "bytes=5-", "If-Range": '"another"'}).data == body
    assert hua.get(address, headers={"Range": f"bytes={len(body)}-"}).status_code == 416
    assert hua.head(address).content_length == len(body)


def test_an_export_that_somebody_has_changed_in_the_database_is_not_handed_out(
    pages: Flask, team: None, ward: Ward
) -> None:
    own, hua = job_of(ward.store, "hua", ward.now), signed_in(pages, "hua")
    with ward.store.writing() as tx:
        tx.conn.execute(update(export_chunk).values(body=b"something else"))
    answer = hua.get(f"/staff/exports/{own}/file")
    assert answer.status_code == 410
    assert "be opened any more" in answer.text


def test_a_finished_export_is_gone_after_an_hour_by_whoever_looks(
    pages: Flask, team: None, ward: Ward, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = job_of(ward.store, "hua", now - timedelta(minutes=59))
    young = job_of(ward.store, "hua", now)
    hua = signed_in(pages, "hua")
    assert old in hua.get("/staff/exports").text
    assert chunks_in(ward.store) == 2
    monkeypatch.setattr(current, "datetime", Frozen(now + timedelta(minutes=2)))
    assert hua.get(f"/staff/exports/{old}/file").status_code == 404
    assert chunks_in(ward.store) == 1
    assert hua.get(f"/staff/exports/{young}/file").status_code == 200
    monkeypatch.setattr(current, "datetime", Frozen(now + timedelta(hours=1)))
    assert signed_in(pages, "chen").get("/staff/exports").status_code == 200
    assert chunks_in(ward.store) == 0


def test_what_a_kill_has_left_on_this_machine_is_gone_at_the_next_start(house: Service) -> None:
    left = house.settings.data_dir / "exports" / "making-it"
    left.mkdir(parents=True)
    create_app(house)
    assert not left.exists()
