"""The report as a page, as CSV and on paper: the same figures, the same words."""

import csv
import io
from datetime import datetime

from flask import render_template
from flask_babel import gettext

from pro_app.actions.report import Report, Summary, Tally
from pro_app.exports import labels
from pro_app.exports.forms import reasons_of
from pro_app.instruments.catalogue import Catalogue
from pro_app.web import scale_words
from pro_app.web.assets import Assets

COMPLETION = ("due", "expected", "received", "in_window", "late")
SCORES = ("n", "without", "mean", "sd", "median", "q1", "q3")


def completion_csv(found: Report) -> str:
    """One line for each site (and `all`), visit and instrument."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    listed = _reasons(found)
    missing = [f"missing_{reason}" for reason in listed]
    out.writerow(
        ["study", "site", "timepoint", "instrument", *COMPLETION, *missing, "completion", "availability"]
    )
    for line in found.completion:
        counts = [line.due, line.expected, line.received, line.in_window, line.late]
        reasons = [line.missing.get(reason, 0) for reason in listed]
        rates = ["" if rate is None else repr(rate) for rate in (line.completion, line.availability)]
        where = (found.study.id, line.site or "all", line.timepoint, line.instrument)
        out.writerow([*where, *counts, *reasons, *rates])
    return text.getvalue()


def scores_csv(found: Report) -> str:
    """One line for each scale, visit and, if the report has them, arm; values unrounded."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    arm = ["arm"] if found.arms else []
    out.writerow(["study", "instrument", "scale", "timepoint", *arm, *SCORES])
    for one in found.scores:
        group = [one.arm or "all"] if found.arms else []
        figures = [getattr(one, name) for name in SCORES]
        spelled = ["" if value is None else repr(value) for value in figures]
        out.writerow([found.study.id, one.instrument, one.scale, one.timepoint, *group, *spelled])
    return text.getvalue()


def printed_page(found: Report, catalogue: Catalogue, assets: Assets, language: str, made_by: str) -> str:
    """The report as HTML that is complete in itself, for the printer."""
    sheet = assets.files["clinic.css"].body.decode()
    page = render_template(
        "exporting/report_print.html", **facts(found, catalogue, language), made_by=made_by
    )
    return page.replace("</head>", f"<style>{sheet}</style></head>", 1)


def facts(found: Report, catalogue: Catalogue, language: str) -> dict[str, object]:
    """What the templates of the report use."""

    def in_words(texts: dict[str, str]) -> str:
        return texts.get(language) or next(iter(texts.values()))

    return {
        "report": found,
        "study": found.study,
        "groups": [("", ""), *((arm.id, in_words(dict(arm.label))) for arm in found.study.arms)]
        if found.arms
        else [("", "")],
        "names": {one.id: one.name for one in catalogue.instruments.values()},
        "by_scale": _by_scale(found),
        "words_of_reason": {
            **{code: code for code in _reasons(found)},
            **{one.id: in_words(dict(one.label)) for one in found.study.missing_reasons},
            **{code: gettext(text) for code, text in labels.REASONS.items()},
        },
        "shown_reasons": [
            reason for reason in _reasons(found) if any(t.missing.get(reason) for t in found.completion)
        ],
        "scale_name": scale_words.scale_name,
        "in_words": in_words,
        "percent": _percent,
        "figure": _figure,
        "quartiles": _quartiles,
        "tables": _tables(found),
    }


def _reasons(found: Report) -> list[str]:
    """The study's reasons, then those on record that it no longer lists."""
    return list(dict.fromkeys([*reasons_of(found.study), *(r for t in found.completion for r in t.missing)]))


def _tables(found: Report) -> list[tuple[str, list[Tally]]]:
    """Completion of everybody first, then site by site where something was due."""
    tables = [("", list(found.of_site("")))]
    if len(found.sites) > 1:
        by_site = [(site, list(found.of_site(site))) for site in found.sites]
        tables += [(site, lines) for site, lines in by_site if any(line.due for line in lines)]
    return tables


def _by_scale(found: Report) -> dict[str, list[tuple[str, list[Summary]]]]:
    """By instrument each scale with the lines in which anything came, in the report's order."""
    instruments: dict[str, dict[str, list[Summary]]] = {}
    for one in found.scores:
        scales = instruments.setdefault(one.instrument, {})
        if one.n or one.without:
            scales.setdefault(one.scale, []).append(one)
    return {name: list(scales.items()) for name, scales in instruments.items()}


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} %"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _quartiles(one: Summary) -> str:
    return f"{_figure(one.q1)} – {_figure(one.q3)}" if one.n else "–"


def stem(found: Report, what: str, moment: datetime) -> str:
    """What a downloaded file is called, without its ending."""
    return f"{found.study.id}-{what}-{moment:%Y-%m-%d}"
