"""What was known at a time: evidence as it was learned and taken back, texts as they were before they were edited.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0004_what_was_known.up.sql")


def downgrade() -> None:
    execute("0004_what_was_known.down.sql")
