"""The tables of the main line. Alembic's migrations must lead to exactly these (a test compares them).

The tables of staff and clinic are in `schema_clinic`. Which rows a partial index holds is told in its `info`
and done by its migration: SQLAlchemy's own words for it load the dialect of a database that isn't used.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from pro_app.records.columns import Id, UtcDateTime, metadata, one_of, row_id

staff = Table(
    "staff",
    metadata,
    row_id(),
    Column("login", String(120), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("site", String(20)),
    Column("language", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("email", String(254)),
    # The second factor: its secret, sealed; the last time step used, so that no code works twice.
    Column("totp_sealed", Text),
    Column("totp_last_step", BigInteger),
    # Unlocks a tablet that this person handed over; an Argon2 hash like the password's.
    Column("pin_hash", String(200)),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_of(
        "role",
        "nurse",
        "site_coordinator",
        "investigator",
        "study_coordinator",
        "monitor",
        "administrator",
    ),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "staff_id"),
)

participant = Table(
    "participant",
    metadata,
    row_id(),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("study_number", String(40), nullable=False, unique=True),
    Column("site", String(20), nullable=False),
    Column("arm", String(20)),
    Column("language", String(20), nullable=False),
    Column("handle", String(20), nullable=False, unique=True),
    Column("link_epoch", Integer, nullable=False),
    Column("code_epoch", Integer, nullable=False),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("identity_sealed", Text, nullable=False),
    Column("phone_lookup", String(64)),
    Column("status", String(20), nullable=False),
    Column("status_since", UtcDateTime, nullable=False),
    Column("status_reason", String(40)),
    Column("enrolled_on", Date, nullable=False),
    Column("surgery_state", String(20), nullable=False),
    Column("surgery_planned_on", Date),
    Column("surgery_done_on", Date),
    # The date that visits hang on: done, else planned, else none. Due lists are index ranges on it.
    Column("surgery_on", Date),
    Column("privacy_version", String(40)),
    Column("privacy_answer", Boolean),
    Column("privacy_at", UtcDateTime),
    # Since when this participant's data are locked: here, so that whoever reads the row knows without asking.
    Column("locked_at", UtcDateTime),
    # Since when nothing in `identity_sealed` names anybody any more.
    Column("contact_deleted_at", UtcDateTime),
    Column("row_version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_of("status", "active", "paused", "too_ill", "withdrawn", "deceased"),
    one_of("surgery_state", "planned", "done", "cancelled", "unknown"),
    Index(None, "surgery_on", "status"),
    Index(None, "surgery_planned_on", "status"),
    Index(None, "surgery_done_on", "status"),
    Index(None, "enrolled_on", "status"),
    Index(None, "site", "study_number"),
    # A clinic's lists begin with days of its own site.
    Index(None, "site", "surgery_on", "study_number"),
    Index(None, "site", "surgery_planned_on"),
    Index(None, "phone_lookup"),
)

draft = Table(
    "draft",
    metadata,
    Column("participant_id", Id, ForeignKey("participant.id"), primary_key=True, autoincrement=False),
    Column("timepoint", String(20), primary_key=True),
    Column("instrument", String(40), primary_key=True),
    Column("response", String(36), nullable=False),
    Column("language", String(20), nullable=False),
    Column("pack", String(64), nullable=False),
    Column("position", String(20)),
    Column("answers_sealed", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

response = Table(
    "response",
    metadata,
    row_id(),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("participant_id", Id, ForeignKey("participant.id"), nullable=False),
    Column("timepoint", String(20), nullable=False),
    Column("instrument", String(40), nullable=False),
    Column("version", String(20), nullable=False),
    Column("language", String(20), nullable=False),
    Column("pack", String(64), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("helper", String(20)),
    Column("standing", String(20), nullable=False),
    Column("reason", String(40)),
    Column("revision", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    # Of a form on paper or an interview: the day it was answered and who typed it in.
    Column("completed_on", Date),
    Column("entered_by", String(120)),
    # When the form was first opened, on the server's clock: decides whether grace days count.
    Column("opened_at", UtcDateTime),
    # The visit's window as it was when this came: a finished visit keeps it when surgery moves.
    Column("window_due", Date),
    Column("window_opens", Date),
    Column("window_closes", Date),
    Column("answers", Text, nullable=False),
    Column("free_text_sealed", Text),
    Column("content_hash", String(64), nullable=False),
    one_of("mode", "own_phone", "clinic_tablet", "interview", "paper"),
    one_of("helper", "alone", "read", "filled"),
    one_of("standing", "current", "beside", "replaced", "withdrawn"),
    # First wins: one current response for each instrument at each visit, whatever races.
    Index(
        "uq_response_current",
        "participant_id",
        "timepoint",
        "instrument",
        unique=True,
        info={"where": "standing = 'current'"},
    ),
    Index(None, "participant_id", "timepoint", "instrument"),
    Index(None, "received_at"),
)

score = Table(
    "score",
    metadata,
    row_id(),
    Column("response_id", Id, ForeignKey("response.id"), nullable=False),
    Column("algorithm", String(40), nullable=False),
    Column("scale", String(20), nullable=False),
    Column("value", Float),
    Column("reason", String(40)),
    Column("used", String(200), nullable=False),
    Column("missing", String(200), nullable=False),
    Column("answers_hash", String(64), nullable=False),
    UniqueConstraint("response_id", "algorithm", "scale"),
    CheckConstraint("(value IS NULL) <> (reason IS NULL)", name="value_or_reason"),
)

outbox = Table(
    "outbox",
    metadata,
    row_id(),
    Column("registry", String(40), nullable=False),
    Column("response_id", Id, ForeignKey("response.id"), nullable=False),
    Column("participant_id", Id, ForeignKey("participant.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("claimed_by", String(60)),
    Column("claimed_until", UtcDateTime),
    Column("problem", Text),
    Column("delivered_at", UtcDateTime),
    Column("remote_id", String(200)),
    Column("remote_version", String(80)),
    Column("remote_hash", String(64)),
    UniqueConstraint("registry", "response_id", "kind"),
    one_of("kind", "submitted", "corrected", "withdrawn"),
    one_of("state", "waiting", "claimed", "delivered", "parked", "paused"),
    Index(None, "state", "next_at"),
    Index(None, "participant_id", "id"),
    # The newest receipts; only rows that have one, so that writing a row costs nothing more.
    Index(
        "ix_outbox_receipt",
        "registry",
        "delivered_at",
        info={"where": "delivered_at IS NOT NULL"},
    ),
)

delivery = Table(
    "delivery",
    metadata,
    row_id(),
    Column("participant_id", Id, ForeignKey("participant.id"), nullable=False),
    Column("timepoint", String(20), nullable=False),
    # The day the visit opened under the dates this was decided for: a moved surgery is another occasion.
    Column("opens_on", Date, nullable=False),
    Column("step", String(40), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("audience", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40)),
    Column("reference", String(36), nullable=False, unique=True),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(60)),
    Column("claimed_until", UtcDateTime),
    Column("provider", String(40)),
    Column("remote_id", String(200)),
    # Of an address that does not exist: known again by this, until it is corrected.
    Column("refused_address", String(64)),
    Column("detail", Text),
    Column("sent_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    UniqueConstraint("participant_id", "timepoint", "opens_on", "step", "channel"),
    one_of(
        "state",
        "due",
        "claimed",
        "sent",
        "delivered",
        "unknown",
        "failed",
        "address_refused",
        "not_sent",
    ),
    Index(None, "state", "next_at"),
    Index(None, "remote_id"),
)

audit = Table(
    "audit",
    metadata,
    row_id(),
    Column("chain", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_kind", String(20), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", String(60)),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "number"),
    Index(None, "subject"),
    Index(None, "at"),
    Index(None, "actor", "id"),
    Index(None, "action", "id"),
)

# The head of each chain, so that a cut-off end is noticed and appending needs no search.
audit_chain = Table(
    "audit_chain",
    metadata,
    Column("chain", String(20), primary_key=True),
    Column("length", Integer, nullable=False),
    Column("head_hash", String(64), nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(60), nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
)

# Failed guesses by address or login: a bucket that drains with time.
throttle = Table(
    "throttle",
    metadata,
    Column("bucket", String(120), primary_key=True),
    Column("level", Float, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
