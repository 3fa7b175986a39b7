"""The schema registry: what an id on the wire means, which id a shipped schema has, and how schemas get there.

The one part of this package that talks to the network. It blocks: call it off the event loop.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential
from tenacity.stop import stop_base

from schemas.catalogue import Catalogue, SchemaVersion
from schemas.codec import Codec, UnknownSchemaId
from schemas.errors import Misconfigured, Retryable
from schemas.kept import KeptSchemaIds

T = TypeVar("T")

LEVEL = "FULL_TRANSITIVE"
"""Of every subject: old and new releases read each other's records, whichever wrote them, topics and tables alike."""

UNKNOWN_ID_SECONDS = 60
"""How long an id that nobody registered is taken for unknown: poison must not hammer the registry."""

TIMEOUT_SECONDS = 5.0
"""Of one call, which answers in milliseconds; some have been seen to hang for good."""

_ATTEMPTS = 3
_RETRY_AFTER_SECONDS = 5.0
_ABSENT = frozenset({40401, 40402, 40403})
"""Subject, version, schema not found, in the registry API's numbers; any other 404 is not the registry's word."""


class RegistrySchemaIds:
    """The `SchemaIds` of a Confluent-compatible registry. Schemas never change under their id: each is fetched once.

    Raises Retryable while the registry is away, Misconfigured where it refuses what only a person can mend.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = Registry(url, timeout_seconds=timeout_seconds)
        self._clock = clock
        self._ids: dict[tuple[str, int], int] = {}
        self._definitions: dict[int, dict[str, Any]] = {}
        self._unknown_until: dict[int, float] = {}

    def id_of(self, version: SchemaVersion) -> int:
        """The id of a shipped schema in its subject. Raises Misconfigured where it has not been registered."""
        key = version.subject, version.version
        if key not in self._ids:
            found = self._registry.find(version)
            if found is None:
                raise Misconfigured(
                    f"{version.subject} version {version.version} is not registered at {self._registry.url}: "
                    "run `python -m schemas register`"
                )
            self._ids[key] = found
        return self._ids[key]

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        """The schema behind an id. Raises UnknownSchemaId, from memory for a minute after the registry said so."""
        if schema_id not in self._definitions:
            if self._unknown_until.get(schema_id, 0) > self._clock():
                raise UnknownSchemaId(schema_id)
            self._definitions[schema_id] = self._fetch(schema_id)
        return self._definitions[schema_id]

    def close(self) -> None:
        """Let go of the connection; what was learnt stays known, nothing more can be asked."""
        self._registry.close()

    def _fetch(self, schema_id: int) -> dict[str, Any]:
        definition = self._registry.definition(schema_id)
        if definition is None:
            self._unknown_until = {i: until for i, until in self._unknown_until.items() if until > self._clock()}
            self._unknown_until[schema_id] = self._clock() + UNKNOWN_ID_SECONDS
            raise UnknownSchemaId(schema_id)
        return definition


def codec(url: str, keep: Path) -> Codec:
    """A codec over the registry at `url`, which goes on with the answers kept in the file `keep` while it is away."""
    return Codec(KeptSchemaIds(RegistrySchemaIds(url), url=without_credentials(url), file=keep))


def without_credentials(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A schema version and its id; `new` where this call brought it there."""

    version: SchemaVersion
    schema_id: int
    new: bool


class Registry:
    """A registry's calls, each with a timeout and a few tries; errors say what to do about them.

    `url` is the address without the credentials it may hold, for people to read.
    """

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS, patience_seconds: float = 0) -> None:
        """`patience_seconds`: keep trying for so long while the registry is away; 0: three tries."""
        self.url = without_credentials(url)
        self._stop: stop_base = (
            stop_after_delay(patience_seconds) if patience_seconds else stop_after_attempt(_ATTEMPTS)
        )
        try:
            self._client = SchemaRegistryClient({"url": url, "timeout": timeout_seconds, "max.retries": 0})
        except ValueError as error:
            raise Misconfigured(f"SCHEMA_REGISTRY_URL: {error}") from error

    def close(self) -> None:
        self._client.close()

    def find(self, version: SchemaVersion) -> int | None:
        """The id of exactly this schema in its subject, or None."""
        schema = _schema(version)
        found = self._unless_absent(lambda: self._client.lookup_schema(version.subject, schema))
        return None if found is None or found.schema_id is None else int(found.schema_id)

    def definition(self, schema_id: int) -> dict[str, Any] | None:
        """The Avro schema behind the id, or None where there is none."""
        found = self._unless_absent(lambda: self._client.get_schema(schema_id))
        if found is None or found.schema_str is None or found.schema_type not in (None, "AVRO"):
            return None
        parsed = json.loads(found.schema_str)
        return parsed if isinstance(parsed, dict) else {"type": parsed}

    def register(self, catalogue: Catalogue) -> Iterator[Registered]:
        """Bring every version there, oldest first, and set each subject's level; repeating it changes nothing.

        Raises Misconfigured where the registry finds a version incompatible with the ones it has.
        """
        for subject, versions in catalogue.subjects.items():
            settled = self._set_level(subject)
            for version in versions:
                yield self._register(version)
                settled = settled or self._set_level(subject)

    def _register(self, version: SchemaVersion) -> Registered:
        found = self.find(version)
        if found is not None:
            return Registered(version=version, schema_id=found, new=False)
        made = self._need(lambda: self._client.register_schema(version.subject, _schema(version)))
        return Registered(version=version, schema_id=int(made), new=True)

    def _set_level(self, subject: str) -> bool:
        """Whether it could be set: some registries know no level of a subject that is not there yet."""
        return self._unless_absent(lambda: self._client.set_compatibility(subject, LEVEL)) is not None

    def _need(self, call: Callable[[], T]) -> T:
        try:
            return self._ask(call)
        except SchemaRegistryError as refusal:
            raise Misconfigured(f"the schema registry at {self.url} refuses: {refusal}") from refusal

    def _unless_absent(self, call: Callable[[], T]) -> T | None:
        try:
            return self._ask(call)
        except SchemaRegistryError as refusal:
            if refusal.error_code in _ABSENT:
                return None
            raise Misconfigured(f"the schema registry at {self.url} refuses: {refusal}") from refusal

    def _ask(self, call: Callable[[], T]) -> T:
        """Raises Retryable where no answer came in any of the tries, SchemaRegistryError where the answer is no."""
        tries = Retrying(
            retry=retry_if_exception(_is_away), stop=self._stop, wait=wait_random_exponential(max=2), reraise=True
        )
        try:
            return tries(call)
        except Exception as error:
            if not _is_away(error):
                raise
            told = f"the schema registry at {self.url} does not answer: {type(error).__name__}: {error}"
            raise Retryable(told, retry_after_seconds=_RETRY_AFTER_SECONDS) from error


def _schema(version: SchemaVersion) -> Schema:
    return Schema(version.text, "AVRO")


def _is_away(error: BaseException) -> bool:
    """No answer at all (whatever its HTTP library raises), or one that asks to come again."""
    if isinstance(error, SchemaRegistryError):
        status = error.http_status_code
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return isinstance(error, Exception) and not isinstance(error, TypeError)
