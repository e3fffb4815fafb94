"""Taking data out by the page: at once when it is little, else in the background with a bar."""

import csv
import errno
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from pro_app.exports.aside import NoSpace
from pro_app.exports.jobs import Job, jobs_of
from pro_app.records import audit
from pro_app.records.participants import Participant
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
        self._read_more = export_making._Maker._read_more

    def __call__(self, maker: export_making._Maker, count: int) -> None:
        maker._told = 0.0
        self._read_more(maker, count)
        self.reached.set()
        assert self.open.wait(30)
        if self.fault:
            raise self.fault


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(export_making._Maker, "_read_more", lambda maker, count: gate(maker, count))
    monkeypatch.setattr(exporting, "WAITED_FOR_S", 0)
    yield gate
    gate.open.set()
    for thread in threading.enumerate():
        if thread.name == "export":
            thread.join(30)


def ended(house: Service, login: str) -> Job:
    """The person's job, once the thread that makes it is through."""
    for thread in threading.enumerate():
        if thread.name == "export":
            thread.join(30)
    return jobs_of(house.settings.data_dir).of(login)[0]


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
    folder = jobs_of(house.settings.data_dir).folder
    assert folder.stat().st_mode & 0o077 == 0, "nobody else of this machine looks in"
    assert not list(folder.glob("*.making"))


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
        page = client.get(begun.location).text
        assert 'value="45"' in page
        assert "1 of 2 participants read." in page
        assert '<noscript><meta http-equiv="refresh"' in page
        told = client.get(f"{begun.location}/progress").json
        assert told == {"percent": 45, "said": "1 of 2 participants read.", "state": "working"}
        assert "being made, 45 %" in client.get("/staff/exports").text
        assert client.get(f"{begun.location}/file").status_code == 404
        busy = client.post("/staff/exports", data={"format": "csv-wide"})
        assert busy.status_code == 503
        assert busy.headers["Retry-After"]
    assert "exported" not in actions_of(ward)
    gate.open.set()
    assert ended(house, "hua").state == "done"
    page = other_process.get(begun.location).text
    assert "Your export is ready." in page
    assert "refresh" not in page
    assert f'href="{begun.location}/file"' in other_process.get("/staff/exports").text
    with box_of(other_process.get(f"{begun.location}/file")) as box:
        assert "export/manifest.json" in box.namelist()
    assert actions_of(ward).count("exported") == 1


def test_what_goes_wrong_later_is_said_on_the_page_and_leaves_nothing(
    pages: Flask, house: Service, team: None, ward: Ward, wang: Participant, gate: Gate
) -> None:
    hua = signed_in(pages, "hua")
    begun = hua.post("/staff/exports", data={"format": "csv-wide"})
    assert gate.reached.wait(30)
    gate.fault = NoSpace(folder="exports", words="No space left on device")
    gate.open.set()
    job = ended(house, "hua")
    assert "not enough room" in hua.get(begun.location).text
    assert hua.get(f"{begun.location}/file").status_code == 404
    jobs = jobs_of(house.settings.data_dir)
    assert not jobs.file(job.id).exists()
    assert not jobs.scratch(job.id).exists()
    assert "exported" not in actions_of(ward)


def test_no_format_is_said(pages: Flask, team: None, wang: Participant) -> None:
    assert "Choose at least one format" in signed_in(pages, "hua").post("/staff/exports", data={}).text


def test_only_who_asked_for_it_may_have_it_and_only_while_the_rights_last(
    pages: Flask, house: Service, team: None, ward: Ward
) -> None:
    hua, chen = signed_in(pages, "hua"), signed_in(pages, "chen")
    own = job_of(house, "hua", ward.now)
    not_any_more = [
        job_of(house, "hua", ward.now, sites=("CZ", "P3")),
        job_of(house, "hua", ward.now, arms=True),
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


def test_a_finished_export_is_gone_after_an_hour_and_at_the_next_start(
    pages: Flask, house: Service, team: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = jobs_of(house.settings.data_dir)
    young, old = job_of(house, "hua", now), job_of(house, "hua", now - timedelta(minutes=59))
    hua = signed_in(pages, "hua")
    assert old in hua.get("/staff/exports").text
    monkeypatch.setattr(current, "datetime", Frozen(now + timedelta(minutes=2)))
    assert hua.get(f"/staff/exports/{old}/file").status_code == 404
    assert not jobs.file(old).exists()
    assert jobs.file(young).exists()
    long_ago = datetime(2020, 1, 1, tzinfo=now.tzinfo)
    jobs.put(replace(jobs.find(young), ended=long_ago))
    create_app(house)
    assert not jobs.file(young).exists()
