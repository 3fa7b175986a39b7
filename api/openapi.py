"""The OpenAPI document: what FastAPI derives, with errors in their own media type and the events' own shape.

Pure but for the cache on the application.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from api.models.events import EventIn
from api.models.problems import MEDIA_TYPE

_ERROR_REFERENCE = "#/components/schemas/ProblemDetails"
_JSON = "application/json"


def install(app: FastAPI) -> None:
    """Make `app` describe itself so."""
    derive = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(derive())
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way


def _complete(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas[EventIn.__name__] = EventIn.model_json_schema()
    for content in _contents(document):
        if content.get(_JSON, {}).get("schema", {}).get("$ref") == _ERROR_REFERENCE:
            content[MEDIA_TYPE] = content.pop(_JSON)


def _contents(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                yield response.get("content", {})
