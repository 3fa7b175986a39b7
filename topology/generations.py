"""Generations of memory: the same history read by another extractor, beside the one that answers.

Free of I/O. What is said here is which topics and groups each generation has of its own, and what they are called.
Everything above the edges (processors, projections) speaks of topics by their `TopicName`, whatever the generation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from topology.stages import ALL_STAGES, STAGES, Stage
from topology.topics import TOPIC_BY_NAME, TOPICS, Topic, TopicName

FIRST: Final = 1
"""The generation that is there from the beginning; its topics and groups bear no number."""

_CHANGELOG_SUFFIX: Final = "-state-changelog"
_PHYSICAL: Final = re.compile(r"(?P<name>.+?)[.-]g[1-9][0-9]*(?P<changelog>-state-changelog)?")

MEMORY_TOPICS: Final = frozenset(topic.name for topic in TOPICS if topic.of_generation)
"""What each generation has of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The generation that answers come from."""

    number: int = FIRST
    direct: bool = True
    """Whether extract itself finds its candidates; else `reextract` does, in the messages that extract sends."""


@lru_cache(maxsize=1_024)
def topic_of(name: TopicName, generation: int) -> str:
    """What the topic is called on the brokers: `memory.items.v1.g2`; the plain name where generations share it."""
    if generation == FIRST or name not in MEMORY_TOPICS:
        return str(name)
    if name.endswith(_CHANGELOG_SUFFIX):
        return f"{name.removesuffix(_CHANGELOG_SUFFIX)}-g{generation}{_CHANGELOG_SUFFIX}"
    return f"{name}.g{generation}"


@lru_cache(maxsize=1_024)
def name_of(topic: str) -> TopicName:
    """The name of a topic as the brokers call it. Raises ValueError for one that is not ours."""
    numbered = _PHYSICAL.fullmatch(topic)
    return TopicName(topic if numbered is None else numbered["name"] + (numbered["changelog"] or ""))


def group_of(stage: Stage, generation: int) -> str:
    """The consumer group that runs the stage for the generation."""
    return stage.group if generation == FIRST or not stage.of_generation else f"{stage.group}-g{generation}"


def client_id(stage: Stage, generation: int) -> str:
    """How a process of an agent calls itself in its group, where it may meet some that work for another generation."""
    return f"{stage.name}.g{generation}"


def topics_of(generation: int) -> tuple[Topic, ...]:
    """The topics that a deployment needs for the generation, beside those of the first."""
    return TOPICS if generation == FIRST else tuple(topic for topic in TOPICS if topic.of_generation)


def shadow_of(stage: Stage) -> Stage:
    """A sink that lands what belongs to one generation, and nothing that generations share."""
    own = tuple(name for name in stage.inputs if TOPIC_BY_NAME[name].of_generation)
    return replace(stage, inputs=own, counts=(), of_generation=True)


def shadow_stages() -> tuple[Stage, ...]:
    """What has to run for a generation beside the one that answers, upstream first."""
    sinks = (shadow_of(stage) for stage in STAGES if stage.writes_to)
    agents = (stage for stage in ALL_STAGES if stage.of_generation)
    return (*agents, *sinks)


def serving_stages(serving: Serving) -> tuple[Stage, ...]:
    """What turns an event into an answer: without `reextract` where extract finds the candidates itself.

    While it does not, the sinks of the shadow land what is found, each beside the one for all that is shared.
    """
    if serving.direct:
        return STAGES
    shared = tuple(_without_memory(stage) if stage.writes_to else stage for stage in STAGES if not stage.of_generation)
    shadows = (replace(s, name=f"{s.name}_shadow") if s.writes_to else s for s in shadow_stages())
    return (*shared, *shadows)


def _without_memory(sink: Stage) -> Stage:
    return replace(sink, inputs=tuple(name for name in sink.inputs if name not in MEMORY_TOPICS))
