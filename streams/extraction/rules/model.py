"""What a rule is: a row of data that says which clauses it reads, where the value stands, and what it asserts.

Free of I/O. A rule is proven by its own examples and counter-examples, which are its tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from schemas.enums import Kind, Tense
from streams.extraction.clauses import Subject
from streams.extraction.names import Filler
from streams.extraction.verbs import Aspect

ANY_HEAD: Final = "*"
"""Stands among the heads of a rule that reads clauses with any verb."""
PAST_HEAD: Final = "-ed"
"""Stands for every past form: `moved`, `went`."""
ING_HEAD: Final = "-ing"
"""Stands for every present participle: `hiking`."""
DATED_HEAD: Final = "@"
"""Any first word, in a text that has dates."""
NUMBER_HEAD: Final = "0"


class Dated(StrEnum):
    """What a date in the clause says of the value."""

    NO = "no"
    BEGAN = "began"
    """Since when the value holds, or between when it held."""
    HAPPENS = "happens"
    """When it happens; there is no event without a date."""
    DUE = "due"
    """Until when it has to be done."""
    IS = "is"
    """The date is the value itself (a birthday)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message, and the values that the rule finds in it."""

    said: str
    values: tuple[str, ...]
    tense: Tense = Tense.PRESENT
    asked: str | None = None
    """What somebody else said right before."""


def example(said: str, *values: str, tense: Tense = Tense.PRESENT, asked: str | None = None) -> Example:
    return Example(said=said, values=values, tense=tense, asked=asked)


Tenses: TypeAlias = Mapping[Aspect, Tense]
"""What the rule makes of each way to use its verb; of any other it makes nothing."""


def tenses(*bases: Tenses, **by_aspect: Tense) -> Tenses:
    """The tenses of `bases`, the later before the earlier, and those named by aspect."""
    own = {Aspect(name): tense for name, tense in by_aspect.items()}
    return MappingProxyType({aspect: tense for table in (*bases, own) for aspect, tense in table.items()})


NOW = tenses(present=Tense.PRESENT)
STATE = tenses(
    present=Tense.PRESENT,
    perfect=Tense.PRESENT,
    past=Tense.PAST,
    used_to=Tense.PAST,
    future=Tense.PLANNED,
    ended=Tense.ENDED,
)
"""A verb of lasting: `I live`, `I have lived` (since), `I lived`, `I used to`, `I will`, `I no longer`."""
TASTE = tenses(present=Tense.PRESENT, perfect=Tense.PRESENT, used_to=Tense.PAST, ended=Tense.ENDED)
"""As a state, but a simple past (`I loved the film`) tells of an occasion."""
CHANGE = tenses(past=Tense.PRESENT, perfect=Tense.PRESENT, future=Tense.PLANNED)
"""A verb of change, after which the value holds: `I moved to`, `I will move to`."""
PLAN = tenses(present=Tense.PLANNED, future=Tense.PLANNED)
"""A change that is said to come: `I'm moving to`."""
DONE = tenses(past=Tense.PAST)
LOSS = tenses(past=Tense.ENDED, perfect=Tense.ENDED)
"""A verb after which the value holds no more: `I quit my job at`."""

I_ONLY = frozenset({Subject.I})
I_OR_WE = frozenset({Subject.I, Subject.WE})
ANYONE = frozenset({Subject.I, Subject.WE, Subject.NONE})
"""The speaker, or the speaker left out: `Just moved to Porto`."""
MINE = frozenset({Subject.MY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern of first-person clauses, and the slot whose value stands in them.

    `pattern` is read at the clause's head; in it a space is any white space and `{name}` a part of `MACROS`. The value
    is what `fill` finds where the pattern ends, or the pattern's group `value`.
    """

    name: str
    version: int = 1
    kind: Kind
    slot: str
    subjects: frozenset[Subject]
    heads: frozenset[str]
    """First words by which the rule is found; the pattern decides."""
    pattern: str
    before: str | None = None
    """What must stand right before the subject; may hold the group `value` (`Blue is my favourite colour`)."""
    fill: Filler | None = None
    value: str = "{value}"
    """How the value is put together from the groups: `{role} {value}`."""
    tenses: Tenses = field(default_factory=lambda: NOW)
    be: bool | None = False
    """Whether a form of `be` must stand before the head; None: it may."""
    reaches_back: bool = False
    """Whether `before` may stand before another subject: `the coverage of my parser, and I've reached 65 %`."""
    anywhere: bool = False
    """Whether the clause may be part of another: `I went with my sister Anna`."""
    dated: Dated = Dated.NO
    needs_just: bool = False
    """Whether `just` must stand before the verb, which dates it like `today`."""
    confidence: float
    examples: tuple[Example, ...]
    counter_examples: tuple[str, ...]

    @property
    def identifier(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRule:
    """A question of somebody else, and the words by which the next speaker answers it with no more than the value."""

    name: str
    version: int = 1
    kind: Kind
    slot: str
    question: str
    """Searched in what was asked; its group `thing` may be part of the value."""
    reply: str
    """Read at the beginning of the answer, up to where the value begins, or with the value as its group."""
    fill: Filler | None = None
    value: str = "{value}"
    dated: Dated = Dated.NO
    tense: Tense = Tense.PRESENT
    confidence: float
    examples: tuple[Example, ...]
    counter_examples: tuple[Example, ...]
    """Questions with answers that give nothing."""

    @property
    def identifier(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRule:
    """A pattern that is found anywhere in a message: how to reach the speaker."""

    name: str
    version: int = 1
    kind: Kind = Kind.CONTACT
    slot: str
    cues: tuple[str, ...]
    """Text without any of these (in lower case) is not searched."""
    pattern: str
    confidence: float
    examples: tuple[Example, ...]
    counter_examples: tuple[str, ...]

    @property
    def identifier(self) -> str:
        return f"{self.name}@{self.version}"
