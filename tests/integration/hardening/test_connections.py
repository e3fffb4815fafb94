"""The server's loop, told by the kernel who is ready: every kind of talk on a socket, and what many cost."""

import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from waitress import wasyncore

from pro_app.cli import serving
from pro_app.web import headers, readiness
from tests.integration.hardening.conftest import Hospital

PATIENCE_S = 20.0
pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="Waitress's own loop serves there")


class Small:
    """A WSGI application whose slow page waits until it is told to go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.large = b"x" * 8_000_000

    def __call__(self, environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        body = path.encode() + environ["wsgi.input"].read()
        if path == "/slow":
            self.begun.set()
            assert self.go_on.wait(PATIENCE_S)
        if path == "/large":
            body = self.large
        own = [("cache-control", "no-cache")] if path == "/own" else []
        start("200 OK", [("Content-Length", str(len(body))), *own])
        return [body]


class At:
    """A running server: its port, itself, its application."""

    def __init__(self, port: int, server: Any, app: Small) -> None:
        self.port, self.server, self.app = port, server, app

    @contextmanager
    def talk(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as connection:
            yield connection


@pytest.fixture
def at(hospital: Hospital, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[At]:
    """`pytest.mark.parametrize("at", …, indirect=True)` gives the number of connections that may be open."""
    monkeypatch.setattr(serving, "CONNECTIONS", getattr(request, "param", serving.CONNECTIONS))
    app: Any = Small()
    listener = serving.listen("127.0.0.1", 0)
    application: Any = headers.around(app, https=True)
    server = serving.web_server(application, hospital.house.settings, listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield At(int(listener.getsockname()[1]), server, app)
    app.go_on.set()
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def request_for(path: str, body: bytes = b"", more: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def answer(connection: socket.socket) -> bytes:
    """The body of the next answer, which says how long it is."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, "the server hung up"
        head += byte
    (length,) = (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return body


def test_one_connection_asks_again_and_again(at: At) -> None:
    with at.talk() as connection:
        for number in range(5):
            connection.sendall(request_for("/echo", b"%d" % number))
            assert answer(connection) == b"/echo%d" % number


def test_requests_sent_at_once_are_answered_in_their_order(at: At) -> None:
    with at.talk() as connection:
        connection.sendall(request_for("/a", b"1") + request_for("/b", b"2") + request_for("/c", b"3"))
        assert [answer(connection) for _ in range(3)] == [b"/a1", b"/b2", b"/c3"]


@pytest.mark.parametrize(
    ("version", "wish", "said"),
    [
        ("1.1", "", ""),
        ("1.1", "close", "close"),
        ("1.0", "", "close"),
        ("1.0", "keep-alive", "Keep-Alive"),
    ],
)
@pytest.mark.parametrize(("path", "kept"), [("/echo", "no-store"), ("/own", "no-cache")])
def test_an_answer_says_its_length_the_time_whether_it_was_the_last_and_our_headers_once(
    at: At, version: str, wish: str, said: str, path: str, kept: str
) -> None:
    """However the client speaks: the first of these goes our short way, the others Waitress's own."""
    asked = f"GET {path} HTTP/{version}\r\nHost: a\r\n{f'Connection: {wish}' if wish else 'A: b'}\r\n\r\n"
    with at.talk() as connection:
        connection.sendall(asked.encode())
        connection.shutdown(socket.SHUT_WR)
        whole = b"".join(iter(lambda: connection.recv(1000), b""))
    head, _, body = whole.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    found = {name.lower(): value for name, value in pairs}
    assert (first, body) == (f"HTTP/{version} 200 OK", path)
    assert len(found) == len(pairs)
    assert (found.get("connection", ""), found["content-length"]) == (said, str(len(path)))
    wanted = {**headers.of_a_refusal(https=True), "Cache-Control": kept}
    assert {name: found.get(name.lower()) for name in wanted} == wanted
    told = parsedate_to_datetime(found["date"])
    assert abs((datetime.now(UTC) - told).total_seconds()) < PATIENCE_S


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the kernel has told of, from now on."""
    told: list[int] = []
    inner = readiness.Readiness._happened

    def counted(self: readiness.Readiness, one: Any, events: int) -> None:
        told.append(events)
        inner(self, one, events)

    monkeypatch.setattr(readiness.Readiness, "_happened", counted)
    return told


def test_who_speaks_before_the_answer_waits_without_waking_anybody_and_is_heard_then(
    at: At, happened: list[int]
) -> None:
    with at.talk() as connection, at.talk() as other:
        connection.sendall(request_for("/slow"))
        assert at.app.begun.wait(PATIENCE_S)
        happened.clear()
        connection.sendall(request_for("/next", b"!"))
        for _ in range(20):  # others are served meanwhile
            other.sendall(request_for("/echo"))
            assert answer(other) == b"/echo"
        assert len(happened) < 100  # the one that waits would be told of at every turn, without end
        at.app.go_on.set()
        assert [answer(connection), answer(connection)] == [b"/slow", b"/next!"]


@pytest.fixture
def sweeping(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """So many seconds from one look at everything to the next. Must come before `at`."""
    monkeypatch.setattr(readiness, "SWEEP_S", request.param)


@pytest.mark.parametrize("sweeping", [0.01], indirect=True)
def test_a_thread_that_writes_by_itself_is_left_alone(
    sweeping: None, at: At, happened: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the lock: the kernel would tell the loop without end that one could write."""
    inner, writing = at.server.channel_class._flush_some, threading.Event()

    def slow(channel: Any, do_close: bool = True) -> Any:
        writing.set()
        threading.Event().wait(0.3)
        return inner(channel, do_close=do_close)

    with at.talk() as connection:
        monkeypatch.setattr(at.server.channel_class, "_flush_some", slow)
        connection.sendall(request_for("/echo"))
        assert writing.wait(PATIENCE_S)
        happened.clear()
        assert answer(connection) == b"/echo"
        assert len(happened) < 20


def test_who_leaves_before_the_answer_is_forgotten(at: At) -> None:
    with at.talk() as connection:
        connection.sendall(request_for("/slow"))
        assert at.app.begun.wait(PATIENCE_S)
    at.app.go_on.set()
    with at.talk() as other:
        other.sendall(request_for("/echo"))
        assert answer(other) == b"/echo"
        assert until(lambda: len(at.server.active_channels) == 1)


def test_an_answer_larger_than_the_kernel_holds_comes_whole_to_a_slow_reader(at: At) -> None:
    with at.talk() as connection, at.talk() as other:
        connection.sendall(request_for("/large"))
        other.sendall(request_for("/echo"))  # while the first one doesn't read
        assert answer(other) == b"/echo"
        assert answer(connection) == at.app.large
        connection.sendall(request_for("/echo"))
        assert answer(connection) == b"/echo"


def test_who_asks_whether_to_go_on_is_told_to(at: At) -> None:
    with at.talk() as connection:
        whole = request_for("/echo", b"later", "Expect: 100-continue\r\n")
        connection.sendall(whole[: -len(b"later")])
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"later")
        assert answer(connection) == b"/echolater"


def test_who_says_nothing_for_too_long_is_hung_up_on(at: At) -> None:
    with at.talk() as idle:
        assert until(lambda: len(at.server.active_channels) == 1)
        at.server.adj.channel_timeout = -1
        at.server.next_channel_cleanup = 0
        assert idle.recv(1) == b""


@pytest.mark.parametrize("at", [5], indirect=True)  # listener and trigger count as well
def test_more_than_may_be_open_wait_until_somebody_leaves(at: At) -> None:
    with ExitStack() as all_of_them:
        first = [all_of_them.enter_context(at.talk()) for _ in range(3)]
        assert until(lambda: len(at.server.active_channels) == 3)
        late = all_of_them.enter_context(at.talk())
        late.sendall(request_for("/late"))
        first[0].sendall(request_for("/echo"))
        assert answer(first[0]) == b"/echo"
        assert at.server.in_connection_overflow
        first[0].close()
        assert answer(late) == b"/late"


@pytest.mark.parametrize("sweeping", [3600.0], indirect=True)
def test_what_a_request_costs_the_loop_does_not_depend_on_who_else_is_connected(
    sweeping: None, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    inner = at.server.channel_class.readable

    def counted(channel: Any) -> bool:
        nonlocal looks
        looks += 1
        readable: bool = inner(channel)
        return readable

    def looks_for(requests: int) -> int:
        nonlocal looks
        looks = 0
        for _ in range(requests):
            talking.sendall(request_for("/echo"))
            assert answer(talking) == b"/echo"
        return looks

    with ExitStack() as idle, at.talk() as talking:
        monkeypatch.setattr(at.server.channel_class, "readable", counted)
        for _ in range(200):
            idle.enter_context(at.talk())
        assert until(lambda: len(at.server.active_channels) == 201)
        assert looks_for(50) < 20 * 50


def until(true: Callable[[], bool]) -> bool:
    """Whether it becomes true in good time."""
    for _ in range(int(PATIENCE_S / 0.01)):
        if true():
            return True
        threading.Event().wait(0.01)
    return False
