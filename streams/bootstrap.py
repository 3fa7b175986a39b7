"""The composition root of the agents: settings in, a processor and its worker out.

The one place where pure processors meet the engine.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.codec import Codec
from streams.extraction.rules import RuleExtractor
from streams.ports import Processor
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractPolicy, ExtractProcessor
from topology.settings import Settings
from topology.stages import CONSOLIDATE, EXTRACT


def processor_of(stage: str, settings: Settings) -> Processor:
    """The processor of a stage by its name. Raises KeyError for one that is not an agent."""
    return {EXTRACT.name: _extract, CONSOLIDATE.name: _consolidate}[stage](settings)
