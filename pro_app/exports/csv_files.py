"""CSV in the wide form (one row a form) and the long form (one row an answer or score), and their history."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from pro_app.exports import labels
from pro_app.exports.aside import Aside
from pro_app.exports.cells import header, spelled, speller
from pro_app.exports.columns import Cell, Column, Table, about_cells, about_columns
from pro_app.exports.edition import Edition
from pro_app.exports.forms import Form
from pro_app.records.export_rows import Change, Sheet


class WideCsv:
    """`<instrument>.csv`: one row for each expected form."""

    def __init__(self, aside: Aside, table: Table) -> None:
        self._aside, self._name = aside, f"{table.instrument.id}.csv"
        self._spell = speller(table.columns)
        self._out = csv.writer(aside.text(self._name, mark=True), lineterminator="\r\n")
        self._out.writerow(header(table.columns))
        aside.rows[self._name] = 0

    def take(self, cells: Sequence[Cell]) -> None:
        self._out.writerow(self._spell(cells))
        self._aside.rows[self._name] += 1

    def close(self) -> None:
        """Nothing is left to write."""


LONG = (
    "study",
    "site",
    "study_number",
    "timepoint",
    "instrument",
    "version",
    "response",
    "revision",
    "kind",
    "name",
    "value",
    "missing",
    "used",
    "unused",
    "algorithm",
)
HISTORY = (
    "study",
    "site",
    "study_number",
    "timepoint",
    "instrument",
    "version",
    "response",
    "revision",
    "standing",
    "reason",
    "ended_at",
    "ended_why",
    "received_at",
    "started_at",
    "finished_at",
    "completed_on",
    "entered_by",
    "mode",
    "helper",
    "language",
    "pack",
    "content_hash",
    "algorithm",
)


class _Rows(Protocol):
    """What `csv.writer` gives."""

    def writerow(self, row: Iterable[str], /) -> object: ...

    def writerows(self, rows: Iterable[Iterable[str]], /) -> None: ...


class LongCsv:
    """`forms.csv`: every expected form; `long.csv`: its answers and scores; `history.csv` and
    `history-long.csv`: the same of responses that don't count (corrected, moved, withdrawn, second ones)."""

    def __init__(self, aside: Aside, edition: Edition) -> None:
        self._aside, self._edition = aside, edition
        about = about_columns(edition)
        self._about = speller(about)
        self._files = {
            "forms.csv": self._begun("forms.csv", header(about)),
            "long.csv": self._begun("long.csv", LONG),
            "history.csv": self._begun("history.csv", HISTORY),
            "history-long.csv": self._begun("history-long.csv", LONG),
        }

    def _begun(self, name: str, names: Sequence[str]) -> _Rows:
        out = csv.writer(self._aside.text(name, mark=True), lineterminator="\r\n")
        out.writerow(names)
        self._aside.rows[name] = 0
        return out

    def _write(self, name: str, rows: Sequence[Sequence[str]]) -> None:
        self._files[name].writerows(rows)
        self._aside.rows[name] += len(rows)

    def take(self, form: Form) -> None:
        self._write("forms.csv", [self._about(about_cells(self._edition, form))])
        if form.sheet:
            self._write("long.csv", list(self._long(form, form.sheet)))
        for sheet, change in form.others:
            self._write("history.csv", [self._ended(form, sheet, change)])
            self._write("history-long.csv", list(self._long(form, sheet)))

    def close(self) -> None:
        """Nothing is left to write."""

    def _head(self, form: Form, sheet: Sheet) -> list[str]:
        person = form.person
        whose = (self._edition.study.id, person.site, person.study_number)
        what = (form.timepoint, form.instrument, sheet.version, sheet.uuid)
        return [*map(spelled, (*whose, *what)), str(sheet.revision)]

    def _ended(self, form: Form, sheet: Sheet, change: Change | None) -> list[str]:
        when, why = (change.at, change.reason) if change else (None, None)
        came = (sheet.received_at, sheet.started_at, sheet.finished_at)
        by_staff = (sheet.completed_on, sheet.entered_by, sheet.mode, sheet.helper)
        how = (sheet.language, sheet.pack, sheet.content_hash, sheet.algorithm)
        rest: tuple[Cell, ...] = (sheet.standing, sheet.reason, when, why, *came, *by_staff, *how)
        return [*self._head(form, sheet), *map(spelled, rest)]

    def _long(self, form: Form, sheet: Sheet) -> Iterator[list[str]]:
        head = self._head(form, sheet)
        instrument = self._edition.catalogue.instrument(sheet.instrument)
        for item in instrument.item_ids:
            if item in sheet.answers:
                yield [*head, "item", item, *_answer(sheet.answers[item]), "", "", ""]
        for scale, score in sheet.scores.items():
            value = "" if score.value is None else spelled(score.value)
            rest = (score.reason or "", score.used, score.missing, sheet.algorithm)
            yield [*head, "score", scale, value, *rest]


def _answer(answer: object) -> tuple[str, str]:
    """Value and missing code. A body diagram is its regions, a star after the worst; `none` if none hurts."""
    assert isinstance(answer, dict)
    if "missing" in answer:
        return "", str(answer["missing"])
    if answer.get("sealed"):
        return "", "sealed"
    value = answer["value"]
    if isinstance(value, dict):
        worst = value["worst"]
        return " ".join(f"{one}*" if one == worst else one for one in value["regions"]) or "none", ""
    return str(int(value)) if isinstance(value, bool) else spelled(value), ""


def long_columns(edition: Edition, names: Sequence[str]) -> tuple[Column, ...]:
    """What the columns of `LONG` and `HISTORY` mean, for the codebook."""
    say = edition.words.say
    codes = {"standing": labels.STANDINGS, "missing": labels.NO_ANSWER | labels.NO_SCORE}
    return tuple(
        Column(
            name,
            "",
            "code" if name in codes else "text",
            say(labels.COLUMNS[name]),
            labels.COLUMNS[name],
            codes={code: say(text) for code, text in codes.get(name, {}).items()},
        )
        for name in names
    )
