"""the first tables

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("chain", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_audit_chain_number")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "audit_chain",
        sa.Column("chain", sa.String(length=20), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_chain")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "participant",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("study_number", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=20), nullable=False),
        sa.Column("arm", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("handle", sa.String(length=20), nullable=False),
        sa.Column("link_epoch", sa.Integer(), nullable=False),
        sa.Column("code_epoch", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("identity_sealed", sa.Text(), nullable=False),
        sa.Column("phone_lookup", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_reason", sa.String(length=40), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("surgery_state", sa.String(length=20), nullable=False),
        sa.Column("surgery_planned_on", sa.Date(), nullable=True),
        sa.Column("surgery_done_on", sa.Date(), nullable=True),
        sa.Column("surgery_on", sa.Date(), nullable=True),
        sa.Column("privacy_version", sa.String(length=40), nullable=True),
        sa.Column("privacy_answer", sa.Boolean(), nullable=True),
        sa.Column("privacy_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'too_ill', 'withdrawn', 'deceased')",
            name=op.f("ck_participant_status"),
        ),
        sa.CheckConstraint(
            "surgery_state IN ('planned', 'done', 'cancelled', 'unknown')",
            name=op.f("ck_participant_surgery_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_participant_code_hash")),
        sa.UniqueConstraint("handle", name=op.f("uq_participant_handle")),
        sa.UniqueConstraint("study_number", name=op.f("uq_participant_study_number")),
        sa.UniqueConstraint("uuid", name=op.f("uq_participant_uuid")),
    )
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_participant_enrolled_on_status"), ["enrolled_on", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_participant_phone_lookup"), ["phone_lookup"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_participant_site_study_number"), ["site", "study_number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_participant_surgery_done_on_status"), ["surgery_done_on", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_participant_surgery_on_status"), ["surgery_on", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_participant_surgery_planned_on_status"),
            ["surgery_planned_on", "status"],
            unique=False,
        )

    op.create_table(
        "staff",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('nurse', 'site_coordinator', 'investigator', "
            "'study_coordinator', 'monitor', 'administrator')",
            name=op.f("ck_staff_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "throttle",
        sa.Column("bucket", sa.String(length=120), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_throttle")),
    )
    op.create_table(
        "delivery",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("timepoint", sa.String(length=20), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=60), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", sa.String(length=40), nullable=True),
        sa.Column("remote_id", sa.String(length=200), nullable=True),
        sa.Column("refused_address", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('due', 'claimed', 'sent', 'delivered', 'unknown', "
            "'failed', 'address_refused', 'not_sent')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_delivery_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "participant_id",
            "timepoint",
            "opens_on",
            "step",
            "channel",
            name=op.f("uq_delivery_participant_id_timepoint_opens_on_step_channel"),
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_delivery_reference")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_state_next_at"), ["state", "next_at"], unique=False)

    op.create_table(
        "draft",
        sa.Column(
            "participant_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("timepoint", sa.String(length=20), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("response", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.Column("position", sa.String(length=20), nullable=True),
        sa.Column("answers_sealed", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_draft_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "timepoint", "instrument", name=op.f("pk_draft")),
    )
    op.create_table(
        "response",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("timepoint", sa.String(length=20), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("helper", sa.String(length=20), nullable=True),
        sa.Column("standing", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_due", sa.Date(), nullable=True),
        sa.Column("window_opens", sa.Date(), nullable=True),
        sa.Column("window_closes", sa.Date(), nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("free_text_sealed", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("helper IN ('alone', 'read', 'filled')", name=op.f("ck_response_helper")),
        sa.CheckConstraint(
            "mode IN ('own_phone', 'clinic_tablet', 'interview', 'paper')", name=op.f("ck_response_mode")
        ),
        sa.CheckConstraint(
            "standing IN ('current', 'beside', 'replaced', 'withdrawn')", name=op.f("ck_response_standing")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_response_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sa.UniqueConstraint("uuid", name=op.f("uq_response_uuid")),
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_response_participant_id_timepoint_instrument"),
            ["participant_id", "timepoint", "instrument"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_response_received_at"), ["received_at"], unique=False)
        batch_op.create_index(
            "uq_response_current",
            ["participant_id", "timepoint", "instrument"],
            unique=True,
            sqlite_where=sa.text("standing = 'current'"),
            postgresql_where=sa.text("standing = 'current'"),
        )

    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_session_staff_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_session_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("response_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=60), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remote_id", sa.String(length=200), nullable=True),
        sa.Column("remote_version", sa.String(length=80), nullable=True),
        sa.Column("remote_hash", sa.String(length=64), nullable=True),
        sa.CheckConstraint("kind IN ('submitted', 'corrected', 'withdrawn')", name=op.f("ck_outbox_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'claimed', 'delivered', 'parked', 'paused')", name=op.f("ck_outbox_state")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_outbox_participant_id")
        ),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_outbox_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "registry", "response_id", "kind", name=op.f("uq_outbox_registry_response_id_kind")
        ),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_participant_id_id"), ["participant_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_outbox_state_next_at"), ["state", "next_at"], unique=False)

    op.create_table(
        "score",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("response_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("algorithm", sa.String(length=40), nullable=False),
        sa.Column("scale", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("used", sa.String(length=200), nullable=False),
        sa.Column("missing", sa.String(length=200), nullable=False),
        sa.Column("answers_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(value IS NULL) <> (reason IS NULL)", name=op.f("ck_score_value_or_reason")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_score_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint(
            "response_id", "algorithm", "scale", name=op.f("uq_score_response_id_algorithm_scale")
        ),
    )


def downgrade() -> None:
    op.drop_table("score")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_state_next_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_participant_id_id"))

    op.drop_table("outbox")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_session_staff_id"))

    op.drop_table("staff_session")
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_response_current",
            sqlite_where=sa.text("standing = 'current'"),
            postgresql_where=sa.text("standing = 'current'"),
        )
        batch_op.drop_index(batch_op.f("ix_response_received_at"))
        batch_op.drop_index(batch_op.f("ix_response_participant_id_timepoint_instrument"))

    op.drop_table("response")
    op.drop_table("draft")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_state_next_at"))

    op.drop_table("delivery")
    op.drop_table("throttle")
    op.drop_table("staff")
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_participant_surgery_planned_on_status"))
        batch_op.drop_index(batch_op.f("ix_participant_surgery_on_status"))
        batch_op.drop_index(batch_op.f("ix_participant_surgery_done_on_status"))
        batch_op.drop_index(batch_op.f("ix_participant_site_study_number"))
        batch_op.drop_index(batch_op.f("ix_participant_phone_lookup"))
        batch_op.drop_index(batch_op.f("ix_participant_enrolled_on_status"))

    op.drop_table("participant")
    op.drop_table("lease")
    op.drop_table("audit_chain")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_at"))

    op.drop_table("audit")
