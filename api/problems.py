"""Errors as problem details (RFC 9457): every answer that is not a success has this form.

Makes answers; decides nothing. A traceback is never sent unless DEBUG is set.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api.models.problems import MEDIA_TYPE, ProblemDetails, ProblemError
from api.tracing import current_request_id
from topology.errors import Misconfigured, Retryable

URN = "urn:alluvium:problem"
MENDING_SECONDS = 30.0
MOST_ERRORS = 100
"""Named in one answer: whoever has more of them has one fault many times."""

_log = logging.getLogger(__name__)


class Problem(Exception):
    """An error to be told. `slug` names its type for ever; `detail` must not hold what a person said."""

    def __init__(
        self,
        status: HTTPStatus,
        slug: str,
        title: str,
        *,
        detail: str | None = None,
        errors: Sequence[ProblemError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.slug, self.title = status, slug, title
        self.detail, self.errors, self.headers = detail, tuple(errors), dict(headers or {})


def not_found(what: str) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "not-found", f"There is no such {what}")


def invalid(title: str, errors: Sequence[ProblemError], most: int = MOST_ERRORS) -> Problem:
    """`most` errors are named, and of the others their number."""
    more = len(errors) - most
    detail = f"{more} more errors are not listed." if more > 0 else None
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", title, detail=detail, errors=errors[:most])


def invalid_field(field: str, reason: str, detail: str) -> Problem:
    return invalid("The request cannot be followed", [ProblemError(field=field, reason=reason, detail=detail)])


def unauthorised(title: str, challenge: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", title, headers={"WWW-Authenticate": challenge})


def unavailable(retry_after_seconds: float) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        "The service cannot do this now",
        detail="Nothing is promised: send the same request again after a while.",
        headers={"Retry-After": str(max(1, ceil(retry_after_seconds)))},
    )


def answer(problem: Problem) -> JSONResponse:
    """The problem as a response."""
    body = ProblemDetails(
        type=f"{URN}:{problem.slug}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        instance=f"urn:request:{current_request_id()}",
        errors=list(problem.errors) or None,
    )
    content = body.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, status_code=problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


FORESEEN = (Problem, Retryable, Misconfigured)


def told(error: Problem | Retryable | Misconfigured) -> JSONResponse:
    """The answer to a foreseen error. What only a person can mend may be mended while the service runs; the log says
    what it is."""
    if isinstance(error, Problem):
        return answer(error)
    if isinstance(error, Retryable):
        _log.warning("unavailable: %s", error)
        return answer(unavailable(error.retry_after_seconds))
    _log.error("misconfigured: %s", error)
    return answer(unavailable(MENDING_SECONDS))


def unexpected(error: BaseException, *, debug: bool) -> JSONResponse:
    """The answer to an error that nobody foresaw."""
    told = "".join(traceback.format_exception(error)) if debug else None
    return answer(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "The service has failed", detail=told))


def install(app: FastAPI) -> None:
    """Make `app` answer every foreseen error in this form."""
    for kind in FORESEEN:
        app.add_exception_handler(kind, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http)


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the errors of a route."""
    return {
        int(status): {"model": ProblemDetails, "description": status.phrase, "content": {MEDIA_TYPE: {}}}
        for status in statuses
    }


async def _foreseen(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FORESEEN)
    return told(error)


async def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return answer(invalid("The request cannot be understood", [_of_pydantic(e) for e in error.errors()]))


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    slug = status.name.lower().replace("_", "-")
    return answer(Problem(status, slug, status.phrase, headers=error.headers))


def _of_pydantic(error: Mapping[str, Any]) -> ProblemError:
    """Where and why, without the value: it may be what a person said."""
    place, *path = error["loc"]
    field = ".".join(map(str, path)) or str(place)
    return ProblemError(field=field, reason=str(error["type"]), detail=str(error["msg"]))
