"""Every format read back into one shape by somebody else's program, or by lines that know only the format.

The shape: response id -> item or scale -> a number, or the reason why there is none. A body diagram is its
marked regions with the worst one; of free text it says `sealed` or the reason.
"""

import json
import math
import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas
import pyreadstat

from pro_app.instruments.definition import Instrument
from tests.integration.exports.reading_back import rows

Content = dict[str, object]
Found = dict[str, Content]
NO_ANSWER = ("skipped", "not_reached", "not_shown")
NO_SCORE = ("none_answered", "too_few_answered", "scale_missing")
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"


def _wide(instrument: Instrument, records: list[dict[str, Any]], named: Callable[[str], str]) -> Found:
    """Content out of rows whose cells are numbers, None, or (for an absent number) the reason.

    named: what a column is called in this file.
    """
    found: Found = {}
    for record in records:
        if not record[named("response")]:
            continue
        content: Content = {}
        for item in instrument.items:
            if item.kind == "body":
                marked = [r for r in instrument.region_ids if record[named(f"{item.id}_{r}")] == 1]
                worst = record[named(f"{item.id}_worst")] or None
                content[item.id] = record[named(f"{item.id}_missing")] or (frozenset(marked), worst)
            elif item.kind == "text":
                given = record[named(f"{item.id}_given")]
                content[item.id] = "sealed" if given == 1 else given
            else:
                content[item.id] = record[named(item.id)]
        for scale in instrument.scoring.names:
            content[scale] = record[named(scale)]
        found[str(record[named("response")])] = content
    return found


def _with_reason_columns(instrument: Instrument, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of CSV or Excel: texts where numbers stand, reasons in columns of their own."""
    record: dict[str, Any] = dict(row)
    for item in instrument.items:
        name = f"{item.id}_given" if item.kind == "text" else item.id
        if item.kind != "body":
            record[name] = int(row[name]) if row[name] not in ("", None) else row[f"{item.id}_missing"]
    for region in instrument.region_ids:
        for item in instrument.items:
            if item.kind == "body":
                text = row[f"{item.id}_{region.replace('-', '_')}"]
                record[f"{item.id}_{region}"] = int(text) if text not in ("", None) else None
    for scale in instrument.scoring.names:
        record[scale] = float(row[scale]) if row[scale] not in ("", None) else row[f"{scale}_reason"]
    return record


def csv_wide(folder: Path, instrument: Instrument) -> Found:
    records = [_with_reason_columns(instrument, row) for row in rows(folder, f"{instrument.id}.csv")]
    return _wide(instrument, records, str)


def xlsx(folder: Path, instrument: Instrument) -> Found:
    sheet = openpyxl.load_workbook(folder / "export.xlsx", read_only=True)[instrument.id]
    header, *lines = sheet.iter_rows(values_only=True)
    records = [dict(zip(map(str, header), line, strict=True)) for line in lines]
    return _wide(instrument, [_with_reason_columns(instrument, one) for one in records], str)


def _labelled(instrument: Instrument, column: str, value: float) -> str | None:
    """A code that is kept as a number: its place in the list of codes."""
    listed = instrument.region_ids if column.endswith("_worst") else NO_ANSWER
    return None if math.isnan(value) else listed[int(value) - 1]


def _columns(instrument: Instrument) -> dict[str, str]:
    """What each column holds: `item`, `score`, `code`, `region` or `text`."""
    kinds = {"response": "text"}
    for item in instrument.items:
        if item.kind == "body":
            kinds |= {f"{item.id}_{region}": "region" for region in instrument.region_ids}
            kinds |= {f"{item.id}_worst": "code", f"{item.id}_missing": "code"}
        else:
            kinds[f"{item.id}_given" if item.kind == "text" else item.id] = "item"
    return kinds | dict.fromkeys(instrument.scoring.names, "score")


def sav(folder: Path, instrument: Instrument) -> Found:
    data, _ = pyreadstat.read_sav(folder / f"{instrument.id}.sav", user_missing=True)
    records = []
    for row in data.to_dict("records"):
        record: dict[str, Any] = {}
        for column, kind in _columns(instrument).items():
            value = row[column.replace("-", "_")]
            reasons = dict(zip((-97, -98, -99), NO_SCORE if kind == "score" else NO_ANSWER, strict=True))
            if kind == "code":
                record[column] = _labelled(instrument, column, value)
            else:
                record[column] = reasons.get(value, value) if kind in ("item", "score") else value
        records.append(record)
    return _wide(instrument, records, str)


def dta(folder: Path, instrument: Instrument) -> Found:
    data = pandas.read_stata(
        folder / f"{instrument.id}.dta", convert_categoricals=False, convert_missing=True, convert_dates=False
    )
    letters = dict(zip((".a", ".b", ".c", ".d", ".e", ".f"), (*NO_ANSWER, *NO_SCORE), strict=True))
    records = []
    for row in data.to_dict("records"):
        record: dict[str, Any] = {}
        for column, kind in _columns(instrument).items():
            value = row[column.replace("-", "_")]
            if kind == "code":
                there = isinstance(value, int | float)
                record[column] = _labelled(instrument, column, float(value) if there else math.nan)
            else:
                record[column] = letters.get(str(value), None if str(value) == "." else value)
        records.append(record)
    return _wide(instrument, records, str)


def xpt(folder: Path, instrument: Instrument) -> Found:
    """By the published layout of version 5: no reader in Python gives SAS's special missing values."""
    raw = (folder / f"{instrument.id}.xpt").read_bytes()
    at = raw.index(b"HEADER RECORD*******NAMESTR ")
    count = int(raw[at + 54 : at + 58])
    start = at + 80
    fields = []
    for number in range(count):
        one = raw[start + 140 * number : start + 140 * (number + 1)]
        kind, _, size = struct.unpack(">3h", one[:6])
        fields.append((one[8:16].decode().strip(), kind == 1, size, struct.unpack(">i", one[84:88])[0]))
    body = raw.index(b"HEADER RECORD*******OBS ") + 80
    width = sum(size for _, _, size, _ in fields)
    letters = dict(zip(b"ABCDEF", (*NO_ANSWER, *NO_SCORE), strict=True))
    short = _short_names(instrument)
    records = []
    for first in range(body, len(raw) - width + 1, width):
        record: dict[str, Any] = {}
        for name, is_number, size, place in fields:
            cell = raw[first + place : first + place + size]
            record[name] = _sas_number(cell, letters) if is_number else cell.decode().rstrip()
        if record["STUDY"]:
            records.append(record)
    return _wide(instrument, records, lambda column: short[column])


def _sas_number(cell: bytes, letters: Mapping[int, str]) -> float | str | None:
    if not any(cell[1:]) and cell[:1] in b".ABCDEF" and cell[0]:
        return letters.get(cell[0])
    (bits,) = struct.unpack(">Q", cell)
    size = (bits & (1 << 56) - 1) / (1 << 56) * 16.0 ** ((bits >> 56 & 0x7F) - 64)
    return -size if bits >> 63 else size


def _short_names(instrument: Instrument) -> dict[str, str]:
    """The eight letters that the codebook gives for each column."""
    found = {"response": "RESPONSE"}
    for item in instrument.items:
        short = item.codes_map.get("sas", item.id).upper()[:7]
        if item.kind == "body":
            found |= {f"{item.id}_{one}": f"{short}R{n:02}" for n, one in enumerate(instrument.region_ids, 1)}
            found |= {f"{item.id}_worst": f"{short}W", f"{item.id}_missing": f"{short}M"}
        else:
            found[f"{item.id}_given" if item.kind == "text" else item.id] = short + (
                "G" if item.kind == "text" else ""
            )
    scales = instrument.scoring.scales
    return found | {one.name: one.codes.get("sas", one.name).upper()[:8] for one in scales}


def qs(folder: Path, instrument: Instrument) -> Found:
    found: Found = {}
    for row in rows(folder, "qs.csv"):
        if not row["QSREFID"] or row["QSSPID"] not in (*instrument.item_ids, *instrument.scoring.names):
            continue
        if row["QSCAT"] != instrument.codes.get("cdisc", instrument.name):
            continue
        content = found.setdefault(row["QSREFID"], {})
        name = row["QSSPID"]
        kind = "" if row["QSDRVFL"] else instrument.item(name).kind
        if row["QSSTAT"]:
            content[name] = row["QSREASND"]
        elif kind == "body":
            marked, worst = content.get(name, (frozenset(), None))  # type: ignore[misc]
            region = row["QSORRES"].rstrip("*")
            marked |= {region} - {"none"}
            content[name] = (marked, region if row["QSORRES"].endswith("*") else worst)
        else:
            content[name] = float(row["QSSTRESN"])
    return found


def odm(folder: Path, instrument: Instrument) -> Found:
    found: Found = {}
    for form in ElementTree.parse(folder / "odm.xml").getroot().iter(f"{ODM}FormData"):
        if form.get("FormOID") != f"F.{instrument.id}":
            continue
        data = {str(one.get("ItemOID")): one.get("Value") for one in form.iter(f"{ODM}ItemData")}
        if "I.response" not in data:
            continue
        content: Content = {}
        for item in instrument.items:
            oid = f"I.{instrument.id}.{item.id}"
            value = data[oid]
            if value is None:
                content[item.id] = data[f"{oid}.WHY"]
            elif item.kind == "body":
                marked = frozenset(value.split()) - {"none"}
                content[item.id] = (marked, data.get(f"{oid}.WORST"))
            else:
                content[item.id] = int(value)
        for scale in instrument.scoring.names:
            value = data[f"I.{instrument.id}.{scale}"]
            content[scale] = float(value) if value else data[f"I.{instrument.id}.{scale}.WHY"]
        found[str(data["I.response"])] = content
    return found


def ndjson(folder: Path, instrument: Instrument) -> Found:
    """By the content's hash, since a record's own id is the registry's and not the response's."""
    ours = "urn:pro-follow-up"
    found, by_reference = {}, {}
    for line in (folder / "QuestionnaireResponse.ndjson").read_text("utf-8").splitlines():
        resource = json.loads(line)
        tags = {tag["system"]: tag["code"] for tag in resource["meta"]["tag"]}
        if tags[f"{ours}:instrument"] != instrument.id:
            continue
        about = {one["url"]: one for one in resource["extension"]}
        items = {one["linkId"]: one for one in resource["item"]}
        content: Content = {}
        for item in instrument.items:
            link = item.codes_map.get("fhir_link_id", item.id)
            content[item.id] = _fhir_answer(items, link, item.kind, ours)
        found[about[f"{ours}:extension:content-hash"]["valueString"]] = content
        by_reference[f"QuestionnaireResponse/{resource['id']}"] = content
    for line in (folder / "Observation.ndjson").read_text("utf-8").splitlines():
        resource = json.loads(line)
        content = by_reference.get(resource["derivedFrom"][0]["reference"], {})
        scale = resource["code"]["coding"][-1]["code"]
        if "valueQuantity" in resource:
            content[scale] = resource["valueQuantity"]["value"]
        else:
            content[scale] = resource["dataAbsentReason"]["coding"][-1]["code"]
    return found


def _fhir_answer(items: Mapping[str, Any], link: str, kind: str, ours: str) -> object:
    one = items[link]
    codes = [
        answer["valueBoolean"] if "valueBoolean" in answer else answer["valueCoding"]["code"]
        for answer in one.get("answer", ())
    ]
    why = {ext["url"]: ext.get("valueCode") for ext in one.get("extension", ())}
    if missing := why.get(f"{ours}:extension:missing"):
        return missing
    if kind == "body":
        worst = items.get(f"{link}-worst")
        return frozenset(codes), worst["answer"][0]["valueCoding"]["code"] if worst else None
    return int(codes[0])


READERS: dict[str, Callable[[Path, Instrument], Found]] = {
    "csv-wide": csv_wide,
    "xlsx": xlsx,
    "sav": sav,
    "dta": dta,
    "xpt": xpt,
    "qs": qs,
    "odm": odm,
    "ndjson": ndjson,
}


def read(folder: Path, name: str, instruments: Iterable[Instrument]) -> Found:
    """Every response that a format holds."""
    found: Found = {}
    for instrument in instruments:
        found |= READERS[name](folder, instrument)
    return found
