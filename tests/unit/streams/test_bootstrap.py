"""The agents' processors as a process makes them: by its rulebook and its settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.enums import Role
from schemas.records import Generation, MemoryItem
from streams import bootstrap
from streams.bootstrap import require_generation
from streams.extraction.tenants import rulebook
from streams.replay import Replay
from support.memory import CODEC
from support.speech import said
from support.tenants import shoe_seller
from topology.errors import Misconfigured
from topology.lineage import Lineage
from topology.metrics import build
from topology.settings import Settings
from topology.topics import TopicName


def test_both_agents_know_the_roles_rules_and_slots_of_a_tenant() -> None:
    settings, book, meters = Settings(), shoe_seller(roles=[Role.ASSISTANT]), build("extract")
    replay = Replay(
        [bootstrap.extract(settings, book, meters), bootstrap.consolidate(settings, book, meters)],
        codec=CODEC,
        partitions=settings.partitions,
    )
    replay.take_events([said(1, "My shoe size is 43.", role=Role.ASSISTANT), said(2, "My shoe size is 44.")])

    (item,) = replay.latest(TopicName.ITEMS, MemoryItem).values()
    assert (item.slot, item.value, item.extractor) == ("shoe_size", "43", "shoes@1")


AT = datetime(2024, 5, 17, tzinfo=UTC)
BUILT = Generation(number=2, extractor="acme@4", declared_at=AT)


def may_start(stage: str, extractor: str, generation: Generation) -> bool:
    """Whether a process of the stage starts for the second generation, with that extractor."""
    try:
        require_generation(Lineage(written={2: generation}), 2, stage, rulebook(extractor))
    except Misconfigured:
        return False
    return True


def test_one_extractor_reads_a_generation_until_it_has_settled() -> None:
    assert may_start("reextract", "acme@4", BUILT)
    assert not may_start("reextract", "acme@5", BUILT)
    assert may_start("consolidate", "acme@5", BUILT), "it reads no text"


def test_rules_may_change_again_once_it_has_settled() -> None:
    settled = replace(BUILT, promoted_at=AT, settled_at=AT)

    assert may_start("extract", "acme@5", settled)
    assert not may_start("extract", "acme@5", replace(settled, settled_at=None))
    assert may_start("extract", "acme@4", replace(settled, settled_at=None))


def test_extract_does_not_start_for_a_generation_that_nothing_comes_of() -> None:
    assert not may_start("extract", "acme@4", BUILT)
    with pytest.raises(Misconfigured, match="no generation 3"):
        require_generation(Lineage(written={}), 3, "consolidate", rulebook())
