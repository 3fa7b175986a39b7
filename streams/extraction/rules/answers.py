"""Rules about answers: a question of somebody else, and a reply that says no more than the value.

Data, free of I/O. A reply in a full sentence (`I live in Lisbon`) is read by the other rules.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind
from streams.extraction.lexicon import HOBBIES, LANGUAGES, PASTIMES
from streams.extraction.names import city, country, employer, listed, people, place, said_name
from streams.extraction.rules.model import AnswerRule, Dated, example
from streams.extraction.things import choice, things

_AM = "(?:(?:i'm|i am|im|we're|we are) )?(?:currently |still |just |now |right )?"
_YES = (
    r"(?P<value>yes|yeah|yep|yup|yea|sure|absolutely|definitely|totally|of course|i do|i love (?:it|them)|love"
    r" (?:it|them))(?=\s*(?:[.,!;]|$)|\s+(?:i|we|very|so)\b)"
)
_MAYBE = (
    "(?:probably |definitely |maybe |i think |i'd say |i would say |it's |its |it is |that would be |has to be "
    "|must be |hands down )?"
)

RULES: Final = (
    AnswerRule(
        name="home_city.answer",
        kind=Kind.FACT,
        slot="home_city",
        question=r"\b(?:where (?:do|are) (?:you|u)(?: guys)? (?:live|living|based|located)|(?:which|what) (?:city"
        r"|town) (?:do you live|are you)|where you live)\b",
        reply=f"{_AM}(?:(?:living |based )?(?:in|near) )?",
        fill=city,
        confidence=0.85,
        examples=(
            example("In Lisbon.", "Lisbon", asked="Where do you live?"),
            example("Porto! And you?", "Porto", asked="Hi! Where are you based?"),
        ),
        counter_examples=(
            example("Not far.", asked="Where do you live?"),
            example("In Lisbon.", asked="Where did you park?"),
            example("In Portugal.", asked="Where do you live?"),
        ),
    ),
    AnswerRule(
        name="home_country.answer",
        kind=Kind.FACT,
        slot="home_country",
        question=r"\b(?:where (?:do|are) (?:you|u)(?: guys)? (?:live|living|based|located)|(?:which|what) country"
        r" (?:do you live|are you))\b",
        reply=f"{_AM}(?:(?:living |based )?in )?",
        fill=country,
        confidence=0.85,
        examples=(example("In Portugal.", "Portugal", asked="Where do you live?"),),
        counter_examples=(example("In Lisbon.", asked="Where do you live?"),),
    ),
    AnswerRule(
        name="hometown.answer",
        kind=Kind.FACT,
        slot="hometown",
        question=r"\bwhere (?:are|r) (?:you|u)(?: guys)? (?:originally )?from\b|\bwhere did you grow up\b",
        reply=f"{_AM}(?:originally )?(?:(?:from|in) )?",
        fill=place,
        confidence=0.85,
        examples=(example("From Coimbra, and you?", "Coimbra", asked="Where are you from?"),),
        counter_examples=(example("From work, why?", asked="Where are you from?"),),
    ),
    AnswerRule(
        name="name.answer",
        kind=Kind.FACT,
        slot="name",
        question=r"\b(?:what(?:'s| is) (?:your|ur) name|may i ask your name|my name(?:'s| is)[^.?!]{2,40}(?:and"
        r" )?(?:yours|you|what about you)\?|what should i call you)",
        reply="(?:(?:it's|i'm|i am|im) )?",
        fill=said_name,
        confidence=0.85,
        examples=(
            example("Marta.", "Marta", asked="What's your name?"),
            example("I'm Rui, nice to meet you", "Rui", asked="My name is Marta, and yours?"),
        ),
        counter_examples=(
            example("Guess!", asked="What's your cat called?"),
            example("Why?", asked="What's your name?"),
        ),
    ),
    AnswerRule(
        name="age.answer",
        kind=Kind.FACT,
        slot="age",
        question=r"\bhow old are (?:you|u)\b|\bwhat(?:'s| is) your age\b",
        reply=rf"{_AM}(?P<value>\d{{1,3}})(?=\s*(?:[.,!]|$)|\s+(?:years|and|you|now)\b)",
        confidence=0.9,
        examples=(example("31", "31", asked="How old are you?"),),
        counter_examples=(example("31", asked="How many are there?"),),
    ),
    AnswerRule(
        name="birthday.answer",
        kind=Kind.FACT,
        slot="birthday",
        question=r"\bwhen(?:'s| is) (?:your|ur) birthday\b|\bwhen were you born\b",
        reply=f"{_AM}(?:it's |its )?(?:on )?(?:the )?",
        dated=Dated.IS,
        confidence=0.9,
        examples=(example("March 14!", "--03-14", asked="When is your birthday?"),),
        counter_examples=(example("Soon.", asked="When is your birthday?"),),
    ),
    AnswerRule(
        name="job_title.answer",
        kind=Kind.FACT,
        slot="job_title",
        question=r"\bwhat do (?:you|u) do(?: for (?:a )?(?:living|work))?\?|\bwhat(?:'s| is) your (?:job|profession"
        r"|occupation)\b",
        reply=rf"{_AM}(?:an? )?(?P<value>(?:[a-z][\w-]{{1,18}} ){{0,2}}?{{occupation}}){{closing}}",
        confidence=0.85,
        examples=(example("Nurse, and you?", "Nurse", asked="What do you do for a living?"),),
        counter_examples=(example("Not much.", asked="What do you do?"),),
    ),
    AnswerRule(
        name="employer.answer",
        kind=Kind.FACT,
        slot="employer",
        question=r"\bwhere (?:do|are) (?:you|u) work(?:ing)?\b|\bwho do you work for\b",
        reply=f"{_AM}(?:at |for |in )",
        fill=employer,
        confidence=0.85,
        examples=(example("At Meridian.", "Meridian", asked="Where do you work now?"),),
        counter_examples=(example("At home.", asked="Where do you work?"),),
    ),
    AnswerRule(
        name="pet.answer_named",
        kind=Kind.RELATION,
        slot="pet",
        question=r"\b(?:any pets|do you have (?:any |a )?(?:pets?|dogs?|cats?|animals?))\b",
        reply=r"(?:(?:i|we) have |i've got )?(?:an?|one|two|three|four|\d) (?:[a-z-]{2,12} ){0,2}?{animal}s?(?:"
        r" (?:named|called)|[,:-]) ",
        fill=people,
        value="{role} {value}",
        confidence=0.85,
        examples=(example("Two cats, Olive and Fig.", "cat Olive", "cat Fig", asked="Any pets?"),),
        counter_examples=(example("Two cats, honestly.", asked="What did you see?"), example("No.", asked="Any pets?")),
    ),
    AnswerRule(
        name="pet.answer",
        kind=Kind.RELATION,
        slot="pet",
        question=r"\b(?:any pets|do you have (?:any |a )?(?:pets?|dogs?|cats?|animals?))\b",
        reply=r"(?:(?:i|we) have |i've got )?(?:an? )?(?P<value>(?:(?:one|two|three|four|\d) )?(?:[a-z-]{3,12}"
        r" )?{animals}s?)(?=\s*(?:[.!]|$))",
        confidence=0.8,
        examples=(example("Yes, a dog!", "dog", asked="Do you have any pets?"),),
        counter_examples=(example("No, no dog.", asked="Do you have any pets?"),),
    ),
    AnswerRule(
        name="sibling.answer",
        kind=Kind.RELATION,
        slot="sibling",
        question=r"\b(?:any siblings|do you have (?:any )?(?:siblings|brothers|sisters|a brother|a sister))\b",
        reply=r"(?:i have |i've got )?(?:an? )?(?P<value>(?:(?:one|two|three|four|\d) )?(?:(?:older|younger|big"
        r"|little|twin) )?(?:brothers?|sisters?)){closing}",
        confidence=0.85,
        examples=(example("Yes, two sisters.", "two sisters", asked="Do you have any siblings?"),),
        counter_examples=(example("No, only child.", asked="Any siblings?"),),
    ),
    AnswerRule(
        name="favourite.answer",
        kind=Kind.PREFERENCE,
        slot="favourite",
        question=r"\bwhat(?:'s| is|s) (?:your|ur) (?:all[- ]time )?fav(?:ou?rite|e)? (?P<thing>(?!part\b"
        r"|thing\b)[a-z][\w-]{2,18}(?: (?!to\b|of\b|in\b|so\b)[a-z][\w-]{2,18})?)\s*\?",
        reply=_MAYBE,
        fill=choice,
        value="{thing}: {value}",
        confidence=0.8,
        examples=(
            example("Green.", "colour: Green", asked="What's your favourite colour?"),
            example("Probably apple crumble!", "dessert: apple crumble", asked="So what is your favorite dessert?"),
        ),
        counter_examples=(
            example("Hard to say.", asked="What's your favourite colour?"),
            example("Why do you ask?", asked="What's your favourite colour?"),
            example("I don't have one.", asked="What's your favourite colour?"),
        ),
    ),
    AnswerRule(
        name="hobby.answer",
        kind=Kind.FACT,
        slot="hobby",
        question=r"\bwhat are your hobbies\b|\bwhat do you (?:like to )?do (?:for fun|in your (?:free|spare) time)\b"
        r"|\bany hobbies\b",
        reply="(?:mostly |mainly )?",
        fill=listed(HOBBIES | PASTIMES),
        confidence=0.8,
        examples=(example("Climbing and chess, mostly.", "Climbing", "chess", asked="What are your hobbies?"),),
        counter_examples=(example("Nothing much.", asked="What are your hobbies?"),),
    ),
    AnswerRule(
        name="speaks.answer",
        kind=Kind.FACT,
        slot="speaks",
        question=r"\b(?:what|which|how many) languages (?:do|can) (?:you|u) speak\b",
        reply="(?:two|three|four)?[:,]?\\s?",
        fill=listed(LANGUAGES),
        confidence=0.9,
        examples=(example("Portuguese and English.", "Portuguese", "English", asked="What languages do you speak?"),),
        counter_examples=(example("Portuguese and English.", asked="Which courses did you take?"),),
    ),
    AnswerRule(
        name="allergy.answer",
        kind=Kind.FACT,
        slot="allergy",
        question=r"\bany allergies\b|\b(?:are you|anyone) allergic to anything\b|\bdo you have (?:any )?allergies\b",
        reply="(?:to |just |only )?(?!no\\b|none\\b|not\\b|nothing\\b|nope\\b)",
        fill=things,
        confidence=0.85,
        examples=(example("Yes, peanuts.", "peanuts", asked="Any allergies?"),),
        counter_examples=(example("None!", asked="Any allergies?"), example("Nope, nothing.", asked="Any allergies?")),
    ),
    AnswerRule(
        name="likes.yes",
        kind=Kind.PREFERENCE,
        slot="likes",
        question=r"(?:^|[.!?,;]\s*|\b(?:so|and|but|oh|well)\s+)do (?:you|u) (?:also |really )?(?:like|love|enjoy)"
        r" (?P<thing>(?!most\b|about\b|it\b|this\b|that\b|them\b|your?\b|to\b|the\b|my\b|when\b|any\b|those\b"
        r"|these\b|being\b)[a-z][\w'-]{2,18}"
        r"(?: (?!or\b|and\b|too\b|as\b)[\w'-]{2,18}){0,2})\s*\?\s*$",
        reply=_YES,
        value="{thing}",
        confidence=0.75,
        examples=(
            example("Yes, I do!", "sushi", asked="Do you like sushi?"),
            example("I love it", "board games", asked="Nice. Do you enjoy board games?"),
        ),
        counter_examples=(
            example("Not really.", asked="Do you like sushi?"),
            example("Yes.", asked="Do you like it?"),
            example("Yes.", asked="Do you like sushi or pizza?"),
        ),
    ),
)
