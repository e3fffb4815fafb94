"""days of surgery by site

Revision 0003, after 0002.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_participant_site_surgery_on_study_number"),
        "participant",
        ["site", "surgery_on", "study_number"],
    )
    op.create_index(
        op.f("ix_participant_site_surgery_planned_on"), "participant", ["site", "surgery_planned_on"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_participant_site_surgery_planned_on"), "participant")
    op.drop_index(op.f("ix_participant_site_surgery_on_study_number"), "participant")
