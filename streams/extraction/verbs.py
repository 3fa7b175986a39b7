"""Reads the words before a main verb: tense, negation, mood, and whether a form of `be` stands there.

Free of I/O. A shallow reading of English, bounded by a fixed number of characters around the verb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from schemas.construction import quickly_made
from streams.extraction.lexicon import words


class Aspect(StrEnum):
    """How an assertion presents its verb."""

    PRESENT = "present"
    PAST = "past"
    PERFECT = "perfect"
    USED_TO = "used_to"
    FUTURE = "future"
    ABLE = "able"
    UNABLE = "unable"
    NEGATED = "negated"
    NEGATED_PAST = "negated_past"
    ENDED = "ended"
    """`no longer`, `not any more`."""
    HYPOTHETICAL = "hypothetical"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class VerbGroup:
    """`head`: where the main verb begins, or what follows a form of `be`."""

    head: int
    aspect: Aspect
    be: bool
    just: bool
    always: bool


_ADVERBS = (
    "really|just|also|actually|currently|still|always|usually|often|now|recently|finally|absolutely|definitely"
    "|totally|truly"
    "|kinda|kind of|sort of|sometimes|already|even|mostly|mainly|personally|honestly|simply|deeply|normally"
    "|generally|too"
    "|basically|originally|presently|only|especially|particularly|typically|genuinely|thoroughly|both|all|soon"
    "|probably|so"
    "|very|pretty much|quite|certainly|ever|once|literally|officially|newly|happily|lately|regularly|frequently"
    "|occasionally"
)
_VERBS = (
    "love|like|enjoy|have|want|need|prefer|hate|live|work|play|speak|own|think|know|miss|believe|hope|feel"
    "|agree|remember|eat|drink"
)
_NEVER_HEADS = (
    "am|was|were|are|been|be|will|would|could|might|may|should|shall|never|not|no longer|used to|use to"
    "|didn'?t used? to|don'?t|didn'?t|won'?t|wouldn'?t|couldn'?t|shouldn'?t|can'?t|can not|cannot|can"
    "|wasn'?t|weren'?t|haven'?t|aren'?t|ain'?t|barely|hardly|rarely|seldom"
)
_RUN_OF = (
    rf"(?:\s{{0,3}}(?:{_NEVER_HEADS}|{_ADVERBS}"
    rf"|do(?=\s+(?:not|{_ADVERBS}|{_VERBS})\b)|did(?=\s+not\b)"
    rf"|(?:have|had)(?=\s+(?:(?:{_ADVERBS}|not|never)\s+)*(?:been|\w+ed|\w+en|had|got|gone|done|made|bought|become|left"
    r"|begun|won|lost|met|read|found|sold|taught|spent|built|run)\b)(?!\s+(?:red|seven|ten|eleven|children)\b)"
    r"|(?:going to|gonna|about to)(?=\s+(?-i:[a-z]))(?!\s+(?:the|an?|my|our|his|her|your|this|that"
    r"|some)\b))(?![\w'-]))*+"
)
_RUN = re.compile(_RUN_OF)
"""Reads lower case: where case is ignored, it takes four times as long."""
_RUN_AS_WRITTEN = re.compile(_RUN_OF, re.IGNORECASE)
"""Knows `I'm going to Paris`, where no verb follows."""
_LIMIT = 160
"""Characters within which the words before a verb end."""
TAIL_REACH = 90
"""Characters after the head in which `any more` and `yet` are looked for."""
_NEGATIVE = re.compile(r"n'?t\b|\bnot\b|\bnever\b|\bcannot\b")
_HEDGED = re.compile(
    r"\b(?:would|could|might|may|should|shall|barely|hardly|rarely|seldom|probably|ever)\b", re.IGNORECASE
)
_NO_MORE = re.compile(r"\b(?:any\s?more|any longer)\b")
_NOT_YET = re.compile(r"\byet\b")
_USED_TO = re.compile(r"\bused? to\b")
_NO_LONGER = re.compile(r"\bno longer\b")
_CAN = re.compile(r"\bcan")
_PAST = re.compile(r"\b(?:was|were|did|had|wasn|weren|didn)")
_PERFECT = re.compile(r"\b(?:have|haven|been)")
_FUTURE = re.compile(r"\b(?:will|won'?t|going to|gonna|about to)")
_BE = re.compile(r"\b(?:am|are|be|was|were|been|aren|wasn|weren|ain)")
_ALWAYS = re.compile(r"\balways\b")
_JUST = re.compile(r"\bjust\b")


def end_of_run(text: str, lowered: str, at: int) -> int:
    """Where the words end that stand between a subject that ends at `at` and its verb; `lowered` is `text` so."""
    end = _end_of(_RUN, lowered, at)
    run = lowered[at:end]
    if " to" in run or "gonna" in run:
        return _end_of(_RUN_AS_WRITTEN, text, at)
    return end


def _end_of(run: re.Pattern[str], text: str, at: int) -> int:
    match = run.match(text, at, at + _LIMIT)
    return match.end() if match else at


def verb_group(run: str, head: int, tail: str, contraction: str) -> VerbGroup:
    """What stands between a subject, with its contraction, and the head, given what follows; in lower case."""
    return VerbGroup(
        head=head,
        aspect=_aspect(run, contraction, tail),
        be=contraction in ("m", "re") or _holds(_BE, run),
        just=_holds(_JUST, run),
        always=_holds(_ALWAYS, run),
    )


def _holds(sign: re.Pattern[str], run: str) -> bool:
    """Most verbs stand right behind their subject, with nothing between that a sign could be in."""
    return bool(run) and sign.search(run) is not None


def no_verb(head: int) -> VerbGroup:
    """What stands for a verb group after `my`: the head is the thing that is the speaker's."""
    return VerbGroup(head=head, aspect=Aspect.PRESENT, be=False, just=False, always=False)


def is_past(word: str) -> bool:
    """Whether the word is a past form that stands without an auxiliary: `moved`, `went`."""
    return word in _IRREGULAR_PASTS or (word.endswith("ed") and not word.endswith("eed") and word not in _NOT_PASTS)


def _aspect(run: str, contraction: str, tail: str) -> Aspect:
    if not run and contraction in ("", "m", "re"):
        return Aspect.PRESENT
    if contraction == "d" or _HEDGED.search(run):
        return Aspect.HYPOTHETICAL
    if _NO_LONGER.search(run):
        return Aspect.ENDED
    if _NEGATIVE.search(run):
        return _negated(run, contraction, tail)
    return next((aspect for sign, aspect in _SIGNS if sign.search(run)), _CONTRACTED.get(contraction, Aspect.PRESENT))


def _negated(run: str, contraction: str, tail: str) -> Aspect:
    if _NO_MORE.search(tail):
        return Aspect.ENDED
    if _CAN.search(run):
        return Aspect.UNABLE
    past = contraction == "ve" or any(sign.search(run) for sign in (_PAST, _PERFECT, _FUTURE)) or _NOT_YET.search(tail)
    return Aspect.NEGATED_PAST if past else Aspect.NEGATED


_SIGNS = (
    (_USED_TO, Aspect.USED_TO),
    (_CAN, Aspect.ABLE),
    (_FUTURE, Aspect.FUTURE),
    (_PAST, Aspect.PAST),
    (_PERFECT, Aspect.PERFECT),
)
"""In the order in which they outdo each other: `I used to be`, `I was going to`."""
_CONTRACTED = {"ll": Aspect.FUTURE, "ve": Aspect.PERFECT}
_NOT_PASTS = frozenset(
    {"shed", "bed", "wed", "red", "hundred", "embed", "biped", "kindred", "sacred", "naked", "wicked"}
)
_IRREGULAR_PASTS = words(
    "went had got took made ran saw met bought ate drank came flew drove won lost spent left began became found sold "
    "taught built broke brought caught chose did drew fell felt forgot gave grew heard held hid kept knew learnt led "
    "lent paid rode rang rose sang sat sent shot slept spoke stood stole swam thought threw told understood woke wore "
    "wrote dreamt quit hit"
)
