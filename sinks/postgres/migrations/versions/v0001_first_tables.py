"""The first tables: messages, memory items and their versions, evidence, outcomes, profiles, positions, API keys.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0001_first_tables.up.sql")


def downgrade() -> None:
    execute("0001_first_tables.down.sql")
