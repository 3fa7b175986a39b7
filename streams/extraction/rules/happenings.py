"""Rules about what happens and what is to be done: events with their dates, tasks, commitments, decisions.

Data, free of I/O. An event without a date is none: it could not be told from any other of its kind.
"""

from __future__ import annotations

from typing import Final

from schemas.records import Kind, Tense
from streams.extraction.phrases import phrase
from streams.extraction.rules.model import (
    ANYONE,
    DONE,
    I_ONLY,
    I_OR_WE,
    MINE,
    PAST_HEAD,
    PLAN,
    Dated,
    Rule,
    example,
    tenses,
)

_IDLE = (
    "wanted|needed|thought|knew|felt|liked|loved|hoped|mentioned|said|told|asked|forgot|meant|noticed|realized|realised|wondered|remembered"
    "|heard|understood|agreed|decided|tried|used|seemed|looked|believed|guessed|mean|planned|supposed|kept|held|became|woke|slept|enjoyed|hated"
    "|missed|needed|wished|watched you|saw you|talked|checked|figured|turned|ended|hung|stayed up|chose|expected|grew|let|put|managed|messed|screwed|found out|had (?:an? |quite an? )?(?:[a-z]+ ){0,3}?(?:day|time|morning|evening|night|fun)\\b"
)
_MILESTONES = (
    "moved|adopted|graduated|bought|launched|opened|won|passed|joined|quit|lost|finished|started|got back|got home from|got promoted|got engaged"
    "|got married|got hired|got accepted|got a|got into|published|sold|completed|became|signed up|enrolled|returned from|came back from"
)
_APPOINTMENT = (
    "appointment|interview|meeting|exam|test|flight|date|class|game|match|concert|party|wedding|trip|vacation|holiday|conference|presentation|show"
    "|race|marathon|competition|tournament|audition|rehearsal|performance|recital|surgery|operation|check-?up|reservation|deadline|event|gig|quiz"
    "|graduation|ceremony|dinner|lunch|session|lesson|workshop|festival|exhibition|exams|finals|reunion|birthday party|baby shower|photoshoot"
)
_GOING = (
    "going|flying|driving|travell?ing|heading|visiting|meeting|seeing|attending|hosting|throwing|having|getting|starting|taking|moving|running"
    "|playing|performing|leaving|returning|celebrating|presenting|competing|joining|doing|volunteering|organi[sz]ing|watching|making|going to"
)
_ERRANDS = (
    "call|phone|ring|email|e-mail|text|message|write|send|book|buy|order|pay|renew|cancel|return|pick|drop|submit|finish|file|fix|repair|clean"
    "|pack|prepare|apply|register|sign|schedule|reschedule|confirm|collect|deliver|print|wash|water|feed|walk|visit|meet|bring|study|read|update"
    "|replace|hand|turn|mail|post|review|complete|organi[sz]e|plan|reply|respond|contact|remind|attend|practi[sc]e|prepare"
)
_GIVEN = "send|bring|email|e-mail|text|call|lend|pay|give|forward|mail|ship|deliver|return|cook|bake|make|buy|get|share|show|write|introduce"

RULES: Final = (
    Rule(
        name="event.did",
        kind=Kind.EVENT,
        slot="event",
        subjects=ANYONE,
        heads=frozenset({PAST_HEAD}),
        pattern=rf"(?!(?:{_IDLE})\b)(?=[a-z])",
        fill=phrase,
        tenses=DONE,
        dated=Dated.HAPPENS,
        confidence=0.8,
        examples=(
            example("I went to the beach yesterday.", "went to the beach", tense=Tense.PAST),
            example("Last weekend we visited my cousins in Braga.", "visited my cousins in Braga", tense=Tense.PAST),
            example("Ran a half marathon on Sunday!", "Ran a half marathon", tense=Tense.PAST),
            example("I signed up for a pottery class last Friday", "signed up for a pottery class", tense=Tense.PAST),
        ),
        counter_examples=(
            "I went to the beach.",
            "I wanted to call yesterday.",
            "I told you yesterday.",
            "Did I go to the beach yesterday?",
            "She went to the beach yesterday.",
            "I sent it yesterday.",
            "If I went there yesterday, nobody saw me.",
        ),
    ),
    Rule(
        name="event.just_did",
        kind=Kind.EVENT,
        slot="event",
        subjects=ANYONE,
        heads=frozenset(_MILESTONES.replace("got ", "").split("|")) | {"got"},
        pattern=rf"(?=(?:{_MILESTONES})\b)",
        fill=phrase,
        tenses=tenses(past=Tense.PAST, perfect=Tense.PAST),
        needs_just=True,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(
            example("I just got back from Crete!", "got back from Crete", tense=Tense.PAST),
            example("we've just launched our online shop", "launched our online shop", tense=Tense.PAST),
        ),
        counter_examples=("I just got it.", "I just went there.", "He just got back from Crete.", "I just finished."),
    ),
    Rule(
        name="event.was_at",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset({"at", "in", "to"}),
        pattern="(?=(?:at|in|to) (?!the (?:moment|end|middle)|all|home|work|bed|first|last|least|it|that|this|a (?:rush|hurry|bad|good|meeting))[\\w'])",
        fill=phrase,
        tenses=tenses(past=Tense.PAST, perfect=Tense.PAST),
        be=True,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(example("I was in Rome last week.", "in Rome", tense=Tense.PAST),),
        counter_examples=("I was in Rome.", "I was in a hurry yesterday.", "He was in Rome last week."),
    ),
    Rule(
        name="event.going",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset(word.split()[0] for word in _GOING.replace("l?", "l").replace("[sz]", "s").split("|"))
        | {"traveling", "organizing"},
        pattern=rf"(?=(?:{_GOING})\b)(?!having (?:(?:[a-z]+ ){0, 2}(?:problems?|issues?|troubles?|difficult[a-z]+)|a (?:hard|good|great|bad)|trouble|fun)|doing (?:quite|very|really|pretty|so|well|good|great|fine|ok|okay|alright|better|just|all)|getting (?:tired|better|worse|used|ready|old)|going (?:well|good|crazy|on))",
        fill=phrase,
        tenses=PLAN,
        be=True,
        dated=Dated.HAPPENS,
        confidence=0.8,
        examples=(
            example("I'm flying to Oslo on Friday.", "flying to Oslo", tense=Tense.PLANNED),
            example("We're hosting a dinner next weekend", "hosting a dinner", tense=Tense.PLANNED),
        ),
        counter_examples=(
            "I'm flying.",
            "Are we meeting tomorrow?",
            "I'm having a good day today.",
            "They're flying to Oslo on Friday.",
        ),
    ),
    Rule(
        name="event.will",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset(
            "go visit fly drive travel attend host meet see start run play perform leave return celebrate present compete move take have "
            "participate volunteer be join get throw watch spend".split()
        ),
        pattern="(?!take (?:a look|care)|see (?:if|what|you|how)|have (?:to|a look)|get (?:back|to)|be (?:able|back|fine|there|busy|happy|sure|honest)|go (?:with|for it|ahead))"
        "(?=[a-z])",
        fill=phrase,
        tenses=tenses(future=Tense.PLANNED),
        be=None,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(
            example("We're going to visit my parents next weekend.", "visit my parents", tense=Tense.PLANNED),
            example("I'll run the marathon in October", "run the marathon", tense=Tense.PLANNED),
        ),
        counter_examples=(
            "I'll see you tomorrow.",
            "I'll have a look tomorrow.",
            "Will I go to Rome tomorrow?",
            "I won't go tomorrow.",
        ),
    ),
    Rule(
        name="event.plan_to",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset({"plan", "planning", "plans", "supposed", "scheduled"}),
        pattern="(?:plan(?:ning)? (?:to|on)|planning(?= an?)|scheduled to|supposed to) ",
        fill=phrase,
        tenses=PLAN,
        be=None,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(example("I'm planning to visit Crete in May.", "visit Crete", tense=Tense.PLANNED),),
        counter_examples=("I'm planning to visit Crete.", "She plans to visit Crete in May."),
    ),
    Rule(
        name="event.have_appointment",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset({"have", "got"}),
        pattern=rf"(?:have|got)(?: got)? (?=(?:an?|my|our|another|two|three) (?:[\w'-]{{2,16}} ){{0,3}}?(?:{_APPOINTMENT})\b)",
        fill=phrase,
        tenses=tenses(present=Tense.PLANNED, future=Tense.PLANNED, perfect=Tense.PLANNED),
        dated=Dated.HAPPENS,
        confidence=0.85,
        examples=(example("I have a dentist appointment on Tuesday.", "dentist appointment", tense=Tense.PLANNED),),
        counter_examples=("I have an appointment.", "I don't have a meeting today.", "Do I have a meeting tomorrow?"),
    ),
    Rule(
        name="event.my_appointment_is",
        kind=Kind.EVENT,
        slot="event",
        subjects=MINE,
        heads=frozenset(_APPOINTMENT.replace("-?", "-").split("|"))
        | {"job", "dentist", "driving", "final", "next", "first", "yoga", "birthday"},
        pattern=rf"(?P<value>(?:[\w'-]{{2,16}} ){{0,2}}?(?:{_APPOINTMENT}))(?:'s| is| starts| begins)(?=[^.?!]{{0,12}}\b(?:on|today|tonight|tomorrow|next|this|in)\b)",
        tenses=tenses(present=Tense.PLANNED),
        dated=Dated.HAPPENS,
        confidence=0.85,
        examples=(example("My exam is on Monday.", "exam", tense=Tense.PLANNED),),
        counter_examples=("My exam is hard.", "Is my exam on Monday?", "Her exam is on Monday."),
    ),
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
        heads=frozenset({"managed", "remembered", "got"}),
        pattern="(?:managed to|remembered to|got around to) ",
        fill=phrase,
        tenses=tenses(past=Tense.PAST, perfect=Tense.PAST),
        confidence=0.7,
        examples=(example("I managed to renew my passport.", "renew my passport", tense=Tense.PAST),),
        counter_examples=("I managed to do it.", "She managed to renew her passport."),
    ),
    Rule(
        name="commitment.will_for_you",
        kind=Kind.TASK,
        slot="commitment",
        subjects=I_OR_WE,
        heads=frozenset(_GIVEN.split("|")),
        pattern=rf"(?P<value>(?:{_GIVEN}) (?:you|u) (?:the|my|a|an|some|that|those|our|over|back|all)(?: [\w'-]{{1,18}}){{1,6}}?)(?= (?:on|by|tomorrow|tonight|today|next|this|later|when|as|before|after"
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
