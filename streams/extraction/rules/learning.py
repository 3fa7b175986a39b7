"""Rules about what somebody studied, and is able to do.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.rules.model import (
    I_ONLY,
    STATE,
    Dated,
    Rule,
    example,
    tenses,
)
from streams.extraction.things import subject

RULES: Final = (
    Rule(
        name="school.go_to",
        kind=Kind.FACT,
        slot="school",
        subjects=I_ONLY,
        heads=frozenset({"go", "attend", "study", "studying", "enrolled", "a", "attending"}),
        pattern="(?:go to|attend(?:ing)?|study(?:ing)? (?:(?!at )[a-z]{2,15} ){0,3}?at|enrolled (?:at|in)|a student"
        " at) (?:the )?"
        r"(?P<value>(?:(?-i:[A-Z])[\w'&.-]{1,20} (?:of |at |for |the )?){0,4}?"
        r"(?:(?-i:University|College|School|Academy|Institute|Polytechnic|Conservatory)(?: (?:of|in|at)(?:"
        r" (?-i:[A-Z])[\w'-]{1,20}){1,3})?(?! (?-i:[A-Z]))"
        r"|(?-i:MIT|UCLA|NYU|USC|UCL|LSE|ETH|Harvard|Yale|Stanford|Oxford|Cambridge|Princeton|Berkeley)\b))",
        tenses=STATE,
        be=None,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(
            example("I go to Northfield High School.", "Northfield High School"),
            example("I'm studying law at the University of Coimbra", "University of Coimbra"),
        ),
        counter_examples=("I go to school.", "I go to University Street.", "My son attends Northfield School."),
    ),
    Rule(
        name="studied.studied",
        kind=Kind.FACT,
        slot="studied",
        subjects=I_ONLY,
        heads=frozenset({"study", "studying", "studied", "majored", "majoring"}),
        pattern="(?:study|studying|studied|major(?:ed|ing) in) ",
        fill=subject,
        tenses=tenses(present=Tense.PRESENT, past=Tense.PRESENT),
        be=None,
        confidence=0.85,
        examples=(
            example("I studied biology in Ghent.", "biology"),
            example("I'm majoring in computer science.", "computer science"),
        ),
        counter_examples=(
            "I'm studying for my exam.",
            "I study every day.",
            "I studied hard.",
            "I studied it closely.",
        ),
    ),
    Rule(
        name="studied.degree_in",
        kind=Kind.FACT,
        slot="studied",
        subjects=I_ONLY,
        heads=frozenset({"have", "got", "a"}),
        pattern=r"(?:have|got|finished) (?:a|my) (?:[\w'-]{2,12} ){0,2}?(?:degree|master's|masters|bachelor's|phd"
        r"|diploma) in ",
        fill=subject,
        tenses=tenses(present=Tense.PRESENT, past=Tense.PRESENT, perfect=Tense.PRESENT),
        confidence=0.9,
        examples=(example("I have a master's degree in physics.", "physics"),),
        counter_examples=("I have a lot in common.",),
    ),
    Rule(
        name="skill.good_at",
        kind=Kind.FACT,
        slot="skill",
        subjects=I_ONLY,
        heads=frozenset({"good", "great", "pretty", "skilled"}),
        pattern="(?:pretty )?(?:good|great|skilled) (?:at|in) ",
        fill=subject,
        be=True,
        confidence=0.75,
        examples=(example("I'm really good at drawing.", "drawing"),),
        counter_examples=("I'm not good at drawing.", "I'm good at it.", "I'm good, thanks."),
    ),
    Rule(
        name="skill.know_how_to",
        kind=Kind.FACT,
        slot="skill",
        subjects=I_ONLY,
        heads=frozenset({"know"}),
        pattern=r"know how to (?P<value>(?:play|cook|code|program|sew|knit|swim|ski|surf|drive|weld|juggle|sail"
        r"|ride)(?: (?:the )?[a-z]{2,15})?){closing}",
        confidence=0.8,
        examples=(example("I know how to sail.", "sail"),),
        counter_examples=("I don't know how to sail.", "I know how to do it.", "You know how to sail."),
    ),
)
