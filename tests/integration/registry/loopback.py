"""A FHIR server on the loopback that keeps what it gets by id and counts every version."""

import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Loopback(ThreadingHTTPServer):
    """`up` false: every call gets 503. `writes` counts how often each `Type/id` was put."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.up = True
        self.writes: Counter[str] = Counter()
        self.lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """A refused handshake is what some tests are about: say nothing."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/fhir"

    def responses(self) -> list[int]:
        """How often each QuestionnaireResponse was put."""
        return [count for key, count in self.writes.items() if key.startswith("QuestionnaireResponse/")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it each answer waits for the other side's delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        server: Loopback = self.server  # type: ignore[assignment]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not server.up:
            self._answer(503, {})
            return
        urls = [entry["request"]["url"] for entry in json.loads(body)["entry"]]
        with server.lock:
            server.writes.update(urls)
        entries = [{"response": {"status": "200", "location": f"{url}/_history/1"}} for url in urls]
        self._answer(200, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def loopback(tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """A running server; with `tls` it speaks https."""
    server = Loopback()
    if tls is not None:
        # The handshake belongs to the thread of its connection, or one bad client stops the server.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
