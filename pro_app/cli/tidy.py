"""`pro-app tidy`: name and contact of participants who have long been through with the study."""

import click

from pro_app.actions import forget_contact
from pro_app.cli.opening import open_migrated
from pro_app.clock import utc_now
from pro_app.records.audit import Actor


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list whose time is over; delete nothing.")
def tidy(dry_run: bool) -> None:
    """Delete name and contact of everybody whose time is over, as the clock does once a day.

    How long they are kept is in the study file ([privacy] contact_kept_days), counted from the last day of
    the last visit, a withdrawal or a death. Answers, scores and the audit trail stay.
    """
    service, now = open_migrated(), utc_now()
    with service.store.reading() as tx:
        found = list(forget_contact.due(tx, service.study, now))
    for one in found:
        click.echo(f"{one.person.study_number}\t{one.person.site}\tdue since {one.day}")
    if dry_run:
        click.echo(f"{len(found)} due; nothing was deleted.")
    else:
        actor = Actor("cli", "command line")
        done = sum(
            forget_contact.forget_in_time(service.store, service.study, one.person.id, actor, now)
            for one in found
        )
        click.echo(f"Name and contact of {done} participants are deleted.")
    service.store.close()
