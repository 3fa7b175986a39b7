"""Moves answers from one generation to another, step by step, each harmless to repeat.

Blocking. The pointer is a row of PostgreSQL, which its views, the keys of Redis and the API follow; the topic of
generations tells it to whoever follows the feed. A command that was killed in between is given again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from schemas.records import Generation
from sinks.generations import cluster
from sinks.generations.tables import Generations
from sinks.redis.dropping import drop_profiles
from topology.errors import Misconfigured
from topology.generation_log import GenerationLog
from topology.generations import Serving, client_id, group_of, serving_stages, shadow_stages, topic_of, topics_of
from topology.kafka import admin
from topology.offsets import Look, Reached
from topology.settings import Settings
from topology.stages import EXTRACT, REEXTRACT, Stage
from topology.topics import TopicName

Show: TypeAlias = Callable[[Reached], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """What may be done with the generations of one deployment."""

    settings: Settings
    tables: Generations
    log: GenerationLog

    def promote(self, number: int, show: Show) -> Generation:
        """Let answers come from it, once it has read all that was there when this was asked.

        Raises Misconfigured where there is no such generation, Retryable where the surroundings fail.
        """
        with self.log.opened() as write:
            lineage = self.log.read()
            promoted = lineage.promoted(number, datetime.now(UTC))
            direct = promoted.settled_at is not None
            if direct:
                self._require_extract(number)
            self._await(serving_stages(Serving()) if direct else shadow_stages(), number, show)
            write(promoted)  # first, since it fails where somebody else has opened the log meanwhile
            self.tables.serve(Serving(number=number, direct=direct), promoted.extractor)
        return promoted

    def settle(self, number: int, show: Show) -> None:
        """Nobody waits for reextract any more, once extract itself finds the candidates and the sinks land them.

        Raises Misconfigured where some process of extract still works for another generation.
        """
        with self.log.opened() as write:
            lineage = self.log.read()
            settled = lineage.settled(number, datetime.now(UTC))
            self._require_extract(number)
            serving = Serving(number=number, direct=True)
            self._await((REEXTRACT,), number, show)
            self._await(serving_stages(serving), number, show)
            write(*settled)
            self.tables.serve(serving, settled[0].extractor)

    def tidy(self, number: int) -> None:
        """Remove what reextract kept of a generation that has settled: the texts of recent turns among it.

        Raises Misconfigured where it has not settled, or where reextract still runs.
        """
        if self.log.read().there(number).settled_at is None:
            raise Misconfigured(f"generation {number} has not settled: reextract finds what it remembers")
        client, group = admin(self.settings), group_of(REEXTRACT, number)
        cluster.require_idle(client, [group])
        cluster.drop_groups(client, [group])
        cluster.drop_topics(client, [topic_of(TopicName.REEXTRACT_CHANGELOG, number)])

    def drop(self, number: int) -> Generation:
        """Remove its tables, keys, groups and topics. Raises Misconfigured where it serves, or is worked for."""
        with self.log.opened() as write:
            dropped = self.log.read().dropped(number, datetime.now(UTC))
            client, groups = admin(self.settings), _groups(number)
            cluster.require_idle(client, groups)
            self.tables.drop(number)
            drop_profiles(self.settings.redis_url.get_secret_value(), number)
            cluster.drop_groups(client, groups)
            cluster.drop_topics(client, [topic_of(t.name, number) for t in topics_of(number) if t.of_generation])
            write(dropped)
        return dropped

    def _await(self, stages: Sequence[Stage], number: int, show: Show) -> None:
        with Look(self.settings, number) as look:
            for reached in look.passes(stages):
                show(reached)

    def _require_extract(self, number: int) -> None:
        """Each of its processes says in its client id for which generation it works."""
        members = cluster.members(admin(self.settings), EXTRACT.group)
        others = [name for name in members if name != client_id(EXTRACT, number)]
        if others or not members:
            told = ", ".join(sorted(set(others))) or "none is running"
            raise Misconfigured(f"extract must run with GENERATION={number} everywhere first: {told}")


def _groups(number: int) -> list[str]:
    """Those that work for this generation alone."""
    shared = {stage.group for stage in serving_stages(Serving()) if not stage.of_generation}
    return [group for stage in shadow_stages() if (group := group_of(stage, number)) not in shared]
