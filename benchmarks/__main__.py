"""`make bench`: every figure that we name, measured now, as one table."""

import platform
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from benchmarks import start
from benchmarks.rows import Row

OUT = Path(__file__).resolve().parent.parent / "build" / "benchmarks.md"


def parts(folder: Path) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """What is measured, one thing after another: side by side they would disturb each other."""
    yield "start", lambda: start.measure(folder / "start")


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    machine = f"{platform.machine()}, Python {platform.python_version()}, Flask {version('flask')}"
    lines = [
        f"Measured on {date.today().isoformat()}, {machine}.",
        "",
        "| figure | value | beside it | ratio | target | |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        floor = "" if row.floor is None else f"{row.floor_name} {row.floor:,.3g} {row.unit}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        target = "" if row.target is None else f"{'≥' if row.at_least else '≤'} {row.target:,g}"
        verdict = {None: "", True: "met", False: "missed"}[row.met]
        lines.append(
            f"| {row.name} | {row.value:,.4g} {row.unit} | {floor} | {ratio} | {target} | {verdict} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        todo = list(parts(Path(folder)))
        for name, measure in (bar := tqdm(todo)):
            bar.set_description(name)
            rows += measure()
    text = table(rows)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
