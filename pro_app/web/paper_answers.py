"""A typed form on paper: one short field for each item, read as digits, with a sentence for what is no code.

Knows forms and definitions, neither requests nor records.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from pro_app.instruments.answers import SKIPPED
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.wording import WordingPack
from pro_app.web import forms

Wire = Mapping[str, Mapping[str, object]]
LONGEST = 12


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed. form: for the fields that are more than a code; codes: as typed, by item; wire: every
    item, where nothing is wrong; faults: a sentence by item."""

    form: FlaskForm
    codes: Mapping[str, str]
    wire: Wire
    faults: Mapping[str, str]


def read(instrument: Instrument, pack: WordingPack, posted: "MultiDict[str, str]") -> Typed:
    """The fields of a posted form; an empty one is an item that was left empty on paper."""
    tidy = MultiDict(posted)
    codes: dict[str, str] = {}
    for item in _with_codes(instrument):
        codes[item.id] = unicodedata.normalize("NFKC", posted.get(item.id, "")).strip()[:LONGEST]
        tidy[item.id] = codes[item.id]
    form = forms.form_class(instrument, pack)(formdata=tidy, meta={"csrf": False})
    form.validate()
    faults = {}
    for item in instrument.items:
        if form[item.id].errors:
            faults[item.id] = str(
                _("Type one of %(codes)s, or leave it empty.", codes=allowed(item))
                if item.codes
                else form[item.id].errors[0]
            )
    return Typed(form, codes, forms.to_wire(instrument, form), faults)


def empty(instrument: Instrument, pack: WordingPack) -> Typed:
    """The form before anything is typed."""
    form = forms.form_class(instrument, pack)(formdata=None, meta={"csrf": False})
    return Typed(form, {}, {}, {})


def allowed(item: Item) -> str:
    """The codes as a person reads them: `0–10`, `0–100, in tens`, `1, 0`."""
    codes = sorted(item.codes)
    steps = {high - low for low, high in pairwise(codes)}
    if steps == {1} and len(codes) > 2:
        return f"{codes[0]}–{codes[-1]}"
    if len(steps) == 1 and len(codes) > 2:
        return str(_("%(low)s–%(high)s in steps of %(step)s", low=codes[0], high=codes[-1], step=steps.pop()))
    return "/".join(str(code) for code in item.codes)


def left_empty(instrument: Instrument, wire: Wire) -> tuple[Item, ...]:
    """The items without an answer that somebody would have expected to have one."""
    return tuple(
        item
        for item in instrument.items
        if not item.optional and wire.get(item.id, {}).get("missing") == SKIPPED
    )


def _with_codes(instrument: Instrument) -> tuple[Item, ...]:
    return tuple(item for item in instrument.items if item.codes)
