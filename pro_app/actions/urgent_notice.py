"""Misuse that somebody must know of at once: raised from the audit trail, told by mail and on a page.

In order, within the clock's tick; like `write_to_staff` it commits by itself:
1. Once a day the chains of the trail are walked; what is not as it was written becomes a row of its own.
2. Where the trail has enough of a kind, a notice is raised: a row. A lease holds the next of that kind off
   for an hour, whichever clocks run.
3. A letter that waits is claimed (a lease, committed), the mail server is called outside any transaction, and
   what it said is a row. "Later" waits some minutes; "unknown" is never sent again blindly. A process that
   dies in between leaves it waiting: an urgent letter rather comes twice, under one Message-ID, than never.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app.letters import to_security
from pro_app.letters.carriers import Carriers
from pro_app.letters.handing import Handing
from pro_app.ports import Message, Outcome
from pro_app.records import audit, leases, security_signals
from pro_app.records.audit import CLOCK, STUDY_CHAIN
from pro_app.records.security_signals import RAISED, SENT, Noticed
from pro_app.records.store import Store, Transaction

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLAIM_FOR = timedelta(minutes=2)
GIVEN_UP_AFTER = DAY
TRAIL_BROKEN = "trail_broken"
# A break that is known is told again when it grew, or after this.
TOLD_AGAIN = timedelta(days=7)
UNKNOWN_LOGIN = "unknown login"


@dataclass(frozen=True, slots=True)
class Rule:
    """`least` rows of `actions` about one subject `within` this time raise the signal."""

    signal: str
    actions: tuple[str, ...]
    least: int
    within: timedelta
    of_strangers: bool = False

    def found(self, tx: Transaction, since: datetime) -> int:
        """The most that one subject has; of a changed trail the places that were found."""
        if self.actions == (TRAIL_BROKEN,):
            return security_signals.newest_count(tx, TRAIL_BROKEN, since) or 0
        by_subject = security_signals.counts(tx, self.actions, since)
        mine = (n for who, n in by_subject.items() if (who == UNKNOWN_LOGIN) is self.of_strangers)
        return max(mine, default=0)


RULES = (
    Rule("sign_ins", ("sign_in_failed", "own_password_wrong", "own_code_wrong"), 10, HOUR),
    Rule("strangers", ("sign_in_failed",), 50, HOUR, of_strangers=True),
    Rule("pins", ("staff_pin_wrong",), 5, HOUR),
    Rule("refusals", ("access_refused_often",), 1, DAY),
    Rule("tablet", ("tablet_key_unknown",), 1, DAY),
    Rule("trail", (TRAIL_BROKEN,), 1, DAY),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """to: the security address of the settings; None: notices stand on the page alone."""

    study: str
    carriers: Carriers
    base_url: str
    to: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """The kinds that were raised in this tick, and what became of letters."""

    raised: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()


def watch(store: Store, desk: Desk, now: datetime, *, chance: Callable[[], float] = random.random) -> Done:
    """Raise what is to be raised and send what waits; safe to run several times at once."""
    _look_at_trail(store, desk, now)
    with store.reading() as tx:
        due = _due(tx, now)
    raised = tuple(rule.signal for rule in due if _raise(store, desk, rule, now))
    with store.reading() as tx:
        waiting = [one for one in security_signals.notices(tx, now - 2 * GIVEN_UP_AFTER) if one.waits]
    run = Handing(store=store, carriers=desk.carriers, started=now, chance=chance)
    return Done(raised, tuple(_deliver(run, desk, one) for one in reversed(waiting)))


def _due(tx: Transaction, now: datetime) -> list[Rule]:
    """Rules with enough rows since their last notice, which is an hour old at least."""
    last: dict[str, datetime] = {}
    for one in security_signals.notices(tx, now - DAY):
        last.setdefault(one.signal, one.at)
    return [
        rule
        for rule in RULES
        if now - last.get(rule.signal, now - DAY) >= HOUR
        and rule.found(tx, _since(rule, last.get(rule.signal), now)) >= rule.least
    ]


def _since(rule: Rule, last: datetime | None, now: datetime) -> datetime:
    return max(last or now - rule.within, now - rule.within)


def _raise(store: Store, desk: Desk, rule: Rule, now: datetime) -> bool:
    with store.writing() as tx:
        if rule not in _due(tx, now) or not leases.take(tx, f"notice {rule.signal}", _me(), now, HOUR):
            return False
        last = next((o.at for o in security_signals.notices(tx, now - DAY) if o.signal == rule.signal), None)
        detail = {
            "uuid": str(uuid.uuid4()),
            "signal": rule.signal,
            "count": rule.found(tx, _since(rule, last, now)),
            "by": "mail" if desk.to else "page",
        }
        audit.append(tx, STUDY_CHAIN, CLOCK, RAISED, desk.study, detail, now)
    return True


def _deliver(run: Handing, desk: Desk, one: Noticed) -> str:
    """One letter: claimed, called, told; in words what became of it."""
    me, claim = _me(), f"letter {one.signal}"
    with run.store.writing() as tx:
        mine = leases.take(tx, claim, me, run.moment(), CLAIM_FOR)
        fresh = security_signals.notices(tx, one.at - HOUR) if mine else ()
        if not any(each.uuid == one.uuid and each.waits for each in fresh):
            return "taken"
        if run.moment() - one.at > GIVEN_UP_AFTER:
            _tell(tx, desk, one, "given_up", run.moment())
            return "given_up"
    said = _call(run, desk, one)
    with run.store.writing() as tx:
        if said.status == "later":
            leases.take(tx, claim, me, run.moment(), run.wait(2))
        else:
            _tell(tx, desk, one, said.status, run.moment())
            leases.let_go(tx, claim, me, run.moment())
    return said.status


def _call(run: Handing, desk: Desk, one: Noticed) -> Outcome:
    if not desk.carriers.serves("email") or desk.to is None:
        return Outcome("refused", "")
    words = to_security.write(one.signal, one.count, desk.study, desk.base_url)
    letter = Message(one.uuid, "email", desk.to, "zh-Hans", words.text, words.subject)
    last = Outcome("later", "")
    for messenger in desk.carriers.order("email", run.moment()):
        last = run.call(messenger, one.uuid, lambda: letter)
        if last.status != "later":
            break
    return last


def _tell(tx: Transaction, desk: Desk, one: Noticed, state: str, now: datetime) -> None:
    detail = {"uuid": one.uuid, "signal": one.signal, "letter": state}
    audit.append(tx, STUDY_CHAIN, CLOCK, SENT, desk.study, detail, now)


def _look_at_trail(store: Store, desk: Desk, now: datetime) -> None:
    """Walk all chains once a day; one clock does it, an hour's lease for the walk and a day's after it."""
    name, me = "walk of the trail", _me()
    with store.reading() as tx:
        before = leases.of(tx, name)
    if before and before.until > now:
        return
    with store.writing() as tx:
        if not leases.take(tx, name, me, now, HOUR):
            return
    with store.reading() as tx:
        faults = len(audit.verify(tx))
        known = security_signals.newest_count(tx, TRAIL_BROKEN, now - TOLD_AGAIN)
    with store.writing() as tx:
        if faults and faults != known:
            audit.append(tx, STUDY_CHAIN, CLOCK, TRAIL_BROKEN, desk.study, {"count": faults}, now)
        leases.take(tx, name, me, now, DAY)


def _me() -> str:
    """A holder of its own for each call: what one tick has claimed, another one of this process respects."""
    return uuid.uuid4().hex
