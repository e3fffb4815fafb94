"""Trend charts as SVG, drawn on the server: no script, no outside picture, readable without colour.

Pure functions: what to draw comes in as a `Chart` whose words are already in the reader's language, out
comes one `<svg>` element. It names itself (`title`, `desc`); its numbers belong in a table beside it. A value
beyond its threshold is a diamond and not a dot; a visit without a score is a cross and a gap in the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

WIDTH, HEIGHT = 360, 216
LEFT, RIGHT, TOP, BOTTOM = 38, 22, 30, 32
INK, QUIET, GRID, LINE = "#14262b", "#4a5d62", "#dfe4e1", "#0b6160"
ZONE, ZONE_INK, PAPER = "#fbe6e6", "#8d1d24", "#ffffff"
# The style sheet colours by class, for the dark as well; the attributes serve a chart that stands alone.
ZONE_WORDS = {"class": "zone-words"}
# Closer than this to the last point, a label at the edge would be written over the line.
ROOM = 18


@dataclass(frozen=True, slots=True)
class Zone:
    """Values that are clinically important, from `low` to `high`, with the words written into the area.

    `edge` is the threshold itself, drawn as a line.
    """

    low: float
    high: float
    edge: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One line over the visits.

    key: unique on the page, for ids. low, high: the ends of the value axis. values: one for each of `labels`,
    None where there is none. missing: where a visit is over without a score. beyond: where the value lies in
    the zone. direction: in words, which way is good. last: the words at the last value.
    """

    key: str
    title: str
    description: str
    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    missing: tuple[bool, ...]
    beyond: tuple[bool, ...]
    direction: str
    last: str
    zone: Zone | None = None


def number(value: float) -> str:
    """7, 66.7, −5: at most one decimal, with a real minus sign."""
    text = f"{value:.1f}".removesuffix(".0")
    return ("0" if text == "-0" else text).replace("-", "−")


def segments(values: Sequence[float | None]) -> list[list[int]]:
    """The stretches of neighbouring values, as indices: a gap is a gap, nothing is drawn across it."""
    found: list[list[int]] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if found and found[-1][-1] == index - 1:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def draw(chart: Chart) -> Markup:
    """The chart as one SVG element, its text escaped."""
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "role": "img",
            "class": "chart",
            "aria-labelledby": f"{chart.key}-title {chart.key}-desc",
            "font-size": "12",
        },
    )
    SubElement(svg, "title", id=f"{chart.key}-title").text = chart.title
    SubElement(svg, "desc", id=f"{chart.key}-desc").text = chart.description
    _zone(svg, chart)
    _axes(svg, chart)
    _line(svg, chart)
    _points(svg, chart)
    _last(svg, chart)
    return Markup(tostring(svg, encoding="unicode"))


def x_of(chart: Chart, index: int) -> float:
    """The middle of visit `index`."""
    step = (WIDTH - LEFT - RIGHT) / max(len(chart.labels), 1)
    return round(LEFT + step * (index + 0.5), 1)


def y_of(chart: Chart, value: float) -> float:
    share = (value - chart.low) / (chart.high - chart.low)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _text(
    svg: Element, words: str, x: float, y: float, anchor: str, colour: str = QUIET, **more: str
) -> None:
    place = {"x": str(x), "y": str(y), "text-anchor": anchor, "fill": colour}
    SubElement(svg, "text", {**place, **more}).text = words


def _zone(svg: Element, chart: Chart) -> None:
    if chart.zone is None:
        return
    top, bottom = y_of(chart, chart.zone.high), y_of(chart, chart.zone.low)
    width = WIDTH - LEFT - RIGHT
    area = {"x": str(LEFT), "y": str(top), "width": str(width), "height": str(round(bottom - top, 1))}
    SubElement(svg, "rect", {**area, "fill": ZONE, "class": "zone"})
    edge = y_of(chart, chart.zone.edge)
    SubElement(
        svg,
        "path",
        {
            "d": f"M{LEFT} {edge}H{WIDTH - RIGHT}",
            "stroke": ZONE_INK,
            "stroke-dasharray": "3 3",
            "fill": "none",
            "class": "edge",
        },
    )
    at_top = edge >= bottom - 1
    y = top + 13 if at_top else bottom - 5
    # The words go to the end of the zone where the line is farther away.
    drawn = [index for index, value in enumerate(chart.values) if value is not None]
    busy_right = drawn and drawn[-1] >= len(chart.labels) - 2
    busy_left = drawn and drawn[0] <= 1 and chart.beyond[drawn[0]]
    if busy_right and not busy_left:
        _text(svg, chart.zone.label, LEFT + 6, y, "start", ZONE_INK, **ZONE_WORDS)
    else:
        _text(svg, chart.zone.label, WIDTH - RIGHT - 6, y, "end", ZONE_INK, **ZONE_WORDS)


def _axes(svg: Element, chart: Chart) -> None:
    _text(svg, chart.direction, LEFT, TOP - 13, "start")
    for tick in chart.ticks:
        y = y_of(chart, tick)
        SubElement(
            svg,
            "path",
            {"d": f"M{LEFT} {y}H{WIDTH - RIGHT}", "stroke": GRID, "fill": "none", "class": "grid"},
        )
        _text(svg, number(tick), LEFT - 8, y + 4, "end")
    for index, label in enumerate(chart.labels):
        _text(svg, label, x_of(chart, index), HEIGHT - 10, "middle")
        if chart.missing[index]:
            x, y = x_of(chart, index), HEIGHT - BOTTOM
            cross = f"M{x - 4} {y - 4}L{x + 4} {y + 4}M{x - 4} {y + 4}L{x + 4} {y - 4}"
            SubElement(
                svg,
                "path",
                {"d": cross, "stroke": INK, "stroke-width": "1.8", "fill": "none", "class": "missing"},
            )


def _line(svg: Element, chart: Chart) -> None:
    for stretch in segments(chart.values):
        points = [f"{x_of(chart, index)} {y_of(chart, chart.values[index] or 0.0)}" for index in stretch]
        if len(points) > 1:
            SubElement(
                svg,
                "path",
                {
                    "d": "M" + "L".join(points),
                    "stroke": LINE,
                    "stroke-width": "2.5",
                    "stroke-linejoin": "round",
                    "fill": "none",
                    "class": "line",
                },
            )


def _points(svg: Element, chart: Chart) -> None:
    for index, value in enumerate(chart.values):
        if value is None:
            continue
        x, y = x_of(chart, index), y_of(chart, value)
        if chart.beyond[index]:
            shape = f"M{x} {y - 6.5}L{x + 6.5} {y}L{x} {y + 6.5}L{x - 6.5} {y}Z"
            look = {"d": shape, "fill": ZONE_INK, "stroke": PAPER, "stroke-width": "1.2", "class": "beyond"}
            SubElement(svg, "path", look)
        else:
            look = {"cx": str(x), "cy": str(y), "r": "4.5", "fill": LINE, "class": "point"}
            SubElement(svg, "circle", look)


def _last(svg: Element, chart: Chart) -> None:
    """Write the last value beside its point, on the side where there is room."""
    drawn = [(index, value) for index, value in enumerate(chart.values) if value is not None]
    if not drawn:
        return
    index, value = drawn[-1]
    x, y = x_of(chart, index), y_of(chart, value)
    falling = len(drawn) > 1 and (drawn[-2][1] or 0) > value
    below = (falling and y < HEIGHT - BOTTOM - 2 * ROOM) or y < TOP + ROOM
    place = y + ROOM if below else y - 11
    anchor = "end" if x > WIDTH - 4 * ROOM else "start" if x < LEFT + 3 * ROOM else "middle"
    edge = min(x + 14, WIDTH - 4) if anchor == "end" else max(x - 14, LEFT) if anchor == "start" else x
    halo = {"font-weight": "650", "paint-order": "stroke", "stroke": PAPER, "stroke-width": "4"}
    _text(svg, chart.last, edge, place, anchor, INK, **halo, **{"class": "last"})
