"""A provider that is a real HTTP server, and that sometimes takes a message without ever saying so."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pro_app.ports import Channel, Message, Outcome

PATIENCE_S = 0.5


class HardServer(ThreadingHTTPServer):
    """Counts what it took by reference. One in ten is taken and answered too late."""

    daemon_threads = True

    def __init__(self, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: Counter[str] = Counter()
        self.hidden: set[str] = set()
        self.lock = threading.Lock()
        self.dice = random.Random(seed)


class _Handler(BaseHTTPRequestHandler):
    server: HardServer

    def do_POST(self) -> None:
        reference = self.path.rpartition("/")[2]
        with self.server.lock:
            self.server.taken[reference] += 1
            hide = self.server.dice.random() < 0.1
            if hide:
                self.server.hidden.add(reference)
        time.sleep(2 * PATIENCE_S if hide else 0.05)
        self._say(202)

    def do_GET(self) -> None:
        self._say(200 if self.server.taken[self.path.rpartition("/")[2]] else 404)

    def _say(self, status: int) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            return  # the other side has been killed or has lost its patience

    def log_message(self, format: str, *args: object) -> None:
        return


class HardProvider:
    """Our side of it."""

    name = "inbox"

    def __init__(self, port: int, channel: Channel = "sms") -> None:
        self.channel: Channel = channel
        self.port = port

    def send(self, message: Message, now: datetime) -> Outcome:
        try:
            self._ask("POST", message.reference)
        except (OSError, HTTPException) as fault:
            return Outcome("unknown", self.name, detail=type(fault).__name__)
        return Outcome("accepted", self.name, message.reference)

    def look_up(self, reference: str) -> Outcome | None:
        known = self._ask("GET", reference) == 200
        return Outcome("accepted" if known else "later", self.name, reference)

    def _ask(self, method: str, reference: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, f"/messages/{reference}")
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def serving(seed: int) -> Iterator[HardServer]:
    server = HardServer(seed)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
