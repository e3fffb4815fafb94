"""A questionnaire domain in the shape of CDISC SDTM: `qs.csv` and, for SAS, `qs.xpt`.

One row for each item and each scale of a form that came, and one `QSALL` row, not done and with its reason,
for a form that is missing; a body diagram has one row for each region that was marked. Codes are CDISC's
where the definition has them (QLQ-C30), else our item ids.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from pro_app.exports.aside import Aside
from pro_app.exports.cells import number, spelled
from pro_app.exports.columns import Cell, Column
from pro_app.exports.edition import Edition
from pro_app.exports.forms import Form, FormState
from pro_app.exports.sas import Xpt, encoder
from pro_app.instruments.definition import Instrument, Item
from pro_app.records.export_rows import Sheet

# Name, what it is, and the most bytes of a text (0: a number).
_VARIABLES = (
    ("STUDYID", "Study Identifier", 40),
    ("DOMAIN", "Domain Abbreviation", 2),
    ("USUBJID", "Unique Subject Identifier", 80),
    ("QSSEQ", "Sequence Number", 0),
    ("QSREFID", "Response Identifier", 36),
    ("QSSPID", "Item or Scale in the Source", 40),
    ("QSTESTCD", "Question Short Name", 8),
    ("QSTEST", "Question Name", 40),
    ("QSCAT", "Category of Question", 40),
    ("QSORRES", "Finding in Original Units", 40),
    ("QSSTRESC", "Character Result/Finding in Std Format", 40),
    ("QSSTRESN", "Numeric Finding in Standard Units", 0),
    ("QSSTAT", "Completion Status", 8),
    ("QSREASND", "Reason Not Performed", 20),
    ("QSDRVFL", "Derived Flag", 1),
    ("QSMETHOD", "Method of Test or Examination", 20),
    ("QSLANG", "Language of the Form", 20),
    ("VISITNUM", "Visit Number", 0),
    ("VISIT", "Visit Name", 20),
    ("QSDTC", "Date/Time of Finding", 20),
    ("QSEVINTX", "Evaluation Interval Text", 20),
)
COLUMNS = tuple(
    Column(name, name, "text" if width else "number", label, label, width=width, whole=name != "QSSTRESN")
    for name, label, width in _VARIABLES
)
# Where each part of a row ends: whose, number, response, question, outcome, how and when, period.
_PLACES = (0, 3, 4, 5, 9, 15, 20, 21)
_WHOSE, _NUMBER, _RESPONSE, _QUESTION, _OUTCOME, _HOW, _PERIOD = range(7)


class Part(NamedTuple):
    """Neighbouring cells as they stand in both files."""

    text: str
    raw: bytes


class _Parts:
    """Cells as parts. Those that repeat are spelled once: a form has forty rows and few outcomes."""

    MOST = 50_000

    def __init__(self) -> None:
        self._encode = [encoder(column) for column in COLUMNS]
        self._known: dict[tuple[object, ...], Part] = {}
        self._line = io.StringIO()
        self._csv = csv.writer(self._line, lineterminator="")

    def known(self, kind: int, *cells: Cell) -> Part:
        key = (kind, *cells)
        part = self._known.get(key)
        if part is None:
            if len(self._known) >= self.MOST:
                self._known.clear()
            part = self._known[key] = self.once(kind, *cells)
        return part

    def once(self, kind: int, *cells: Cell) -> Part:
        first, last = _PLACES[kind], _PLACES[kind + 1]
        self._csv.writerow([spelled(cell) for cell in cells])
        # A lone blank cell would be spelled "", so as not to be an empty line; here it is a part of a line.
        text = self._line.getvalue() if cells != (None,) else ""
        self._line.seek(0)
        self._line.truncate()
        raw = b"".join([put(cell) for put, cell in zip(self._encode[first:last], cells, strict=True)])
        return Part(text, raw)


@dataclass(frozen=True, slots=True)
class _Question:
    """What every row of an item or scale says: QSSPID, QSTESTCD, QSTEST, QSCAT, and QSEVINTX."""

    name: str
    item: Item | None
    about: tuple[str, str, str, str]
    period: str | None


class Qs:
    """Both files, row by row the same."""

    def __init__(self, aside: Aside, edition: Edition) -> None:
        self._edition, self._aside = edition, aside
        self._csv = aside.text("qs.csv", mark=True)
        self._csv.write(",".join(one.name for one in COLUMNS) + "\r\n")
        self._xpt = Xpt(aside, "qs.xpt", COLUMNS, "Questionnaires", edition.stamp, "QS")
        self._parts = _Parts()
        self._visits = {name: place for place, name in enumerate(edition.visits, 1)}
        self._questions = {one.id: tuple(_questions(one)) for one in edition.instruments}
        self._person, self._sequence = 0, 0
        aside.rows["qs.csv"] = 0

    def take(self, form: Form) -> None:
        if form.person.id != self._person:
            self._person, self._sequence = form.person.id, 0
        study, person, known = self._edition.study.id, form.person, self._parts.known
        whose = known(_WHOSE, study, "QS", f"{study}-{person.site}-{person.study_number}")
        lines: list[str] = []
        rows: list[bytes] = []
        for response, question, outcome, how, period in self._rows(form):
            self._sequence += 1
            parts = (whose, known(_NUMBER, self._sequence), response, question, outcome, how, period)
            lines.append(",".join([part.text for part in parts]))
            rows.append(b"".join([part.raw for part in parts]))
        if lines:
            self._csv.write("\r\n".join(lines) + "\r\n")
            self._xpt.take_rows(rows)
            self._aside.rows["qs.csv"] += len(lines)

    def close(self) -> None:
        self._xpt.close()

    def _rows(self, form: Form) -> Iterator[tuple[Part, Part, Part, Part, Part]]:
        """Response, question, outcome, how and when, period of each row of a form."""
        sheet, known = form.sheet, self._parts.known
        visit = (self._visits[form.timepoint], form.timepoint)
        if sheet is None:
            if form.state is FormState.MISSING:
                category = _category(self._edition.catalogue.instrument(form.instrument))
                question = known(_QUESTION, None, "QSALL", "Questionnaires", category)
                outcome = known(_OUTCOME, None, None, None, "NOT DONE", form.reason, None)
                how = known(_HOW, None, None, *visit, None)
                yield known(_RESPONSE, None), question, outcome, how, known(_PERIOD, None)
            return
        response = self._parts.once(_RESPONSE, sheet.uuid)
        mode, when = sheet.mode.upper().replace("_", " "), _minute(sheet.finished_at.astimezone(UTC))
        how = self._parts.once(_HOW, mode, sheet.language, *visit, when)
        for one in self._questions[form.instrument]:
            question, period = known(_QUESTION, *one.about), known(_PERIOD, one.period)
            for cells in _outcomes(sheet, one):
                yield response, question, known(_OUTCOME, *cells), how, period


def _category(instrument: Instrument) -> str:
    return instrument.codes.get("cdisc", instrument.name)


def _questions(instrument: Instrument) -> Iterator[_Question]:
    category = _category(instrument)
    for item in instrument.items:
        code = item.codes_map.get("cdisc", item.id.upper()[:8])
        test = f"{instrument.name} item {item.number}"
        yield _Question(item.id, item, (item.id, code, test, category), _period(instrument, item))
    for scale in instrument.scoring.scales:
        code = scale.codes.get("cdisc", scale.name[:8])
        yield _Question(
            scale.name, None, (scale.name, code, f"{instrument.name} {scale.name}", category), None
        )


def _outcomes(sheet: Sheet, one: _Question) -> Iterator[tuple[Cell, ...]]:
    """QSORRES to QSDRVFL: once for an item or scale, once for each region of a body diagram."""
    if one.item is None:
        score = sheet.scores.get(one.name)
        if score is None or score.value is None:
            why = score.reason if score else "not_scored"
            yield None, None, None, "NOT DONE", why, "Y"
        else:
            text = number(score.value)
            yield text, text, score.value, None, None, "Y"
        return
    answer = sheet.answers.get(one.name, {"missing": "not_reached"})
    if "missing" in answer or answer.get("sealed"):
        yield None, None, None, "NOT DONE", str(answer.get("missing", "sealed")), None
        return
    value = answer["value"]
    if isinstance(value, dict):
        for region in value["regions"] or ("none",):
            text = f"{region}*" if region == value["worst"] else region
            yield text, text, None, None, None, None
    else:
        text = str(int(value))
        yield text, text, int(value), None, None, None


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _period(instrument: Instrument, item: Item) -> str | None:
    """The recall period as the questionnaire states it."""
    if item.recall is None:
        return None
    hours = instrument.recall[item.recall].hours
    return f"PAST {hours // 24} DAYS" if hours > 24 else f"PAST {hours} HOURS"
