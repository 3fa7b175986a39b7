"""Rules about how somebody lives: habits, aims, possessions.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.phrases import phrase
from streams.extraction.rules.model import (
    ANY_HEAD,
    ANYONE,
    I_ONLY,
    I_OR_WE,
    LOSS,
    MINE,
    NOW,
    Dated,
    Rule,
    example,
    tenses,
)

_FREQUENCY = (
    r"(?:every (?:single )?(?:day|morning|evening|night|week|weekend|month|year|summer|winter|(?:mon|tues|wednes"
    r"|thurs|fri|satur|sun)day)s?"
    r"|(?:once|twice|(?:two|three|four|five|six|\d) times) (?:a|per) (?:day|week|month|year)|on (?:mon|tues|wednes"
    r"|thurs|fri|satur|sun)days"
    r"|on weekends|daily)"
)
_STATIVE = (
    "love|like|think|hope|know|need|want|wish|miss|get|feel|see|have|hate|mean|guess|believe|agree|understand"
    "|remember|am|said|say|just"
    "|had|was|were|will|can|can't|don't|never|live|work at|wonder|seem|look"
)
_WANTED = (
    "become|learn|start|visit|travel|lose|write|build|buy|live|move|adopt|study|graduate|open|run|get (?:fit|better"
    " at|into|a|my)|save|improve"
    "|publish|own|teach|retire|climb|sail|finish|be an?"
)


RULES: Final = (
    Rule(
        name="habit.frequency",
        kind=Kind.FACT,
        slot="habit",
        subjects=I_OR_WE,
        heads=frozenset({ANY_HEAD}),
        pattern=rf"(?P<value>(?!(?:{_STATIVE})\b)[a-z]{{2,14}}(?: (?!that\b|it\b|you\b|your\b|this\b|him\b|her\b"
        rf"|them\b|if\b|and\b|but\b)[\w'-]{{1,16}}){{0,7}}? {_FREQUENCY})",
        tenses=tenses(present=Tense.PRESENT, used_to=Tense.PAST, ended=Tense.ENDED),
        confidence=0.8,
        examples=(
            example("I swim every morning.", "swim every morning"),
            example("We go to the market on Saturdays.", "go to the market on Saturdays"),
            example("I run three times a week now", "run three times a week"),
            example("I used to walk to school every day", "walk to school every day", tense=Tense.PAST),
        ),
        counter_examples=(
            "I love it every time.",
            "I think about you every day.",
            "He swims every morning.",
            "I went there every day.",
        ),
    ),
    Rule(
        name="goal.my_goal_is",
        kind=Kind.FACT,
        slot="goal",
        subjects=MINE,
        heads=frozenset(
            {"goal", "dream", "ambition", "resolution", "main", "biggest", "ultimate", "life", "new", "long-term"}
        ),
        pattern=r"(?:(?:main|biggest|ultimate|life|new|long-term|next|big|year's|new year's) ){0,2}(?:goal|dream"
        r"|ambition|resolution)(?: for (?:this|next) year)?(?:'s| is) (?:to |(?=[a-z]{3,12}ing\b))",
        fill=phrase,
        confidence=0.9,
        examples=(example("My goal is to run a marathon.", "run a marathon"),),
        counter_examples=("My goal is far away though.", "My dream is yours.", "His goal is to win."),
    ),
    Rule(
        name="goal.i_want_to",
        kind=Kind.FACT,
        slot="goal",
        subjects=I_ONLY,
        heads=frozenset({"want", "wanted", "hope", "dream", "aim"}),
        pattern=rf"(?:want(?:ed)? to|hope to|dream of|aim to) (?=(?:{_WANTED})\b)",
        fill=phrase,
        tenses=tenses(present=Tense.PRESENT, perfect=Tense.PRESENT, used_to=Tense.PAST, ended=Tense.ENDED),
        confidence=0.75,
        examples=(
            example("I want to learn Japanese.", "learn Japanese"),
            example("I've always wanted to visit Iceland", "visit Iceland"),
        ),
        counter_examples=(
            "I want to know why.",
            "I want to start it.",
            "Do you want to learn Japanese?",
            "I don't want to learn Japanese.",
        ),
    ),
    Rule(
        name="goal.trying_to",
        kind=Kind.FACT,
        slot="goal",
        subjects=I_ONLY,
        heads=frozenset({"trying", "learning", "saving", "training"}),
        pattern=r"(?:trying to (?=(?:learn|lose|quit|save (?:money|up|for)|improve|become|get fit|get pregnant|eat"
        r" (?:more|less|better|health)|stop smoking)\b)|(?=learning (?:to |how to )?"
        r"(?:(?-i:[A-Z])|(?:play|cook|code|swim|drive|knit|sew|surf|ski|dance|paint|draw|the)\b))|(?=saving (?:up"
        r" )?for)|(?=training for))",
        fill=phrase,
        be=True,
        confidence=0.8,
        examples=(
            example("I'm trying to lose weight.", "lose weight"),
            example("I'm learning Spanish", "learning Spanish"),
            example("I'm training for a marathon.", "training for a marathon"),
        ),
        counter_examples=("I'm trying to help.", "I'm learning a lot.", "I'm trying to learn this."),
    ),
    Rule(
        name="owns.have",
        kind=Kind.FACT,
        slot="owns",
        subjects=I_OR_WE,
        heads=frozenset({"have", "got", "own", "had"}),
        pattern="(?:have|own|got|had)(?: got)? {count} (?P<value>{adjectives}{ownable}s?){closing}",
        tenses=tenses(NOW, used_to=Tense.PAST, perfect=Tense.PRESENT, ended=Tense.ENDED),
        confidence=0.8,
        examples=(
            example("I have a motorbike.", "motorbike"),
            example("We own a small bakery in Ghent", "small bakery"),
            example("I have an electric guitar.", "electric guitar"),
        ),
        counter_examples=(
            "I have a car problem.",
            "I don't have a car.",
            "I had a car crash.",
            "He has a car.",
            "I have a question.",
        ),
    ),
    Rule(
        name="owns.bought",
        kind=Kind.FACT,
        slot="owns",
        subjects=ANYONE,
        heads=frozenset({"bought", "got", "purchased"}),
        pattern="(?:bought|got|purchased)(?: myself)? {count} (?P<value>{adjectives}{ownable}s?)(?:{closing}|(?="
        " (?:yesterday|today|last|this)\\b))",
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT),
        dated=Dated.BEGAN,
        confidence=0.8,
        examples=(example("I bought a new car last week.", "new car"),),
        counter_examples=("I bought a car magazine.", "I bought it.", "They bought a house."),
    ),
    Rule(
        name="owns.sold",
        kind=Kind.FACT,
        slot="owns",
        subjects=ANYONE,
        heads=frozenset({"sold"}),
        pattern="sold (?:my|our) (?:old )?(?P<value>{ownable}s?){closing}",
        tenses=LOSS,
        confidence=0.8,
        examples=(example("I sold my motorbike.", "motorbike", tense=Tense.ENDED),),
        counter_examples=("I sold my car keys.", "I sold it."),
    ),
)
