"""The agents' processors as a process makes them: by its rulebook and its settings."""

from __future__ import annotations

from schemas.enums import Role
from schemas.records import MemoryItem
from streams import bootstrap
from streams.replay import Replay
from support.memory import CODEC
from support.speech import said
from support.tenants import shoe_seller
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
