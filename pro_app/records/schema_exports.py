"""The tables of exports that are being made, and of those that are ready: an hour's worth.

A backup leaves both out (`backups.PASSING`).
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from pro_app.records.columns import UtcDateTime, metadata, one_of

export_job = Table(
    "export_job",
    metadata,
    # 32 hexadecimal digits that nobody guesses: they stand in the address of its page.
    Column("id", String(32), primary_key=True),
    Column("owner", String(120), nullable=False),
    # What was asked for, as JSON: the rights of who fetches it are compared with it.
    Column("wish", Text, nullable=False),
    Column("name", String(120), nullable=False),
    Column("state", String(20), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    # When its maker last said that it is at work: the only sign that other machines have of it.
    Column("beat_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("people", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("fault", String(60)),
    Column("fault_params", Text),
    Column("size", BigInteger),
    Column("sha256", String(64)),
    Column("chunks", Integer),
    # Opens its chunks; a change of keys seals this anew, and they need not be touched.
    Column("key_sealed", Text),
    one_of("state", "done", "failed", "working"),
    # One at a time, on however many machines.
    Index("uq_export_job_working", "state", unique=True, info={"where": "state = 'working'"}),
)

export_chunk = Table(
    "export_chunk",
    metadata,
    Column("job_id", String(32), ForeignKey("export_job.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
