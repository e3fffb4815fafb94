"""The shape of `doctor`'s table: one line for each thing that was looked at."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pro_app.errors import ProAppError
from pro_app.wiring import Service


class Finding(NamedTuple):
    """`good`: nothing to do. `says`: what was found, and where something is wrong, what to do about it."""

    good: bool
    check: str
    says: str


Check = Callable[[Service], Iterator[Finding]]


def guarded(check: Check, service: Service) -> Iterator[Finding]:
    """A check that stumbles is a finding of its own; the others still have their turn."""
    name = check.__name__.strip("_").replace("_", " ")
    try:
        yield from check(service)
    except ProAppError as fault:
        yield Finding(False, name, str(fault))
    except Exception as fault:
        yield Finding(
            False, name, f"{type(fault).__name__}: it can't be looked at; see the log of its server"
        )


def as_table(findings: Iterable[Finding]) -> Iterator[str]:
    """`ok    database   sqlite, at 0002`; what is to be done stands out by its first word."""
    for good, check, says in findings:
        first, *rest = says.splitlines() or [""]
        yield f"{'ok  ' if good else 'MEND'}  {check:28} {first}"
        yield from (f"{'':34} {line}" for line in rest)


def as_json(findings: Iterable[Finding]) -> str:
    """A list of objects with `check`, `state` (`ok` or `mend`) and `says`."""
    rows = [{"check": one.check, "state": "ok" if one.good else "mend", "says": one.says} for one in findings]
    return json.dumps(rows, ensure_ascii=False, indent=1)
