"""Everything but the identity of one participant, read in a handful of queries.

Every state comes from `journey`, so the page can't disagree with a reminder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pro_app import journey
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.trend import Trend, trends
from pro_app.journey import Journey
from pro_app.records import alerts, audit, deliveries, responses
from pro_app.records.alerts import Group, grouped
from pro_app.records.audit import Event
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.window import today as local_day
from pro_app.scoring.result import ScaleScore


@dataclass(frozen=True, slots=True)
class Scores:
    """One instrument's scales over the participant's visits. `received`: timepoint -> day it came."""

    instrument: Instrument
    trends: tuple[Trend, ...]
    received: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Portrait:
    """Everything but the identity of one participant."""

    journey: Journey
    scores: tuple[Scores, ...]
    responses: tuple[Stored, ...]
    messages: tuple[Delivery, ...]
    history: tuple[Event, ...]
    alerts: tuple[Group, ...]


def portrait(
    tx: Transaction, study: Study, catalogue: Catalogue, person: Participant, now: datetime
) -> Portrait:
    """One participant; seven queries."""
    way = journey.of(tx, study, person, now)
    stored = responses.scores_of(tx, person.id)
    wanted = dict.fromkeys(name for stop in way.stops for name in stop.timepoint.instruments)
    timepoints = [stop.timepoint.id for stop in way.stops]
    parts = []
    for name in wanted:
        results: dict[str, dict[str, ScaleScore]] = {}
        received: dict[str, date] = {}
        for one in stored:
            if one.instrument == name:
                results.setdefault(one.timepoint, {})[one.result.scale] = one.result
                received[one.timepoint] = local_day(one.received_at, way.site.tz)
        instrument = catalogue.instrument(name)
        parts.append(Scores(instrument, trends(instrument, timepoints, results), received))
    return Portrait(
        way,
        tuple(parts),
        responses.of_participant(tx, person.id),
        deliveries.of_participant(tx, person.id),
        audit.history(tx, person.study_number, limit=100),
        grouped(alerts.of_participant(tx, person.id)),
    )
