"""The graph for people: a table for the terminal, a Mermaid picture for the README.

Pure: makes text of data.
"""

from __future__ import annotations

import re

from rich.table import Table

from topology.graph import DEAD_LETTERS_SUFFIX, Graph
from topology.topics import Topic

BEGIN = "<!-- topology:begin -->"
END = "<!-- topology:end -->"

ANSWERS = "answers([api: answers])"
"""The API once more, on the reading side: one node for both would cross every edge."""


def topic_table(graph: Graph) -> Table:
    """A row a topic."""
    table = Table("topic", "key", "cleanup", "written by", "read by", title="Topics", title_justify="left")
    for topic in graph.topics:
        kept = f"{topic.cleanup}, {topic.retention_days} days" if topic.retention_days else str(topic.cleanup)
        table.add_row(topic.name, topic.key, kept, ", ".join(topic.written_by), ", ".join(graph.readers(topic.name)))
    return table


def stage_table(graph: Graph) -> Table:
    """A row a stage."""
    table = Table("stage", "group", "run by", "reads", "writes", "remembers", title="Stages", title_justify="left")
    for stage in graph.stages:
        writes = "\n".join(stage.outputs) or stage.writes_to or ""
        remembers = ", ".join(store.name for store in stage.stores)
        reads = "\n".join((*stage.inputs, *(f"{topic} (counts only)" for topic in stage.counts)))
        table.add_row(stage.name, stage.group, f"python -m {stage.command}", reads, writes, remembers)
    return table


def mermaid(graph: Graph) -> str:
    """The picture: who writes which topic, who reads it, and where it lands. Changelogs are left out."""
    changelogs = {stage.changelog for stage in graph.stages}
    topics = [topic for topic in graph.topics if topic.name not in changelogs]
    lines = [*_nodes(graph, topics), *_edges(graph, topics)]
    return "\n".join(["flowchart LR", *(f"    {line}" for line in lines)])


def update(text: str, picture: str) -> str:
    """The text with the picture between its markers. Raises ValueError where there are none."""
    block = f"{BEGIN}\n```mermaid\n{picture}\n```\n{END}"
    changed, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"expected the markers {BEGIN} and {END} once, found them {count} times")
    return changed


def _nodes(graph: Graph, topics: list[Topic]) -> list[str]:
    stages = {stage.name for stage in graph.stages}
    outside = sorted({writer for topic in topics for writer in topic.written_by} - stages)
    databases = sorted({stage.writes_to for stage in graph.stages if stage.writes_to})
    return [
        *(f"{_id(name)}([{name}])" for name in outside),
        *(f"{_id(topic.name)}[/{topic.name}/]" for topic in topics),
        *(f"{_id(stage.command)}[[{stage.name}]]" for stage in graph.stages if stage.stores),
        *(f"{_id(stage.command)}[{stage.name} sink]" for stage in graph.stages if not stage.stores),
        *(f"{_id(name)}[({name})]" for name in databases),
        ANSWERS,
    ]


def _edges(graph: Graph, topics: list[Topic]) -> list[str]:
    commands = {stage.name: _id(stage.command) for stage in graph.stages}
    edges: list[str] = []
    for topic in topics:
        arrow = "-.->" if topic.name.endswith(DEAD_LETTERS_SUFFIX) else "-->"
        edges += [f"{commands.get(writer) or _id(writer)} {arrow} {_id(topic.name)}" for writer in topic.written_by]
        edges += [f"{_id(topic.name)} --> {commands[reader]}" for reader in graph.readers(topic.name)]
    for stage in graph.stages:
        if stage.writes_to:
            edges += [f"{commands[stage.name]} --> {_id(stage.writes_to)}", f"{_id(stage.writes_to)} --> answers"]
    return list(dict.fromkeys(edges))


def _id(name: str) -> str:
    return re.sub(r"\W", "_", name)
