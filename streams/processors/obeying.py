"""Commands obeyed, and kept waiting where they are about an item of which nothing is known yet.

Free of I/O; reads and writes the typed stores it is given. Extractions and commands stand on two topics, so a command
may be read before the words it is about; it is obeyed when they come, and the same is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from schemas.enums import CommandType
from schemas.ids import ItemId
from schemas.records import Evidence, MemoryCommand, Position
from schemas.state import EvidenceRef, MessageItems
from streams.ports import Output, Stores
from streams.processors import commands
from streams.processors.assertions import Origin, Owner, by_ref
from streams.processors.expiry import wear_out
from streams.processors.items import Cause
from streams.processors.settling import settle
from streams.processors.timeline import EXPIRED
from topology.stages import ITEM_SUMMARIES, MESSAGE_ITEMS, WAITING_COMMANDS
from topology.topics import TopicName

_ABOUT_AN_ITEM = frozenset({CommandType.CORRECT, CommandType.CONFIRM, CommandType.FORGET, CommandType.EXPIRE})


def obey(owner: Owner, command: MemoryCommand, came: Cause, cause: Cause, stores: Stores) -> Iterable[Output]:
    """What the command asserts, settled; nothing yet where it must wait. Raises PoisonRecord before it writes.

    It is asserted since the command `came`; `cause` is why it is obeyed now.
    """
    known = stores.get(ITEM_SUMMARIES, owner.key(command.item_id)) if command.item_id else None
    said = by_ref(owner, commands.assertions(owner, command, known, came))
    waits = known is None and command.item_id is not None and command.type in _ABOUT_AN_ITEM
    if not said and not waits:
        return ()
    if waits and command.item_id is not None:
        stores.put(WAITING_COMMANDS, owner.key(command.item_id, command.command_id), command)
    origin = Origin(conversation_id="", message_id=command.command_id)
    since = came.recorded_at if waits else None
    row = MessageItems(revision=came.position.offset, refs=tuple(said), recorded_at=since)
    stores.put(MESSAGE_ITEMS, owner.key(origin.conversation_id, origin.message_id), row)
    return chain(settle_and_heed(owner, origin, (), said, cause, stores), _expire(owner, said, cause, stores))


def _expire(owner: Owner, said: Mapping[EvidenceRef, Evidence], cause: Cause, stores: Stores) -> Iterator[Output]:
    for ref, each in said.items():
        if each.rule == EXPIRED and each.known_to is not None:
            yield from wear_out(owner, ref, each.known_to, cause.recorded_at, stores)


def settle_and_heed(
    owner: Owner,
    origin: Origin,
    former: Sequence[EvidenceRef],
    said: Mapping[EvidenceRef, Evidence],
    cause: Cause,
    stores: Stores,
) -> Iterator[Output]:
    """What `settle` gives, then what the commands assert that have waited for the items that are new with it."""
    items = dict.fromkeys(ref.item_id for ref in said)
    new = [item for item in items if stores.get(ITEM_SUMMARIES, owner.key(item)) is None]
    yield from settle(owner, origin, former, said, cause, stores)
    for item in new:
        yield from _heed(owner, item, cause, stores)


def _heed(owner: Owner, item: ItemId, cause: Cause, stores: Stores) -> Iterator[Output]:
    """Commands that waited for the item, known from now on."""
    for key, command in list(stores.scan(WAITING_COMMANDS, owner.key(item, ""))):
        stores.delete(WAITING_COMMANDS, key)
        noted = stores.get(MESSAGE_ITEMS, owner.key("", command.command_id))
        assert noted is not None, "what waits was noted when it came"
        at = Position(topic=TopicName.COMMANDS, partition=cause.lane, offset=noted.revision)
        since = noted.recorded_at or cause.recorded_at
        came = Cause(position=at, recorded_at=since, lane=cause.lane)
        yield from obey(owner, command, came, replace(came, recorded_at=max(since, cause.recorded_at)), stores)
