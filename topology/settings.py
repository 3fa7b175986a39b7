"""Every setting, read once from the environment by a `__main__` and handed down.

Nothing here connects; nothing else reads the environment. `.env.example` is generated from this page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LONGEST_WAIT_SECONDS: Final = 30
"""What a request may ask to wait (the public contract)."""
KEPT_SCHEMAS: Final = "schemas.json"
"""Below STATE_DIR: what the schema registry has answered."""


class _Group(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, env_file=None, extra="ignore", case_sensitive=False)


class ProcessSettings(_Group):
    """Every process"""

    app_env: Literal["local", "test", "production"] = Field(default="local", description="Where this runs.")
    debug: bool = Field(default=False, description="Tracebacks in error answers; never in production.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged."
    )
    enable_metrics: bool = Field(default=True, description="Serve Prometheus metrics.")
    metrics_host: str = Field(default="127.0.0.1", description="Address of an agent's or sink's health and metrics.")
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Port of an agent's or sink's health and metrics; 0: none."
    )
    instance_id: str = Field(
        default="",
        max_length=249,
        description="Static name of an agent or sink in its consumer group, its own and kept over restarts: a restart "
        "within the session moves no partition. `@hostname`: the machine's name; empty: none.",
    )
    rules_file: Annotated[Path | None, BeforeValidator(lambda said: said or None)] = Field(
        default=None,
        description="What tenants add to the built-in rules and slots (docs/rules.md), the same for extract, "
        "consolidate and the API; empty: nothing.",
    )
    otel_exporter_otlp_endpoint: str = Field(
        default="",
        description="Base URL of an OpenTelemetry collector (OTLP over HTTP) that traces go to; empty: no tracing. See "
        "docs/tracing.md.",
    )
    tracing_sample_ratio: float = Field(
        default=0.01, ge=0, le=1, description="Share of requests that are traced of those that come without a trace."
    )
    sentry_dsn: str = Field(default="", description="Where errors are reported; empty: nowhere.")


class KafkaSettings(_Group):
    """Kafka and the schema registry"""

    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092", description="Comma-separated host:port of the brokers."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="As librdkafka's security.protocol."
    )
    kafka_sasl_mechanism: str = Field(default="", description="As librdkafka's sasl.mechanism; empty: none.")
    kafka_sasl_username: str = Field(default="", description="As librdkafka's sasl.username.")
    kafka_sasl_password: SecretStr = Field(default=SecretStr(""), description="As librdkafka's sasl.password.")
    kafka_ssl_ca_location: str = Field(default="", description="As librdkafka's ssl.ca.location; empty: the system's.")
    kafka_ssl_certificate_location: str = Field(default="", description="As librdkafka's ssl.certificate.location.")
    kafka_ssl_key_location: str = Field(default="", description="As librdkafka's ssl.key.location.")
    kafka_ssl_key_password: SecretStr = Field(default=SecretStr(""), description="As librdkafka's ssl.key.password.")
    schema_registry_url: str = Field(
        default="http://127.0.0.1:8081", description="Base of a Confluent-compatible registry."
    )
    partitions: int = Field(
        default=4, ge=1, le=1024, description="Partitions of every topic; frozen for an epoch. 24 in production."
    )
    generation: int = Field(
        default=1, ge=1, description="Generation of memory that agents and sinks work for: see docs/generations.md."
    )
    replication_factor: int = Field(default=1, ge=1, le=7, description="Copies of every partition; 3 in production.")


class AgentSettings(_Group):
    """Agents"""

    state_dir: Path = Field(default=Path(".local/state"), description="Where an agent keeps its RocksDB tables.")
    run_max_records: int = Field(default=500, ge=1, le=10_000, description="Records of one checkpoint at the most.")
    run_max_wait_ms: int = Field(default=50, ge=1, le=5_000, description="Milliseconds a run waits to fill up.")
    window_turns: int = Field(
        default=32, ge=4, le=256, description="Turns of a conversation kept as context, by event time."
    )
    future_tolerance_seconds: int = Field(
        default=300, ge=0, description="How far occurred_at may lie after the broker's clock."
    )
    poison_longest_run: int = Field(
        default=200,
        ge=0,
        description="Records in a row that may be unreadable before extract stops instead of setting more aside; "
        "0: no limit.",
    )
    poison_largest_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of the last records that may be unreadable, likewise; 1: no limit."
    )
    poison_window_records: int = Field(
        default=1_000, ge=1, le=100_000, description="How many are the last records, of one partition."
    )
    recovery_deadline_seconds: int = Field(
        default=300,
        ge=30,
        description="How long an agent may take to get partitions and restore them before it counts as not alive.",
    )
    session_timeout_seconds: int = Field(
        default=10, ge=6, le=300, description="Consumer group session of agents and sinks."
    )


class SinkSettings(_Group):
    """Sinks, and the databases that the API reads"""

    sink_batch_records: int = Field(
        default=5_000, ge=1, le=50_000, description="Records of one sink transaction at the most."
    )
    sink_batch_wait_ms: int = Field(
        default=50, ge=1, le=5_000, description="Milliseconds a sink batch waits to fill up."
    )
    database_url: SecretStr = Field(
        default=SecretStr("postgresql://alluvium@127.0.0.1:5432/alluvium"),
        description="PostgreSQL, read and written, as the owner of the tables: sinks, jobs, command lines.",
    )
    api_database_url: SecretStr = Field(
        default=SecretStr(""),
        description="The same database by the login of the API, which sees one tenant at a time (docs/security.md); "
        "`python -m sinks migrate` makes that login. Empty: the API takes DATABASE_URL, which must be such a login.",
    )
    database_replica_url: SecretStr = Field(
        default=SecretStr(""),
        description="A streaming replica for questions, by the login of the API; empty: none.",
    )
    database_pool_min_size: int = Field(
        default=1, ge=0, le=1_000, description="Connections an API process keeps open to each PostgreSQL server."
    )
    database_pool_max_size: int = Field(
        default=10,
        ge=1,
        le=1_000,
        description="Connections it opens at the most; ten serve hundreds of questions a second.",
    )
    database_pool_max_lifetime_seconds: int = Field(
        default=1_800, ge=10, description="Age beyond which a connection is replaced when it has been used."
    )
    database_pool_max_idle_seconds: int = Field(
        default=300, ge=1, description="Seconds unused after which a connection beyond the least number is closed."
    )
    embedding_model: str = Field(
        default="",
        description="What makes vectors of messages in the embeddings sink: minilm@1, or hashing@1; with any, the API "
        "answers by meaning too (docs/semantic.md). Empty: nobody does.",
    )
    redis_url: SecretStr = Field(default=SecretStr("redis://127.0.0.1:6379/0"), description="Redis or Valkey.")


class ApiSettings(_Group):
    """The API"""

    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Keys the HMAC under which API keys are stored; 32 random bytes or more, as "
        "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` prints them.",
    )
    admin_tenant: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_.-]{0,64}$",
        description="The tenant that runs the service: its admin keys see all tenants and may found new ones; "
        "empty: nobody does.",
    )
    jwt_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Accept JSON Web Tokens signed with this secret (HMAC, 32 bytes or more); empty: none "
        "(docs/access.md).",
    )
    jwt_jwks_url: str = Field(
        default="", description="Accept JSON Web Tokens signed by a key of this JWKS document; instead of JWT_SECRET."
    )
    jwt_algorithms: str = Field(
        default="", description="Comma-separated; empty: HS256 with JWT_SECRET, RS256 and ES256 with JWT_JWKS_URL."
    )
    jwt_audience: str = Field(
        default="", description="What `aud` of a token must name; asked for in production with JWT_JWKS_URL."
    )
    jwt_issuer: str = Field(default="", description="What `iss` of a token must be; asked for likewise.")
    jwt_tenant_claim: str = Field(default="tenant_id", min_length=1, description="The claim that names the tenant.")
    jwt_scope_claim: str = Field(
        default="scope", min_length=1, description="The claim that lists scopes: words with spaces, or an array."
    )
    api_host: str = Field(default="127.0.0.1", description="Address the API listens on.")
    api_port: int = Field(default=8000, ge=0, le=65535, description="Port the API listens on.")
    api_workers: int = Field(default=1, ge=1, le=64, description="Processes of the API.")
    api_notice_seconds: float = Field(
        default=1.0,
        ge=0,
        le=60,
        description="Once told to stop, the API still answers for so long and says that it is not ready, for load "
        "balancers to notice.",
    )
    api_drain_seconds: int = Field(
        default=35, ge=1, le=300, description="Then requests under way have so many seconds to be answered."
    )
    api_hung_seconds: int = Field(
        default=60, ge=2, le=600, description="A worker that shows no life for so long is killed and replaced."
    )
    request_timeout_seconds: float = Field(
        default=45.0,
        gt=LONGEST_WAIT_SECONDS,
        le=600,
        description="A request that takes longer is given up (504); more than the 30 seconds that it may ask to wait.",
    )
    allowed_hosts: str = Field(
        default="",
        description="Comma-separated names that requests may be meant for, `*.example.org` for all below; empty: any.",
    )
    cors_origins: str = Field(
        default="", description="Comma-separated origins whose pages may ask, as https://app.example.org; empty: none."
    )
    trusted_proxies: str = Field(
        default="",
        description="Comma-separated addresses or networks whose X-Forwarded-For names the client; empty: nobody's.",
    )
    rate_limit_per_minute: int = Field(default=60, ge=1, description="Requests a key and minute, ingest apart.")
    rate_limit_per_hour: int = Field(default=1_000, ge=1, description="Requests a key and hour, ingest apart.")
    ingest_limit_per_second: int = Field(default=1_000, ge=1, description="Events a key and second.")
    failed_keys_per_minute: int = Field(default=30, ge=1, description="Wrong keys an address and minute.")
    cache_ttl: int = Field(default=3_600, ge=1, description="Seconds a cached answer or Redis value lives.")
    cache_max_size: int = Field(default=10_000, ge=0, description="Entries of the API's cache at the most; 0: none.")
    cache_megabytes: int = Field(default=64, ge=1, description="Megabytes of answers in the cache of each process.")
    search_index_megabytes: int = Field(
        default=512,
        ge=1,
        description="What a process of the API keeps in memory of the blocks that wide scopes are searched by, some "
        "7 for 100,000 messages; those of one tenant are kept beyond it.",
    )


class Settings(ApiSettings, SinkSettings, AgentSettings, KafkaSettings, ProcessSettings):
    """The settings of every process; each names its unit. Raises `pydantic.ValidationError` naming what is wrong."""

    @property
    def service_database_url(self) -> str:
        """What the API connects with."""
        return self.api_database_url.get_secret_value() or self.database_url.get_secret_value()


GROUPS: tuple[type[BaseSettings], ...] = (ProcessSettings, KafkaSettings, AgentSettings, SinkSettings, ApiSettings)
"""Settings by what they are for, in the order they are shown."""
