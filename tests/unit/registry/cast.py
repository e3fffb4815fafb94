"""Parcels with invented answers of Wang and Mary, scored by the real engine."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pro_app.config import ROOT
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.instruments.definition import Instrument
from pro_app.ports import Parcel
from pro_app.scoring.engine import score

STUDY = "NCT06120426"
NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
WANG, MARY = "5a1e0c55-6f33-4d3e-9a55-2f0e4b6a0001", "5a1e0c55-6f33-4d3e-9a55-2f0e4b6a0002"
# What Wang wrote under question 7; it must never be seen outside.
WANGS_WORDS = "张医生开的吗啡，每天两次"


@cache
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "questionnaires", Path("no installed wording"))


def instrument(instrument_id: str) -> Instrument:
    return catalogue().instrument(instrument_id)


def citations() -> dict[str, str]:
    return {one.id: one.scoring.citation for one in catalogue().instruments.values()}


def filled(instrument_id: str, **changes: object) -> dict[str, dict[str, object]]:
    """An answer to every item; `changes` by item id, a missing code as `"skipped"` and the like."""
    answers: dict[str, dict[str, object]] = {}
    for item in instrument(instrument_id).items:
        if item.kind == "text":
            answers[item.id] = {"value": WANGS_WORDS}
        elif item.kind == "body":
            answers[item.id] = {
                "value": {"regions": ["back-lumbar-spine", "back-sacrum"], "worst": "back-sacrum"}
            }
        elif item.kind == "yes_no":
            answers[item.id] = {"value": True}
        else:
            answers[item.id] = {"value": item.codes[len(answers) % len(item.codes)]}
    for item_id, value in changes.items():
        answers[item_id] = {"missing": value} if isinstance(value, str) else {"value": value}
    return answers


def sheet_of(instrument_id: str, answers: Mapping[str, Mapping[str, object]]):  # type: ignore[no-untyped-def]
    """The scores of `answers`, by the program's own engine."""
    plan = instrument(instrument_id).scoring
    numbers = {item: answers[item].get("value") for item in plan.answers}
    return score(plan, numbers)  # type: ignore[arg-type]


def parcel(
    instrument_id: str = "qlq-c30",
    answers: Mapping[str, Mapping[str, object]] | None = None,
    **changes: object,
) -> Parcel:
    """Wang's first month, unless `changes` say otherwise. Free text is sealed, as records hand it out."""
    answers = answers if answers is not None else filled(instrument_id)
    sheet = sheet_of(instrument_id, answers)
    sealed = {
        item.id: {"sealed": True} if item.kind == "text" and "value" in answers[item.id] else answers[item.id]
        for item in instrument(instrument_id).items
    }
    made = Parcel(
        kind="submitted",
        study=STUDY,
        site="CZ",
        study_number="CZ-003",
        participant=WANG,
        response="0b6d8b6e-2c59-4b53-8f55-0a3c5c7f1001",
        revision=1,
        timepoint="1m",
        instrument=instrument_id,
        version=instrument(instrument_id).version,
        language="zh-Hans",
        pack="c" * 64,
        mode="own_phone",
        helper="alone",
        authored=NOON,
        received=NOON,
        content_hash="a" * 64,
        answers=sealed,
        algorithm=sheet.algorithm,
        citation=sheet.citation,
        scores=tuple(sheet.scores.values()),
    )
    return replace(made, **changes)  # type: ignore[arg-type]
