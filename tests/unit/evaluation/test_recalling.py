"""The measurement of recall: what it counts, and which questions it asks where."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import click
import pytest

from evaluation.recalling import Found, Question, against, named, paired_interval, questions_of, share


def written(path: Path, *records: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(record) + "\n" for record in records).encode()))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    asked = {"question": "Who?", "category": "fact", "conversation_id": "c", "asked_at": "2024-05-17T09:00:00Z"}
    turns = [{"speaker": "assistant", "speaker_id": "bot"}, {"speaker": "Ana", "speaker_id": "ana"}]
    written(tmp_path / "conversations" / "realtalk-chat-1.jsonl.gz", *turns)
    answered = {**asked, "question_id": "q-1", "evidence": ["m-1"]}
    written(
        tmp_path / "questions" / "realtalk-chat-1.jsonl.gz", answered, {**asked, "question_id": "q-2", "evidence": []}
    )
    written(tmp_path / "questions" / "irc-1.jsonl.gz")
    return tmp_path


def test_questions_with_evidence_are_asked_of_a_person(data: Path) -> None:
    (found,) = questions_of(data, named(data))
    assert (found.question_id, found.dataset, found.person) == ("q-1", "realtalk", "ana")
    bodies = [found.body(scope) for scope in ("conversation", "user", "tenant")]
    scopes = [set(body) & {"conversation_id", "user_id"} for body in bodies]
    assert scopes == [{"conversation_id"}, {"user_id"}, set()]


def test_evidence_beyond_ten_messages_does_not_count() -> None:
    assert share([1, 10, 11, None]) == 0.5


def test_an_interval_holds_its_mean_and_one_value_has_none() -> None:
    mean, low, high = paired_interval([0.0, 1.0] * 50)
    assert low < mean == 0.5 < high
    assert paired_interval([0.25] * 9) == (0.25, 0.25, 0.25)


def test_only_shared_questions_are_compared(tmp_path: Path) -> None:
    baseline = tmp_path / "before.json"
    baseline.write_text(json.dumps({"questions": [{"id": "q-1", "ranks": [None, 2]}]}), "utf-8")
    assert against(Found(ranks={"q-1": [1, 2], "q-9": [None]}), baseline) == (0.5, 0.5, 0.5)
    with pytest.raises(click.ClickException, match="none of these questions"):
        against(Found(ranks={"q-9": [1]}), baseline)


def test_recall_is_the_mean_over_the_questions_of_a_set() -> None:
    question = Question(
        question_id="a", dataset="x", category="", text="", conversation_id="", person="", asked_at="", evidence=["m"]
    )
    assert Found(ranks={"a": [3]}).recall([question], "x") == 1.0
