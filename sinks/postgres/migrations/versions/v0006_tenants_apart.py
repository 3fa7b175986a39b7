"""Row-level security: what the service's login reads is one tenant's, whatever a statement asks for.

Only names the SQL files of both directions.
"""

from sinks.postgres.migrations.sql_files import execute

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    execute("0006_tenants_apart.up.sql")


def downgrade() -> None:
    execute("0006_tenants_apart.down.sql")
