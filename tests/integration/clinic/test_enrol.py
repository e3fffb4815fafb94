"""Enrolling: what is typed becomes a participant, or a list of what is wrong with it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from pro_app.actions.enrol import EnrolmentRefused, check, enrol, foresee, tidy
from pro_app.keys import KeyRing
from pro_app.links import Links
from pro_app.records import audit, participants
from pro_app.records.participants import StudyNumberTaken
from pro_app.records.store import Store
from tests.integration.clinic.people import LI, enrolled, mary, the_study, wang

STUDY = the_study()


def test_wang_can_be_found_by_number_handle_and_code_afterwards(
    store: Store, keys: KeyRing, now: datetime
) -> None:
    links = Links(keys)
    person = enrolled(store, STUDY, links, wang(study_number=" cz-003 "), now)
    code = links.code(person.handle, person.code_epoch)
    with store.reading() as tx:
        assert participants.by_study_number(tx, "CZ-003", "CZ") == person
        assert participants.by_handle(tx, person.handle) == person
        assert participants.by_code_hash(tx, links.code_hash(code)) == person
        assert participants.identity_of(tx, person).phone == "+8613800000001"


def test_the_database_holds_no_name_and_no_number_in_the_open(
    store: Store, keys: KeyRing, now: datetime
) -> None:
    person = enrolled(store, STUDY, Links(keys), wang(), now)
    with store.reading() as tx:
        trail = str(audit.history(tx, "CZ-003"))
    for secret in ("王建国", "13800000001", "wang@example.org"):
        assert secret not in repr(person) + trail


def test_enrolling_leaves_one_audit_row_that_says_who_and_what(
    store: Store, keys: KeyRing, now: datetime
) -> None:
    enrolled(store, STUDY, Links(keys), wang(), now)
    with store.reading() as tx:
        (event,) = audit.history(tx, "CZ-003")
    assert (event.action, event.actor) == ("enrolled", LI)
    assert event.detail["surgery_planned_on"] == "2026-12-08"


def test_a_second_participant_with_the_same_number_is_refused(
    store: Store, keys: KeyRing, now: datetime
) -> None:
    enrolled(store, STUDY, Links(keys), wang(), now)
    with pytest.raises(StudyNumberTaken):
        enrolled(store, STUDY, Links(keys), mary(study_number="CZ-003"), now)


class FewCodes(Links):
    """Draws the same code for everybody until the epoch has been raised twice."""

    def code(self, handle: str, epoch: int) -> str:
        return super().code("h" if epoch < 2 else handle, min(epoch, 0) if epoch < 2 else epoch)


def test_two_people_never_share_a_code_even_when_the_draw_is_the_same(
    store: Store, keys: KeyRing, now: datetime
) -> None:
    links = FewCodes(keys)
    first = enrolled(store, STUDY, links, wang(), now)
    second = enrolled(store, STUDY, links, mary(), now)
    assert first.code_epoch == 0
    assert second.code_epoch == 2


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"study_number": "王 3"}, "study_number", "study_number_shape"),
        ({"study_number": ""}, "study_number", "study_number_shape"),
        ({"study_number": "-3"}, "study_number", "study_number_shape"),
        ({"site": "XX"}, "site", "site_unknown"),
        ({"arm": "third"}, "arm", "arm_unknown"),
        ({"language": "fr"}, "language", "language_unknown"),
        ({"name": "王" * 81}, "name", "name_long"),
        ({"phone": "138 0000 00"}, "phone", "phone_shape"),
        ({"phone": "call me"}, "phone", "phone_shape"),
        ({"family_phone": "12"}, "family_phone", "phone_shape"),
        ({"email": "wang at home"}, "email", "email_shape"),
        ({"birth_year": 1861}, "birth_year", "birth_year_range"),
        ({"birth_year": 2062}, "birth_year", "birth_year_range"),
        ({"surgery_planned_on": date(2062, 12, 8)}, "surgery_planned_on", "date_far"),
        ({"surgery_planned_on": date(1926, 12, 8)}, "surgery_planned_on", "date_far"),
        ({"enrolled_on": date(2026, 12, 2)}, "enrolled_on", "date_future"),
    ],
)
def test_each_wrong_field_is_named(change: dict[str, object], field: str, code: str, now: datetime) -> None:
    (fault,) = check(STUDY, tidy(wang(**change)), now)
    assert (fault.field, fault.code) == (field, code)


def test_a_refused_enrolment_leaves_nothing_behind(store: Store, keys: KeyRing, now: datetime) -> None:
    with pytest.raises(EnrolmentRefused) as refusal, store.writing() as tx:
        enrol(tx, STUDY, Links(keys), wang(phone="1", email="2"), LI, now)
    assert [fault.field for fault in refusal.value.faults] == ["phone", "email"]
    with store.reading() as tx:
        assert participants.count(tx) == 0
        assert audit.history(tx, "CZ-003") == ()


def test_the_dates_are_known_before_anything_is_saved(now: datetime) -> None:
    visits = {visit.timepoint: visit for visit in foresee(STUDY, wang(), now)}
    assert visits["baseline"].due == date(2026, 12, 7)
    assert visits["1m"].due == date(2027, 1, 8)
    assert all(visit.due is None for visit in foresee(STUDY, wang(surgery_planned_on=None), now))
    with pytest.raises(EnrolmentRefused):
        foresee(STUDY, replace(wang(), surgery_planned_on=now.date() + timedelta(days=999)), now)
