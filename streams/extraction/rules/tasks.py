"""Rules about what is to be done, promised and decided.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.phrases import phrase
from streams.extraction.rules.model import (
    ANYONE,
    I_ONLY,
    I_OR_WE,
    Dated,
    Rule,
    example,
    tenses,
)

_ERRANDS = (
    "call|phone|ring|email|e-mail|text|message|write|send|book|buy|order|pay|renew|cancel|return|pick|drop|submit"
    "|finish|file|fix|repair|clean"
    "|pack|prepare|apply|register|sign|schedule|reschedule|confirm|collect|deliver|print|wash|water|feed|walk|visit"
    "|meet|bring|study|read|update"
    "|replace|hand|turn|mail|post|review|complete|organi[sz]e|plan|reply|respond|contact|remind|attend|practi[sc]e"
    "|prepare"
)
_GIVEN = (
    "send|bring|email|e-mail|text|call|lend|pay|give|forward|mail|ship|deliver|return|cook|bake|make|buy|get"
    "|share|show|write|introduce"
)


RULES: Final = (
    Rule(
        name="task.need_to",
        kind=Kind.TASK,
        slot="task",
        subjects=I_OR_WE,
        heads=frozenset({"need", "have", "gotta", "must", "got"}),
        pattern=rf"(?:(?:need|have|got) to|gotta|must) (?:remember to |remind myself to )?(?=(?:{_ERRANDS})\b)",
        fill=phrase,
        dated=Dated.DUE,
        confidence=0.8,
        examples=(
            example("I need to call the dentist on Friday.", "call the dentist"),
            example("I have to renew my passport before May", "renew my passport"),
            example("we must pay the rent by Monday", "pay the rent"),
        ),
        counter_examples=(
            "I need to know why.",
            "I have to say, it's good.",
            "I need to do that.",
            "Do I need to call them?",
            "I don't need to call the dentist.",
            "You need to call the dentist.",
            "I need to go.",
            "I'd need to call the dentist.",
        ),
    ),
    Rule(
        name="task.remind_me",
        kind=Kind.TASK,
        slot="task",
        subjects=ANYONE,
        heads=frozenset({"remind"}),
        pattern="remind me (?:[a-z ]{3,20} )?to ",
        fill=phrase,
        dated=Dated.DUE,
        confidence=0.9,
        examples=(example("Remind me to water the plants tomorrow.", "water the plants"),),
        counter_examples=("Remind me of that.", "They remind me to smile."),
    ),
    Rule(
        name="task.do_not_forget",
        kind=Kind.TASK,
        slot="task",
        subjects=I_ONLY,
        heads=frozenset({"forget"}),
        pattern="forget to ",
        fill=phrase,
        tenses=tenses(negated=Tense.PRESENT, unable=Tense.PRESENT),
        dated=Dated.DUE,
        confidence=0.85,
        examples=(example("I can't forget to post the letter tomorrow.", "post the letter"),),
        counter_examples=("I forget to eat.", "I never forget to smile at you."),
    ),
    Rule(
        name="task.done",
        kind=Kind.TASK,
        slot="task",
        subjects=I_ONLY,
        heads=frozenset({"remembered", "got"}),
        pattern="(?:remembered to|got (?:around|round) to) ",
        fill=phrase,
        tenses=tenses(past=Tense.PAST, perfect=Tense.PAST),
        confidence=0.7,
        examples=(example("I finally got around to renewing my passport.", "renewing my passport", tense=Tense.PAST),),
        counter_examples=("I remembered to do it.", "She remembered to renew her passport."),
    ),
    Rule(
        name="commitment.will_for_you",
        kind=Kind.TASK,
        slot="commitment",
        subjects=I_OR_WE,
        heads=frozenset(_GIVEN.split("|")),
        pattern=rf"(?P<value>(?:{_GIVEN}) (?:you|u) (?:the|my|a|an|some|that|those|our|over|back|all)(?:"
        rf" [\w'-]{{1,18}}){{1,6}}?)(?= (?:on|by|tomorrow|tonight|today|next|this|later|when|as|before|after"
        r"|in|and|so|if|once)\b|\s*(?:[.,;!)]|$))",
        tenses=tenses(future=Tense.PRESENT),
        be=None,
        dated=Dated.DUE,
        confidence=0.8,
        examples=(
            example("I'll send you the report tomorrow.", "send you the report"),
            example("I will bring you the keys on Monday", "bring you the keys"),
        ),
        counter_examples=(
            "I'll give you that.",
            "I'd send you the report.",
            "Will I send you the report?",
            "I'll let you know.",
        ),
    ),
    Rule(
        name="commitment.promise",
        kind=Kind.TASK,
        slot="commitment",
        subjects=I_OR_WE,
        heads=frozenset({"promise", "promised", "swear", "commit"}),
        pattern="(?:promised? (?:you |them |him |her |my [a-z]{2,12} )?(?:to |i'll |that i'll |i will )|commit to )",
        fill=phrase,
        tenses=tenses(present=Tense.PRESENT, past=Tense.PRESENT, perfect=Tense.PRESENT),
        dated=Dated.DUE,
        confidence=0.85,
        examples=(example("I promised to fix the gate by Sunday.", "fix the gate"),),
        counter_examples=("I promise.", "I promise you that.", "He promised to fix the gate."),
    ),
    Rule(
        name="decision.decided",
        kind=Kind.DECISION,
        slot="decision",
        subjects=ANYONE,
        heads=frozenset({"decided", "chose", "resolved"}),
        pattern="(?:decided|chose|resolved) (?:(?=not to|against)|to |on )",
        fill=phrase,
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT),
        confidence=0.85,
        examples=(
            example("I've decided to quit smoking.", "quit smoking"),
            example("We decided to keep the old car", "keep the old car"),
            example("I decided not to apply.", "not to apply"),
        ),
        counter_examples=(
            "I haven't decided to go.",
            "I decided that.",
            "She decided to leave.",
            "Have you decided to go?",
        ),
    ),
    Rule(
        name="decision.made_up_mind",
        kind=Kind.DECISION,
        slot="decision",
        subjects=I_OR_WE,
        heads=frozenset({"made"}),
        pattern="made up (?:my|our) minds? to ",
        fill=phrase,
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT),
        confidence=0.9,
        examples=(example("I've made up my mind to study law.", "study law"),),
        counter_examples=("I made up my mind.", "I haven't made up my mind to go."),
    ),
)
