"""Learning what became of messages that a provider took: it calls us, we ask it, or the mail comes back.

Whatever way a report comes, `take_in` writes it down, and the same report twice changes nothing. From there
the rules do the rest: a step whose message failed goes by the next channel at the next tick, and an address
that does not exist is used no more until it is corrected. Like `send`, `ask` and `collect` talk to others
outside any transaction and commit by themselves.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pro_app.letters import reach, returned
from pro_app.letters.carriers import Carriers, FindsByAddress
from pro_app.letters.reports import FindsByItsId, Report, Returned, ReturnedMail
from pro_app.ports import Outcome
from pro_app.records import audit, participants
from pro_app.records import delivery_reports as reports
from pro_app.records.audit import Actor
from pro_app.records.deliveries import Delivery
from pro_app.records.store import Store, Transaction

log = logging.getLogger(__name__)

ASK_AT_ONCE = 200
LOOK_AT_ONCE = 200
ADDRESS_REFUSED = "address_refused"
# What is final; everything else is only noted.
_FINAL = frozenset({"delivered", "refused", ADDRESS_REFUSED})

Became = Literal["delivered", "failed", "address_refused", "noted", "known", "unknown"]


@dataclass(frozen=True, slots=True)
class Learnt:
    """How many reports came to what. `known`: nothing new. `unknown`: about none of our messages.

    `ignored`: returned mail that is no report: answers of people who are away, advertisements, broken mail.
    """

    delivered: int = 0
    failed: int = 0
    address_refused: int = 0
    noted: int = 0
    known: int = 0
    unknown: int = 0
    ignored: int = 0

    @property
    def anything(self) -> bool:
        return any((self.delivered, self.failed, self.address_refused, self.noted, self.known, self.unknown))


def take_in(tx: Transaction, report: Report, now: datetime) -> Became:
    """Write down one report; returns what it came to."""
    row = _row_of(tx, report)
    if row is None:
        return "unknown"
    said = reach.discreet(report.outcome)
    if said.status not in _FINAL:
        if said.detail and row.state in reports.MAY_CHANGE and row.detail != said.detail:
            reports.note(tx, row, said.detail)
            return "noted"
        return "known"
    refused = said.status == ADDRESS_REFUSED
    hashed = reach.refused_hash(tx, row, report.addresses) if refused else ""
    if not reports.reported(tx, row, said, hashed, now):
        return "known"
    if refused:
        _leave_a_trace(tx, row, said, now)
    return "failed" if said.status == "refused" else said.status  # type: ignore[return-value]


def take_all(store: Store, found: Iterable[Report], now: datetime) -> Learnt:
    """All reports of one call, in one transaction: a call that is repeated after a fault repeats them all."""
    with store.writing() as tx:
        counts = Counter[str](take_in(tx, report, now) for report in found)
    return Learnt(**counts)


def ask(store: Store, carriers: Carriers, now: datetime) -> Learnt:
    """Ask providers about messages they took some hours ago and have said nothing of, a few times each."""
    with store.writing() as tx:
        rows = reports.to_ask(tx, now, ASK_AT_ONCE)
    counts: Counter[str] = Counter()
    for row in rows:
        said = _answer(store, carriers, row, now)
        # Asked about a message that it took, "not on record" proves nothing: it is never sent again for that.
        if said is not None and said.status in _FINAL:
            with store.writing() as tx:
                counts[take_in(tx, Report(said, row.reference), now)] += 1
    return Learnt(**counts)


def collect(store: Store, mailbox: ReturnedMail, now: datetime) -> Learnt:
    """Look through returned mail. Each is marked as seen once its report is committed, and not before."""
    counts: Counter[str] = Counter()
    looked_at: list[str] = []
    try:
        for one in mailbox.unread():
            counts[_of_mail(store, one, now)] += 1
            looked_at.append(one.key)
            if len(looked_at) >= LOOK_AT_ONCE:
                break
    finally:
        if looked_at:
            mailbox.done(looked_at)
    if counts["ignored"] or counts["unknown"]:
        log.info("returned mail: %s ignored, %s about unknown messages", counts["ignored"], counts["unknown"])
    return Learnt(**counts)


def take_returned(tx: Transaction, content: bytes, now: datetime) -> Became | Literal["ignored"]:
    """One returned mail, as a mail server hands it over."""
    found = returned.read(content)
    return take_in(tx, found, now) if isinstance(found, Report) else "ignored"


def _of_mail(store: Store, mail: Returned, now: datetime) -> str:
    with store.writing() as tx:
        return take_returned(tx, mail.content, now)


def _row_of(tx: Transaction, report: Report) -> Delivery | None:
    """The message a report is about; a report of another provider than the one that took it is about none."""
    provider = report.outcome.provider
    row = reports.by_reference(tx, report.reference) if report.reference else None
    if row is None and report.remote_id:
        row = reports.by_its_id(tx, provider, report.remote_id)
    return row if row is not None and row.provider == provider else None


def _leave_a_trace(tx: Transaction, row: Delivery, said: Outcome, now: datetime) -> None:
    """From now on this way to the participant is closed: staff must find that in the history."""
    person = participants.by_id(tx, row.participant_id)
    detail = {"timepoint": row.timepoint, "step": row.step, "channel": row.channel, "audience": row.audience}
    audit.append(
        tx, person.site, Actor("system", said.provider), ADDRESS_REFUSED, person.study_number, detail, now
    )


def _answer(store: Store, carriers: Carriers, row: Delivery, now: datetime) -> Outcome | None:
    """What the provider knows; None when it can't be asked, doesn't know, or stumbles."""
    messenger = carriers.named(row.provider, row.channel)
    if messenger is None:
        return None
    try:
        if isinstance(messenger, FindsByItsId) and row.remote_id:
            return messenger.find_by_its_id(row.remote_id, now)
        if isinstance(messenger, FindsByAddress):
            with store.reading() as tx:
                to = reach.present_address(tx, row)
            return messenger.find(row.reference, to, row.sent_at or row.decided_at, now)
        return messenger.look_up(row.reference)
    except Exception as fault:
        log.warning("delivery %s: %s can't be asked: %s", row.reference, row.provider, type(fault).__name__)
        return None
