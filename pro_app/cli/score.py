"""`pro-app score`: a CSV of answers in, the same CSV with scores out."""

import codecs
import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO

import click
from tqdm import tqdm

from pro_app.cli.instrument_options import faults_told, questionnaires_option
from pro_app.instruments.catalogue import load_instrument
from pro_app.scoring.faults import BadRow
from pro_app.scoring.table import TableScorer

ERROR_COLUMNS = ("error_row", "error_column", "error_problem")
STANDARD = "-"


@click.command()
@click.argument("instrument")
@click.option("--in", "source", required=True, metavar="FILE", help="CSV to read; - for standard input.")
@click.option("--out", "target", required=True, metavar="FILE", help="CSV to write; - for standard output.")
@click.option("--errors", metavar="FILE", help="Put rows that can't be scored there, and go on.")
@click.option("--long", is_flag=True, help="One row for each scale, with the reason where it has no value.")
@click.option("--provisional", is_flag=True, help="Also the scales that their source calls provisional.")
@click.option("--encoding", default="utf-8", show_default=True, help="Text encoding of the input.")
@questionnaires_option
def score(
    instrument: str,
    source: str,
    target: str,
    errors: str | None,
    long: bool,
    provisional: bool,
    encoding: str,
    questionnaires_dir: Path,
) -> None:
    """Score a CSV of answers to INSTRUMENT.

    The columns of the items are called by their ids (q1, q2, ... or bpi3, ...); a blank cell is a
    missing answer. All other columns are passed through. Scores are unrounded, and blank where
    they can't be computed.
    """
    with faults_told(), ExitStack() as stack:
        plan = load_instrument(questionnaires_dir, instrument).scoring
        _check_files(source, target, errors)
        raw = stack.enter_context(_binary(source))
        reader = csv.reader(_text(raw, encoding), strict=True)
        header = next(reader, None)
        if header is None:
            raise click.ClickException(
                f"{source} is empty: it needs a first row with the names of the columns."
            )
        scorer = TableScorer(plan, header, long=long, provisional=provisional)
        if scorer.renamed:
            names = ", ".join(f"{old} as {new}" for old, new in scorer.renamed.items())
            click.echo(f"Columns that are called like a score are passed through: {names}.", err=True)
        rejects = _Rejects(stack.enter_context(_written(errors)), header) if errors else None
        out = csv.writer(stack.enter_context(_written(target)), lineterminator="\n")
        out.writerow(scorer.header)
        bar = stack.enter_context(_progress(raw, source))
        _run(scorer, _rows(reader, source), out, rejects, bar, source)
    if rejects and rejects.count:
        click.echo(f"Rows that could not be scored: {rejects.count}, in {errors}.", err=True)


def _run(
    scorer: TableScorer,
    rows: Iterable[Sequence[str]],
    out: "_Writer",
    rejects: "_Rejects | None",
    bar: "_Bar",
    source: str,
) -> None:
    bad: list[BadRow] | None = [] if rejects else None
    try:
        for chunk in scorer.chunks(rows, bad):
            out.writerows(chunk)
            if rejects and bad:
                rejects.take(bad)
            bar.advance()
    except BadRow as fault:
        raise click.ClickException(f"{source}: {fault}") from fault


def _rows(reader: Iterator[list[str]], source: str) -> Iterator[list[str]]:
    """The rows; a broken one (a quote that never closes) is told with its place."""
    number = 1
    try:
        for number, row in enumerate(reader, 2):  # noqa: B007 - the number is for the fault below
            yield row
    except csv.Error as fault:
        raise click.ClickException(f"{source}: row {number + 1} is not valid CSV: {fault}.") from fault


class _Writer(Protocol):
    """What `csv.writer` gives."""

    def writerows(self, rows: Iterable[Iterable[object]], /) -> None: ...


class _Rejects:
    """The rows that could not be scored, with the reason in front of their own columns."""

    def __init__(self, target: TextIO, header: Sequence[str]) -> None:
        self.count = 0
        self._out = csv.writer(target, lineterminator="\n")
        self._out.writerow([*ERROR_COLUMNS, *header])

    def take(self, bad: list[BadRow]) -> None:
        """Write the rows and empty the list."""
        self.count += len(bad)
        for fault in bad:
            place = [fault.params[name] for name in ("row", "column", "problem")]
            self._out.writerow([*place, *fault.cells])
        bad.clear()


class _Bar:
    """A progress bar in bytes of the input; nothing is shown unless standard error is a terminal."""

    def __init__(self, raw: BinaryIO, source: str) -> None:
        path = None if source == STANDARD else Path(source)
        # A pipe has no size and no position: there the bar counts chunks.
        self._raw = raw if path and path.is_file() else None
        total = path.stat().st_size if path and self._raw else None
        self._bar = tqdm(total=total, unit="B" if self._raw else "chunk", unit_scale=True, disable=None)

    def advance(self) -> None:
        """Show how far the input has been read."""
        self._bar.update(self._raw.tell() - self._bar.n if self._raw else 1)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


@contextmanager
def _progress(raw: BinaryIO, source: str) -> Iterator[_Bar]:
    bar = _Bar(raw, source)
    try:
        yield bar
    finally:
        bar.close()


@contextmanager
def _binary(source: str) -> Iterator[BinaryIO]:
    if source == STANDARD:
        yield sys.stdin.buffer
    else:
        with Path(source).open("rb") as file:
            yield file


def _text(raw: BinaryIO, encoding: str) -> TextIO:
    """The input as text; a byte order mark, which spreadsheets write, is no part of the first name."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError as fault:
        raise click.ClickException(
            f"{encoding} is no text encoding; write one like utf-8 or gb18030."
        ) from fault
    return io.TextIOWrapper(raw, encoding="utf-8-sig" if name == "utf-8" else name, newline="")


@contextmanager
def _written(target: str) -> Iterator[TextIO]:
    """A file that appears under its name only when it is complete; or standard output."""
    if target == STANDARD:
        stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        try:
            yield stream
            stream.flush()
        finally:
            stream.detach()
        return
    path = Path(target)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _check_files(source: str, target: str, errors: str | None) -> None:
    """Output over input, or two outputs in one file, would lose data."""
    files = [Path(name).resolve() for name in (source, target, errors) if name and name != STANDARD]
    if len(set(files)) != len(files) or (target == STANDARD and errors == STANDARD):
        raise click.ClickException("--in, --out and --errors must be different files.")
