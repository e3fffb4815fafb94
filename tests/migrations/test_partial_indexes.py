"""The indexes that hold some rows only: what the code says of them is what the migrations have made."""

import re

import pytest
from sqlalchemy import inspect

from pro_app.records import schema, schema_clinic, schema_exports  # noqa: F401  the tables themselves
from pro_app.records.columns import metadata
from pro_app.records.store import Store

PARTIAL = {index.name: index for table in metadata.tables.values() for index in table.indexes if index.info}


def plain(condition: str) -> str:
    """Without the brackets and the types that PostgreSQL adds."""
    return re.sub(r"::\w+( varying)?|[()]", "", condition)


def test_there_are_some() -> None:
    assert {"uq_response_current", "ix_outbox_receipt"} <= set(PARTIAL)


@pytest.mark.parametrize("name", sorted(map(str, PARTIAL)))
def test_a_partial_index_holds_the_rows_that_the_code_names(store: Store, name: str) -> None:
    index = PARTIAL[name]
    assert index.table is not None
    found = {one["name"]: one for one in inspect(store.engine).get_indexes(index.table.name)}
    options = found[name]["dialect_options"]
    assert plain(str(options[f"{store.engine.dialect.name}_where"])) == index.info["where"]
