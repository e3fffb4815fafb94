"""Of one participant: the answers that count, and what registries know of them. Nothing is unsealed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from pro_app.records.responses import Answer
from pro_app.records.schema import outbox, response
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class CurrentAnswers:
    """A response that counts, with its answers; free text stands as `{"sealed": true}`."""

    uuid: str
    timepoint: str
    instrument: str
    language: str
    pack: str
    answers: Mapping[str, Answer]


def current_answers(tx: Transaction, participant_id: int) -> tuple[CurrentAnswers, ...]:
    """Every response of the participant that counts, in the order they came; one query."""
    rows = tx.conn.execute(
        select(
            response.c.uuid,
            response.c.timepoint,
            response.c.instrument,
            response.c.language,
            response.c.pack,
            response.c.answers,
        )
        .where(response.c.participant_id == participant_id, response.c.standing == "current")
        .order_by(response.c.id)
    )
    return tuple(CurrentAnswers(*row[:5], json.loads(row[5])) for row in rows)


def answers_at(tx: Transaction, participant_id: int, timepoint: str) -> dict[str, Mapping[str, Answer]]:
    """The answers of every response of one visit by its uuid, whatever its standing."""
    rows = tx.conn.execute(
        select(response.c.uuid, response.c.answers).where(
            response.c.participant_id == participant_id, response.c.timepoint == timepoint
        )
    )
    return {uuid: json.loads(answers) for uuid, answers in rows}


@dataclass(frozen=True, slots=True)
class AtRegistry:
    """Where one registry stands with one response. `kind`: submitted, corrected, withdrawn."""

    registry: str
    kind: str
    state: str
    delivered_at: datetime | None


def at_registries(tx: Transaction, participant_id: int) -> dict[int, tuple[AtRegistry, ...]]:
    """By response id, the newest news for each registry; one query."""
    rows = tx.conn.execute(
        select(outbox.c.response_id, outbox.c.registry, outbox.c.kind, outbox.c.state, outbox.c.delivered_at)
        .where(outbox.c.participant_id == participant_id)
        .order_by(outbox.c.id)
    )
    found: dict[int, dict[str, AtRegistry]] = {}
    for response_id, registry, kind, state, delivered_at in rows:
        found.setdefault(response_id, {})[registry] = AtRegistry(registry, kind, state, delivered_at)
    return {one: tuple(news.values()) for one, news in found.items()}
