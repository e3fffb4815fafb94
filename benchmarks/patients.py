"""Patients who have an answer sheet ready, enrolled many in a transaction: for crowds."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pro_app.actions import consent
from pro_app.actions.enrol import Enrolment, enrol
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.store import Transaction
from pro_app.wiring import Service

_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Patient:
    """Two weeks after surgery. `token` opens the visit `ref`; `body` is the JSON of response `response`."""

    token: str
    ref: str
    response: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Authorization": f"Visit {self.token}"}


def enrolled(house: Service, count: int, tell: Callable[[int], None] = lambda done: None) -> list[Patient]:
    """`count` new patients, of each site in turn, who agreed and can answer now. `tell`: how many so far."""
    now = datetime.now(UTC)
    found: list[Patient] = []
    while len(found) < count:
        with house.store.writing() as tx:
            for number in range(len(found), min(count, len(found) + _AT_ONCE)):
                found.append(_patient(tx, house, number, now))
        tell(len(found))
    return found


def _patient(tx: Transaction, house: Service, number: int, now: datetime) -> Patient:
    who = Actor("staff", "crowd")
    operated = now.date() - timedelta(days=14)
    site = house.study.sites[number % len(house.study.sites)].code
    command = Enrolment(f"F-{number:05d}", site, "en", surgery_planned_on=operated)
    person = enrol(tx, house.study, house.links, command, who, now)
    participants.set_surgery(tx, person, "done", operated, operated)
    person = participants.by_id(tx, person.id)
    consent.decide(tx, house.study, person, True, who, now)
    instrument = house.catalogue.instrument("qlq-c30")
    response = str(uuid.uuid4())
    body = {
        "ref": f"{person.handle}.2w",
        "instrument": instrument.id,
        "version": instrument.version,
        "response": response,
        "language": "en",
        "pack": house.catalogue.pack("qlq-c30", "en").hash,
        "mode": "own_phone",
        "helper": "alone",
        "started": now.isoformat(),
        "finished": now.isoformat(),
        "answers": {item.id: {"value": item.codes[number % 4]} for item in instrument.items},
    }
    token = house.links.token(person.handle, "2w", person.link_epoch)
    return Patient(token, f"{person.handle}.2w", response, json.dumps(body).encode())
