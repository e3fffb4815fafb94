"""The server's queue with a watch at its end, and a way past it for `/healthz` (see `admission`)."""

import time
from functools import lru_cache
from typing import Any

from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import build_http_date

from pro_app.web.admission import ALIVE, REFUSED, Judge
from pro_app.web.headers import TAKES_BLOCK, Block
from pro_app.web.waiting import since_last_data

# Headers to which Waitress adds something of its own.
_LONG_WAY = {"Date", "Server"}


class Door:
    """In the place of the server's dispatcher: notes who comes when, and gives `/healthz` its own thread."""

    def __init__(self, threads: ThreadedTaskDispatcher) -> None:
        self._threads = threads
        self._aside = ThreadedTaskDispatcher()
        self._aside.set_thread_count(1)

    def add_task(self, channel: Any) -> None:
        channel.came = time.monotonic()
        # what was no HTTP has no path
        channel.aside = bool(channel.requests) and getattr(channel.requests[0], "path", "") == ALIVE
        (self._aside if channel.aside else self._threads).add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        self._aside.shutdown(cancel_pending, timeout)
        done: bool = self._threads.shutdown(cancel_pending, timeout)
        return done


class _Task(WSGITask):
    wrote_header = False
    block: Block | None = None

    def _take(self, block: Block) -> None:
        self.block = block

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[TAKES_BLOCK] = self._take
        if self.channel.refused:
            environ[REFUSED] = True
        return environ

    def write(self, data: bytes) -> None:
        """Head and body leave together where Waitress sends first the one and then the other."""
        whole = self.complete and self.has_body and data and len(data) == self.content_length
        if self.wrote_header or not whole:
            super().write(data)
            return
        self.channel.write_soon(self.build_response_header() + data)
        self.wrote_header = True
        self.content_bytes_written = len(data)

    def build_response_header(self) -> bytes:
        """What Waitress builds, without putting names in capitals and in order that stand so already. For an
        answer of known length on a connection that stays open; any other goes the long way."""
        names = {name for name, _ in self.response_headers}
        asked_to_close = self.request.headers.get("CONNECTION", "").lower() == "close"
        stays = self.version == "1.1" and not self.close_on_finish and not asked_to_close
        known = self.has_body and "Content-Length" in names and names.isdisjoint(_LONG_WAY)
        if not (stays and known):
            if self.block:
                self.response_headers.extend(self.block.pairs)
            return bytes(super().build_response_header())
        lines = [f"HTTP/1.1 {self.status}", f"Date: {_http_date(int(self.start_time))}"]
        lines += [f"{name}: {value}" for name, value in self.response_headers]
        lines.append(f"{self.block.text if self.block else ''}\r\n")
        return "\r\n".join(lines).encode("latin-1")


@lru_cache(maxsize=4)
def _http_date(second: int) -> str:
    return str(build_http_date(second))


def guard(server: Any, judge: Judge) -> None:
    """Put `Door` and `judge` into a Waitress that has its channel class."""

    class Channel(server.channel_class):
        task_class = _Task
        came, aside, refused = 0.0, False, False

        def service(self) -> None:
            # Whoever has a thread of their own never waits, and says nothing of how long the others do.
            self.refused = not self.aside and judge.refuses(self._waited(), time.monotonic())
            super().service()

        def _waited(self) -> float:
            """Seconds for a thread and, where the kernel tells, before that until the request was read."""
            return max(time.monotonic() - self.came, since_last_data(self.socket))

    server.channel_class = Channel
    server.task_dispatcher = Door(server.task_dispatcher)
