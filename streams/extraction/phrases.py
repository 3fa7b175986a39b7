"""Fills a slot with what somebody does, did or means to do: a verb and what belongs to it, without its date.

Free of I/O. Ends at punctuation, at the next clause, or before it grows too long to be one thing.
"""

from __future__ import annotations

import re

from streams.extraction.lexicon import words
from streams.extraction.names import Filled

_TOKEN = re.compile(r"\"[^\"\n]{1,60}\"|\u201c[^\u201d\n]{1,60}\u201d|[^\W_](?:[\w'&+#/%-]|[.:](?=\w)){0,39}|[^\s]")
_CLAUSE_WORDS = words(
    "but because cause cuz coz bc so when whenever while though although since if unless until till which who where "
    "whether after before as lol haha hahaha lmao tho anyway anyways i i'm i've i'll we he she they it's that's then "
    "plus however otherwise how what why that hopefully"
)
_AND_CLAUSE = re.compile(
    r"\s*,?\s*\b(?:and|or)\s+(?:i|i'm|i've|i'll|we|we're|he|she|it|they|you|my|our|then|the|there|this|that|now|so"
    r"|also|was|were|"
    r"had|got|it's|just|not|am|is|are|will|would|can|have|hope|\w+ed)\b",
    re.IGNORECASE,
)
_COMMA = re.compile(r",(?!\d)")
_POINTS_BACK = re.compile(
    r"^\S+(?:\s+(?:up|out|in|on|off|over|away|back|to|at|for|with|about))?\s+(?:it|that|this|them|those|these|one|so"
    r"|there|here|him|her"
    r"|something|anything|everything|stuff|things)\b(?!\s+\w+\s+\w+)|\b(?:you|your|u|ur)\b"
    r"|\s(?:it|them|him|her|this|that|there|those|these|one)$|\s(?:it|them)\s"
    r"|\s(?:this|that|these|those)\s(?:at|in|on|to|for|with|by|from|as)\s",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(r"\s*:(?!\))")
"""What it is comes after the colon."""
_VERB_ALONE = re.compile(
    r"\S+(?:\s+(?:out|up|down|off|back|in|on|over|away|through|around|along|together|again|better|worse))?\s*"
)
_DANGLING = words(
    "to the a an my our of in on at with for from by and or about very so too also just really this that last next me "
    "some his her early late around before until since over ensure make let now lately currently soon accordingly"
    " anyway "
    "instead"
)
_MOST_WORDS = 14
_LEAST_CHARACTERS = 4


def phrase(text: str, at: int, stop: int) -> list[Filled]:
    """The verb phrase that begins at `at`; what points back (`do it`) or at the listener is none."""
    end = _end(text, at, stop)
    if _POINTS_BACK.search(text[at:end]) or _VERB_ALONE.fullmatch(text, at, end):
        return []
    end = without_dangling(text, at, end)
    return [Filled(at, end)] if end - at >= _LEAST_CHARACTERS and not _ANNOUNCES.match(text, end) else []


def _end(text: str, at: int, stop: int) -> int:
    end = cut = at
    clause = _AND_CLAUSE.search(text, at, min(stop, at + 400))
    limit = clause.start() if clause else stop
    for count, token in enumerate(_TOKEN.finditer(text, at, limit)):
        said = token.group()
        if _ends(said) or "\n" in text[end : token.start()] or (count and said.lower() in _CLAUSE_WORDS):
            break
        if count >= _MOST_WORDS:
            return cut
        if said.lower() in _CUTS:
            cut = end
        end = token.end()
    return end


_CUTS = words("and or with for in on at to from about of by")


def _ends(said: str) -> bool:
    return not (said[0].isalnum() or said[0] in '"\u201c$#@&')


def without_dangling(text: str, start: int, end: int) -> int:
    """`end` moved before words that cannot close a phrase, such as a preposition whose date was taken away."""
    while end > start:
        last = text[start:end].rstrip(" \t.,:;-").rsplit(None, 1)
        end = start + len(text[start:end].rstrip(" \t.,:;-"))
        if len(last) < 2 or last[1].lower() not in _DANGLING:
            break
        end = start + len(last[0])
    return end
