"""What Lighthouse says of the first question on a telephone, and how long its scripts hold the main thread.

Lighthouse is installed once into `.peers/` by the lock file beside it. Without Node there is no such figure,
and the table says so by leaving it out; nothing else of the benchmarks needs Node.

Lighthouse multiplies by four what the clock on the wall says of a task, and with it every pause in which the
machine did something else. So the longest task is also told by the processor's time, from the same traces:
that one does not depend on who else is at work.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.rows import Row

HERE = Path(__file__).parent / "lighthouse"
INSTALLED = Path(__file__).resolve().parent.parent / ".peers" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
RUNS = 3
SLOWER_PROCESSOR = 4
LONG_MS = 50


def measure(page_url: str, cookies: list[Any], chromium: str) -> list[Row]:
    """The scores of 100 by category and what blocks, the middle of `RUNS` runs, with Lighthouse's own mobile
    settings."""
    if not shutil.which("npm"):
        return []
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
    runs = [_run(page_url, cookie, chromium) for _ in range(RUNS)]
    rows = [
        Row(f"Lighthouse mobile, {category}", _middle(runs, category), "", target=100, at_least=True)
        for category in CATEGORIES
    ]
    rows.append(Row("Lighthouse mobile, total blocking time", _middle(runs, "blocking"), "ms"))
    longest = Row(
        "longest task after the first paint, processor time, slowed processor",
        _middle(runs, "longest"),
        "ms",
        target=LONG_MS,
    )
    return [*rows, longest]


def _middle(runs: list[dict[str, float]], name: str) -> float:
    return sorted(run[name] for run in runs)[RUNS // 2]


def _run(page_url: str, cookie: str, chromium: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                str(_install() / "node_modules" / ".bin" / "lighthouse"),
                page_url,
                "--quiet",
                "--output=json",
                f"--output-path={report}",
                "--save-assets",
                "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
                f"--only-categories={','.join(CATEGORIES)}",
                f"--extra-headers={json.dumps({'Cookie': cookie})}",
            ],
            env={**os.environ, "CHROME_PATH": chromium},
            check=True,
            capture_output=True,
            timeout=180,
        )
        told: dict[str, Any] = json.loads(report.read_text("utf-8"))
        trace = json.loads((Path(folder) / "report-0.trace.json").read_text("utf-8"))
    scores = {category: 100 * told["categories"][category]["score"] for category in CATEGORIES}
    blocking = float(told["audits"]["total-blocking-time"]["numericValue"])
    return scores | {"blocking": blocking, "longest": longest_task(trace["traceEvents"])}


def longest_task(events: list[dict[str, Any]]) -> float:
    """Milliseconds of processor, times four, of the page's longest task that began after its first paint."""
    painted = max((one for one in events if one["name"] == "firstContentfulPaint"), key=lambda one: one["ts"])
    tasks = [
        one["tdur"]
        for one in events
        if one["name"] == "RunTask"
        and (one["pid"], one["tid"]) == (painted["pid"], painted["tid"])
        and one["ts"] >= painted["ts"]
        and "tdur" in one
    ]
    return max(tasks, default=0) / 1000 * SLOWER_PROCESSOR


def _install() -> Path:
    """The folder with Lighthouse in it, made anew when its lock file has changed."""
    lock = INSTALLED / "package-lock.json"
    wanted = (HERE / "package-lock.json").read_bytes()
    if not (INSTALLED / "installed").exists() or lock.read_bytes() != wanted:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        shutil.copytree(HERE, INSTALLED)
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=INSTALLED,
            check=True,
            capture_output=True,
            timeout=600,
        )
        (INSTALLED / "installed").touch()
    return INSTALLED
