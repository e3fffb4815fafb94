"""Pages through the shipped nginx: what it adds, what it refuses by itself, what it keeps to itself."""

import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.start import free_port
from pro_app.web.headers import of_a_refusal
from tests.deploy.conftest import Installation, needs_nginx
from tests.deploy.programs import NAME, Answer, Front

IN_CHINESE, IN_ENGLISH = "医院", "hospital"


@pytest.fixture
def deserted(tmp_path: Path) -> Iterator[Front]:
    """The same nginx while no web process runs at all."""
    needs_nginx()
    front = Front(tmp_path, [free_port(), free_port()])
    front.start()
    yield front
    front.stop()


def carries_every_header_once(answer: Answer) -> bool:
    wanted = of_a_refusal(https=True)
    return {name: answer.headers.get(name.lower()) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }


def test_a_page_comes_through_tls_with_every_header_once(installation: Installation) -> None:
    page = installation.front.ask("GET", "/")
    assert page.status == 200
    assert carries_every_header_once(page)
    assert page.one("set-cookie").startswith("__Host-")
    assert page.one("server") == "nginx"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_a_browser_may_speak(installation: Installation) -> None:
    spoken = {}
    for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = installation.front.context
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version
        context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            with (
                socket.create_connection(("127.0.0.1", installation.front.tls), 10) as plain,
                context.wrap_socket(plain, server_hostname=NAME) as talk,
            ):
                spoken[version.name] = talk.selected_alpn_protocol()
        except ssl.SSLError:
            spoken[version.name] = None
    assert spoken == {"TLSv1_1": None, "TLSv1_2": "h2", "TLSv1_3": "h2"}


def test_a_name_that_is_not_ours_gets_no_certificate_and_no_page(installation: Installation) -> None:
    front = installation.front
    with socket.create_connection(("127.0.0.1", front.tls), 10) as plain, pytest.raises(ssl.SSLError):
        front.context.wrap_socket(plain, server_hostname="127.0.0.1")
    assert front.ask("GET", "/", headers={"Host": "elsewhere.example"}).status == 421


def test_without_tls_there_is_only_the_way_to_it(installation: Installation) -> None:
    talk = http.client.HTTPConnection("127.0.0.1", installation.front.plain, timeout=10)
    talk.request("GET", "/staff?x=1", headers={"Host": "elsewhere.example"})
    answer = talk.getresponse()
    assert (answer.status, answer.getheader("Location")) == (
        308,
        f"https://{NAME}:{installation.front.tls}/staff?x=1",
    )


def test_nginx_refuses_in_both_languages_and_with_our_headers(installation: Installation) -> None:
    front = installation.front
    large = b"x" * ((1 << 20) + 1)
    to_a_phone = front.ask("POST", "/device/response", large)
    assert (to_a_phone.status, to_a_phone.json["error"]) == (413, "too_large")
    assert to_a_phone.one("content-type").startswith("application/json")
    to_a_person = front.ask("POST", "/staff/sign-in", large)
    figures = front.ask("GET", "/metrics", headers={"Authorization": "Bearer anything"})
    long_header = front.ask("GET", "/", headers={"X-Long": "x" * 40_000})
    assert [to_a_person.status, figures.status, long_header.status] == [413, 404, 400]
    for answer in (to_a_phone, to_a_person, figures, long_header):
        assert carries_every_header_once(answer)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in answer.body.decode())


def test_what_the_program_refuses_passes_as_the_program_says_it(installation: Installation) -> None:
    sent = b"x" * (300 * 1024)
    answer = installation.front.ask("POST", "/staff/sign-in", sent, {"Accept-Language": "en"})
    assert answer.status == 413
    assert carries_every_header_once(answer)
    assert b"<nav" in answer.body or b'rel="stylesheet"' in answer.body


def test_while_no_process_answers_people_and_phones_are_told_when_to_come_again(deserted: Front) -> None:
    page, call = deserted.ask("GET", "/"), deserted.ask("POST", "/device/response", b"{}")
    for answer in (page, call):
        assert answer.status == 503
        assert int(answer.one("retry-after")) <= 30
        assert carries_every_header_once(answer)
    words = page.body.decode()
    assert IN_CHINESE in words and IN_ENGLISH in words
    assert page.one("content-type").startswith("text/html")
    assert call.json["error"] == "busy"
    sheet = deserted.ask("GET", "/refusal.css")
    assert b'href="/refusal.css"' in page.body
    assert (sheet.status, sheet.one("content-type")) == (200, "text/css")
    assert carries_every_header_once(sheet)


def in_one_breath(front: Front, links: list[str]) -> list[int]:
    """One request with each of these links, all written before the first answer; the statuses in order."""
    call = "GET /device/visit/x HTTP/1.1\r\nHost: {name}\r\nAuthorization: Visit {link}\r\n{end}\r\n"
    last = len(links) - 1
    calls = [
        call.format(name=NAME, link=link, end="Connection: close\r\n" if number == last else "")
        for number, link in enumerate(links)
    ]
    with (
        socket.create_connection(("127.0.0.1", front.tls), 60) as plain,
        front.context.wrap_socket(plain, server_hostname=NAME, suppress_ragged_eofs=True) as talk,
    ):
        talk.sendall("".join(calls).encode())
        heard = b""
        while more := talk.recv(1 << 16):
            heard += more
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", heard)]


def test_a_page_that_runs_wild_is_held_up_and_a_whole_hospital_is_not(deserted: Front) -> None:
    wild = in_one_breath(deserted, ["wildwildwi.2w.aaaaaaaaaaaaaaaa"] * 240)
    assert len(wild) == 240
    assert wild[:60] == [503] * 60
    assert wild.count(429) > 50
    ward = in_one_breath(deserted, [f"ward{number:06d}.2w.aaaaaaaaaaaaaaaa" for number in range(240)])
    assert ward == [503] * 240


def test_nobody_says_from_where_he_comes_or_under_which_number(installation: Installation) -> None:
    token, body = installation.waiting.pop()
    told = {
        "Authorization": f"Visit {token}",
        "Content-Type": "application/json",
        "X-Forwarded-For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
        "X-Request-ID": "chosen-by-a-stranger",
    }
    answer = installation.front.ask("POST", "/device/response", body, told)
    assert answer.status == 201
    assert answer.one("x-request-id") != "chosen-by-a-stranger"
    subject = json.loads(body)["response"]
    with installation.service.store.reading() as tx:
        query = "SELECT address FROM audit WHERE detail LIKE %s OR subject LIKE %s"
        found = tx.conn.exec_driver_sql(query, (f"%{subject}%",) * 2).scalars().all()
    assert found == ["127.0.0.1"]


def test_no_log_of_nginx_names_a_link_a_code_or_a_participant(installation: Installation) -> None:
    front = installation.front
    token, _ = installation.waiting[0]
    ref = ".".join(token.split(".")[:2])
    visit = {"Authorization": f"Visit {token}"}
    asked = {
        f"/v/{token}?from=sms": "/v",
        "/staff/participants/B-00007": "/staff",
        f"/nowhere/{token}": "(other)",
        "/callbacks/s3cret": "/callbacks",
        f"/device/visit/{ref}": "/device/visit",
    }
    answers = {path: front.ask("GET", path, headers=visit) for path in asked}
    assert answers[f"/device/visit/{ref}"].status == 200
    assert {path: front.told(answer)["place"] for path, answer in answers.items()} == asked
    everything = front.access_log.read_text() + front.error_log.read_text()
    for secret in (token, token.split(".")[0], "B-00007", "s3cret", "from=sms"):
        assert secret not in everything


def test_a_questionnaire_page_is_kept_by_nginx_and_a_personal_page_is_not(installation: Installation) -> None:
    front = installation.front
    address = front.ask("GET", "/q/qlq-c30/en").one("location")
    packed = {"Accept-Encoding": "br"}
    answers = [front.ask("GET", address, headers=packed) for _ in range(4)]
    assert {(answer.status, answer.body, answer.one("content-encoding")) for answer in answers} == {
        (200, answers[0].body, "br")
    }
    straight = installation.ask_process("GET", address, packed)
    assert "immutable" in straight.one("cache-control")
    assert all(_of_the_program(answer) == _of_the_program(straight) for answer in answers)
    assert len({answer.one("x-request-id") for answer in answers}) == 4
    assert [bool(front.told(answer)["process"]) for answer in answers[1:]] == [False] * 3
    personal = [front.ask("GET", "/") for _ in range(2)]
    assert all(front.told(answer)["process"] for answer in personal)


def _of_the_program(answer: Answer) -> dict[str, list[str]]:
    """Its headers but for those that each server in the chain and each request has of its own."""
    own = {"connection", "date", "server", "via", "x-request-id"}
    return {name: values for name, values in answer.headers.items() if name not in own}
