"""Finds first-person clauses: who is the subject, where the verb stands, and whether the clause asserts anything.

Free of I/O. Places are found by searching the text; what surrounds them is looked at only for those that rules want.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from schemas.construction import quickly_made
from streams.extraction.guards import Opening, condition_at, is_joke, is_transcript, opening, question_from
from streams.extraction.sentences import Ranges, Sentence, ascii_words, not_own_words, sentences
from streams.extraction.verbs import TAIL_REACH, Aspect, VerbGroup, end_of_run, no_verb, verb_group


class Subject(StrEnum):
    I = "i"  # noqa: E741 - it is the word
    WE = "we"
    MY = "my"
    NONE = "none"
    """Left out: `Just moved to Porto`."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a clause may stand: its subject begins at `start`, and the words before its verb at `body`."""

    subject: Subject
    start: int
    body: int
    contraction: str
    """`m`, `ve`, `d`, `ll`, `re`, or nothing."""
    borrowed: int | None = None
    """Where the subject stands that this verb shares: `I live in Porto and work at a bank`."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause from its subject on, up to where the sentence ends, a question begins, or the next subject stands."""

    subject: Subject
    start: int
    end: int
    lead: int
    """Where the words before the subject begin that may date the clause (`Last week I moved`)."""
    opening: Opening
    conditional: bool
    """Followed by a condition: `if it hurts`."""
    verb: VerbGroup


_PERSON = re.compile(r"\b(?:i'?m|i'?ve|i'll|i|we|my|our|me)\b")
_SUBJECT = re.compile(
    r"[imow](?<![\w'/@&+-].)(?:(?P<i>(?<=i)(?:'m|m|'ve|ve|'d|'ll)?)|(?P<we>(?<=w)e(?:'(?:re|ve|d|ll))?)"
    r"|(?P<my>(?<=m)y|(?<=o)ur))(?![\w/)=]|[.]\w|'\w|-\w)"
)
"""`_PERSON`, `_SUBJECT`, `_BARE` and `_COORDINATED` read lower case: where case is ignored, no first letter helps.

`_SUBJECT` refuses most letters right behind the first, before it looks which word it is.
"""
_HEAD = re.compile(r"\s*+([^\W_][\w'&/-]{0,30})")
_BARE_VERBS = (
    "moved|moving|relocated|went|started|born|working|living|allergic|got|bought|adopted|finished|graduated|joined|quit"
    "|signed|visited|saw|met|came|flew|had|took|spent|made|watched|decided|raised|grew|based|remind|turned|ran"
    "|played|drove"
    "|cooked|baked|attended|celebrated|won|lost|passed|completed|launched|hosted|sold|gave|stopped|diagnosed"
    "|resigned|enrolled|dyed|painted|donated|planted|booked|built|hiked|camped|climbed|travell?ed|performed|competed"
    "|interviewed|wrote|planning|flying|heading"
)
_BARE = re.compile(
    r"(?:\A|(?<=[.!?\n]))\s{0,4}"
    r"(?:(?:well|yeah|yes|yep|and|so|oh|hey|hi|btw|also|ok|okay|haha|lol|update|news|today"
    r"|yesterday)[,!:]?\s{1,3}){0,3}"
    r"(?P<verb>(?:(?:just|recently|finally|currently|also|really|only|actually)\s{1,3}){0,2}"
    rf"(?:{_BARE_VERBS})\b)"
)
_PERSONS = frozenset({"i", "im", "ive", "we", "my", "our", "me"})
"""What `_PERSON` finds, as the runs of letters that it consists of begin."""
_BARE_WORDS = frozenset(
    form for verb in _BARE_VERBS.split("|") for form in (verb.replace("l?", ""), verb.replace("?", ""))
)
_SPEAKING = _PERSONS | _BARE_WORDS
_COORDINATED = re.compile(
    r"\s(?:and|but)\s{1,3}(?:(?:also|now|then|just|recently|currently|still)\s{1,3}){0,2}"
    r"(?P<verb>live|work|love|like|hate|enjoy|have|own|speak|play|study|prefer|moved|started|bought|adopted|went|got"
    r"|decided"
    r"|am|visited)\b"
)
_JOINT = re.compile(r"(?:my|our)(?:\s{1,3}[\w'-]{1,20}){1,3}\s{1,3}(?:and|&)\s{1,3}", re.IGNORECASE)
"""`Last weekend my girlfriend and I went`: they are one subject, and what dates it stands before both."""
_COORDINATION_REACH = 60
_OTHER_SUBJECT = re.compile(
    r"\b(?:who|that|which|to|people|they|he|she|you|friends?|sister|brother|parents|guys|someone)\b", re.IGNORECASE
)
_LEAD_REACH = 90


def may_speak(text: str) -> bool:
    """Whether a text can say anything of its speaker: it has a word of the first person, or begins with a bare verb."""
    words = ascii_words(text)
    if words is None:
        lowered = text.lower()
        return _PERSON.search(lowered) is not None or _BARE.search(lowered) is not None
    if _SPEAKING.isdisjoint(words):
        return False
    return not _PERSONS.isdisjoint(words) or _BARE.search(text.lower()) is not None


class Discourse:
    """A text as a sequence of clauses. What is asked of it once is kept, so each question costs its length once.

    `text` is plain (`sentences.plain`): in lower case it has the same length.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._lowered = text.lower()
        self._subjects = list(_SUBJECT.finditer(self._lowered))
        self._starts = [match.start() for match in self._subjects]
        self._frames: dict[int, _Frame] = {}
        self._setting: _Setting | None = None

    def spots(self) -> Iterator[Spot]:
        """Every place where a first-person clause may stand, subjects first, in order; asserted or not."""
        for match in self._subjects:
            yield _spot(match)
        words = ascii_words(self.text)
        if words is None or not _BARE_WORDS.isdisjoint(words):
            for match in _BARE.finditer(self._lowered):
                start = match.start("verb")
                yield Spot(subject=Subject.NONE, start=start, body=start, contraction="")
        if self._subjects:
            yield from self._coordinated()

    def clause(self, spot: Spot, verb: VerbGroup) -> Clause | None:
        """The clause that stands there; None where it is no assertion of the speaker's."""
        if not self.owns(spot.start):
            return None
        frame = self._frame(spot.start)
        if spot.start >= min(frame.asserted, frame.condition):
            return None
        if spot.borrowed is not None:
            return self._shared(frame, spot, verb)
        how = (
            opening(self.text, frame.sentence.start, spot.start) if spot.subject is not Subject.NONE else Opening.PLAIN
        )
        if spot.subject is not Subject.MY and how is Opening.INSIDE:
            return None
        end = self._end(frame, spot.start)
        return Clause(spot.subject, spot.start, end, self._lead(frame, spot.start), how, frame.condition < end, verb)

    def head(self, spot: Spot) -> re.Match[str] | None:
        """The first word of a clause, in group 1: its main verb, what follows a form of `be`, or what is the speaker's.

        The match begins where the words before it end. None where no word follows.
        """
        body = spot.body
        return _HEAD.match(
            self._lowered, body if spot.subject is Subject.MY else end_of_run(self.text, self._lowered, body)
        )

    def verb(self, spot: Spot, head: re.Match[str]) -> VerbGroup:
        """What the words before the first one of a clause say."""
        at = head.start(1)
        if spot.subject is Subject.MY:
            return no_verb(at)
        return verb_group(
            self._lowered[spot.body : head.start()], at, self._lowered[at : at + TAIL_REACH], spot.contraction
        )

    def owns(self, at: int) -> bool:
        """Whether the words at a place are the speaker's, and meant."""
        return not self._around().unmeant and not self._around().foreign.hold(at)

    def _around(self) -> _Setting:
        if self._setting is None:
            found = sentences(self.text)
            foreign = not_own_words(self.text)
            unmeant = is_joke(self.text) or is_transcript(self.text, foreign)
            self._setting = _Setting(found, [each.start for each in found], foreign, unmeant)
        return self._setting

    def _frame(self, at: int) -> _Frame:
        place = bisect_right(self._around().starts, at) - 1
        if place not in self._frames:
            sentence = self._around().sentences[place]
            asserted, condition = question_from(self.text, sentence), condition_at(self.text, sentence)
            self._frames[place] = _Frame(sentence, asserted, condition)
        return self._frames[place]

    def _end(self, frame: _Frame, at: int) -> int:
        """Up to the next `I` or `we`; a `my` may still be part of what is said."""
        following = bisect_right(self._starts, at)
        for match in self._subjects[following : following + 3]:
            if match.lastgroup != "my":
                return min(frame.asserted, match.start())
        return frame.asserted

    def _lead(self, frame: _Frame, at: int) -> int:
        before = bisect_right(self._starts, at - 1) - 1
        if before >= 0 and _JOINT.fullmatch(self.text, self._subjects[before].start(), at):
            before -= 1
        earlier = self._subjects[before].end() if before >= 0 else 0
        return max(frame.sentence.start, earlier, at - _LEAD_REACH)

    def _coordinated(self) -> Iterator[Spot]:
        for match in _COORDINATED.finditer(self._lowered):
            before = bisect_right(self._starts, match.start()) - 1
            if before < 0 or match.start() - self._starts[before] > _COORDINATION_REACH:
                continue
            first = self._subjects[before]
            if first.lastgroup != "my" and not _OTHER_SUBJECT.search(self.text, first.end(), match.start()):
                verb = match.start("verb")
                yield Spot(subject=_subject(first), start=verb, body=verb, contraction="", borrowed=before)

    def _shared(self, frame: _Frame, spot: Spot, verb: VerbGroup) -> Clause | None:
        """The clause whose subject stands before another verb, if that verb asserts plainly."""
        first = _spot(self._subjects[spot.borrowed or 0])
        head = self.head(first)
        if head is None:
            return None
        group = self.verb(first, head)
        clause = self.clause(first, group)
        if clause is None or group.aspect not in (Aspect.PRESENT, Aspect.PAST):
            return None
        end = self._end(frame, spot.start)
        return Clause(spot.subject, spot.start, end, clause.lead, clause.opening, frame.condition < end, verb)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the whole text decides: its sentences, and which of its words are the speaker's and meant."""

    sentences: list[Sentence]
    starts: list[int]
    foreign: Ranges
    unmeant: bool


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the clauses of one sentence share."""

    sentence: Sentence
    asserted: int
    """Where the asserting part of the sentence ends, and a question begins."""
    condition: int
    """Where a condition begins; what follows it is not asserted either."""


def _spot(match: re.Match[str]) -> Spot:
    subject, (start, end) = _subject(match), match.span()
    contraction = "" if subject is Subject.MY else match.group()[1 if subject is Subject.I else 2 :].strip("'")
    return Spot(subject=subject, start=start, body=end, contraction=contraction)


def _subject(match: re.Match[str]) -> Subject:
    return _SUBJECT_OF[match.lastgroup or ""]


_SUBJECT_OF = {"i": Subject.I, "we": Subject.WE, "my": Subject.MY}
