"""A form opened in time may be finished in its grace days, and stays in time for ever after."""

from datetime import datetime, timedelta

from pro_app import journey
from pro_app.records import participants
from pro_app.schedule.window import VisitState
from tests.integration.answering.ward import Ward
from tests.people import sheet


def state(ward: Ward, now: datetime) -> VisitState:
    with ward.store.reading() as tx:
        person = participants.by_id(tx, ward.wang.id)
        return journey.of(tx, ward.study, person, now).at("2w").assessment.state


def test_a_form_begun_in_its_window_and_sent_in_grace_is_in_time(ward: Ward) -> None:
    # The 2-week window of a surgery on 17 November ends on 4 December; its grace is one day.
    in_grace = ward.now + timedelta(days=4)
    ward.send(sheet(ward.catalogue, "bpi-sf", ward.now))
    ward.draft({"q1": {"value": 2}})
    assert state(ward, in_grace) is VisitState.GRACE
    ward.send(sheet(ward.catalogue, "qlq-c30", in_grace), now=in_grace)
    assert state(ward, in_grace) is VisitState.DONE
    assert state(ward, in_grace + timedelta(days=90)) is VisitState.DONE


def test_a_form_that_was_not_begun_in_its_window_is_late(ward: Ward) -> None:
    in_grace = ward.now + timedelta(days=4)
    ward.send(sheet(ward.catalogue, "bpi-sf", ward.now))
    ward.send(sheet(ward.catalogue, "qlq-c30", in_grace), now=in_grace)
    assert state(ward, in_grace) is VisitState.DONE_LATE
