"""The OpenAPI document: what FastAPI derives, with errors in their own media type and the events' own shape.

Pure but for the cache on the application.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from api.identity import GUARDED as GUARDED_PATHS
from api.limits.quotas import LIMIT_HEADER, POLICY_HEADER
from api.models.events import EventIn
from api.models.problems import MEDIA_TYPE
from api.routes.parameters import GUARDED

_ERROR_REFERENCE = "#/components/schemas/ProblemDetails"
_JSON = "application/json"
_OPERATIONS = frozenset({"get", "put", "post", "delete", "patch"})
_RETRY_AFTER = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
_RATE_HEADERS = {
    POLICY_HEADER: {"description": "Each quota of the caller: q in w seconds.", "schema": {"type": "string"}},
    LIMIT_HEADER: {
        "description": "What is left of each (r), and in how many seconds that changes (t).",
        "schema": {"type": "string"},
    },
}


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
    for path, operation in _operations(document):
        if path.startswith(GUARDED_PATHS):
            _guard(operation, named="{" in path)
    for content in _contents(document):
        if content.get(_JSON, {}).get("schema", {}).get("$ref") == _ERROR_REFERENCE:
            content[MEDIA_TYPE] = content.pop(_JSON)


def _guard(operation: dict[str, Any], *, named: bool) -> None:
    """Whatever stands before the routes may answer for any of them; a name in the path may be one that none takes."""
    for status in map(int, (*GUARDED, HTTPStatus.NOT_FOUND) if named else GUARDED):
        operation["responses"].setdefault(str(status), _problem(status))
    for told, response in operation["responses"].items():
        if told != "401":
            response.setdefault("headers", {}).update(_RATE_HEADERS)
    for waiting in ("429", "503", "504"):
        operation["responses"][waiting].setdefault("headers", {})["Retry-After"] = _RETRY_AFTER


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": _ERROR_REFERENCE}}},
    }


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        yield from ((path, operation) for method, operation in operations.items() if method in _OPERATIONS)


def _contents(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for _, operation in _operations(document):
        for response in operation["responses"].values():
            yield response.get("content", {})
