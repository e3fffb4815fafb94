"""The clock: APScheduler wakes it, one of all running clocks leads, and works through the parts of a tick.

It knows time and order, no rules. Each part may fail without stopping the others: that is one line in the
log, and the next tick tries again.
"""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pro_app.actions import (
    escalate,
    forget_contact,
    learn,
    reconcile,
    remind,
    send,
    sync,
    urgent_notice,
    witness,
    write_to_staff,
)
from pro_app.actions import lead as leading
from pro_app.errors import ProAppError
from pro_app.exports.sweeping import sweep
from pro_app.exports.workplace import clear
from pro_app.letters.carriers import Carriers
from pro_app.one_heap import give_back
from pro_app.wiring import Service

log = logging.getLogger(__name__)

SHORTEST_LEASE = timedelta(seconds=15)
# A backlog of days goes out in minutes, and reminders still have their turn.
DELIVERIES_A_TICK = 5000
TIME_FOR_A_REGISTRY = timedelta(seconds=20)
# Fifty a second at most: ten thousand in five minutes, and whoever answers meanwhile hardly notices.
DELIVERIES_APART = timedelta(milliseconds=20)


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did. `failed` names the parts that failed, `worked` those that ended well."""

    led: bool = True
    reminded: remind.Tally = field(default_factory=remind.Tally)
    sent: send.Result = field(default_factory=send.Result)
    learnt: learn.Learnt = field(default_factory=learn.Learnt)
    returned: learn.Learnt = field(default_factory=learn.Learnt)
    synced: tuple[sync.Result, ...] = ()
    compared: tuple[reconcile.Comparison, ...] = ()
    failed: tuple[str, ...] = ()
    worked: tuple[str, ...] = ()


def utc_now() -> datetime:
    """This instant: the only place outside the web where the program looks at a clock."""
    return datetime.now(UTC)


def remind_and_send(service: Service, now: datetime, carriers: Carriers | None = None) -> Tick:
    """Decide and send as of `now`, without the registry: also how a demonstration's past is replayed."""
    parts: dict[str, object] = {}
    failed = _work_through(_messages(service, now, carriers or Carriers(service.messengers), parts))
    return _tick(parts, failed)


def tick_once(service: Service, now: datetime, carriers: Carriers | None = None) -> Tick:
    """Everything that is to be done as of `now`, whoever leads: remind, send, deliver to registries."""
    parts: dict[str, object] = {}
    carriers = carriers or Carriers(service.messengers)
    work = dict(_messages(service, now, carriers, parts))
    desk = write_to_staff.Desk(service.study.id, carriers, service.settings.base_url)
    work["alerts"] = lambda: _tell_of_alerts(service, now)
    work["staff mail"] = lambda: _log_staff_mail(write_to_staff.write_to_staff(service.store, desk, now))
    work["sync"] = lambda: parts.update(synced=_sync(service, now))
    work["reconcile"] = lambda: parts.update(compared=_compare(service, now))
    work["witness"] = lambda: _witness(service, now)
    work["contact details"] = lambda: _forget_contact(service, now)
    work["exports"] = lambda: sweep(service.store, now)
    work["urgent notices"] = lambda: _watch_misuse(service, carriers, now)
    failed = _work_through(work)
    return replace(_tick(parts, failed), worked=tuple(name for name in work if name not in failed))


class Clock:
    """Ticks every `clock_interval_s` seconds, as long as no other clock leads."""

    def __init__(self, service: Service) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor  # late: decision 0095
        from apscheduler.schedulers.background import BackgroundScheduler

        self._service = service
        self._carriers = Carriers(service.messengers)
        self.holder = f"{socket.gethostname()[:30]}/{os.getpid()}/{secrets.token_hex(4)}"
        interval = service.settings.clock_interval_s
        # Longer than two ticks, so that a leader at work keeps the lead between them.
        self._hold_for = max(timedelta(seconds=2 * interval + 5), SHORTEST_LEASE)
        # A tick that is late or was missed is still one tick: none is dropped, none is done twice.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_job(self.tick, "interval", seconds=interval, id="tick", next_run_time=utc_now())

    def start(self) -> None:
        """Begin ticking in the background, the first tick at once."""
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the running tick, then let another clock lead at once."""
        self._scheduler.shutdown(wait=True)
        try:
            with self._service.store.writing() as tx:
                leading.step_down(tx, self.holder, utc_now())
        except Exception as fault:
            log.error("clock: the lead could not be given up: %s", _words(fault))

    def tick(self) -> Tick:
        """One tick now, if this clock leads."""
        now = utc_now()
        clear(self._service.settings.data_dir)  # of this machine, whoever leads
        try:
            with self._service.store.writing() as tx:
                led = leading.lead(tx, self.holder, now, self._hold_for)
        except Exception as fault:
            log.error("clock: no lead: %s", _words(fault))
            return Tick(led=False, failed=("lead",))
        if not led:
            return Tick(led=False)
        done = tick_once(self._service, now, self._carriers)
        self._note(done)
        give_back()  # a delivery or a comparison takes ten MiB for a moment
        return done

    def _note(self, done: Tick) -> None:
        """Let other processes see what still works: a part that fails for hours must not go unseen."""
        try:
            with self._service.store.writing() as tx:
                leading.note_parts(tx, done.worked, self.holder, utc_now())
        except Exception as fault:
            log.error("clock: what was done could not be noted: %s", _words(fault))


Parts = Mapping[str, Callable[[], None]]


def _messages(
    service: Service, now: datetime, carriers: Carriers, parts: dict[str, object]
) -> dict[str, Callable[[], None]]:
    post = send.Post(service.study, carriers, service.links, service.settings.base_url, service.unworded)
    return {
        "remind": lambda: parts.update(reminded=_remind(service, now)),
        "send": lambda: parts.update(sent=send.send(service.store, post, now)),
        "learn": lambda: parts.update(learnt=learn.ask(service.store, carriers, now)),
        "returned": lambda: parts.update(returned=_returned_mail(service, now)),
    }


def _returned_mail(service: Service, now: datetime) -> learn.Learnt:
    """What mail servers have sent back, looked at now and then."""
    mailbox = service.returned_mail
    if mailbox is None or not mailbox.wanted(now):
        return learn.Learnt()
    return learn.collect(service.store, mailbox, now)


def _remind(service: Service, now: datetime) -> remind.Tally:
    """Page by page, each in its own short transaction; a page with nothing new writes nothing."""
    tally: remind.Tally = remind.Tally()
    place: remind.Place | None = remind.START
    while place is not None:
        with service.store.reading() as tx:
            found = remind.survey(tx, service.study, now, place, service.unworded)
        if found.to_write:
            with service.store.writing() as tx:
                remind.record(tx, found, now)
        tally, place = tally.plus(found), found.next
    return tally


def _sync(service: Service, now: datetime) -> tuple[sync.Result, ...]:
    return sync.sync(
        service.store,
        service.registries,
        now,
        DELIVERIES_A_TICK,
        study=service.study.id,
        citations=_citations(service),
        within=TIME_FOR_A_REGISTRY,
        apart=DELIVERIES_APART,
    )


def _tell_of_alerts(service: Service, now: datetime) -> None:
    """Letters to the site's staff, and to coordinators where nothing was done; the next part sends them."""
    with service.store.reading() as tx:
        due = escalate.survey(tx, service.study, now)
    if due.any:
        with service.store.writing() as tx:
            told = escalate.record(tx, due, now)
        log.info("clock: alerts: %s new, %s to coordinators, %s to the study", *told.steps)


def _compare(service: Service, now: datetime) -> tuple[reconcile.Comparison, ...]:
    """Once a day, whether the registry holds what it said it holds."""
    return reconcile.daily(
        service.store, service.registries, now, study=service.study.id, citations=_citations(service)
    )


def _witness(service: Service, now: datetime) -> None:
    """Once a day the heads of the audit trail go to somebody outside."""
    witness.witness(service.store, service.registries, service.study.id, now)


def _watch_misuse(service: Service, carriers: Carriers, now: datetime) -> None:
    settings = service.settings
    desk = urgent_notice.Desk(service.study.id, carriers, settings.base_url, settings.security_mail)
    done = urgent_notice.watch(service.store, desk, now)
    if done.raised or done.letters:
        log.warning("clock: urgent notices: %s; letters: %s", _list(done.raised), _list(done.letters))


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "none"


def _forget_contact(service: Service, now: datetime) -> None:
    """Once a day name and contact of those who have long been through with the study."""
    forget_contact.daily(service.store, service.study, now)


def _citations(service: Service) -> dict[str, str]:
    return {name: instrument.scoring.citation for name, instrument in service.catalogue.instruments.items()}


def _work_through(work: Parts) -> tuple[str, ...]:
    """Do each part; returns the names of those that failed."""
    failed = []
    for name, part in work.items():
        try:
            part()
        except Exception as fault:
            log.error("clock: %s failed: %s", name, _words(fault))
            log.debug("clock: %s failed", name, exc_info=True)
            failed.append(name)
    return tuple(failed)


def _tick(parts: dict[str, object], failed: tuple[str, ...]) -> Tick:
    tick = Tick(failed=failed, **parts)  # type: ignore[arg-type]
    if tick.reminded.to_send or any((tick.sent.sent, tick.sent.failed, tick.sent.unknown, tick.sent.later)):
        log.info(
            "clock: %s decided, %s sent, %s withheld, %s later, %s failed, %s unknown",
            tick.reminded.to_send,
            tick.sent.sent,
            tick.sent.withheld,
            tick.sent.later,
            tick.sent.failed,
            tick.sent.unknown,
        )
    return tick


def _log_staff_mail(done: write_to_staff.Result) -> None:
    if done != write_to_staff.Result():
        log.info(
            "clock: letters to staff: %s sent, %s later, %s failed, %s unknown",
            done.sent,
            done.later,
            done.failed,
            done.unknown,
        )


def _words(fault: Exception) -> str:
    """One line without values: a database's message may quote a row."""
    return str(fault).splitlines()[0] if isinstance(fault, ProAppError) else type(fault).__name__
