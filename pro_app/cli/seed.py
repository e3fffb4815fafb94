"""`pro-app seed`: invented participants whose past is replayed day by day.

Nothing is written that the program could not have written itself: people are enrolled, operated, asked,
reminded and answer through the same actions as in life, each with the instant at which it happened.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

import click
from tqdm import tqdm

from pro_app import clock, journey
from pro_app.actions import accounts, answer, change_status, change_surgery, consent, enrol, pin
from pro_app.actions import alerts as alerting
from pro_app.actions.answer import Submission
from pro_app.actions.change_surgery import SurgeryChange
from pro_app.actions.enrol import Enrolment
from pro_app.cli.cast import Person, people
from pro_app.cli.invented_answers import invent
from pro_app.cli.opening import open_migrated
from pro_app.errors import ProAppError
from pro_app.records import alerts, participants
from pro_app.records.alerts import grouped
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant, Status
from pro_app.records.staff import Role, Staff
from pro_app.records.staff_rules import AccountRefused
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Site
from pro_app.schedule.window import today
from pro_app.wiring import Service, inbox_messengers

SEEDER = Actor("system", "seed")
REMINDED_DAYS = 21
# Login, name, role, and the number of the site in the study file (None: the whole study).
STAFF: tuple[tuple[str, str, Role, int | None], ...] = (
    ("nurse.li", "李护士", "nurse", 0),
    ("coordinator.chen", "陈协调员", "study_coordinator", None),
    ("coordinator.wu", "吴协调员", "site_coordinator", 0),
    ("surgeon.zhao", "赵医生", "investigator", 0),
    ("nurse.sun", "孙护士", "nurse", 1),
    ("monitor.fang", "方监查员", "monitor", None),
    ("admin.he", "何管理员", "administrator", None),
)


class SeedInProduction(ProAppError):
    """Invented people must never stand beside real ones."""

    code = "seed_in_production"


class AlreadySeeded(ProAppError):
    """There are participants in this database already."""

    code = "already_seeded"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at an instant in the past."""

    at: datetime
    happen: Callable[[Transaction], object]


def seed_database(
    service: Service, count: int, now: datetime, *, quiet: bool = False
) -> list[dict[str, str]]:
    """Write staff and `count` participants with their past; returns the staff's sign-ins.

    Raises `SeedInProduction`, `AlreadySeeded`.
    """
    if not service.settings.demo:
        raise SeedInProduction()
    with service.store.reading() as tx:
        if participants.count(tx):
            raise AlreadySeeded()
    logging.getLogger(clock.__name__).setLevel(logging.WARNING)  # hundreds of lines about the past
    # The past's messages go into the inbox whatever is set up: nobody is written to about last week.
    past = replace(service, messengers=inbox_messengers(service.settings))
    signed = _staff(service, now)
    events = sorted(_events(service, count, now), key=lambda event: event.at)
    moments = [*sorted(_ticks(service, now)), now]
    progress = tqdm(total=len(events), desc="Replaying the past", unit="event", disable=quiet)
    done = 0
    for moment in moments:
        with service.store.writing() as tx:
            while done < len(events) and events[done].at <= moment:
                events[done].happen(tx)
                done += 1
        progress.update(done - progress.n)
        if moment < now:
            # What the clock would have done then, but for the registry, which is told when it runs.
            clock.remind_and_send(past, moment)
    progress.close()
    _acknowledge(service, now - timedelta(days=2))
    logging.getLogger(clock.__name__).setLevel(logging.NOTSET)
    return signed


def _acknowledge(service: Service, until: datetime) -> None:
    """Alerts older than `until` were looked at some hours after they were raised; the lead site's last two
    still wait, so that there is something to see."""
    nurse = Actor("staff", STAFF[0][0])
    for site in service.study.sites:
        with service.store.writing() as tx:
            waiting = grouped(alerts.waiting(tx, (site.code,), 100_000))
            settled = waiting[:-2] if site is service.study.sites[0] else waiting
            for group in settled:
                first = group.first
                if first.raised_at < until:
                    done = alerting.DONE[first.response_id % len(alerting.DONE)]
                    at = first.raised_at + timedelta(hours=3)
                    alerting.acknowledge(tx, (first.site,), first.response_id, done, "", nurse, at)


def _staff(service: Service, now: datetime) -> list[dict[str, str]]:
    signed = []
    with service.store.writing() as tx:
        sites = service.study.sites
        for login, name, role, number in STAFF:
            password = secrets.token_urlsafe(9)
            site = None if number is None else sites[number % len(sites)].code
            email = f"{login}@example.org"
            one = accounts.create_staff(tx, login, name, role, site, "zh-Hans", password, now, email=email)
            signed.append({"login": login, "password": password, "role": role, "site": site or ""})
            if role == "nurse":
                signed[-1]["pin"] = _pin(tx, one, now)
    return signed


def _pin(tx: Transaction, nurse: Staff, now: datetime) -> str:
    """A nurse's PIN, so that the first hand-over of a tablet works at once."""
    while True:
        number = f"{secrets.randbelow(10_000):04}"
        try:
            pin.set_pin(tx, nurse, number, SEEDER, now)
        except AccountRefused:
            continue  # one that is guessed first
        return number


def _ticks(service: Service, now: datetime) -> Iterator[datetime]:
    site = service.study.sites[0]
    for back in range(REMINDED_DAYS + 1):
        day = today(now, site.tz) - timedelta(days=back)
        moment = _at(site, day, time(10, 5))
        if moment < now:
            yield moment


def _at(site: Site, day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, tzinfo=site.tz)


def _events(service: Service, count: int, now: datetime) -> Iterator[Event]:
    numbers: dict[str, int] = {}
    sites = service.study.sites
    for person in people(count):
        # The first dozen at the lead site, so that its nurse has something to do; the rest at all ten.
        site = sites[0] if person.number <= 12 else sites[person.number % len(sites)]
        numbers[site.code] = numbers.get(site.code, 0) + 1
        yield from _course(service, person, site, f"{site.code}-{numbers[site.code]:03d}", now)


def _course(
    service: Service, person: Person, site: Site, study_number: str, now: datetime
) -> Iterator[Event]:
    story, day = person.story, today(now, site.tz)
    surgery = None if story.since_surgery is None else day - timedelta(days=story.since_surgery)
    enrolled_on = min(day - timedelta(days=1), (surgery or day) - timedelta(days=9))
    enrolled_at = _at(site, enrolled_on, time(8, 40))
    command = Enrolment(
        study_number=study_number,
        site=site.code,
        language=person.language,
        arm=service.study.arms[person.number % len(service.study.arms)].id,
        name=person.name,
        phone=person.phone,
        email=person.email,
        birth_year=person.birth_year,
        surgery_planned_on=surgery,
        enrolled_on=enrolled_on,
    )
    yield Event(
        enrolled_at,
        lambda tx: enrol.enrol(tx, service.study, service.links, command, SEEDER, enrolled_at),
    )
    if surgery and surgery < day:
        done = SurgeryChange("done", surgery)
        yield _operated(service, study_number, done, _at(site, surgery, time(16, 30)))
    ends = _at(site, day - timedelta(days=2), time(9, 0)) if story.turn else now
    if story.turn == "cancelled":
        yield _operated(service, study_number, SurgeryChange("cancelled"), ends)
    elif story.turn in change_status.REASONS:
        yield _turned(service, study_number, story.turn, ends)
    if surgery:
        yield from _answers(service, person, site, study_number, surgery, min(now, ends))


def _operated(service: Service, study_number: str, change: SurgeryChange, at: datetime) -> Event:
    def happen(tx: Transaction) -> None:
        found = participants.by_study_number(tx, study_number)
        change_surgery.change_surgery(tx, service.study, found, found.row_version, change, SEEDER, at)

    return Event(at, happen)


def _turned(service: Service, study_number: str, status: Status, at: datetime) -> Event:
    reason = change_status.REASONS[status][0]

    def happen(tx: Transaction) -> None:
        found = participants.by_study_number(tx, study_number)
        change_status.change_status(tx, service.study, found, found.row_version, status, reason, SEEDER, at)

    return Event(at, happen)


def _answers(
    service: Service, person: Person, site: Site, study_number: str, surgery: date, until: datetime
) -> Iterator[Event]:
    """Each visit whose time has come is answered as the story says; `until` nothing later is."""
    story = person.story
    for index, timepoint in enumerate(site.timepoints):
        due = timepoint.offset.from_(surgery)
        closes = due + timedelta(days=timepoint.after)
        late = story.behaviour == "late" and index == 2
        at = _at(site, closes + timedelta(days=1) if late else due, time(9 + person.number % 10, 12))
        still_open = _at(site, closes, time(23, 59)) >= until
        asked = timepoint.instruments
        if at >= until or story.behaviour == "never":
            continue
        if story.behaviour == "misses_second" and index == 1:
            continue
        if still_open and story.behaviour in ("silent_now", "half_now"):
            asked = asked[: 1 if story.behaviour == "half_now" else 0]
        burden = story.pain / 10 * (1 - (story.relief * min(1, index / 2) if index else 0))
        if asked:
            yield _agreed(service, study_number, at)
        for order, instrument in enumerate(asked):
            yield _answered(service, person, study_number, timepoint.id, instrument, burden, at, order)


def _agreed(service: Service, study_number: str, at: datetime) -> Event:
    """A yes to the privacy notice, before the first answer; whoever has said it already isn't asked again."""

    def happen(tx: Transaction) -> None:
        found = participants.by_study_number(tx, study_number)
        consent.decide(tx, service.study, found, True, Actor("patient", study_number), at)

    return Event(at, happen)


def _answered(
    service: Service,
    person: Person,
    study_number: str,
    timepoint: str,
    instrument: str,
    burden: float,
    at: datetime,
    order: int,
) -> Event:
    finished = at + timedelta(minutes=6 * (order + 1))
    definition = service.catalogue.instrument(instrument)
    seed = f"{service.study.id}/{study_number}/{timepoint}"
    sent = Submission(
        response=str(uuid5(NAMESPACE_URL, f"{seed}/{instrument}")),
        instrument=instrument,
        version=definition.version,
        language=person.language,
        pack=service.catalogue.pack(instrument, person.language).hash,
        mode="own_phone" if person.number % 4 else "clinic_tablet",
        helper="read" if person.number % 5 == 0 else "alone",
        started_at=finished - timedelta(minutes=5),
        finished_at=finished,
        answers=invent(definition, seed, burden),
    )

    def happen(tx: Transaction) -> None:
        found = participants.by_study_number(tx, study_number)
        who = Actor("patient", study_number)
        answer.submit(tx, service.study, service.catalogue, found, timepoint, sent, who, finished)

    return Event(finished, happen)


def way_in(service: Service, tx: Transaction, person: Participant, now: datetime) -> dict[str, str]:
    """A participant's link to the visit that is open (else the next one, else the last) and their code."""
    course = journey.of(tx, service.study, person, now)
    site_day = today(now, course.site.tz)
    stop = course.open_now or course.next_after(site_day) or course.stops[-1]
    token = service.links.token(person.handle, stop.timepoint.id, person.link_epoch)
    return {
        "study_number": person.study_number,
        "language": person.language,
        "link": f"{service.settings.base_url}/v/{token}",
        "code": service.links.code(person.handle, person.code_epoch),
    }


def ways_in(service: Service, now: datetime) -> list[dict[str, str]]:
    """Everybody's way in, by study number."""
    sites = [site.code for site in service.study.sites]
    with service.store.reading() as tx:
        everybody = participants.page(tx, sites, limit=1_000_000)
        return [way_in(service, tx, person, now) for person in everybody]


@click.command()
@click.option("--participants", "count", default=24, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--json", "as_json", is_flag=True, help="Print every link, code and sign-in as JSON.")
def seed(count: int, as_json: bool) -> None:
    """Fill an empty demonstration with invented participants at every stage of follow-up."""
    service, now = open_migrated(), clock.utc_now()
    staff = seed_database(service, count, now, quiet=as_json)
    patients = ways_in(service, now)
    if as_json:
        click.echo(json.dumps({"patients": patients, "staff": staff}, ensure_ascii=False, indent=1))
        return
    click.echo(f"{len(patients)} participants. Sign-ins:")
    for person in staff:
        number = f"  PIN {person['pin']}" if "pin" in person else ""
        click.echo(f"  {person['role']:18} {person['login']:18} {person['password']}{number}")
