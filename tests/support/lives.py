"""Lives generated for property tests in plain English, such as the real rules read: every kind, answers, corrections.

What is said is taken from the rules' own examples, so a rule that is added is spoken of too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from schemas.ids import UserId
from schemas.records import ConversationEvent, MessageExtraction
from streams.extraction.rules import RuleExtractor
from streams.extraction.rules.table import RULES
from streams.ports import RawRecord
from streams.processors.extract import ExtractProcessor
from support.conversations import arrivals, worlds
from support.folding import Stage, command_records, event_records
from support.orders import orders
from support.speech import START

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
