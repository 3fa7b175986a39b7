"""Messages sealed into blocks that wide scopes are searched by, and the tail of those that are not.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0008_sealed_search.up.sql")


def downgrade() -> None:
    execute("0008_sealed_search.down.sql")
