"""Rules about what somebody likes, dislikes, prefers, avoids.

Data, free of I/O.
"""

from __future__ import annotations

from typing import Final

from schemas.enums import Kind, Tense
from streams.extraction.rules.model import (
    ANYONE,
    I_ONLY,
    I_OR_WE,
    MINE,
    TASTE,
    Dated,
    Rule,
    example,
    tenses,
)
from streams.extraction.things import choice, preferred, thing, things

_NEGATED = tenses(negated=Tense.PRESENT)
_NO_THING = r"(?!(?:is|was|has|of|to|in|part|thing|things|would|must|so|when|and)\b)"


RULES: Final = (
    Rule(
        name="likes.i_like",
        kind=Kind.PREFERENCE,
        slot="likes",
        subjects=I_OR_WE,
        heads=frozenset({"like", "love", "enjoy", "adore", "loved", "enjoyed", "liked"}),
        pattern="(?:like|love|enjoy|adore|loved|enjoyed|liked) ",
        fill=things,
        tenses=TASTE,
        confidence=0.85,
        examples=(
            example("I love hiking and cooking.", "hiking", "cooking"),
            example("I really like spicy food, but my brother hates it", "spicy food"),
            example("I've always loved old maps", "old maps"),
            example("I used to like coffee.", "coffee", tense=Tense.PAST),
            example("I don't like coffee any more.", "coffee", tense=Tense.ENDED),
            example("I no longer enjoy running", "running", tense=Tense.ENDED),
            example("I love to dance.", "dance"),
            example("I like the Beatles", "Beatles"),
        ),
        counter_examples=(
            "I love it!",
            "I'd love a coffee.",
            "I'd like to book a table.",
            "I love your photo.",
            "I love how you did that.",
            "I like that idea.",
            "I like the second one.",
            "Do I like coffee?",
            "I feel like a coffee.",
            "He loves coffee.",
            "I love you",
            "I'm like, whatever.",
            "I would like coffee.",
            "I like to think so.",
            "I loved the film.",
            "What I like is coffee.",
            "I like where this is going.",
        ),
    ),
    Rule(
        name="likes.fan_of",
        kind=Kind.PREFERENCE,
        slot="likes",
        subjects=I_OR_WE,
        heads=frozenset({"a", "into", "fond", "obsessed", "crazy", "passionate", "addicted", "huge", "big", "partial"}),
        pattern=r"(?:an? )?(?:(?:big|huge|massive|real|total|avid|great|lifelong) )?(?:fan of|into|fond of|obsessed"
        r" with|crazy about"
        "|passionate about|addicted to|partial to) ",
        fill=things,
        tenses=TASTE,
        be=True,
        confidence=0.85,
        examples=(
            example("I'm a huge fan of jazz.", "jazz"),
            example("I'm really into board games and chess", "board games", "chess"),
            example("I've always been passionate about trains.", "trains"),
        ),
        counter_examples=("I'm not a fan of jazz.", "I'm into it.", "She's into jazz.", "I'm a fan of yours."),
    ),
    Rule(
        name="likes.passion_for",
        kind=Kind.PREFERENCE,
        slot="likes",
        subjects=I_ONLY,
        heads=frozenset({"have"}),
        pattern=r"have a (?:(?:[a-z]{3,12}) )?(?:passion|soft spot|weakness|love) for ",
        fill=things,
        confidence=0.8,
        examples=(example("I have a soft spot for old trams.", "old trams"),),
        counter_examples=("I have a passion for it.", "I have a question for you."),
    ),
    Rule(
        name="dislikes.i_hate",
        kind=Kind.PREFERENCE,
        slot="dislikes",
        subjects=I_OR_WE,
        heads=frozenset({"hate", "dislike", "detest", "despise", "loathe", "hated"}),
        pattern="(?:hate|dislike|detest|despise|loathe|hated) ",
        fill=things,
        tenses=TASTE,
        confidence=0.85,
        examples=(
            example("I hate mushrooms.", "mushrooms"),
            example("I used to hate olives", "olives", tense=Tense.PAST),
        ),
        counter_examples=("I hate it when it rains.", "I don't hate mushrooms.", "I hate to say this.", "I hate that."),
    ),
    Rule(
        name="dislikes.i_do_not_like",
        kind=Kind.PREFERENCE,
        slot="dislikes",
        subjects=I_OR_WE,
        heads=frozenset({"like", "enjoy", "love"}),
        pattern="(?:like|enjoy|love) ",
        fill=thing,
        tenses=_NEGATED,
        confidence=0.85,
        examples=(
            example("I don't like cilantro.", "cilantro"),
            example("I do not enjoy crowded places", "crowded places"),
        ),
        counter_examples=(
            "I don't like it.",
            "I don't like coffee any more.",
            "Don't I like cilantro?",
            "I didn't like the film.",
        ),
    ),
    Rule(
        name="dislikes.cannot_stand",
        kind=Kind.PREFERENCE,
        slot="dislikes",
        subjects=I_OR_WE,
        heads=frozenset({"stand"}),
        pattern="stand ",
        fill=thing,
        tenses=tenses(unable=Tense.PRESENT),
        confidence=0.9,
        examples=(example("I can't stand loud music.", "loud music"),),
        counter_examples=("I can't stand it.", "I can't stand up.", "I stand corrected."),
    ),
    Rule(
        name="dislikes.not_a_fan_of",
        kind=Kind.PREFERENCE,
        slot="dislikes",
        subjects=I_OR_WE,
        heads=frozenset({"a", "into", "much", "fond", "big", "the"}),
        pattern="(?:much of )?(?:a )?(?:(?:big|huge|great) )?(?:fan of|into|fond of) ",
        fill=thing,
        tenses=_NEGATED,
        be=True,
        confidence=0.85,
        examples=(
            example("I'm not a big fan of horror films.", "horror films"),
            example("I'm not really into sports", "sports"),
        ),
        counter_examples=("I'm a fan of horror films.", "I'm not into that."),
    ),
    Rule(
        name="prefers.i_prefer",
        kind=Kind.PREFERENCE,
        slot="prefers",
        subjects=I_OR_WE,
        heads=frozenset({"prefer"}),
        pattern="prefer (?:to )?",
        fill=preferred,
        tenses=TASTE,
        confidence=0.85,
        examples=(
            example("I prefer tea to coffee.", "tea"),
            example("I prefer night trains over flying", "night trains"),
        ),
        counter_examples=("I'd prefer tea.", "Do you prefer tea?", "I prefer that.", "I prefer not to."),
    ),
    Rule(
        name="avoids.i_avoid",
        kind=Kind.PREFERENCE,
        slot="avoids",
        subjects=I_OR_WE,
        heads=frozenset({"avoid", "try", "stay"}),
        pattern="(?:try to )?(?:avoid|stay away from) ",
        fill=things,
        tenses=TASTE,
        confidence=0.85,
        examples=(
            example("I avoid dairy and gluten.", "dairy", "gluten"),
            example("I try to avoid motorways.", "motorways"),
        ),
        counter_examples=("I avoid it.", "Avoid dairy!", "I tried to avoid this."),
    ),
    Rule(
        name="avoids.i_do_not_eat",
        kind=Kind.PREFERENCE,
        slot="avoids",
        subjects=I_OR_WE,
        heads=frozenset({"eat", "drink"}),
        pattern="(?:eat|drink) ",
        fill=things,
        tenses=tenses(negated=Tense.PRESENT, unable=Tense.PRESENT, ended=Tense.PRESENT),
        confidence=0.85,
        examples=(
            example("I don't eat meat.", "meat"),
            example("I never drink alcohol", "alcohol"),
            example("I can't eat gluten", "gluten"),
            example("I don't drink coffee any more.", "coffee"),
        ),
        counter_examples=("I don't eat much.", "I eat meat.", "I didn't eat lunch."),
    ),
    Rule(
        name="avoids.gave_up",
        kind=Kind.PREFERENCE,
        slot="avoids",
        subjects=ANYONE,
        heads=frozenset({"gave", "given", "quit", "stopped", "cut"}),
        pattern="(?:(?:gave|given) up|quit|stopped|cut out) (?=(?:eating |drinking )?(?:meat|sugar|alcohol|coffee"
        "|caffeine|gluten|dairy|smoking"
        "|drinking|bread|soda|carbs|cigarettes|eggs|fish|chocolate|junk food|fast food|beer|wine|red meat"
        "|milk)\\b)(?:eating |drinking )?",
        fill=thing,
        tenses=tenses(past=Tense.PRESENT, perfect=Tense.PRESENT),
        dated=Dated.BEGAN,
        confidence=0.85,
        examples=(example("I gave up alcohol last year.", "alcohol"), example("I stopped eating meat in 2019", "meat")),
        counter_examples=("I gave up.", "I stopped eating.", "I quit my job."),
    ),
    Rule(
        name="favourite.my_favourite_is",
        kind=Kind.PREFERENCE,
        slot="favourite",
        subjects=MINE,
        heads=frozenset({"favourite", "favorite", "fav", "fave", "all-time", "absolute", "all", "personal"}),
        pattern=rf"(?:all[- ]time |absolute |personal )?{{fav}} (?P<thing>(?:{_NO_THING}[a-z][\w-]{{1,18}}"
        rf" ){{0,2}}?{_NO_THING}[a-z][\w-]{{1,18}})"
        r"(?: (?:is|are|has to be|would be|must be)|'s)(?: (?:actually|probably|definitely|still|by far|easily))? ",
        fill=choice,
        value="{thing}: {value}",
        confidence=0.9,
        examples=(
            example("My favourite colour is green.", "colour: green"),
            example("my all-time favorite dessert is apple crumble!", "dessert: apple crumble"),
        ),
        counter_examples=(
            "My favourite colour is hard to name.",
            "What's my favourite colour?",
            "Her favourite colour is green.",
            "My favourite part is when it ends.",
            "My favourite film was Alien.",
        ),
    ),
    Rule(
        name="favourite.is_my_favourite",
        kind=Kind.PREFERENCE,
        slot="favourite",
        subjects=MINE,
        heads=frozenset({"favourite", "favorite", "fav", "fave", "all-time", "absolute", "personal"}),
        before=r"(?:^|[.!?;,]\s|\b(?:and|but)\s)\s*(?P<value>(?!(?:it|that|this|these|those|they|she|he|which|what"
        r"|who|one|here|there|so|yes|yeah|"
        r"because|i)\b)[\w'\"][\w'\" -]{1,40}?)\s+(?:is|are)(?:\s+(?:definitely|probably|still))?\s+$",
        pattern=r"(?:all[- ]time |absolute |personal )?{fav} (?P<thing>[a-z][\w-]{2,18}(?: (?!of\b|to\b|in\b|when\b"
        r"|for\b|so\b|and\b|by\b|because\b|but\b|ever\b)[a-z][\w-]{2,18})?){closing}",
        value="{thing}: {value}",
        anywhere=True,
        confidence=0.85,
        examples=(example("Green is my favourite colour.", "colour: Green"),),
        counter_examples=(
            "That is my favourite colour.",
            "Is green my favourite colour?",
            "Green is one of my favourite colours.",
        ),
    ),
)
