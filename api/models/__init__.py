"""Requests and answers as pydantic models: the JSON of the public contract, and what OpenAPI says of it."""
