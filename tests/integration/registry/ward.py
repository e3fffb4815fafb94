"""A small ward: participants, their responses and outbox rows, written as the program writes them."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from pro_app.actions.sync import Result, sync
from pro_app.ports import Registry
from pro_app.records import outbox, participants, responses
from pro_app.records.outbox import Kind
from pro_app.records.participants import Identity
from pro_app.records.responses import NewResponse, Standing
from pro_app.records.schema import outbox as outbox_rows
from pro_app.records.schema import response as response_rows
from pro_app.records.store import Store, Transaction
from tests.unit.registry.cast import STUDY, citations, filled, instrument, sheet_of

REGISTRY = "central"


@dataclass(frozen=True)
class Ward:
    """What a test does to the database; `now` moves only when a test says so."""

    store: Store
    now: datetime

    def enrol(self, study_number: str, site: str = "CZ") -> int:
        with self.store.writing() as tx:
            return enrol(tx, study_number, site, self.now)

    def answer(
        self,
        person: int,
        timepoint: str = "1m",
        instrument_id: str = "bpi-sf",
        kind: Kind = "submitted",
        standing: Standing = "current",
        registries: tuple[str, ...] = (REGISTRY,),
        **answers: object,
    ) -> str:
        """Store a response with its scores and outbox rows; returns its uuid."""
        with self.store.writing() as tx:
            return answer(
                tx, person, timepoint, instrument_id, kind, standing, registries, self.now, **answers
            )

    def sync(self, *registries: Registry, after: timedelta = timedelta(0), limit: int = 500) -> list[Result]:
        """Run once, `after` later than now, without chance in the delays."""
        return list(
            sync(
                self.store,
                registries,
                self.now + after,
                limit,
                study=STUDY,
                citations=citations(),
                chance=lambda: 0.5,
            )
        )

    def states(self) -> list[str]:
        with self.store.reading() as tx:
            return list(tx.conn.execute(select(outbox_rows.c.state).order_by(outbox_rows.c.id)).scalars())

    def row(self, number: int = 0):  # type: ignore[no-untyped-def]
        with self.store.reading() as tx:
            return tx.conn.execute(select(outbox_rows).order_by(outbox_rows.c.id)).all()[number]


def enrol(tx: Transaction, study_number: str, site: str, now: datetime) -> int:
    digest = hashlib.sha256(study_number.encode()).hexdigest()
    return participants.insert_new(
        tx,
        uuid=str(uuid.uuid5(uuid.NAMESPACE_OID, study_number)),
        study_number=study_number,
        site=site,
        arm=None,
        language="zh-Hans",
        handle=digest[:10],
        code_epoch=0,
        code_hash=digest,
        identity=Identity(name="王建国", phone="+8613800000000"),
        enrolled_on=date(2026, 10, 1),
        surgery_planned_on=None,
        now=now,
    )


def answer(
    tx: Transaction,
    person: int,
    timepoint: str,
    instrument_id: str,
    kind: Kind,
    standing: Standing,
    registries: tuple[str, ...],
    now: datetime,
    **answers: object,
) -> str:
    own = str(uuid.uuid4())
    given = filled(instrument_id, **answers)
    definition = instrument(instrument_id)
    if standing == "current":
        tx.conn.execute(
            update(response_rows)
            .where(
                response_rows.c.participant_id == person,
                response_rows.c.timepoint == timepoint,
                response_rows.c.instrument == instrument_id,
                response_rows.c.standing == "current",
            )
            .values(standing="replaced")
        )
    response_id = responses.add(
        tx,
        NewResponse(
            uuid=own,
            participant_id=person,
            timepoint=timepoint,
            instrument=instrument_id,
            version=definition.version,
            language="zh-Hans",
            pack="c" * 64,
            mode="own_phone",
            helper="alone",
            standing=standing,
            reason=None,
            revision=1 if kind == "submitted" else 2,
            started_at=now - timedelta(minutes=6),
            finished_at=now,
            received_at=now,
            opened_at=None,
            window=None,
            answers=given,
            free_text=frozenset(item.id for item in definition.items if item.kind == "text"),
            content_hash=hashlib.sha256(own.encode()).hexdigest(),
        ),
    )
    sheet = sheet_of(instrument_id, given)
    responses.add_scores(tx, response_id, sheet.algorithm, sheet.scores.values(), "a" * 64)
    outbox.enqueue(tx, registries, response_id, person, kind, now)
    return own


def study_numbers(parcels: Iterable[object]) -> list[str]:
    return [parcel.study_number for parcel in parcels]  # type: ignore[attr-defined]
