"""Who is turned away when more is asked than can be answered."""

import socket
import threading
import time
from types import SimpleNamespace

import pytest
from flask import Flask

from pro_app.web import admission, door
from pro_app.web.admission import CALM_S, STANDING_S, TOO_LONG_S, Judge, Overloaded
from pro_app.web.waiting import since_last_data

LONG = TOO_LONG_S + 0.1
SHORT = (CALM_S + TOO_LONG_S) / 2


def test_nobody_is_turned_away_while_all_are_served_at_once() -> None:
    judge = Judge()
    assert not any(judge.refuses(0.0, second / 10) for second in range(1000))


def test_a_short_jam_is_waited_out() -> None:
    judge = Judge()
    assert not judge.refuses(LONG, 0.0)
    assert not judge.refuses(LONG, STANDING_S - 0.1)
    assert not judge.refuses(0.0, STANDING_S)
    assert not judge.refuses(LONG, STANDING_S + 0.1)


def test_a_machine_that_is_slow_but_keeps_up_turns_nobody_away_for_a_moment_of_more() -> None:
    judge = Judge()
    for second in range(10):
        assert not judge.refuses(LONG, second)
        assert not judge.refuses(SHORT, second + 0.5)


def test_when_the_queue_stands_whoever_waited_too_long_is_turned_away_until_it_is_gone() -> None:
    judge = Judge()
    judge.refuses(LONG, 0.0)
    assert judge.refuses(LONG, STANDING_S)
    assert not judge.refuses(SHORT, STANDING_S + 0.1)  # soon enough: served
    assert judge.refuses(LONG, STANDING_S + 0.2)  # it has not gone yet
    assert not judge.refuses(0.0, STANDING_S + 0.3)
    assert not judge.refuses(LONG, STANDING_S + 0.4)


class _Connection:
    """As much of a server's connection as the door touches."""

    def __init__(self, path: str) -> None:
        self.requests = [SimpleNamespace(path=path)]
        self.socket = None
        self.served = threading.Event()

    def service(self) -> None:
        self.served.set()


class _Asked(Judge):
    def __init__(self) -> None:
        self.waited: list[float] = []

    def refuses(self, waited: float, now: float) -> bool:
        self.waited.append(waited)
        return True


def test_whoever_asks_for_healthz_never_waits_and_is_no_sign_that_nobody_else_does() -> None:
    queue: list[_Connection] = []
    threads = SimpleNamespace(add_task=queue.append, shutdown=lambda *_: True)
    server = SimpleNamespace(channel_class=_Connection, task_dispatcher=threads)
    judge = _Asked()
    door.guard(server, judge)
    alive, other = server.channel_class("/healthz"), server.channel_class("/")
    for one in (alive, other):
        server.task_dispatcher.add_task(one)
    assert alive.served.wait(10) and not alive.refused and judge.waited == []
    assert queue == [other]
    other.came -= LONG
    other.service()
    assert other.refused and judge.waited[0] >= LONG
    server.task_dispatcher.shutdown()


def test_a_connection_tells_how_long_its_request_has_waited_unread() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as caller:
        caller.connect(listener.getsockname())
        caller.sendall(b"all of it")
        time.sleep(0.1)
        connection, _ = listener.accept()
        with connection:
            assert since_last_data(connection) >= 0.05
    assert since_last_data(connection) == 0.0  # closed
    here, there = socket.socketpair()
    with here, there:
        assert since_last_data(here) == 0.0  # a Unix socket knows nothing of it


def test_under_gunicorn_the_connection_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment has the connection and nothing of ours."""
    app = Flask(__name__)
    admission.install(app)
    app.errorhandler(Overloaded)(lambda fault: (fault.code, 503))
    app.add_url_rule("/here", view_func=lambda: "here")
    app.add_url_rule("/healthz", "health.alive", lambda: "alive")
    monkeypatch.setattr(admission, "STANDING_S", 0.0)
    asked = app.test_client()
    waits = {"long": LONG, "none": 0.0}
    monkeypatch.setattr(admission, "since_last_data", lambda connection: waits[connection])

    def status(path: str, connection: str) -> int:
        return asked.get(path, environ_overrides={admission.CONNECTION: connection}).status_code

    assert status("/here", "none") == 200
    assert status("/here", "long") == 503
    assert status("/healthz", "long") == 200
    assert asked.get("/here").status_code == 200
