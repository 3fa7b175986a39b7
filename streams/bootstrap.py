"""The composition root of the agents: the settings of a process in, the processor of its stage out.

The one place where rules, processors and policies meet.
"""

from __future__ import annotations

import logging
import traceback

from schemas.ids import TenantId
from schemas.state import Turn
from streams.extraction.guarded import GuardedExtractor, Tell
from streams.extraction.tenants import Rulebook
from streams.ports import Processor
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.processors.policy import ExtractPolicy
from streams.processors.reextract import ReextractProcessor
from topology.errors import Misconfigured
from topology.lineage import Lineage
from topology.metrics import EXTRACTOR_FAULTS, Meters
from topology.settings import Settings
from topology.stages import EXTRACT, REEXTRACT

logger = logging.getLogger(__name__)


def extract(settings: Settings, rulebook: Rulebook, meters: Meters) -> Processor:
    """Events to messages and candidates, by the rules of the rulebook."""
    policy = ExtractPolicy(
        window_turns=settings.window_turns,
        future_tolerance_seconds=settings.future_tolerance_seconds,
        roles=rulebook.roles,
    )
    return ExtractProcessor(GuardedExtractor(rulebook.extractor, tell_of_faults(meters)), settings.partitions, policy)


def reextract(settings: Settings, rulebook: Rulebook, meters: Meters) -> Processor:
    """Messages to candidates, by the rules of the rulebook: the history read again."""
    policy = ExtractPolicy(window_turns=settings.window_turns, roles=rulebook.roles)
    return ReextractProcessor(GuardedExtractor(rulebook.extractor, tell_of_faults(meters)), policy)


def require_extractor(rulebook: Rulebook, name: str) -> None:
    """Raises Misconfigured where the rulebook is another extractor than the one of that name and version."""
    if rulebook.name != name:
        raise Misconfigured(f"there is no extractor {name} here: this is {rulebook.name} (RULES_FILE names another)")


def require_generation(lineage: Lineage, number: int, stage: str, rulebook: Rulebook) -> None:
    """Raises Misconfigured where the generation is not there, or where the stage may not work for it as it is.

    While a generation is built and handed over, one extractor reads it; once it has settled, its rules and the release
    may change as those of the first may.
    """
    generation = lineage.there(number)
    if stage == EXTRACT.name:
        lineage.check_extract(number)
    reads = stage in (EXTRACT.name, REEXTRACT.name)
    if reads and generation.extractor is not None and generation.settled_at is None:
        require_extractor(rulebook, generation.extractor)


def tell_of_faults(meters: Meters) -> Tell:
    """Counts a fault and names the message, without its words; which an exception may quote."""

    def tell(tenant_id: TenantId, turn: Turn, error: Exception) -> None:
        kind, where = type(error).__name__, error.__traceback__
        meters.add(EXTRACTOR_FAULTS, error=kind)
        lines = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(where)[-3:]]
        logger.error(
            "the extractor failed on a message, which is kept without candidates: %s at %s",
            kind,
            ", ".join(lines),
            extra={"tenant_id": tenant_id, "message_id": turn.message_id},
        )

    return tell


def consolidate(_settings: Settings, rulebook: Rulebook, _meters: Meters) -> Processor:
    """Candidates and commands to evidence, items and profiles, with the slots and the retention of each tenant."""
    return ConsolidateProcessor(rulebook.catalogues, rulebook.retention)
