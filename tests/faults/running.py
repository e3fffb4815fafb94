"""The program as it runs in a hospital: processes of its own, which may be killed at any moment."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.crowd import Caller, Reply
from benchmarks.patients import Patient
from benchmarks.start import free_port, wait_for
from pro_app.config import ROOT, read_settings
from pro_app.records import migrating
from pro_app.wiring import Service, build


class Installation:
    """A data directory with a migrated database, and processes that are started on it."""

    def __init__(self, folder: Path, url: str | None = None, **settings: str) -> None:
        self.folder = folder
        self.settings = {"PRO_APP_DATA_DIR": str(folder), **settings}
        if url:
            self.settings["PRO_APP_DATABASE_URL"] = url
        self.house: Service = build(read_settings(self.settings))
        migrating.up(self.house.store)

    def start(self, *words: str, port: int = 0) -> subprocess.Popen[bytes]:
        """`pro-app serve --no-clock`, `pro-app clock`, … in a process of its own."""
        environ = {**os.environ, **self.settings, "PRO_APP_PORT": str(port or free_port())}
        command = [sys.executable, "-m", "pro_app", *words]
        with (self.folder / "said.txt").open("ab") as said:
            return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=said, stderr=said)

    def wait_for(self, port: int, patience_s: float = 60) -> None:
        """Until the process on `port` lives; else what all processes have said is the fault."""
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", patience_s)
        except TimeoutError as fault:
            raise AssertionError((self.folder / "said.txt").read_text()[-4000:]) from fault


class Running:
    """Processes by name; whichever is killed is started again at once."""

    def __init__(self, at: Installation, words: Mapping[str, tuple[str, ...]], ports: Mapping[str, int]):
        self._at, self._words, self._ports = at, words, ports
        self.killed = 0
        self._processes = {name: self._start(name) for name in words}

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        return self._at.start(*self._words[name], port=self._ports[name])

    def kill(self, name: str) -> None:
        process = self._processes[name]
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.killed += 1
        self._processes[name] = self._start(name)

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()


async def until_received(ports: list[int], patient: Patient, first: int, patience_s: float = 120) -> Reply:
    """Send the same sheet again and again, as a phone does, until there is a receipt for it."""
    end, tries = time.monotonic() + patience_s, first
    while time.monotonic() < end:
        caller = Caller(ports[tries % len(ports)])
        try:
            async with asyncio.timeout(5):
                reply = await caller.ask("POST", "/device/response", patient.headers, patient.body)
            if reply.status in (200, 201):
                assert json.loads(reply.body)["response"] == patient.response
                return reply
            assert reply.status == 503 and "retry-after" in reply.headers, reply
        except (OSError, EOFError, TimeoutError):
            pass
        finally:
            caller.close()
        tries += 1
        await asyncio.sleep(0.05)
    raise AssertionError(f"no receipt within {patience_s} s")
