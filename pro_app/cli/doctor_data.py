"""What `pro-app doctor` says of the data's life: what is locked, and whose contact details are due to go."""

from collections.abc import Iterator
from datetime import timedelta

from pro_app.actions import forget_contact
from pro_app.cli.findings import Check, Finding
from pro_app.clock import utc_now
from pro_app.records import data_locks
from pro_app.wiring import Service

PATIENCE = timedelta(days=2)


def _locks(service: Service) -> Iterator[Finding]:
    with service.store.reading() as tx:
        found = data_locks.in_force(tx)
    for one in found:
        what = "the whole study" if one.scope == data_locks.STUDY else f"site {one.scope}"
        since = f"since {one.locked_at:%Y-%m-%d %H:%M} UTC by {one.locked_by}"
        yield Finding(True, "data lock", f"{what} is locked {since}: nothing about its data changes")
    if not found:
        yield Finding(True, "data lock", "nothing is locked")


def _contact_details(service: Service) -> Iterator[Finding]:
    """The clock deletes once a day: who is overdue by more shows that it doesn't."""
    now = utc_now()
    with service.store.reading() as tx:
        late = list(forget_contact.due(tx, service.study, now - PATIENCE))
    days = service.study.privacy.contact_kept_days
    if late:
        advice = f"{len(late)} participants should have been forgotten: run `pro-app tidy`, look at the clock"
        yield Finding(False, "contact details", advice)
    else:
        yield Finding(True, "contact details", f"deleted {days} days after the last visit; nobody is overdue")


CHECKS: tuple[Check, ...] = (_locks, _contact_details)
