"""Rules about numbers that are told again as they change: how many, how much, until when.

The thing counted is the qualifier, so that a later number takes the place of the earlier one.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.rules.model import I_OR_WE, MINE, Rule, example, tenses

_THINGS = (
    r"(?P<thing>(?!(?:minutes|hours|days|weeks|months|years|times|more|of|out|percent|people|things|others)\b)"
    r"(?:[a-z][a-z-]{2,18} ){0,2}?(?!(?:minutes|hours|days|weeks|months|years|times)\b)[a-z][a-z-]{1,18}s)\b"
)
_MEASURES = (
    "test coverage|code coverage|coverage|accuracy|accuracy rate|success rate|error rate|completion rate"
    "|conversion rate|response time|load time|uptime|average|average score|score|grade|gpa|balance|weight"
    "|speed|pace|rating"
)
_MOVED = "improved|increased|risen|rose|grown|grew|gone up|went up|dropped|decreased|fallen|fell|gone down|went down"
_AMOUNT = r"(?P<value>\d[\d.,]*\d?\s?(?:%|percent|ms|seconds|km/h|kg|lbs|points)?)(?![\w.,]*\d)"
_FROM = _AMOUNT.replace("?P<value>", "?:")
_AMOUNT_REACHED = _AMOUNT.replace("?P<value>", "?P<amount>")
_DAY = r"(?P<value>(?:(?-i:[A-Z])[a-z]{2,8} \d{1,2}(?:st|nd|rd|th)?|\d{1,2} (?-i:[A-Z])[a-z]{2,8})(?:,? \d{4})?)"
_DONE = tenses(past=Tense.PRESENT, perfect=Tense.PRESENT)
_ONGOING = tenses(present=Tense.PRESENT)

RULES: Final = (
    Rule(
        name="quantity.done",
        kind=Kind.FACT,
        slot="quantity",
        subjects=I_OR_WE,
        heads=frozenset({"completed", "finished", "solved", "read", "written", "wrote", "watched", "collected"}),
        pattern=rf"[a-z]+ (?:about |around |over |almost |a total of )?(?P<value>\d[\d,]*) {_THINGS}",
        value="{thing}: {value}",
        tenses=_DONE,
        confidence=0.75,
        examples=(
            example("I've completed 10 geometry exercises so far.", "geometry exercises: 10"),
            example("I recently finished 15 geometry exercises", "geometry exercises: 15"),
        ),
        counter_examples=(
            "I finished 10 minutes ago.",
            "I haven't completed 10 exercises.",
            "Have I completed 10 exercises?",
            "She completed 10 exercises.",
            "I'd have completed 10 exercises.",
        ),
    ),
    Rule(
        name="quantity.done_with",
        kind=Kind.FACT,
        slot="quantity",
        subjects=I_OR_WE,
        heads=frozenset({"completed", "finished", "solved", "passed", "ended", "closed"}),
        pattern=rf"[a-z]+ [^.;?!\n]{{1,60}}? with (?:an? |the )?(?:[a-z]+ )?{_AMOUNT} (?P<thing>{_MEASURES})\b",
        value="{thing}: {value}",
        tenses=_DONE,
        confidence=0.75,
        examples=(example("I've already completed 15 exercises with 95% accuracy.", "accuracy: 95%"),),
        counter_examples=(
            "She completed 15 exercises with 95% accuracy.",
            "I completed 15 exercises with great accuracy.",
        ),
    ),
    Rule(
        name="quantity.my_measure_moved",
        kind=Kind.FACT,
        slot="quantity",
        subjects=MINE,
        heads=frozenset(measure.split()[0] for measure in _MEASURES.split("|"))
        | {"unit", "average", "current", "overall", "api", "site", "page"},
        pattern=rf"(?:(?:unit|current|overall|api|site|page) )?(?P<thing>{_MEASURES})"
        r"(?: (?:in|on|for|of|with) [^,.;?!\n]{1,60}?)? (?:has |have )?(?:recently |now |finally )?"
        rf"(?:{_MOVED})(?: from {_FROM})? to {_AMOUNT}",
        value="{thing}: {value}",
        tenses=_ONGOING,
        anywhere=True,
        confidence=0.8,
        examples=(
            example("My accuracy in mental arithmetic improved from 70% to 90%.", "accuracy: 90%"),
            example("I want to know how my average score rose to 81", "average score: 81"),
        ),
        counter_examples=("My accuracy improved.", "Her accuracy improved to 90%.", "Did my accuracy improve to 90%?"),
    ),
    Rule(
        name="quantity.raising",
        kind=Kind.FACT,
        slot="quantity",
        subjects=I_OR_WE,
        heads=frozenset({"trying", "working", "looking", "hoping", "aiming"}),
        pattern=r"[a-z]+ (?:to|on) (?:[a-z]+ )?(?:the |my |our )?(?:unit |overall |current )?"
        rf"(?P<thing>{_MEASURES})\b[^.;?!\n]{{0,80}}?, which (?:has|have) (?:recently |now |finally )?"
        rf"(?:{_MOVED}|reached)(?: to)? {_AMOUNT}",
        value="{thing}: {value}",
        tenses=_ONGOING,
        be=True,
        confidence=0.8,
        examples=(
            example(
                "I'm trying to raise the unit test coverage of my parser, which has recently improved to 78%.",
                "test coverage: 78%",
            ),
        ),
        counter_examples=(
            "I'm trying to raise the test coverage of my parser.",
            "They're trying to raise the coverage, which has improved to 78%.",
        ),
    ),
    Rule(
        name="quantity.reached",
        kind=Kind.FACT,
        slot="quantity",
        subjects=I_OR_WE,
        heads=frozenset({"reached", "hit"}),
        before=rf"(?P<value>{_MEASURES})\b[^.;?!\n]{{0,60}}$",
        reaches_back=True,
        pattern=rf"[a-z]+ (?:about |around |only )?{_AMOUNT_REACHED}",
        value="{value}: {amount}",
        tenses=_DONE,
        confidence=0.75,
        examples=(
            example("I want 100% test coverage on my parser, and I've currently reached 65%.", "test coverage: 65%"),
        ),
        counter_examples=(
            "I've reached 65%.",
            "I haven't reached 65% test coverage.",
            "The coverage is low. I've reached 65 followers.",
        ),
    ),
    Rule(
        name="quantity.deadline",
        kind=Kind.FACT,
        slot="quantity",
        subjects=I_OR_WE,
        heads=frozenset({"have", "got", "set"}),
        pattern=rf"(?:have|got|set) (?:an? |the |our )?(?:new |final )?deadline (?:of|on) {_DAY},? for "
        r"(?:the |my |our )(?:first |second |third |next |final )?(?P<thing>[a-z][a-z-]{2,18})",
        value="{thing} deadline: {value}",
        tenses=tenses(present=Tense.PRESENT, past=Tense.PRESENT, perfect=Tense.PRESENT),
        confidence=0.8,
        examples=(
            example("I have a deadline of May 1, 2024, for the first chapter.", "chapter deadline: May 1, 2024"),
        ),
        counter_examples=(
            "I have a deadline.",
            "Do I have a deadline of May 1 for the chapter?",
            "I have no deadline of May 1 for the chapter.",
        ),
    ),
    Rule(
        name="quantity.new_deadline",
        kind=Kind.FACT,
        slot="quantity",
        subjects=I_OR_WE,
        heads=frozenset({"trying", "working", "need", "want", "updated", "moved"}),
        pattern=r"[a-z]+ [^.;?!\n]{0,90}?\bthe (?:new|updated|revised) (?P<thing>[a-z][a-z-]{2,18}) deadline"
        rf" (?:of|on) {_DAY}",
        value="{thing} deadline: {value}",
        tenses=tenses(present=Tense.PRESENT, past=Tense.PRESENT, perfect=Tense.PRESENT),
        be=None,
        confidence=0.8,
        examples=(
            example(
                "I'm trying to update my plan to reflect the new chapter deadline of May 5, 2024.",
                "chapter deadline: May 5, 2024",
            ),
        ),
        counter_examples=("I'm trying to keep the new deadline.", "They need the new chapter deadline of May 5."),
    ),
)
