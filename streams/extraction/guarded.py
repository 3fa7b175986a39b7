"""An extractor whose faults cost a message its candidates and nothing more.

Free of I/O, but for who is told. An extractor never raises; where one does, that is our own fault: the message is kept
all the same, and whoever mends the extractor reads the history again with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from schemas.ids import TenantId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.port import Extractor

Tell: TypeAlias = Callable[[TenantId, Turn, Exception], None]


class GuardedExtractor:
    """`extractor`, with no candidates of a message on which it fails; `tell` hears of each."""

    def __init__(self, extractor: Extractor, tell: Tell) -> None:
        self._extractor = extractor
        self._tell = tell

    @property
    def name(self) -> str:
        return self._extractor.name

    def extract(
        self,
        turn: Turn,
        context: Sequence[Turn],
        tenant_id: TenantId,
        timezone: str | None,
        language: str | None,
    ) -> tuple[Candidate, ...]:
        """See `streams.extraction.port.Extractor`."""
        try:
            return self._extractor.extract(turn, context, tenant_id, timezone, language)
        except Exception as error:  # noqa: BLE001 - whatever it is, it would come again with the same message
            self._tell(tenant_id, turn, error)
            return ()
