"""The detail of a row of the trail in lines: what was, what is, and what else it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from flask_babel import gettext as _

from pro_app.records.audit import Event
from pro_app.web.account_words import LETTERS, NOTICE_STATES, NOTICE_WAYS, SIGNALS
from pro_app.web.action_words import FIELDS, VALUES
from pro_app.web.clinic_page import account
from pro_app.web.clinic_words import REASONS, ROLES, STATUSES, SURGERY_STATES
from pro_app.web.follow_up_words import DONE, rule_name
from pro_app.web.history_words import instrument_words, visit_words
from pro_app.web.lock_words import DELETION_REASONS, LOCK_REASONS
from pro_app.web.staff_roles import may_see_arm

# What only programs read; the CSV has it.
_FOR_PROGRAMS = ("hash", "response", "uuid", "epoch", "moved", "lines", "listed")
_MOST = 12
Detail = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Line:
    """One field. `was` is None where the row has only a value; `name` may be empty."""

    name: str
    was: str | None
    now: str


def shown(detail: Detail) -> Detail:
    """The detail as this reader may see it: the arm is for who may know it."""
    if may_see_arm(account()):
        return detail
    return {
        key: shown(cast(Detail, value)) if isinstance(value, Mapping) else value
        for key, value in detail.items()
        if key != "arm"
    }


def of(event: Event) -> tuple[Line, ...]:
    """The lines of one row."""
    return tuple(_lines(shown(event.detail)))


def _lines(detail: Detail) -> Iterator[Line]:
    was, now = detail.get("was"), detail.get("is")
    if isinstance(was, Mapping) or isinstance(now, Mapping):
        before, after = cast(Detail, was or {}), cast(Detail, now or {})
        for key in dict.fromkeys((*before, *after)):
            if before.get(key) != after.get(key):
                yield Line(_field(key), _value(key, before.get(key)), _value(key, after.get(key)))
    elif now is not None:
        yield Line("", _value("status", was), _value("status", now))
    for key, value in detail.items():
        if key in ("was", "is", *_FOR_PROGRAMS) or value in (None, "", [], {}):
            continue
        yield Line(_field(key), None, _value(key, value))


def _field(key: str) -> str:
    return str(FIELDS.get(key, key.replace("_", " ")))


def _value(key: str, value: object) -> str:
    """A value in words where it is a code that has some."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return _(", ").join(_(": ").join((_field(name), _value(name, one))) for name, one in value.items())
    if isinstance(value, list | tuple):
        more = [_("%(count)s more", count=len(value) - _MOST)] if len(value) > _MOST else []
        return _(", ").join([*(_value(key, one) for one in value[:_MOST]), *more]) or "–"
    text = str(value)
    if key in ("timepoint", "visits"):
        return visit_words(text)
    if key == "instrument":
        return instrument_words(text)
    if key == "rules":
        return rule_name(text)
    if key in ("site", "scope") and text == "*":
        return _("all sites")
    known = {
        "reason": {**REASONS, **LOCK_REASONS, **DELETION_REASONS},
        "done": DONE,
        "status": STATUSES,
        "role": ROLES,
        "for": LETTERS,
        "signal": SIGNALS,
        "letter": NOTICE_STATES,
        "by": NOTICE_WAYS,
        "state": SURGERY_STATES,
    }.get(key, VALUES)
    return str(known.get(text, text))
