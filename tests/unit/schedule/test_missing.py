"""What each missing form stands for, before and after somebody turns the switch."""

from pro_app.schedule.missing import missing_forms
from pro_app.schedule.plan import plan
from tests.unit.schedule.cast import BOTH, beijing, changzheng, nct, planned

VISITS = plan(nct(), planned(), "CZ")
TZ = changzheng().tz
# 20 January 2027: the visits before surgery, at 2 weeks and 1 month are over; nothing is open.
NOW = beijing("2027-01-20 12:00")
DONE = {
    "baseline": dict.fromkeys(BOTH, beijing("2026-12-05 10:00")),
    "2w": {"bpi-sf": beijing("2026-12-20 10:00")},
}


def reasons(status: str, since: str = "", **excused: str) -> dict[tuple[str, str], str | None]:
    forms = missing_forms(
        VISITS,
        TZ,
        status,
        DONE,
        NOW,
        since=beijing(since) if since else None,
        excused={name.removeprefix("at_"): reason for name, reason in excused.items()},
    )
    return {(form.timepoint, form.instrument): form.reason for form in forms}


def test_what_is_in_is_not_missing_and_what_may_come_has_no_reason_yet() -> None:
    found = reasons("active")
    assert found[("2w", "qlq-c30")] == "not_answered"
    assert found[("1m", "bpi-sf")] == found[("1m", "qlq-c30")] == "not_answered"
    assert found[("3m", "bpi-sf")] is None
    assert not [key for key in found if key[0] == "baseline" or key == ("2w", "bpi-sf")]


def test_withdrawal_explains_what_is_still_to_come_and_leaves_what_was_missed_before() -> None:
    found = reasons("withdrawn", "2027-01-20 12:00")
    assert found[("1m", "bpi-sf")] == "not_answered"
    assert {found[(timepoint, "bpi-sf")] for timepoint in ("3m", "6m", "12m")} == {"withdrawn"}


def test_an_illness_that_may_end_explains_only_what_closed_under_it() -> None:
    found = reasons("too_ill", "2027-01-10 12:00")
    assert found[("1m", "bpi-sf")] == "too_ill"
    assert found[("2w", "qlq-c30")] == "not_answered"
    assert found[("3m", "bpi-sf")] is None


def test_a_reason_on_record_stays_when_the_patient_is_active_again() -> None:
    assert reasons("active", **{"at_1m": "too_ill"})[("1m", "bpi-sf")] == "too_ill"
