"""A questionnaire domain in the shape of CDISC SDTM: `qs.csv` and, for SAS, `qs.xpt`.

One row for each item and each scale of a form that came, and one `QSALL` row, not done and with its reason,
for a form that is missing; a body diagram has one row for each region that was marked. Codes are CDISC's
where the definition has them (QLQ-C30), else our item ids.
"""

import csv
import io
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

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
# Cells that stand side by side and change together: whose they are and their number come before.
_WHOSE, _NUMBER, _RESPONSE, _FINDING, _HOW = (0, 3), (3, 4), (4, 5), (5, 15), (15, 21)


class Part(NamedTuple):
    """Neighbouring cells as they stand in both files."""

    text: str
    raw: bytes


class _Parts:
    """Makes parts."""

    def __init__(self) -> None:
        self._encode = [encoder(column) for column in COLUMNS]
        self._line = io.StringIO()
        self._csv = csv.writer(self._line, lineterminator="")

    def of(self, place: tuple[int, int], *cells: Cell) -> Part:
        self._csv.writerow([spelled(cell) for cell in cells])
        # A lone blank cell would be spelled "", so as not to be an empty line; here it is a part of a line.
        text = self._line.getvalue() if cells != (None,) else ""
        self._line.seek(0)
        self._line.truncate()
        encode = self._encode[slice(*place)]
        return Part(text, b"".join([put(cell) for put, cell in zip(encode, cells, strict=True)]))


class _Findings(dict[Hashable, Part]):
    """A question with each of its outcomes, QSSPID to QSDRVFL: made once, for a form has forty of them and
    there are few different ones. Asked for a number, a reason, or a region of the body diagram."""

    MOST = 5_000

    def __init__(self, parts: _Parts, about: tuple[str, str, str, str], derived: str | None) -> None:
        super().__init__()
        self._parts, self._about, self._derived = parts, about, derived

    def __missing__(self, outcome: Hashable) -> Part:
        if len(self) >= self.MOST:
            self.clear()
        part = self[outcome] = self._parts.of(_FINDING, *self._about, *self._cells(outcome))
        return part

    def _cells(self, outcome: Hashable) -> tuple[Cell, ...]:
        if isinstance(outcome, _Region):
            return outcome.text, outcome.text, None, None, None, self._derived
        if isinstance(outcome, str):
            return None, None, None, "NOT DONE", outcome, self._derived
        assert isinstance(outcome, (int, float))
        value = outcome if self._derived else int(outcome)
        return number(value), number(value), value, None, None, self._derived


class _Region(NamedTuple):
    """A region that was marked, a star after the worst."""

    text: str


@dataclass(frozen=True, slots=True)
class _Question:
    """An item or a scale: its id, what its rows say, and its recall period."""

    name: str
    findings: _Findings
    is_item: bool
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
        self._questions = {one.id: tuple(_questions(self._parts, one)) for one in edition.instruments}
        self._numbers: list[Part] = []
        self._person, self._sequence = 0, 0
        aside.rows["qs.csv"] = 0

    def take(self, form: Form) -> None:
        if form.person.id != self._person:
            self._person, self._sequence = form.person.id, 0
        rows = list(self._came(form, form.sheet) if form.sheet else self._not_done(form))
        if not rows:
            return
        study, person = self._edition.study.id, form.person
        whose = self._parts.of(_WHOSE, study, "QS", f"{study}-{person.site}-{person.study_number}")
        response = self._parts.of(_RESPONSE, form.sheet.uuid if form.sheet else None)
        numbered = list(zip(self._numbered(len(rows)), rows, strict=True))
        head, middle = f"{whose.text},", f",{response.text},"
        self._csv.write(
            "".join([f"{head}{no.text}{middle}{what.text},{how.text}\r\n" for no, (what, how) in numbered])
        )
        first, second = whose.raw, response.raw
        self._xpt.take_rows(
            [b"".join((first, no.raw, second, what.raw, how.raw)) for no, (what, how) in numbered]
        )
        self._aside.rows["qs.csv"] += len(rows)

    def close(self) -> None:
        self._xpt.close()

    def _numbered(self, count: int) -> list[Part]:
        """The next numbers of this participant's rows."""
        first, self._sequence = self._sequence, self._sequence + count
        while len(self._numbers) < self._sequence:
            self._numbers.append(self._parts.of(_NUMBER, len(self._numbers) + 1))
        return self._numbers[first : self._sequence]

    def _not_done(self, form: Form) -> Iterator[tuple[Part, Part]]:
        """A missing form is one row; one that may still come is none."""
        if form.state is FormState.MISSING:
            category = _category(self._edition.catalogue.instrument(form.instrument))
            question = (None, "QSALL", "Questionnaires", category)
            outcome = (None, None, None, "NOT DONE", form.reason, None)
            visit = (self._visits[form.timepoint], form.timepoint)
            yield (
                self._parts.of(_FINDING, *question, *outcome),
                self._parts.of(_HOW, None, None, *visit, None, None),
            )

    def _came(self, form: Form, sheet: Sheet) -> Iterator[tuple[Part, Part]]:
        """What was found, and how and when, of each row."""
        visit = (self._visits[form.timepoint], form.timepoint)
        mode, when = sheet.mode.upper().replace("_", " "), _minute(sheet.finished_at.astimezone(UTC))
        how: dict[str | None, Part] = {}
        for one in self._questions[form.instrument]:
            if one.period not in how:
                how[one.period] = self._parts.of(_HOW, mode, sheet.language, *visit, when, one.period)
            way = how[one.period]
            for outcome in _answered(sheet, one.name) if one.is_item else (_scored(sheet, one.name),):
                yield one.findings[outcome], way


def _category(instrument: Instrument) -> str:
    return instrument.codes.get("cdisc", instrument.name)


def _questions(parts: _Parts, instrument: Instrument) -> Iterator[_Question]:
    category = _category(instrument)
    for item in instrument.items:
        code = item.codes_map.get("cdisc", item.id.upper()[:8])
        about = (item.id, code, f"{instrument.name} item {item.number}", category)
        yield _Question(item.id, _Findings(parts, about, None), True, _period(instrument, item))
    for scale in instrument.scoring.scales:
        code = scale.codes.get("cdisc", scale.name[:8])
        about = (scale.name, code, f"{instrument.name} {scale.name}", category)
        yield _Question(scale.name, _Findings(parts, about, "Y"), False, None)


_NOT_REACHED: Mapping[str, Any] = {"missing": "not_reached"}


def _answered(sheet: Sheet, item: str) -> Sequence[Hashable]:
    """The number or the reason why there is none; of a body diagram each region."""
    answer = sheet.answers.get(item, _NOT_REACHED)
    if "missing" in answer or answer.get("sealed"):
        return (str(answer.get("missing", "sealed")),)
    value = answer["value"]
    if isinstance(value, dict):
        worst = value["worst"]
        return [_Region(f"{one}*" if one == worst else one) for one in value["regions"] or ("none",)]
    return (value,)


def _scored(sheet: Sheet, scale: str) -> Hashable:
    score = sheet.scores.get(scale)
    if score is None:
        return "not_scored"
    return (score.reason or "not_scored") if score.value is None else score.value


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _period(instrument: Instrument, item: Item) -> str | None:
    """The recall period as the questionnaire states it."""
    if item.recall is None:
        return None
    hours = instrument.recall[item.recall].hours
    return f"PAST {hours // 24} DAYS" if hours > 24 else f"PAST {hours} HOURS"
