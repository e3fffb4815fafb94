"""`pro-app bounce` takes one returned mail from a mail server's pipe: `|/…/pro-app bounce` in its aliases."""

import logging
import sys

import click

from pro_app.actions import learn
from pro_app.cli.opening import open_migrated
from pro_app.clock import utc_now
from pro_app.letters.returned import LARGEST

log = logging.getLogger(__name__)

# What mail servers understand as "keep it and try again" (sysexits.h).
TRY_AGAIN = 75


@click.command()
def bounce() -> None:
    """Take in one returned mail from standard input.

    Exit code 75 when the database can't be reached: the mail server keeps the mail and tries again. Whatever
    else comes, also what is no returned mail, is taken with exit code 0 and said in one word.
    """
    content = sys.stdin.buffer.read(LARGEST)
    try:
        service = open_migrated()
        try:
            with service.store.writing() as tx:
                became = learn.take_returned(tx, content, utc_now())
        finally:
            service.store.close()
    except Exception as fault:
        log.error("a returned mail could not be taken in now: %s", type(fault).__name__)
        raise SystemExit(TRY_AGAIN) from fault
    click.echo(became)
