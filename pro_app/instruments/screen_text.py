"""A screen as plain text, to look through a wording pack in a terminal."""

from collections.abc import Iterator

from pro_app.instruments.definition import Instrument, Item, Screen
from pro_app.instruments.wording import WordingPack


def screens(instrument: Instrument, pack: WordingPack) -> Iterator[str]:
    """Every screen of the questionnaire, as text of several lines."""
    if pack.intro:
        yield f"{pack.title}\n  {pack.intro}"
    for number, screen in enumerate(instrument.screens, 1):
        yield "\n".join(_lines(instrument, screen, number, pack))


def _lines(instrument: Instrument, screen: Screen, number: int, pack: WordingPack) -> Iterator[str]:
    yield f"--- {number}/{len(instrument.screens)} ---"
    for item_id in screen.items:
        item = instrument.item(item_id)
        words = pack.items[item_id]
        if item.recall:
            yield f"  {pack.recall[item.recall]}"
        yield f"  [{item.id}] {item.number}. {words.question}"
        if words.hint:
            yield f"      {words.hint}"
        yield from _answers(instrument, item, pack)


def _answers(instrument: Instrument, item: Item, pack: WordingPack) -> Iterator[str]:
    words = pack.items[item.id]
    if words.labels:
        for code, label in words.labels.items():
            yield f"      ({code}) {label}"
    elif item.codes:
        sign = "%" if item.kind == "percent" else ""
        yield "      " + "  ".join(f"{code}{sign}" for code in item.codes)
        yield f"      {item.codes[0]}{sign} = {words.low_end} · {item.codes[-1]}{sign} = {words.high_end}"
    elif item.kind == "body":
        for side in ("front", "back"):
            names = [pack.regions[region.id] for region in instrument.regions if region.side == side]
            yield f"      {side}: " + " | ".join(names)
    else:
        yield f"      ______ (at most {item.max_length} signs)"
