"""One list of messages and items."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.ranking.answer import Candidates, ItemCandidate, Place, TurnCandidate, rank
from api.ranking.bm25 import Corpus, Document
from api.ranking.merge import CITED, cited, merge

START = datetime(2024, 5, 17, 9, tzinfo=UTC)
CORPUS = Corpus(count=20, average_length=8.0)


def turn(number: int, *frequencies: int, placed: bool = True) -> TurnCandidate:
    place = Place(number=number, occurred_at=START + timedelta(minutes=number)) if placed else None
    return TurnCandidate(key=("c", f"m-{number}"), document=Document(frequencies=frequencies, length=8), place=place)


def item(name: str, *frequencies: int) -> ItemCandidate:
    return ItemCandidate(item_id=name, document=Document(frequencies=frequencies, length=3))


def ids(candidates: Candidates, limit: int = 10, *, with_messages: bool = True) -> list[str]:
    best = rank(candidates, limit, with_messages=with_messages).best
    return [ranked.item_id or (ranked.message[1] if ranked.message else "") for ranked in best]


def test_the_answer_to_a_question_rises_though_it_shares_no_word_with_it() -> None:
    candidates = Candidates(terms=2, corpus=CORPUS, turns=[turn(1, 1, 1), turn(2, 0, 0), turn(9, 0, 1)], items=[])
    assert ids(candidates) == ["m-1", "m-2", "m-9"]


def test_without_places_nothing_is_lent() -> None:
    candidates = Candidates(
        terms=1, corpus=CORPUS, turns=[turn(1, 1, placed=False), turn(2, 0, placed=False)], items=[]
    )
    assert ids(candidates) == ["m-1"]


def test_items_and_messages_share_the_rarity_of_words() -> None:
    candidates = Candidates(
        terms=2,
        corpus=CORPUS,
        turns=[turn(n * 10, 1, 0) for n in range(1, 6)] + [turn(90, 0, 1)],
        items=[item("common", 1, 0), item("rare", 0, 1)],
    )
    found = ids(candidates)
    assert found.index("rare") < found.index("common")
    assert found.index("m-90") < found.index("m-10")


def test_items_alone_fill_the_answer_where_messages_are_not_wanted() -> None:
    candidates = Candidates(terms=1, corpus=CORPUS, turns=[turn(1, 1)], items=[item(f"i-{n}", 1) for n in range(5)])
    assert ids(candidates, with_messages=False) == [f"i-{n}" for n in range(5)]


def test_items_keep_to_their_share_where_there_are_turns_enough() -> None:
    messages = {("c", f"m-{n}"): 1.0 for n in range(20)}
    items = {f"i-{n}": 9.0 for n in range(20)}
    assert sum(1 for ranked in merge(messages, items, 10) if ranked.item_id) == 3
    assert sum(1 for ranked in merge(messages, items, 1) if ranked.item_id) == 1
    few = dict(list(messages.items())[:4])
    assert sum(1 for ranked in merge(few, items, 10) if ranked.item_id) == 6


def test_equal_scores_come_in_one_order() -> None:
    messages = {("c", "b"): 1.0, ("c", "a"): 1.0}
    assert merge(messages, {"i": 1.0}, 3) == merge(dict(reversed(messages.items())), {"i": 1.0}, 3)


def test_an_item_brings_its_best_evidence_and_not_all_of_it() -> None:
    evidence = [("c", f"m-{n}") for n in range(30)]
    assert cited(evidence, {("c", "m-7"): 2.0, ("c", "m-9"): 3.0}) == [("c", "m-9"), ("c", "m-7"), ("c", "m-0")]
    assert len(cited(evidence, {})) == CITED


def test_no_candidates_no_answer() -> None:
    assert ids(Candidates(terms=0, corpus=Corpus(count=0, average_length=0.0), turns=[], items=[])) == []
