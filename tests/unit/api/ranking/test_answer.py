"""One list of messages and items, each with what its score is made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.ranking.answer import Answer, rank
from api.ranking.asked import Asked, Pair, Span, Term
from api.ranking.bm25 import Corpus, Document
from api.ranking.candidates import Candidates, Thing, Turn
from api.ranking.merge import CITED, cited, merge
from api.ranking.neighbours import Place
from api.ranking.scoring import FIRST_PERSON, NAMED_SPEAKER, TELLS_TIME, TIME, at_most

START = datetime(2024, 5, 17, 9, tzinfo=UTC)
CORPUS = Corpus(count=20, average_length=8.0)
ASKED = Asked(terms=(Term(lexemes=("one",)), Term(lexemes=("two",))))


def turn(number: int, *counts: int, **known: Any) -> Turn:
    place = Place(conversation_id="c", number=number, occurred_at=START + timedelta(minutes=number))
    return Turn(key=("c", f"m-{number}"), document=document(counts, 8), place=place, **known)


def thing(name: str, *counts: int, **known: Any) -> Thing:
    return Thing(item_id=name, document=document(counts, 3), **known)


def document(counts: tuple[int, ...], length: int) -> Document:
    places = {term: list(range(10 * term + 5, 10 * term + 5 + count)) for term, count in enumerate(counts) if count}
    return Document(places=places, length=length)


def ranked(turns: list[Turn], things: list[Thing] | None = None, asked: Asked = ASKED, **more: Any) -> Answer:
    return rank(Candidates(asked=asked, corpus=CORPUS, turns=turns, things=things or [], **more), 10)


def ids(answer: Answer) -> list[str]:
    return [one.item_id or (one.message[1] if one.message else "") for one in answer.best]


def test_the_answer_to_a_question_rises_though_it_shares_no_word_with_it() -> None:
    assert ids(ranked([turn(1, 1, 1), turn(2, 0, 0), turn(9, 0, 1)])) == ["m-1", "m-9", "m-2"]
    assert ids(ranked([turn(1, 1, 1), turn(2, 0, 0), turn(3, 1, 1), turn(9, 0, 1)]))[2:] == ["m-2", "m-9"]


def test_items_and_messages_share_the_rarity_of_words() -> None:
    turns = [turn(n * 10, 1, 0) for n in range(1, 6)] + [turn(90, 0, 1)]
    found = ids(ranked(turns, [thing("common", 1, 0), thing("rare", 0, 1)]))
    assert found.index("rare") < found.index("common")
    assert found.index("m-90") < found.index("m-10")


def test_items_alone_fill_the_answer_where_messages_are_not_wanted() -> None:
    candidates = Candidates(
        asked=ASKED, corpus=CORPUS, turns=[turn(1, 1)], things=[thing(f"i-{n}", 1) for n in range(5)]
    )
    assert ids(rank(candidates, 10, with_messages=False)) == [f"i-{n}" for n in range(5)]


def score(one: Turn, asked: Asked = ASKED) -> float:
    return ranked([one], asked=asked).turns[one.key]


def test_what_is_said_by_whom_the_question_names_counts_more_than_their_name() -> None:
    said = replace(turn(1, 0, 1), document=Document(places={0: [1], 1: [9]}, length=8), name_words=1, user_id="ana")
    told = replace(turn(9, 0, 1), document=Document(places={0: [4], 1: [9]}, length=8), name_words=1, user_id="rui")
    answer = ranked([said, told], [thing("hers", 0, 1, user_id="ana"), thing("his", 0, 1, user_id="rui")])
    assert answer.turns[said.key] == pytest.approx(NAMED_SPEAKER * answer.turns[told.key])
    assert ids(answer).index("hers") < ids(answer).index("his")


def test_a_person_is_asked_about_in_the_first_person() -> None:
    mine = replace(ASKED, first_person=True)
    assert score(turn(1, 1), mine) == pytest.approx(FIRST_PERSON * score(turn(1, 1, is_person=False), mine))
    assert score(turn(1, 1)) == score(turn(1, 1, is_person=False))


def test_a_question_for_a_time_likes_turns_that_tell_one() -> None:
    when = replace(ASKED, when=True)
    assert score(turn(1, 1, tells_time=True), when) == pytest.approx(TELLS_TIME * score(turn(1, 1), when))


def test_the_time_that_is_named_counts_most_then_fades_and_nothing_before_it() -> None:
    day = Span(START - timedelta(days=1), START, "yesterday")
    spans = [day, Span(START, START + timedelta(days=1), "today"), Span(*(START + timedelta(days=9),) * 2, "soon")]
    plain = score(turn(1, 1))
    after, within, before = (score(turn(1, 1), replace(ASKED, spans=(span,))) for span in spans)
    assert before == plain < after < within == pytest.approx((1 + TIME) * plain)


FULL = Asked(
    terms=ASKED.terms,
    pairs=(Pair(0, 1, 10),),
    spans=(Span(START, START + timedelta(hours=1), "today"), Span(START, START + timedelta(days=1), "this week")),
    first_person=True,
    when=True,
)


def test_no_turn_is_multiplied_by_more_than_is_told_but_for_its_speaker() -> None:
    today = Span(START, START + timedelta(days=1), "today")
    best = turn(1, 1, tells_time=True)
    worst = turn(-9_000, 1, is_person=False)
    for more in ({}, {"when": True}, {"first_person": True}, {"spans": (today,), "when": True}, {"spans": (today,)}):
        asked = replace(ASKED, **more)
        assert score(best, asked) / score(worst, asked) == pytest.approx(at_most(asked)), more
    every = ranked([best, worst], asked=replace(FULL, spans=(today,))).scored_turns.multipliers
    assert {one.kind for one in every} == {"name", "first_person", "tells_time", "time"}, "at_most must know them all"


@pytest.mark.parametrize("meaning", [None, {("c", "m-2"): 0.9, ("c", "m-3"): 0.4}])
def test_the_parts_of_every_score_add_up_to_it(meaning: dict[tuple[str, str], float] | None) -> None:
    turns = [
        turn(1, 1, 2, name_words=9, user_id="ana", tells_time=True),
        turn(2, 0, 0),
        turn(3, 0, 1, is_person=False),
        turn(4, 3, 1),
    ]
    things = [thing("i-1", 1, 1, user_id="ana", at=START), thing("i-2", 0, 1)]
    answer = ranked(turns, things, FULL, meaning=meaning)
    assert len(answer.best) == 6
    for one in answer.best:
        parts = answer.parts(one)
        assert sum(part.score for part in parts) == pytest.approx(one.score)
        assert all(part.score for part in parts)
    kinds = {part.kind for one in answer.best for part in answer.parts(one)}
    told = {"word", "words_together", "neighbours", "name", "tells_time", "time", "first_person", "item"}
    assert kinds == (told if meaning is None else told | {"meaning"})


def test_meaning_finds_what_shares_no_word() -> None:
    turns = [turn(1, 1), turn(20, 0, 0), turn(40, 0, 0)]
    assert ids(ranked(turns)) == ["m-1"]
    assert ids(ranked(turns, meaning={("c", "m-20"): 0.9, ("c", "m-40"): 0.3})) == ["m-1", "m-20", "m-40"]
    assert ids(ranked(turns[1:], meaning={("c", "m-20"): 0.9})) == ["m-20"]


def test_items_keep_to_their_share_where_there_are_turns_enough() -> None:
    messages = {("c", f"m-{n}"): 1.0 for n in range(20)}
    items = {f"i-{n}": 9.0 for n in range(20)}
    assert sum(1 for one in merge(messages, items, 10) if one.item_id) == 3
    assert sum(1 for one in merge(messages, items, 1) if one.item_id) == 1
    few = dict(list(messages.items())[:4])
    assert sum(1 for one in merge(few, items, 10) if one.item_id) == 6


def test_equal_scores_come_in_one_order() -> None:
    messages = {("c", "b"): 1.0, ("c", "a"): 1.0}
    assert merge(messages, {"i": 1.0}, 3) == merge(dict(reversed(messages.items())), {"i": 1.0}, 3)


def test_an_item_brings_its_best_evidence_and_not_all_of_it() -> None:
    evidence = [("c", f"m-{n}") for n in range(30)]
    assert cited(evidence, {("c", "m-7"): 2.0, ("c", "m-9"): 3.0}) == [("c", "m-9"), ("c", "m-7"), ("c", "m-0")]
    assert len(cited(evidence, {})) == CITED


def test_no_candidates_no_answer() -> None:
    nothing = Candidates(asked=Asked(terms=()), corpus=Corpus(count=0, average_length=0.0), turns=[])
    assert rank(nothing, 10).best == []
