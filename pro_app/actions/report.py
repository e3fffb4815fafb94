"""The study's report: which forms came (as CONSORT-PRO asks for), and what the scores are.

A form is due once its window is over, or once it came. Of the due ones those are expected whose participant
was still in the study: a form missing because somebody died or withdrew is due, but nobody could expect it.
Completion is received / expected, availability received / due; both stand in the table, neither is hidden.
Scores are summed up by visit and, only for who may know it, by arm. Quartiles are those of R's default
(type 7), the deviation is the sample's; nothing is rounded here.
"""

import statistics
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pro_app.exports.forms import REASONS, Form, FormState, reasons_of
from pro_app.exports.reading import each_person
from pro_app.instruments.catalogue import Catalogue
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.missing import NOT_EXPECTED
from pro_app.schedule.window import today

EVERYBODY = ""


@dataclass(slots=True)
class Tally:
    """Forms of one instrument at one visit, of one site or (`site` = "") of all. `missing`: by reason."""

    site: str
    timepoint: str
    instrument: str
    in_window: int = 0
    late: int = 0
    missing: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))

    @property
    def received(self) -> int:
        return self.in_window + self.late

    @property
    def due(self) -> int:
        return self.received + sum(self.missing.values())

    @property
    def expected(self) -> int:
        return self.due - sum(self.missing[reason] for reason in NOT_EXPECTED)

    @property
    def completion(self) -> float | None:
        """Percent of the expected forms that came."""
        return self.received / self.expected * 100 if self.expected else None

    @property
    def availability(self) -> float | None:
        """Percent of the due forms that came."""
        return self.received / self.due * 100 if self.due else None


@dataclass(frozen=True, slots=True)
class Summary:
    """One scale at one visit in one arm ("" is everybody). `without`: forms that came without this score."""

    instrument: str
    scale: str
    timepoint: str
    arm: str
    n: int
    without: int
    mean: float | None
    sd: float | None
    median: float | None
    q1: float | None
    q3: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page. `arms`: whether the summaries tell the arms apart."""

    study: Study
    as_of: datetime
    sites: tuple[str, ...]
    arms: bool
    participants: int
    completion: tuple[Tally, ...]
    scores: tuple[Summary, ...]

    def of_site(self, site: str) -> tuple[Tally, ...]:
        """The completion lines of one site, or of all together for ""."""
        return tuple(line for line in self.completion if line.site == site)


Values = dict[tuple[str, str, str, str], "array[float]"]
Without = dict[tuple[str, str, str, str], int]


def report(
    tx: Transaction,
    study: Study,
    catalogue: Catalogue,
    sites: Collection[str],
    now: datetime,
    *,
    arms: bool,
    provisional: bool = False,
) -> Report:
    """Count and sum up everything at `sites`; `arms` only for who may be unblinded.

    provisional: also the scales that their source calls provisional.
    """
    reasons = reasons_of(study)
    tallies = {
        (site, visit.id, name): Tally(site, visit.id, name, missing=dict.fromkeys(reasons, 0))
        for site in (EVERYBODY, *sites)
        for visit in study.timepoints
        for name in visit.instruments
    }
    values: Values = defaultdict(lambda: array("d"))
    without: Without = defaultdict(int)
    people = 0
    for forms in each_person(tx, study, sites, (), now):
        people += 1
        for form in forms:
            if form.state is FormState.NOT_PLANNED:
                continue
            for site in (EVERYBODY, form.person.site):
                _count(tallies[site, form.timepoint, form.instrument], form, now)
            _collect(values, without, form, arms)
    groups = (EVERYBODY, *(arm.id for arm in study.arms)) if arms else (EVERYBODY,)
    return Report(
        study=study,
        as_of=now,
        sites=tuple(sites),
        arms=arms,
        participants=people,
        completion=tuple(tallies.values()),
        scores=tuple(_summaries(study, catalogue, values, without, groups, provisional)),
    )


def _count(tally: Tally, form: Form, now: datetime) -> None:
    if form.state is FormState.IN_WINDOW:
        tally.in_window += 1
    elif form.state is FormState.LATE:
        tally.late += 1
    elif form.reason and form.closes and today(now, form.site.tz) > form.closes:
        # What is excused before its window is over has not been due yet.
        tally.missing[form.reason] = tally.missing.get(form.reason, 0) + 1


def _collect(values: Values, without: Without, form: Form, arms: bool) -> None:
    if form.sheet is None:
        return
    groups = [EVERYBODY, form.person.arm] if arms and form.person.arm else [EVERYBODY]
    for scale, score in form.sheet.scores.items():
        for group in groups:
            key = (form.instrument, scale, form.timepoint, group)
            if score.value is None:
                without[key] += 1
            else:
                values[key].append(score.value)


def _summaries(
    study: Study,
    catalogue: Catalogue,
    values: Values,
    without: Without,
    groups: tuple[str, ...],
    provisional: bool,
) -> Iterator[Summary]:
    """One line for each instrument, scale, visit and group, in the study's order."""
    names = dict.fromkeys(name for visit in study.timepoints for name in visit.instruments)
    for name in names:
        for scale in catalogue.instrument(name).scoring.scales:
            if scale.provisional and not provisional:
                continue
            for visit in study.timepoints:
                if name in visit.instruments:
                    for group in groups:
                        key = (name, scale.name, visit.id, group)
                        yield _summary(key, values.get(key, array("d")), without.get(key, 0))


def _summary(key: tuple[str, str, str, str], found: "array[float]", without: int) -> Summary:
    n = len(found)
    if n == 0:
        return Summary(*key, 0, without, None, None, None, None, None)
    spread = statistics.stdev(found) if n > 1 else None
    q1, median, q3 = (
        statistics.quantiles(found, n=4, method="inclusive") if n > 1 else (found[0], found[0], found[0])
    )
    return Summary(*key, n, without, statistics.fmean(found), spread, median, q1, q3)
