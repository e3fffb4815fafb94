"""A hospital with a past: people who were enrolled and have answered, and a way to save and try it."""

import io
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from pro_app import sealed_stream
from pro_app.actions import answer, back_up, consent, restore
from pro_app.actions.restore import Restored
from pro_app.instruments.catalogue import Catalogue
from pro_app.links import Links
from pro_app.records import participants, replacing
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.schema import response
from pro_app.records.store import Store, Transaction
from pro_app.schedule.elements import Study
from tests.people import enrolled, sheet

on_both = pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
SECRET, PUBLIC = sealed_stream.new_pair()
OPERATOR = Actor("staff", "command line")
REGISTRIES = ("central",)


@dataclass
class Hospital:
    """What a test does to one installation; `now` moves only when a test says so."""

    store: Store
    study: Study
    catalogue: Catalogue
    now: datetime
    folder: Path
    acknowledged: list[str] = field(default_factory=list)

    @property
    def links(self) -> Links:
        return Links(self.store.keys)

    def enrol(self, study_number: str = "CZ-001") -> Participant:
        with self.store.writing() as tx:
            person = enrolled(tx, self.study, self.links, self.now, study_number=study_number)
            patient = Actor("patient", person.study_number)
            consent.decide(tx, self.study, person, True, patient, self.now - timedelta(days=1))
            return participants.by_id(tx, person.id)

    def submit(self, person: Participant, instrument: str = "bpi-sf", response: str | None = None) -> str:
        """A whole response for the visit after two weeks; its id counts as acknowledged after the commit."""
        sent = sheet(self.catalogue, instrument, self.now, response=response or str(uuid.uuid4()))
        with self.store.writing() as tx:
            self.take_in(tx, person, sent)
        self.acknowledged.append(sent.response)
        return sent.response

    def take_in(self, tx: Transaction, person: Participant, sent: answer.Submission) -> None:
        now = self.now
        answer.submit(tx, self.study, self.catalogue, person, "2w", sent, OPERATOR, now)

    def save(self, *, with_keys: bool = True) -> bytes:
        """A backup as of now, as bytes."""
        file = io.BytesIO()
        with self.store.snapshot() as tx:
            back_up.back_up(
                tx,
                file,
                PUBLIC,
                study=self.study.id,
                version="test",
                folder=self.folder,
                now=self.now,
                with_keys=with_keys,
            )
        return file.getvalue()


def tried(backup: bytes, folder: Path, now: datetime) -> tuple[Restored, set[str]]:
    """Restore into a folder of its own; returns what was found, and the responses that are in it."""
    folder.mkdir(parents=True, exist_ok=True)
    found = restore.open_backup(io.BytesIO(backup), SECRET)
    with replacing.scratch(folder, found.ring(None)) as tx:
        done = restore.fill(tx, found, now, own_secret=False, actor=OPERATOR)
        return done, set(tx.conn.execute(select(response.c.uuid)).scalars())
