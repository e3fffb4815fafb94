"""Addresses that a provider has called unknown: which of somebody's are, and how that is forgotten again."""

from collections.abc import Iterable

from sqlalchemy import select, update

from pro_app.records.deliveries import address_hash
from pro_app.records.schema import delivery
from pro_app.records.store import Transaction


def refused(tx: Transaction, participant_id: int, addresses: Iterable[str]) -> frozenset[str]:
    """Which of these addresses were refused for this participant; one query."""
    hashes = {address_hash(tx, one): one for one in addresses if one}
    rows = tx.conn.execute(
        select(delivery.c.refused_address).where(
            delivery.c.participant_id == participant_id, delivery.c.refused_address.in_(tuple(hashes))
        )
    )
    return frozenset(hashes[hashed] for hashed in rows.scalars())


def forget(tx: Transaction, participant_id: int, addresses: Iterable[str]) -> None:
    """Let messages go to these addresses again: a number that was wrong yesterday may be right today."""
    hashes = [address_hash(tx, one) for one in addresses if one]
    tx.conn.execute(
        update(delivery)
        .where(delivery.c.participant_id == participant_id, delivery.c.refused_address.in_(hashes))
        .values(refused_address=None)
    )
