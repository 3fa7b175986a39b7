"""What a deployment may decide about extract: how much is context, who is heard, how far a clock may be ahead.

Data, free of I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.enums import Role
from schemas.ids import TenantId
from streams.extraction.port import HEARD


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractPolicy:
    """The settings of `extract` that change what it sends. Changing one changes what a replay makes."""

    window_turns: int = 32
    """Turns of a conversation kept by event time; what arrives later than that many turns finds no context."""
    window_characters: int = 131_072
    """Of all texts in a window: two texts of the greatest length, and a row below 600 kB whatever the script."""
    context_turns: int = 3
    """Turns before a message that the extractor is shown."""
    future_tolerance_seconds: int = 300
    roles: Mapping[TenantId, frozenset[Role]] = field(default_factory=dict)
    """Whose words may be remembered, by tenant; of a tenant that is not here, those of users alone."""

    def hears(self, tenant_id: TenantId, role: Role) -> bool:
        return role in self.roles.get(tenant_id, HEARD)
