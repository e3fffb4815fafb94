"""The passport of a response's scores: the arithmetic step by step, as a page and as JSON."""

from dataclasses import asdict, dataclass

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from pro_app import journey
from pro_app.actions import explain
from pro_app.actions.answer import receipt_number
from pro_app.actions.explain import Explained
from pro_app.scoring.passport import Steps
from pro_app.web import clinic_words, problems, scale_words
from pro_app.web.charts import number
from pro_app.web.clinic_page import person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import READERS

blueprint = Blueprint("passport", __name__, url_prefix="/<study_number>/scores")

METHODS: dict[str, LazyString] = {
    "mean": _("mean of the answered items"),
    "sum": _("sum of the items"),
    "linear": _("mean of the answered items, put on the scale from 0 to 100"),
    "mean_of_scales": _("mean of other scales"),
}

MISSING: dict[str, LazyString] = {
    "skipped": _("skipped"),
    "not_reached": _("not reached"),
    "not_shown": _("not shown"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a scale as the page shows it. `put_in` is what went into the sum; None = nothing did."""

    name: str
    value: str | None
    label: str
    put_in: str | None


def lines(found: Explained, steps: Steps) -> list[Line]:
    """The items of a scale with their answers in words, or the scales of a derived one."""
    return [
        Line(part.name, part.value, label(found, part.name, part.value), part.share) for part in steps.parts
    ]


def label(found: Explained, name: str, value: str | None) -> str:
    """The answer as the person saw it; for an end of a number scale the end's name; why there is none."""
    if name not in found.answers:
        return scale_words.scale_name(name) if name in found.instrument.scoring.names else ""
    if value is None:
        code = str(found.answers[name].get("missing", ""))
        return str(MISSING.get(code, code))
    words = found.pack.items.get(name) if found.pack else None
    if words is None:
        return ""
    codes = found.instrument.scoring.answers[name]
    ends = {codes[0]: words.low_end, codes[-1]: words.high_end}
    return words.labels.get(int(value)) or ends.get(int(value), "")


def signs(formula: str | None) -> str:
    """The formula with the signs that people write."""
    return (formula or "").replace(" x ", " × ").replace(" - ", " − ").replace(" / ", " ÷ ")


@blueprint.get("/<uuid>")
@staff(*READERS)
def show(study_number: str, uuid: str) -> str | Response:
    """`?format=json` gives the same as JSON."""
    wanted = request.args.get("format", "html")
    if wanted not in ("html", "json"):
        abort(404)
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = explain.explain(tx, service().catalogue, person, uuid)
        way = journey.of(tx, service().study, person, now())
    if wanted == "json":
        return as_json(person.study_number, found)
    return render_template(
        "clinic/passport.html",
        person=person,
        way=way,
        found=found,
        fault=problems.sentence(found.fault) if found.fault else "",
        receipt=receipt_number(found.response.content_hash),
        lines=lines,
        signs=signs,
        number=number,
        methods=METHODS,
        words=clinic_words,
        scale_words=scale_words,
    )


@blueprint.get("/<uuid>.json")
@staff(*READERS)
def data(study_number: str, uuid: str) -> Response:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        return as_json(person.study_number, explain.explain(tx, service().catalogue, person, uuid))


def as_json(study_number: str, found: Explained) -> Response:
    """What the page shows; `passport` is null when it can't be made, and `fault` says why."""
    one = found.response
    return jsonify(
        study_number=study_number,
        timepoint=one.timepoint,
        response=one.uuid,
        receipt=receipt_number(one.content_hash),
        received_at=one.received_at.isoformat(),
        standing=one.standing,
        passport=asdict(found.passport) if found.passport else None,
        fault=found.fault.code if found.fault else None,
        answers={
            item: {
                "code": found.answers[item].get("value"),
                "missing": found.answers[item].get("missing"),
                "label": label(found, item, _text(found.answers[item].get("value"))),
            }
            for item in found.instrument.scoring.answers
            if item in found.answers
        },
        stored=found.stored,
        different=[asdict(one) for one in found.different],
        earlier={
            name: {line.scale: {"value": line.value, "reason": line.reason} for line in sheet}
            for name, sheet in found.earlier.items()
        },
    )


def _text(value: object) -> str | None:
    return str(value) if type(value) is int else None
