"""What retention needs to know of an item, and the lists of a profile that look ahead.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0003_retention.up.sql")


def downgrade() -> None:
    execute("0003_retention.down.sql")
