"""Rules about health and food: allergies, conditions, medication, diet.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.lexicon import CONDITIONS, DIETS, MEDICATIONS
from streams.extraction.names import listed
from streams.extraction.rules.model import (
    ANYONE,
    I_ONLY,
    I_OR_WE,
    TASTE,
    Dated,
    Rule,
    example,
    tenses,
)
from streams.extraction.things import things

_LASTING = tenses(TASTE, past=Tense.PAST)

RULES: Final = (
    Rule(
        name="allergy.allergic_to",
        kind=Kind.FACT,
        slot="allergy",
        subjects=ANYONE,
        heads=frozenset({"allergic", "deathly", "severely"}),
        pattern="(?:deathly |severely |highly )?allergic to ",
        fill=things,
        tenses=TASTE,
        be=None,
        confidence=0.95,
        examples=(
            example("I'm allergic to peanuts and cats.", "peanuts", "cats"),
            example("I am severely allergic to penicillin", "penicillin"),
        ),
        counter_examples=(
            "I'm not allergic to peanuts.",
            "I'm allergic to it.",
            "Are you allergic to nuts?",
            "She's allergic to nuts.",
        ),
    ),
    Rule(
        name="allergy.have_an_allergy",
        kind=Kind.FACT,
        slot="allergy",
        subjects=I_ONLY,
        heads=frozenset({"have", "got"}),
        pattern=r"(?:have|got) an? (?:(?:bad|severe|serious|strong|mild) )?(?P<value>[a-z]{3,15}(?: [a-z]{3,15})?)"
        r" allergy",
        confidence=0.9,
        examples=(example("I have a severe peanut allergy.", "peanut"),),
        counter_examples=("I don't have a peanut allergy.", "My son has a peanut allergy."),
    ),
    Rule(
        name="diet.i_am",
        kind=Kind.FACT,
        slot="diet",
        subjects=I_OR_WE,
        heads=frozenset({"a", *(diet.split()[0] for diet in DIETS)}),
        pattern="(?:a )?(?:strict )?(?P<value>{diet}){closing}",
        tenses=_LASTING,
        be=True,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(
            example("I'm vegetarian.", "vegetarian"),
            example("I've been vegan since 2018", "vegan"),
            example("I'm not vegan any more", "vegan", tense=Tense.ENDED),
        ),
        counter_examples=("I'm vegan curious.", "I'm not vegan.", "Are you vegan?", "Is this vegan?"),
    ),
    Rule(
        name="diet.became",
        kind=Kind.FACT,
        slot="diet",
        subjects=ANYONE,
        heads=frozenset({"went", "became", "turned", "eat", "gone"}),
        pattern="(?:went|became|turned|gone|eat) (?:a )?(?P<value>{diet}){closing}",
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT, present=Tense.PRESENT),
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(example("I went vegan in January.", "vegan"), example("I eat gluten free", "gluten free")),
        counter_examples=("I went to a vegan place.", "I eat vegan burgers."),
    ),
    Rule(
        name="health_condition.have",
        kind=Kind.FACT,
        slot="health_condition",
        subjects=I_ONLY,
        heads=frozenset({"have", "got", "had", "suffer", "suffering"}),
        pattern="(?:have|got|had|suffer(?:ing)? from) (?:(?:chronic|severe|mild|bad|really bad|social|seasonal|a"
        " form of) )?(?={condition}\\b)",
        fill=listed(CONDITIONS),
        tenses=_LASTING,
        be=None,
        confidence=0.85,
        examples=(
            example("I have asthma.", "asthma"),
            example("I suffer from migraines", "migraines"),
        ),
        counter_examples=("I have a headache.", "I don't have asthma.", "My dad has diabetes.", "Do I have asthma?"),
    ),
    Rule(
        name="health_condition.diagnosed",
        kind=Kind.FACT,
        slot="health_condition",
        subjects=ANYONE,
        heads=frozenset({"diagnosed", "got"}),
        pattern="(?:got )?diagnosed with ",
        fill=listed(CONDITIONS),
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT, present=Tense.PRESENT),
        be=None,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(example("I was diagnosed with epilepsy two years ago.", "epilepsy"),),
        counter_examples=("She was diagnosed with epilepsy.", "I was diagnosed with a cold."),
    ),
    Rule(
        name="health_condition.i_am",
        kind=Kind.FACT,
        slot="health_condition",
        subjects=I_ONLY,
        heads=frozenset(
            {"diabetic", "asthmatic", "autistic", "epileptic", "dyslexic", "a", "colourblind", "colorblind", "lactose"}
        ),
        pattern="(?:a )?(?P<value>diabetic|asthmatic|autistic|epileptic|dyslexic|colou?r ?blind){closing}",
        be=True,
        confidence=0.9,
        examples=(example("I'm diabetic.", "diabetic"),),
        counter_examples=("I'm not diabetic.", "My cat is diabetic."),
    ),
    Rule(
        name="medication.take",
        kind=Kind.FACT,
        slot="medication",
        subjects=I_ONLY,
        heads=frozenset({"take", "taking", "on", "prescribed", "started"}),
        pattern=r"(?:take|taking|on|(?:got )?prescribed|started(?: taking| on)?) (?:\d+ ?mg of |some"
        r" )?(?={medication}\b)",
        fill=listed(MEDICATIONS),
        tenses=tenses(_LASTING, past=Tense.PRESENT),
        be=None,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(
            example("I take metformin every morning.", "metformin"),
            example("I'm on antidepressants", "antidepressants"),
        ),
        counter_examples=("I don't take insulin.", "I take the bus.", "I'm on a train."),
    ),
)
