"""The parts that rules' patterns are made of, and how a pattern becomes a regular expression.

Free of I/O. Every part is bounded, so that reading a clause takes no more time than its length.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from streams.extraction.lexicon import (
    ANIMALS,
    CONDITIONS,
    DIETS,
    HOBBIES,
    LANGUAGES,
    MEDICATIONS,
    NATIONALITIES,
    OCCUPATIONS,
    OWNABLES,
    PASTIMES,
    ROLE_NOUNS,
)


def one_of(names: Collection[str]) -> str:
    """An alternation of plain words, the longest first."""
    return "|".join(re.escape(name).replace(r"\ ", " ") for name in sorted(names, key=lambda name: (-len(name), name)))


MACROS = {
    "closing": r"(?=\s*(?:[.,;:!?()\n\u2013\u2014\u2026]|$)|\s+(?:and|but|so|because|cause|since|now|who|that|which"
    r"|with|at|in|from|for"
    r"|on|as|by|to|when|too|though|although|if|or|btw|lol|haha|here|these|currently|myself|also|living|based|any"
    r"|anymore|last|this|next|yesterday|today|tomorrow|after|before"
    r"|until|while|[^\w\s])(?!\w))",
    "dated": r"(?= (?:yesterday|today|last|this|next|an? (?:year|month|week|day|couple|few|while)|one|two|three|four"
    r"|five|six|seven|eight|nine|ten|\d+|about"
    r"|over|around"
    r"|almost|recently|again|lately|as|when|few|several)\b)",
    "count": r"(?P<count>an?|my|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2})",
    "adjectives": r"(?:(?!(?:car|dog|cat)\b)[a-z][a-z-]{1,14} ){0,2}?",
    "kin": "(?:(?:older|younger|elder|little|big|baby|twin|eldest|oldest|youngest|best|good|close|dear|dearest|lovely"
    r"|beautiful|wonderful|amazing|sweet|childhood|old|new|younger|middle|only|\d{1,2}[- ]years?[- ]old) ){0,2}",
    "nationality": f"(?:{one_of(NATIONALITIES)})",
    "language": f"(?:{one_of(LANGUAGES)})",
    "role_noun": f"(?:{one_of(ROLE_NOUNS)})",
    "occupation": f"(?:{one_of(OCCUPATIONS)})",
    "animal": f"(?P<role>{one_of(ANIMALS)})",
    "animals": f"(?:{one_of(ANIMALS)})",
    "condition": f"(?:{one_of(CONDITIONS)})",
    "medication": f"(?:{one_of(MEDICATIONS)})",
    "diet": f"(?:{one_of(DIETS)})",
    "hobby": f"(?:{one_of(HOBBIES)})",
    "pastime": f"(?:{one_of(PASTIMES)})",
    "ownable": f"(?:{one_of(OWNABLES)})",
    "fav": "(?:favou?rite|fave?|favou?rites)",
}


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The expression of a pattern, its parts put in. A space is one to three of white space, ` ?` also none."""
    for name, macro in MACROS.items():
        pattern = pattern.replace(f"{{{name}}}", macro)
    return re.compile(pattern.replace(" ?", r"\s{0,3}").replace(" ", r"\s{1,3}"), re.IGNORECASE)
