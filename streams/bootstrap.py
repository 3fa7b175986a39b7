"""The composition root of the agents: the settings of a process in, the processor of its stage out.

The one place where rules, processors and policies meet.
"""

from __future__ import annotations

from streams.extraction.rules import RuleExtractor
from streams.ports import Processor
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.processors.policy import ExtractPolicy
from topology.settings import Settings


def extract(settings: Settings) -> Processor:
    """Events to messages and candidates, with the rule extractor."""
    policy = ExtractPolicy(
        window_turns=settings.window_turns,
        future_tolerance_seconds=settings.future_tolerance_seconds,
    )
    return ExtractProcessor(RuleExtractor(), settings.partitions, policy)


def consolidate(_settings: Settings) -> Processor:
    """Candidates and commands to evidence, items and profiles."""
    return ConsolidateProcessor()
