"""What an instrument is, without its wording: items, codes, order, screens, scoring.

The classes hold what `questionnaires/<id>/definition.toml` says. Reading and checking that file
is `definition_file`; the words of the questions are `wording`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pro_app.scoring.plan import ScoringPlan

Kind = Literal["choice", "nrs", "percent", "yes_no", "text", "body"]
KINDS: tuple[Kind, ...] = ("choice", "nrs", "percent", "yes_no", "text", "body")
NUMBER_KINDS: tuple[Kind, ...] = ("choice", "nrs", "percent")


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the body diagram. `side` is `front` or `back`; left and right are the patient's."""

    id: str
    side: Literal["front", "back"]


@dataclass(frozen=True, slots=True)
class ShownIf:
    """An item is shown only when `item` was answered with one of `values` (codes, or true/false)."""

    item: str
    values: tuple[int | bool, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    number: as printed beside the question, e.g. `9a`.
    kind: `choice` labels every code; `nrs` shows all codes as numbers and names both ends (0-10,
      or 1-7); `percent` likewise, with a percent sign; `yes_no`; `text`; `body` (regions).
    codes: the answer codes from first to last; (1, 0) for `yes_no`; empty for text and body.
    answers: the name of the set of answers the item shares with others.
    recall: the id of the recall period that stands above it, or None.
    optional: leaving it empty is an ordinary answer and needs no confirmation.
    shown_if: the skip rule; None = always shown.
    codes_map: what others call it, by system: `cdisc`, `loinc`, `fhir_link_id`, `sas`.
    """

    id: str
    number: str
    kind: Kind
    codes: tuple[int, ...]
    answers: str
    recall: str | None = None
    optional: bool = False
    shown_if: ShownIf | None = None
    max_length: int = 0
    codes_map: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screen:
    """The items that are shown together; one, unless the owner shows more at once."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """A recall period; its words are in the wording pack under the same id."""

    id: str
    hours: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value beyond which a score is clinically important.

    side: `below` or `above`: on which side of `value` the score is important; the value itself
      is not.
    """

    scale: str
    value: float
    side: Literal["below", "above"]
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a score that matters, from `low` on; the next larger `low` begins the next size.

    direction: `improvement`, `decline`, or `either`, in terms of the patient's state.
    size: the source's word for it: small, moderate, large, substantial, important.
    unit: `points` of the score, or `percent` of the first value.
    over: only what is more than `low`, not `low` itself.
    """

    scale: str
    direction: Literal["improvement", "decline", "either"]
    size: str
    low: float
    unit: Literal["points", "percent"]
    source: str
    over: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of a questionnaire.

    name: the proper name, the same in every language, for staff pages and exports.
    title_key: where a wording pack keeps the title the patient sees.
    recall: the recall periods by id. sources: citations by key.
    codes: what others call the instrument, by system: `cdisc`, `snomed`, `loinc`,
      `fhir_questionnaire`, ...
    minutes: how long it takes, roughly.
    by_id, free_text, thresholds_of: the items by their ids, the ids of those that take words, and the
      thresholds by scale; made from the rest.
    """

    id: str
    version: str
    name: str
    items: tuple[Item, ...]
    screens: tuple[Screen, ...]
    scoring: ScoringPlan
    title_key: str = "title"
    minutes: int = 5
    regions: tuple[Region, ...] = ()
    recall: Mapping[str, Recall] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    changes: tuple[Change, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    by_id: Mapping[str, Item] = field(init=False, repr=False, compare=False)
    free_text: frozenset[str] = field(init=False, repr=False, compare=False)
    thresholds_of: Mapping[str, tuple[Threshold, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        scales = {threshold.scale for threshold in self.thresholds}
        made = {
            "by_id": {item.id: item for item in self.items},
            "free_text": frozenset(item.id for item in self.items if item.kind == "text"),
            "thresholds_of": {
                scale: tuple(one for one in self.thresholds if one.scale == scale) for scale in scales
            },
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def item(self, item_id: str) -> Item:
        """The item called `item_id`; KeyError when there is none."""
        return self.by_id[item_id]

    @property
    def item_ids(self) -> tuple[str, ...]:
        """The ids of the items in the owner's order."""
        return tuple(self.by_id)

    @property
    def region_ids(self) -> tuple[str, ...]:
        """The ids of the body regions, front first."""
        return tuple(region.id for region in self.regions)
