"""Every response carries every header, whatever it is: a page, a refusal, a file, a redirect, a fault."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.test import TestResponse

from pro_app.errors import ProAppError
from pro_app.web.headers import CONTENT_SECURITY_POLICY, of_a_refusal
from tests.integration.hardening.conftest import Hospital, rows

WANTED = of_a_refusal(https=True)
# Three kinds of responses have a policy of their own, and it is the stricter one.
STRICTER = {"files.static", "demo_inbox.letter", "question_page.show"}
# What may be kept by a browser: the same bytes for everyone, nothing of anybody.
MAY_BE_KEPT = {
    "files.static",
    "question_page.today",
    "question_page.show",
    "question_page.figure",
    "shell.worker",
    "shell.shell",
    "tablet_side.round_shell",
    "tablet_side.words",
}


def check(answer: TestResponse, *, kept: bool = False, stricter: bool = False) -> None:
    for name, value in WANTED.items():
        if name == "Cache-Control" and kept:
            assert "private" not in answer.headers[name], answer.request.path
        elif name == "Content-Security-Policy" and stricter:
            assert answer.headers[name].startswith("default-src 'none'")
        else:
            assert answer.headers.get(name) == value, (answer.request.path, name, answer.headers.get(name))
    assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers


def test_every_route_answers_with_every_header_and_looking_changes_nothing(hospital: Hospital) -> None:
    statuses = set()
    routes = [(rule, hospital.admitted(guard)) for rule, guard in hospital.routes()]
    before = rows(hospital)
    for rule, admitted in routes:
        stranger = hospital.client()
        stranger, first = hospital.client(), "GET" if "GET" in (rule.methods or ()) else "OPTIONS"
        # A file that takes a browser to make is made elsewhere; its refusal is looked at here.
        inside = () if rule.rule.endswith(".pdf") else ((admitted, first),)
        for client, method in (*inside, (stranger, "POST" if first == "OPTIONS" else first)):
            answer = client.open(hospital.path(rule), method=method)
            statuses.add(answer.status_code)
            kept = rule.endpoint in MAY_BE_KEPT and answer.status_code < 400
            check(answer, kept=kept, stricter=rule.endpoint in STRICTER)
    assert statuses >= {200, 302, 303, 400, 401, 404}
    assert rows(hospital) == before


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> Iterator[None]:
    """While this lasts, nobody knows what time it is."""

    def fail() -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr("pro_app.web.entry.now", fail)
        yield


def test_refusals_of_every_kind_carry_them_too(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    client = hospital.client()
    hospital.app.config["WTF_CSRF_ENABLED"] = False
    header = {"Authorization": f"Visit {hospital.token}"}
    found = {
        400: client.post("/c", data={"code": "a\x00"}),
        404: client.get("/nowhere"),
        405: client.delete("/healthz"),
        413: client.post("/c", data=b"x" * 300_000, content_type="application/x-www-form-urlencoded"),
        415: client.post("/device/draft", data="a", headers=header),
        422: client.post("/device/draft", json=[], headers=header),
        401: client.get("/visit"),
        403: client.post("/device/draft", json={"ref": "a.b"}, headers=header),
    }
    with broken(monkeypatch, RuntimeError("the words of a fault are nobody's business")):
        found[500] = client.get(f"/v/{hospital.token}")
    for _ in range(25):
        found[429] = client.post("/c", data={"code": "AAAAAA"})
    for status, answer in found.items():
        assert answer.status_code == status
        check(answer)
        assert "Traceback" not in answer.text and "nobody's business" not in answer.text
    assert found[429].headers["Retry-After"].isdigit()
    assert set((found[405].headers["Allow"]).split(", ")) == {"GET", "HEAD", "OPTIONS"}


class Busy(ProAppError):
    """Somebody else is writing."""

    code = "busy"


def test_when_the_database_is_busy_machines_are_told_when_to_come_back(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken(monkeypatch, Busy()):
        answer = hospital.client().get(f"/v/{hospital.token}")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "30"
    check(answer)


def test_the_policy_allows_nothing_inline_and_nobody_elses_host() -> None:
    parts = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert not re.search(r"unsafe|\*|https?:|blob:|strict-dynamic", CONTENT_SECURITY_POLICY)
    assert parts["default-src"] == parts["base-uri"] == parts["frame-ancestors"] == "'none'"
    assert all("data:" not in value for name, value in parts.items() if name != "img-src")


def test_without_https_no_browser_is_told_to_insist_on_it() -> None:
    assert "Strict-Transport-Security" not in of_a_refusal(https=False)
