"""Exports whose hour is over leave the database, and what was written of those that failed.

In short transactions of a few MiB each: patients' answers wait in the same queue of writers.
"""

from datetime import datetime

from pro_app.records import export_jobs
from pro_app.records.store import Store

# Of whoever looks at a page: 64 MiB. The clock takes all there is.
A_FEW = 16


def sweep(store: Store, now: datetime, steps: int | None = None) -> None:
    """Remove what is left over, in at most `steps` transactions. Raises the faults of the store."""
    while steps is None or steps > 0:
        with store.reading(short=True) as tx:
            found = export_jobs.left_over(tx, now)
        if not found:
            return
        with store.writing(short=True) as tx:
            export_jobs.remove_some(tx, found[0], now)
        steps = None if steps is None else steps - 1
