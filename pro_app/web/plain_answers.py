"""The plain form's answers: what of it is kept, what is still open, what is sent, and how it reads.

Knows forms and definitions, neither requests nor records.
"""

from collections.abc import Mapping

from flask_babel import gettext
from flask_wtf import FlaskForm

from pro_app.instruments.answers import NOT_SHOWN, SKIPPED, is_shown, validate
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.wording import WordingPack
from pro_app.web import forms

Wire = Mapping[str, Mapping[str, object]]


def given(instrument: Instrument, form: FlaskForm, posted: Mapping[str, str], before: Wire) -> Wire:
    """The answers of a posted form that are worth keeping.

    An item that was merely left open is not one of them: whether it is skipped is asked at the end. Left
    open after it had an answer, or "rather not answer" chosen, it is. What has a fault stays on the page.
    """
    kept: dict[str, Mapping[str, object]] = {}
    for name, answer in forms.to_wire(instrument, form).items():
        refused = posted.get(name) == "" and instrument.item(name).kind not in ("text", "body")
        if not form[name].errors and ("value" in answer or name in before or refused):
            kept[name] = answer
    return kept


def left_open(instrument: Instrument, answers: Wire) -> tuple[Item, ...]:
    """The items that have neither an answer nor a refusal; optional ones are never missed."""
    checked = validate(instrument, answers, partial=True).items
    return tuple(
        item
        for item in instrument.items
        if item.id not in answers and not item.optional and is_shown(item, checked)
    )


def complete(instrument: Instrument, answers: Wire) -> Wire:
    """Every item: what was answered, what a rule hides as `not_shown`, all else as `skipped`."""
    checked = validate(instrument, answers, partial=True).items
    whole: dict[str, Mapping[str, object]] = {}
    for item in instrument.items:
        answer = answers.get(item.id, {"missing": SKIPPED})
        if not is_shown(item, checked):
            answer = {"missing": NOT_SHOWN}
        elif answer.get("missing") == NOT_SHOWN:
            answer = {"missing": SKIPPED}
        whole[item.id] = answer
    return whole


def spoken(item: Item, pack: WordingPack, answer: Mapping[str, object] | None) -> str:
    """An answer as the person gave it, in the words of `pack`; empty when there is none yet."""
    if answer is None:
        return ""
    if "missing" in answer:
        return str(gettext("left out"))
    value = answer["value"]
    words = pack.items[item.id]
    if isinstance(value, Mapping):
        return _places(pack, value)
    if isinstance(value, int):
        label = words.labels.get(int(value))
        return label or (f"{value} %" if item.kind == "percent" else str(value))
    return str(value)


def _places(pack: WordingPack, value: Mapping[str, object]) -> str:
    regions, worst = value["regions"], value["worst"]
    assert isinstance(regions, list)
    if not regions:
        return str(gettext("Nothing hurts"))
    names = [
        gettext("%(place)s (hurts most)", place=pack.regions[name]) if name == worst else pack.regions[name]
        for name in regions
    ]
    return str(gettext(", ")).join(names)
