"""Reads clauses by rules: finds the rules of a verb, fills their slots, gives each value its tense and its dates.

Free of I/O. Every rule is tried at one place of a clause only, so the work grows with the number of clauses.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Protocol, TypeAlias

from schemas.enums import Granularity, Kind, Tense
from streams.extraction.clauses import Clause, Discourse, Spot, Subject
from streams.extraction.dates import DateMention, Part, find_dates
from streams.extraction.guards import Opening
from streams.extraction.names import Filled
from streams.extraction.phrases import without_dangling
from streams.extraction.rules.dating import happening, lean_of, mentions, times_of, today
from streams.extraction.rules.found import Found, Said, Times
from streams.extraction.rules.model import ANY_HEAD, DATED_HEAD, ING_HEAD, NUMBER_HEAD, PAST_HEAD, Dated, Rule
from streams.extraction.rules.patterns import compiled
from streams.extraction.verbs import Aspect, VerbGroup, is_past

_CLAUSE_REACH = 300
"""Characters after its head within which a clause shows what rule it fits."""
_BEFORE_REACH = 64
_POSSESSION = "have"
_GOT_IS_HAVE = frozenset({Aspect.PERFECT, Aspect.PRESENT})


class Fit(Protocol):
    """Where a pattern fits, and its groups; as of `re.Match`."""

    def start(self) -> int: ...

    def end(self) -> int: ...

    def group(self) -> str: ...

    def span(self, group: str, /) -> tuple[int, int]: ...

    def groupdict(self) -> Mapping[str, str | None]: ...


class ClausePattern(Protocol):
    """What reads a clause from its head on; as of `re.Pattern`."""

    def match(self, text: str, pos: int, endpos: int, /) -> Fit | None: ...


@dataclass(frozen=True, slots=True)
class CompiledRule:
    rule: Rule
    pattern: ClausePattern
    before: re.Pattern[str] | None = None
    possessive: bool = field(init=False)
    """Whether it speaks of having, which `I've got` and `I got` do too."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "possessive", _POSSESSION in self.rule.heads)


Rules: TypeAlias = tuple[CompiledRule, ...]

_HEADS_KEPT = 4_096
"""First words of clauses, whose rules are looked up once; a text may hold any."""

RulesFor: TypeAlias = Callable[[Subject, str], Sequence[CompiledRule]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A rule that fits a clause."""

    rule: Rule
    match: Fit
    before: re.Match[str] | None
    aspect: Aspect
    tense: Tense


class ClauseReader:
    """Rules, found by the subject and the first word of a clause."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules: dict[tuple[Subject, str], list[CompiledRule]] = defaultdict(list)
        for rule in rules:
            made = CompiledRule(rule, compiled(rule.pattern), compiled(rule.before) if rule.before else None)
            for subject in rule.subjects:
                for head in rule.heads:
                    self._rules[subject, head].append(made)
        self._known = lru_cache(maxsize=_HEADS_KEPT)(self._by_head)

    def read(self, said: Said, discourse: Discourse) -> Iterator[Found]:
        """What the rules find in the clauses of a message."""
        return read_clauses(said, discourse, partial(self._of, said))

    def _of(self, said: Said, subject: Subject, head: str) -> Rules:
        """The rules for such a clause, without those that need a date or a habit's words where the text has none."""
        fixed, recurring, dated = self._known(subject, head)
        found = fixed
        if recurring and said.signs.recurs:
            found = (*found, *recurring)
        if dated and said.signs.dated:
            found = (*found, *dated)
        return found

    def _by_head(self, subject: Subject, head: str) -> tuple[Rules, Rules, Rules]:
        """The rules for such a clause: always, where the text has a habit's words, and where it has dates."""
        fixed = self._rules.get((subject, head), [])
        if head[0].isdigit():
            fixed = [*fixed, *self._rules.get((subject, NUMBER_HEAD), ())]
        dated = self._rules.get((subject, DATED_HEAD), [])
        if is_past(head):
            dated = [*dated, *self._rules.get((subject, PAST_HEAD), ())]
        elif head.endswith("ing"):
            dated = [*dated, *self._rules.get((subject, ING_HEAD), ())]
        return tuple(fixed), tuple(self._rules.get((subject, ANY_HEAD), ())), tuple(dated)


def read_clauses(said: Said, discourse: Discourse, rules_for: RulesFor) -> Iterator[Found]:
    """What rules find in the clauses of a message, asked by the subject and the first word of each."""
    for spot in discourse.spots():
        head = discourse.head(spot)
        if head is not None:
            rules = rules_for(spot.subject, head.group(1))
            if rules:
                yield from _read_spot(said, discourse, spot, rules, head)


def _read_spot(
    said: Said, discourse: Discourse, spot: Spot, rules: Sequence[CompiledRule], head: re.Match[str]
) -> Iterator[Found]:
    verb, word = discourse.verb(spot, head), head.group(1)
    if verb.aspect is Aspect.HYPOTHETICAL:
        return
    past = verb.aspect is Aspect.PRESENT and not verb.be and is_past(word)
    aspect = Aspect.PAST if past else verb.aspect
    having = Aspect.PRESENT if word == "got" and verb.aspect in _GOT_IS_HAVE else aspect
    fitting = [
        (made, seen)
        for made in rules
        if (seen := having if made.possessive else aspect) in made.rule.tenses and _fits(said, spot, verb, made)
    ]
    clause = discourse.clause(spot, verb) if fitting else None
    if clause is not None:
        for made, seen in fitting:
            yield from _apply(said, clause, made, seen)


def _fits(said: Said, spot: Spot, verb: VerbGroup, made: CompiledRule) -> bool:
    """The cheap test, before the sentence around the clause is looked at."""
    if made.rule.be is not None and made.rule.be is not verb.be and spot.subject is not Subject.MY:
        return False
    return made.pattern.match(said.plain, verb.head, verb.head + _CLAUSE_REACH) is not None


def _apply(said: Said, clause: Clause, made: CompiledRule, aspect: Aspect) -> Iterator[Found]:
    rule = made.rule
    match = made.pattern.match(said.plain, clause.verb.head, clause.end)
    if match is None or not _may_speak(rule, clause, aspect):
        return
    before = _before(said, clause, made)
    if made.before is not None and before is None:
        return
    reading = _Reading(rule, match, before, aspect, rule.tenses[aspect])
    yield from (_birthday if rule.dated is Dated.IS else _filled)(said, clause, reading)


def _may_speak(rule: Rule, clause: Clause, aspect: Aspect) -> bool:
    if clause.opening is Opening.INSIDE and not rule.anywhere:
        return False
    if clause.opening is Opening.WHEN and aspect not in (Aspect.PAST, Aspect.USED_TO) and not rule.anywhere:
        return False
    if rule.needs_just and not clause.verb.just:
        return False
    return not (clause.conditional and rule.kind in (Kind.EVENT, Kind.TASK, Kind.DECISION))


def _before(said: Said, clause: Clause, made: CompiledRule) -> re.Match[str] | None:
    if made.before is None:
        return None
    first = 0 if made.rule.reaches_back else clause.lead
    return made.before.search(said.plain, max(first, clause.start - _BEFORE_REACH), clause.start)


def _filled(said: Said, clause: Clause, reading: _Reading) -> Iterator[Found]:
    rule = reading.rule
    after, lead = mentions(said.plain, clause, said.clock, lean_of(rule.dated, reading.tense, reading.aspect))
    mention = _mention(said, clause, reading, (*after, *lead))
    if (mention is None and rule.dated is Dated.HAPPENS) or not _lasts(clause, reading, after, lead):
        return
    times = Times() if mention is None else times_of(rule.dated, mention, reading.tense)
    for filled in _values(said.plain, clause, reading, after):
        yield Found(
            rule=rule.identifier,
            kind=rule.kind,
            slot=rule.slot,
            value=_rendered(said, reading, filled),
            tense=reading.tense,
            confidence=rule.confidence,
            start=min(clause.start, filled.start),
            end=_quote_end(said, filled, reading, mention),
            times=times,
        )


def _mention(said: Said, clause: Clause, reading: _Reading, found: Sequence[DateMention]) -> DateMention | None:
    dated = reading.rule.dated
    if reading.rule.needs_just:
        return today(said.clock, clause.verb.head)
    if dated is Dated.HAPPENS:
        return happening(found, reading.tense, said.clock)
    parts = _PARTS.get(dated, frozenset())
    if dated is Dated.BEGAN:
        parts = _BEGAN_PARTS.get((reading.tense, reading.aspect), _BEGAN_PARTS_OF_TENSE[reading.tense])
    return next((mention for mention in found if mention.part in parts), None)


def _lasts(clause: Clause, reading: _Reading, *found: Sequence[DateMention]) -> bool:
    """Whether a perfect reaches to now: `I've always liked`, `I've lived here since`; a change (`I've moved`) does."""
    change = reading.rule.tenses.get(Aspect.PAST) is Tense.PRESENT
    if reading.aspect is not Aspect.PERFECT or reading.tense is not Tense.PRESENT or change:
        return True
    return clause.verb.always or any(mention.part is Part.SINCE for dates in found for mention in dates)


def _values(text: str, clause: Clause, reading: _Reading, dates: Sequence[DateMention]) -> list[Filled]:
    rule, match = reading.rule, reading.match
    if rule.fill is None:
        source = reading.before if reading.before is not None and "value" in reading.before.groupdict() else match
        return [Filled(*source.span("value"))]
    stop = next((mention.start for mention in dates if mention.start > match.end()), clause.end)
    found = [
        Filled(each.start, without_dangling(text, each.start, each.end)) for each in rule.fill(text, match.end(), stop)
    ]
    if rule.kind is Kind.EVENT:
        return [each for each in found if " " in text[each.start : each.end]]
    return [each for each in found if each.start < each.end]


def _rendered(said: Said, reading: _Reading, filled: Filled) -> str:
    groups = {name: (group or "").lower() for name, group in reading.match.groupdict().items()}
    return reading.rule.value.format_map({**groups, "value": said.text[filled.start : filled.end]})


def _quote_end(said: Said, filled: Filled, reading: _Reading, mention: DateMention | None) -> int:
    """The words reach to the date and to `any more`, where they stand near the value."""
    end = max(filled.end, reading.match.start() + len(reading.match.group().rstrip()))
    if reading.aspect is Aspect.ENDED:
        no_more = _NO_MORE.search(said.plain, end, end + _DATE_REACH)
        end = no_more.end() if no_more else end
    if mention is None or not end <= mention.start <= end + _DATE_REACH:
        return end
    return mention.end


def _birthday(said: Said, clause: Clause, reading: _Reading) -> Iterator[Found]:
    place = reading.before.span("value") if reading.before else (reading.match.end(), reading.match.end() + _DATE_REACH)
    found = birthday_at(said, place[0], min(place[1], clause.end if reading.before is None else place[1]))
    if found is None:
        return
    mention, value = found
    rule = reading.rule
    yield Found(
        rule=rule.identifier,
        kind=rule.kind,
        slot=rule.slot,
        value=value,
        tense=reading.tense,
        confidence=rule.confidence,
        start=min(clause.start, mention.start),
        end=max(reading.match.end(), mention.end),
        times=Times(),
    )


def birthday_at(said: Said, start: int, end: int) -> tuple[DateMention, str] | None:
    """A day that begins at `start` or a few characters on, as `YYYY-MM-DD` where the words give a year long past."""
    for mention in find_dates(said.plain, said.clock, start=start, end=end)[:1]:
        day = mention.valid_from.astimezone(said.clock.zone).date()
        if mention.granularity is not Granularity.DAY or mention.start > start + _BIRTHDAY_GAP:
            return None
        spoken = _YEAR.search(said.plain, mention.start, mention.end) is not None and day < said.clock.today
        return mention, day.isoformat() if spoken else f"--{day:%m-%d}"
    return None


_DATE_REACH = 40
_NO_MORE = re.compile(r"\bany ?(?:more|longer)\b", re.IGNORECASE)
_BIRTHDAY_GAP = 5
_YEAR = re.compile(r"(?:19|20)\d\d")
_PARTS = {Dated.DUE: frozenset({Part.WHEN, Part.BY, Part.UNTIL})}
_BEGAN_PARTS_OF_TENSE = {
    Tense.PRESENT: frozenset({Part.SINCE}),
    Tense.PLANNED: frozenset({Part.WHEN, Part.SINCE}),
    Tense.PAST: frozenset({Part.WHEN, Part.UNTIL}),
    Tense.ENDED: frozenset({Part.WHEN, Part.SINCE}),
}
_BEGAN_PARTS = {
    (Tense.PRESENT, Aspect.PAST): frozenset({Part.WHEN, Part.SINCE}),
    (Tense.PRESENT, Aspect.PERFECT): frozenset({Part.WHEN, Part.SINCE}),
}
"""A change has its day (`I moved in May`); a state has its beginning only (`since May`)."""
