"""What a completion costs in Python's own steps: a figure that no neighbour on the machine changes.

`python -m benchmarks.steps` (`--on postgresql`) names the functions that take most of them, the server's and
Flask's beside ours. A step is a bytecode; what C code does within one is not seen, nor is waiting. The clock
says what a patient notices, this says which change helped when the clock can't.
"""

import argparse
import sys
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from benchmarks import crowd
from benchmarks.completions import answer
from benchmarks.crowd import Caller
from benchmarks.rows import Row
from benchmarks.start import wait_for
from benchmarks.submission import prepared
from pro_app.cli.serving import listen, web_server
from pro_app.config import read_settings
from pro_app.records import migrating
from pro_app.web.factory import create_app
from pro_app.wiring import build
from tests.postgres import PostgresServer

WARM, COUNTED = 20, 20
_PLACES = (str(Path(__file__).resolve().parent.parent), "site-packages", "python3")


@dataclass(slots=True)
class Steps:
    """By function: the steps it took itself, and those taken while it ran."""

    own: Counter[CodeType] = field(default_factory=Counter)
    within: Counter[CodeType] = field(default_factory=Counter)
    counting: bool = False

    def trace(self, frame: FrameType, _event: str, _argument: object) -> Any:
        """For `threading.settrace`: threads that begin from then on are looked at."""
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "opcode" and self.counting:
            self.own[frame.f_code] += 1
            above: FrameType | None = frame
            seen = set()
            while above is not None:
                if above.f_code not in seen:
                    seen.add(above.f_code)
                    self.within[above.f_code] += 1
                above = above.f_back
        return self._step


def count(folder: Path, url: str | None = None) -> Steps:
    """The steps of `COUNTED` completions, server included. `url`: a PostgreSQL instead of a SQLite file."""
    settings = read_settings(
        {"PRO_APP_DATA_DIR": str(folder), **({"PRO_APP_DATABASE_URL": url} if url else {})}
    )
    house = build(settings)
    migrating.up(house.store)
    people = prepared(house, WARM + COUNTED)
    steps = Steps()
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    threading.settrace(steps.trace)
    server = web_server(create_app(house), settings, listener)  # starts the threads that serve
    threading.Thread(target=server.run, daemon=True).start()
    threading.settrace(None)  # type: ignore[arg-type]
    wait_for(f"http://127.0.0.1:{port}/healthz")

    async def complete(caller: Caller, number: int) -> None:
        token, body = people[number]
        await answer(caller, token, body, {"Authorization": f"Visit {token}"})

    crowd.run(port, 2, WARM, complete)
    steps.counting = True
    crowd.run(port, 4, COUNTED, lambda caller, number: complete(caller, WARM + number))
    steps.counting = False
    return steps


def measure(folder: Path) -> list[Row]:
    folder.mkdir(parents=True, exist_ok=True)
    thousands = count(folder).own.total() / COUNTED / 1000
    return [Row("Python's own steps of a completion, SQLite, thousands", thousands, "")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps", description=__doc__)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--lines", type=int, default=40, help="how many functions to name (default: 40)")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as last:
        folder, url = Path(name), None
        if wish.on == "postgresql":
            (folder / "server").mkdir()
            server = PostgresServer(folder / "server")
            last.callback(server.stop)
            url = last.enter_context(server.database())
        steps = count(folder / "data", url)
    print(f"{steps.own.total() / COUNTED:,.0f} steps a completion on {wish.on}\n\n    own  within")
    for code, own in steps.own.most_common(wish.lines):
        print(f"{own / COUNTED:7,.0f} {steps.within[code] / COUNTED:7,.0f}  {_name(code)}")


def _name(code: CodeType) -> str:
    where = code.co_filename
    for place in _PLACES:
        where = where.rpartition(place)[2]
    return f"{where.lstrip('/')}: {code.co_qualname}"


if __name__ == "__main__":
    main()
    sys.stdout.flush()
