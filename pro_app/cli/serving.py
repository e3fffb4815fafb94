"""`pro-app serve`: web and clock in one process."""

import errno
import os
import signal
import socket
import threading
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
import waitress
from flask import Flask

from pro_app.cli.opening import open_migrated
from pro_app.config import Settings
from pro_app.errors import ProAppError
from pro_app.everlasting import everlasting
from pro_app.instruments.inviting import unworded
from pro_app.messages import sentence as sentence_of
from pro_app.one_core import keep_to_one_core
from pro_app.one_heap import share_one_heap
from pro_app.web import door, readiness, rough
from pro_app.web.admission import Judge
from pro_app.web.factory import create_app
from pro_app.wiring import Service

if TYPE_CHECKING:
    from pro_app.clock import Clock

# With the files of the database this stays below the 1024 that a process may usually have open.
CONNECTIONS = 900
SECONDS_TO_READ = 60
LARGEST_HEADER = 32 * 1024
# The program itself takes 256 KiB; up to here it says so in the person's language.
LARGEST_BODY = 1 << 20
CLOCK_BEGINS_AFTER_S = 0.5


class PortTaken(ProAppError):
    """Another program listens there already."""

    code = "port_taken"


def not_inviting(service: Service) -> str:
    """In production, to which visits nobody is invited for want of the owner's wording; else empty."""
    closed = unworded(service.catalogue, service.study.timepoints)
    if service.settings.demo or not closed:
        return ""
    names = ", ".join(one.id for one in service.study.timepoints if one.id in closed)
    return sentence_of("nobody_invited", {"timepoints": names})


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a taken port is known before anything else is done. Raises `PortTaken`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, where = found[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(where)
    except OSError as fault:
        listener.close()
        if fault.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(port=port) from fault
        raise
    return listener


def web_server(app: Flask, settings: Settings, listener: socket.socket) -> Any:
    """Waitress with our limits; what it refuses by itself carries our headers too."""
    # Without a trusted proxy the headers stay as they came: nobody believes them, and /metrics refuses them.
    proxy: dict[str, Any] = {"clear_untrusted_proxy_headers": False}
    if settings.trusted_proxies:
        proxy = {
            "trusted_proxy": settings.proxy_address,
            "trusted_proxy_count": settings.trusted_proxies,
            "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto x-forwarded-host",
            "clear_untrusted_proxy_headers": True,
        }
    server = waitress.create_server(
        app,
        sockets=[listener],
        threads=settings.threads,
        connection_limit=CONNECTIONS,
        channel_timeout=SECONDS_TO_READ,
        asyncore_use_poll=True,  # select() raises as soon as a connection is the 1025th open file
        max_request_header_size=LARGEST_HEADER,
        max_request_body_size=LARGEST_BODY,
        ident=None,
        **proxy,
    )
    server.channel_class = rough.channel(https=settings.https)
    door.guard(server, Judge())
    readiness.install(server)
    return server


def run(service: Service, listener: socket.socket, *, with_clock: bool) -> None:
    """Serve until the process is told to stop (SIGTERM or Ctrl-C); what is running is finished."""
    settings = service.settings
    share_one_heap()
    with everlasting():
        server = web_server(create_app(service), settings, listener)
    with ExitStack() as stack:
        stack.callback(service.store.close)
        clock = ClockBeside(service) if with_clock else None
        _stop_gently(clock)
        if clock:
            clock.start()
        keep_to_one_core()
        server.run()


class ClockBeside:
    """The clock in the process that serves: it begins a moment after the pages.

    What it loads and its first tick would else stand before the first answer, at which somebody waits.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._clock: Clock | None = None
        self._stopped = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(CLOCK_BEGINS_AFTER_S, self._begin)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def _begin(self) -> None:
        from pro_app.clock import Clock  # late: decision 0095

        with self._lock:
            if not self._stopped:
                self._clock = Clock(self._service)
                self._clock.start()

    def stop(self) -> None:
        """Finish the running tick, if the clock has begun; else it never will."""
        self._timer.cancel()
        with self._lock:
            self._stopped = True
        if self._clock:
            self._clock.stop()


def _stop_gently(clock: ClockBeside | None) -> None:
    """At the first signal finish the running tick while pages are still served: it may be talking to this
    very process (a demonstration's registry). Then, or at a second signal, leave."""
    leaving = threading.Event()

    def wind_down() -> None:
        if clock:
            clock.stop()
        os.kill(os.getpid(), signal.SIGTERM)

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        if leaving.is_set():
            raise SystemExit(0)
        leaving.set()
        threading.Thread(target=wind_down, daemon=True).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


@click.command()
@click.option("--clock/--no-clock", default=True, help="Run the clock in this process too (default), or not.")
def serve(clock: bool) -> None:
    """Serve the pages on PRO_APP_HOST:PRO_APP_PORT, and run the clock.

    The database must have been migrated (`pro-app migrate up`). For several processes start each with its
    own port and `--no-clock`, and `pro-app clock` as many times as you like: one of them leads.
    """
    service = open_migrated()
    listener = listen(service.settings.host, service.settings.port)
    click.echo(f"Serving {service.study.id} on {service.settings.base_url}")
    if sentence := not_inviting(service):
        click.echo(sentence, err=True)
    run(service, listener, with_clock=clock)
