"""What runs for a generation that is being built."""

from __future__ import annotations

from pathlib import Path

from streams.shadow.programs import programs

FOLDER = Path("/state/generation-2")


def test_a_process_a_stage_each_with_a_place_of_its_own() -> None:
    made = programs(2, {"KAFKA_BOOTSTRAP_SERVERS": "there:9092", "INSTANCE_ID": "mine", "GENERATION": "1"}, FOLDER)

    assert [" ".join(each.command[2:]) for each in made] == [
        "streams reextract",
        "streams consolidate",
        "sinks postgres --shadow",
        "sinks redis --shadow",
    ]
    assert len({each.environment["STATE_DIR"] for each in made}) == len({each.log for each in made}) == len(made)
    for each in made:
        assert each.environment["KAFKA_BOOTSTRAP_SERVERS"] == "there:9092"
        assert each.environment["GENERATION"] == "2"
        assert each.environment["INSTANCE_ID"] == ""
