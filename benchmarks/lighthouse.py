"""What Lighthouse says of the first question on a telephone, and how soon a second visit paints offline.

Lighthouse is installed once into `.peers/` by the lock file beside it. Without Node there is no such figure,
and the table says so by leaving it out; nothing else of the benchmarks needs Node.
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


def measure(page_url: str, cookies: list[Any], chromium: str) -> list[Row]:
    """The scores of 100 by category, the middle of `RUNS` runs, with Lighthouse's own mobile settings."""
    if not shutil.which("npm"):
        return []
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
    runs = [_run(page_url, cookie, chromium) for _ in range(RUNS)]
    return [
        Row(
            f"Lighthouse mobile, {category}",
            sorted(100 * run[category]["score"] for run in runs)[RUNS // 2],
            "",
            target=100,
            at_least=True,
        )
        for category in CATEGORIES
    ]


def _run(page_url: str, cookie: str, chromium: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                str(_install() / "node_modules" / ".bin" / "lighthouse"),
                page_url,
                "--quiet",
                "--output=json",
                f"--output-path={report}",
                "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
                f"--only-categories={','.join(CATEGORIES)}",
                f"--extra-headers={json.dumps({'Cookie': cookie})}",
            ],
            env={**os.environ, "CHROME_PATH": chromium},
            check=True,
            capture_output=True,
            timeout=180,
        )
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))["categories"]
        return found


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
