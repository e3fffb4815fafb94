"""`pro-app rescore`: is every stored score what its answers give, and are there newer rules?"""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from tqdm import tqdm

from pro_app.actions import rescore as rescoring
from pro_app.actions.rescore import Verdict
from pro_app.cli.opening import open_migrated
from pro_app.messages import sentence
from pro_app.records import data_locks, kept_scores
from pro_app.records.audit import Actor
from pro_app.records.data_locks import STUDY
from pro_app.wiring import Service

COMMAND_LINE = Actor("cli", "rescore")


@click.command()
@click.option("--check", is_flag=True, help="Only look: change nothing.")
def rescore(check: bool) -> None:
    """Score every kept response again.

    With --check each stored score that differs from what its answers give is named, and the exit code is 1
    when there is any. Without it, responses scored by an older algorithm get the present one's scores beside
    the old ones, which stay.
    """
    service = open_migrated()
    try:
        wrong = _check(service) if check else _add(service)
    finally:
        service.store.close()
    if wrong:
        raise SystemExit(1)


def _check(service: Service) -> int:
    looked_at = stale = wrong = 0
    for verdict in _verdicts(service, "Check"):
        looked_at += 1
        stale += verdict.stale
        wrong += not verdict.well
        _tell(verdict)
    if stale:
        click.echo(
            f"{stale} responses were scored by an older algorithm: `pro-app rescore` adds the new scores."
        )
    said = f"{wrong} of them differ" if wrong else "all scores are what their answers give"
    click.echo(f"{looked_at} responses looked at, {said}.")
    return wrong


def _add(service: Service) -> int:
    added = wrong = 0
    stale: list[int] = []
    for verdict in _verdicts(service, "Score"):
        if verdict.fault:
            wrong += 1
            _tell(verdict)
        if verdict.stale:
            stale.append(verdict.kept.id)
        if len(stale) >= PAGE:
            added += _write(service, tuple(stale))
            stale.clear()
    if stale:
        added += _write(service, tuple(stale))
    with service.store.reading() as tx:
        locked = ["every site" if one.scope == STUDY else one.scope for one in data_locks.in_force(tx)]
    if locked:
        click.echo(f"The data of {', '.join(locked)} are locked: their scores stay as they are.")
    click.echo(f"{added} responses have new scores." if added else "Nothing is new: no score was added.")
    return wrong


PAGE = 500


def _verdicts(service: Service, doing: str) -> Iterator[Verdict]:
    """Page by page, each in a short transaction: neither memory nor a writer's wait grows with the study."""
    after, last = 0, False
    with service.store.reading() as tx:
        total = kept_scores.count(tx)
    with tqdm(total=total, unit="response", desc=doing, disable=None) as bar:
        while not last:
            with service.store.reading() as tx:
                found = kept_scores.page(tx, after, PAGE)
            for kept in found:
                yield rescoring.judge(service.catalogue, kept)
            bar.update(len(found))
            last = len(found) < PAGE
            after = found[-1].id if found else after


def _write(service: Service, ids: tuple[int, ...]) -> int:
    """Asked again inside the transaction: another run may have been faster."""
    now = datetime.now(UTC)
    with service.store.writing() as tx:
        return sum(
            rescoring.add(tx, service.catalogue, kept, COMMAND_LINE, now)
            for kept in kept_scores.by_ids(tx, ids)
        )


def _tell(verdict: Verdict) -> None:
    kept = verdict.kept
    where = f"{kept.study_number} {kept.timepoint} {kept.instrument}"
    if verdict.fault:
        tqdm.write(f"{where}: can't be scored: {verdict.fault}")
    if verdict.foreign_hash:
        tqdm.write(f"{where}: {sentence('rescore_foreign_hash')}")
    for one in verdict.different:
        stored = one.stored_reason if one.stored is None else repr(one.stored)
        computed = one.computed_reason if one.computed is None else repr(one.computed)
        tqdm.write(f"{where} {one.scale}: stored {stored}, computed {computed}")
