"""The server's queue with a watch at its end, and a way past it for `/healthz` (see `admission`)."""

import time
from typing import Any

from waitress.task import ThreadedTaskDispatcher, WSGITask

from pro_app.web.admission import ALIVE, REFUSED, Judge
from pro_app.web.waiting import since_last_data


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
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.channel.refused:
            environ[REFUSED] = True
        return environ


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
