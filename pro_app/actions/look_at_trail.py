"""Reading the audit trail: what somebody may see of it, one page, and taking it out as a table."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pro_app.records import audit, audit_search
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.audit_search import Found, Search
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import chain_of, sees_every_site
from pro_app.records.store import Transaction

PAGE = 50
MOST_EXPORTED = 50_000
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows newest first; `before` leads to the next page, None at the end."""

    rows: tuple[Found, ...]
    before: int | None


def visible(account: Staff, account_actions: Collection[str], wish: Search) -> Search:
    """`wish` within what `account` may see.

    A site's people see their site's chain; who sees every site sees all; an administrator sees the doings of
    accounts in every chain and nothing of any participant.
    """
    if account.role == "administrator":
        return replace(wish, actions=account_actions)
    if sees_every_site(account):
        return wish
    own = {chain_of(account)} - {STUDY_CHAIN}
    asked = own if wish.chains is None else own & set(wish.chains)
    return replace(wish, chains=tuple(asked))


def page(tx: Transaction, search: Search, before: int | None) -> Page:
    rows = audit_search.find(tx, search, before, PAGE + 1)
    return Page(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


def export(
    tx: Transaction, search: Search, actor: Actor, chain: str, study: str, now: datetime
) -> Iterator[Found]:
    """All that is found, at most `MOST_EXPORTED` rows; that it was taken out is on the trail first."""
    asked = {
        name: value
        for name, value in (("who", search.who), ("what", search.what), ("subject", search.subject))
        if value
    }
    audit.append(tx, chain, actor, "trail_exported", study, asked, now)
    return _all(tx, search)


def _all(tx: Transaction, search: Search) -> Iterator[Found]:
    before, left = None, MOST_EXPORTED
    while left > 0:
        rows = audit_search.find(tx, search, before, min(_AT_ONCE, left))
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        before, left = rows[-1].id, left - len(rows)
