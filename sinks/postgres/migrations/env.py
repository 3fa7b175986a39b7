"""Alembic's entry: runs the migrations on the connection it is handed by `sinks.postgres.migrate`.

Reads no environment and no file of settings, and knows no offline mode.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
