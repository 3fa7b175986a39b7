"""The picture in the README is the graph that runs."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from topology.graph import shipped
from topology.picture import BEGIN, END, mermaid, stage_table, topic_table, update

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_shows_the_graph_as_it_is() -> None:
    text = README.read_text("utf-8")

    assert update(text, mermaid(shipped())) == text, "run `python -m topology show --update README.md`"


def test_every_topic_and_stage_is_in_the_picture_but_changelogs() -> None:
    picture = mermaid(shipped())

    for topic in shipped().topics:
        assert (f"[/{topic.name}/]" in picture) != topic.name.endswith("-changelog")
    for stage in shipped().stages:
        assert f"[{stage.name}" in picture


def test_edges_follow_the_records() -> None:
    lines = {line.strip() for line in mermaid(shipped()).splitlines()}

    assert {
        "chat_systems --> conversation_events_v1",
        "conversation_events_v1 --> streams_extract",
        "conversation_events_v1 --> sinks_postgres",
        "streams_extract --> memory_messages_v1",
        "streams_extract -.-> conversation_events_v1_dlq",
        "memory_profiles_v1 --> sinks_redis",
        "sinks_redis --> Redis",
        "Redis --> answers",
    } <= lines


def test_only_what_stands_between_the_markers_changes() -> None:
    text = f"before\n{BEGIN}\nold \\1\n{END}\nafter\n"

    assert update(text, r"new \1") == f"before\n{BEGIN}\n```mermaid\nnew \\1\n```\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["no markers", f"{BEGIN} only one", f"{BEGIN}{END}{BEGIN}{END}"])
def test_without_one_pair_of_markers_nothing_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="markers"):
        update(text, "picture")


def test_the_tables_name_everything() -> None:
    page = StringIO()
    Console(width=220, file=page).print(topic_table(shipped()), stage_table(shipped()))
    shown = page.getvalue()

    assert all(topic.name in shown for topic in shipped().topics)
    assert all(stage.group in shown for stage in shipped().stages)
