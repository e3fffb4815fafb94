"""A parcel as a row of a REDCap project, and the data dictionary of the project that takes it.

One form per instrument, its fields named `<form>_<item>` and `<form>_score_<scale>`; one event per visit.
Beside answers and scores a form has the missing codes (`q8:skipped …`), the reasons of scores that can't
be computed, and where the answers come from. What a person wrote in their own words has no field.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pro_app.instruments.definition import Instrument, Item
from pro_app.ports import Parcel

RECORD = "record_id"
EVENT = "redcap_event_name"
COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
# Where a response comes from: name, what it is, its kind of text.
ORIGIN = (
    ("site", "Site", ""),
    ("timepoint", "Visit", ""),
    ("status", "submitted, corrected or withdrawn", ""),
    ("language", "Language of the questionnaire (BCP 47)", ""),
    ("mode", "own_phone, clinic_tablet, interview or paper", ""),
    ("helper", "Who helped: alone, read or filled", ""),
    ("version", "Version of the instrument", ""),
    ("pack", "Hash of the wording that was shown", ""),
    ("authored", "Finished by the participant (UTC)", "datetime_seconds_ymd"),
    ("received", "Received by the hospital (UTC)", "datetime_seconds_ymd"),
    ("response", "Id of the response", ""),
    ("algorithm", "Scoring rules", ""),
    ("missing", "Items without an answer, with the reason", ""),
    ("not_scored", "Scales without a score, with the reason", ""),
)


def form(instrument_id: str) -> str:
    """A form's name: letters, digits and underscores, beginning with a letter."""
    return re.sub(r"[^a-z0-9]+", "_", instrument_id.lower()).strip("_")


def event(timepoint: str, arm: int = 1) -> str:
    """The unique name REDCap gives to an event that is called like the timepoint."""
    return f"{re.sub(r'[^a-z0-9]+', '_', timepoint.lower()).strip('_')}_arm_{arm}"


def row(parcel: Parcel, instrument: Instrument, event_name: str) -> dict[str, str]:
    """Every field of the form, blank where there is nothing: a blank takes an older value away."""
    name = form(instrument.id)
    values = dict.fromkeys(fields(instrument), "")
    values |= {
        f"{name}_site": parcel.site,
        f"{name}_timepoint": parcel.timepoint,
        f"{name}_status": parcel.kind,
        f"{name}_version": parcel.version,
        f"{name}_received": _moment(parcel.received),
        f"{name}_response": parcel.response,
        f"{name}_complete": "0" if parcel.kind == "withdrawn" else "2",
    }
    if parcel.kind != "withdrawn":
        values |= _content(parcel, instrument, name)
    return {RECORD: parcel.study_number, EVENT: event_name, **values}


def fields(instrument: Instrument) -> list[str]:
    """The form's field names in their order, `<form>_complete` last."""
    return [line[COLUMNS[0]] for line in _form_lines(instrument)] + [f"{form(instrument.id)}_complete"]


def content_hash(values: Mapping[str, str], instrument: Instrument) -> str:
    """SHA-256 (hex) of what a form says, blanks left out; the same for what we send and what comes back."""
    said = {name: str(values.get(name, "")) for name in fields(instrument)}
    canonical = json.dumps({name: value for name, value in said.items() if value}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def dictionary(instruments: Iterable[Instrument]) -> str:
    """The data dictionary (CSV) that the registry's manager imports. Labels are numbers, no wording."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    listed = list(instruments)
    if listed:
        writer.writerow(_line(form(listed[0].id), RECORD, "Study number", ""))
    for instrument in listed:
        writer.writerows(_form_lines(instrument))
    return text.getvalue()


def events(timepoints: Iterable[str]) -> str:
    """The project's events (CSV), called like the study's timepoints, in one arm."""
    return _table(("event_name", "arm_num"), [(one, "1") for one in timepoints])


def event_forms(asked: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Which form is asked at which event (CSV); `asked`: timepoints with the ids of their instruments."""
    rows = [("1", event(timepoint), form(name)) for timepoint, names in asked for name in names]
    return _table(("arm_num", "unique_event_name", "form"), rows)


def _table(names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def _content(parcel: Parcel, instrument: Instrument, name: str) -> dict[str, str]:
    values = {
        f"{name}_language": parcel.language,
        f"{name}_mode": parcel.mode,
        f"{name}_helper": parcel.helper or "",
        f"{name}_pack": parcel.pack,
        f"{name}_authored": _moment(parcel.authored),
        f"{name}_algorithm": parcel.algorithm,
    }
    missing = []
    for item in instrument.items:
        answer = parcel.answers.get(item.id, {"missing": "not_reached"})
        if "missing" in answer:
            missing.append(f"{item.id}:{answer['missing']}")
        elif item.kind != "text" and "value" in answer:
            values |= _answer(f"{name}_{item.id}", item, answer["value"])
    values[f"{name}_missing"] = " ".join(missing)
    for score in parcel.scores:
        if score.value is not None:
            values[f"{name}_score_{score.scale.lower()}"] = repr(float(score.value))
    unscored = [f"{score.scale}:{score.reason}" for score in parcel.scores if score.value is None]
    values[f"{name}_not_scored"] = " ".join(unscored)
    return values


def _answer(field: str, item: Item, value: object) -> dict[str, str]:
    if item.kind == "body" and isinstance(value, Mapping):
        return {field: " ".join(value.get("regions", ())), f"{field}_worst": value.get("worst") or ""}
    if item.kind == "yes_no":
        return {field: "1" if value else "0"}
    return {field: str(value)}


def _form_lines(instrument: Instrument) -> list[dict[str, str]]:
    name = form(instrument.id)
    lines = []
    for item in instrument.items:
        label = f"{instrument.name} {item.number}"
        if item.kind == "body":
            lines.append(_line(name, f"{name}_{item.id}", f"{label} regions", ""))
            lines.append(_line(name, f"{name}_{item.id}_worst", f"{label} worst spot", ""))
        elif item.kind != "text":
            span = (str(min(item.codes)), str(max(item.codes))) if item.codes else ("0", "1")
            lines.append(_line(name, f"{name}_{item.id}", label, "integer", *span))
    for scale in instrument.scoring.scales:
        span = (str(scale.range[0]), str(scale.range[1]))
        label = f"{instrument.name} {scale.name}"
        lines.append(_line(name, f"{name}_score_{scale.name.lower()}", label, "number", *span))
    for short, label, validation in ORIGIN:
        lines.append(_line(name, f"{name}_{short}", label, validation))
    return lines


def _line(
    form_name: str, field: str, label: str, validation: str, low: str = "", high: str = ""
) -> dict[str, str]:
    values = (field, form_name, "", "text", label, "", "", validation, low, high)
    return dict(zip(COLUMNS, values, strict=False))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
