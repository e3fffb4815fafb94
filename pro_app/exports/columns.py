"""The wide table of one instrument: its columns, and the cells of one form.

Every tabular file (CSV, XLSX, SPSS, Stata, SAS) is written from these columns, so they hold the same.
A cell is None (no value), a number, a text, a day, an instant (UTC), or a code; in a number column with
`tags` a text is a tag: the reason why there is no number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from pro_app.exports import labels
from pro_app.exports.edition import Edition
from pro_app.exports.forms import Form
from pro_app.instruments.definition import Instrument, Item

Cell = None | int | float | str | date | datetime
Kind = Literal["number", "code", "text", "day", "moment"]

# How a reason is told where a file can hold it inside the value: Stata's and SAS's letter, SPSS's number.
TAGS = {
    "skipped": ("a", -97),
    "not_reached": ("b", -98),
    "not_shown": ("c", -99),
    "none_answered": ("d", -97),
    "too_few_answered": ("e", -98),
    "scale_missing": ("f", -99),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    name: up to 32 letters, digits and underscores, begins with a letter. short: the same in at most 8, for
    SAS transport files. label, english: what it is, in the export's language and in plain ASCII.
    codes: label by code, for `code`. values: label by number, for `number`. tags: label by reason.
    whole: only whole numbers. width: the most bytes of a text.
    tag_column: the name of the column that holds the reason where files need one of its own.
    """

    name: str
    short: str
    kind: Kind
    label: str
    english: str
    codes: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[int, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    tag_column: str = ""
    tag_label: str = ""
    whole: bool = False
    width: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The wide table of one instrument. `row` gives the cells of a form, one for each column."""

    instrument: Instrument
    columns: tuple[Column, ...]
    row: Callable[[Form], list[Cell]]


def wide_table(edition: Edition, instrument: Instrument) -> Table:
    """One row for each expected form: where it stands, how it came, answers, scores."""
    about = about_columns(edition)
    items = [column for item in instrument.items for column in _item_columns(edition, instrument, item)]
    scales = [_scale_column(edition, instrument, name) for name in instrument.scoring.names]
    readers = [_reader(item, instrument.region_ids) for item in instrument.items]
    names = instrument.scoring.names
    blank: list[Cell] = [None] * (len(items) + len(scales))

    def row(form: Form) -> list[Cell]:
        cells = about_cells(edition, form)
        if form.sheet is None:
            return cells + blank
        answers, scores = form.sheet.answers, form.sheet.scores
        for read in readers:
            cells += read(answers)
        for name in names:
            one = scores.get(name)
            cells.append(None if one is None else one.reason if one.value is None else one.value)
        return cells

    return Table(instrument, (*about, *items, *scales), row)


def about_columns(edition: Edition) -> tuple[Column, ...]:
    """The columns that say whose form it is, where it stands and how it came."""
    sites = {site.code: edition.text(site.name) for site in edition.study.sites}
    visits = edition.visits
    names = {one.id: one.name for one in edition.instruments}
    arms = {arm.id: edition.text(arm.label) for arm in edition.study.arms}
    plain = [
        _text(edition, "study", "STUDY", 40),
        _code(edition, "site", "SITE", sites),
        _text(edition, "study_number", "SUBJECT", 40),
        *([_code(edition, "arm", "ARM", arms)] if edition.arms else []),
        _code(edition, "status", "STATUS", _said(edition, labels.STATUSES)),
        _code(edition, "timepoint", "VISIT", visits),
        _code(edition, "instrument", "INSTR", names),
        _text(edition, "version", "VERSION", 20),
        _code(edition, "state", "STATE", _said(edition, labels.STATES)),
        _code(edition, "reason", "REASON", edition.reasons),
        *(_plain(edition, name, name.upper(), "day") for name in ("due", "opens", "closes")),
        _plain(edition, "received_on", "RECDAY", "day"),
        _plain(edition, "received_at", "RECTIME", "moment"),
        _plain(edition, "started_at", "STARTED", "moment"),
        _plain(edition, "finished_at", "FINISHED", "moment"),
        _plain(edition, "completed_on", "COMPDAY", "day"),
        _text(edition, "entered_by", "ENTERED", 120),
        _text(edition, "entered_again_by", "ENTERED2", 120),
        _plain(edition, "entry_differences", "ENTDIFF", "number"),
        _text(edition, "settled_by", "SETTLED", 120),
        _code(edition, "mode", "MODE", _said(edition, labels.MODES)),
        _code(edition, "helper", "HELPER", _said(edition, labels.HELPERS)),
        _text(edition, "language", "LANG", 20),
        _text(edition, "pack", "PACK", 64),
        _text(edition, "response", "RESPONSE", 36),
        _plain(edition, "revision", "REVISION", "number"),
        _plain(edition, "corrected_at", "CORRTIME", "moment"),
        _code(edition, "correction", "CORRWHY", _said(edition, labels.CORRECTIONS)),
        _plain(edition, "others", "OTHERS", "number"),
        _text(edition, "content_hash", "HASH", 64),
        _text(edition, "algorithm", "ALGOR", 40),
    ]
    return tuple(plain)


def about_cells(edition: Edition, form: Form) -> list[Cell]:
    """The cells of `about_columns`."""
    person, sheet, change = form.person, form.sheet, form.change
    cells: list[Cell] = [edition.study.id, person.site, person.study_number]
    if edition.arms:
        cells.append(person.arm)
    version = sheet.version if sheet else edition.catalogue.instrument(form.instrument).version
    cells += [person.status, form.timepoint, form.instrument, version, form.state.value, form.reason]
    cells += [form.due, form.opens, form.closes]
    if sheet is None:
        return [*cells, *[None] * 17, len(form.others), None, None]
    second = form.second_entry
    return [
        *cells,
        form.received_on,
        sheet.received_at,
        sheet.started_at,
        sheet.finished_at,
        sheet.completed_on,
        sheet.entered_by,
        *((second.by, second.differences, second.settled_by) if second else (None, None, None)),
        sheet.mode,
        sheet.helper,
        sheet.language,
        sheet.pack,
        sheet.uuid,
        sheet.revision,
        change.at if change else None,
        change.reason if change else None,
        len(form.others),
        sheet.content_hash,
        sheet.algorithm,
    ]


def _said(edition: Edition, table: Mapping[str, str]) -> dict[str, str]:
    return {code: edition.words.say(text) for code, text in table.items()}


def _plain(edition: Edition, name: str, short: str, kind: Kind, **more: Any) -> Column:
    english = labels.COLUMNS[name]
    whole = kind == "number"
    return Column(name, short, kind, edition.words.say(english), english, whole=whole, **more)


def _text(edition: Edition, name: str, short: str, width: int) -> Column:
    return _plain(edition, name, short, "text", width=width)


def _code(edition: Edition, name: str, short: str, codes: Mapping[str, str]) -> Column:
    width = max(map(len, codes), default=1)
    return _plain(edition, name, short, "code", codes=codes, width=width)


def _item_columns(edition: Edition, instrument: Instrument, item: Item) -> list[Column]:
    parts = {"instrument": instrument.name, "number": item.number}
    say = edition.words.say
    short = item.codes_map.get("sas", item.id).upper()[:7]
    missing: dict[str, Any] = {
        "tags": _said(edition, labels.NO_ANSWER),
        "tag_column": f"{item.id}_missing",
        "tag_label": say(labels.ITEM_MISSING) % parts,
        "whole": True,
    }
    if item.kind == "body":
        return _body_columns(edition, instrument, item, short, parts)
    if item.kind == "text":
        yes = {1: say(labels.YES)}
        label = say(labels.SEALED) % parts
        given = f"{item.id}_given"
        return [Column(given, f"{short}G", "number", label, labels.SEALED % parts, values=yes, **missing)]
    wording = edition.wording(instrument, item)
    label = say(labels.ITEM) % parts
    if wording and wording.question:
        label = say(labels.ITEM_WORDS) % {**parts, "words": " ".join(wording.question.split())}
    return [
        Column(
            item.id,
            short,
            "number",
            label,
            labels.ITEM % parts,
            values=_answer_labels(edition, instrument, item),
            **missing,
        )
    ]


def _body_columns(
    edition: Edition, instrument: Instrument, item: Item, short: str, parts: Mapping[str, str]
) -> list[Column]:
    """A body diagram as one yes/no column for each region: what a statistician can count."""
    say = edition.words.say
    names = edition.region_names(instrument)
    yes_no = {1: say(labels.YES), 0: say(labels.NO)}
    columns = [
        Column(
            f"{item.id}_{region.replace('-', '_')}",
            f"{short}R{number:02}",
            "number",
            say(labels.REGION) % {**parts, "region": names[region]},
            labels.REGION % {**parts, "region": region},
            values=yes_no,
            whole=True,
        )
        for number, region in enumerate(instrument.region_ids, 1)
    ]
    worst = Column(
        f"{item.id}_worst",
        f"{short}W",
        "code",
        say(labels.WORST) % parts,
        labels.WORST % parts,
        codes=names,
        width=max(map(len, names)),
    )
    why = Column(
        f"{item.id}_missing",
        f"{short}M",
        "code",
        say(labels.ITEM_MISSING) % parts,
        labels.ITEM_MISSING % parts,
        codes=_said(edition, labels.NO_ANSWER),
        width=max(map(len, labels.NO_ANSWER)),
    )
    return [*columns, worst, why]


def _answer_labels(edition: Edition, instrument: Instrument, item: Item) -> dict[int, str]:
    """Labels of the codes: yes and no are ours, all others come from a pack that may be exported."""
    if item.kind == "yes_no":
        return {1: edition.words.say(labels.YES), 0: edition.words.say(labels.NO)}
    wording = edition.wording(instrument, item)
    if wording is None:
        return {}
    if wording.labels:
        return {code: text for code, text in wording.labels.items() if text}
    ends = {item.codes[0]: wording.low_end, item.codes[-1]: wording.high_end} if item.codes else {}
    return {code: text for code, text in ends.items() if text}


def _scale_column(edition: Edition, instrument: Instrument, name: str) -> Column:
    scale = instrument.scoring.scale(name)
    parts = {"instrument": instrument.name, "scale": name}
    words = edition.words
    return Column(
        name,
        scale.codes.get("sas", name).upper()[:8],
        "number",
        words.say(labels.SCALE) % {**parts, "words": words.scale(name)},
        f"{instrument.name} {name}",
        tags=_said(edition, labels.NO_SCORE),
        tag_column=f"{name}_reason",
        tag_label=words.say(labels.SCALE_REASON) % parts,
    )


Reader = Callable[[Mapping[str, Mapping[str, object]]], Sequence[Cell]]


def _reader(item: Item, regions: Sequence[str]) -> Reader:
    """Takes the cells of one item out of a response's answers."""
    name = item.id
    if item.kind == "body":
        return lambda answers: _places(answers.get(name), regions)
    words = item.kind == "text"

    def read(answers: Mapping[str, Mapping[str, object]]) -> Sequence[Cell]:
        answer = answers.get(name)
        if answer is None:
            return (None,)
        if "missing" in answer:
            return (str(answer["missing"]),)
        if words:
            return (1,)
        value = answer["value"]
        return (int(value) if isinstance(value, int) else None,)

    return read


def _places(answer: Mapping[str, object] | None, regions: Sequence[str]) -> list[Cell]:
    value = answer.get("value") if answer else None
    if not isinstance(value, Mapping):
        why = answer.get("missing") if answer else None
        return [*[None] * len(regions), None, str(why) if why else None]
    shaded = set(value["regions"])
    return [*(int(region in shaded) for region in regions), value["worst"], None]
