"""The demonstration's receiving registry: a small FHIR server, and the page that shows what arrived.

It plays somebody else's server; nothing else in the program reads its store.
"""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _

from pro_app.demo_registry import arrivals, receiving
from pro_app.demo_registry.book import Book
from pro_app.messages import N_
from pro_app.web import locale
from pro_app.web.current import now, service
from pro_app.web.guard import demo
from pro_app.web.plain_text import LAST_ROW
from pro_app.web.scale_words import REASONS, SCALES

blueprint = Blueprint("demo_registry", __name__)

ROWS = 50
MOST = 500
STATUS = {
    "completed": N_("submitted"),
    "amended": N_("corrected"),
    "entered-in-error": N_("withdrawn"),
}


@blueprint.get("/demo/registry")
@demo
def page() -> str:
    """What arrived, newest first."""
    first = _number("from", 0, LAST_ROW, 0)
    listed, total = arrivals.newest(_book(), ROWS, first)
    return render_template(
        "demo_registry/page.html",
        arrivals=listed,
        total=total,
        first=first,
        rows=ROWS,
        site=_site,
        visit=_visit,
        instrument=_instrument,
        status=lambda code: _(STATUS[code]) if code in STATUS else code,
        scale=lambda code: SCALES.get(code, code),
        reason=lambda code: REASONS.get(code, code),
    )


@blueprint.post("/demo/registry/fhir")
@demo
def transaction() -> Response:
    """A transaction Bundle of PUTs; the same one again changes nothing."""
    try:
        bundle = request.get_json(force=True, silent=True)
    except RecursionError:  # thousands of brackets
        bundle = None
    try:
        return _fhir(receiving.receive(_book(), bundle, now()))
    except receiving.Unacceptable as fault:
        return _fhir(receiving.outcome(str(fault), where=fault.where), 422 if bundle else 400)


@blueprint.get("/demo/registry/fhir/<kind>/<own_id>")
@demo
def read(kind: str, own_id: str) -> Response:
    kept = _book().read(kind, own_id)
    if kept is None:
        return _fhir(receiving.outcome(f"{kind}/{own_id} is not known here", "not-found"), 404)
    return _fhir(kept.shown())


@blueprint.get("/demo/registry/fhir/<kind>")
@demo
def search(kind: str) -> Response:
    """By `_tag` (`system|code`, may be repeated), page by page."""
    count = _number("_count", 1, MOST, ROWS)
    offset = _number("_offset", 0, LAST_ROW, 0)
    tags = request.args.getlist("_tag")
    found, total = _book().search(kind, tags, count, offset)
    answer: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [],
        "entry": [{"resource": one.shown(), "search": {"mode": "match"}} for one in found],
    }
    if offset + len(found) < total:
        query = urlencode([*(("_tag", tag) for tag in tags), ("_count", count), ("_offset", offset + count)])
        answer["link"].append({"relation": "next", "url": f"{request.base_url}?{query}"})
    return _fhir(answer)


def _number(name: str, least: int, most: int, otherwise: int) -> int:
    """A number of the query, between these two."""
    return min(max(request.args.get(name, otherwise, type=int), least), most)


def _book() -> Book:
    return Book(service().settings.data_dir / "registry.sqlite")


def _fhir(content: dict[str, Any], status: int = 200) -> Response:
    response = jsonify(content)
    response.status_code = status
    response.content_type = "application/fhir+json; charset=utf-8"
    return response


def _site(code: str) -> str:
    for site in service().study.sites:
        if site.code == code:
            return site.name.get(locale.language(), code)
    return code


def _visit(timepoint: str) -> str:
    for one in service().study.timepoints:
        if one.id == timepoint:
            return one.label.get(locale.language(), timepoint)
    return timepoint


def _instrument(instrument: str) -> str:
    known = service().catalogue.instruments.get(instrument)
    return known.name if known else instrument
