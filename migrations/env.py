"""Alembic's entry: the caller (`records.migrating`) hands in the open connection."""

from typing import Any

from alembic import context

from pro_app.records import schema, schema_clinic, schema_exports  # noqa: F401  the tables themselves
from pro_app.records.columns import UtcDateTime, metadata


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our column type as plain SQLAlchemy: a migration must not change when our code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
