"""What a registry has answered, kept in a file: a process can be started again while the registry is away.

Schemas never change under their id, so an answer stays true as long as the registry itself does. It is asked first,
whenever it answers; a file of another registry is not looked at.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from schemas.catalogue import SchemaVersion
from schemas.codec import SchemaIds
from schemas.errors import Retryable

logger = logging.getLogger(__name__)

T = TypeVar("T")

ASK_AGAIN_SECONDS: Final = 30.0
"""How long a registry that did not answer is left alone where an answer is kept: each try takes many seconds."""


class KeptSchemaIds:
    """The `SchemaIds` of `asked`, the registry at `url`, and what it said before where it is away.

    Raises what `asked` raises where nothing is kept. A file that cannot be written is told of, and done without.
    """

    def __init__(self, asked: SchemaIds, *, url: str, file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._asked = asked
        self._url = url
        self._file = file
        self._clock = clock
        self._away_until = 0.0
        self._ids, self._definitions = self._read()

    def id_of(self, version: SchemaVersion) -> int:
        key = f"{version.subject} {version.version}"
        return self._answer(self._ids, key, lambda: self._asked.id_of(version))

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        return self._answer(self._definitions, str(schema_id), lambda: self._asked.definition_of(schema_id))

    def _answer(self, kept: dict[str, T], key: str, ask: Callable[[], T]) -> T:
        if key in kept and self._clock() < self._away_until:
            return kept[key]
        try:
            answer = ask()
        except Retryable as away:
            if key not in kept:
                raise
            logger.warning("goes on with what the schema registry said before: %s", away)
            self._away_until = self._clock() + ASK_AGAIN_SECONDS
            return kept[key]
        if kept.get(key) != answer:
            kept[key] = answer
            self._write()
        return answer

    def _read(self) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            answers = kept["ids"], kept["definitions"]
        except FileNotFoundError:
            return {}, {}
        except (OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("what the schema registry said before cannot be read: %r", error)
            return {}, {}
        return answers if kept.get("registry") == self._url else ({}, {})

    def _write(self) -> None:
        """Whole or not at all, whoever else writes it."""
        told = json.dumps({"registry": self._url, "ids": self._ids, "definitions": self._definitions})
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._file.parent) as beside:
                new = Path(beside) / self._file.name
                new.write_text(told, "utf-8")
                new.replace(self._file)
        except OSError as error:
            logger.warning("what the schema registry says cannot be kept: %s", error)
