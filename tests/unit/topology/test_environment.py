"""`.env.example` lists every setting, with words, and reads back as the defaults."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from topology.environment import example
from topology.settings import GROUPS, Settings

ENV_EXAMPLE = Path(__file__).parents[3] / ".env.example"

CONTRACT = {
    "APP_ENV",
    "DEBUG",
    "SECRET_KEY",
    "DATABASE_URL",
    "DATABASE_REPLICA_URL",
    "REDIS_URL",
    "API_HOST",
    "API_PORT",
    "API_WORKERS",
    "RATE_LIMIT_PER_MINUTE",
    "RATE_LIMIT_PER_HOUR",
    "INGEST_LIMIT_PER_SECOND",
    "CACHE_TTL",
    "CACHE_MAX_SIZE",
    "ENABLE_METRICS",
    "SENTRY_DSN",
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_SECURITY_PROTOCOL",
    "SCHEMA_REGISTRY_URL",
    "LOG_LEVEL",
}


def lines() -> dict[str, str]:
    pairs = (line.partition("=") for line in example().splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def test_the_file_is_what_the_settings_say() -> None:
    assert ENV_EXAMPLE.read_text("utf-8") == example(), "run `python -m topology env > .env.example`"


def test_every_setting_is_listed() -> None:
    assert set(lines()) == {name.upper() for name in Settings.model_fields}
    assert set(lines()) >= CONTRACT


def test_every_setting_belongs_to_one_group_and_has_words() -> None:
    grouped = [name for group in GROUPS for name in group.model_fields]

    assert sorted(grouped) == sorted(Settings.model_fields)
    assert all(field.description for field in Settings.model_fields.values())


def test_it_reads_back_as_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in lines():
        monkeypatch.delenv(name, raising=False)
    defaults = Settings()
    for name, value in lines().items():
        monkeypatch.setenv(name, value)

    assert Settings() == defaults


def test_limits_and_choices_are_told() -> None:
    text = example()

    assert "(4 to 256)\nWINDOW_TURNS=32" in text
    assert "(local | test | production)\nAPP_ENV=local" in text
    assert "(at least 0)\nCACHE_MAX_SIZE=10000" in text


def test_the_defaults_the_contract_names_are_kept() -> None:
    wanted = {
        "RATE_LIMIT_PER_MINUTE": "60",
        "RATE_LIMIT_PER_HOUR": "1000",
        "CACHE_TTL": "3600",
        "CACHE_MAX_SIZE": "10000",
    }

    assert {name: lines()[name] for name in wanted} == wanted


def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDOW_TURNS", "1")

    with pytest.raises(ValidationError, match="window_turns"):
        Settings()


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValidationError):
        Settings().partitions = 8  # type: ignore[misc]


def test_a_secret_does_not_show() -> None:
    settings = Settings.model_validate({"secret_key": "do-not-tell", "database_url": "postgresql://u:do-not-tell@h/d"})

    assert "do-not-tell" not in repr(settings)
