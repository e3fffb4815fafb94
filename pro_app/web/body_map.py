"""The body diagram: our own drawing of a person from the front and from behind, one shape a region.

Coordinates are those of a 200 by 420 box; the person stands on the middle line x = 100. Only one half is
drawn: `_PAIRS` holds the shapes on the viewer's right, and a mirror makes the other half. Left and right
in region names are the patient's: seen from the front, the patient's left is on the viewer's right.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Side = Literal["front", "back"]

MIRROR = "matrix(-1 0 0 1 200 0)"
BOX = "14 0 172 420"

_LIMBS = {
    "upper-arm": "M155 109c4 13 6 27 7 41l-16 2c-3-12-6-26-8-40z",
    "forearm": "M162 150c5 15 9 35 11 53l-12 3c-7-16-12-34-15-54z",
    "hand": "M161 206l12-3c5 7 8 17 6 29-1 8-6 12-10 10s-7-12-8-20c-3 0-7 4-9 2-1-3 4-12 9-18z",
    "knee": "M136 288q0 13-2 23l-22 1q-1-10-1-22z",
}
_SHOULDER = "M111 71c11 6 26 6 35 13 7 6 9 15 9 25l-17 3-1-15-24-13z"
_SHIN = "M134 311c5 17 1 45-4 71l-15 1c-3-27-6-51-3-71z"

_MIDDLE: dict[Side, dict[str, str]] = {
    "front": {
        "neck": "M91 46h18l2 25q-11 7-22 0z",
        "head": "M100 8c12 0 19 9 19 22s-8 25-19 25-19-12-19-25 7-22 19-22z",
        "pelvis": "M86 196q14 4 28 0l-10 30q-4 3-8 0z",
    },
    "back": {
        "neck": "M91 46h18l2 25q-11 8-22 0z",
        "head": "M100 8c12 0 19 9 19 22s-8 24-19 24-19-11-19-24 7-22 19-22z",
        "thoracic-spine": "M92 74q8 3 16 0v68h-16z",
        "lumbar-spine": "M92 142h16l1 34h-18z",
        "sacrum": "M91 176h18l-5 28q-4 4-8 0z",
    },
}
_PAIRS: dict[Side, dict[str, str]] = {
    "front": {
        **_LIMBS,
        "shoulder": _SHOULDER,
        "chest": "M100 75l11-4 2 13 24 13 1 15-3 20-35 2z",
        "upper-abdomen": "M100 134l35-2q-4 14-4 28l-31 2z",
        "lower-abdomen": "M100 162l31-2q2 14 5 27l-22 9q-7 2-14 2z",
        "groin": "M136 187q6 15 6 29l-38 12v-2l10-30z",
        "thigh": "M142 216c3 22-2 52-6 72l-25 2c-3-22-7-42-8-61z",
        "shin": _SHIN,
        "foot": "M130 382c1 8 7 16 9 22 1 5-5 7-12 7l-10-1q-4-10-2-27z",
    },
    "back": {
        **_LIMBS,
        "shoulder": _SHOULDER,
        "upper-back": "M108 74l3-3 2 13 24 13 1 15q0 17-4 30h-26z",
        "lower-back": "M108 142h26q-5 17 0 34h-25z",
        "buttock": "M109 176h25c5 14 9 30 9 44-10 11-31 12-43 6v-19q3 0 4-3z",
        "thigh": "M143 220c2 20-3 48-7 68l-25 2c-3-22-7-40-9-62 12 4 31 3 41-8z",
        "calf": _SHIN,
        "foot": "M130 382q1 12 4 22c0 5-6 7-12 7s-9-2-9-7q3-10 2-21z",
    },
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A region's outline: an SVG path, and whether it is drawn mirrored."""

    region: str
    path: str
    mirrored: bool = False

    @property
    def centre(self) -> tuple[float, float]:
        """About the middle of the shape, where the mark of the worst spot goes."""
        points = list(_points(self.path))
        across, down = ([point[axis] for point in points] for axis in (0, 1))
        x, y = (min(across) + max(across)) / 2, (min(down) + max(down)) / 2
        return round(200 - x if self.mirrored else x, 1), round(y, 1)


def _shapes(side: Side) -> tuple[Shape, ...]:
    middle = [Shape(f"{side}-{name}", path) for name, path in _MIDDLE[side].items()]
    drawn, mirrored = ("left", "right") if side == "front" else ("right", "left")
    pairs = [
        shape
        for name, path in _PAIRS[side].items()
        for shape in (
            Shape(f"{side}-{name}-{mirrored}", path, mirrored=True),
            Shape(f"{side}-{name}-{drawn}", path),
        )
    ]
    return (*middle, *pairs)


SHAPES: dict[Side, tuple[Shape, ...]] = {"front": _shapes("front"), "back": _shapes("back")}


def regions() -> frozenset[str]:
    """Every region that has a shape."""
    return frozenset(shape.region for shapes in SHAPES.values() for shape in shapes)


def _points(path: str) -> Iterable[tuple[float, float]]:
    """The corners of a path made of M, L, H, V, C and Q in both cases; curves by their end points."""
    x = y = 0.0
    for command, numbers in _commands(path):
        relative = command.islower()
        kind = command.upper()
        step = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}[kind]
        for start in range(0, len(numbers), step):
            part = numbers[start : start + step]
            if kind == "H":
                x = part[0] + (x if relative else 0)
            elif kind == "V":
                y = part[0] + (y if relative else 0)
            else:
                x, y = (part[-2] + (x if relative else 0), part[-1] + (y if relative else 0))
            yield x, y


def _commands(path: str) -> Iterable[tuple[str, list[float]]]:
    for command, rest in re.findall(r"([MLHVCSQT])([^MLHVCSQTZ]*)", path, re.IGNORECASE):
        yield command, [float(number) for number in re.findall(r"-?\d*\.?\d+", rest)]
