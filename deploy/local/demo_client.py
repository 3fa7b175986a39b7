"""The few calls of the public HTTP interface that the demo makes, as any program in any language would.

Speaks HTTP with the standard library; knows nothing of Kafka or of the databases behind it.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ATTEMPTS = 5
TIMEOUT_SECONDS = 30.0
_BUSY = frozenset({429, 503})


class Refused(Exception):
    """The API answered with an error, or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A running API and a key to it."""

    url: str
    key: str

    def accept(self, events: list[dict[str, Any]]) -> int:
        """Send events; how many the broker has. Sending them again with the same ids is a retry."""
        return int(self._call("POST", "/v1/events", events)["accepted"])

    def pending(self) -> int:
        return int(self._call("GET", "/v1/lag")["pending"])

    def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        """The turns of a conversation by event time."""
        return list(self._pages(f"/v1/conversations/{_quoted(conversation_id)}/messages", "messages"))

    def items(self, user_id: str) -> list[dict[str, Any]]:
        """Everything ever remembered of a user, whatever its status."""
        return list(self._pages(f"/v1/users/{_quoted(user_id)}/items", "items"))

    def history(self, item_id: str) -> list[dict[str, Any]]:
        """All versions of an item, oldest first."""
        return list(self._pages(f"/v1/items/{_quoted(item_id)}/history", "versions"))

    def recall(self, user_id: str, query: str, limit: int) -> list[dict[str, Any]]:
        asked = {"user_id": user_id, "query": query, "limit": limit}
        return list(self._call("POST", "/v1/recall", asked)["results"])

    def _pages(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self._call("GET", path if cursor is None else f"{path}?cursor={_quoted(cursor)}")
            yield from page[name]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def _call(self, method: str, path: str, body: object = None) -> Any:
        """The JSON answer. Waits and asks again while the API says that it is busy. Raises Refused."""
        for attempt in range(ATTEMPTS):
            try:
                with urllib.request.urlopen(self._request(method, path, body), timeout=TIMEOUT_SECONDS) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code not in _BUSY or attempt == ATTEMPTS - 1:
                    raise Refused(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from error
                time.sleep(float(error.headers.get("Retry-After") or 1))
            except OSError as error:
                raise Refused(f"{method} {self.url}{path}: {error}") from error
        raise AssertionError("the last attempt returns or raises")

    def _request(self, method: str, path: str, body: object) -> urllib.request.Request:
        return urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
