"""Keys that can be rotated, and the audit log: who read, changed or administered what.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0007_keys_and_audit.up.sql")


def downgrade() -> None:
    execute("0007_keys_and_audit.down.sql")
