"""A ward with something of everything: in time, late, missing, corrected, moved, withdrawn, sent twice.

Wang (CZ-001) was operated two weeks before noon of 1 December 2026 in Beijing, Mary (P3-001) in spring.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pro_app.actions import answer, change_status, correct, enrol
from pro_app.actions import export as exporting
from pro_app.actions.enrol import Enrolment
from pro_app.actions.export import Exported, Wish
from pro_app.exports.edition import Words
from pro_app.exports.labels import STATES
from pro_app.gateways.fhir_bundle import resources
from pro_app.instruments.catalogue import Catalogue
from pro_app.links import Links
from pro_app.records import export_rows, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from tests.people import LI, all_answers, sheet

CHEN = Actor("staff", "chen", "10.0.0.9")
SECRET = "My neighbour Zhang Wei drives me to the hospital"
ENGLISH = Words("en", {}, {})
CHINESE = Words("zh-Hans", {STATES["in_window"]: "时间窗内收到"}, {"QL2": "总体健康"})


@dataclass(frozen=True)
class Ward:
    """A database with its study, and what one does with it."""

    store: Store
    study: Study
    catalogue: Catalogue
    links: Links
    now: datetime

    def enrol(self, number: str, site: str, operated: date, arm: str) -> Participant:
        command = Enrolment(
            study_number=number,
            site=site,
            language="zh-Hans",
            name="王秀英",
            phone="13800000001",
            email="wang@example.org",
            arm=arm,
            surgery_planned_on=operated,
            enrolled_on=operated - timedelta(days=9),
        )
        with self.store.writing() as tx:
            day = operated - timedelta(days=9)
            then = datetime(day.year, day.month, day.day, 4, tzinfo=self.now.tzinfo)
            person = enrol.enrol(tx, self.study, self.links, command, LI, then)
            participants.set_surgery(tx, person, "done", operated, operated)
            return participants.by_id(tx, person.id)

    def answered(
        self,
        person: Participant,
        timepoint: str,
        instrument: str,
        at: datetime,
        missing: Mapping[str, str] | None = None,
        **chosen: object,
    ) -> str:
        """A response that came `at`; returns its id."""
        wire = all_answers(self.catalogue.instrument(instrument), **chosen)
        wire |= {item: {"missing": why} for item, why in (missing or {}).items()}
        sent = sheet(self.catalogue, instrument, at, answers=wire)
        with self.store.writing() as tx:
            person = participants.by_id(tx, person.id)
            answer.submit(tx, self.study, self.catalogue, person, timepoint, sent, LI, at)
        return sent.response

    def corrected(self, person: Participant, uuid: str, **changes: object) -> str:
        """Answers put right by Chen; returns the new response's id."""
        with self.store.writing() as tx:
            found = correct.look(tx, self.catalogue, person, uuid)
            wish = {**found.answers, **{item: {"value": value} for item, value in changes.items()}}
            return correct.correct(
                tx,
                self.study,
                self.catalogue,
                person,
                uuid,
                found.stored.revision,
                wish,
                "typing_error",
                CHEN,
                self.now,
            )

    def export(
        self,
        target: Path,
        *formats: str,
        arms: bool = False,
        words: Words = ENGLISH,
        **chosen: tuple[str, ...],
    ) -> Exported:
        sites = chosen.get("sites") or tuple(site.code for site in self.study.sites)
        wish = Wish(formats, sites, chosen.get("timepoints", ()), arms)
        with self.store.reading() as tx:
            export_rows.freeze(tx)
            edition = exporting.edition_of(tx, self.study, self.catalogue, words, wish, "test", self.now)
            return exporting.export(tx, edition, wish, target, resources=resources)


def filled(ward: Ward) -> Ward:
    """Twenty-four expected forms in every state, with history."""
    now, body = ward.now, {"regions": ["back-lumbar-spine", "front-knee-left"], "worst": "back-lumbar-spine"}
    wang = ward.enrol("CZ-001", "CZ", date(2026, 11, 17), "en-bloc")
    mary = ward.enrol("P3-001", "P3", date(2026, 4, 14), "separation")
    before, early = now - timedelta(days=16), datetime(2026, 4, 12, 4, 0, 0, 250_000, tzinfo=now.tzinfo)
    ward.answered(wang, "baseline", "bpi-sf", before, bpi2=body, bpi7=SECRET, bpi3=7, bpi4=2, bpi8=40)
    ward.answered(
        wang,
        "baseline",
        "qlq-c30",
        before,
        {**{f"q{n}": "not_reached" for n in range(21, 31)}, "q3": "skipped"},
        q1=3,
        q5=4,
    )
    wrong = ward.answered(wang, "2w", "qlq-c30", now - timedelta(hours=3), q1=2, q30=6, q29=5)
    ward.corrected(wang, wrong, q1=4)
    ward.answered(wang, "2w", "qlq-c30", now - timedelta(hours=1), q1=1)  # a second device: kept beside
    ward.answered(
        mary, "baseline", "bpi-sf", early, {"bpi3": "skipped", "bpi2": "skipped", "bpi7": "skipped"}
    )
    ward.answered(mary, "1m", "qlq-c30", datetime(2026, 7, 1, 4, tzinfo=now.tzinfo), q9=3)  # weeks late
    gone = ward.answered(mary, "1m", "bpi-sf", datetime(2026, 5, 13, 4, tzinfo=now.tzinfo))
    with ward.store.writing() as tx:
        mary = participants.by_id(tx, mary.id)
        correct.withdraw(tx, ward.study, mary, gone, 1, "not_by_participant", CHEN, now)
        left = now - timedelta(days=30)
        change_status.change_status(
            tx, ward.study, mary, mary.row_version, "withdrawn", "consent_withdrawn", CHEN, left
        )
    return ward
