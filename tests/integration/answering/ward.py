"""Mrs Wang two weeks after surgery, and the way her answers take."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from pro_app.actions import answer
from pro_app.actions.answer import Receipt, Submission
from pro_app.instruments.catalogue import Catalogue
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Store
from pro_app.schedule.elements import Study


@dataclass
class Ward:
    """Mrs Wang two weeks after surgery, and the way her answers take."""

    store: Store
    study: Study
    catalogue: Catalogue
    wang: Participant
    now: datetime

    def send(self, sent: Submission, timepoint: str = "2w", now: datetime | None = None) -> Receipt:
        with self.store.writing() as tx:
            person = participants.by_id(tx, self.wang.id)
            who = Actor("patient", person.study_number)
            return answer.submit(
                tx, self.study, self.catalogue, person, timepoint, sent, who, now or self.now
            )

    def draft(self, answers: dict[str, object], instrument: str = "qlq-c30") -> bool:
        with self.store.writing() as tx:
            return answer.keep_draft(
                tx,
                self.study,
                self.catalogue,
                participants.by_id(tx, self.wang.id),
                "2w",
                instrument=instrument,
                response="0b7c5a52-6d1f-4b53-9f10-0d7a3a1f2b11",
                language="zh-Hans",
                pack=self.catalogue.pack(instrument, "zh-Hans").hash,
                position="q2",
                answers=answers,
                now=self.now,
            )

    def count(self, table: object) -> int:
        with self.store.reading() as tx:
            return int(tx.conn.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]
