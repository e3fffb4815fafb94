"""The audit trail as a page: each reader sees the own part of it, finds rows, takes them out."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import accounts
from pro_app.actions.look_at_trail import PAGE
from pro_app.records import audit, staff
from pro_app.records.audit import Actor
from pro_app.wiring import Service
from tests.integration.clinic.people import LI, PASSWORD, enrolled, mary, wang


@pytest.fixture
def wangs(house: Service, now: datetime, team: None) -> None:
    enrolled(house.store, house.study, house.links, wang(), now)
    enrolled(house.store, house.study, house.links, mary(), now)


def signed_in(clinic: Flask, login: str, language: str = "en") -> FlaskClient:
    client = clinic.test_client()
    assert client.post("/staff/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
    client.post("/staff/language", data={"language": language})
    return client


def rows(client: FlaskClient, **asked: str) -> list[dict[str, str]]:
    answer = client.post("/staff/trail/table", data=asked)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("login", "chains"),
    [
        ("li", {"CZ"}),
        ("zhao", {"P3"}),
        ("mu", {"P3"}),
        ("chen", {"CZ", "P3", "study"}),
        ("mo", {"CZ", "P3", "study"}),
    ],
)
def test_a_reader_sees_the_chains_that_are_theirs(
    clinic: Flask, wangs: None, login: str, chains: set[str]
) -> None:
    client = signed_in(clinic, login)
    found = rows(client)
    assert {row["chain"] for row in found} == chains
    assert client.get("/staff/trail").status_code == 200
    if "study" not in chains:
        other = ({"CZ", "P3"} - chains).pop()
        assert rows(client, chain=other) == []
        number = {"CZ": "CZ-003", "P3": "P3-001"}[other]
        assert rows(client, subject=number) == []


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_an_administrator_sees_what_happened_to_accounts_and_no_participant(
    clinic: Flask, wangs: None
) -> None:
    client = signed_in(clinic, "ad")
    found = rows(client)
    assert {"staff_added", "signed_in"} <= {row["action"] for row in found}
    page = client.get("/staff/trail").text
    assert not {"enrolled", "response_received"} & {row["action"] for row in found}
    assert rows(client, what="enrolled") == []
    for number in ("CZ-003", "P3-001"):
        assert number not in page
        assert number not in str(found)


def test_rows_are_found_by_who_what_about_whom_and_when(clinic: Flask, wangs: None, now: datetime) -> None:
    client = signed_in(clinic, "chen")
    assert {row["subject"] for row in rows(client, what="enrolled")} == {"CZ-003", "P3-001"}
    assert {row["subject"] for row in rows(client, subject="CZ-0*")} == {"CZ-003"}
    assert {row["actor"] for row in rows(client, who="li", what="enrolled")} == {"li"}
    assert rows(client, who="nobody") == []
    assert rows(client, subject="%*") == [], "a percent sign is a percent sign"
    day = now.date()
    assert rows(client, since=day.isoformat(), what="enrolled")
    assert rows(client, until=(day - timedelta(days=1)).isoformat(), what="enrolled") == []
    assert rows(client, since=(day + timedelta(days=1)).isoformat()) == []


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("asked", [{"since": "soon"}, {"until": "2026-13-01"}, {"until": "9999-12-31"}])
def test_what_is_no_day_is_said_in_a_sentence(clinic: Flask, team: None, asked: dict[str, str]) -> None:
    client = signed_in(clinic, "chen")
    for answer in (
        client.get("/staff/trail", query_string=asked),
        client.post("/staff/trail/table", data=asked),
    ):
        assert answer.status_code == 422
        assert "A day is written like" in answer.text


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "0"])
def test_an_odd_page_is_a_page(clinic: Flask, team: None, before: str) -> None:
    assert signed_in(clinic, "chen").get(f"/staff/trail?before={before}").status_code == 200


def test_pages_show_every_row_once_whatever_the_order(
    clinic: Flask, house: Service, team: None, now: datetime
) -> None:
    with house.store.writing() as tx:
        for number in range(PAGE + 7):
            # Half of them share an instant: time alone is no order.
            at = now + timedelta(seconds=number // 2)
            audit.append(tx, "CZ", LI, "identity_read", f"CZ-{number}", {"n": number}, at)
    clients = {login: signed_in(clinic, login) for login in ("li", "chen")}
    for login, asked in (
        ("li", "what=identity_read"),
        ("chen", "what=identity_read"),
        ("chen", f"what=identity_read&since={now.date()}"),
        ("chen", "what=identity_read&subject=CZ-*"),
    ):
        seen: list[str] = []
        address = f"/staff/trail?{asked}"
        while address:
            page = clients[login].get(address).text
            seen += [part.split("<")[0] for part in page.split("<td>CZ-")[1:]]
            link = page.split('rel="next"')[0].rsplit('href="', 1)[-1].split('"')[0]
            address = link.replace("&amp;", "&") if 'rel="next"' in page else ""
        assert list(map(int, seen)) == list(reversed(range(PAGE + 7))), asked


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_was_and_what_is_stands_there_in_words(
    clinic: Flask, house: Service, wangs: None, now: datetime
) -> None:
    moved = {
        "was": {"state": "planned", "planned_on": "2026-12-08"},
        "is": {"state": "planned", "planned_on": "2026-12-15"},
    }
    with house.store.writing() as tx:
        audit.append(tx, "CZ", LI, "surgery_changed", "CZ-003", moved, now)
        told = {"was": "active", "is": "paused", "reason": "in_hospital"}
        audit.append(tx, "CZ", LI, "status_changed", "CZ-003", told, now)
    page = signed_in(clinic, "li").get("/staff/trail?subject=CZ-003").text
    assert "Planned day of surgery: <del>2026-12-08</del> → <ins>2026-12-15</ins>" in page
    assert "<del>Active</del> → <ins>Paused</ins>" in page
    assert "Reason: In hospital" in page
    assert "10.0.0.1" in page, "from where"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_arm_is_told_only_to_who_may_know_it(clinic: Flask, wangs: None) -> None:
    for login, told in (("li", False), ("mo", False), ("hua", True), ("chen", True)):
        client = signed_in(clinic, login)
        assert ("en-bloc" in client.get("/staff/trail?subject=CZ-003").text) is told, login
        assert ("en-bloc" in str(rows(client, subject="CZ-003"))) is told, login


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_taking_rows_out_is_on_the_trail_and_no_cell_runs_as_a_formula(
    clinic: Flask, house: Service, team: None, now: datetime
) -> None:
    with house.store.writing() as tx:
        audit.append(tx, "study", Actor("patient", "=1+1"), "enrolled", "@x", {}, now)
    found = rows(signed_in(clinic, "chen"), what="enrolled")
    assert (found[0]["actor"], found[0]["subject"]) == ("'=1+1", "'@x")
    with house.store.reading() as tx:
        assert audit.history(tx, "NCT06120426")[0].action == "trail_exported"
        assert audit.verify(tx) == ()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_another_role_acts_on_the_next_click(
    clinic: Flask, house: Service, team: None, now: datetime
) -> None:
    li = signed_in(clinic, "li")
    assert li.get("/staff/enrol").status_code == 200
    with house.store.writing() as tx:
        accounts.set_place(tx, staff.by_login(tx, "li"), "administrator", None, LI, now)
    assert li.get("/staff/enrol").status_code == 403
    assert li.get("/staff/accounts").status_code == 200
    with house.store.writing() as tx:
        accounts.set_place(tx, staff.by_login(tx, "li"), "nurse", "P3", LI, now)
    assert {row["chain"] for row in rows(li)} <= {"P3"}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_page_speaks_chinese(clinic: Flask, team: None) -> None:
    assert 'lang="zh-Hans"' in signed_in(clinic, "chen", "zh-Hans").get("/staff/trail").text


def test_the_day_begins_at_midnight_of_the_site(clinic: Flask, house: Service, team: None) -> None:
    late = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)  # half past midnight on 1 December in Shanghai
    with house.store.writing() as tx:
        audit.append(tx, "CZ", LI, "identity_read", "CZ-001", {}, late)
    client = signed_in(clinic, "li")
    day = date(2026, 12, 1).isoformat()
    assert len(rows(client, subject="CZ-001", since=day, until=day)) == 1
    assert rows(client, subject="CZ-001", until="2026-11-30") == []
