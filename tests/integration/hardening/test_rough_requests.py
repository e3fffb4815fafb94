"""The real web server on a socket: what it refuses by itself, whom it believes, how long it waits."""

import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from flask import request
from waitress import wasyncore

from pro_app.cli.serving import LARGEST_BODY, LARGEST_HEADER, SECONDS_TO_READ, listen, web_server
from pro_app.config import Settings, read_settings
from pro_app.errors import SettingsError
from pro_app.web.headers import of_a_refusal
from tests.integration.hardening.conftest import Hospital


@contextmanager
def serving(hospital: Hospital, settings: Settings) -> Iterator[int]:
    """The port it listens on, as long as this lasts."""
    listener = listen("127.0.0.1", 0)
    server = web_server(hospital.app, settings, listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(10)
    assert not thread.is_alive()


def say(port: int, sent: bytes, source: str = "127.0.0.1") -> str:
    """What comes back until the server closes or falls silent; the connection comes from `source`."""
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as talk:
        talk.sendall(sent)
        talk.shutdown(socket.SHUT_WR)
        heard = b""
        while more := talk.recv(65536):
            heard += more
    return heard.decode(errors="replace")


@pytest.fixture
def port(hospital: Hospital) -> Iterator[int]:
    with serving(hospital, hospital.house.settings) as number:
        yield number


def test_what_is_no_http_or_far_too_large_is_refused_with_our_headers_and_words(port: int) -> None:
    for sent, status in (
        ((b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * LARGEST_HEADER)[:LARGEST_HEADER], 431),
        (b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), 413),
        (b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ):
        heard = say(port, sent)
        head, _, body = heard.partition("\r\n\r\n")
        assert head.split(" ")[1] == str(status), (sent[:60], head)
        lines = dict(line.split(": ", 1) for line in head.splitlines()[1:])
        for name, value in of_a_refusal(https=True).items():
            assert lines.get(name) == value, (status, name)
        assert "waitress" not in heard.lower() and "·" in body and "Traceback" not in body


WHOLE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: zh-CN,zh;q=0.9\r\nCookie: __Host-language=en\r\n\r\n",
    b'GET /staff?next=%2Fstaff HTTP/1.0\r\nIf-None-Match: "a"\r\nRange: bytes=0-9\r\n\r\n',
    b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 9\r\n\r\ncode=ABCD",
    b"POST /device/response HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b'Authorization: Visit a.b.c\r\nContent-Length: 11\r\n\r\n{"ref":"a"}',
    b"POST /staff/sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nlogin=a\r\n0\r\n\r\n",
)
PIECES = (
    b"\r\n",
    b"\r",
    b"\n",
    b"\x00",
    b"\xff",
    b" ",
    b":",
    b"%",
    b"%00",
    b"%ff",
    b"//",
    b"\xed\xa0\x80",
    b"0" * 40,
)


def spoilt(chance: random.Random) -> bytes:
    """One of these requests with up to four places in it cut out, doubled, or overwritten."""
    sent = bytearray(chance.choice(WHOLE))
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(sent))
        end = min(len(sent), start + chance.randint(0, 12))
        piece = chance.choice((b"", bytes(sent[start:end]) * 2, chance.choice(PIECES), chance.randbytes(3)))
        sent[start:end] = piece
    return bytes(sent)


def heard(port: int, sent: bytes) -> str:
    """What comes back. What follows ends any request, so that the server closes; it need not be asked to,
    and one that waits for a longer body is left waiting."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.3) as talk, suppress(OSError):
        talk.sendall(sent + b"a" * 100 + b"\r\n\r\n" * 3)
        heard = b""
        with suppress(TimeoutError):
            while more := talk.recv(65536):
                heard += more
    return heard.decode(errors="replace")


def spoil(port: int, count: int) -> None:
    """None of them is answered with a fault of ours, or hurts the next one. 501 is for a transfer that we
    do not know, as HTTP wants it."""
    chance = random.Random(20261123)
    seen = Counter[str]()
    for _ in range(count):
        sent = spoilt(chance)
        told = heard(port, sent)
        statuses = re.findall(r"^HTTP/1\.[01] (\d\d\d) ", told, re.MULTILINE)
        for status in statuses or ["silent"]:
            seen[status] += 1
            assert status < "500" or status in ("501", "silent"), (sent, told[:400])
    assert " 200 " in say(port, b"GET /healthz HTTP/1.0\r\n\r\n").splitlines()[0]
    print(f"{count:,} spoilt requests: {dict(seen)}")
    assert seen["silent"] < count / 4


def test_spoilt_requests_are_refused_and_hurt_nobody(port: int) -> None:
    spoil(port, 60)


@pytest.mark.slow
def test_thousands_of_spoilt_requests_are_refused_and_hurt_nobody(port: int) -> None:
    spoil(port, 5000)


def test_two_requests_are_never_read_out_of_one(port: int) -> None:
    """Length and chunks at once: the length is not believed, and what is left over is no second request."""
    smuggled = b"0\r\n\r\nGET /staff HTTP/1.1\r\nHost: a\r\n\r\n"
    head = b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(
        smuggled
    )
    heard = say(port, head + smuggled)
    assert heard.count("HTTP/1.1 ") == 1 or "HTTP/1.1 303" not in heard.split("HTTP/1.1 ", 2)[1][:12]


def test_an_endless_request_is_let_go_after_a_minute() -> None:
    assert SECONDS_TO_READ == 60


def seen_address(hospital: Hospital, settings: Settings, source: str = "127.0.0.1") -> str:
    """Which address the program takes a visitor for who claims to be 203.0.113.9."""
    found: list[str] = []

    def note(answer: object) -> object:
        found.append(request.remote_addr or "")
        return answer

    hospital.app.after_request_funcs.setdefault(None, []).append(note)  # type: ignore[arg-type]
    with serving(hospital, settings) as number:
        say(number, b"GET /healthz HTTP/1.0\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n", source)
    hospital.app.after_request_funcs[None].remove(note)  # type: ignore[arg-type]
    return found[0]


def told(tmp_path: Path, **more: str) -> Settings:
    return read_settings({"PRO_APP_DATA_DIR": str(tmp_path)} | {f"PRO_APP_{k}": v for k, v in more.items()})


def test_only_the_proxy_is_believed_about_where_somebody_comes_from(
    hospital: Hospital, tmp_path: Path
) -> None:
    alone = told(tmp_path)
    assert seen_address(hospital, alone) == "127.0.0.1"
    behind = told(tmp_path, TRUSTED_PROXIES="1")
    assert seen_address(hospital, behind) == "203.0.113.9"
    assert seen_address(hospital, behind, source="127.0.0.2") == "127.0.0.2", "that is not the proxy"
    another = told(tmp_path, TRUSTED_PROXIES="1", PROXY_ADDRESS="127.0.0.2")
    assert seen_address(hospital, another, source="127.0.0.2") == "203.0.113.9"
    assert seen_address(hospital, another) == "127.0.0.1"


def test_a_proxy_nobody_told_us_of_opens_no_page_of_numbers(hospital: Hospital, tmp_path: Path) -> None:
    with serving(hospital, told(tmp_path)) as number:
        straight = say(number, b"GET /metrics HTTP/1.0\r\n\r\n")
        passed_on = say(number, b"GET /metrics HTTP/1.0\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
    assert " 200 " in straight.splitlines()[0] and " 404 " in passed_on.splitlines()[0]


def test_the_proxys_address_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PRO_APP_PROXY_ADDRESS"):
        told(tmp_path, PROXY_ADDRESS="nginx")
    assert told(tmp_path, PROXY_ADDRESS="*").proxy_address == "*"
