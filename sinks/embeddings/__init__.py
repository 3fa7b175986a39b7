"""Messages to vectors of what they mean, landed in PostgreSQL by a sink of its own: docs/semantic.md."""
