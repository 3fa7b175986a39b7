"""What English words are to a question: forms of one another, empty, or about time.

Pure. Words are lexemes, as PostgreSQL's `english` configuration leaves them.
"""

from __future__ import annotations

from typing import Final

_IRREGULAR = """
    go went gone, buy bought, take took taken, get got gotten, make made, see saw seen, give gave given, find found,
    come came, think thought, tell told, feel felt, leav left, bring brought, begin began begun, keep kept, hold held,
    write wrote written, stand stood, hear heard, mean meant, meet met, run ran, pay paid, sit sat, speak spoke spoken,
    lead led, grow grew grown, lose lost, fall fell fallen, send sent, build built, draw drew drawn,
    break broke broken, spend spent, rise rose risen, drive drove driven, wear wore worn, choos chose chosen,
    eat ate eaten, drink drank drunk, sing sang sung, swim swam swum, win won, teach taught, catch caught,
    fight fought, sell sold, sleep slept, fli flew flown, throw threw thrown, forget forgot forgotten,
    know knew known, becom becam, ride rode ridden, shoot shot, steal stole stolen, wake woke woken, hide hid hidden,
    learn learnt, stick stuck, strike struck, show shown, light lit, feed fed, bite bit bitten, blow blew blown,
    dig dug, hang hung, shake shook shaken, seek sought, child children, person peopl, man men, woman women,
    life live, foot feet, tooth teeth
"""
"""Forms that a stemmer leaves apart: a question asks what somebody did `buy`, the turn says `bought`."""

_FORMS: Final = [group.split() for group in _IRREGULAR.split(",")]
OTHER_FORMS: Final = {word: tuple(form for form in group if form != word) for group in _FORMS for word in group}
"""By lexeme, the other lexemes of the same word."""

_EMPTY = """
    accord could current day discuss ever feel first get go got kind like long mani mention much name often recent
    regard said say someth sort specif talk tell thing time type us use way whose would
"""
EMPTY: Final = frozenset(_EMPTY.split())
"""Words that questions are made of and that say little of what is asked for; stop words are gone already."""

_MONTHS = "januari februari march april may june juli august septemb octob novemb decemb"
MONTHS: Final = frozenset(_MONTHS.split())

_TIMES = """
    yesterday today tomorrow week weekend month year ago tonight morn last next monday tuesday wednesday thursday friday
    saturday sunday
"""
TIME_WORDS: Final = tuple(sorted(MONTHS.union(_TIMES.split())))
"""What a turn that says when something happened is likely to hold."""
