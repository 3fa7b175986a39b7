"""Rules about who somebody is: name, age, birthday, gender, civil status.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.names import person, said_name
from streams.extraction.rules.model import (
    ANYONE,
    CHANGE,
    I_ONLY,
    I_OR_WE,
    MINE,
    NUMBER_HEAD,
    Dated,
    Rule,
    example,
    tenses,
)

_STATUS = "(?P<value>single|married|engaged|divorced|widowed|separated)"
_NOT_A_STATUS = (
    r"(?!-|'|\s+(?:in|with|by|parents?|mom|mum|dad|mother|father|threaded|user|core|day|thing|person|one"
    r"|file|from|life)\b)"
)


RULES: Final = (
    Rule(
        name="name.my_name_is",
        kind=Kind.FACT,
        slot="name",
        subjects=MINE,
        heads=frozenset({"name", "name's", "full", "first"}),
        pattern="(?:full |first )?name(?:'s| is) (?:actually )?",
        fill=said_name,
        confidence=0.95,
        examples=(
            example("Hi, my name is Ana Duarte.", "Ana Duarte"),
            example("my name's rui", "rui"),
            example("No worries, my name is Marta, and yours?", "Marta"),
        ),
        counter_examples=(
            "My name is on the list.",
            "Her name is Ana.",
            "Is my name Ana?",
            '"My name is Ana," she said.',
        ),
    ),
    Rule(
        name="name.i_am_called",
        kind=Kind.FACT,
        slot="name",
        subjects=I_ONLY,
        heads=frozenset({"called", "named"}),
        pattern="(?:called|named) ",
        fill=person,
        be=True,
        confidence=0.9,
        examples=(example("I'm called Ana.", "Ana"),),
        counter_examples=("I called Ana.", "I'm called to the office."),
    ),
    Rule(
        name="age.i_am",
        kind=Kind.FACT,
        slot="age",
        subjects=I_ONLY,
        heads=frozenset({NUMBER_HEAD}),
        pattern=r"(?P<value>\d{1,3})(?:(?:\s|-)?(?:years?|yrs?|y)(?:\s|-)?(?:old|o)\b|(?=\s*(?:\.(?!\d)|[,;!)]|$)"
        r"|\s+(?:now|and|but|already|so)\b))",
        be=True,
        confidence=0.85,
        examples=(
            example("I'm 31 years old.", "31"),
            example("I am 42 and I like chess", "42"),
            example("i'm 27, by the way", "27"),
        ),
        counter_examples=(
            "I'm 10 minutes away.",
            "I'm 100% sure.",
            "I'm 1.80 tall.",
            "I was 12 years old.",
            "If I'm 31, so what?",
        ),
    ),
    Rule(
        name="age.i_turned",
        kind=Kind.FACT,
        slot="age",
        subjects=ANYONE,
        heads=frozenset({"turned", "turn", "turning"}),
        pattern=r"turn(?:ed)? (?P<value>\d{1,3})(?=\s*(?:[.,;!)]|$)|\s+(?:now|and|but|on|in|last|this|next|yesterday"
        r"|today|tomorrow)\b)",
        tenses=CHANGE,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(
            example("I turned 30 last week.", "30"),
            example("I just turned 41!", "41"),
            example("I'll turn 50 next year", "50", tense=Tense.PLANNED),
        ),
        counter_examples=("I turned 30 pages.", "I turned left.", "She turned 30."),
    ),
    Rule(
        name="birthday.my_birthday_is",
        kind=Kind.FACT,
        slot="birthday",
        subjects=MINE,
        heads=frozenset({"birthday", "birthday's"}),
        pattern="birthday(?:'s| is) (?:on |the )?",
        dated=Dated.IS,
        confidence=0.95,
        examples=(
            example("My birthday is on March 14.", "--03-14"),
            example("my birthday's tomorrow!", "--06-13"),
        ),
        counter_examples=("My birthday is coming up.", "When is my birthday?", "My birthday is in March."),
    ),
    Rule(
        name="birthday.is_my_birthday",
        kind=Kind.FACT,
        slot="birthday",
        subjects=MINE,
        heads=frozenset({"birthday"}),
        before=r"(?P<value>today|tomorrow|yesterday)(?:'s| is| was)\s+$",
        pattern="birthday(?! (?:party|present|dinner|gift|cake|trip|celebration))",
        anywhere=True,
        dated=Dated.IS,
        confidence=0.9,
        examples=(example("Tomorrow is my birthday!", "--06-13"),),
        counter_examples=("Tomorrow is my birthday party.", "Today is her birthday."),
    ),
    Rule(
        name="birthday.i_was_born_on",
        kind=Kind.FACT,
        slot="birthday",
        subjects=ANYONE,
        heads=frozenset({"born"}),
        pattern="born on (?:the )?",
        tenses=tenses(past=Tense.PRESENT, present=Tense.PRESENT),
        be=None,
        dated=Dated.IS,
        confidence=0.95,
        examples=(example("I was born on 2 May 1990.", "1990-05-02"),),
        counter_examples=("I was born on a boat.", "She was born on 2 May 1990.", "I was born in 1990."),
    ),
    Rule(
        name="gender.i_am",
        kind=Kind.FACT,
        slot="gender",
        subjects=I_ONLY,
        heads=frozenset({"a", "non-binary", "nonbinary"}),
        pattern=r"(?:a (?:trans(?:gender)? |young |grown )?)?(?P<value>woman|man|girl|guy|boy"
        r"|non-?binary)(?=\s*(?:[.,;!)]|$)|\s+(?:and|but)\b)",
        be=True,
        confidence=0.85,
        examples=(example("I'm a woman, by the way.", "woman"), example("I am non-binary.", "non-binary")),
        counter_examples=("I'm a man of few words.", "I'm a dog person.", "I'm a girl boss."),
    ),
    Rule(
        name="pronouns.my_pronouns_are",
        kind=Kind.FACT,
        slot="pronouns",
        subjects=MINE,
        heads=frozenset({"pronouns"}),
        pattern=r"pronouns are (?P<value>[a-z]{2,6}\s?/\s?[a-z]{2,6}(?:\s?/\s?[a-z]{2,6})?)",
        confidence=0.95,
        examples=(example("My pronouns are she/her.", "she/her"),),
        counter_examples=("My pronouns are hard to guess.",),
    ),
    Rule(
        name="relationship_status.i_am",
        kind=Kind.FACT,
        slot="relationship_status",
        subjects=I_OR_WE,
        heads=frozenset({"single", "married", "engaged", "divorced", "widowed", "separated"}),
        pattern=_STATUS + _NOT_A_STATUS,
        tenses=tenses(present=Tense.PRESENT, perfect=Tense.PRESENT, ended=Tense.ENDED, used_to=Tense.PAST),
        be=True,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(
            example("I'm married and have two kids", "married"),
            example("We're engaged!", "engaged"),
            example("I'm no longer single.", "single", tense=Tense.ENDED),
        ),
        counter_examples=(
            "I'm single-handedly doing this.",
            "I'm engaged in a project.",
            "I married young.",
            "I'm a single parent.",
        ),
    ),
    Rule(
        name="relationship_status.in_a_relationship",
        kind=Kind.FACT,
        slot="relationship_status",
        subjects=I_ONLY,
        heads=frozenset({"in"}),
        pattern="(?P<value>in a (?:[a-z-]{2,14} )?relationship)",
        be=True,
        confidence=0.85,
        examples=(example("I'm in a relationship.", "in a relationship"),),
        counter_examples=("I was in a relationship.", "I'm in a meeting."),
    ),
    Rule(
        name="relationship_status.got",
        kind=Kind.FACT,
        slot="relationship_status",
        subjects=ANYONE,
        heads=frozenset({"got", "gotten"}),
        pattern="(?:got|gotten) (?P<value>married|engaged|divorced)" + _NOT_A_STATUS,
        tenses=CHANGE,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(example("We got married last year.", "married"), example("I just got divorced", "divorced")),
        counter_examples=("They got married.", "When I get married I'll be happy.", "We got married-couple discounts."),
    ),
)
