"""The figure and the definition speak of the same places."""

from pathlib import Path

from pro_app.instruments.catalogue import load_catalogue
from pro_app.web import body_map

QUESTIONNAIRES = Path(__file__).resolve().parents[3] / "questionnaires"


def test_every_region_of_the_definition_has_one_shape_and_every_shape_a_region() -> None:
    regions = load_catalogue(QUESTIONNAIRES).instrument("bpi-sf").regions
    drawn = [shape.region for shapes in body_map.SHAPES.values() for shape in shapes]
    assert sorted(drawn) == sorted(region.id for region in regions)
    assert len(set(drawn)) == len(drawn) >= 40


def test_every_shape_is_on_the_side_that_its_name_says() -> None:
    for side, shapes in body_map.SHAPES.items():
        assert all(shape.region.startswith(f"{side}-") for shape in shapes)


def test_left_and_right_are_the_patients_so_they_change_places_between_the_views() -> None:
    for side, left_is_right_of_the_middle in (("front", True), ("back", False)):
        for shape in body_map.SHAPES[side]:
            x, y = shape.centre
            assert 0 <= x <= 200 and 0 <= y <= 420
            if shape.region.endswith("-left"):
                assert (x > 100) is left_is_right_of_the_middle, shape.region
            elif shape.region.endswith("-right"):
                assert (x < 100) is left_is_right_of_the_middle, shape.region
            else:
                assert abs(x - 100) < 2, shape.region
