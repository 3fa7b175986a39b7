"""Path and query parameters that several endpoints take, and the errors they all may answer with.

Shapes only. Ids may hold slashes, so they are path segments that swallow them; what follows an id ends it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeAlias

from fastapi import Path, Query

from api.models.values import CURSOR_LONGEST, LIMIT_MOST, Name, Words

UserName: TypeAlias = Annotated[Name, Path(description="Whose.", examples=["ana"])]
ConversationName: TypeAlias = Annotated[Name, Path(examples=["family"])]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=LIMIT_MOST, description="Rows of a page.")]
Cursor: TypeAlias = Annotated[
    Words | None, Query(max_length=CURSOR_LONGEST, description="`next_cursor` of the page before.")
]

GUARDED = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""What any endpoint behind a key may answer beside its success."""
FOUND = (*GUARDED, HTTPStatus.NOT_FOUND)
WITH_BODY = GUARDED
