"""The query service: events in over HTTP, and every answer about what is remembered.

Reads PostgreSQL and Redis, writes to Kafka alone; the rows are the sinks' business.
"""
