"""Reading the `[scoring]` part of a definition file into a `ScoringPlan`."""

from typing import cast

from pro_app.instruments.definition import NUMBER_KINDS, Item
from pro_app.instruments.table import Table
from pro_app.scoring.plan import Band, Better, Method, ScalePlan, ScoringPlan

METHODS = ("mean", "sum", "linear", "mean_of_scales")


def read_scoring(
    table: Table, instrument: str, version: str, items: tuple[Item, ...], sources: dict[str, str]
) -> ScoringPlan:
    """The plan, as far as it can be read; faults are noted in the file behind `table`."""
    codes = {item.id: item.codes for item in items if item.kind in NUMBER_KINDS}
    scales: list[ScalePlan] = []
    for entry in table.tables("scales"):
        scale = _scale(entry, codes, scales, sources)
        if any(other.name == scale.name for other in scales):
            entry.fault(f"scale {scale.name} is defined twice", "name")
        scales.append(scale)
    if not scales:
        table.fault("[scoring] has no scales")
    used = {item for scale in scales for item in scale.items}
    plan = ScoringPlan(
        instrument=instrument,
        version=version,
        algorithm=table.text("algorithm"),
        citation=_source(table, "citation", sources),
        answers={item: codes[item] for item in codes if item in used},
        scales=tuple(scales),
    )
    table.done()
    return plan


def _source(table: Table, key: str, sources: dict[str, str]) -> str:
    name = table.text(key)
    if name and name not in sources:
        table.fault(f"{key} {name!r} is not in [sources]", key)
    return sources.get(name, "")


def _scale(
    entry: Table, codes: dict[str, tuple[int, ...]], before: list[ScalePlan], sources: dict[str, str]
) -> ScalePlan:
    name, method = entry.text("name"), cast(Method, entry.word("method", METHODS))
    derived = method == "mean_of_scales"
    items = () if derived else _items(entry, codes)
    scales = _parts(entry, "scales", [scale.name for scale in before]) if derived else ()
    reversed_scales = entry.texts("reversed_scales", ()) if derived else ()
    for other in reversed_scales:
        if other not in scales:
            entry.fault(f"reversed_scales names {other!r}, which is not among scales", "reversed_scales")
    minimum = entry.whole("minimum")
    parts = scales or items
    if parts and not 1 <= minimum <= len(parts):
        entry.fault(f"minimum is {minimum}, but the scale has {len(parts)} parts", "minimum")
    low, high = _ends(entry, items, codes)
    prorate = entry.flag("prorate") if method == "sum" else False
    scale = ScalePlan(
        name=name,
        method=method,
        items=items,
        minimum=minimum,
        low=low,
        high=high,
        range=_range(method, low, high, len(items), minimum, prorate),
        better=cast(Better, entry.word("better", ("high", "low"))),
        source=_source(entry, "source", sources),
        scales=scales,
        reversed_scales=reversed_scales,
        reverse=entry.flag("reverse") if method == "linear" else False,
        prorate=prorate,
        provisional=entry.flag("provisional"),
        note=entry.text("note", ""),
        bands=_bands(entry, sources),
        codes=entry.strings("codes"),
    )
    entry.done()
    return scale


def _items(entry: Table, codes: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
    return _parts(entry, "items", list(codes))


def _parts(entry: Table, key: str, known: list[str]) -> tuple[str, ...]:
    names = entry.texts(key)
    for name in names:
        if name not in known:
            entry.fault(f"{key} names {name!r}, which is not there or has no number to score", key)
    if len(set(names)) != len(names):
        entry.fault(f"{key} names something twice", key)
    if not names:
        entry.fault(f"{key} is empty", key)
    return tuple(name for name in names if name in known)


def _ends(entry: Table, items: tuple[str, ...], codes: dict[str, tuple[int, ...]]) -> tuple[int, int]:
    """Lowest and highest code; a mean over items with different codes would mean nothing."""
    ends = {(min(codes[item]), max(codes[item])) for item in items if codes[item]}
    if len(ends) > 1:
        entry.fault("the items of a scale must have the same lowest and highest code", "items")
    low, high = min(ends, default=(0, 100))
    if low == high:
        entry.fault("the items of a scale need at least two codes", "items")
    return low, high


def _range(method: str, low: int, high: int, count: int, minimum: int, prorate: bool) -> tuple[int, int]:
    if method in ("linear", "mean_of_scales"):
        return 0, 100
    if method == "mean":
        return low, high
    least = count if prorate else minimum
    return min(low * least, low * count), max(high * count, high * least)


def _bands(entry: Table, sources: dict[str, str]) -> tuple[Band, ...]:
    found: list[Band] = []
    for band in entry.tables("bands"):
        low, high = band.whole("low"), band.whole("high")
        if high < low or any(low <= other.high and other.low <= high for other in found):
            entry.fault("bands must not overlap, and end after they begin", "bands")
        found.append(Band(band.text("code"), low, high, _source(band, "source", sources)))
        band.done()
    return tuple(found)
