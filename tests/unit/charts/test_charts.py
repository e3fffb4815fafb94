"""The drawn chart is read back as XML: what stands in it, and where."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from pro_app.web.charts import HEIGHT, WIDTH, Chart, Zone, draw, number, segments, y_of

SVG = "{http://www.w3.org/2000/svg}"
PAIN = Chart(
    key="bpi-sf-worst",
    title="Worst pain",
    description="Scale from 0 to 10. Before surgery: 8; 3 months: 2",
    low=0,
    high=10,
    ticks=(0, 2, 4, 6, 8, 10),
    labels=("Base", "2 w", "1 m", "3 m", "6 m", "12 m"),
    values=(8, 4, None, 2, None, None),
    missing=(False, False, True, False, False, False),
    beyond=(True, False, False, False, False, False),
    direction="lower is better ↓",
    last="2 (−6)",
    zone=Zone(7, 10, 7, "severe: 7 or more"),
)


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(str(draw(chart)))


def of_class(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in svg.iter() if element.get("class") == name]


def words(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def test_it_names_and_describes_itself() -> None:
    svg = drawn(PAIN)
    named = svg.get("aria-labelledby")
    assert svg.get("role") == "img"
    ids = {element.get("id"): element.text for element in svg if element.get("id")}
    assert named == " ".join(str(one) for one in ids)
    assert list(ids.values()) == [PAIN.title, PAIN.description]


def test_direction_zone_visits_and_last_value_are_written_in_words() -> None:
    found = words(drawn(PAIN))
    for text in (PAIN.direction, "severe: 7 or more", "2 (−6)", *PAIN.labels, "0", "10"):
        assert text in found


def test_nothing_is_drawn_across_a_gap() -> None:
    svg = drawn(PAIN)
    (line,) = of_class(svg, "line")
    assert (line.get("d") or "").count("L") == 1
    assert len(of_class(svg, "point")) == 2


def test_a_visit_without_a_score_is_a_cross_and_one_to_come_is_nothing() -> None:
    assert len(of_class(drawn(PAIN), "missing")) == 1


def test_a_value_in_the_zone_has_another_shape_and_not_only_another_colour() -> None:
    svg = drawn(PAIN)
    (beyond,) = of_class(svg, "beyond")
    assert beyond.tag == f"{SVG}path"
    assert {point.tag for point in of_class(svg, "point")} == {f"{SVG}circle"}


def test_the_zone_begins_at_the_threshold() -> None:
    svg = drawn(PAIN)
    (zone,) = of_class(svg, "zone")
    top, height = float(zone.get("y") or 0), float(zone.get("height") or 0)
    assert top == pytest.approx(y_of(PAIN, 10))
    assert top + height == pytest.approx(y_of(PAIN, 7), abs=0.11)


@pytest.mark.parametrize("value", [0, 3.3, 10])
@pytest.mark.parametrize("index", range(6))
def test_everything_stays_inside_wherever_the_last_value_lies(value: float, index: int) -> None:
    values = tuple(value if place == index else None for place in range(6))
    svg = drawn(replace(PAIN, values=values, missing=(False,) * 6, beyond=(False,) * 6))
    for element in (*svg.iter(f"{SVG}text"), *svg.iter(f"{SVG}circle")):
        x = float(element.get("x") or element.get("cx") or 0)
        y = float(element.get("y") or element.get("cy") or 0)
        assert 0 <= x <= WIDTH
        assert 8 <= y <= HEIGHT


def test_no_value_at_all_is_a_frame_without_a_line() -> None:
    svg = drawn(replace(PAIN, values=(None,) * 6, beyond=(False,) * 6, last=""))
    assert not of_class(svg, "line") + of_class(svg, "point") + of_class(svg, "last")
    assert PAIN.direction in words(svg)


def test_text_that_looks_like_markup_stays_text() -> None:
    nasty = '</title><script>alert("x")</script>&'
    svg = drawn(replace(PAIN, title=nasty, last=nasty, direction=nasty))
    assert not list(svg.iter(f"{SVG}script"))
    assert words(svg).count(nasty) == 2


def test_there_is_no_style_that_the_browser_would_refuse() -> None:
    text = str(draw(PAIN))
    assert "style=" not in text
    assert "<script" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(7, "7"), (66.66666, "66.7"), (-5.0, "−5"), (0.04, "0"), (-0.04, "0"), (100, "100"), (33.349, "33.3")],
)
def test_numbers_have_at_most_one_decimal_and_a_real_minus(value: float, text: str) -> None:
    assert number(value) == text


def test_segments_are_the_stretches_between_gaps() -> None:
    assert segments((1, None, 2, 3, None)) == [[0], [2, 3]]
    assert segments(()) == []
