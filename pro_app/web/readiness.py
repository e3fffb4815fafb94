"""The server's loop, told by the kernel which connections are ready (epoll), whatever their number.

Waitress asks every open connection at each turn what it waits for, names them all to the kernel anew, and is
woken after every answer: a fifth of an answer's processor time (decision 0127). Here the kernel keeps the
list. A connection is looked at when something happened to it: an event, or a thread that has served it and
says so. Since nobody else tells, everything is looked at once a second too (`SWEEP_S`), as Waitress does
each time.

A connection that is being served stays on the list of those that may be read, for its client rarely says
more before it has its answer. If it does, the connection is taken off until its thread is done.
"""

import select
import threading
import time
from collections import deque
from typing import Any

from waitress import wasyncore

SWEEP_S = 1.0
_TO_READ = getattr(select, "EPOLLIN", 0) | getattr(select, "EPOLLPRI", 0)
_AT_ANY_TIME = getattr(select, "EPOLLHUP", 0) | getattr(select, "EPOLLERR", 0)


class Readiness:
    """In the place of Waitress's loop for one server: `loop`, and what its connections tell.

    Only the thread of the loop changes what the kernel knows; threads that serve leave a note.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._epoll = select.epoll()
        self._known: dict[int, int] = {}
        self._notes: deque[tuple[Any, bool]] = deque()
        self._served = threading.local()

    def loop(self, *, timeout: float, map: dict[int, Any], use_poll: bool) -> None:
        """Until nothing is left to wait for. Called by the server as it would call Waitress's own."""
        sweep_at = 0.0
        while map:
            if time.monotonic() >= sweep_at:
                for one in list(map.values()):
                    self._look(one)
                sweep_at = time.monotonic() + SWEEP_S
            for fileno, events in self._epoll.poll(SWEEP_S):
                if one := map.get(fileno):
                    self._happened(one, events)
            while self._notes:
                one, to_write = self._notes.popleft()
                self._look(one, to_write=to_write)

    def comes(self, fileno: int) -> None:
        """A connection was accepted; its client will say something."""
        self._known.pop(fileno, None)
        self._tell(fileno, _TO_READ)

    def goes(self, fileno: int) -> None:
        """Before it is closed: its number will be another connection's."""
        self._tell(fileno, 0)
        if self._server.in_connection_overflow:
            self._notes.append((self._server, False))

    def serving(self, channel: Any) -> None:
        """The thread that calls serves this connection from now on."""
        self._served.channel = channel

    def changed(self) -> None:
        """In place of the server's `pull_trigger`: the connection that this thread serves waits for something
        else now. The loop is woken only if the kernel doesn't look for that already."""
        channel = getattr(self._served, "channel", None)
        if channel is None:
            self._server.trigger.pull_trigger()
            return
        wanted = _wanted(channel, to_write=True)
        self._notes.append((channel, bool(wanted & select.EPOLLOUT)))
        # After the note was left: the loop reads its notes after it took anything off the list.
        if wanted & ~self._known.get(channel._fileno, 0):
            self._server.trigger.pull_trigger()

    def _happened(self, one: Any, events: int) -> None:
        wanted = _wanted(one, to_write=bool(events & select.EPOLLOUT))
        if wanted:
            wasyncore.readwrite(one, events & (wanted | _AT_ANY_TIME))
        self._look(one, exactly=bool(events & _TO_READ & ~wanted) or not wanted)

    def _look(self, one: Any, *, exactly: bool = False, to_write: bool = False) -> None:
        """Tell the kernel what this one waits for. exactly: also that it is not to be read just now;
        to_write: its thread has left something for the loop to write."""
        fileno = one._fileno
        if fileno is None:
            return
        known = self._known.get(fileno, 0)
        wanted = _wanted(one, to_write=to_write or bool(known & select.EPOLLOUT))
        if not exactly:
            wanted |= known & _TO_READ
        if wanted != known:
            self._tell(fileno, wanted)

    def _tell(self, fileno: int, wanted: int) -> None:
        known = self._known.get(fileno, 0)
        if not wanted:
            self._known.pop(fileno, None)
            if known:
                self._epoll.unregister(fileno)
            return
        self._known[fileno] = wanted
        if known:
            self._epoll.modify(fileno, wanted)
        else:
            self._epoll.register(fileno, wanted)


def _wanted(one: Any, *, to_write: bool) -> int:
    """What Waitress would ask the kernel about this connection, listener or trigger.

    to_write: also while a thread serves it and has said that it leaves something. Otherwise it is about to
    write by itself, with the lock in its hand, and the kernel would tell without end that one could.
    """
    wanted = _TO_READ if one.readable() else 0
    if one.writable() and not one.accepting and (to_write or not one.requests):
        wanted |= select.EPOLLOUT
    return wanted


def install(server: Any) -> bool:
    """Into a Waitress that has its channel class and does not run yet; False on a system without epoll."""
    if not hasattr(select, "epoll"):
        return False
    readiness = Readiness(server)

    class Channel(server.channel_class):
        def add_channel(self, map: Any = None) -> None:
            super().add_channel(map)
            readiness.comes(self._fileno)

        def del_channel(self, map: Any = None) -> None:
            if self._fileno is not None:
                readiness.goes(self._fileno)
            super().del_channel(map)

        def service(self) -> None:
            readiness.serving(self)
            super().service()

    server.channel_class = Channel
    server.asyncore = readiness
    server.pull_trigger = readiness.changed
    return True
