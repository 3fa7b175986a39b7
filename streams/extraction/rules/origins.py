"""Rules about where somebody comes from: hometown, nationality, languages.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.lexicon import LANGUAGES, NATIONALITIES
from streams.extraction.names import listed, place
from streams.extraction.rules.model import (
    ANYONE,
    I_ONLY,
    I_OR_WE,
    MINE,
    Rule,
    example,
    tenses,
)

_NATIONALITY_HEADS = frozenset(name.split()[0] for name in NATIONALITIES)

RULES: Final = (
    Rule(
        name="hometown.i_am_from",
        kind=Kind.FACT,
        slot="hometown",
        subjects=I_OR_WE,
        heads=frozenset({"from", "come"}),
        pattern="(?:come )?from ",
        fill=place,
        be=None,
        confidence=0.85,
        examples=(
            example("I'm originally from Coimbra.", "Coimbra"),
            example("I come from Norway, you know", "Norway"),
        ),
        counter_examples=(
            "I'm from work.",
            "She's from Coimbra.",
            "Are you from Coimbra?",
            "I come from a large family.",
        ),
    ),
    Rule(
        name="hometown.i_grew_up_in",
        kind=Kind.FACT,
        slot="hometown",
        subjects=ANYONE,
        heads=frozenset({"grew", "born", "raised"}),
        pattern="(?:grew up|born(?: and (?:raised|bred))?|raised) in (?:the city of )?",
        fill=place,
        tenses=tenses(past=Tense.PRESENT, present=Tense.PRESENT),
        be=None,
        confidence=0.85,
        examples=(
            example("I grew up in Braga.", "Braga"),
            example("Born and raised in Dallas!", "Dallas"),
            example("I was born in Sofia but left early", "Sofia"),
        ),
        counter_examples=("I grew up in a small village.", "He grew up in Braga.", "I was born in March."),
    ),
    Rule(
        name="hometown.my_hometown_is",
        kind=Kind.FACT,
        slot="hometown",
        subjects=MINE,
        heads=frozenset({"hometown", "home"}),
        pattern="home ?town(?: is|,)? ",
        fill=place,
        anywhere=True,
        confidence=0.85,
        examples=(example("My hometown is Évora.", "Évora"), example("I miss my hometown, Turin.", "Turin")),
        counter_examples=("My hometown is small.", "My hometown is nicer than Turin."),
    ),
    Rule(
        name="nationality.i_am",
        kind=Kind.FACT,
        slot="nationality",
        subjects=I_OR_WE,
        heads=_NATIONALITY_HEADS | {"a", "an"},
        pattern=r"(?:an? )?(?P<value>{nationality})(?:{closing}|(?= (?:citizen|woman|man|guy|girl|by)\b))",
        be=True,
        confidence=0.9,
        examples=(
            example("I'm Portuguese.", "Portuguese"),
            example("I'm a Brazilian living abroad", "Brazilian"),
        ),
        counter_examples=(
            "I'm Polish food's biggest fan.",
            "I like Portuguese.",
            "My wife is Portuguese.",
            "I'm an American football fan.",
        ),
    ),
    Rule(
        name="speaks.i_speak",
        kind=Kind.FACT,
        slot="speaks",
        subjects=I_ONLY,
        heads=frozenset({"speak"}),
        pattern="speak (?:(?:a (?:little|bit of|little bit of)|some|fluent|good|decent|basic|both|conversational"
        "|native) )?",
        fill=listed(LANGUAGES),
        tenses=tenses(present=Tense.PRESENT, able=Tense.PRESENT),
        confidence=0.9,
        examples=(
            example("I speak Portuguese and a bit of German.", "Portuguese", "German"),
            example("I can speak Japanese", "Japanese"),
        ),
        counter_examples=(
            "I don't speak German.",
            "I speak for all of us.",
            "Do you speak German?",
            "She speaks German.",
        ),
    ),
    Rule(
        name="speaks.fluent_in",
        kind=Kind.FACT,
        slot="speaks",
        subjects=I_ONLY,
        heads=frozenset({"fluent"}),
        pattern="fluent in ",
        fill=listed(LANGUAGES),
        be=True,
        confidence=0.9,
        examples=(example("I'm fluent in Spanish.", "Spanish"),),
        counter_examples=("I'm not fluent in Spanish.", "I'm fluent in sarcasm."),
    ),
    Rule(
        name="native_language.my_native_language_is",
        kind=Kind.FACT,
        slot="native_language",
        subjects=MINE,
        heads=frozenset({"native", "mother", "first"}),
        pattern="(?:native language|native tongue|mother tongue|first language)(?:'s| is) ",
        fill=listed(LANGUAGES),
        confidence=0.95,
        examples=(example("My mother tongue is Catalan.", "Catalan"),),
        counter_examples=("My native language is hard.", "My mother is Catalan."),
    ),
    Rule(
        name="native_language.native_speaker",
        kind=Kind.FACT,
        slot="native_language",
        subjects=I_ONLY,
        heads=frozenset({"a"}),
        pattern="a native (?P<value>{language}) speaker",
        be=True,
        confidence=0.9,
        examples=(example("I'm a native Dutch speaker.", "Dutch"),),
        counter_examples=("I'm not a native Dutch speaker.", "I'm a native of Utrecht."),
    ),
)
