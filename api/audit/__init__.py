"""The audit log: who read, changed or administered what, a row a call."""
