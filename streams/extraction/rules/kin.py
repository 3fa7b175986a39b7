"""Rules about the people and animals of somebody's life.

Data, free of I/O. They fill `relation` slots of the speaker, and say nothing of the other person's own memory.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.lexicon import ANIMALS, FAMILY
from streams.extraction.names import people, person
from streams.extraction.rules.model import (
    ANYONE,
    I_OR_WE,
    MINE,
    NOW,
    Dated,
    Example,
    Rule,
    example,
    tenses,
)
from streams.extraction.rules.patterns import one_of

_ADJECTIVES = frozenset(
    {
        "older",
        "younger",
        "elder",
        "little",
        "big",
        "baby",
        "twin",
        "eldest",
        "oldest",
        "youngest",
        "best",
        "good",
        "close",
    }
    | {
        "dear",
        "dearest",
        "lovely",
        "beautiful",
        "wonderful",
        "amazing",
        "sweet",
        "childhood",
        "old",
        "new",
        "middle",
        "only",
    }
)
_NAMED = "(?:'s name is|'s name's| is called| is named| named| called|,)? "
_HAVE = tenses(present=Tense.PRESENT, perfect=Tense.PRESENT, past=Tense.PAST, used_to=Tense.PAST, ended=Tense.ENDED)
_NAME_ALONE = frozenset({"partner", "mother", "father", "friend", "colleague"})
"""Slots whose value is the name; the others hold several people, and say which: `sister Anna`."""
_COUNTED = frozenset({"child", "sibling"})

_EXAMPLES: dict[str, tuple[tuple[Example, ...], tuple[str, ...]]] = {
    "partner": (
        (
            example("My wife Anna loves it.", "Anna"),
            example("my boyfriend's name is Rui", "Rui"),
            example("I went there with my husband João.", "João"),
        ),
        ("My wife loves Anna.", "His wife Anna called.", "Is my wife Anna here?", "My husband Monday to Friday works."),
    ),
    "mother": (
        (example("My mum Teresa taught me.", "Teresa"), example("My mother is called Inês", "Inês")),
        ("My mother tongue is Catalan.", "My mom American style."),
    ),
    "father": ((example("My dad's name is Carlos.", "Carlos"),), ("My dad and Carlos left.", "Her dad Carlos left.")),
    "child": (
        (example("My daughter Mia starts school.", "daughter Mia"), example("my 5 year old son Leo", "son Leo")),
        ("My daughter is five.", "My kid Thursday night...", "Their son Leo left."),
    ),
    "sibling": (
        (
            example("My sister Anna lives in Rome.", "sister Anna"),
            example("I'm visiting my older brother Tom", "brother Tom"),
        ),
        ("My sister lives in Rome.", "Her sister Anna lives in Rome.", "My sister and Anna left."),
    ),
    "friend": (
        (example("My best friend Marta moved away.", "Marta"), example("a photo of my friend Li", "Li")),
        ("My friend moved to Rome.", "My friend American, I know."),
    ),
    "colleague": (
        (example("My colleague Raj helped me.", "Raj"), example("my boss Ingrid is away", "Ingrid")),
        ("My boss called Monday.", "My colleague helped Raj."),
    ),
    "relative": (
        (example("My aunt Rosa bakes.", "aunt Rosa"), example("my cousin Pedro's wedding", "cousin Pedro")),
        ("My aunt bakes.", "My uncle in Rome."),
    ),
}


def _my_kin(slot: str) -> Rule:
    roles = frozenset(role for role, fills in FAMILY.items() if fills == slot)
    examples, counter_examples = _EXAMPLES[slot]
    return Rule(
        name=f"{slot}.my_{slot}",
        kind=Kind.RELATION,
        slot=slot,
        subjects=MINE,
        heads=roles | _ADJECTIVES | {f"{role}'s" for role in roles} | {str(age) for age in range(1, 30)},
        pattern=f"{{kin}}(?P<role>{one_of(roles)}){_NAMED}",
        fill=person,
        value="{value}" if slot in _NAME_ALONE else "{role} {value}",
        anywhere=True,
        confidence=0.9,
        examples=examples,
        counter_examples=counter_examples,
    )


def _have_kin(slot: str) -> Rule:
    roles = frozenset(role for role, fills in FAMILY.items() if fills == slot)
    return Rule(
        name=f"{slot}.have_named",
        kind=Kind.RELATION,
        slot=slot,
        subjects=I_OR_WE,
        heads=frozenset({"have", "got", "had"}),
        pattern=f"(?:have|got|had)(?: got)? {{count}} {{kin}}(?P<role>{one_of(roles)})s?(?: (?:named|called|whose"
        f" names? (?:is|are))|[,:]) ",
        fill=people,
        value="{value}" if slot in _NAME_ALONE else "{role} {value}",
        tenses=_HAVE,
        confidence=0.85,
        examples=(_HAVE_EXAMPLES[slot],),
        counter_examples=("I have a lot of work, Tom.", "He has a sister called Anna."),
    )


def _have_counted(slot: str) -> Rule:
    plain = {
        "child": "child|children|kids?|sons?|daughters?",
        "sibling": "brothers?|sisters?|siblings?|twin (?:brother|sister)",
    }[slot]
    return Rule(
        name=f"{slot}.have",
        kind=Kind.RELATION,
        slot=slot,
        subjects=I_OR_WE,
        heads=frozenset({"have", "got"}),
        pattern=rf"(?:have|got)(?: got)? (?:an? )?(?P<value>(?:(?:one|two|three|four|five|six|\d)"
        rf" )?{{kin}}(?:{plain})){{closing}}(?!,? (?:named|called)| who|:| [A-Z])",
        tenses=tenses(NOW, perfect=Tense.PRESENT),
        confidence=0.8,
        examples=(example("I have two kids.", "two kids"),)
        if slot == "child"
        else (example("I have an older brother.", "older brother"),),
        counter_examples=("I have no kids.", "I don't have a brother.", "I have two kidneys.", "She has two kids."),
    )


_HAVE_EXAMPLES = {
    "child": example("We have a son called Leo.", "son Leo"),
    "sibling": example("I have two brothers, Tom and Max.", "brother Tom", "brother Max"),
    "friend": example("I have a friend named Li.", "Li"),
}

RULES: Final = (
    *(_my_kin(slot) for slot in _EXAMPLES),
    *(_have_kin(slot) for slot in _HAVE_EXAMPLES),
    *(_have_counted(slot) for slot in sorted(_COUNTED)),
    Rule(
        name="partner.married_to",
        kind=Kind.RELATION,
        slot="partner",
        subjects=I_OR_WE,
        heads=frozenset({"married", "engaged", "dating", "got"}),
        pattern="(?:got )?(?:married to|engaged to|dating) ",
        fill=person,
        tenses=tenses(present=Tense.PRESENT, past=Tense.PRESENT, perfect=Tense.PRESENT),
        be=None,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(example("I'm married to Sofia.", "Sofia"),),
        counter_examples=("I'm married to my work.", "She's married to Tom.", "I was dating back then."),
    ),
    Rule(
        name="pet.my_pet",
        kind=Kind.RELATION,
        slot="pet",
        subjects=MINE,
        heads=ANIMALS | _ADJECTIVES | {f"{animal}'s" for animal in ANIMALS} | {"golden", "german", "guinea", "border"},
        pattern=f"{{kin}}{{animal}}{_NAMED}(?!passed\\b|died\\b)",
        fill=person,
        value="{role} {value}",
        anywhere=True,
        confidence=0.9,
        examples=(
            example("My cat, Olive, is asleep.", "cat Olive"),
            example("This is my dog Rex!", "dog Rex"),
            example("my dog's name is Fig", "dog Fig"),
            example("our puppy is called Nilo", "puppy Nilo"),
        ),
        counter_examples=(
            "My dog is called a good boy.",
            "Her dog Rex barks.",
            "My dog Monday was sick.",
            "my dog barks",
        ),
    ),
    Rule(
        name="pet.have_named",
        kind=Kind.RELATION,
        slot="pet",
        subjects=ANYONE,
        heads=frozenset({"have", "got", "had", "adopted", "own", "bought", "rescued"}),
        pattern=r"(?:have|got|had|adopted|own|bought|rescued)(?: got)? {count} (?:[a-z-]{2,14} ){0,3}?{animal}s?(?:"
        r" (?:named|called|whose names? (?:is|are))|[,:]) ",
        fill=people,
        value="{role} {value}",
        tenses=tenses(_HAVE, past=Tense.PRESENT),
        confidence=0.9,
        examples=(
            example("I have two cats, Olive and Fig.", "cat Olive", "cat Fig"),
            example("We adopted a dog named Rex", "dog Rex"),
        ),
        counter_examples=("I have a friend called Rex.", "She has a dog called Rex."),
    ),
    Rule(
        name="pet.have",
        kind=Kind.RELATION,
        slot="pet",
        subjects=I_OR_WE,
        heads=frozenset({"have", "got", "own"}),
        pattern=r"(?:have|own|got)(?: got)? (?:an? )?(?P<value>(?:(?:one|two|three|four|five|six|\d)"
        r" )?(?:(?!(?:hot|this|that|the|your|her|his|their|some|more|any)\b)[a-z-]{3,12}"
        r" ){0,2}?{animals}s?){closing}(?!,? (?:named|called)|:)",
        tenses=tenses(NOW, perfect=Tense.PRESENT, ended=Tense.ENDED),
        confidence=0.85,
        examples=(example("I have a cat.", "cat"), example("We've got two small dogs at home", "two small dogs")),
        counter_examples=("I have a cat allergy.", "I don't have a dog.", "Does he have a dog?", "I had a dog."),
    ),
    Rule(
        name="pet.adopted",
        kind=Kind.RELATION,
        slot="pet",
        subjects=ANYONE,
        heads=frozenset({"adopted", "got", "rescued", "bought"}),
        pattern=r"(?:adopted|got|rescued|bought)(?: myself)? (?:an?|another) (?P<value>(?:[a-z-]{3,12}"
        r" ){0,2}?{animals})(?:{closing}|(?= (?:yesterday|today|last|this)\b))(?!,? (?:named|called)|:)",
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT),
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(example("I just adopted a puppy from the shelter!", "puppy"),),
        counter_examples=("They adopted a puppy.", "I got a cat photo.", "I bought a dog toy."),
    ),
    Rule(
        name="pet.lost",
        kind=Kind.RELATION,
        slot="pet",
        subjects=MINE,
        heads=ANIMALS,
        pattern=r"{animal} (?P<value>[^\W\d_][\w'-]{1,20}) (?:just |recently |sadly )?(?:died|passed away|passed|ran"
        r" away)\b",
        value="{role} {value}",
        tenses=tenses(present=Tense.ENDED),
        confidence=0.85,
        examples=(example("My dog Rex died last week.", "dog Rex", tense=Tense.ENDED),),
        counter_examples=("My dog Rex almost died.", "Her dog Rex died."),
    ),
)
