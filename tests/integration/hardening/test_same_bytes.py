"""What is the same bytes for everyone is answered before Flask, and nobody can tell."""

import logging
from collections.abc import Iterable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.web import question_page, same_bytes
from pro_app.web.factory import create_app
from pro_app.web.watching import EXTENSION as WATCHING
from pro_app.web.watching import HEADER
from tests.integration.hardening.conftest import Hospital

ENCODINGS = ("gzip, br", "gzip", "identity")


def addresses(hospital: Hospital) -> list[str]:
    with hospital.app.test_request_context():
        pages, figure = question_page.pages().urls, question_page.figure_url()
    return [*pages, figure, hospital.app.extensions["pro_app_assets"].url("patient.css")]


def ask(client: FlaskClient, address: str, method: str = "GET", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(address, method=method, headers=named, buffered=True)


def alone(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    """All of it but what is its own: the request's id, and the time, which the server in front says."""
    headers = [(name, "" if name == HEADER else value) for name, value in answer.headers if name != "Date"]
    return answer.status, sorted(headers), answer.data


class Counting:
    """Flask, and how often it was asked."""

    def __init__(self, hospital: Hospital) -> None:
        self.asked = 0
        found = hospital.app.extensions[same_bytes.EXTENSION]
        self._inner, found._app = found._app, self

    def __call__(self, environ: dict[str, object], start_response: object) -> Iterable[bytes]:
        self.asked += 1
        answer: Iterable[bytes] = self._inner(environ, start_response)
        return answer


def test_the_second_answer_is_the_first_byte_for_byte_and_flask_is_not_asked(hospital: Hospital) -> None:
    flask = Counting(hospital)
    ids = set()
    for address in addresses(hospital):
        for encoding in ENCODINGS:
            for method in ("GET", "HEAD"):
                before = flask.asked
                first, second, third = (
                    ask(client, address, method, Accept_Encoding=encoding)
                    for client in (hospital.client(), hospital.client(), hospital.patient())
                )
                assert flask.asked == before + 1, (address, method)
                assert alone(first) == alone(second) == alone(third), (address, method, encoding)
                assert first.status_code == 200 and bool(first.data) == (method == "GET")
                assert first.headers["Content-Length"] != "0"
                assert "Date" not in second.headers, "the time of the first one would be said for ever"
                ids |= {one.headers[HEADER] for one in (first, second, third)}
    assert len(ids) == 3 * len(addresses(hospital)) * len(ENCODINGS) * 2


def test_whatever_is_asked_for_less_plainly_is_flasks(hospital: Hospital) -> None:
    address = addresses(hospital)[0]
    known = [ask(hospital.client(), address, Accept_Encoding="br") for _ in range(2)][1]
    flask = Counting(hospital)
    unchanged = ask(hospital.client(), address, If_None_Match=known.headers["ETag"], Accept_Encoding="br")
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert ask(hospital.client(), f"{address}?lang=zh").status_code == 200
    assert ask(hospital.client(), f"{address}?%00").status_code == 400
    assert ask(hospital.client(), address, "POST").status_code == 405
    assert ask(hospital.client(), f"{address}x").status_code == 302
    assert flask.asked == 5


@pytest.mark.parametrize(
    "address", ["/", "/staff/sign-in", "/healthz", "/static/old/patient.css", "/nowhere"]
)
def test_nothing_else_is_kept(hospital: Hospital, address: str) -> None:
    flask = Counting(hospital)
    ask(hospital.client(), address)
    ask(hospital.client(), address)
    assert flask.asked == 2


def test_a_new_release_is_asked_for_anew(hospital: Hospital) -> None:
    address = addresses(hospital)[0]
    ask(hospital.client(), address)
    ask(hospital.client(), address)
    flask = Counting(hospital)
    question_page.forget(hospital.app)
    ask(hospital.client(), address)
    assert flask.asked == 1


def test_each_is_counted_and_logged_by_its_route(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(hospital.house.settings, log="json", trusted_proxies=1)
    app = create_app(replace(hospital.house, settings=settings))
    address = app.extensions["pro_app_assets"].url("patient.css")
    with caplog.at_level(logging.INFO, "pro_app.request"):
        for number in range(3):
            answer = ask(app.test_client(), address, X_Request_ID=f"of-the-proxy-{number}")
            assert answer.headers[HEADER] == f"of-the-proxy-{number}"
    assert sum(app.extensions[WATCHING].by_time) == 3
    told = [vars(record)["facts"] for record in caplog.records if record.name == "pro_app.request"]
    assert [(one["route"], one["status"]) for one in told] == [("/static/<release>/<path:name>", 200)] * 3
