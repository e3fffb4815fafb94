"""The answers of a response as a form for a coordinator, and back: every item has one field or two.

Free text is never shown: it can be kept or removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from pro_app.instruments.answers import NOT_SHOWN, SKIPPED, Answer, is_shown
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.wording import WordingPack

Wire = Mapping[str, Mapping[str, object]]
NO_ANSWER = ""
KEEP, REMOVE = "keep", "remove"


@dataclass(frozen=True, slots=True)
class Line:
    """One item on the page. `value` is what its select shows; a body diagram has regions instead."""

    item: Item
    question: str
    options: tuple[tuple[str, str], ...]
    value: str
    regions: tuple[str, ...] = ()


def lines(instrument: Instrument, pack: WordingPack, answers: Wire) -> list[Line]:
    """The form for these answers, in the words of `pack`."""
    return [_line(item, pack, answers.get(item.id, {"missing": SKIPPED})) for item in instrument.items]


def _line(item: Item, pack: WordingPack, answer: Mapping[str, object]) -> Line:
    words = pack.items[item.id]
    if item.kind == "text":
        keep = (
            (KEEP, _("keep what was written"))
            if "missing" not in answer
            else (KEEP, _("nothing was written"))
        )
        options = (keep, (REMOVE, _("remove it"))) if "missing" not in answer else (keep,)
        return Line(item, words.question, options, KEEP)
    value = answer.get("value")
    if item.kind == "body":
        places = tuple((name, words_of or name) for name, words_of in pack.regions.items())
        shaded = tuple(value["regions"]) if isinstance(value, Mapping) else ()
        worst = str(value["worst"] or "") if isinstance(value, Mapping) else ""
        return Line(item, words.question, places, worst, shaded)
    codes = tuple((str(code), _spoken(item, words.labels.get(code), code)) for code in item.codes)
    shown = NO_ANSWER if value is None else str(int(value)) if isinstance(value, int) else ""
    return Line(item, words.question, ((NO_ANSWER, _("no answer")), *codes), shown)


def _spoken(item: Item, label: str | None, code: int) -> str:
    if label:
        return label if item.kind == "yes_no" else f"{code} · {label}"
    return f"{code} %" if item.kind == "percent" else str(code)


def read(instrument: Instrument, posted: "MultiDict[str, str]", before: Wire) -> Wire:
    """The answers as they were posted; what is left without an answer keeps the reason it had.

    What is no answer is left as it is for `actions.correct` to refuse.
    """
    wire: dict[str, Mapping[str, object]] = {}
    seen: dict[str, Answer] = {}
    for item in instrument.items:
        answer: Mapping[str, object] = {"missing": NOT_SHOWN}
        if is_shown(item, seen):
            answer = _answer(item, posted, before.get(item.id, {}))
        value, missing = answer.get("value"), answer.get("missing")
        seen[item.id] = Answer(missing=str(missing)) if missing else Answer(value)  # type: ignore[arg-type]
        wire[item.id] = answer
    return wire


def _answer(item: Item, posted: "MultiDict[str, str]", before: Mapping[str, object]) -> Mapping[str, object]:
    nothing = {"missing": before.get("missing", SKIPPED)}
    if nothing["missing"] == NOT_SHOWN:
        nothing = {"missing": SKIPPED}
    if item.kind == "text":
        if "missing" in before:
            return nothing
        return {"missing": SKIPPED} if posted.get(item.id) == REMOVE else {"sealed": True}
    if item.kind == "body":
        regions, worst = posted.getlist(item.id), posted.get(f"{item.id}_worst") or None
        if regions or posted.get(f"{item.id}_none"):
            return {"value": {"regions": regions, "worst": worst}}
        return nothing
    text = posted.get(item.id, NO_ANSWER)
    if text == NO_ANSWER:
        return nothing
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else text
    return {"value": bool(value) if item.kind == "yes_no" and value in (0, 1) else value}
