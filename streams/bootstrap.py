"""The composition root of the agents: the settings of a process in, the processor of its stage out.

The one place where rules, processors and policies meet.
"""

from __future__ import annotations

import logging
import traceback

from schemas.ids import TenantId
from schemas.state import Turn
from streams.extraction.guarded import GuardedExtractor, Tell
from streams.extraction.rules import RuleExtractor
from streams.ports import Processor
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.processors.policy import ExtractPolicy
from topology.metrics import EXTRACTOR_FAULTS, Meters
from topology.retention import KEPT_BY_DEFAULT
from topology.settings import Settings

logger = logging.getLogger(__name__)


def extract(settings: Settings, meters: Meters) -> Processor:
    """Events to messages and candidates, with the rule extractor."""
    policy = ExtractPolicy(
        window_turns=settings.window_turns,
        future_tolerance_seconds=settings.future_tolerance_seconds,
    )
    return ExtractProcessor(GuardedExtractor(RuleExtractor(), tell_of_faults(meters)), settings.partitions, policy)


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


def consolidate(_settings: Settings, _meters: Meters) -> Processor:
    """Candidates and commands to evidence, items and profiles."""
    return ConsolidateProcessor(KEPT_BY_DEFAULT)
