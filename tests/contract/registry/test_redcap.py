"""REDCap: our data dictionary makes the project, PyCap reads what we wrote, and REDCap's rules are kept."""

from collections.abc import Iterator

import pytest
from redcap import Project

from pro_app.gateways.redcap import RedcapRegistry
from pro_app.gateways.redcap_fields import dictionary, fields
from pro_app.ports import Parcel, RegistryAway, RegistryRefused
from tests.contract.registry.redcap_stand_in import TOKEN, StandIn, redcap
from tests.unit.registry.cast import MARY, STUDY, WANGS_WORDS, catalogue, filled, instrument, parcel

pytestmark = pytest.mark.peer


@pytest.fixture
def project() -> Iterator[StandIn]:
    with redcap(dictionary(catalogue().instruments.values())) as server:
        yield server


@pytest.fixture
def registry(project: StandIn) -> RedcapRegistry:
    return RedcapRegistry(project.url, TOKEN, catalogue().instruments)


def seen_by_pycap(project: StandIn) -> list[dict[str, str]]:
    return list(Project(project.url, TOKEN).export_records())


def mary(instrument_id: str = "qlq-c30", **changes: object) -> Parcel:
    return parcel(instrument_id, **{"participant": MARY, "study_number": "CZ-007", **changes})  # type: ignore[arg-type]


def test_pycap_reads_answers_scores_and_reasons_that_we_wrote(
    project: StandIn, registry: RedcapRegistry
) -> None:
    registry.deliver(parcel(answers=filled("qlq-c30", q1=3, q8="skipped")))
    registry.deliver(parcel("bpi-sf", answers=filled("bpi-sf", bpi3=8)))
    (row,) = seen_by_pycap(project)
    assert (row["record_id"], row["redcap_event_name"]) == ("CZ-003", "1m_arm_1")
    assert (row["qlq_c30_q1"], row["qlq_c30_q8"]) == ("3", "")
    assert row["qlq_c30_missing"] == "q8:skipped"
    assert row["qlq_c30_not_scored"] == "DY:none_answered SUMMARY:scale_missing"
    assert (row["bpi_sf_bpi3"], row["bpi_sf_score_worst"]) == ("8", "8.0")
    assert row["bpi_sf_bpi1"] == "1"
    assert row["bpi_sf_bpi2_worst"] == "back-sacrum"
    assert project.rows["CZ-003", "1m_arm_1"]["qlq_c30_complete"] == "2"
    assert WANGS_WORDS not in str(project.rows)


def test_sent_twice_there_is_one_row(project: StandIn, registry: RedcapRegistry) -> None:
    assert registry.deliver(parcel()) == registry.deliver(parcel())
    assert len(project.rows) == 1


def test_a_value_that_a_correction_took_away_does_not_stay_behind(
    project: StandIn, registry: RedcapRegistry
) -> None:
    registry.deliver(parcel(answers=filled("qlq-c30", q9=4)))
    registry.deliver(parcel(kind="corrected", answers=filled("qlq-c30", q9="skipped")))
    (row,) = seen_by_pycap(project)
    assert (row["qlq_c30_q9"], row["qlq_c30_status"]) == ("", "corrected")


def test_a_withdrawal_empties_the_form_and_leaves_the_other_form_alone(
    project: StandIn, registry: RedcapRegistry
) -> None:
    registry.deliver(parcel())
    registry.deliver(parcel("bpi-sf"))
    registry.deliver(parcel(kind="withdrawn"))
    kept = project.rows["CZ-003", "1m_arm_1"]
    assert kept["qlq_c30_q1"] == kept["qlq_c30_score_pf2"] == ""
    assert (kept["qlq_c30_status"], kept["qlq_c30_complete"]) == ("withdrawn", "0")
    assert kept["bpi_sf_bpi3"] != ""


def test_what_the_project_holds_has_the_hash_of_what_was_sent(registry: RedcapRegistry) -> None:
    sent = [parcel(), parcel("bpi-sf"), mary(timepoint="3m"), mary("bpi-sf", kind="withdrawn")]
    for one in sent:
        registry.deliver(one)
    held = {entry.remote_id: entry for entry in registry.held(STUDY)}
    assert held == {registry.entry(one).remote_id: registry.entry(one) for one in sent}


def test_a_value_changed_in_redcap_is_noticed(project: StandIn, registry: RedcapRegistry) -> None:
    registry.deliver(parcel())
    Project(project.url, TOKEN).import_records(
        [{"record_id": "CZ-003", "redcap_event_name": "1m_arm_1", "qlq_c30_q1": "2"}]
    )
    (held,) = registry.held(STUDY)
    assert held.content_hash != registry.entry(parcel()).content_hash


def test_redcaps_own_words_are_kept(registry: RedcapRegistry) -> None:
    with pytest.raises(RegistryRefused, match="'redcap_event_name' are not valid: 18m_arm_1"):
        registry.deliver(parcel(timepoint="18m"))


def test_an_event_can_be_called_otherwise(project: StandIn) -> None:
    registry = RedcapRegistry(project.url, TOKEN, catalogue().instruments, events={"18m": "12m_arm_1"})
    registry.deliver(parcel(timepoint="18m"))
    (held,) = registry.held(STUDY)
    assert held.timepoint == "18m"


def test_a_field_the_project_lacks_is_named(project: StandIn, registry: RedcapRegistry) -> None:
    del project.fields["qlq_c30_score_summary"]
    with pytest.raises(
        RegistryRefused, match="not found in the project as real data fields: qlq_c30_score_summary"
    ):
        registry.deliver(parcel())


def test_a_wrong_token_is_nobodys_parcels_fault(project: StandIn) -> None:
    with pytest.raises(RegistryAway, match="do not have permissions"):
        RedcapRegistry(project.url, "F" * 32, catalogue().instruments).deliver(parcel())


def test_every_field_of_a_row_is_in_the_dictionary(project: StandIn) -> None:
    for instrument_id in catalogue().instruments:
        own = fields(instrument(instrument_id))
        assert set(own) - {own[-1]} <= set(project.fields)
