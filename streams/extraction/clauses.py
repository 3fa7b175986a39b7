"""Finds first-person clauses: who is the subject, how the verb is used (tense, negation, mood), where it begins.

Free of I/O. A shallow reading of English: it knows the words before the main verb, and leaves the rest to rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from streams.extraction.guards import Opening, condition_at, opening, question_from
from streams.extraction.sentences import Ranges, Sentence
from streams.extraction.verbs import Aspect, VerbGroup, verb_group


class Subject(StrEnum):
    I = "i"  # noqa: E741 - it is the word
    WE = "we"
    MY = "my"
    NONE = "none"
    """Left out: `Just moved to Porto`."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause from its subject on, up to where the sentence ends or the next subject begins."""

    subject: Subject
    start: int
    end: int
    lead: int
    """Where the words before the subject begin that may date the clause (`Last week I moved`)."""
    opening: Opening
    conditional: bool
    """Followed by a condition: `if it hurts`."""
    verb: VerbGroup


_SUBJECT = re.compile(
    r"(?<![\w'./@&+-])(?:(?P<i>i'm|im|i've|ive|i'd|i'll|i)|(?P<we>we'(?:re|ve|d|ll)|we)|(?P<my>my|our))"
    r"(?![\w/)=]|[.]\w|'\w|-\w)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:(?:well|yeah|yes|yep|and|so|oh|hey|hi|btw|also|ok|okay|haha|lol|update|news|today|yesterday)[,!:]?\s+){0,3}"
    r"(?P<verb>(?:(?:just|recently|finally|currently|also|really|only|actually)\s+)*"
    r"(?:moved|moving|relocated|went|started|born|working|living|allergic|got|bought|adopted|finished|graduated|joined|quit"
    r"|signed|visited|saw|met|came|flew|had|took|spent|made|watched|decided|raised|grew|based|remind|turned|ran|played|drove|cooked|baked|attended|celebrated|won|lost|passed|completed|launched|hosted|sold|gave|stopped|diagnosed|resigned|enrolled)\b)",
    re.IGNORECASE,
)
_COORDINATED = re.compile(
    r"\s(?:and|but)\s+(?:(?:also|now|then|just|recently|currently|still)\s+)*"
    r"(?P<verb>live|work|love|like|hate|enjoy|have|own|speak|play|study|prefer|moved|started|bought|adopted|went|got|decided|am|visited)\b",
    re.IGNORECASE,
)
_COORDINATION_REACH = 60
_OTHER_SUBJECT = re.compile(
    r"\b(?:who|that|which|to|people|they|he|she|you|friends?|sister|brother|parents|guys|someone)\b", re.IGNORECASE
)
_LEAD_REACH = 90


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the clauses of one sentence share."""

    text: str
    sentence: Sentence
    last: int
    """Before this a clause must begin to be an assertion."""
    asserted: int
    """Where the asserting part of the sentence ends, and a question begins."""
    condition: int


def clauses(text: str, found: list[Sentence], foreign: Ranges) -> Iterator[Clause]:
    """The clauses that the speaker asserts of himself, sentence by sentence, in order of their subjects."""
    for sentence in found:
        yield from _of_sentence(text, sentence, foreign)


def _of_sentence(text: str, sentence: Sentence, foreign: Ranges) -> Iterator[Clause]:
    subjects = list(_SUBJECT.finditer(text, sentence.start, sentence.end))
    bare = _BARE.match(text, _first_word(text, sentence))
    if not subjects and bare is None:
        return
    asserted = min(question_from(text, sentence), sentence.end)
    condition = condition_at(text, sentence)
    frame = _Frame(text, sentence, min(asserted, condition), asserted, condition)
    if bare is not None and bare.start("verb") < frame.last and not foreign.hold(bare.start()):
        yield _bare(frame, bare, subjects)
    for at, match in enumerate(subjects):
        if match.start() >= frame.last:
            return
        if not foreign.hold(match.start()):
            yield from _of_subject(frame, subjects, at)


def _first_word(text: str, sentence: Sentence) -> int:
    at = sentence.start
    while at < sentence.end and text[at].isspace():
        at += 1
    return at


def _bare(frame: _Frame, match: re.Match[str], subjects: list[re.Match[str]]) -> Clause:
    start, end = match.start("verb"), _end(frame, subjects, -1)
    verb = verb_group(frame.text, start, end, "")
    return Clause(Subject.NONE, start, end, frame.sentence.start, Opening.PLAIN, frame.condition < end, verb)


def _of_subject(frame: _Frame, subjects: list[re.Match[str]], at: int) -> Iterator[Clause]:
    match = subjects[at]
    start, subject = match.start(), Subject(match.lastgroup or "i")
    how = opening(frame.text, frame.sentence.start, start)
    if subject is not Subject.MY and how is Opening.INSIDE:
        return
    end = _end(frame, subjects, at)
    lead = max(subjects[at - 1].end(), start - _LEAD_REACH) if at else frame.sentence.start
    if subject is Subject.MY:
        verb = _no_verb(frame.text, match.end(), end)
        yield Clause(subject, start, end, lead, how, frame.condition < end, verb)
        return
    contraction = match.group().lower()[1 if subject is Subject.I else 2 :].strip("'")
    verb = verb_group(frame.text, match.end(), end, contraction)
    first = Clause(subject, start, end, lead, how, frame.condition < end, verb)
    yield first
    yield from _coordinated(frame.text, first)


def _end(frame: _Frame, subjects: list[re.Match[str]], at: int) -> int:
    """Up to the next `I` or `we`; a `my` may still be part of what is said."""
    for match in subjects[at + 1 : at + 4]:
        if match.lastgroup != "my":
            return min(frame.asserted, match.start())
    return frame.asserted


def _no_verb(text: str, at: int, end: int) -> VerbGroup:
    while at < end and text[at].isspace():
        at += 1
    return VerbGroup(head=at, aspect=Aspect.PRESENT, be=False, just=False, always=False)


def _coordinated(text: str, first: Clause) -> Iterator[Clause]:
    """`I live in Porto and work at a bank`: the second verb has the first one's subject."""
    if first.verb.aspect not in (Aspect.PRESENT, Aspect.PAST):
        return
    match = _COORDINATED.search(text, first.verb.head, min(first.end, first.verb.head + _COORDINATION_REACH))
    if match is not None and not _OTHER_SUBJECT.search(text, first.verb.head, match.start()):
        start = match.start("verb")
        verb = verb_group(text, start, first.end, "")
        yield Clause(first.subject, start, first.end, first.lead, first.opening, first.conditional, verb)
