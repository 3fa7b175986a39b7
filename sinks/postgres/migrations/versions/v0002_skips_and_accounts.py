"""What operators gave up, and an account of the input records that outcomes can be held against.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0002_skips_and_accounts.up.sql")


def downgrade() -> None:
    execute("0002_skips_and_accounts.down.sql")
