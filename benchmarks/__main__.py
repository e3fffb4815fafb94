"""`make bench`: every figure that we name, measured now, as one table."""

import platform
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from benchmarks import (
    at_rest,
    clinic_pages,
    completions,
    export,
    export_page,
    lighthouse,
    load,
    outbox,
    question_page,
    scoring,
    start,
    steps,
    submission,
    submission_over_http,
    tick,
)
from benchmarks.rows import Row
from pro_app.cli.seed import ways_in
from pro_app.config import read_settings
from pro_app.wiring import build
from tests.postgres import PostgresServer

OUT = Path(__file__).resolve().parent.parent / "build" / "benchmarks.md"


def parts(folder: Path) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """What is measured, one thing after another: side by side they would disturb each other."""
    yield "start", lambda: start.measure(folder / "start")
    yield "at rest", lambda: at_rest.measure(folder / "at-rest")
    yield "question page", lambda: _question_page(folder / "page")
    yield "submission over HTTP", lambda: submission_over_http.measure(folder / "http")
    yield "submission", _submission
    yield "steps", lambda: steps.measure(folder / "steps")
    yield "completions on SQLite", lambda: completions.measure(folder / "sqlite")
    yield "completions on PostgreSQL", lambda: _on_postgres(folder / "postgres")
    yield "load", lambda: load.measure(folder / "load")
    yield "tick", tick.measure
    yield "staff pages", clinic_pages.measure
    yield "scoring", lambda: scoring.measure(folder / "scoring")
    yield "export", lambda: export.measure(folder / "export")
    yield "export on the page", lambda: export_page.measure(folder / "export-page")
    yield "outbox", lambda: outbox.measure(folder / "outbox")
    yield "outbox on PostgreSQL", lambda: outbox.on_postgres(folder / "outbox-postgres")


def _on_postgres(folder: Path) -> list[Row]:
    (folder / "server").mkdir(parents=True)
    server = PostgresServer(folder / "server")
    try:
        with server.database() as url:
            return completions.measure(folder, url)
    finally:
        server.stop()


def _question_page(folder: Path) -> list[Row]:
    with start.demonstration(folder) as (_, environ):
        service = build(read_settings(environ))
        link = ways_in(service, datetime.now(UTC))[0]["link"]
        found = question_page.measure(link)
        scores = lighthouse.measure(found["url"], found["cookies"], question_page.chromium())
        service.store.close()
    kib = 1024
    return [
        Row("question page, all requests together", found["all_bytes"] / kib, "KiB", target=30),
        Row("before the first question", found["first_bytes"] / kib, "KiB", target=30),
        Row("before the first question, requests", found["first_requests"], "", target=6),
        Row("before the first paint", found["bytes_before_first_paint"] / kib, "KiB", target=14),
        Row("all JavaScript", found["javascript_bytes"] / kib, "KiB", target=20),
        Row("largest paint, slow 4G, slowed processor", found["largest_paint_ms"], "ms", target=1000),
        Row("tap to next question", found["tap_to_next_question_ms"], "ms", target=50),
        Row("second visit without network, slowed processor", found["second_visit_ms"], "ms"),
        *scores,
    ]


def _submission() -> list[Row]:
    found = submission.measure()
    milliseconds, bare = float(found["submission_ms"]), float(found["bare_ms"])
    return [
        Row("one submission, no server between", milliseconds, "ms", bare, "bare driver insert"),
        Row("one submission, SQL statements", float(found["statements"]), ""),
    ]


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
