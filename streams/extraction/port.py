"""The port behind which every extractor stands, whether of rules or of a language model.

Free of I/O. An extractor sees one message and the turns before it; it weighs nothing against what is known already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from schemas.enums import Role
from schemas.ids import TenantId
from schemas.records import Candidate
from schemas.state import Turn

HEARD: Final = frozenset({Role.USER})
"""Whose words may be remembered, unless a tenant says otherwise: what an assistant says is no word of a person's."""


class Extractor(Protocol):
    """Finds assertions in a message. The same arguments always give the same candidates."""

    @property
    def name(self) -> str:
        """`name@version`, such as `rules@2`: changes whenever the same message may give other candidates."""
        ...

    def extract(
        self,
        turn: Turn,
        context: Sequence[Turn],
        tenant_id: TenantId,
        timezone: str | None,
        language: str | None,
    ) -> tuple[Candidate, ...]:
        """All candidates of `turn`, all of them about `turn.user_id`, ordered by (start, end, slot).

        `context` is the turns before it, oldest first; `turn.occurred_at` is the clock against which dates are read,
        in `timezone` (IANA; unknown or None: UTC). `language` is BCP 47; None: to be found out or taken as English.
        Every quote is exactly `turn.text[start:end]`. Roles and `remember` are the caller's to judge; a turn that is
        `recalled` gives nothing. Never raises on any text.
        """
        ...
