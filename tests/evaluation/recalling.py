"""How much of what answers a question is recalled, in every scope: `make eval-recall DATA=folder BASELINE=file`.

The folder holds `conversations/*.jsonl.gz` and `questions/*.jsonl.gz`; its texts stay there, and only numbers and ids
are printed. All sets are loaded into one tenant of its own, through Kafka, and asked for over HTTP: in the conversation
of a question, for a person who speaks in it, and over the whole tenant.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any, Final, TypeAlias

import click
import httpx
from rich.console import Console
from rich.table import Table

from deploy.local.feed import feed_files
from schemas.ids import TenantId
from support.infrastructure import PROJECT
from support.stack import Stack, whole_stack
from topology.settings import Settings

SETS: Final = ("locomo", "realtalk", "beam-100k")
SCOPES: Final = ("conversation", "user", "tenant")
DEPTH: Final = 10
ASKED_AT_ONCE: Final = 4
RESAMPLES: Final = 2_000
LOADED_SECONDS: Final = 900.0
"""Vectors of all messages take a minute or some on one core."""

Ranks: TypeAlias = Sequence[int | None]
"""The place of each message of the evidence among those of the answer, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with the messages that answer it; `person` is the first in its conversation who is no assistant."""

    question_id: str
    dataset: str
    category: str
    text: str
    conversation_id: str
    person: str
    asked_at: str
    evidence: Sequence[str]

    def body(self, scope: str) -> dict[str, object]:
        where: dict[str, dict[str, object]] = {
            "conversation": {"conversation_id": self.conversation_id},
            "user": {"user_id": self.person},
            "tenant": {},
        }
        return {"query": self.text, "limit": 2 * DEPTH, "asked_at": self.asked_at or None, **where[scope]}


@dataclass(slots=True, kw_only=True)
class Found:
    """What came of the questions in a scope."""

    ranks: dict[str, Ranks] = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)
    without_meaning: int = 0

    def recall(self, questions: Sequence[Question], dataset: str) -> float:
        return fmean(share(self.ranks[q.question_id]) for q in questions if q.dataset == dataset)


def share(ranks: Ranks) -> float:
    """Recall at ten: the share of the evidence among the first ten messages."""
    return sum(rank is not None and rank <= DEPTH for rank in ranks) / len(ranks)


def named(data: Path) -> dict[str, str]:
    """The set of each conversation file that has questions."""
    names = [path.name.removesuffix(".jsonl.gz") for path in sorted((data / "questions").glob("*.jsonl.gz"))]
    return {name: dataset for name in names for dataset in SETS if name == dataset or name.startswith(f"{dataset}-")}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def questions_of(data: Path, sets: Mapping[str, str]) -> Iterator[Question]:
    """Those with evidence."""
    for name, dataset in sets.items():
        said = lines(data / "conversations" / f"{name}.jsonl.gz")
        person = next(turn["speaker_id"] for turn in said if turn["speaker"] != "assistant")
        for one in lines(data / "questions" / f"{name}.jsonl.gz"):
            if one["evidence"]:
                yield Question(
                    question_id=one["question_id"],
                    dataset=dataset,
                    category=one["category"],
                    text=one["question"],
                    conversation_id=one["conversation_id"],
                    person=person,
                    asked_at=one["asked_at"],
                    evidence=one["evidence"],
                )


def load(stack: Stack, data: Path, names: Sequence[str], console: Console) -> str:
    """A key to a fresh tenant that holds every conversation; what our limits refuse is left out, and told."""
    tenant = f"recall-{time.time_ns():x}"
    key = stack.new_key(tenant)
    paths = [data / "conversations" / f"{name}.jsonl.gz" for name in names]
    report = feed_files(paths, Settings.model_validate(lowered(stack.environment)), TenantId(tenant))
    for bad in report.bad_lines:
        console.print(f"left out: {bad.file.name}, line {bad.number}: {bad.problem}")
    if report.undelivered:
        raise click.ClickException(f"{report.undelivered} messages were not delivered: {report.last_error}")
    stack.drain(LOADED_SECONDS)
    console.print(f"{report.sent} messages in {len(names)} conversations")
    return key


def seal(stack: Stack) -> None:
    """Bring what was loaded into blocks, all at once: a sealer beside decides by chance how much stays in the tail."""
    command = [sys.executable, "-m", "sinks", "seal"]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, **stack.environment}, check=True)


def lowered(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a stack that are settings, by the settings' names."""
    return {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}


def ask(client: httpx.Client, question: Question, scope: str) -> tuple[Ranks, float, bool]:
    """Where the evidence came, in how many milliseconds, and whether meaning had a part in it."""
    begun = time.perf_counter()
    answer = client.post("/v1/recall", json=question.body(scope)).raise_for_status().json()
    elapsed = 1e3 * (time.perf_counter() - begun)
    order = dict.fromkeys(name for result in answer["results"] for name in result["message_ids"])
    place = {name: number for number, name in enumerate(order, start=1)}
    return [place.get(name) for name in question.evidence], elapsed, bool((answer.get("semantic") or {}).get("used"))


def asked(stack: Stack, key: str, questions: Sequence[Question], scope: str) -> Found:
    found = Found()
    headers = {"Authorization": f"Bearer {key}"}
    with (
        httpx.Client(base_url=stack.environment["API_URL"], headers=headers, timeout=60) as client,
        ThreadPoolExecutor(ASKED_AT_ONCE) as pool,
    ):
        answers = pool.map(lambda question: ask(client, question, scope), questions)
        for question, (ranks, milliseconds, by_meaning) in zip(questions, answers, strict=True):
            found.ranks[question.question_id] = ranks
            found.milliseconds[question.question_id] = milliseconds
            found.without_meaning += not by_meaning
    return found


def paired_interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """The mean and its 95 % interval, resampling questions with replacement."""
    source, size = random.Random(0), len(differences)
    means = sorted(fmean(source.choices(differences, k=size)) for _ in range(RESAMPLES))
    return fmean(differences), means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]


def against(found: Found, baseline: Path) -> tuple[float, float, float]:
    """The pooled difference of recall at ten to a result of the same questions, and its interval."""
    before = {one["id"]: share(one["ranks"]) for one in json.loads(baseline.read_text("utf-8"))["questions"]}
    shared = [share(ranks) - before[name] for name, ranks in found.ranks.items() if name in before]
    if not shared:
        raise click.ClickException(f"{baseline} has none of these questions")
    return paired_interval(shared)


def told(found: Mapping[str, Found], questions: Sequence[Question]) -> Table:
    table = Table("set", "questions", *(f"{scope}: recall@{DEPTH}" for scope in found), "loss: user", "loss: tenant")
    for dataset in sorted({question.dataset for question in questions}):
        values = {scope: one.recall(questions, dataset) for scope, one in found.items()}
        losses = [values["conversation"] - values[scope] for scope in ("user", "tenant")]
        count = sum(question.dataset == dataset for question in questions)
        table.add_row(dataset, str(count), *(f"{v:.3f}" for v in values.values()), *(f"{v:+.3f}" for v in losses))
    return table


def kept(found: Mapping[str, Found], questions: Sequence[Question]) -> dict[str, object]:
    """Numbers and ids, in the form of the baseline; `ranks` are those of the conversation."""
    return {
        "questions": [
            {
                "id": question.question_id,
                "set": question.dataset,
                "category": question.category,
                "ranks": found["conversation"].ranks[question.question_id],
                "ms": found["conversation"].milliseconds[question.question_id],
                **{f"ranks_{scope}": found[scope].ranks[question.question_id] for scope in ("user", "tenant")},
            }
            for question in questions
        ]
    }


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--baseline", type=click.Path(exists=True, path_type=Path), help="A result to be compared with.")
@click.option("--out", type=click.Path(path_type=Path), help="Where ranks are kept, by question.")
@click.option("--semantic", is_flag=True, help="By meaning too; fails unless every answer was.")
@click.option("--every", default=1, show_default=True, help="Ask only each nth question.")
def main(data: Path, baseline: Path | None, out: Path | None, semantic: bool, every: int) -> None:
    """How much of what answers the questions in DATA is recalled."""
    console, sets = Console(width=140), named(data)
    questions = list(islice(questions_of(data, sets), None, None, every))
    with whole_stack(semantic=semantic) as stack:
        with stack.without("sealer"):
            key = load(stack, data, list(sets), console)
            seal(stack)
        found = {}
        for scope in SCOPES:
            found[scope] = asked(stack, key, questions, scope)
            pooled = fmean(map(share, found[scope].ranks.values()))
            console.print(f"{scope}: {len(questions)} questions, pooled recall@{DEPTH} {pooled:.3f}")
    console.print(told(found, questions))
    if baseline:
        mean, low, high = against(found["conversation"], baseline)
        console.print(f"pooled difference to the baseline: {mean:+.4f}, 95 % interval [{low:+.4f}, {high:+.4f}]")
    if out:
        out.write_text(json.dumps(kept(found, questions)) + "\n", "utf-8")
    lacking = sum(one.without_meaning for one in found.values())
    if semantic and lacking:
        raise click.ClickException(f"{lacking} answers were found by words alone")


if __name__ == "__main__":
    main()
