"""The part of `doctor` that asks whether everything could be brought back, and whether something just was."""

from collections.abc import Iterator
from datetime import timedelta

from pro_app import sealed_stream
from pro_app.cli.findings import Check, Finding
from pro_app.clock import utc_now
from pro_app.records import milestones
from pro_app.wiring import Service

OLDEST = timedelta(hours=36)
# After so long no reminder of then is still due.
GAP_MATTERS = timedelta(days=60)


def _backups(service: Service) -> Iterator[Finding]:
    settings, now = service.settings, utc_now()
    with service.store.reading() as tx:
        last = milestones.latest(tx, milestones.BACKUP)
    if settings.backup_key:
        yield Finding(True, "backup key", f"closed for {sealed_stream.fingerprint(settings.backup_key)}")
    elif not settings.demo:
        yield Finding(
            False, "backup key", "PRO_APP_BACKUP_KEY is missing: `pro-app keys backup-pair` makes one"
        )
    made = f"the newest is of {last.at:%Y-%m-%d %H:%M} UTC" if last else "none was made yet"
    good = settings.demo or (last is not None and now - last.at < OLDEST)
    yield Finding(good, "backup", made if good else f"{made}: run `pro-app backup FILE` every night")


def _restored(service: Service) -> Iterator[Finding]:
    """A restore is over when a person has looked at what may be missing, and has let held messages go."""
    with service.store.reading() as tx:
        gap = milestones.gap(tx)
    if gap is None or milestones.EVERYBODY in gap.released:
        return
    told = f"on {gap.restored_at:%Y-%m-%d %H:%M} UTC from a backup of {gap.made_at:%Y-%m-%d %H:%M} UTC"
    advice = f"{told}: look at `pro-app restore --gap`, then say `pro-app restore --release all`"
    yield Finding(utc_now() - gap.restored_at > GAP_MATTERS, "restored", advice)


CHECKS: tuple[Check, ...] = (_backups, _restored)
