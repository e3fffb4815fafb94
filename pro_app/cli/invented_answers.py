"""Answers for invented people: plausible, always the same for the same person and visit."""

import random
from collections.abc import Mapping

from pro_app.instruments.definition import Instrument, Item

Answer = Mapping[str, object]


def invent(instrument: Instrument, seed: str, burden: float) -> dict[str, Answer]:
    """A whole response; `burden` from 0 (well) to 1 (very ill) shifts every answer.

    About one item in forty is skipped. Items whose highest code is the good one (the two seven-point
    ones of the QLQ-C30) go the other way.
    """
    dice = random.Random(f"{seed}/{instrument.id}")
    return {
        item.id: {"missing": "skipped"}
        if dice.random() < 0.025
        else {"value": _value(instrument, item, dice, burden)}
        for item in instrument.items
    }


def _value(instrument: Instrument, item: Item, dice: random.Random, burden: float) -> object:
    if item.kind == "yes_no":
        return burden > 0.1
    if item.kind == "text":
        return ""
    if item.kind == "body":
        return _regions(instrument, dice, burden)
    felt = min(1.0, max(0.0, burden + dice.gauss(0, 0.12)))
    if item.kind == "percent" or len(item.codes) == 7:
        felt = 1 - felt
    return item.codes[round(felt * (len(item.codes) - 1))]


def _regions(instrument: Instrument, dice: random.Random, burden: float) -> dict[str, object]:
    back = [region.id for region in instrument.regions if region.side == "back"]
    chosen = sorted(dice.sample(back, k=min(len(back), round(burden * 5))))
    return {"regions": chosen, "worst": chosen[0] if chosen else None}
