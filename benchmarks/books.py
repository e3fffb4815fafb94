"""What is stored about answers, counted in each of the places that must agree."""

from sqlalchemy import text

from pro_app.records import audit
from pro_app.records.store import Transaction
from pro_app.wiring import Service


def books(tx: Transaction) -> dict[str, int]:
    """The same answers as each place knows them."""

    def count(query: str) -> int:
        return int(tx.conn.execute(text(query)).scalar_one())

    return {
        "responses": count("SELECT count(*) FROM response"),
        "visits": count("SELECT count(DISTINCT participant_id) FROM response"),
        "current": count("SELECT count(*) FROM response WHERE standing = 'current'"),
        "scored": count("SELECT count(DISTINCT response_id) FROM score"),
        "outbox": count("SELECT count(DISTINCT response_id) FROM outbox"),
        "audited": count("SELECT count(*) FROM audit WHERE action = 'response_received'"),
        "scores": count("SELECT count(*) FROM score"),
        "rows in the outbox": count("SELECT count(*) FROM outbox"),
        "faults in the trail": len(audit.verify(tx)),
    }


def expected(house: Service, count: int) -> dict[str, int]:
    """What `books` must say when `count` patients have answered the quality-of-life questionnaire once."""
    scales = len(house.catalogue.instrument("qlq-c30").scoring.scales)
    same = ("responses", "visits", "current", "scored", "outbox", "audited")
    return {
        **dict.fromkeys(same, count),
        "scores": count * scales,
        "rows in the outbox": count * len(house.study.registries),
        "faults in the trail": 0,
    }


def stored(tx: Transaction) -> set[str]:
    """The ids of all responses there are."""
    return set(tx.conn.execute(text("SELECT uuid FROM response")).scalars())
