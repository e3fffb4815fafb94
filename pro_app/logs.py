"""Logs: one line for each event, as text or as JSON, with the request's id, and with nothing personal in it.

What people type, their names and numbers never belong in a log. No call here is given them; but a library's
exception may quote a row, and somebody's debugging line may quote a link. So an exception is told by its
type and the places it passed, without its words, and whatever looks like a link's token, a telephone
number or an e-mail address is struck out of every line.
"""

import json
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

# The id of the request that this thread answers; "" outside of requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")

TALKATIVE = ("httpx", "httpcore", "apscheduler", "alembic", "waitress.queue")
STRUCK = "***"
# A link's token, an e-mail address, a telephone number. A UUID or a time has no nine digits in a row with
# nothing before and after them.
_PERSONAL = re.compile(
    r"[a-z0-9]{10}\.[a-z0-9_-]{1,20}\.[A-Za-z0-9_-]{16}"
    r"|[^\s<>()\[\],;:\"'=/]+@[^\s<>()\[\],;:\"'=/]+\.[^\s<>()\[\],;:\"'=/]+"
    r"|(?<![\w.-])\+?\d{9,15}(?![\w.-])"
)


def strike(text: str) -> str:
    """`text` without what looks like a token, an address or a number of somebody."""
    return _PERSONAL.sub(STRUCK, text)


class _Line(logging.Formatter):
    """What both forms have in common: an exception without its words."""

    def __init__(self, *, words: bool) -> None:
        super().__init__()
        self._words = words

    def _fault(self, record: logging.LogRecord) -> str:
        if not record.exc_info or record.exc_info[0] is None:
            return ""
        if self._words:
            return self.formatException(record.exc_info)
        return _places(record.exc_info[1], record.exc_info[2])


def _places(fault: BaseException | None, trail: TracebackType | None) -> str:
    """Types and places from the innermost cause outwards: `KeyError at a.py:3 in f < b.py:9 in g`."""
    told = []
    while fault is not None:
        frames = traceback.extract_tb(trail)
        steps = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in reversed(frames)]
        told.append(f"{type(fault).__name__} at {' < '.join(steps) or 'an unknown place'}")
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        trail = fault.__traceback__ if fault else None
    return "; from ".join(told)


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:])


class TextLine(_Line):
    """`2026-12-01 04:00:00,000 INFO pro_app.clock [id]: message`"""

    def format(self, record: logging.LogRecord) -> str:
        mine = f" [{found}]" if (found := request_id.get()) else ""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}{mine}: {record.getMessage()}"
        fault = self._fault(record)
        return strike(f"{line}\n{fault}" if fault else line)


class JsonLine(_Line):
    """One JSON object: at (UTC), level, logger, message; request, fault and what `extra["facts"]` holds."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": strike(record.getMessage()),
        }
        if found := request_id.get():
            told["request"] = found
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            told.update(facts)
        if fault := self._fault(record):
            told["fault"] = strike(fault)
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str)


def install(kind: Literal["text", "json"] = "text", *, words: bool = False) -> None:
    """Send everything to standard error in this form. words: exceptions with their words (for developers)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine(words=words) if kind == "json" else TextLine(words=words))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, _Line):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for talkative in TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.ERROR)
