"""The schema registry of a stack: Apicurio, its storage in the stack's PostgreSQL.

Speaks the Confluent API under /apis/ccompat/v7; Apicurio's own API is not used.
"""

import json
import urllib.request

from deploy.local import artifacts
from deploy.local.java import java
from deploy.local.launch import Launch
from deploy.local.stack import Stack

HEAP_MEGABYTES = 384
API = "/apis/ccompat/v7"
COMPATIBILITY = "FULL_TRANSITIVE"  # Apicurio's own default is NONE; every subject sets its level besides
# By default the pool holds 20 connections open and hands out dead ones after the database was restarted, for minutes.
POOL = (
    "-Dapicurio.datasource.jdbc.initial-size=1",
    "-Dapicurio.datasource.jdbc.min-size=1",
    "-Dapicurio.datasource.jdbc.max-size=10",
    "-Dquarkus.datasource.postgresql.jdbc.validate-on-borrow=true",
)
TIMEOUT_SECONDS = 20  # one call in ten has been seen to hang


def launch(stack: Stack) -> Launch:
    home = stack.data("registry")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    runner = artifacts.home(stack.cache, "registry") / "quarkus-run.jar"
    return Launch(
        argv=java(*POOL, "-jar", str(runner), heap_megabytes=HEAP_MEGABYTES),
        environment=environment(stack),
        folder=home,
    )


def environment(stack: Stack) -> dict[str, str]:
    """Settings by environment, so that the password shows on no command line."""
    return {
        "QUARKUS_HTTP_HOST": "127.0.0.1",
        "QUARKUS_HTTP_PORT": str(stack.ports["registry"]),
        "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
        "QUARKUS_MANAGEMENT_PORT": str(stack.ports["registry_management"]),
        "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
        "APICURIO_STORAGE_KIND": "sql",
        "APICURIO_STORAGE_SQL_KIND": "postgresql",
        "APICURIO_DATASOURCE_URL": f"jdbc:postgresql://127.0.0.1:{stack.ports['postgres']}/registry",
        "APICURIO_DATASOURCE_USERNAME": "registry",
        "APICURIO_DATASOURCE_PASSWORD": stack.secrets["registry"],
    }


def url(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.ports['registry']}{API}"


def settle(stack: Stack) -> None:
    """Set the global compatibility level."""
    body = json.dumps({"compatibility": COMPATIBILITY}).encode()
    request = urllib.request.Request(
        f"{url(stack)}/config", data=body, method="PUT", headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()
