"""Which date of a clause goes with a value, and what it says of it.

Free of I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from schemas.enums import Granularity, Tense
from streams.extraction.clauses import Clause
from streams.extraction.dates import Clock, DateMention, Lean, Part, find_dates
from streams.extraction.rules.found import Times
from streams.extraction.rules.model import Dated
from streams.extraction.verbs import Aspect

_REACH = 240
"""Characters after the verb within which its date stands."""

_PAST_ASPECTS = frozenset({Aspect.PAST, Aspect.USED_TO, Aspect.PERFECT, Aspect.NEGATED_PAST})


def lean_of(dated: Dated, tense: Tense, aspect: Aspect) -> Lean:
    """Which way an open date points."""
    if dated is Dated.DUE or tense is Tense.PLANNED:
        return Lean.FUTURE
    return Lean.PAST if aspect in _PAST_ASPECTS or tense is Tense.PAST else Lean.NONE


def mentions(
    text: str, clause: Clause, clock: Clock, lean: Lean
) -> tuple[tuple[DateMention, ...], tuple[DateMention, ...]]:
    """The dates after the head of the clause, and those in the words before its subject."""
    after = find_dates(text, clock, lean, clause.verb.head, min(clause.end, clause.verb.head + _REACH))
    before = find_dates(text, clock, lean, clause.lead, clause.start) if clause.lead < clause.start else ()
    return after, before


def today(clock: Clock, at: int) -> DateMention:
    """The day of the message, for what `just` happened; it has no words of its own."""
    return DateMention(
        start=at,
        end=at,
        expression="just",
        part=Part.WHEN,
        valid_from=clock.midnight(clock.today),
        valid_to=clock.midnight(clock.today + timedelta(days=1)),
        granularity=Granularity.DAY,
    )


def happening(found: Sequence[DateMention], tense: Tense, clock: Clock) -> DateMention | None:
    """The first date on which something can have happened, or can be going to."""
    for mention in found:
        if mention.part is not Part.WHEN:
            continue
        if (mention.valid_from <= clock.at) if tense is Tense.PAST else (mention.valid_to > clock.at):
            return mention
    return None


def times_of(dated: Dated, mention: DateMention, tense: Tense) -> Times:
    """What the date says of a value of that tense."""
    if dated is Dated.DUE:
        return Times(due_from=mention.valid_from, due_to=mention.valid_to)
    if dated is Dated.HAPPENS:
        return Times(known_from=mention.valid_from, known_to=mention.valid_to, granularity=mention.granularity)
    return _began(mention, tense)


def _began(mention: DateMention, tense: Tense) -> Times:
    if tense is Tense.ENDED:
        return Times(known_to=mention.valid_from, granularity=mention.granularity)
    if mention.part is Part.UNTIL:
        return Times(known_to=mention.valid_to, granularity=mention.granularity)
    if tense is Tense.PAST and mention.part is Part.WHEN:
        return Times(known_from=mention.valid_from, known_to=mention.valid_to, granularity=mention.granularity)
    return Times(known_from=mention.valid_from, granularity=mention.granularity)
