"""Lives generated for property tests in plain English, such as the real rules read: every kind, answers, corrections.

What is said is taken from the rules' own examples, so a rule that is added is spoken of too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from hypothesis import strategies as st

from schemas.enums import CommandType, EventType
from schemas.ids import CommandId, ConversationId, EventId, UserId
from schemas.records import ConversationEvent, MemoryCommand, MessageExtraction
from streams.extraction.rules import RuleExtractor
from streams.extraction.rules.table import RULES
from streams.ports import RawRecord
from streams.processors.extract import ExtractProcessor
from streams.processors.timeline import DATED_KINDS
from support.conversations import arrivals, worlds
from support.folding import Stage, command_records, event_records
from support.orders import Found, orders, values_for
from support.speech import START, TENANT, conversation, deleted, edited, said

EXTRACTOR: Final = RuleExtractor()

ARRIVED: Final = START + timedelta(days=1)
"""When the broker has the first record: after all that is said."""

ZONES: Final = (None, "Europe/Lisbon", "Pacific/Auckland", "Mars/Base")

_OTHERS: Final = ("4111111111111111 is my card.", "I no longer live in Lisbon.", "I used to live in Porto.", "Hello!")


def _spoken_of() -> Mapping[str, tuple[str, ...]]:
    """What the examples of the rules say and ask, by kind and slot."""
    found: dict[str, list[str]] = defaultdict(list)
    for rule in RULES:
        for each in rule.examples:
            found[f"{rule.kind}/{rule.slot}"] += [each.said] if each.asked is None else [each.asked, each.said]
    return {slot: tuple(dict.fromkeys(texts)) for slot, texts in found.items()}


SPOKEN: Final = _spoken_of()
QUESTIONS: Final = frozenset(each.asked for rule in RULES for each in rule.examples if each.asked)


@st.composite
def vocabularies(draw: st.DrawFn) -> list[str]:
    """A few sentences of one or two slots, so that they meet each other often."""
    slots = draw(st.lists(st.sampled_from(sorted(SPOKEN)), min_size=1, max_size=2, unique=True))
    told = [text for slot in slots for text in SPOKEN[slot]]
    return [*draw(st.lists(st.sampled_from(told), min_size=1, max_size=6, unique=True)), draw(st.sampled_from(_OTHERS))]


@st.composite
def lives(draw: st.DrawFn, least: int = 1) -> list[ConversationEvent]:
    """Histories of conversations; who asks is somebody else, and everybody has a time zone or none."""
    zone = draw(st.sampled_from(ZONES))
    return [_spoken(event, zone) for event in draw(worlds(vocabularies(), least))]


def _spoken(event: ConversationEvent, zone: str | None) -> ConversationEvent:
    asks = event.text in QUESTIONS and event.user_id is not None
    return replace(event, timezone=zone, user_id=UserId("ben") if asks else event.user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What the broker has of some conversations and of the commands about them, each in the order of its topic."""

    events: Sequence[RawRecord]
    commands: Sequence[RawRecord]

    @property
    def moments(self) -> list[datetime]:
        """When anything came, in order."""
        return sorted({raw.timestamp for raw in (*self.events, *self.commands)})

    def until(self, at: datetime) -> Life:
        """What the broker had by then."""
        events, commands = ([raw for raw in one if raw.timestamp <= at] for one in (self.events, self.commands))
        return Life(events=events, commands=commands)


@st.composite
def recorded_lives(draw: st.DrawFn) -> Life:
    """Events and commands as they come to the broker: late, doubled, in any order, now and then at the same moment."""
    events = event_records(draw(arrivals(draw(lives(least=2)))))
    commands = command_records(draw(orders(found_in(events), most=6)))
    steps = st.lists(st.integers(0, 3), min_size=len(events) + len(commands), max_size=len(events) + len(commands))
    clock, times = ARRIVED, []
    for step in draw(steps):
        clock += timedelta(milliseconds=step)
        times.append(clock)
    turns = draw(st.permutations([*[True] * len(events), *[False] * len(commands)]))
    told = [at for at, is_event in zip(times, turns, strict=True) if is_event]
    given = [at for at, is_event in zip(times, turns, strict=True) if not is_event]
    return Life(events=_at(events, told), commands=_at(commands, given))


def _at(records: Sequence[RawRecord], times: Sequence[datetime]) -> list[RawRecord]:
    return [replace(raw, timestamp=at) for raw, at in zip(records, times, strict=True)]


def extract() -> Stage:
    """The stage with the real rules."""
    return Stage(processor=ExtractProcessor(EXTRACTOR, 1))


def found_in(events: Sequence[RawRecord]) -> list[MessageExtraction]:
    return extract().run(events).extractions


_CONVERSATIONS: Final = ("kitchen", "work", "travels")
_MIXED: Final = ("fact/home_city", "preference/likes", "event/event", "task/task", "relation/sibling")
"""Slots that are always spoken of: values that supersede, that accumulate, that happen, that are due, and people."""
_CHANGED_SHARE: Final = 0.4
"""Of messages that are edited or deleted: far more than people do, so that histories meet."""


def told(seed: int, messages: int = 60) -> list[ConversationEvent]:
    """A long life of two in three conversations, the same for the same seed: with edits, deletions, late turns."""
    chance = Random(seed)
    slots = [*_MIXED, *chance.sample(sorted(SPOKEN), 6)]
    texts = [text for slot in slots for text in SPOKEN[slot]] + list(_OTHERS)
    spoken = [_placed(said(number, chance.choice(texts)), chance) for number in range(messages)]
    changes = [_changed(event, chance, texts) for event in spoken if chance.random() < _CHANGED_SHARE]
    at = {event.event_id: number for number, event in enumerate(spoken)}
    for event in changes:
        at[event.event_id] = (event.occurred_at - START) // timedelta(minutes=1)
    ends = conversation(EventType.CONVERSATION_DELETED, at=messages // 3, tenant_id=TENANT)
    ends = replace(ends, conversation_id=ConversationId("travels"), event_id=EventId("ends"))
    at[ends.event_id] = messages // 2
    return sorted([*spoken, *changes, ends], key=lambda event: at[event.event_id] + chance.randrange(6))


def _placed(event: ConversationEvent, chance: Random) -> ConversationEvent:
    who = "ben" if event.text in QUESTIONS or chance.random() < 0.2 else "anna"
    return replace(
        event,
        conversation_id=ConversationId(chance.choice(_CONVERSATIONS)),
        user_id=UserId(who),
        speaker_name=who.title(),
        timezone=chance.choice(ZONES),
    )


def _changed(event: ConversationEvent, chance: Random, texts: Sequence[str]) -> ConversationEvent:
    """The message edited or deleted, some time after it was said."""
    number, at = int(str(event.message_id)[1:]), int((event.occurred_at - START) / timedelta(minutes=1))
    later = at + chance.randrange(1, 30)
    new = deleted(number, at=later) if chance.random() < 0.3 else edited(number, chance.choice(texts), at=later)
    return replace(new, conversation_id=event.conversation_id, event_id=EventId(f"{event.event_id}.changed"))


def given(seed: int, events: Sequence[ConversationEvent], most: int = 24) -> list[MemoryCommand]:
    """Commands about what is found in the events: all four, the same for the same seed."""
    chance = Random(seed)
    found = [(e.tenant_id, e.user_id, c) for e in found_in(event_records(events)) for c in e.candidates]
    return [_command(f"k{number}", found, chance) for number in range(most)]


def _command(name: str, found: Sequence[Found], chance: Random) -> MemoryCommand:
    subject = chance.choice(found)
    tenant_id, user_id, about = subject
    values = [] if about.kind in DATED_KINDS else values_for(subject, found)
    kinds = [CommandType.CONFIRM, CommandType.FORGET]
    kind = chance.choice([*kinds, CommandType.CORRECT, CommandType.REMEMBER] if values else kinds)
    return MemoryCommand(
        tenant_id=tenant_id,
        user_id=user_id,
        command_id=CommandId(name),
        type=kind,
        issued_at=START + timedelta(minutes=chance.randrange(90)),
        item_id=about.item_id,
        kind=about.kind,
        slot=about.slot,
        value=chance.choice(values) if kind in (CommandType.CORRECT, CommandType.REMEMBER) else None,
        known_from=None,
        known_to=None,
    )
