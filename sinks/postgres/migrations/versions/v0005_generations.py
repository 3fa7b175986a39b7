"""Generations of memory, each in a schema of its own, and views of the one that answers come from.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0005_generations.up.sql")


def downgrade() -> None:
    execute("0005_generations.down.sql")
