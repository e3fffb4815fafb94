"""staff and clinic

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_digest",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remote_id", sa.String(length=200), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'parked')", name=op.f("ck_audit_digest_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_digest")),
        sa.UniqueConstraint("day", "registry", name=op.f("uq_audit_digest_day_registry")),
    )
    op.create_table(
        "milestone",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    op.create_index(op.f("ix_milestone_name_id"), "milestone", ["name", "id"])

    op.create_table(
        "missing_reason",
        sa.Column(
            "participant_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("timepoint", sa.String(length=20), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note_sealed", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_missing_reason_participant_id")
        ),
        sa.PrimaryKeyConstraint("participant_id", "timepoint", "instrument", name=op.f("pk_missing_reason")),
    )
    op.create_table(
        "phone_call",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("timepoint", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note_sealed", sa.Text(), nullable=True),
        sa.Column("called_by", sa.String(length=120), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('will_do', 'interview_now', 'too_ill', 'refused', 'not_reached')",
            name=op.f("ck_phone_call_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_phone_call_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
    )
    op.create_index(
        op.f("ix_phone_call_participant_id_timepoint"), "phone_call", ["participant_id", "timepoint"]
    )

    op.create_table(
        "staff_letter",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("body_sealed", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=60), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('invitation', 'new_password', 'alert', 'escalation')", name=op.f("ck_staff_letter_kind")
        ),
        sa.CheckConstraint(
            "state IN ('due', 'claimed', 'sent', 'unknown', 'failed')", name=op.f("ck_staff_letter_state")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_letter_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_letter")),
        sa.UniqueConstraint("reference", name=op.f("uq_staff_letter_reference")),
        sa.UniqueConstraint("staff_id", "kind", "about", name=op.f("uq_staff_letter_staff_id_kind_about")),
    )
    op.create_index(op.f("ix_staff_letter_state_next_at"), "staff_letter", ["state", "next_at"])

    op.create_table(
        "staff_recovery_code",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_recovery_code_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_code")),
        sa.UniqueConstraint("staff_id", "code_hash", name=op.f("uq_staff_recovery_code_staff_id_code_hash")),
    )
    op.create_table(
        "staff_ticket",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('invitation', 'new_password')", name=op.f("ck_staff_ticket_purpose")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_ticket_staff_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_ticket")),
    )
    op.create_index(op.f("ix_staff_ticket_staff_id"), "staff_ticket", ["staff_id"])

    op.create_table(
        "tablet",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("timepoint", sa.String(length=20), nullable=True),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_hash", sa.String(length=64), nullable=True),
        sa.Column("private_key_sealed", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=120), nullable=True),
        sa.CheckConstraint(
            "state IN ('with_staff', 'handed_over', 'locked', 'ward_round', 'revoked')",
            name=op.f("ck_tablet_state"),
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_tablet_participant_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_tablet_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tablet")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_tablet_key_hash")),
    )
    op.create_index(op.f("ix_tablet_site_state"), "tablet", ["site", "state"])

    op.create_table(
        "alert",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site", sa.String(length=20), nullable=False),
        sa.Column("timepoint", sa.String(length=20), nullable=False),
        sa.Column("response_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("scale", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("compared", sa.Float(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("study_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=True),
        sa.Column("done", sa.String(length=40), nullable=True),
        sa.Column("note_sealed", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'acknowledged')", name=op.f("ck_alert_state")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_alert_participant_id")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_alert_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("response_id", "rule", "scale", name=op.f("uq_alert_response_id_rule_scale")),
    )
    op.create_index(op.f("ix_alert_participant_id"), "alert", ["participant_id"])
    op.create_index(op.f("ix_alert_site_state"), "alert", ["site", "state"])
    op.create_index(op.f("ix_alert_state_raised_at"), "alert", ["state", "raised_at"])

    op.create_table(
        "second_entry",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("response_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("free_text_sealed", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.String(length=120), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("settled_by", sa.String(length=120), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_second_entry_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_entry")),
        sa.UniqueConstraint("response_id", name=op.f("uq_second_entry_response_id")),
    )
    op.create_table(
        "ward_round_visit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tablet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("timepoint", sa.String(length=20), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_ward_round_visit_participant_id")
        ),
        sa.ForeignKeyConstraint(["tablet_id"], ["tablet.id"], name=op.f("fk_ward_round_visit_tablet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ward_round_visit")),
        sa.UniqueConstraint(
            "tablet_id",
            "participant_id",
            "timepoint",
            name=op.f("uq_ward_round_visit_tablet_id_participant_id_timepoint"),
        ),
    )
    op.create_index(op.f("ix_audit_action_id"), "audit", ["action", "id"])
    op.create_index(op.f("ix_audit_actor_id"), "audit", ["actor", "id"])
    op.create_index(op.f("ix_delivery_remote_id"), "delivery", ["remote_id"])
    op.create_index(
        "ix_outbox_receipt",
        "outbox",
        ["registry", "delivered_at"],
        sqlite_where=sa.text("delivered_at IS NOT NULL"),
        postgresql_where=sa.text("delivered_at IS NOT NULL"),
    )

    op.add_column("response", sa.Column("completed_on", sa.Date(), nullable=True))
    op.add_column("response", sa.Column("entered_by", sa.String(length=120), nullable=True))

    op.add_column("staff", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column("staff", sa.Column("totp_sealed", sa.Text(), nullable=True))
    op.add_column("staff", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.add_column("staff", sa.Column("pin_hash", sa.String(length=200), nullable=True))


def downgrade() -> None:
    op.drop_column("staff", "pin_hash")
    op.drop_column("staff", "totp_last_step")
    op.drop_column("staff", "totp_sealed")
    op.drop_column("staff", "email")

    op.drop_column("response", "entered_by")
    op.drop_column("response", "completed_on")

    op.drop_index("ix_outbox_receipt", "outbox")
    op.drop_index(op.f("ix_delivery_remote_id"), "delivery")
    op.drop_index(op.f("ix_audit_actor_id"), "audit")
    op.drop_index(op.f("ix_audit_action_id"), "audit")

    op.drop_table("ward_round_visit")
    op.drop_table("second_entry")
    op.drop_index(op.f("ix_alert_state_raised_at"), "alert")
    op.drop_index(op.f("ix_alert_site_state"), "alert")
    op.drop_index(op.f("ix_alert_participant_id"), "alert")

    op.drop_table("alert")
    op.drop_index(op.f("ix_tablet_site_state"), "tablet")

    op.drop_table("tablet")
    op.drop_index(op.f("ix_staff_ticket_staff_id"), "staff_ticket")

    op.drop_table("staff_ticket")
    op.drop_table("staff_recovery_code")
    op.drop_index(op.f("ix_staff_letter_state_next_at"), "staff_letter")

    op.drop_table("staff_letter")
    op.drop_index(op.f("ix_phone_call_participant_id_timepoint"), "phone_call")

    op.drop_table("phone_call")
    op.drop_table("missing_reason")
    op.drop_index(op.f("ix_milestone_name_id"), "milestone")

    op.drop_table("milestone")
    op.drop_table("audit_digest")
