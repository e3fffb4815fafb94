"""WTForms classes made from a definition and a wording pack: no questionnaire is written twice.

Fields are named by item id; a body diagram has two more, `<item>_worst` and `<item>_none` ("nothing
hurts", which only the plain form shows). The same classes render the cached page (without CSRF,
`meta={"csrf": False}`) and the personal form for browsers without JavaScript.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError

from pro_app.instruments.answers import NOT_SHOWN, SKIPPED, Answer, is_shown
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.wording import WordingPack

Wire = dict[str, dict[str, object]]


def _code(value: Any) -> int | None:
    return None if value is None or value == "" else int(value)


class CodeField(RadioField):
    """One of an item's codes, or None: an empty answer is a skipped one, never a fault."""

    def __init__(self, label: str, codes: dict[int, str], **more: Any) -> None:
        choices = [SelectChoice(code, words) for code, words in codes.items()]
        super().__init__(label, choices=choices, coerce=_code, **more)
        self.codes = set(codes)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            self.data = _code(valuelist[0]) if valuelist else None
        except ValueError:
            self.data = None
            raise ValueError(str(NOT_A_CHOICE)) from None

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in self.codes:
            raise ValidationError(str(NOT_A_CHOICE))


class RegionsField(SelectMultipleField):
    """The shaded regions of a body diagram, in the order of the definition."""

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or ()) <= {choice.value for choice in self.choices}:
            raise ValidationError(str(NOT_A_CHOICE))


class WorstField(SelectField):
    """The region that hurts most, or empty."""

    def pre_validate(self, form: Any) -> None:
        if self.data and self.data not in {choice.value for choice in self.choices}:
            raise ValidationError(str(NOT_A_CHOICE))


NOT_A_CHOICE = lazy_gettext("Please choose one of the answers shown.")
TOO_LONG = lazy_gettext("Please write a little less: at most %(max)d characters.")


def worst_name(item: Item) -> str:
    """The field that holds the worst spot of a body diagram."""
    return f"{item.id}_worst"


def none_name(item: Item) -> str:
    """The field by which a plain form says that nothing hurts, which differs from leaving it empty."""
    return f"{item.id}_none"


def form_class(instrument: Instrument, pack: WordingPack) -> type[FlaskForm]:
    """A form with one field an item, labelled in the words of `pack`."""
    fields: dict[str, Any] = {}
    for item in instrument.items:
        fields.update(_fields(instrument, item, pack))
    return type("AnswersForm", (FlaskForm,), fields)


def _fields(instrument: Instrument, item: Item, pack: WordingPack) -> dict[str, Any]:
    words = pack.items[item.id]
    if item.kind == "text":
        limits = [Length(max=item.max_length, message=TOO_LONG)] if item.max_length else []
        return {item.id: TextAreaField(words.question, validators=limits, default="")}
    if item.kind == "body":
        regions = [SelectChoice(name, pack.regions[name]) for name in instrument.region_ids]
        return {
            item.id: RegionsField(words.question, choices=regions, default=()),
            worst_name(item): WorstField(choices=[SelectChoice("", ""), *regions], default=""),
            none_name(item): BooleanField(),
        }
    codes = {code: words.labels.get(code) or str(code) for code in item.codes}
    return {item.id: CodeField(words.question, codes)}


def to_wire(instrument: Instrument, form: FlaskForm) -> Wire:
    """The answers of a filled form, every item, in the shape that `instruments.answers` checks.

    What was left empty is `skipped`, what a skip rule hides is `not_shown`.
    """
    wire: Wire = {}
    seen: dict[str, Answer] = {}
    for item in instrument.items:
        answer = Answer(missing=NOT_SHOWN) if not is_shown(item, seen) else _answer(item, form)
        seen[item.id] = answer
        wire[item.id] = answer.on_the_wire()
    return wire


def _answer(item: Item, form: FlaskForm) -> Answer:
    field: Field = form[item.id]
    if item.kind == "body":
        regions = list(field.data or ())
        worst = form[worst_name(item)].data or None
        if worst and worst not in regions:
            regions.append(worst)
        if regions or form[none_name(item)].data:
            return Answer({"regions": regions, "worst": worst})
        return Answer(missing=SKIPPED)
    if item.kind == "text":
        text = (field.data or "").replace("\r\n", "\n").replace("\0", "").strip()
        return Answer(text) if text else Answer(missing=SKIPPED)
    if field.data is None:
        return Answer(missing=SKIPPED)
    return Answer(bool(field.data) if item.kind == "yes_no" else field.data)


def from_wire(instrument: Instrument, answers: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """What to give a form as `data=` so that it shows answers given before."""
    data: dict[str, object] = {}
    for item in instrument.items:
        value = answers.get(item.id, {}).get("value")
        if value is None:
            continue
        if item.kind == "body":
            assert isinstance(value, Mapping)
            data[item.id] = list(value["regions"])
            data[worst_name(item)] = value["worst"] or ""
            data[none_name(item)] = not value["regions"]
        else:
            data[item.id] = int(value) if isinstance(value, bool) else value
    return data
