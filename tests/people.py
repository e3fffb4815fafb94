"""The cast: Mrs Wang reads Chinese, Mary reads English. Builders with sensible defaults."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pro_app.actions import enrol
from pro_app.actions.answer import Submission
from pro_app.actions.enrol import Enrolment
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.links import Links
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

LI = Actor("staff", "nurse.li", "10.0.0.7")


def enrolled(
    tx: Transaction,
    study: Study,
    links: Links,
    now: datetime,
    *,
    study_number: str = "CZ-001",
    operated: date | None = date(2026, 11, 17),
    language: str = "zh-Hans",
    **fields: object,
) -> Participant:
    """A participant of the lead site, operated two weeks before noon of 1 December 2026 in Beijing."""
    command = Enrolment(
        study_number=study_number,
        site=study.sites[0].code,
        language=language,
        name="王秀英" if language == "zh-Hans" else "Mary Ellis",
        phone="13800000001",
        email="wang@example.org",
        birth_year=1956,
        surgery_planned_on=operated,
        enrolled_on=operated - timedelta(days=9) if operated else None,
        **fields,  # type: ignore[arg-type]
    )
    person = enrol.enrol(tx, study, links, command, LI, now - timedelta(days=23))
    if operated and operated <= now.date():
        participants.set_surgery(tx, person, "done", operated, operated)
    return participants.by_id(tx, person.id)


def all_answers(instrument: Instrument, **chosen: object) -> dict[str, Mapping[str, object]]:
    """An answer to every item: the first code, yes, no words, no region; `chosen` values go first."""
    plain: dict[str, object] = {"yes_no": True, "text": "", "body": {"regions": [], "worst": None}}
    return {
        item.id: {"value": chosen.get(item.id, plain.get(item.kind, item.codes[0] if item.codes else None))}
        for item in instrument.items
    }


def sheet(
    catalogue: Catalogue,
    instrument: str,
    now: datetime,
    *,
    response: str | None = None,
    language: str = "zh-Hans",
    answers: Mapping[str, object] | None = None,
    **chosen: object,
) -> Submission:
    """A whole response as a phone sends it."""
    definition = catalogue.instrument(instrument)
    return Submission(
        response=response or str(uuid.uuid4()),
        instrument=instrument,
        version=definition.version,
        language=language,
        pack=catalogue.pack(instrument, language).hash,
        mode="own_phone",
        helper="alone",
        started_at=now - timedelta(minutes=5),
        finished_at=now,
        answers=all_answers(definition, **chosen) if answers is None else answers,
    )
