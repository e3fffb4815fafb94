"""The tables of staff and clinic: second factors, tablets, calls, missing forms, alerts, second entries,
signatures and locks of data."""

from sqlalchemy import (
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

staff_recovery_code = Table(
    "staff_recovery_code",
    metadata,
    row_id(),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("used_at", UtcDateTime),
    UniqueConstraint("staff_id", "code_hash"),
)

# An invitation or a new password by mail: the link's secret is kept as a hash, works once and runs out.
staff_ticket = Table(
    "staff_ticket",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    one_of("purpose", "invitation", "new_password"),
    Index(None, "staff_id"),
)

# Mail to staff, sent like patients' messages: claimed, committed, then handed over.
staff_letter = Table(
    "staff_letter",
    metadata,
    row_id(),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("about", String(80), nullable=False),
    # What the text needs, such as a link; sealed, and emptied once it has been sent.
    Column("body_sealed", Text),
    Column("state", String(20), nullable=False),
    Column("reference", String(36), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(60)),
    Column("claimed_until", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("problem", Text),
    UniqueConstraint("staff_id", "kind", "about"),
    one_of("kind", "invitation", "new_password", "alert", "escalation"),
    one_of("state", "due", "claimed", "sent", "unknown", "failed"),
    Index(None, "state", "next_at"),
)

# A clinic tablet. While it is handed over its key opens one visit and no staff page.
tablet = Table(
    "tablet",
    metadata,
    row_id(),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("label", String(60), nullable=False),
    Column("site", String(20), nullable=False),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("participant_id", Id, ForeignKey("participant.id")),
    Column("timepoint", String(20)),
    Column("handed_at", UtcDateTime),
    # Of the staff session that ran on it last: the PIN opens the tablet for as long as that sign-in is good.
    Column("session_hash", String(64)),
    # Opens what the tablet sealed while it had no signal; it never leaves the server.
    Column("private_key_sealed", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("revoked_by", String(120)),
    one_of("state", "with_staff", "handed_over", "locked", "ward_round", "revoked"),
    Index(None, "site", "state"),
)

# The visits that were loaded on a tablet for a round without signal.
ward_round_visit = Table(
    "ward_round_visit",
    metadata,
    row_id(),
    Column("tablet_id", Id, ForeignKey("tablet.id"), nullable=False),
    Column("participant_id", Id, ForeignKey("participant.id"), nullable=False),
    Column("timepoint", String(20), nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    UniqueConstraint("tablet_id", "participant_id", "timepoint"),
)

# Why a form is not there, as somebody put it on record.
missing_reason = Table(
    "missing_reason",
    metadata,
    Column("participant_id", Id, ForeignKey("participant.id"), primary_key=True, autoincrement=False),
    Column("timepoint", String(20), primary_key=True),
    Column("instrument", String(40), primary_key=True),
    Column("reason", String(40), nullable=False),
    Column("note_sealed", Text),
    Column("recorded_by", String(120), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

phone_call = Table(
    "phone_call",
    metadata,
    row_id(),
    Column("participant_id", Id, ForeignKey("participant.id"), nullable=False),
    Column("timepoint", String(20), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("note_sealed", Text),
    Column("called_by", String(120), nullable=False),
    Column("called_at", UtcDateTime, nullable=False),
    one_of("outcome", "will_do", "interview_now", "too_ill", "refused", "not_reached"),
    Index(None, "participant_id", "timepoint"),
)

alert = Table(
    "alert",
    metadata,
    row_id(),
    Column("participant_id", Id, ForeignKey("participant.id"), nullable=False),
    Column("site", String(20), nullable=False),
    Column("timepoint", String(20), nullable=False),
    Column("response_id", Id, ForeignKey("response.id"), nullable=False),
    Column("rule", String(40), nullable=False),
    Column("scale", String(20), nullable=False),
    Column("value", Float, nullable=False),
    # What it was compared with: the threshold, or the value before.
    Column("compared", Float),
    Column("state", String(20), nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    # Each when letters were written: to the site's staff, to its coordinator, to the study's.
    Column("told_at", UtcDateTime),
    Column("escalated_at", UtcDateTime),
    Column("study_told_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(120)),
    Column("done", String(40)),
    Column("note_sealed", Text),
    UniqueConstraint("response_id", "rule", "scale"),
    one_of("state", "open", "acknowledged"),
    Index(None, "site", "state"),
    Index(None, "state", "raised_at"),
    Index(None, "participant_id"),
)

# A form on paper typed in a second time by somebody else, to be compared.
second_entry = Table(
    "second_entry",
    metadata,
    row_id(),
    Column("response_id", Id, ForeignKey("response.id"), nullable=False, unique=True),
    Column("answers", Text, nullable=False),
    Column("free_text_sealed", Text),
    Column("entered_by", String(120), nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("differences", Integer, nullable=False),
    Column("settled_by", String(120)),
    Column("settled_at", UtcDateTime),
)

# The heads of all audit chains at the end of a day, on their way to a registry: an outside witness.
audit_digest = Table(
    "audit_digest",
    metadata,
    row_id(),
    Column("day", Date, nullable=False),
    Column("registry", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("remote_id", String(200)),
    Column("problem", Text),
    UniqueConstraint("day", "registry"),
    one_of("state", "waiting", "delivered", "parked"),
)

# Things that happened to the whole installation and must be remembered: a restore, a change of keys.
milestone = Table(
    "milestone",
    metadata,
    row_id(),
    Column("name", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "name", "id"),
)

# An investigator's signature under one visit of one participant. Rows are only added: whether the newest one
# still holds follows from comparing its hash with what stands there now.
signature = Table(
    "signature",
    metadata,
    row_id(),
    Column("participant_id", Id, ForeignKey("participant.id"), nullable=False),
    Column("timepoint", String(20), nullable=False),
    Column("meaning", String(40), nullable=False),
    Column("signed_by", String(120), nullable=False),
    # As they were on that day: the name that is shown, and how the signer proved who it was.
    Column("name", String(120), nullable=False),
    Column("proved_by", String(20), nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    # What was signed: each response that counted, with its revision and the hash of its content.
    Column("content", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    one_of("proved_by", "password", "totp", "recovery_code"),
    Index(None, "participant_id", "timepoint"),
)

# Data that must not change any more, of one site or ("*") of the study. `participant.locked_at` follows it.
data_lock = Table(
    "data_lock",
    metadata,
    row_id(),
    Column("scope", String(20), nullable=False),
    Column("locked_at", UtcDateTime, nullable=False),
    Column("locked_by", String(120), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("unlocked_at", UtcDateTime),
    Column("unlocked_by", String(120)),
    Column("unlock_reason", String(40)),
    Index("uq_data_lock_in_force", "scope", unique=True, info={"where": "unlocked_at IS NULL"}),
)
