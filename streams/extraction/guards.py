"""What makes a first-person clause no assertion: questions, conditions, hearsay, jokes, and words before the subject.

Free of I/O. Each guard errs on the side of silence: an unknown word right before `I` is reason enough to pass over it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import islice

from streams.extraction.lexicon import words
from streams.extraction.sentences import Ranges, Sentence

_LEAD_REACH = 60
"""Characters looked at before the subject; a longer run of words without punctuation is no mere opening."""
_JOKE = re.compile(
    r"(?:^|\s)/(?:s|j|jk)\b|\b(?:jk|j/k|just kidding|only kidding|just joking|only joking)\b", re.IGNORECASE
)
_TRANSCRIPT = re.compile(r"^[ \t]*[\w .-]{1,30}:[ \t]+\S", re.MULTILINE)
_CONDITION = re.compile(
    r"\b(?:if|unless|whether|imagine|imagining|suppose|supposing|pretend|assuming|wish|in case|would rather|as"
    r" though)\b",
    re.IGNORECASE,
)
_LATER_QUESTION = re.compile(
    r"(?:[,;:\u2013\u2014-]|\s(?:and|but|so))\s*(?:and |but |so )?(?:what|how|who|where|when|why|which|do|does|did"
    r"|have|has|are|is|were"
    r"|was|can|could|would|will|any|you|yours|u|right|ok|okay|huh|eh|don't|isn't|aren't|haven't)\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:sa(?:id|ys?|ying)|told \w+|tells? \w+|asks?|asked(?: \w+)?|goes|was like|were like|is like|wr(?:o|i)tes?"
    r"|replie[sd]"
    r"|quot(?:e|es|ing)|lyrics?|sings?|sang|thinks?|thought|reads?|title|titled|called|named|song|line|answer(?:s|ed)?"
    r"|example|e\.g\.?|eg|means?)\s*(?:that)?\s*[,:]?\s*$",
    re.IGNORECASE,
)
_CONJUNCTIONS = words("and but because cause cuz coz bc though although whereas plus & n so")
_OPENINGS = _CONJUNCTIONS | words(
    "also then well oh ah ooh aww aw yes yeah yea yep yup ya no nope nah ok okay k hey hi hello sure haha hahah "
    "hahaha hehe lol lmao wow omg um umm uh hmm hm actually honestly personally basically anyway anyways btw tbh fyi "
    "imo luckily sadly unfortunately fortunately thankfully currently lately recently nowadays now today yesterday "
    "tonight tomorrow however still since especially usually normally generally sometimes often thanks thank you too "
    "me for guess what fact in general indeed absolutely definitely certainly of course true exactly agreed same cool "
    "nice great awesome ago last next this past the other day days week weeks weekend month months year years night "
    "morning afternoon evening monday tuesday wednesday thursday friday saturday sunday on at moment these back once "
    "a an couple few two three by way myself mostly mainly finally later earlier first second to be honest besides "
    "right meanwhile meantime gosh man dude guys mon tue tues wed thu thur thurs fri "
    "january february march april may june july august september october november "
    "december summer winter spring autumn"
)
_WHEN = frozenset({"when", "after", "before", "ever", "while", "as"})
_BARRED_ENDINGS = words("to the a an of for in on at by me you other thank be what")
"""Words of an opening that do not stand right before the subject."""
_WORD = re.compile(r"[\w'&]+")
_PUNCTUATION = re.compile(r"[,;:()\[\]\"\u201c\u201d\u2013\u2014.!?\n*]|\s-\s|[^\w\s'&-]")


def is_joke(text: str) -> bool:
    """Whether the message says of itself that it is not meant."""
    return _JOKE.search(text) is not None


def is_transcript(text: str, foreign: Ranges) -> bool:
    """Whether the message pastes a dialogue: two lines or more of `Name: words`, outside of code and quotations."""
    lines = (line for line in _TRANSCRIPT.finditer(text) if not foreign.hold(line.start()))
    return len(list(islice(lines, 2))) == 2


def condition_at(text: str, sentence: Sentence) -> int:
    """Where the first word of condition stands in the sentence; its end where there is none."""
    match = _CONDITION.search(text, sentence.start, sentence.end)
    return sentence.end if match is None else match.start()


def question_from(text: str, sentence: Sentence) -> int:
    """From where on a question is asked: `I live in Porto, what about you?` begins as a statement.

    The end of the sentence where it asks nothing; its start where all of it asks.
    """
    if not sentence.question:
        return sentence.end
    last = sentence.start
    for match in _LATER_QUESTION.finditer(text, sentence.start, sentence.end):
        last = match.start()
    return last


class Opening(StrEnum):
    """What the words before a subject make of its clause."""

    PLAIN = "plain"
    WHEN = "when"
    """`when`, `after`, `before`, `while`: asserted only if it lies in the past."""
    INSIDE = "inside"
    """Part of something else, so no assertion of its own: `do I`, `she thinks I`, `the food I`, `that I`."""


def opening(text: str, sentence_start: int, subject: int) -> Opening:
    """How the words before the subject open its clause."""
    reach = max(sentence_start, subject - _LEAD_REACH)
    lead = text[reach:subject]
    cut = 0
    for mark in _PUNCTUATION.finditer(lead):
        cut = mark.end()
    said = [word.lower() for word in _WORD.findall(lead[cut:])]
    whole = cut > 0 or reach == sentence_start
    if cut and _SAID.search(lead[:cut]):
        return Opening.INSIDE
    if not said:
        return Opening.PLAIN if whole else Opening.INSIDE
    if said[-1] in _WHEN:
        return Opening.WHEN
    return Opening.PLAIN if _opens(said, whole=whole) else Opening.INSIDE


def _opens(said: list[str], *, whole: bool) -> bool:
    if said[-1] in _BARRED_ENDINGS and said[-2:] not in (["for", "me"], ["thank", "you"], ["guess", "what"]):
        return False
    if said[-2:] == ["now", "that"]:
        return True
    for word in reversed(said):
        if word in _CONJUNCTIONS:
            return True
        if word not in _OPENINGS and not word.isdigit():
            return False
    return whole
