"""The second entry of a form on paper: typed by somebody else, compared item by item, settled by a choice.

What was typed first is never shown to who types second. Free text is compared like everything else, but for
blanks and the width of letters; it stays sealed, and the trail says only that it differs. Where the second
entry is right, the edge takes the ordinary way of corrections, so that scores, registry and history follow as
for any correction.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_app.errors import ProAppError
from pro_app.instruments import answers as answering
from pro_app.instruments.definition import Instrument, Item
from pro_app.records import audit, data_locks, responses, second_entries
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.second_entries import SecondEntry
from pro_app.records.store import Transaction

Wire = Mapping[str, Mapping[str, object]]
FIRST, SECOND = "first", "second"


class SecondEntryRefused(ProAppError):
    """It can't be entered or settled like this; `fault` is the code of why."""

    code = "malformed"

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(field="second_entry")


@dataclass(frozen=True, slots=True)
class Difference:
    """One item in which the two entries are not the same."""

    item: Item
    first: Mapping[str, object]
    second: Mapping[str, object]


def check(stored: Stored | None, already: SecondEntry | None, login: str) -> Stored:
    """The response that `login` may enter for the second time. Raises `SecondEntryRefused`."""
    if stored is None:
        raise SecondEntryRefused("nothing_entered")
    if stored.mode != "paper":
        raise SecondEntryRefused("not_paper")
    if already is not None:
        raise SecondEntryRefused("entered_twice")
    if stored.entered_by == login:
        raise SecondEntryRefused("same_person")
    return stored


def enter(
    tx: Transaction,
    instrument: Instrument,
    person: Participant,
    stored: Stored,
    typed: Wire,
    actor: Actor,
    now: datetime,
) -> int:
    """Keep the second entry; returns in how many items it differs.

    Raises `AnswerFault`, `SecondEntryThere` and `DataLocked`.
    """
    data_locks.hold(tx, person)
    checked = answering.validate(instrument, typed, partial=True).on_the_wire()
    second = {item.id: checked[item.id] for item in instrument.items}
    found = compare(instrument, responses.answers_of(tx, stored.uuid), second)
    texts = instrument.free_text
    second_entries.add(tx, stored.id, second, texts, actor.name, len(found), now)
    detail = {
        "response": stored.uuid,
        "timepoint": stored.timepoint,
        "instrument": stored.instrument,
        "differs": [one.item.id for one in found],
    }
    audit.append(tx, person.site, actor, "second_entry", person.study_number, detail, now)
    return len(found)


def compare(instrument: Instrument, first: Wire, second: Wire) -> tuple[Difference, ...]:
    """The items in which two entries differ, in the owner's order; entries of before may lack free text."""
    return tuple(
        Difference(item, first[item.id], second[item.id])
        for item in instrument.items
        if item.id in second and _plain(first[item.id]) != _plain(second[item.id])
    )


def _plain(answer: Mapping[str, object]) -> object:
    """An answer so that two spellings of it are the same: no order among regions, one kind of missing, no
    difference between a wide letter or a line's end and a plain one."""
    value = answer.get("value")
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFKC", value).split()) or None
    if isinstance(value, Mapping):
        return frozenset(value["regions"]), value["worst"]
    return value


def differences(tx: Transaction, instrument: Instrument, entry: SecondEntry) -> tuple[Difference, ...]:
    """The two entries side by side, as they were typed."""
    first = responses.answers_of(tx, entry.response)
    return compare(instrument, first, second_entries.answers_of(tx, entry))


def read_words(
    tx: Transaction,
    person: Participant,
    entry: SecondEntry,
    found: tuple[Difference, ...],
    actor: Actor,
    now: datetime,
) -> None:
    """Somebody looks at the person's own words in both entries; the trail has it before they are shown."""
    if any(one.item.kind == "text" for one in found):
        detail = {"responses": [entry.response], "timepoint": entry.timepoint}
        audit.append(tx, person.site, actor, "free_text_read", person.study_number, detail, now)


def settle(
    tx: Transaction,
    person: Participant,
    entry: SecondEntry,
    found: tuple[Difference, ...],
    choices: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> dict[str, Mapping[str, object]]:
    """Write down what counts; returns the answers that have to be corrected, which the caller does.

    choices: item id -> `first` or `second`, for every item that differs.
    Raises `SecondEntryRefused`, `DataLocked`.
    """
    data_locks.hold(tx, person)
    if any(choices.get(one.item.id) not in (FIRST, SECOND) for one in found):
        raise SecondEntryRefused("choice_needed")
    if not second_entries.settle(tx, entry, actor.name, now):
        raise SecondEntryRefused("settled_already")
    wish = {one.item.id: one.second for one in found if choices[one.item.id] == SECOND}
    detail = {
        "response": entry.response,
        "timepoint": entry.timepoint,
        "instrument": entry.instrument,
        "first": [one.item.id for one in found if one.item.id not in wish],
        "second": list(wish),
    }
    audit.append(tx, person.site, actor, "second_entry_settled", person.study_number, detail, now)
    return wish
