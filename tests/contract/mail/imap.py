"""As much of an IMAP server (RFC 3501) as reading one mailbox needs, over TLS."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Box:
    """What lies in the mailbox by UID, and which of it has been seen. `words` are the commands that came."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    password: str = "p@ss word"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Box
    tls: ssl.SSLContext

    def get_request(self) -> tuple[ssl.SSLSocket, object]:  # type: ignore[override]
        plain, address = super().get_request()
        return self.tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: object, client_address: object) -> None:
        return  # a client that doesn't trust our certificate


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            tag, _, words = line.strip().decode().partition(" ")
            self.server.box.words.append(words)
            if not self._answer(tag, words):
                return

    def _answer(self, tag: str, words: str) -> bool:
        box = self.server.box
        done = f"{tag} OK done".encode()
        if words == "CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1", done)
        elif words.startswith("LOGIN"):
            good = words == f'LOGIN bounces "{box.password}"'
            self._say(done if good else f"{tag} NO wrong: {words}".encode())
        elif words == 'SELECT "Returned mail"':
            self._say(f"* {len(box.mails)} EXISTS".encode(), done)
        elif words == "UID SEARCH UNSEEN":
            found = " ".join(str(uid) for uid in box.mails if uid not in box.seen)
            self._say(f"* SEARCH {found}".strip().encode(), done)
        elif found_ := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", words):
            content = box.mails[int(found_[1])][: int(found_[2])]
            self._say(f"* 1 FETCH (UID {found_[1]} BODY[]<0> {{{len(content)}}}".encode())
            self.wfile.write(content)
            self._say(b")", done)
        elif found_ := re.fullmatch(r"UID STORE ([\d,]+) \+FLAGS\.SILENT \(\\Seen\)", words):
            box.seen |= {int(uid) for uid in found_[1].split(",")}
            self._say(done)
        elif words == "LOGOUT":
            self._say(b"* BYE", done)
            return False
        else:
            self._say(f"{tag} NO not here".encode())
        return True

    def _say(self, *lines: bytes) -> None:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))


@contextmanager
def mailbox(box: Box, tls: ssl.SSLContext) -> Iterator[int]:
    """Run it; yields its port."""
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.box, server.tls = box, tls
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
