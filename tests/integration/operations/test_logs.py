"""A log tells what happened and nothing of whom: a whole walk leaves no name, number, link or answer."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from pro_app import clock, logs
from pro_app.config import read_settings
from pro_app.records import migrating, participants
from pro_app.web.factory import create_app
from pro_app.wiring import Service, build
from tests.integration.clinic.people import PASSWORD, hired
from tests.integration.patient.conftest import Phone
from tests.integration.patient.test_device import draft, post, visit, whole
from tests.people import enrolled

NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
OWN_WORDS = "my daughter lives in Hangzhou"


@contextmanager
def written_down(kind: str) -> Iterator[io.StringIO]:
    """Everything that the program logs meanwhile, as it would stand in the file."""
    file = io.StringIO()
    handler = logging.StreamHandler(file)
    line = logs.JsonLine if kind == "json" else logs.TextLine
    handler.setFormatter(line(words=False))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield file
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Service]:
    """A whole demonstration, with its clock, its inbox and its registry that nobody answers for."""
    environ = {"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_PORT": "9", "PRO_APP_LOG": "json"}
    service = build(read_settings(environ))
    migrating.up(service.store)
    yield service
    service.store.close()


@pytest.fixture
def app(house: Service) -> Flask:
    app = create_app(house)
    app.config["WTF_CSRF_ENABLED"] = False

    def breaks() -> None:
        raise ValueError(
            f"(13800000001) DETAIL: Failing row contains (王秀英, wang@example.org, {OWN_WORDS})"
        )

    app.before_request_funcs.setdefault("health", []).append(breaks)
    return app


def walk(house: Service, app: Flask) -> list[str]:
    """A day of the hospital; returns everything that must not be in a log."""
    hired(house.store, "li", "nurse", "CZ", NOON)
    li = app.test_client()
    li.post("/staff/sign-in", data={"login": "li", "password": "a wrong password"})
    li.post("/staff/sign-in", data={"login": "li", "password": PASSWORD})
    with house.store.writing() as tx:
        wang = enrolled(tx, house.study, house.links, NOON)
    phone = Phone(house, app.test_client(), wang)
    li.get("/staff/participants?find=13800000001")
    li.get(f"/staff/participants/{wang.study_number}")
    li.post(f"/staff/participants/{wang.study_number}/identity")
    phone.client.get("/v/abcdefghjk.2w.AAAAAAAAAAAAAAAA")
    phone.client.post("/c", data={"code": "WRONG7"})
    phone.client.post("/c", data={"code": phone.code})
    phone.client.get(f"/v/{phone.token()}")
    phone.client.post(f"/v/{phone.token()}")
    phone.agree()
    visit(phone)
    post(phone, "draft", draft(phone, answers={"q1": {"value": OWN_WORDS}}))
    post(phone, "draft", b'{"answers": {"q1": "' + OWN_WORDS.encode())
    assert post(phone, "response", whole(phone)).status_code == 201
    phone.client.get(f"/nothing/{wang.study_number}?name=王秀英")
    assert phone.client.get("/healthz").status_code == 500
    done = clock.tick_once(house, NOON + timedelta(minutes=1))
    assert done.reminded.looked_at == 1
    with house.store.reading() as tx:
        identity = participants.identity_of(tx, wang)
    mac = phone.token().rsplit(".", 1)[1]
    return [
        identity.name,
        identity.phone,
        identity.email,
        wang.handle,
        mac,
        phone.token(),
        phone.code,
        PASSWORD,
        "a wrong password",
        OWN_WORDS,
        wang.study_number,
        "王秀英",
        "WRONG7",
        "abcdefghjk",
    ]


def test_a_whole_walk_leaves_nothing_personal_in_the_log(house: Service, app: Flask) -> None:
    with time_machine.travel(NOON, tick=False), written_down("text") as plain, written_down("json") as json_:
        forbidden = walk(house, app)
    for log in (plain.getvalue(), json_.getvalue()):
        for word in forbidden:
            assert word not in log, word
        assert "/v/<token>" in log
        assert "/staff/participants/<study_number>" in log
        assert "ValueError at operations/test_logs.py" in log
    rows = [json.loads(line) for line in json_.getvalue().splitlines()]
    requests = [row for row in rows if row["logger"] == "pro_app.request"]
    facts = {"at", "level", "logger", "message", "request", "method", "route", "status", "ms"}
    assert set(requests[0]) == facts
    assert [row for row in requests if not re.fullmatch(r"[0-9a-f]{32}", row.get("request", ""))] == []


def test_a_request_has_one_id_in_every_line_and_in_the_answer(app: Flask) -> None:
    with written_down("json") as file:
        answer = app.test_client().get("/healthz")
    rows = [json.loads(line) for line in file.getvalue().splitlines()]
    assert len(rows) >= 2
    assert {row["request"] for row in rows} == {answer.headers["X-Request-ID"]}


@pytest.mark.parametrize(
    ("proxies", "sent", "taken"),
    [
        ("1", "nginx-0123456789", True),
        ("0", "nginx-0123456789", False),
        ("1", "short", False),
        ("1", "two words of somebody", False),
        ("1", "x" * 65, False),
    ],
)
def test_an_id_is_taken_from_a_trusted_proxy_only(
    tmp_path: Path, proxies: str, sent: str, taken: bool
) -> None:
    service = build(read_settings({"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_TRUSTED_PROXIES": proxies}))
    answer = create_app(service).test_client().get("/healthz", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is taken
    service.store.close()


@pytest.mark.parametrize(
    ("line", "struck"),
    [
        ("GET /v/abcdefghjk.2w.AbCdEfGhIjKlMnOp 200", "GET /v/*** 200"),
        ("no mailbox for wang.x@example.org here", "no mailbox for *** here"),
        ("called +8613800000001, twice", "called ***, twice"),
        ("13800000001", "***"),
        ("delivery 0b7c5a52-6d1f-4b53-9f10-0d7a3a1f2b11 at 2026-12-01 04:00:00,123", None),
        ("clock: 12 decided, 345678 sent", None),
    ],
)
def test_what_looks_like_somebody_is_struck_out(line: str, struck: str | None) -> None:
    assert logs.strike(line) == (line if struck is None else struck)


def test_a_fault_is_told_by_its_type_and_places_down_to_its_cause() -> None:
    try:
        try:
            raise KeyError("Mary Ellis")
        except KeyError as fault:
            raise RuntimeError("of Mary Ellis") from fault
    except RuntimeError:
        record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "broke", (), sys.exc_info())
    told = logs.TextLine(words=False).format(record)
    assert "Mary" not in told
    assert re.search(r"RuntimeError at operations/test_logs.py:\d+ in test_\w+; from KeyError at ", told)
    assert "Mary" in logs.TextLine(words=True).format(record)


def test_installing_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.install("text")
        logs.install("json")
        logging.getLogger("pro_app.x").warning("once")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    lines = [line for line in capsys.readouterr().err.splitlines() if "once" in line]
    assert [json.loads(line)["message"] for line in lines] == ["once"]
