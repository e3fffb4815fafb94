"""A whole study at once: patients open their page and send, at a rate that doesn't wait for the server.

    python -m benchmarks.load

Without more words this is the full form, on SQLite and then on PostgreSQL, some thirteen minutes each: 2,000
patients open the page behind their link within ten minutes; in the last five of these 30 others a second
send; then 150 a second for a minute; then, as soon as nobody is turned away any more, 30 a second for a
minute again. Says every ten seconds how it goes, counts what is stored, prints a table and leaves it in
`build/load.md`.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from benchmarks.load_day import Day, Kept, Plan, spent
from benchmarks.load_table import MOST_MIB, MOST_P99_MS, MOST_WELL_S, table
from benchmarks.rows import Row
from benchmarks.waves import percentile
from tests.postgres import PostgresServer

OUT = Path(__file__).resolve().parent.parent / "build" / "load.md"
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def measure(folder: Path) -> list[Row]:
    """A shortened day: 30 a second for 40 s, then five times that for 8 s."""
    folder.mkdir()
    day, kept = spent(folder, Plan(opening=100, open_s=5, rate=30, seconds=40, over=5))
    rush = len(day.rush.answered) + len(day.rush.turned_away)

    def p99_ms(seconds: list[float]) -> float:
        return 1000 * (percentile(seconds, 0.99) or float("inf"))  # where nobody was answered

    failed = sum(wave.faults.total() for wave in day.waves) + kept.lost + (not kept.agree)
    return [
        Row("30 submissions a second, p99", p99_ms(day.usual.answered), "ms", target=MOST_P99_MS),
        Row("150 a second, turned away", 100 * len(day.rush.turned_away) / max(1, rush), "%"),
        Row("150 a second, p99 of those answered", p99_ms(day.rush.answered), "ms"),
        Row(
            "after the rush, until nobody is turned away", round(day.well_after_s, 1), "s", target=MOST_WELL_S
        ),
        Row("30 a second right after, p99", p99_ms(day.after.answered), "ms", target=MOST_P99_MS),
        Row("load, requests that failed", failed, "", target=0),
        Row("load, most memory", day.most_mib, "MiB", target=MOST_MIB),
    ]


def one_day(kind: str, folder: Path, plan: Plan) -> tuple[Day, Kept]:
    """On a database of its own, which is gone afterwards."""
    began = time.monotonic()

    def tell(line: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        print(f"{minutes:3}:{seconds:02} {KINDS[kind]}, {line}", file=sys.stderr, flush=True)

    with ExitStack() as last:
        url = None
        if kind == "postgresql":
            (folder / "server").mkdir()
            server = PostgresServer(folder / "server")
            last.callback(server.stop)
            url = last.enter_context(server.database())
        return spent(folder, plan, url, tell)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--patients", type=int, default=2000, help="how many open their page")
    parser.add_argument("--open-seconds", type=float, default=600, help="within how long they do")
    parser.add_argument("--rate", type=float, default=30, help="submissions a second")
    parser.add_argument("--seconds", type=float, default=300, help="for how long")
    parser.add_argument("--over", type=float, default=5, help="how many times as many in the rush")
    parser.add_argument("--on", choices=KINDS, nargs="+", default=list(KINDS), help="which databases")
    told = parser.parse_args()
    plan = Plan(told.patients, told.open_seconds, told.rate, told.seconds, told.over)
    found, loads = {}, []
    for kind in told.on:
        with tempfile.TemporaryDirectory() as folder:
            found[KINDS[kind]] = one_day(kind, Path(folder), plan)
        loads.append(f"{os.getloadavg()[1]:.1f}")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    head = (
        f"{date.today().isoformat()}, {machine}; load average of the last five minutes at the end of each:"
        f" {', '.join(loads)}.\n{plan.opening:,} patients open within {plan.open_s:g} s; {plan.rate:g} a"
        f" second send for {plan.seconds:g} s, {plan.rate * plan.over:g} for {plan.seconds / 5:g} s,"
        f" {plan.rate:g} for {plan.seconds / 5:g} s. `pro-app serve` with its clock, one process.\n\n"
    )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(head + table(found), encoding="utf-8")
    print(head + table(found))


if __name__ == "__main__":
    main()
