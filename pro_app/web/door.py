"""The server's queue with a watch at its end, and a way past it for `/healthz` (see `admission`)."""

import time
from typing import Any

from waitress.task import ThreadedTaskDispatcher, WSGITask

from pro_app.web.admission import ALIVE, REFUSED, Judge


class Door:
    """In the place of the server's dispatcher: notes who comes when, and gives `/healthz` its own thread."""

    def __init__(self, threads: ThreadedTaskDispatcher) -> None:
        self._threads = threads
        self._aside = ThreadedTaskDispatcher()
        self._aside.set_thread_count(1)

    def add_task(self, channel: Any) -> None:
        channel.came = time.monotonic()
        # what was no HTTP has no path
        aside = bool(channel.requests) and getattr(channel.requests[0], "path", "") == ALIVE
        (self._aside if aside else self._threads).add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        self._aside.shutdown(cancel_pending, timeout)
        done: bool = self._threads.shutdown(cancel_pending, timeout)
        return done


class _Task(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.channel.refused:
            environ[REFUSED] = True
        return environ


def guard(server: Any) -> None:
    """Put `Door` and `Judge` into a Waitress that has its channel class."""
    judge = Judge()

    class Channel(server.channel_class):
        task_class = _Task
        came, refused = 0.0, False

        def service(self) -> None:
            now = time.monotonic()
            self.refused = judge.refuses(now - self.came, now)
            super().service()

    server.channel_class = Channel
    server.task_dispatcher = Door(server.task_dispatcher)
