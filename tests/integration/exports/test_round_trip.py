"""What is exported is what is stored: every answer, score and response, on both databases."""

import json
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select

from pro_app.records.schema import response, score
from tests.integration.exports.reading_back import form, rows
from tests.integration.exports.ward import SECRET, Ward

Content = tuple[dict[str, object], dict[str, tuple[float | None, str | None]]]


def stored(ward: Ward) -> dict[str, tuple[dict[str, str], Content]]:
    """Every response in the database by its id: what it says of itself, its answers, its scores."""
    found: dict[str, tuple[dict[str, str], Content]] = {}
    with ward.store.reading() as tx:
        lines = tx.conn.execute(select(response)).mappings().all()
        scores = tx.conn.execute(select(score)).mappings().all()
    for line in lines:
        mine = {
            one["scale"]: (one["value"], one["reason"]) for one in scores if one["response_id"] == line["id"]
        }
        about = {
            name: "" if line[name] is None else str(line[name])
            for name in (
                "timepoint",
                "instrument",
                "version",
                "mode",
                "helper",
                "language",
                "pack",
                "content_hash",
            )
        }
        about["revision"] = str(line["revision"])
        about["standing"] = line["standing"]
        about["received_at"] = line["received_at"].isoformat().replace("+00:00", "Z")
        found[line["uuid"]] = (about, (json.loads(line["answers"]), mine))
    return found


def parsed_answer(row: Mapping[str, str]) -> dict[str, object]:
    if row["missing"] == "sealed":
        return {"sealed": True}
    if row["missing"]:
        return {"missing": row["missing"]}
    if row["name"] == "bpi1":
        return {"value": row["value"] == "1"}
    if row["name"] == "bpi2":
        marked = [] if row["value"] == "none" else row["value"].split()
        worst = next((one.rstrip("*") for one in marked if one.endswith("*")), None)
        return {"value": {"regions": [one.rstrip("*") for one in marked], "worst": worst}}
    return {"value": int(row["value"])}


def parsed(folder: Path) -> dict[str, tuple[dict[str, str], Content]]:
    """The same out of the long CSV files."""
    found: dict[str, tuple[dict[str, str], Content]] = {}
    forms = [{**row, "standing": "current"} for row in rows(folder, "forms.csv") if row["response"]]
    for row in [*forms, *rows(folder, "history.csv")]:
        names = ("timepoint", "instrument", "version", "mode", "helper", "language", "pack", "content_hash")
        about = {name: row[name] for name in (*names, "revision", "standing", "received_at")}
        found[row["response"]] = (about, ({}, {}))
    for row in [*rows(folder, "long.csv"), *rows(folder, "history-long.csv")]:
        answers, scores = found[row["response"]][1]
        if row["kind"] == "item":
            answers[row["name"]] = parsed_answer(row)
        else:
            value = float(row["value"]) if row["value"] else None
            scores[row["name"]] = (value, row["missing"] or None)
    return found


def test_the_long_files_hold_exactly_what_the_database_holds(ward: Ward, tmp_path: Path) -> None:
    ward.export(tmp_path / "out", "csv-long")
    ours, theirs = stored(ward), parsed(tmp_path / "out")
    assert theirs == ours
    assert {about["standing"] for about, _ in ours.values()} == {"current", "beside", "replaced", "withdrawn"}
    assert len(ours) == 8


def test_the_wide_files_hold_every_current_answer_and_score(ward: Ward, tmp_path: Path) -> None:
    ward.export(tmp_path / "out", "csv-wide")
    checked = 0
    for uuid, (about, (answers, scores)) in stored(ward).items():
        if about["standing"] != "current":
            continue
        row = next(r for r in rows(tmp_path / "out", f"{about['instrument']}.csv") if r["response"] == uuid)
        for name in ("mode", "helper", "language", "pack", "revision", "received_at", "content_hash"):
            assert row[name] == about[name]
        for item, answer in answers.items():
            assert isinstance(answer, dict)
            if item == "bpi2":
                value = answer.get("value", {"regions": [], "worst": None})
                shaded = {name for name in row if name.startswith("bpi2_") and row[name] == "1"}
                assert shaded == {f"bpi2_{one.replace('-', '_')}" for one in value["regions"]}
                assert row["bpi2_worst"] == (value["worst"] or "")
                assert row["bpi2_missing"] == answer.get("missing", "")
            elif item == "bpi7":
                assert row["bpi7_given"] == ("1" if "sealed" in answer else "")
            else:
                assert row[item] == ("" if "missing" in answer else str(int(answer["value"])))
                assert row[f"{item}_missing"] == answer.get("missing", "")
            checked += 1
        for scale, (value, reason) in scores.items():
            assert (float(row[scale]) if row[scale] else None) == value
            assert row[f"{scale}_reason"] == (reason or "")
            checked += 1
    assert checked > 150


def test_every_expected_form_has_one_row_with_its_state(ward: Ward, tmp_path: Path) -> None:
    done = ward.export(tmp_path / "out", "csv-wide", "csv-long")
    all_forms = rows(tmp_path / "out", "forms.csv")
    assert len(all_forms) == sum(done.forms.values()) == 2 * 6 * 2
    states = {
        (row["study_number"], row["timepoint"], row["instrument"]): (row["state"], row["reason"])
        for row in all_forms
    }
    assert states["CZ-001", "baseline", "bpi-sf"] == ("in_window", "")
    assert states["CZ-001", "2w", "qlq-c30"] == ("in_window", "")
    assert states["CZ-001", "2w", "bpi-sf"] == ("open", "")
    assert states["CZ-001", "12m", "bpi-sf"] == ("not_yet_due", "")
    assert states["P3-001", "baseline", "qlq-c30"] == ("missing", "not_answered")
    assert states["P3-001", "1m", "qlq-c30"] == ("late", "")
    assert states["P3-001", "1m", "bpi-sf"] == ("missing", "not_answered")
    assert states["P3-001", "12m", "bpi-sf"] == ("missing", "withdrawn")
    wide = {
        (row["study_number"], row["timepoint"], row["instrument"]): (row["state"], row["reason"])
        for name in ("qlq-c30.csv", "bpi-sf.csv")
        for row in rows(tmp_path / "out", name)
    }
    assert wide == states


def test_a_corrected_form_shows_its_new_answer_and_that_it_was_corrected(ward: Ward, tmp_path: Path) -> None:
    ward.export(tmp_path / "out", "csv-wide", "csv-long")
    row = form(tmp_path / "out", "qlq-c30", "CZ-001", "2w")
    assert (row["q1"], row["revision"], row["correction"]) == ("4", "2", "typing_error")
    assert row["corrected_at"] == "2026-12-01T04:00:00Z"
    assert row["received_at"] == "2026-12-01T01:00:00Z"  # when the patient sent it, not when it was corrected
    assert row["others"] == "2"
    history = {one["standing"]: one for one in rows(tmp_path / "out", "history.csv")}
    assert history["replaced"]["ended_why"] == "typing_error"
    assert history["withdrawn"]["ended_why"] == "not_by_participant"
    assert history["beside"]["reason"] == "second_response"
    old = [one for one in rows(tmp_path / "out", "history-long.csv") if one["name"] == "q1"]
    assert {(one["value"]) for one in old} == {"2", "1"}


def test_no_file_names_anybody_or_holds_free_text(ward: Ward, tmp_path: Path) -> None:
    ward.export(tmp_path / "out", "all", arms=True)
    looked_at = 0
    for path in (tmp_path / "out").iterdir():
        content = path.read_bytes()
        for secret in (SECRET, "Zhang Wei", "王秀英", "13800000001", "wang@example.org"):
            assert secret.encode() not in content, path.name
        looked_at += 1
    assert looked_at > 20


def test_arms_are_in_no_file_unless_they_were_asked_for(ward: Ward, tmp_path: Path) -> None:
    ward.export(tmp_path / "blind", "all")
    for path in (tmp_path / "blind").iterdir():
        if path.suffix != ".xlsx":  # its sheets are compressed: they are looked at by themselves
            assert b"en-bloc" not in path.read_bytes(), path.name
    ward.export(tmp_path / "open", "csv-wide", arms=True)
    assert form(tmp_path / "open", "qlq-c30", "CZ-001", "2w")["arm"] == "en-bloc"


def test_one_site_and_one_visit_can_be_chosen(ward: Ward, tmp_path: Path) -> None:
    ward.export(tmp_path / "out", "csv-long", sites=("P3",), timepoints=("1m",))
    found = rows(tmp_path / "out", "forms.csv")
    assert [(row["site"], row["timepoint"]) for row in found] == [("P3", "1m"), ("P3", "1m")]
