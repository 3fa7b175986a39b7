"""Where blocks say that messages stand: whatever is spread over blocks, gone, or goes on in the tail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, count
from random import Random
from unittest import mock

import numpy as np
import pytest

from api.ranking.asked import Asked, Term
from api.ranking.candidates import Cut, MessageKey, Turn
from api.ranking.neighbours import REACH
from api.readers.index import scoring
from api.readers.index.arrays import Arrays, Block, Codes, decode, join
from api.readers.index.scoring import Posting, Scope, Unsealed, Words, best
from api.readers.placing import Window, around
from sinks.postgres.sealing.packing import Document, pack

MINUTE = 60_000_000
WORDS = Words(lexemes=["cat", "dog"], word=[0, 1], weights=[1.0, 0.5])
ASKED = Asked(terms=(Term(lexemes=("cat",)), Term(lexemes=("dog",))))
NOTHING = Unsealed(count=0, lengths=0, frequencies=np.zeros((0, 2), np.float32), own_lengths=np.zeros(0, np.float32))


@dataclass
class Memory:
    """Messages of some conversations, each in a block or in the tail, some of the sealed ones gone."""

    random: Random

    def __post_init__(self) -> None:
        said = [self._said(n) for n in range(self.random.randrange(10, 90))]
        parts = self.random.randrange(1, 4)
        by_time = sorted(said, key=lambda one: one.micros)
        late = self.random.random() < 0.5
        where = {
            one.message_id: self.random.randrange(parts)
            if late and self.random.random() < 0.1
            else n * parts // len(said)
            for n, one in enumerate(by_time)
        }
        in_tail = parts - 1 if parts > 1 and self.random.random() < 0.5 else None
        self.codes, blocks, self.gone = Codes(), [], set[str]()
        self.postings: list[Posting] = []
        for number in range(parts):
            own = sorted(
                (one for one in said if where[one.message_id] == number),
                key=lambda one: (one.conversation_id, one.micros, one.message_id),
            )
            if number != in_tail and own:
                blocks.append(self._block(number, own))
        self.arrays: Arrays = join(blocks)
        self.unsealed = {one.conversation_id for one in said if where[one.message_id] == in_tail}
        standing = [one for one in by_time if one.message_id not in self.gone]
        self.truth: dict[str, list[Document]] = {}
        for one in standing:
            self.truth.setdefault(one.conversation_id, []).append(one)

    def _said(self, number: int) -> Document:
        held = [word for word in ("cat", "dog") if self.random.random() < 0.25]
        return Document(
            conversation_id=f"c{self.random.randrange(3)}",
            message_id=f"m{number}",
            micros=number * MINUTE,
            length=3,
            vector=" ".join(f"'{word}':1" for word in held),
        )

    def _block(self, number: int, documents: list[Document]) -> Block:
        packed = pack(documents)
        dead = [at for at in range(len(documents)) if self.random.random() < 0.05]
        self.gone.update(documents[at].message_id for at in dead)
        columns = dict(packed.columns) | {"dead": np.array(dead, "<u2").tobytes()}
        order = ("dead", "conversations", "conversation", "lengths", "times", "hashes", "names", "name_ends")
        self.postings += [
            Posting(block=number, lexeme=WORDS.lexemes.index(one.lexeme), documents=one.documents, packed=one.packed)
            for one in packed.postings
        ]
        return decode([number, packed.documents, *(columns[name] for name in order)], self.codes)

    def distance(self, one: tuple[str, str], other: tuple[str, str]) -> int:
        places = {each.message_id: at for at, each in enumerate(self.truth[one[0]])}
        return abs(places[one[1]] - places[other[1]])

    def rows(self, looked_around: list[tuple[str, str]], flat: list[tuple[str, str]]) -> list[Window]:
        """What PostgreSQL tells: of the first what stands around them, of the others themselves."""
        numbers, found = count(1), []
        for key in looked_around:
            number, said = next(numbers), self.truth[key[0]]
            at = next(n for n, one in enumerate(said) if one.message_id == key[1])
            near = range(max(0, at - REACH), min(len(said), at + REACH + 1))
            found += [self._row(said[n], n - at, number) for n in near]
        for key in flat:
            one = next(each for each in self.truth[key[0]] if each.message_id == key[1])
            found.append(self._row(one, 0, next(numbers)))
        return found

    def _row(self, one: Document, away: int, number: int) -> Window:
        at = datetime(2026, 5, 4, tzinfo=UTC) + timedelta(microseconds=one.micros)
        return one.conversation_id, one.message_id, "u", "", "USER", at, False, one.length, one.vector, away, number


@pytest.mark.parametrize("seed", range(200))
def test_whatever_lends_to_a_candidate_is_read_at_its_true_distance(seed: int) -> None:
    random = Random(seed)
    memory = Memory(random)
    cut = Cut(most=random.choice([2, 5, 40]), shown=3, share=random.choice([0.0, 0.7]))
    scope = Scope(
        allowed=None,
        hidden=np.empty(0, np.int32),
        unsealed=memory.codes.known(memory.unsealed),
    )
    with mock.patch.object(scoring, "LIKELIEST", random.choice([0, 1, 3])):
        found = best(memory.arrays, memory.postings, scope, NOTHING, WORDS, cut)
    names = memory.arrays.keys(np.union1d(found.documents, found.placed), memory.codes)
    candidates = [names[one] for one in found.documents.tolist()]
    places = {names[one]: one for one in found.placed.tolist()}
    looked_around = [key for key in candidates if key not in places]
    turns = {turn.key: turn for turn in around(memory.rows(looked_around, list(places)), ASKED, places)}
    for key in candidates:
        for one in memory.truth[key[0]]:
            other = (key[0], one.message_id)
            if one.vector and memory.distance(key, other) <= REACH:
                assert other in turns, f"{other} lends to {key}, and was not read"
                assert apart(turns, key, other) == memory.distance(key, other), f"{key} and {other}"
    for one_key, other in combinations(turns, 2):
        if one_key[0] == other[0] and apart(turns, one_key, other) <= REACH:
            assert apart(turns, one_key, other) == memory.distance(one_key, other), f"{one_key} and {other}"


def apart(turns: Mapping[MessageKey, Turn], one: MessageKey, other: MessageKey) -> int:
    return abs(turns[one].place.number - turns[other].place.number)
