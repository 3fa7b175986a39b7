"""Rules about what happened and what will, each with its date: without one it could not be told from any other.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.lexicon import words
from streams.extraction.phrases import phrase
from streams.extraction.rules.model import (
    ANYONE,
    DATED_HEAD,
    DONE,
    I_OR_WE,
    ING_HEAD,
    MINE,
    PAST_HEAD,
    PLAN,
    Dated,
    Rule,
    example,
    tenses,
)

_IDLE = (
    "wanted|needed|thought|knew|felt|liked|loved|hoped|mentioned|said|told|asked|forgot|meant|noticed|realized"
    "|realised|wondered|remembered"
    "|heard|understood|agreed|decided|tried (?:to|not|and)|used|seemed|looked|believed|guessed|mean|planned|supposed"
    "|kept|held|became|woke|slept|enjoyed|hated"
    "|missed|needed|wished|did|watched you|saw you"
    "|got (?:occupied|busy|tired|sick|stuck|into my)|talked|checked|figured|turned|ended|hung|stayed up|chose|expected"
    "|grew|let|put|managed|messed|screwed|found out|had (?:an? |quite an? )?(?:[a-z]+ ){0,3}?(?:day|time|morning"
    "|evening|night|fun)\\b|(?:had|got) (?:an? |some |the )?(?:[a-z]+ ){0,2}?(?:experience|setback|blast|adventure"
    "|incident|chat|talk"
    "|conversation|idea|feeling|thought|moment|news)(?: [a-z]+)?\\s*(?:[.,;!?]|$|(?:last|this|yesterday|today|on)\\b)"
)
_MILESTONES = (
    "moved|adopted|graduated|bought|launched|opened|won|passed|joined|quit|lost|finished|started|got back|got home"
    " from|got promoted|got engaged"
    "|got married|got hired|got accepted|got a|got into|published|sold|completed|became|signed up|enrolled|returned"
    " from|came back from"
)
_APPOINTMENT = (
    "appointment|interview|meeting|exam|test|flight|date|class|game|match|concert|party|wedding|trip|vacation"
    "|holiday|conference|presentation|show"
    "|race|marathon|competition|tournament|audition|rehearsal|performance|recital|surgery|operation|check-?up"
    "|reservation|deadline|event|gig|quiz"
    "|graduation|ceremony|dinner|lunch|session|lesson|workshop|festival|exhibition|exams|finals|reunion|birthday"
    " party|baby shower|photoshoot"
)
_GOING = (
    "going|flying|driving|travell?ing|heading|visiting|meeting|seeing|attending|hosting|throwing|having|getting"
    "|starting|taking|moving|running"
    "|playing|performing|leaving|returning|celebrating|presenting|competing|joining|doing|volunteering|organi[sz]ing"
    "|watching|making|going to"
)

_NO_PLAN = (
    "feeling|thinking|hoping|wondering|looking|trying|wanting|needing|loving|enjoying|being|living|working|studying"
    "|learning|reading|using|planning|waiting|wishing|missing|dying|kidding|talking|asking|saying|wearing|doing|having"
)
_AHEAD = (
    r"(?=[^.?!\n]{0,120}\b(?:tomorrow|next|this (?:coming )?(?:weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|in (?:an?|two|three|\d{1,2}) (?:days?|weeks?|months?))\b)"
)
"""Said of today and this week, a progressive tells what goes on; a plan has its day ahead."""
_TRIP = "trip|road ?trip|vacation|holiday|honeymoon|cruise|safari|retreat|pilgrimage|hike|visit|tour"

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
        heads=frozenset({"at", "in"}),
        pattern="(?=(?:at|in) (?!the (?:moment|end|middle)|all|home|work|bed|first|last|least|it|that|this|a"
        " (?:rush|hurry|bad|good|meeting))[\\w'])",
        fill=phrase,
        value="was {value}",
        tenses=tenses(past=Tense.PAST),
        be=True,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(example("I was in Rome last week.", "was in Rome", tense=Tense.PAST),),
        counter_examples=("I was in Rome.", "I was in a hurry yesterday.", "He was in Rome last week."),
    ),
    Rule(
        name="event.going",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset(word.split()[0] for word in _GOING.replace("l?", "l").replace("[sz]", "s").split("|"))
        | {"traveling", "organizing"},
        pattern=rf"(?=(?:{_GOING})\b)(?!having (?:(?:[a-z]+ ){{0,4}}(?:problems?|issues?|troubles?|difficult[a-z]+"
        rf"|day|night|morning|week|time)|a (?:hard|good|great|bad)|trouble|fun)|doing (?:quite|very|really|pretty|so"
        rf"|well|good|great|fine|ok|okay|alright|better|just|all)|getting (?:tired|better|worse|used|ready|old)"
        rf"|going (?:well|good|crazy|on))",
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
        name="event.doing",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset({ING_HEAD}),
        pattern=rf"(?!(?:{_GOING}|{_NO_PLAN})\b){_AHEAD}(?=[a-z])",
        fill=phrase,
        tenses=PLAN,
        be=True,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(
            example("I'm hiking with some friends this weekend.", "hiking with some friends", tense=Tense.PLANNED),
            example("My sister and I are hitting the beach tomorrow", "hitting the beach", tense=Tense.PLANNED),
        ),
        counter_examples=(
            "I'm hiking with some friends.",
            "I'm hiking with some friends today.",
            "I'm feeling bad about next week.",
            "I was hiking with some friends last weekend.",
            "Are we hiking with them this weekend?",
        ),
    ),
    Rule(
        name="event.off_to",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset({"off"}),
        pattern="off (?=to (?!bed|sleep|work)[\\w'])",
        fill=phrase,
        value="off {value}",
        tenses=PLAN,
        be=True,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(example("Next month I'm off to Crete for a week.", "off to Crete for a week", tense=Tense.PLANNED),),
        counter_examples=("I'm off to Crete.", "I'm off tomorrow.", "I'm off to work tomorrow."),
    ),
    Rule(
        name="event.signed_up",
        kind=Kind.EVENT,
        slot="event",
        subjects=ANYONE,
        heads=frozenset({"signed", "registered", "enrolled", "booked"}),
        pattern=rf"(?:signed up for|registered for|enrolled in|booked) (?=an? |the |our |my |tickets ){_AHEAD}",
        fill=phrase,
        tenses=tenses(past=Tense.PLANNED, perfect=Tense.PLANNED),
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(
            example("I signed up for a workshop about bread next month!", "workshop about bread", tense=Tense.PLANNED),
        ),
        counter_examples=("I signed up for a class about bread.", "She signed up for a workshop next month."),
    ),
    Rule(
        name="event.my_trip",
        kind=Kind.EVENT,
        slot="event",
        subjects=MINE,
        heads=frozenset({DATED_HEAD}),
        pattern=rf"(?P<value>(?:[\w'-]{{2,16}} ){{0,3}}?(?:{_TRIP})(?: (?:to|through|around|in) (?:the )?[A-Z][\w'-]+"
        r"(?: [A-Z][\w'-]+)?)?)(?=,? (?:last|this past|two|three|\d+|an?|in|yesterday|a few)\b)",
        tenses=tenses(present=Tense.PAST),
        anywhere=True,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(
            example(
                "I took that picture on my trip to the High Tatras last year.",
                "trip to the High Tatras",
                tense=Tense.PAST,
            ),
            example("This was our sailing trip last summer", "sailing trip", tense=Tense.PAST),
        ),
        counter_examples=("I loved my trip to Rome.", "How was your trip last year?", "my trip is next week"),
    ),
    Rule(
        name="event.been_to",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset({"to"}),
        pattern=r"(?P<value>to (?:the )?(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+){0,2})",
        value="went {value}",
        tenses=tenses(perfect=Tense.PAST),
        be=True,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(example("We've been to Vienna last week!", "went to Vienna", tense=Tense.PAST),),
        counter_examples=(
            "We've been to Vienna.",
            "We've been to see her last week.",
            "Have you been to Vienna last week?",
        ),
    ),
    Rule(
        name="event.will",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=words(
            "go visit fly drive travel attend host meet see start run play perform leave return celebrate present "
            "compete move take have participate volunteer be join get throw watch spend"
        ),
        pattern="(?!take (?:a look|care)|see (?:if|what|you|how)|have (?:to|a look)|get (?:back|to)|be (?:able|back"
        "|fine|there|busy|happy|sure|honest)|go (?:with|for it|ahead))"
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
        subjects=ANYONE,
        heads=frozenset(
            {"plan", "planning", "plans", "supposed", "scheduled", "thinking", "hoping", "hope", "looking"}
        ),
        pattern="(?:plan(?:ning)? (?:to|on)|planning(?= an?)|scheduled to|supposed to"
        "|thinking (?:about|of)(?= [a-z]+ing)|hop(?:e|ing) to|looking to) ",
        fill=phrase,
        tenses=PLAN,
        be=None,
        dated=Dated.HAPPENS,
        confidence=0.75,
        examples=(
            example("I'm planning to visit Crete in May.", "visit Crete", tense=Tense.PLANNED),
            example("We're thinking about going camping next month.", "going camping", tense=Tense.PLANNED),
            example("I'm hoping to attend a book fair next month", "attend a book fair", tense=Tense.PLANNED),
            example("Planning a trip to Lisbon next month.", "trip to Lisbon", tense=Tense.PLANNED),
        ),
        counter_examples=("I'm planning to visit Crete.", "She plans to visit Crete in May."),
    ),
    Rule(
        name="event.have_appointment",
        kind=Kind.EVENT,
        slot="event",
        subjects=I_OR_WE,
        heads=frozenset({"have", "got"}),
        pattern=rf"(?:have|got)(?: got)? (?=(?:an?|my|our|another|two|three) (?:[\w'-]{{2,16}}"
        rf" ){{0,3}}?(?:{_APPOINTMENT})\b)",
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
        pattern=rf"(?P<value>(?:[\w'-]{{2,16}} ){{0,2}}?(?:{_APPOINTMENT}))(?:'s| is| starts|"
        rf" begins)(?=[^.?!]{{0,12}}\b(?:on|today|tonight|tomorrow|next|this|in)\b)",
        tenses=tenses(present=Tense.PLANNED),
        dated=Dated.HAPPENS,
        confidence=0.85,
        examples=(example("My exam is on Monday.", "exam", tense=Tense.PLANNED),),
        counter_examples=("My exam is hard.", "Is my exam on Monday?", "Her exam is on Monday."),
    ),
)
