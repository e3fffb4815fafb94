"""Taking data out: every expected form with its state, answers and scores, into one folder of files.

1. Open one consistent moment of the database and the folder aside.
2. Page by page: participants, where they stand (`journey`), their responses and scores.
3. Give every form to every file; count.
4. Close the files, hash them, write the manifest, rename the folder.
Identity and free text are not even read. Whoever calls decides about rights and writes the audit row.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pro_app.exports.aside import aside
from pro_app.exports.edition import Edition, Words
from pro_app.exports.formats import FORMATS, UnknownFormat
from pro_app.exports.forms import Form
from pro_app.exports.reading import each_person
from pro_app.instruments.catalogue import Catalogue
from pro_app.records import audit, data_locks, export_rows
from pro_app.records.audit import Actor
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

if TYPE_CHECKING:
    from pro_app.exports.fhir import Resources

EVERY_FORMAT = "all"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to leave: formats (or `all`), sites, visits (none: all), with or without the arm."""

    formats: tuple[str, ...]
    sites: tuple[str, ...]
    timepoints: tuple[str, ...] = ()
    arms: bool = False

    @property
    def every(self) -> tuple[str, ...]:
        """The formats by name. Raises `UnknownFormat`."""
        for name in self.formats:
            if name not in (*FORMATS, EVERY_FORMAT):
                raise UnknownFormat(format=name, known=", ".join((*FORMATS, EVERY_FORMAT)))
        return FORMATS if EVERY_FORMAT in self.formats else tuple(dict.fromkeys(self.formats))


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the folder, forms by state, and the files as they stand in the manifest."""

    folder: Path
    participants: int
    forms: Mapping[str, int]

    @property
    def received(self) -> int:
        return sum(self.forms.get(state, 0) for state in ("in_window", "late", "not_planned"))


def edition_of(
    tx: Transaction, study: Study, catalogue: Catalogue, words: Words, wish: Wish, release: str, now: datetime
) -> Edition:
    """What the files of this export have in common. Raises `UnknownSite` or `UnknownTimepoint`."""
    for site in wish.sites:
        study.site(site)
    for timepoint in wish.timepoints:
        study.timepoint(timepoint)
    return Edition(
        study=study,
        catalogue=catalogue,
        words=words,
        as_of=now,
        sites=wish.sites,
        timepoints=wish.timepoints,
        arms=wish.arms,
        release=release,
        kept=export_rows.kept(tx),
        excuses=export_rows.excuses(tx),
        locks=data_locks.in_force(tx),
    )


def export(
    tx: Transaction,
    edition: Edition,
    wish: Wish,
    target: Path,
    *,
    resources: "Resources | None" = None,
    tell: Callable[[int], object] = lambda _count: None,
) -> Exported:
    """Write the folder `target`; `tell` hears how many more participants are done.

    Raises `FolderUsed`, `NoSpace`, `UnknownFormat`, `NoFhir`, `TooManyRows`; then nothing is left behind.
    """
    from pro_app.exports.shelf import Shelf  # late: decision 0095

    states: Counter[str] = Counter()
    people = 0
    with aside(target) as filling:
        shelf = Shelf(filling, edition, wish.every, resources)
        for forms in _forms(tx, edition):
            for form in forms:
                shelf.take(form)
                states[form.state.value] += 1
            people += 1
            tell(1)
        shelf.close()
        filling.settle(_about(edition, wish, people, states))
    return Exported(target, people, dict(states))


def _forms(tx: Transaction, edition: Edition) -> Iterator[tuple[Form, ...]]:
    return each_person(tx, edition.study, edition.sites, edition.timepoints, edition.as_of)


def on_the_trail(
    tx: Transaction, study: Study, wish: Wish, done: Exported, actor: Actor, now: datetime
) -> None:
    """Who took out what, on the study's own chain."""
    detail = {
        "formats": list(wish.every),
        "sites": list(wish.sites),
        "visits": list(wish.timepoints),
        "arms": wish.arms,
        "participants": done.participants,
        "forms": sum(done.forms.values()),
    }
    audit.append(tx, audit.STUDY_CHAIN, actor, "exported", study.id, detail, now)


def _about(edition: Edition, wish: Wish, people: int, states: Mapping[str, int]) -> dict[str, object]:
    """The manifest without its list of files."""
    return {
        "study": edition.study.id,
        "made_by": f"PRO follow-up {edition.release}",
        "as_of": _instant(edition.as_of),
        "language": edition.language,
        "filter": {
            "formats": list(wish.every),
            "sites": list(edition.sites),
            "visits": list(edition.timepoints) or [one.id for one in edition.study.timepoints],
            "arms": edition.arms,
        },
        "counts": {
            "participants": people,
            "forms": sum(states.values()),
            "by_state": dict(sorted(states.items())),
        },
        "lock": _lock(edition),
        "never_exported": ["name", "telephone", "e-mail", "year of birth", "free text"],
    }


def _lock(edition: Edition) -> dict[str, object]:
    """Whether the data in these files may still change, and who locked them when."""
    here = [one for one in edition.locks if any(one.covers(site) for site in edition.sites)]
    return {
        "all_locked": all(any(one.covers(site) for one in here) for site in edition.sites),
        "locks": [
            {
                "what": "study" if one.scope == data_locks.STUDY else one.scope,
                "since": _instant(one.locked_at),
                "by": one.locked_by,
                "reason": one.reason,
            }
            for one in here
        ],
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
