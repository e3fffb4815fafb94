"""What an answer costs PostgreSQL: how often it is spoken to, and whether it has to search."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from pro_app.actions import answer
from pro_app.keys import KeyRing
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.store import Store, Transaction
from tests.integration.answering.ward import Ward
from tests.people import sheet
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_server: PostgresServer, migrated_template: str, keys: KeyRing) -> Iterator[Store]:
    """A database that nobody has used: one that was emptied may remember how small its tables were, and a
    table of one page is read whole, whatever indexes it has."""
    with postgres_server.database(migrated_template) as url:
        store = Store(url, keys)
        yield store
        store.close()


def submit(tx: Transaction, ward: Ward) -> None:
    """As the device's interface does: everything is asked for before the participant is known."""
    sent = sheet(ward.catalogue, "qlq-c30", ward.now)
    asked = participants.ask_by_handle(tx, ward.wang.handle, lock=True)
    ahead = answer.ask(tx, ward.wang.handle, "2w", sent)
    person = asked.found()
    assert person
    who = Actor("patient", person.study_number)
    answer.submit(tx, ward.study, ward.catalogue, person, "2w", sent, who, ward.now, ahead)


def test_an_answer_goes_there_and_back_twice(ward: Ward, batches: list[int]) -> None:
    with ward.store.writing(short=True) as tx:
        submit(tx, ward)
    assert len(batches) == 2


def test_no_statement_of_an_answer_reads_a_whole_table(ward: Ward) -> None:
    """A statement is planned once, when its table is still small, and then so done until somebody counts the
    rows anew."""
    with ward.store.writing(short=True) as tx:
        submit(tx, ward)
        asked = tx.conn.execute(text("SELECT statement FROM pg_prepared_statements")).scalars().all()
        explain = "EXPLAIN (GENERIC_PLAN)"
        plans = {one: "".join(tx.conn.exec_driver_sql(f"{explain} {one}").scalars()) for one in asked}
    assert len(plans) >= 8
    assert [one for one, plan in plans.items() if "Seq Scan" in plan] == []
