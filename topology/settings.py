"""Every setting, read once from the environment by a `__main__` and handed down.

Nothing here connects; nothing else reads the environment. `.env.example` is generated from this page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of every process; each names its unit. Raises `pydantic.ValidationError` naming what is wrong."""

    model_config = SettingsConfigDict(frozen=True, env_file=None, extra="ignore", case_sensitive=False)

    app_env: Literal["local", "test", "production"] = Field("local", description="Where this runs.")
    debug: bool = Field(False, description="Tracebacks in error answers; never in production.")
    secret_key: SecretStr = Field(description="Keys the HMAC under which API keys are stored; 32 random bytes or more.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged.")
    enable_metrics: bool = Field(True, description="Serve Prometheus metrics.")
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of an agent's or sink's health and metrics; 0: none.")
    sentry_dsn: str = Field("", description="Where errors are reported; empty: nowhere.")

    kafka_bootstrap_servers: str = Field("127.0.0.1:9092", description="Comma-separated host:port of the brokers.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="As librdkafka's security.protocol."
    )
    kafka_sasl_mechanism: str = Field("", description="As librdkafka's sasl.mechanism; empty: none.")
    kafka_sasl_username: str = Field("", description="As librdkafka's sasl.username.")
    kafka_sasl_password: SecretStr = Field(SecretStr(""), description="As librdkafka's sasl.password.")
    kafka_ssl_ca_location: str = Field("", description="As librdkafka's ssl.ca.location; empty: the system's.")
    schema_registry_url: str = Field("http://127.0.0.1:8081", description="Base of a Confluent-compatible registry.")
    partitions: int = Field(4, ge=1, le=1024, description="Partitions of every topic; frozen for an epoch. 24 in production.")
    replication_factor: int = Field(1, ge=1, le=7, description="Copies of every partition; 3 in production.")

    state_dir: Path = Field(Path(".local/state"), description="Where an agent keeps its RocksDB tables.")
    run_max_records: int = Field(500, ge=1, le=10_000, description="Records of one checkpoint at the most.")
    run_max_wait_ms: int = Field(50, ge=1, le=5_000, description="Milliseconds a run waits to fill up.")
    window_turns: int = Field(32, ge=4, le=256, description="Turns of a conversation kept as context, by event time.")
    future_tolerance_seconds: int = Field(300, ge=0, description="How far occurred_at may lie after the broker's clock.")
    session_timeout_seconds: int = Field(10, ge=6, le=300, description="Consumer group session of agents and sinks.")

    sink_batch_records: int = Field(2_000, ge=1, le=50_000, description="Records of one sink transaction at the most.")
    sink_batch_wait_ms: int = Field(50, ge=1, le=5_000, description="Milliseconds a sink batch waits to fill up.")
    database_url: SecretStr = Field(
        SecretStr("postgresql://alluvium@127.0.0.1:5432/alluvium"), description="PostgreSQL, read and written."
    )
    database_replica_url: SecretStr = Field(SecretStr(""), description="A read replica for queries; empty: none.")
    redis_url: SecretStr = Field(SecretStr("redis://127.0.0.1:6379/0"), description="Redis or Valkey.")

    api_host: str = Field("127.0.0.1", description="Address the API listens on.")
    api_port: int = Field(8000, ge=0, le=65535, description="Port the API listens on.")
    api_workers: int = Field(1, ge=1, le=64, description="Processes of the API.")
    rate_limit_per_minute: int = Field(60, ge=1, description="Requests a key and minute, ingest apart.")
    rate_limit_per_hour: int = Field(1_000, ge=1, description="Requests a key and hour, ingest apart.")
    ingest_limit_per_second: int = Field(1_000, ge=1, description="Events a key and second.")
    cache_ttl: int = Field(3_600, ge=1, description="Seconds a cached answer or Redis value lives.")
    cache_max_size: int = Field(10_000, ge=0, description="Entries of the API's cache at the most.")
