"""Both stages over a log in memory, and what they remember: for tests that speak and then ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from schemas.codec import Codec, ShippedSchemaIds
from schemas.enums import CommandType
from schemas.ids import CommandId, ItemId, UserId
from schemas.keys import join_key, partition_of
from schemas.records import ConversationEvent, Evidence, MemoryCommand, MemoryItem, Position, Profile, Record
from streams.extraction.port import Extractor
from streams.extraction.tenants import Rulebook
from streams.extraction.tenants import rulebook as built_in
from streams.ports import RawRecord
from streams.processors.policy import ExtractPolicy
from streams.replay import PARTITIONS, Replay, both_stages
from support.speech import ANNA, START, TENANT, WordExtractor
from topology.topics import TopicName

CODEC = Codec(ShippedSchemaIds())


class Memory:
    """What Anna's words leave behind."""

    def __init__(
        self,
        extractor: Extractor | None = None,
        *,
        run_records: int = 500,
        window_turns: int = 32,
        rulebook: Rulebook | None = None,
    ) -> None:
        book = rulebook or replace(built_in(), extractor=extractor or WordExtractor())
        policy = ExtractPolicy(window_turns=window_turns, roles=book.roles)
        processors = both_stages(book.extractor, policy, PARTITIONS, book.catalogues)
        self.replay = Replay(processors, codec=CODEC, partitions=PARTITIONS, run_records=run_records)
        self._commands = 0

    def hear(self, *events: ConversationEvent) -> Memory:
        self.replay.take_events(events)
        return self

    def obey(self, command: MemoryCommand) -> Memory:
        self.replay.take([self.record_of(command)])
        return self

    def record_of(self, command: MemoryCommand) -> RawRecord:
        """The command as the API sends it, at the next offset."""
        partition = partition_of(f"{command.tenant_id}/{command.user_id}", PARTITIONS)
        offset = self.replay.log.end(TopicName.COMMANDS, partition)
        return RawRecord(
            position=Position(topic=TopicName.COMMANDS, partition=partition, offset=offset),
            timestamp=command.issued_at + timedelta(seconds=1),
            key=join_key(command.tenant_id, command.user_id, command.command_id).encode(),
            value=CODEC.encode(command),
        )

    @property
    def items(self) -> dict[str, MemoryItem]:
        """Current versions by value; fails where two items share a value."""
        items = list(self.replay.latest(TopicName.ITEMS, MemoryItem).values())
        assert len({item.value for item in items}) == len(items)
        return {item.value: item for item in items}

    @property
    def versions(self) -> list[MemoryItem]:
        """Every version sent, in order, without tombstones."""
        return present(value for _, value in self.replay.sent(TopicName.ITEMS, MemoryItem))

    @property
    def evidence(self) -> list[Evidence]:
        """Evidence as it stands, in order of key."""
        return list(self.replay.latest(TopicName.EVIDENCE, Evidence).values())

    @property
    def profile(self) -> Profile:
        return self.replay.latest(TopicName.PROFILES, Profile)[join_key(TENANT, ANNA)]


def present(values: Iterable[Record | None]) -> list[Any]:
    return [value for value in values if value is not None]


def command(type_: CommandType, *, at: float, name: str = "k1", **fields: Any) -> MemoryCommand:
    """A command of Anna's, issued `at` minutes after START."""
    known = {"item_id": None, "kind": None, "slot": None, "value": None, "known_from": None, "known_to": None} | fields
    return MemoryCommand(
        tenant_id=TENANT,
        user_id=UserId(ANNA),
        command_id=CommandId(name),
        type=type_,
        issued_at=minute(at),
        **known,
    )


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def id_of(memory: Memory, value: str) -> ItemId:
    return memory.items[value].item_id
