"""Rules about what somebody works as, and for whom.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.names import employer
from streams.extraction.rules.model import (
    ANYONE,
    CHANGE,
    I_ONLY,
    LOSS,
    PLAN,
    STATE,
    Dated,
    Rule,
    example,
    tenses,
)

_BIOGRAPHY = tenses(past=Tense.PRESENT, perfect=Tense.PRESENT)
"""What one did stays true: `I worked at Acme` makes `worked_at`, not a former employer."""
_ENGAGED = "(?:full[- ]time |part[- ]time |remotely |now |over |out )?"


RULES: Final = (
    Rule(
        name="employer.work_at",
        kind=Kind.FACT,
        slot="employer",
        subjects=ANYONE,
        heads=frozenset({"work", "working", "employed"}),
        pattern=r"(?:work(?:ing)?|employed) " + _ENGAGED + r"(?:as an? (?:[\w'-]{2,20} ){1,4}?)?(?:at|for|by) ",
        fill=employer,
        tenses=tenses(
            present=Tense.PRESENT, perfect=Tense.PRESENT, used_to=Tense.PAST, future=Tense.PLANNED, ended=Tense.ENDED
        ),
        be=None,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(
            example("I work at Bluefin Labs.", "Bluefin Labs"),
            example("I work as a nurse at a local hospital", "local hospital"),
            example("I live in Porto and work for Meridian", "Meridian"),
            example("I used to work at Tidewater.", "Tidewater", tense=Tense.PAST),
            example("I no longer work for Meridian", "Meridian", tense=Tense.ENDED),
        ),
        counter_examples=(
            "I work at night.",
            "I work for a living.",
            "I work at home.",
            "Who do I work for?",
            "He works at Bluefin Labs.",
        ),
    ),
    Rule(
        name="employer.got_a_job",
        kind=Kind.FACT,
        slot="employer",
        subjects=ANYONE,
        heads=frozenset({"got", "started", "start", "landed", "took", "accepted", "found"}),
        pattern=r"(?:got|start(?:ed)?|landed|took|accepted|found) (?:(?:an?|my|the) (?:[\w-]{2,15} ){0,3}?(?:job"
        r"|position|role|offer) |working )"
        "(?:as an? (?:[\\w'-]{2,20} ){1,4}?)?(?:at|with|for|from) ",
        fill=employer,
        tenses=CHANGE,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(
            example("I got a new job at Meridian!", "Meridian"),
            example("I started working at Tidewater last week", "Tidewater"),
            example("I'll start my new job at Bluefin in June", "Bluefin", tense=Tense.PLANNED),
        ),
        counter_examples=("I got a new job at last.", "I started working at 9.", "My sister got a job at Meridian."),
    ),
    Rule(
        name="employer.starting_at",
        kind=Kind.FACT,
        slot="employer",
        subjects=ANYONE,
        heads=frozenset({"starting", "joining"}),
        pattern=r"(?:starting (?:(?:an?|my) (?:[\w-]{2,15} ){0,2}?(?:job|position|role) |work )?(?:at|with) |joining )",
        fill=employer,
        tenses=PLAN,
        be=True,
        dated=Dated.BEGAN,
        confidence=0.8,
        examples=(example("I'm starting a new job at Meridian in May.", "Meridian", tense=Tense.PLANNED),),
        counter_examples=("I'm starting at page 3.", "I'm starting to see."),
    ),
    Rule(
        name="employer.left",
        kind=Kind.FACT,
        slot="employer",
        subjects=ANYONE,
        heads=frozenset({"quit", "left", "lost", "resigned", "fired", "laid"}),
        pattern="(?:(?:quit|left|lost) my (?:old )?(?:job|position|role) (?:at|with) |resigned from |fired from "
        "|laid off (?:from|by) )",
        fill=employer,
        tenses=LOSS,
        be=None,
        confidence=0.85,
        examples=(
            example("I quit my job at Tidewater.", "Tidewater", tense=Tense.ENDED),
            example("I was laid off from Bluefin yesterday", "Bluefin", tense=Tense.ENDED),
        ),
        counter_examples=("I left Tidewater a message.", "I left my keys at Tidewater."),
    ),
    Rule(
        name="worked_at.worked_at",
        kind=Kind.FACT,
        slot="worked_at",
        subjects=I_ONLY,
        heads=frozenset({"worked"}),
        pattern=r"worked (?:as an? (?:[\w'-]{2,20} ){1,4}?)?(?:at|for) ",
        fill=employer,
        tenses=_BIOGRAPHY,
        confidence=0.85,
        examples=(example("I worked at Tidewater for three years.", "Tidewater"),),
        counter_examples=("I worked at night.", "I worked for hours.", "It worked for Tidewater."),
    ),
    Rule(
        name="job_title.i_am_a",
        kind=Kind.FACT,
        slot="job_title",
        subjects=I_ONLY,
        heads=frozenset({"a", "an"}),
        pattern=r"an? (?P<value>(?:(?!(?:bad|terrible|good|great|big|huge|horrible|lousy|better|best|former|ex"
        r"|wannabe|aspiring|future|fellow"
        r"|such|real|total|natural|born)\b)[a-z][\w-]{1,18} ){0,3}?{role_noun}){closing}",
        tenses=tenses(
            present=Tense.PRESENT, past=Tense.PAST, used_to=Tense.PAST, ended=Tense.ENDED, future=Tense.PLANNED
        ),
        be=True,
        confidence=0.85,
        examples=(
            example("I'm a nurse.", "nurse"),
            example("I am a senior software engineer at Bluefin", "senior software engineer"),
            example("I used to be a teacher.", "teacher", tense=Tense.PAST),
        ),
        counter_examples=(
            "I'm a terrible cook.",
            "I'm a big fan.",
            "She's a nurse.",
            "I'm a teacher's son.",
            "I'm not a doctor.",
        ),
    ),
    Rule(
        name="job_title.work_as",
        kind=Kind.FACT,
        slot="job_title",
        subjects=I_ONLY,
        heads=frozenset({"work", "working", "worked", "employed"}),
        pattern=r"(?:work(?:ing|ed)?|employed) (?:(?:part|full)[- ]time )?as an? (?P<value>(?:[a-z][\w-]{1,18}"
        r" ){0,3}?[a-z][\w-]{2,18}){closing}",
        tenses=STATE,
        be=None,
        dated=Dated.BEGAN,
        confidence=0.9,
        examples=(
            example("I work as a bus driver.", "bus driver"),
            example("I'm working as a florist at the moment", "florist"),
            example("I worked as a waiter in 2012", "waiter", tense=Tense.PAST),
        ),
        counter_examples=("I work as fast as I can.", "It works as a charm.", "I work as part of a team."),
    ),
    Rule(
        name="job_title.became",
        kind=Kind.FACT,
        slot="job_title",
        subjects=I_ONLY,
        heads=frozenset({"became", "promoted", "hired"}),
        pattern=r"(?:became an?|promoted to|hired as an?) (?P<value>(?:[a-z][\w-]{1,18} ){0,3}?{occupation}){closing}",
        tenses=CHANGE,
        be=None,
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(example("I became a paramedic last year.", "paramedic"),),
        counter_examples=("I became a fan.", "He became a paramedic."),
    ),
)
