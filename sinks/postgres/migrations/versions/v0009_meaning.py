"""Vectors of messages, for recall by meaning, and the models that they are of.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0009_meaning.up.sql")


def downgrade() -> None:
    execute("0009_meaning.down.sql")
