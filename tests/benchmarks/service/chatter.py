"""Conversations made of words of our own, by the frequencies of natural language: as many as are wanted, in seconds.

Pure, and the same for the same seed. Words follow Zipf's law; a conversation has topics, whose words it comes back to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final

import numpy as np

START: Final = datetime(2023, 1, 2, 8, tzinfo=UTC)
_COMMONEST: Final = "the i to and a of it you that in my is was for on me with but so we have not are at be this"
STOP_WORDS: Final = tuple(_COMMONEST.split(" "))
"""The commonest words, as in English: the text search leaves them out."""
WORDS: Final = 40_000
ZIPF: Final = 1.05
TOPIC_WORDS: Final = 40
TOPIC_SHARE: Final = 0.25
"""Of the words of a conversation, those of its topics."""
HEAVY: Final = "heavy"
SMALL: Final = "small"
SMALL_MESSAGES: Final = 400
GROUPS: Final = (HEAVY, SMALL, "others")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation to be made: who speaks, in turns, and how many turns there are."""

    name: str
    group: str
    users: tuple[str, ...]
    turns: int
    seed: int


def plan(messages: int, of_heavy: int, seed: int = 7) -> list[Conversation]:
    """Conversations of `messages` turns: first those of the user `heavy`, `of_heavy` turns in all, then the others."""
    rng = np.random.default_rng(seed)
    others = messages - of_heavy - SMALL_MESSAGES
    found: list[Conversation] = []
    for group, turns in ((HEAVY, of_heavy), (SMALL, SMALL_MESSAGES), ("others", others)):
        left = turns
        while left > 0:
            some = min(left, int(np.clip(rng.pareto(1.1) * 60 + 20, 20, 3_000)))
            found.append(_conversation(rng, len(found), group, some))
            left -= some
    return found


def _conversation(rng: np.random.Generator, number: int, group: str, turns: int) -> Conversation:
    others = tuple(f"user-{int(n)}" for n in rng.integers(0, 20_000, size=int(rng.integers(1, 4))))
    users = others if group == "others" else (group, *others)
    return Conversation(name=f"c-{number}", group=group, users=tuple(dict.fromkeys(users)), turns=turns, seed=number)


class Speaker:
    """Says things. One vocabulary for all conversations."""

    def __init__(self, seed: int = 7) -> None:
        self.words = np.array([*STOP_WORDS, *_words(np.random.default_rng(seed), WORDS)])
        weights = 1 / np.arange(2, len(self.words) + 2) ** ZIPF
        self._reach = np.cumsum(weights / weights.sum())

    def texts(self, conversation: Conversation) -> list[str]:
        """What is said, turn by turn."""
        rng = np.random.default_rng((conversation.seed, 11))
        lengths = np.clip(rng.lognormal(2.3, 0.6, conversation.turns), 2, 80).astype(int)
        said = np.searchsorted(self._reach, rng.random(int(lengths.sum()))).clip(max=len(self.words) - 1)
        topics = rng.integers(len(STOP_WORDS), len(self.words), size=TOPIC_WORDS)
        about = rng.random(len(said)) < TOPIC_SHARE
        said[about] = topics[rng.integers(0, TOPIC_WORDS, size=int(about.sum()))]
        words: Sequence[str] = self.words[said].tolist()
        ends = np.cumsum(lengths).tolist()
        return [" ".join(words[end - length : end]) + "." for end, length in zip(ends, lengths.tolist(), strict=True)]


def times(conversation: Conversation) -> Iterator[datetime]:
    """When its turns are said: minutes apart, with nights between."""
    rng = np.random.default_rng((conversation.seed, 13))
    gaps = rng.exponential(90, conversation.turns) + 1
    gaps[rng.random(conversation.turns) < 0.03] += 36_000
    begin = START + timedelta(minutes=int(rng.integers(0, 1_000_000)))
    for seconds in np.cumsum(gaps).tolist():
        yield begin + timedelta(seconds=seconds)


def question(rng: np.random.Generator, text: str) -> str:
    """A question by some of the words of a text."""
    words = [word for word in dict.fromkeys(text.rstrip(".").split()) if word not in STOP_WORDS]
    chosen = rng.permutation(len(words))[: int(rng.integers(2, 6))]
    return "What was that about " + " ".join(words[n] for n in sorted(chosen.tolist())) + "?"


def _words(rng: np.random.Generator, count: int) -> list[str]:
    """So many different words, which no language has and a stemmer mostly leaves alone; short ones first."""
    syllables = ["".join(pair) for pair in product("bdfgklmnprstvz", "aou")]
    endings = ("k", "m", "n", "p", "r", "t", "l", "b")
    found: dict[str, None] = {}
    while len(found) < count:
        parts = 1 + int(len(found) > 300) + int(rng.random() < 0.4)
        word = "".join(rng.choice(syllables, parts).tolist()) + str(rng.choice(endings))
        found[word] = None
    return list(found)
