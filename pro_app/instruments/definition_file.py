"""Reading `questionnaires/<id>/definition.toml` into an `Instrument`, listing every fault at once."""

from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from pro_app.datafile import DataFile, read_toml
from pro_app.instruments.definition import (
    KINDS,
    NUMBER_KINDS,
    Change,
    Instrument,
    Item,
    Kind,
    Recall,
    Region,
    Screen,
    ShownIf,
    Threshold,
)
from pro_app.instruments.scoring_file import read_scoring
from pro_app.instruments.table import Table
from pro_app.scoring.plan import ScoringPlan

AnswerSets = dict[str, tuple[Kind, tuple[int, ...], int]]


def load_definition(path: Path) -> Instrument:
    """Read and check one definition file.

    Raises `DataFileError` with every fault and its line.
    """
    file = read_toml(path)
    instrument = _instrument(file, Table(file, file.data))
    file.finish()
    return instrument


def _instrument(file: DataFile, top: Table) -> Instrument:
    identity = (top.text("id"), top.text("version"), top.text("name"))
    sources = top.strings("sources")
    recall = _recall(top.table("recall"))
    regions = _regions(top.table("regions"))
    sets = _answer_sets(top.table("answers"))
    items = _items(top, sets, recall)
    if not items:
        top.fault("there are no items")
    if any(item.kind == "body" for item in items) and not regions:
        top.fault("an item shows the body diagram, but [regions] is missing or empty")
    plan = read_scoring(top.table("scoring"), identity[0], identity[1], items, sources)
    instrument = Instrument(
        *identity,
        items=items,
        screens=_screens(top, items),
        scoring=plan,
        minutes=top.whole("minutes", 5),
        regions=regions,
        recall=recall,
        thresholds=_thresholds(top, plan, sources),
        changes=_changes(top, plan, sources),
        codes=top.strings("codes"),
        sources=sources,
        notes=top.texts("notes", ()),
    )
    if file.path.parent.name != instrument.id:
        top.fault(f"id is {instrument.id!r}, but the folder is {file.path.parent.name!r}", "id")
    top.done()
    return instrument


def _recall(table: Table) -> dict[str, Recall]:
    found = {}
    for name in table.names():
        entry = table.table(name)
        found[name] = Recall(name, entry.whole("hours"))
        entry.done()
    return found


def _regions(table: Table) -> tuple[Region, ...]:
    sides: tuple[Literal["front", "back"], ...] = ("front", "back")
    found = tuple(Region(name, side) for side in sides for name in table.texts(side, ()))
    names = [region.id for region in found]
    for name in sorted({name for name in names if names.count(name) > 1}):
        table.fault(f"region {name} is named twice")
    table.done()
    return found


def _answer_sets(table: Table) -> AnswerSets:
    found: AnswerSets = {}
    for name in table.names():
        entry = table.table(name)
        kind = cast(Kind, entry.word("kind", KINDS))
        wants_codes = kind in NUMBER_KINDS or kind == "yes_no"
        codes = entry.wholes("codes", None if wants_codes else ())
        length = entry.whole("max_length", 1000) if kind == "text" else 0
        if len(set(codes)) != len(codes):
            entry.fault("a code is listed twice", "codes")
        if any(code < 0 for code in codes):
            entry.fault("a code is negative", "codes")
        if kind == "yes_no" and set(codes) != {0, 1}:
            entry.fault("a yes_no answer has the codes 1 and 0", "codes")
        entry.done()
        found[name] = (kind, codes, length)
    return found


def _items(top: Table, sets: AnswerSets, recall: dict[str, Recall]) -> tuple[Item, ...]:
    found: list[Item] = []
    for entry in top.tables("items"):
        item_id, name = entry.text("id"), entry.text("answers")
        if any(item.id == item_id for item in found):
            entry.fault(f"item {item_id} is defined twice", "id")
        if name and name not in sets:
            entry.fault(f"answers {name!r} is not defined", "answers")
        kind, codes, length = sets.get(name, ("text", (), 0))
        period = entry.text("recall", "") or None
        if period is not None and period not in recall:
            entry.fault(f"recall {period!r} is not defined", "recall")
        found.append(
            Item(
                id=item_id,
                number=entry.text("number", "") or item_id.lstrip("abcdefghijklmnopqrstuvwxyz_-"),
                kind=kind,
                codes=codes,
                answers=name,
                recall=period,
                optional=entry.flag("optional"),
                shown_if=_shown_if(entry, found),
                max_length=length,
                codes_map=entry.strings("codes"),
            )
        )
        entry.done()
    return tuple(found)


def _shown_if(entry: Table, before: list[Item]) -> ShownIf | None:
    if not entry.has("shown_if"):
        return None
    rule = entry.table("shown_if")
    other, values = rule.text("item"), rule.wholes("values")
    rule.done()
    asked = next((item for item in before if item.id == other), None)
    if asked is None:
        entry.fault(f"shown_if names {other!r}, which is no earlier item", "shown_if")
        return None
    wrong = [value for value in values if value not in asked.codes]
    if wrong:
        entry.fault(f"shown_if: {wrong} are no codes of {other}", "shown_if")
    truth = asked.kind == "yes_no"
    return ShownIf(other, tuple(bool(value) if truth else value for value in values))


def _screens(top: Table, items: tuple[Item, ...]) -> tuple[Screen, ...]:
    """One item a screen, unless the file groups some; a group must follow the order of the items."""
    ids = [item.id for item in items]
    leads: dict[str, tuple[str, ...]] = {}
    for entry in top.tables("screens"):
        group = entry.texts("items")
        entry.done()
        start = ids.index(group[0]) if group and group[0] in ids else -1
        if start < 0 or tuple(ids[start : start + len(group)]) != group:
            entry.fault("the items of a screen must be neighbours, in the order of the items", "items")
            continue
        leads[group[0]] = group
    screens: list[Screen] = []
    while ids:
        group = leads.get(ids[0], (ids[0],))
        screens.append(Screen(group))
        ids = ids[len(group) :]
    return tuple(screens)


def _thresholds(top: Table, plan: ScoringPlan, sources: dict[str, str]) -> tuple[Threshold, ...]:
    found: list[Threshold] = []
    for entry in top.tables("thresholds"):
        scale = _scale(entry, entry.text("scale"), plan)
        side = cast(Literal["below", "above"], entry.word("side", ("below", "above")))
        value, source = entry.number("value"), _source(entry, sources)
        found.append(Threshold(scale, value, side, source, entry.text("note", "")))
        entry.done()
    return tuple(found)


def _changes(top: Table, plan: ScoringPlan, sources: dict[str, str]) -> tuple[Change, ...]:
    found: list[Change] = []
    for entry in top.tables("changes"):
        direction = entry.word("direction", ("either", "improvement", "decline"))
        change = Change(
            scale="",
            direction=cast(Literal["improvement", "decline", "either"], direction),
            size=entry.text("size"),
            low=entry.number("low"),
            unit=cast(Literal["points", "percent"], entry.word("unit", ("points", "percent"))),
            source=_source(entry, sources),
            over=entry.flag("over"),
            note=entry.text("note", ""),
        )
        found += [replace(change, scale=_scale(entry, name, plan)) for name in entry.texts("scales")]
        entry.done()
    return tuple(found)


def _scale(entry: Table, name: str, plan: ScoringPlan) -> str:
    if name and name not in plan.names:
        entry.fault(f"there is no scale {name!r}")
    return name


def _source(entry: Table, sources: dict[str, str]) -> str:
    key = entry.text("source")
    if key and key not in sources:
        entry.fault(f"source {key!r} is not in [sources]", "source")
    return sources.get(key, "")
