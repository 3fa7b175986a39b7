"""Rules about what somebody does for pleasure.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.lexicon import HOBBIES, PASTIMES
from streams.extraction.names import listed
from streams.extraction.rules.model import (
    ANYONE,
    I_OR_WE,
    MINE,
    NOW,
    Dated,
    Rule,
    example,
    tenses,
)
from streams.extraction.things import things

_FOUND_LISTED = listed(HOBBIES | PASTIMES)


RULES: Final = (
    Rule(
        name="hobby.i_play",
        kind=Kind.FACT,
        slot="hobby",
        subjects=I_OR_WE,
        heads=frozenset(
            {"play", "playing", "played", "do", "practise", "practice", "doing", "practising", "practicing"}
        ),
        pattern="(?:play|playing|played|do|doing|practi[sc]e|practi[sc]ing) (?:the |some |a (?:bit|lot) of"
        " )?(?=(?P<thing>{hobby})(?! (?:with|against|this|that|today"
        "|tonight|tomorrow|yesterday|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\\b))",
        fill=_FOUND_LISTED,
        tenses=tenses(present=Tense.PRESENT, perfect=Tense.PRESENT, used_to=Tense.PAST, ended=Tense.ENDED),
        be=None,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(
            example("I play the guitar.", "guitar"),
            example("I no longer play chess", "chess", tense=Tense.ENDED),
            example("I've been playing tennis for four months.", "tennis"),
            example("I used to do karate", "karate", tense=Tense.PAST),
        ),
        counter_examples=(
            "I play along.",
            "I played chess yesterday.",
            "He plays chess.",
            "I don't play chess.",
            "Shall we play chess?",
        ),
    ),
    Rule(
        name="hobby.i_go",
        kind=Kind.FACT,
        slot="hobby",
        subjects=I_OR_WE,
        heads=frozenset({"go"}),
        pattern="go (?={pastime}\\b)",
        fill=_FOUND_LISTED,
        tenses=tenses(NOW, used_to=Tense.PAST, ended=Tense.ENDED),
        confidence=0.8,
        examples=(example("I often go climbing with friends.", "climbing"),),
        counter_examples=("I'm going to go climbing.", "I want to go climbing.", "I go shopping."),
    ),
    Rule(
        name="hobby.took_up",
        kind=Kind.FACT,
        slot="hobby",
        subjects=ANYONE,
        heads=frozenset({"took", "taken", "started", "picked", "got"}),
        pattern="(?:(?:took|taken|picked) up|started|got into)(?: learning| doing| playing| practi[sc]ing)? (?:the"
        " )?(?=(?:{hobby}|{pastime})(?:{closing}|{dated}))",
        fill=_FOUND_LISTED,
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT),
        dated=Dated.BEGAN,
        confidence=0.8,
        examples=(example("I started surfing five years ago.", "surfing"), example("I've taken up pottery", "pottery")),
        counter_examples=("I started cooking dinner.", "I took up your offer.", "I started climbing the stairs."),
    ),
    Rule(
        name="hobby.my_hobby_is",
        kind=Kind.FACT,
        slot="hobby",
        subjects=MINE,
        heads=frozenset({"hobby", "hobbies", "main", "favourite", "favorite", "biggest"}),
        pattern="(?:(?:main|biggest|favou?rite) )?(?:hobby|hobbies|pastime)(?: is| are| include) (?!(?:great|good"
        "|fun|nice|boring|hard|weird|amazing|very|really|so|my|the|it)\\b)",
        fill=things,
        confidence=0.9,
        examples=(example("My hobbies are fishing, chess and baking.", "fishing", "chess", "baking"),),
        counter_examples=("My hobby is great.", "My hobby is it.", "His hobby is fishing."),
    ),
)
