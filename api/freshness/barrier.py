"""The barrier of the chained topics: which offsets have passed every stage, source to sink.

Pure. A source position says nothing of derived topics, so a wave walks the stages: it notes the ends of one level's
inputs only after the level before has committed past its own (DESIGN section 3, "When is it queryable?").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from schemas.records import Position
from topology.stages import Stage
from topology.topics import TOPICS, TopicName

Offsets: TypeAlias = Mapping[tuple[str, int], int]
"""Offsets by (topic, partition)."""

API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Stages that may be looked at together: none of them reads what another of them writes."""

    stages: tuple[Stage, ...]

    @property
    def topics(self) -> tuple[TopicName, ...]:
        return tuple(dict.fromkeys(topic for stage in self.stages for topic in stage.inputs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One level as it stands: the ends of its inputs (read committed) and what each stage's group has committed.

    `committed` holds every partition of the stage's inputs, 0 where nothing was committed yet.
    """

    ends: Offsets
    committed: Mapping[str, Offsets]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A look at the whole stream. The entry's ends are read first, then level by level, each after the one before."""

    started_at: float
    """Seconds of the monotonic clock when the entry's ends were read."""
    entry: Offsets
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Everything that had been accepted at `started_at`, on its way down the levels."""

    started_at: float
    entry: Offsets
    level: int = 0
    targets: Offsets | None = None
    """What the current level has to commit; None until a snapshot shows it."""


def levels(stages: Sequence[Stage]) -> tuple[Level, ...]:
    """The stages in layers, upstream first. A stage that writes to its own input stands twice in a row.

    The second time covers what it sent back to itself (rerouted records), which no third round can follow.
    """
    depths = {stage.name: _depth(stage, stages) for stage in stages}
    layers = [Level(stages=tuple(s for s in stages if depths[s.name] == d)) for d in sorted(set(depths.values()))]
    return tuple(again for layer in layers for again in (layer, *_loops(layer)))


def entry_topics(stages: Sequence[Stage]) -> tuple[TopicName, ...]:
    """The inputs that the API writes to: the positions it hands out lie there."""
    read = {topic for stage in stages for topic in stage.inputs}
    return tuple(topic.name for topic in TOPICS if topic.name in read and API in topic.written_by)


def advance(wave: Wave, snapshot: Snapshot) -> Wave | None:
    """The wave as far as `snapshot` lets it come; None once it has passed the last level."""
    for level in range(wave.level, len(snapshot.readings)):
        reading = snapshot.readings[level]
        targets = wave.targets if wave.targets is not None and level == wave.level else reading.ends
        if not _passed(reading, targets):
            return replace(wave, level=level, targets=targets)
    return None


def pending(layers: Sequence[Level], snapshot: Snapshot) -> dict[str, int]:
    """Records each stage has not committed, by stage name. All zero: whatever was accepted before can be queried."""
    return {
        stage.name: sum(_behind(stage, reading).values())
        for layer, reading in zip(layers, snapshot.readings, strict=True)
        for stage in layer.stages
    }


def covers(entry: Offsets, position: Position) -> bool:
    """Whether `position` lies before the ends in `entry`."""
    return position.offset < entry.get((position.topic, position.partition), 0)


def _depth(stage: Stage, stages: Sequence[Stage]) -> int:
    upstream = [s for s in stages if s is not stage and set(s.outputs) & set(stage.inputs)]
    return 1 + max((_depth(s, stages) for s in upstream), default=0)


def _loops(layer: Level) -> tuple[Level, ...]:
    looping = tuple(stage for stage in layer.stages if set(stage.inputs) & set(stage.outputs))
    return (Level(stages=looping),) if looping else ()


def _passed(reading: Reading, targets: Offsets) -> bool:
    """A level has passed when every group that reads a partition has committed what was its end, or more."""
    return all(
        offset >= targets[at]
        for offsets in reading.committed.values()
        for at, offset in offsets.items()
        if at in targets
    )


def _behind(stage: Stage, reading: Reading) -> dict[tuple[str, int], int]:
    offsets = reading.committed[stage.name]
    return {at: max(0, end - offsets.get(at, 0)) for at, end in reading.ends.items() if at[0] in stage.inputs}
