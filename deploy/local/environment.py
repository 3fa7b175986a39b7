"""The environment our own processes run in, and the part of it that clients read from stack.env.

The only place that spells these names for the embedded stack.
"""

import os
from collections.abc import Mapping

from deploy.local import kafka, postgres, registry, valkey
from deploy.local.stack import Stack, write_private

PARTITIONS = 4  # frozen for the life of a stack's data; production has 24
# What any program needs from the machine; everything else of the caller's shell stays outside a third party's server.
PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR", "TZ", "XDG_CACHE_HOME")


def addresses(stack: Stack) -> dict[str, str]:
    """What stack.env holds."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers(stack),
        "SCHEMA_REGISTRY_URL": registry.url(stack),
        "DATABASE_URL": postgres.url(stack, "alluvium", "alluvium"),
        "API_DATABASE_URL": postgres.url(stack, "alluvium_service", "alluvium"),
        "REDIS_URL": valkey.url(stack),
        "API_URL": f"http://127.0.0.1:{stack.ports['api']}",
        "API_KEY": stack.secrets["api_key"],
        "API_HOST": "127.0.0.1",
        "API_PORT": str(stack.ports["api"]),
        "SECRET_KEY": stack.secrets["secret_key"],
    }


def own_process(stack: Stack, name: str) -> dict[str, str]:
    """What one of our processes is told; a LOG_LEVEL of the caller's wins (see `inherited`)."""
    own = addresses(stack) | {
        "APP_ENV": "local",
        "PARTITIONS": str(PARTITIONS),
        "REPLICATION_FACTOR": str(stack.brokers),
        "STATE_DIR": str(stack.data(name)),
        "SESSION_TIMEOUT_SECONDS": "6",  # the least a broker allows: a killed worker's partitions are free sooner
        "INSTANCE_ID": name,  # one process a group: a restart moves no partition
        "PYTHONUNBUFFERED": "1",
    }
    if stack.embedding_model:
        own["EMBEDDING_MODEL"] = stack.embedding_model
    if name == "api":
        own["DATABASE_URL"] = own["API_DATABASE_URL"]  # the owner's password is nothing for who answers strangers
    metrics = stack.ports.get(f"{name}_metrics")
    return own if metrics is None else own | {"METRICS_PORT": str(metrics)}


def inherited(environ: Mapping[str, str], *, everything: bool) -> dict[str, str]:
    """What passes from the caller's shell: all of it to our own processes, the few necessary names to others."""
    if everything:
        return {"LOG_LEVEL": "INFO"} | dict(environ)
    return {name: environ[name] for name in PASSED_ON if name in environ}


def write(stack: Stack) -> None:
    write_private(stack.env_file, render(addresses(stack)))


def render(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}{os.linesep}" for name, value in values.items())
