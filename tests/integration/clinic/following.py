"""What the tests of alerts, calls and missing forms begin with: people two weeks after surgery who answer."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert

from pro_app.actions import answer
from pro_app.actions.change_surgery import SurgeryChange, change_surgery
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.schema import delivery
from pro_app.wiring import Service
from tests.integration.clinic.people import LI, enrolled, mary, wang
from tests.people import sheet

# On 1 December 2026 at noon in Beijing this is two weeks ago: the visit "2w" closes on 4 December.
TWO_WEEKS_AGO = date(2026, 11, 17)


def operated(house: Service, number: str, now: datetime, day: date = TWO_WEEKS_AGO) -> Participant:
    """A participant of CZ (or P3, by the number) whose surgery was done on `day`."""
    command = (mary if number.startswith("P3") else wang)(study_number=number, surgery_planned_on=day)
    enrolled(house.store, house.study, house.links, command, now - timedelta(days=30))
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, number)
        change_surgery(tx, house.study, person, 1, SurgeryChange("done", day), LI, now)
        return participants.by_study_number(tx, number)


def answered(
    house: Service,
    number: str,
    timepoint: str,
    now: datetime,
    instrument: str = "bpi-sf",
    **chosen: object,
) -> answer.Receipt:
    """One form is sent; `chosen` answers differ from the first code of each item."""
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, number)
        sent = sheet(house.catalogue, instrument, now, **chosen)
        who = Actor("patient", number)
        return answer.submit(tx, house.study, house.catalogue, person, timepoint, sent, who, now)


def listed(house: Service, person: Participant, timepoint: str, now: datetime) -> None:
    """The clock has put the visit on the call list."""
    with house.store.writing() as tx:
        tx.conn.execute(
            insert(delivery).values(
                participant_id=person.id,
                timepoint=timepoint,
                opens_on=date(2026, 11, 28),
                step="call-list",
                channel="call",
                audience="call_list",
                state="due",
                reference=f"call-{person.id}",
                decided_at=now,
                next_at=now,
                attempts=0,
            )
        )
