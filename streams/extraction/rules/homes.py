"""Rules about where somebody lives, and since when.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.names import city, country
from streams.extraction.rules.model import (
    ANYONE,
    CHANGE,
    I_OR_WE,
    LOSS,
    PLAN,
    STATE,
    Dated,
    Rule,
    example,
    tenses,
)

_LIVE = "(?:live|lived|living|reside|residing|based|settled(?: down)?)(?: (?:right|here|out|over|up|down|back))? in "
_LIVES = tenses(STATE, negated=Tense.ENDED)
_LIVE_HEADS = frozenset({"live", "lived", "living", "reside", "residing", "based", "settled"})
_MOVED = (
    "(?:moved|relocated|transferred|emigrated|immigrated|move|relocate)(?: (?:back|over|out|here|down|up|away))?"
    r"(?: from (?:[\w'.-]{1,20} ){1,3}?| )to "
)
_MOVED_HEADS = frozenset({"moved", "relocated", "transferred", "emigrated", "immigrated", "move", "relocate"})

RULES: Final = (
    Rule(
        name="home_city.live_in",
        kind=Kind.FACT,
        slot="home_city",
        subjects=I_OR_WE,
        heads=_LIVE_HEADS,
        pattern=_LIVE,
        fill=city,
        tenses=_LIVES,
        be=None,
        dated=Dated.BEGAN,
        confidence=0.95,
        examples=(
            example("I live in Porto.", "Porto"),
            example("well, we live in New York City now", "New York City"),
            example("I've been living in Lyon since 2019.", "Lyon"),
            example("I used to live in Quito.", "Quito", tense=Tense.PAST),
            example("I lived in Ghent in 2015", "Ghent", tense=Tense.PAST),
            example("I no longer live in Lisbon.", "Lisbon", tense=Tense.ENDED),
            example("I don't live in Lisbon any more", "Lisbon", tense=Tense.ENDED),
            example("i live in berlin btw", "berlin"),
        ),
        counter_examples=(
            "If I lived in Rome, I'd be happy.",
            "Do you live in Porto?",
            "My brother lives in Porto.",
            "She said I live in Porto.",
            "I live in a small flat.",
            "I live in fear.",
            "I would live in Porto.",
            "I'd love to live in Porto",
            "I live in Texas.",
            "Where should I live in Porto?",
            '"I live in Porto" is what he wrote.',
        ),
    ),
    Rule(
        name="home_city.moved_to",
        kind=Kind.FACT,
        slot="home_city",
        subjects=ANYONE,
        heads=_MOVED_HEADS,
        pattern=_MOVED,
        fill=city,
        tenses=CHANGE,
        be=None,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(
            example("I moved to Porto last month.", "Porto"),
            example("Just moved to Ghent!", "Ghent"),
            example("We've moved from Lisbon to Porto", "Porto"),
            example("I'm going to move to Oslo in May.", "Oslo", tense=Tense.PLANNED),
        ),
        counter_examples=(
            "I moved to the next question.",
            "They moved to Porto.",
            "I might move to Porto.",
            "I moved to Spain.",
        ),
    ),
    Rule(
        name="home_city.moving_to",
        kind=Kind.FACT,
        slot="home_city",
        subjects=ANYONE,
        heads=frozenset({"moving", "relocating"}),
        pattern="(?:moving|relocating)(?: (?:back|over|out|down|up))? to ",
        fill=city,
        tenses=PLAN,
        be=None,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(example("I'm moving to Porto next month.", "Porto", tense=Tense.PLANNED),),
        counter_examples=("I'm moving to the couch.", "Is she moving to Porto?", "I was thinking of moving to Porto"),
    ),
    Rule(
        name="home_city.moved_out_of",
        kind=Kind.FACT,
        slot="home_city",
        subjects=ANYONE,
        heads=frozenset({"moved"}),
        pattern="moved (?:out of|away from) ",
        fill=city,
        tenses=LOSS,
        dated=Dated.NO,
        confidence=0.85,
        examples=(example("I moved away from Lisbon.", "Lisbon", tense=Tense.ENDED),),
        counter_examples=("I moved out of the way.",),
    ),
    Rule(
        name="home_country.live_in",
        kind=Kind.FACT,
        slot="home_country",
        subjects=I_OR_WE,
        heads=_LIVE_HEADS,
        pattern=_LIVE,
        fill=country,
        tenses=_LIVES,
        be=None,
        dated=Dated.BEGAN,
        confidence=0.95,
        examples=(
            example("I live in Portugal.", "Portugal"),
            example("I used to live in the Netherlands", "Netherlands", tense=Tense.PAST),
        ),
        counter_examples=("I live in Georgia O'Keeffe's street.", "People live in Portugal."),
    ),
    Rule(
        name="home_country.moved_to",
        kind=Kind.FACT,
        slot="home_country",
        subjects=ANYONE,
        heads=_MOVED_HEADS | {"moving"},
        pattern=_MOVED.replace("(?:moved|", "(?:moving|moved|"),
        fill=country,
        tenses=tenses(CHANGE, PLAN),
        be=None,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(
            example("I moved to Spain in 2020.", "Spain"),
            example("I'm moving to Japan next year", "Japan", tense=Tense.PLANNED),
        ),
        counter_examples=("I'd never move to Spain.", "I moved to Spanish lessons."),
    ),
)
