"""From which day on name and contact are to be gone; and that a query for them leaves nobody out."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pro_app.config import ROOT
from pro_app.errors import DataFileError
from pro_app.schedule import keeping
from pro_app.schedule.elements import Study
from pro_app.schedule.plan import Anchors, plan
from pro_app.schedule.study import load_study

KEPT = 90


@settings(max_examples=60, deadline=None)
@given(
    operated=some.dates(date(2020, 1, 1), date(2030, 12, 31)),
    planned=some.integers(-40, 40),
    site=some.integers(0, 9),
)
def test_whoever_is_due_is_among_those_that_the_query_looks_at(
    study: Study, operated: date, planned: int, site: int
) -> None:
    place = study.sites[site]
    anchors = Anchors(operated - timedelta(days=60), operated + timedelta(days=planned), operated, "done")
    due = keeping.due_on(plan(study, anchors, place), None, KEPT)
    assert due is not None
    bound = keeping.no_later_than(place, due, KEPT)
    assert bound is not None
    anchor, latest = bound
    day = anchors.day(anchor)
    assert day is not None
    assert day <= latest


def test_whoever_left_is_due_so_many_days_after_that(study: Study) -> None:
    visits = plan(study, Anchors(date(2026, 1, 1)), study.sites[0])
    assert keeping.due_on(visits, date(2026, 12, 1), KEPT) == date(2027, 3, 2)
    assert keeping.due_on(visits, None, KEPT) is None, "surgery has no date"
    assert keeping.due_on((), None, KEPT) is None


@pytest.mark.parametrize(("said", "found"), [("contact_kept_days = 30\n", 30), ("", 90)])
def test_the_study_file_says_how_long_or_it_is_ninety_days(tmp_path: Path, said: str, found: int) -> None:
    assert read(tmp_path, said).privacy.contact_kept_days == found


def test_what_can_not_be_a_number_of_days_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataFileError) as refused:
        read(tmp_path, "contact_kept_days = -1\n")
    assert "contact_kept_days = -1 must be a whole number from 0 to 3650" in str(refused.value)


def read(folder: Path, said: str) -> Study:
    """The repository's study with another line about it, or none."""
    studies = ROOT / "questionnaires" / "studies"
    text = (studies / "nct06120426.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace("contact_kept_days = 90\n", said), encoding="utf-8")
    (folder / "holidays-cn.toml").write_bytes((studies / "holidays-cn.toml").read_bytes())
    return load_study(folder / "study.toml", ("bpi-sf", "qlq-c30"))
