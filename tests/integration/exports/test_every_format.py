"""parse(export) equals the database: every answer, score and reason, in every format, on both databases."""

from datetime import UTC, date, datetime
from pathlib import Path

from pro_app.actions import answer, excuse, second_entry
from pro_app.exports.formats import FORMATS
from pro_app.records import participants, responses, second_entries
from tests.integration.exports import readers
from tests.integration.exports.reading_back import form
from tests.integration.exports.test_round_trip import stored
from tests.integration.exports.ward import CHEN, Ward
from tests.people import LI, all_answers, sheet


def wanted(ward: Ward, by_hash: bool) -> readers.Found:
    """What the database says of the responses that count, in the readers' shape."""
    found: readers.Found = {}
    for uuid, (about, (answers, scores)) in stored(ward).items():
        if about["standing"] != "current":
            continue
        content: readers.Content = {}
        for item, one in answers.items():
            assert isinstance(one, dict)
            value = one.get("value")
            if "missing" in one or one.get("sealed"):
                content[item] = one.get("missing", "sealed")
            elif isinstance(value, dict):
                content[item] = (frozenset(value["regions"]), value["worst"])
            else:
                content[item] = int(value)
        content |= {scale: reason if value is None else value for scale, (value, reason) in scores.items()}
        found[about["content_hash"] if by_hash else uuid] = content
    return found


def test_every_format_holds_exactly_what_the_database_holds(ward: Ward, folder: Path) -> None:
    assert set(readers.READERS) | {"csv-long"} == set(FORMATS)  # the long files are in test_round_trip
    asked = [ward.catalogue.instrument(name) for name in ("qlq-c30", "bpi-sf")]
    for name in readers.READERS:
        ours, theirs = wanted(ward, name == "ndjson"), readers.read(folder, name, asked)
        assert theirs.keys() == ours.keys(), name
        for response, content in ours.items():
            assert theirs[response] == content, name
    assert sum(map(len, ours.values())) > 170


def test_a_paper_form_and_a_recorded_reason_are_in_the_export(ward: Ward, tmp_path: Path) -> None:
    entered = datetime(2026, 8, 20, 4, tzinfo=UTC)
    on_paper = {"mode": "paper", "completed_on": date(2026, 7, 14), "entered_by": "li"}
    sent = sheet(
        ward.catalogue, "qlq-c30", entered, answers=all_answers(ward.catalogue.instrument("qlq-c30"))
    )
    with ward.store.writing() as tx:
        mary = participants.by_study_number(tx, "P3-001")
        answer.submit(
            tx,
            ward.study,
            ward.catalogue,
            mary,
            "3m",
            answer.Submission(**{**{n: getattr(sent, n) for n in sent.__dataclass_fields__}, **on_paper}),  # type: ignore[arg-type]
            LI,
            entered,
        )
        excuse.excuse(tx, ward.study, mary, "6m", {"bpi-sf": "staff_forgot"}, "", CHEN, ward.now)
        again = {**all_answers(ward.catalogue.instrument("qlq-c30")), "q2": {"value": 3}}
        first = responses.by_uuid(tx, sent.response)
        assert first is not None
        asked = ward.catalogue.instrument("qlq-c30")
        assert second_entry.enter(tx, asked, mary, first, again, CHEN, entered) == 1
    ward.export(tmp_path / "before", "csv-wide")
    undecided = form(tmp_path / "before", "qlq-c30", "P3-001", "3m")
    twice = ("entered_again_by", "entry_differences", "settled_by")
    assert [undecided[name] for name in twice] == ["chen", "1", ""]
    with ward.store.writing() as tx:
        (entry,) = second_entries.of_participant(tx, mary.id)
        differs = second_entry.differences(tx, asked, entry)
        assert second_entry.settle(tx, mary, entry, differs, {"q2": "second"}, LI, entered)
    ward.corrected(mary, sent.response, q2=3)
    ward.export(tmp_path / "out", "all")
    paper = form(tmp_path / "out", "qlq-c30", "P3-001", "3m")
    assert (paper["state"], paper["completed_on"], paper["entered_by"]) == ("in_window", "2026-07-14", "li")
    assert paper["received_on"] == "2026-08-20"
    assert [paper[name] for name in twice] == ["chen", "1", "nurse.li"]
    assert (paper["q2"], paper["correction"]) == ("3", "typing_error")
    forgotten = form(tmp_path / "out", "bpi-sf", "P3-001", "6m")
    assert (forgotten["state"], forgotten["reason"]) == ("missing", "staff_forgot")
    assert 'ItemOID="I.completed_on" Value="2026-07-14"' in (tmp_path / "out" / "odm.xml").read_text("utf-8")
