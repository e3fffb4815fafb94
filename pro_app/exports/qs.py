"""A questionnaire domain in the shape of CDISC SDTM: `qs.csv` and, for SAS, `qs.xpt`.

One row for each item and each scale of a form that came, and one `QSALL` row, not done and with its reason,
for a form that is missing; a body diagram has one row for each region that was marked. Codes are CDISC's
where the definition has them (QLQ-C30), else our item ids.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pro_app.exports.aside import Aside
from pro_app.exports.cells import Known, number, spelled
from pro_app.exports.columns import Cell, Column
from pro_app.exports.edition import Edition
from pro_app.exports.forms import Form, FormState
from pro_app.exports.sas import Xpt
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
_DONE: tuple[Cell, Cell] = (None, None)


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
        self._csv = csv.writer(aside.text("qs.csv", mark=True), lineterminator="\r\n")
        self._csv.writerow([one.name for one in COLUMNS])
        self._xpt = Xpt(aside, "qs.xpt", COLUMNS, "Questionnaires", edition.stamp, "QS")
        self._spell = Known(spelled)
        self._visits = {name: place for place, name in enumerate(edition.visits, 1)}
        self._questions = {one.id: tuple(_questions(one)) for one in edition.instruments}
        self._person, self._sequence = 0, 0
        aside.rows["qs.csv"] = 0

    def take(self, form: Form) -> None:
        if form.person.id != self._person:
            self._person, self._sequence = form.person.id, 0
        study, person = self._edition.study.id, form.person
        whose = (study, "QS", f"{study}-{person.site}-{person.study_number}")
        when = (self._visits[form.timepoint], form.timepoint)
        rows: list[tuple[Cell, ...]] = []
        for before, how, after in self._rows(form):
            self._sequence += 1
            rows.append((*whose, self._sequence, *before, *how, *when, *after))
        spell = self._spell
        self._csv.writerows([[spell[cell] for cell in row] for row in rows])
        for row in rows:
            self._xpt.take(row)
        self._aside.rows["qs.csv"] += len(rows)

    def close(self) -> None:
        self._xpt.close()

    def _rows(self, form: Form) -> Iterator[tuple[tuple[Cell, ...], tuple[Cell, ...], tuple[Cell, ...]]]:
        """QSREFID to QSDRVFL; QSMETHOD and QSLANG; QSDTC and QSEVINTX."""
        sheet = form.sheet
        if sheet is None:
            if form.state is FormState.MISSING:
                category = _category(self._edition.catalogue.instrument(form.instrument))
                what = (None, None, "QSALL", "Questionnaires", category, None, None, None)
                yield (*what, "NOT DONE", form.reason, None), _DONE, _DONE
            return
        how = (sheet.mode.upper().replace("_", " "), sheet.language)
        when = _minute(sheet.finished_at.astimezone(UTC))
        for one in self._questions[form.instrument]:
            if one.item is None:
                yield _scale(sheet, one), how, (when, None)
            else:
                for cells in _item(sheet, one):
                    yield cells, how, (when, one.period)


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


def _scale(sheet: Sheet, one: _Question) -> tuple[Cell, ...]:
    score = sheet.scores.get(one.name)
    if score is None or score.value is None:
        why = score.reason if score else "not_scored"
        return (sheet.uuid, *one.about, None, None, None, "NOT DONE", why, "Y")
    text = number(score.value)
    return (sheet.uuid, *one.about, text, text, score.value, None, None, "Y")


def _item(sheet: Sheet, one: _Question) -> Iterator[tuple[Cell, ...]]:
    answer = sheet.answers.get(one.name, {"missing": "not_reached"})
    if "missing" in answer or answer.get("sealed"):
        why = str(answer.get("missing", "sealed"))
        yield (sheet.uuid, *one.about, None, None, None, "NOT DONE", why, None)
        return
    value = answer["value"]
    if isinstance(value, dict):
        for region in value["regions"] or ("none",):
            text = f"{region}*" if region == value["worst"] else region
            yield (sheet.uuid, *one.about, text, text, None, None, None, None)
    else:
        text = str(int(value))
        yield (sheet.uuid, *one.about, text, text, int(value), None, None, None)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _period(instrument: Instrument, item: Item) -> str | None:
    """The recall period as the questionnaire states it."""
    if item.recall is None:
        return None
    hours = instrument.recall[item.recall].hours
    return f"PAST {hours // 24} DAYS" if hours > 24 else f"PAST {hours} HOURS"
