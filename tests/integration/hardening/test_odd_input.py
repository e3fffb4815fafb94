"""Malformed input by the thousand: no 5xx, no traceback, nothing of it in an answer's header.

Every route is tried with every field that any form of the program knows. The short form takes each route with
a few values, chosen anew for each field; `--heavy` takes every value for every route.
"""

import itertools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import BuildError, Rule
from werkzeug.test import TestResponse

from pro_app.config import ROOT
from pro_app.web.guard import Guard
from tests.integration.hardening.conftest import Hospital

NASTY = (
    "",
    "\x00",
    "a\x00b",
    "𝟙",
    "１２",
    "9" * 5000,
    "-1",
    "0",
    "1e400",
    "NaN",
    "1.5",
    "99999999999999999999",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "2026-12-01T25:61",
    "'; DROP TABLE staff;--",
    "{{7*7}}",
    "%(x)s %s %d %",
    "<script>",
    "../../etc/passwd",
    "\r\nX-Evil: 1",
    "a" * 20_000,
    "\u202e\ufeff",
    "[]",
    "{}",
    "null",
    "yes",
    "bpi-sf",
    "a@b@c\n",
    "😀" * 50,
    "\\",
    "//evil.example",
    "/staff/\\evil.example",
    "/staff/../..//evil.example",
    "CZ-003",
    "P3-001",
)
BODIES = (
    b"",
    b"\xff\xfe\x00",
    b"[" * 50_000,
    b'{"ref":"\\ud800"}',
    b"a=%FF&b=%00&login=%ED%A0%80",
    b"&" * 3000,
    b"null",
    b'--x\r\nContent-Disposition: form-data; name="a"; filename="\xff"\r\n\r\n\x00\r\n--x--',
    b"--x\r\n",
    b'{"a":1e999}',
    b"1" * 5000,
    b'{"answers":' + b"[" * 900 + b"]" * 900 + b"}",
)
KINDS = (
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/json",
    "text/plain",
    ";;;",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/json; charset=nope",
)
HEADERS: tuple[dict[str, str], ...] = (
    {"Referer": "http://["},
    {"Accept-Language": "\xff;q=x,,,;"},
    {"Accept-Language": "a" * 5000},
    {"Authorization": "Visit \xff"},
    {"Authorization": "Visit"},
    {"Authorization": "Basic ????"},
    {"Cookie": '__Host-visit=\xff\x80; __Host-form=.eJ; __Host-staff="\\000"; __Host-text_size=9e9; =;;\x7f'},
    {"If-None-Match": '"\\'},
    {"If-Modified-Since": "x"},
    {"Range": "bytes=9-1,,"},
    {"Content-Length": "-5"},
    {"Content-Length": "x"},
    {"Host": "evil[.example"},
    {"Host": ""},
    {"X-Request-ID": "<>"},
    {"Origin": "null"},
    {"Content-Type": "a/b; boundary=\xff"},
    {"Accept": ";;q=,"},
    {"Accept-Encoding": "br;q=x, ,gzip;q=0"},
)
# What a form's field may hold when somebody sends JSON where a form is read.
NO_TEXTS = ("5", "1.5", "1e999", "null", "true", "[]", "[1]", "{}", '{"a": {"b": []}}', "[" * 900 + "]" * 900)
LEFT_ALONE = {"accounts.leave"}  # it would end the session that the others are tried with


def known_fields() -> list[str]:
    """Every name that some view asks a form or an address for, and every named field of the templates."""
    asked = re.compile(r'(?:form|args|values|sent)\.(?:get|getlist)\(\s*"(\w+)"|(\w+) = \w*Field\(')
    named = re.compile(r'<(?:input|select|textarea|button)[^>]* name="([\w-]+)"')
    web = ROOT / "pro_app" / "web"
    found = {name for file in web.glob("*.py") for pair in asked.findall(file.read_text()) for name in pair}
    found |= {name for file in web.glob("templates/**/*.html") for name in named.findall(file.read_text())}
    return sorted(found - {"", "csrf_token"})


FIELDS = known_fields()


def leads_away(answer: TestResponse) -> bool:
    """Whether a redirect goes anywhere but to a path of our own."""
    target = answer.headers.get("Location", "/")
    return not target.startswith("/") or target.startswith(("//", "/\\"))


@dataclass
class Bench:
    """Sends what it is told to and remembers what went wrong."""

    hospital: Hospital
    wrong: list[tuple[object, ...]] = field(default_factory=list)
    count: int = 0
    clients: dict[object, FlaskClient] = field(default_factory=dict)

    def send(self, rule: Rule, guard: Guard, method: str, path: str, **more: Any) -> TestResponse:
        client = self.clients.get((guard.kind, guard.roles)) or self.hospital.admitted(guard)
        self.clients[guard.kind, guard.roles] = client
        self.count += 1
        answer = client.open(path, method=method, **more)
        # A path that comes back percent-encoded in `Location` is no header of its own.
        split = "X-Evil" in answer.headers or any(
            set(value) & set("\r\n") for value in answer.headers.values()
        )
        if answer.status_code >= 500 or split or leads_away(answer):
            self.wrong.append((rule.rule, method, path[:80], answer.status_code, str(more)[:200]))
        if "/staff/sign-in" in answer.headers.get("Location", ""):
            self.clients.pop((guard.kind, guard.roles))
        return answer


@pytest.fixture
def bench(hospital: Hospital, caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    """Behind the form's secret, where only signed-in people come, is where views read forms."""
    hospital.app.config["WTF_CSRF_ENABLED"] = False
    caplog.set_level(logging.CRITICAL, "pro_app.request")
    bench = Bench(hospital)
    yield bench
    print(f"{bench.count:,} requests")
    assert not bench.wrong, "\n".join(map(str, bench.wrong[:40]))


def turns(bench: Bench) -> Iterator[tuple[Rule, Guard, str]]:
    for rule, guard in bench.hospital.routes():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.endpoint not in LEFT_ALONE and not rule.rule.endswith(".pdf"):
                yield rule, guard, method


def fields_of(shift: int) -> dict[str, str]:
    """A value for each field; another one for each `shift`."""
    return {name: NASTY[(number + shift) % len(NASTY)] for number, name in enumerate(FIELDS)}


def try_route(bench: Bench, rule: Rule, guard: Guard, method: str, start: int, rounds: int) -> None:
    base = bench.hospital.path(rule)
    where = "data" if method == "POST" else "query_string"
    for shift in range(start, start + rounds):
        # A NUL anywhere is refused at the door: without it the values get as far as the views.
        plain = {name: value for name, value in fields_of(shift).items() if "\x00" not in value}
        bench.send(rule, guard, method, base, **{where: plain})
        bench.send(rule, guard, method, base, headers=HEADERS[shift % len(HEADERS)])
        for name in rule.arguments:
            try:
                path = bench.hospital.path(rule, **{name: NASTY[shift % len(NASTY)]})
            except (BuildError, ValueError):
                continue
            bench.send(rule, guard, method, path)
        if method == "POST":
            body, kind = BODIES[shift % len(BODIES)], KINDS[shift % len(KINDS)]
            bench.send(rule, guard, method, base, data=body, content_type=kind)


def as_json(value: str) -> bytes:
    """Each field of any form, with this for its value."""
    return ("{" + ",".join(f'"{name}":{value}' for name in FIELDS) + "}").encode()


def test_no_route_falls_over_json_where_it_reads_a_form(bench: Bench) -> None:
    posts = [turn for turn in turns(bench) if turn[2] == "POST"]
    for number, (rule, guard, method) in enumerate(posts):
        body = as_json(NO_TEXTS[number % len(NO_TEXTS)])
        bench.send(rule, guard, method, bench.hospital.path(rule), data=body, content_type="application/json")
    assert bench.count > 60


def test_no_route_falls_over_what_it_is_sent(bench: Bench) -> None:
    for number, (rule, guard, method) in enumerate(turns(bench)):
        try_route(bench, rule, guard, method, start=number * 3, rounds=1)
    assert bench.count > 300


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_no_route_falls_over_any_of_it(bench: Bench) -> None:
    for rule, guard, method in turns(bench):
        try_route(bench, rule, guard, method, start=0, rounds=len(NASTY))
        if method == "POST":
            base = bench.hospital.path(rule)
            for body, kind in itertools.product(BODIES, KINDS):
                bench.send(rule, guard, method, base, data=body, content_type=kind)
            for value in NO_TEXTS:
                bench.send(rule, guard, method, base, data=as_json(value), content_type="application/json")
    assert bench.count > 20_000


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgres"])
def test_postgresql_is_never_asked_for_what_is_no_text(bench: Bench) -> None:
    """Where SQLite shrugs, PostgreSQL raises: a NUL, a number too large for a row, half a character."""
    for number, (rule, guard, method) in enumerate(turns(bench)):
        base = bench.hospital.path(rule)
        # A NUL is refused at the door, the same for all; a number gets as far as the views.
        for text in (("99999999999", "9" * 400)[number % 2], *(("a\x00b",) if number % 5 == 0 else ())):
            where = "data" if method == "POST" else "query_string"
            bench.send(rule, guard, method, base, **{where: dict.fromkeys(FIELDS, text)})
            if rule.arguments:
                try:
                    path = bench.hospital.path(
                        rule, **{sorted(rule.arguments)[number % len(rule.arguments)]: text}
                    )
                except (BuildError, ValueError):
                    continue
                bench.send(rule, guard, method, path)


TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data())
def test_invented_requests_are_refused_or_answered(bench: Bench, data: st.DataObject) -> None:
    """Routes, fields, texts and bytes as a machine invents them."""
    rule, guard, method = data.draw(st.sampled_from(list(turns(bench))))
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS), TEXTS, max_size=12))
    base = bench.hospital.path(rule)
    query = data.draw(
        st.dictionaries(st.sampled_from(("lang", "next", "page", "site", "show")), TEXTS, max_size=3)
    )
    more: dict[str, Any] = {"query_string": query}
    if method == "POST" and data.draw(st.booleans()):
        more |= {
            "data": data.draw(st.binary(max_size=200)),
            "content_type": data.draw(st.sampled_from(KINDS)),
        }
    elif method == "POST":
        more |= {"data": fields}
    bench.send(rule, guard, method, base, **more)
    assert not bench.wrong, bench.wrong


def test_a_thousand_fields_and_a_thousand_parts_are_too_many(bench: Bench) -> None:
    client = bench.hospital.client()
    parts = {f"a{number}": "b" for number in itertools.islice(itertools.count(), 1100)}
    assert client.post("/c", data=parts, content_type="multipart/form-data").status_code == 413
    assert client.post("/c", data=b"a" * 300_000, content_type=KINDS[5]).status_code == 413
    assert client.post("/device/envelope", data=b"[" * 300_000, content_type=KINDS[2]).status_code == 413
