"""How complete a site's visits are: counted over everybody there, and not again while nothing has happened.

Counting reads an index entry for every response of the site. Whatever these numbers depend on writes a row in
the site's audit chain in its own transaction, so the head of the chain says whether they still hold: they are
kept in this process under it, and are never older than what the database has.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, false, func, select

from pro_app.records.clinic_lists import ANCHOR_DAY, COUNTS, Filter, conditions
from pro_app.records.schema import audit_chain, participant, response
from pro_app.records.schema_clinic import missing_reason
from pro_app.records.store import Transaction

# (timepoint, anchor, last anchor day whose window is over, number of forms), one for each visit of the site.
Over = tuple[tuple[str, str, date, int], ...]
MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class ColumnCount:
    """One visit at one site: participants whose window is over, those of them with all forms in, those with
    a reason on record for a form."""

    over: int
    complete: int
    explained: int


_kept: dict[object, dict[str, ColumnCount]] = {}


def counts(tx: Transaction, site: str, arm: str, over: Over) -> dict[str, ColumnCount]:
    """For each visit in `over`, of the site's participants in `arm` ("": all); one query, or four."""
    head = tx.conn.execute(select(audit_chain.c.head_hash).where(audit_chain.c.chain == site)).scalar()
    key = (tx.conn.engine.url, head, site, arm, over)
    found = _kept.get(key)
    if found is None:
        found = _counted(tx, site, arm, over)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        if head is not None:  # a site of which nothing was ever written down tells nothing
            _kept[key] = found
    return found


def _counted(
    tx: Transaction,
    site: str,
    arm: str,
    over: Over,
) -> dict[str, ColumnCount]:
    mine = [participant.c.site == site, *conditions(Filter(arm=arm))]
    is_over = {name: ANCHOR_DAY[anchor] <= last for name, anchor, last, _ in over}
    totals = tx.conn.execute(
        select(*(func.sum(case((is_over[name], 1), else_=0)) for name in is_over)).where(*mine)
    ).one()
    of_visit = case(is_over, value=response.c.timepoint, else_=false())
    forms = (
        select(response.c.timepoint, func.count().label("forms"))
        .join(participant, participant.c.id == response.c.participant_id)
        .where(*mine, COUNTS, of_visit)
        .group_by(response.c.participant_id, response.c.timepoint)
        .subquery()
    )
    came: dict[tuple[str, int], int] = {
        (row.timepoint, row.forms): row.people
        for row in tx.conn.execute(
            select(forms.c.timepoint, forms.c.forms, func.count().label("people")).group_by(
                forms.c.timepoint, forms.c.forms
            )
        )
    }
    reasons: dict[str, int] = {
        row.timepoint: row.people
        for row in tx.conn.execute(
            select(
                missing_reason.c.timepoint,
                func.count(missing_reason.c.participant_id.distinct()).label("people"),
            )
            .join(participant, participant.c.id == missing_reason.c.participant_id)
            .where(*mine)
            .group_by(missing_reason.c.timepoint)
        )
    }
    return {
        name: ColumnCount(
            total or 0,
            sum(people for (visit, number), people in came.items() if visit == name and number >= needed),
            reasons.get(name, 0),
        )
        for (name, _, _, needed), total in zip(over, totals, strict=True)
    }
