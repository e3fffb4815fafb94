"""From a scale's trend to a chart and the sentences around it, in the reader's language."""

import re
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup

from pro_app.instruments.definition import Instrument
from pro_app.instruments.trend import Since, Trend
from pro_app.journey import Journey
from pro_app.web import charts, locale
from pro_app.web.charts import Chart, Zone, number
from pro_app.web.clinic_page import in_words
from pro_app.web.scale_words import BANDS, SIZES, scale_name


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what is written beneath it."""

    code: str
    name: str
    svg: Markup
    direction: str
    threshold: str
    change: str
    points: str
    verdict: str
    trend: Trend

    def beyond(self, value: float | None) -> bool:
        """Whether a value lies where the source says it needs attention."""
        return _beyond(self.trend, value)


def figure(instrument: Instrument, trend: Trend, way: Journey) -> Figure:
    """Everything the page shows of one scale."""
    name = scale_name(trend.scale.name)
    direction = _("higher is better ↑") if trend.scale.better == "high" else _("lower is better ↓")
    change = change_words(instrument, trend, way)
    low, high = trend.scale.range
    chart = Chart(
        key=f"{instrument.id}-{trend.scale.name}".lower(),
        title=name,
        description=_described(trend, way, direction, change),
        low=low,
        high=high,
        ticks=_ticks(low, high),
        labels=tuple(in_words(stop.timepoint.short_label) for stop in way.stops),
        values=trend.values,
        missing=tuple(
            value is None and bool(stop.assessment.done or stop.assessment.state.missing)
            for value, stop in zip(trend.values, way.stops, strict=True)
        ),
        beyond=tuple(_beyond(trend, value) for value in trend.values),
        direction=direction,
        last=_last(trend),
        zone=_zone(trend),
    )
    since = trend.since
    return Figure(
        code=trend.scale.name,
        name=name,
        svg=charts.draw(chart),
        direction=direction,
        threshold=threshold_words(instrument, trend),
        change=change,
        points=signed(since.points) if since else "",
        verdict="" if since is None or since.better is None else _("better") if since.better else _("worse"),
        trend=trend,
    )


def _ticks(low: float, high: float) -> tuple[float, ...]:
    parts = 5 if (high - low) % 5 == 0 else 4
    return tuple(low + (high - low) * part / parts for part in range(parts + 1))


def _worst_band(trend: Trend) -> tuple[float, float] | None:
    """The last class of a score with classes: the one that needs a doctor (severe pain)."""
    if not trend.scale.bands:
        return None
    band = trend.scale.bands[-1] if trend.scale.better == "low" else trend.scale.bands[0]
    return band.low, band.high


def _beyond(trend: Trend, value: float | None) -> bool:
    band = _worst_band(trend)
    if band and value is not None:
        return band[0] <= value <= band[1]
    return trend.important(value)


def _zone(trend: Trend) -> Zone | None:
    low, high = trend.scale.range
    if band := _worst_band(trend):
        return Zone(band[0], band[1], band[0], _("severe: %(low)s or more", low=number(band[0])))
    if trend.threshold is None:
        return None
    value = trend.threshold.value
    if trend.threshold.side == "below":
        return Zone(low, value, value, _("important below %(value)s", value=number(value)))
    return Zone(value, high, value, _("important above %(value)s", value=number(value)))


def _last(trend: Trend) -> str:
    """`3 (−5)`: the latest value and how far it has come."""
    values = [value for value in trend.values if value is not None]
    if not values:
        return ""
    last = number(values[-1])
    return f"{last} ({signed(trend.since.points)})" if trend.since else last


def signed(points: float) -> str:
    text = number(points)
    return text if text.startswith("−") or text == "0" else f"+{text}"


def _described(trend: Trend, way: Journey, direction: str, change: str) -> str:
    """The chart in one paragraph, for those who hear it."""
    told = [
        _(": ").join((in_words(stop.timepoint.label), number(value)))
        for stop, value in zip(way.stops, trend.values, strict=True)
        if value is not None
    ]
    low, high = (number(end) for end in trend.scale.range)
    scope = _("Scale from %(low)s to %(high)s, %(direction)s.", low=low, high=high, direction=direction)
    listed = _(", ").join(told) if told else _("No score yet.")
    return locale.gap().join(part for part in (scope, listed, change) if part)


def source_words(instrument: Instrument, key: str) -> str:
    """A citation as people say it: `Giesinger 2020`; the whole of it stands at the foot of the page."""
    whole = instrument.sources.get(key, key)
    year = re.findall(r"\b(?:19|20)\d\d\b", whole)
    first = re.match(r"[^\W\d_]+", whole)
    return f"{first[0]} {year[-1]}" if first and year else whole


def threshold_words(instrument: Instrument, trend: Trend) -> str:
    """Where clinical importance begins, by whom; or that nobody has said."""
    if trend.scale.bands:
        parts = [
            f"{number(band.low)}–{number(band.high)} {BANDS.get(band.code, band.code)}"
            if band.low != band.high
            else f"{number(band.low)} {BANDS.get(band.code, band.code)}"
            for band in trend.scale.bands
        ]
        return f"{' · '.join(parts)} ({source_words(instrument, trend.scale.bands[-1].source)})"
    if trend.threshold is None:
        return _("No threshold is published.")
    value, source = number(trend.threshold.value), source_words(instrument, trend.threshold.source)
    if "European" in trend.threshold.note:
        source = _("%(source)s, from European patients", source=source)
    if trend.threshold.side == "below":
        return _("Clinically important below %(value)s (%(source)s)", value=value, source=source)
    return _("Clinically important above %(value)s (%(source)s)", value=value, source=source)


def change_words(instrument: Instrument, trend: Trend, way: Journey) -> str:
    """`Since Before surgery: −5 points (−63 %), better; substantial (Dworkin 2008)`."""
    since = trend.since
    if since is None:
        return ""
    begin = in_words(way.at(since.first).timepoint.label)
    parts = [_("Since “%(visit)s”: %(points)s points", visit=begin, points=signed(since.points))]
    if since.percent is not None and since.points and trend.scale.range[1] == 10:
        parts[0] += f" ({signed(round(since.percent))} %)"
    if since.better is None:
        parts.append(_("no change"))
    else:
        parts.append(_("better") if since.better else _("worse"))
        parts.append(_size_words(instrument, trend, since))
    return _(", ").join(parts) + _(".")


def _size_words(instrument: Instrument, trend: Trend, since: Since) -> str:
    if since.matters:
        # The same words from one source are said once; a larger size of the same source stands alone.
        sizes = {change.source: change for change in sorted(since.matters, key=lambda one: one.low)}
        return _(" and ").join(
            f"{SIZES.get(one.size, one.size)} ({source_words(instrument, one.source)})"
            for one in sizes.values()
        )
    known = any(change.scale == trend.scale.name for change in instrument.changes)
    return (
        _("smaller than published changes that matter") if known else _("no published size to compare with")
    )
