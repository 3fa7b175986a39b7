"""Whether the topics and stages make a sound graph.

Pure: says what is wrong with the data of `topology.topics` and `topology.stages`, and knows no broker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from topology.stages import ALL_STAGES, Stage
from topology.topics import TOPICS, Cleanup, Routing, Topic, TopicName

DEAD_LETTERS_SUFFIX = ".dlq"
CHANGELOG_SUFFIX = "-state-changelog"

_MANY_WRITERS = frozenset({TopicName.EVENTS, TopicName.EXTRACTIONS})
"""Whoever has something to say writes events; dead letters, too, come from every reader of a topic. What is found in a
message is a state, of which the highest revision counts, whoever read it."""

_FOR_READERS_OUTSIDE = frozenset({TopicName.GENERATIONS})
"""Read by operators' commands and whoever follows the feed, by no stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The topics and the stages between them."""

    topics: Sequence[Topic]
    stages: Sequence[Stage]

    def writers(self, name: TopicName) -> list[str]:
        """Names of the stages that write the topic; a changelog is written by its own stage."""
        return [stage.name for stage in self.stages if name in stage.outputs or name == stage.changelog]

    def readers(self, name: TopicName) -> list[str]:
        """Names of the stages that read the topic; a changelog is read by its own stage when it starts."""
        return [s.name for s in self.stages if name in (*s.inputs, *s.counts) or name == s.changelog]


def shipped() -> Graph:
    """The graph of this release."""
    return Graph(topics=TOPICS, stages=ALL_STAGES)


def graph_faults(graph: Graph) -> list[str]:
    """Everything that is wrong with the graph, in words; empty for a sound one."""
    return [
        *_duplicates(graph),
        *_unknown_topics(graph),
        *(fault for topic in graph.topics for fault in _topic_faults(graph, topic)),
        *(fault for stage in graph.stages for fault in _stage_faults(graph, stage)),
    ]


def _duplicates(graph: Graph) -> Iterator[str]:
    yield from _repeated("topic", (topic.name for topic in graph.topics))
    yield from _repeated("stage", (stage.name for stage in graph.stages))
    yield from _repeated("group", (stage.group for stage in graph.stages))
    yield from _repeated("command", (stage.command for stage in graph.stages))


def _repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name}: declared {count} times"


def _unknown_topics(graph: Graph) -> Iterator[str]:
    declared = {topic.name for topic in graph.topics}
    for stage in graph.stages:
        used = {*stage.inputs, *stage.counts, *stage.outputs, *([stage.changelog] if stage.changelog else [])}
        for name in sorted(used - declared):
            yield f"stage {stage.name}: {name} is not declared"


def _topic_faults(graph: Graph, topic: Topic) -> Iterator[str]:
    name, is_dead_letters = topic.name, topic.name.endswith(DEAD_LETTERS_SUFFIX)
    if not topic.written_by:
        yield f"topic {name}: nobody writes it"
    if not graph.readers(name) and not is_dead_letters and name not in _FOR_READERS_OUTSIDE:
        yield f"topic {name}: nobody reads it"
    if len(topic.written_by) > 1 and name not in _MANY_WRITERS and not is_dead_letters:
        yield f"topic {name}: more than one writer ({', '.join(topic.written_by)})"
    yield from _writer_faults(graph, topic)
    if (topic.cleanup is Cleanup.DELETE) != (topic.retention_days is not None):
        yield f"topic {name}: retention_days belongs to cleanup delete, and only to it"
    if is_dead_letters and name.removesuffix(DEAD_LETTERS_SUFFIX) not in {other.name for other in graph.topics}:
        yield f"topic {name}: there is no {name.removesuffix(DEAD_LETTERS_SUFFIX)}"


def _writer_faults(graph: Graph, topic: Topic) -> Iterator[str]:
    stages = {stage.name for stage in graph.stages}
    writers = set(graph.writers(topic.name))
    for writer in sorted(writers - set(topic.written_by)):
        yield f"topic {topic.name}: {writer} writes it and is not among its writers"
    for writer in sorted((set(topic.written_by) & stages) - writers):
        yield f"topic {topic.name}: {writer} is among its writers and does not write it"


def _stage_faults(graph: Graph, stage: Stage) -> Iterator[str]:
    if not stage.inputs:
        yield f"stage {stage.name}: reads nothing"
    if bool(stage.stores) != bool(stage.changelog):
        yield f"stage {stage.name}: stores and changelog come together or not at all"
    yield from _repeated(f"stage {stage.name}: store prefix", (store.prefix for store in stage.stores))
    yield from (f"stage {stage.name}: store prefix {s.prefix} holds a slash" for s in stage.stores if "/" in s.prefix)
    if stage.changelog:
        yield from _changelog_faults(graph, stage, stage.changelog)
        yield from _routing_faults(graph, stage)


def _changelog_faults(graph: Graph, stage: Stage, changelog: TopicName) -> Iterator[str]:
    if changelog != f"{stage.group}{CHANGELOG_SUFFIX}":
        yield f"stage {stage.name}: its changelog must be named {stage.group}{CHANGELOG_SUFFIX}"
    for topic in graph.topics:
        if topic.name == changelog and topic.cleanup is not Cleanup.COMPACT:
            yield f"topic {changelog}: a changelog is compacted and nothing else, or recovery loses rows"


def _routing_faults(graph: Graph, stage: Stage) -> Iterator[str]:
    """The unit of an agent's work is a partition number across its inputs and its changelog."""
    routings: dict[Routing, list[str]] = {}
    for topic in graph.topics:
        if topic.name in stage.inputs or topic.name == stage.changelog:
            routings.setdefault(topic.routing, []).append(topic.name)
    if len(routings) > 1:
        told = "; ".join(f"{', '.join(names)} by {routing}" for routing, names in routings.items())
        yield f"stage {stage.name}: its topics are not co-partitioned ({told})"
