"""A questionnaire domain in the shape of CDISC SDTM: `qs.csv` and, for SAS, `qs.xpt`.

One row for each item and each scale of a form that came, and one `QSALL` row, not done and with its reason,
for a form that is missing. Codes are CDISC's where the definition has them (QLQ-C30), else our item ids.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime

from pro_app.exports.aside import Aside
from pro_app.exports.cells import number, safe
from pro_app.exports.columns import Cell, Column
from pro_app.exports.edition import Edition
from pro_app.exports.forms import Form, FormState
from pro_app.exports.sas import Xpt
from pro_app.instruments.definition import Instrument, Item
from pro_app.records.export_rows import Sheet

# Name, what it is, kind, most bytes.
_VARIABLES = (
    ("STUDYID", "Study Identifier", "text", 40),
    ("DOMAIN", "Domain Abbreviation", "text", 2),
    ("USUBJID", "Unique Subject Identifier", "text", 100),
    ("QSSEQ", "Sequence Number", "number", 0),
    ("QSREFID", "Response Identifier", "text", 36),
    ("QSSPID", "Item or Scale in the Source", "text", 40),
    ("QSTESTCD", "Question Short Name", "text", 8),
    ("QSTEST", "Question Name", "text", 40),
    ("QSCAT", "Category of Question", "text", 40),
    ("QSORRES", "Finding in Original Units", "text", 200),
    ("QSSTRESC", "Character Result/Finding in Std Format", "text", 200),
    ("QSSTRESN", "Numeric Finding in Standard Units", "number", 0),
    ("QSSTAT", "Completion Status", "text", 8),
    ("QSREASND", "Reason Not Performed", "text", 40),
    ("QSDRVFL", "Derived Flag", "text", 1),
    ("QSMETHOD", "Method of Test or Examination", "text", 40),
    ("QSLANG", "Language of the Form", "text", 20),
    ("VISITNUM", "Visit Number", "number", 0),
    ("VISIT", "Visit Name", "text", 40),
    ("QSDTC", "Date/Time of Finding", "text", 20),
    ("QSEVINTX", "Evaluation Interval Text", "text", 20),
)
COLUMNS = tuple(
    Column(
        name,
        name,
        "number" if kind == "number" else "text",
        label,
        label,
        width=width,
        whole=name != "QSSTRESN",
    )
    for name, label, kind, width in _VARIABLES
)


class Qs:
    """Both files, row by row the same."""

    def __init__(self, aside: Aside, edition: Edition) -> None:
        self._edition, self._aside = edition, aside
        self._csv = csv.writer(aside.text("qs.csv", mark=True), lineterminator="\r\n")
        self._csv.writerow([one.name for one in COLUMNS])
        self._xpt = Xpt(aside, "qs.xpt", COLUMNS, "Questionnaires", edition.stamp, "QS")
        self._visits = {name: place for place, name in enumerate(edition.visits, 1)}
        self._person, self._sequence = 0, 0
        aside.rows["qs.csv"] = 0

    def take(self, form: Form) -> None:
        if form.person.id != self._person:
            self._person, self._sequence = form.person.id, 0
        for cells in self._rows(form):
            self._csv.writerow([_spelled(cell) for cell in cells])
            self._xpt.take(cells)
            self._aside.rows["qs.csv"] += 1

    def close(self) -> None:
        self._xpt.close()

    def _rows(self, form: Form) -> Iterator[list[Cell]]:
        instrument = self._edition.catalogue.instrument(form.instrument)
        category = instrument.codes.get("cdisc", instrument.name)
        if form.sheet is None:
            if form.state is FormState.MISSING:
                what: list[Cell] = [None, None, "QSALL", "Questionnaires", category, None, None, None]
                yield self._row(form, [*what, "NOT DONE", form.reason, None, None, None, None, None])
            return
        sheet = form.sheet
        how: list[Cell] = [sheet.mode.upper().replace("_", " "), sheet.language]
        when = sheet.finished_at.astimezone(UTC)
        for item in instrument.items:
            yield self._row(
                form,
                [
                    *self._item(instrument, item, sheet, category),
                    *how,
                    _minute(when),
                    _period(instrument, item),
                ],
            )
        for name, score in sheet.scores.items():
            scale = instrument.scoring.scale(name)
            code = scale.codes.get("cdisc", name[:8])
            text = None if score.value is None else number(score.value)
            about: list[Cell] = [sheet.uuid, name, code, f"{instrument.name} {name}", category]
            result: list[Cell] = [text, text, score.value]
            lacks: list[Cell] = [None, None] if score.reason is None else ["NOT DONE", score.reason]
            yield self._row(form, [*about, *result, *lacks, "Y", *how, _minute(when), None])

    def _row(self, form: Form, cells: list[Cell]) -> list[Cell]:
        """`cells`: QSREFID to QSLANG without the visit, then QSDTC and QSEVINTX."""
        self._sequence += 1
        study, person = self._edition.study.id, form.person
        subject = f"{study}-{person.site}-{person.study_number}"
        visit: list[Cell] = [self._visits[form.timepoint], form.timepoint]
        return [study, "QS", subject, self._sequence, *cells[:-2], *visit, *cells[-2:]]

    def _item(self, instrument: Instrument, item: Item, sheet: Sheet, category: str) -> list[Cell]:
        code = item.codes_map.get("cdisc", item.id.upper()[:8])
        about: list[Cell] = [sheet.uuid, item.id, code, f"{instrument.name} item {item.number}", category]
        answer = sheet.answers.get(item.id, {"missing": "not_reached"})
        if "missing" in answer or answer.get("sealed"):
            why = str(answer.get("missing", "sealed"))
            return [*about, None, None, None, "NOT DONE", why, None]
        value = answer["value"]
        if isinstance(value, dict):
            text = " ".join(value["regions"]) or "none"
            return [*about, text[:200], text[:200], None, None, None, None]
        return [*about, str(int(value)), str(int(value)), int(value), None, None, None]


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _period(instrument: Instrument, item: Item) -> str | None:
    """The recall period as the questionnaire states it."""
    if item.recall is None:
        return None
    hours = instrument.recall[item.recall].hours
    return f"PAST {hours // 24} DAYS" if hours > 24 else f"PAST {hours} HOURS"


def _spelled(cell: Cell) -> str:
    if cell is None:
        return ""
    return safe(cell) if isinstance(cell, str) else number(cell)  # type: ignore[arg-type]
