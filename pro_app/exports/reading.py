"""Everybody's forms, one participant after another, in two handfuls of queries a page."""

from collections.abc import Collection, Iterator
from datetime import datetime

from pro_app import journey
from pro_app.exports.forms import Form, forms_of
from pro_app.records import export_rows
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study


def each_person(
    tx: Transaction, study: Study, sites: Collection[str], timepoints: Collection[str], as_of: datetime
) -> Iterator[tuple[Form, ...]]:
    """The forms of each participant of `sites` at `timepoints` (none: all visits), in order of enrolment."""
    wanted = set(timepoints)
    changes = export_rows.changes(tx)
    for page in export_rows.people(tx, sites):
        sheets = export_rows.sheets(tx, [person.id for person in page])
        for way in journey.of_many(tx, study, page, as_of):
            forms = forms_of(way, sheets[way.person.id], changes)
            yield tuple(form for form in forms if not wanted or form.timepoint in wanted)
