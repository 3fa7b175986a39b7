"""`python -m schemas`: check the shipped schemas, release new versions, bring them to a registry.

Only parses arguments and prints; exit code 0 done, 1 faults found, 2 misused or misconfigured, 75 come again later.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from schemas.agreement import agreement_faults
from schemas.catalogue import shipped
from schemas.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from schemas.evolution import evolution_faults
from schemas.golden import write_missing
from schemas.releases import RELEASED_FILE, release, released, unreleased

FAULTY = 1

registry_option = click.option(
    "--registry",
    "url",
    envvar="SCHEMA_REGISTRY_URL",
    show_envvar=True,
    default="http://127.0.0.1:8081",
    show_default=True,
    help="Base URL of a Confluent-compatible schema registry.",
)


@click.group(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    pass


@main.command("list")
def list_versions() -> None:
    """Print every shipped version of every subject."""
    new = {(version.subject, version.version) for version in unreleased(shipped(), released())}
    for version in shipped():
        mark = "unreleased" if (version.subject, version.version) in new else "released"
        click.echo(f"{version.subject:36} {version.version:3} {mark:10} {version.definition['name']}")


@main.command()
@click.option("--released", "only_released", is_flag=True, help="Count a version that is not released as a fault.")
def check(only_released: bool) -> None:
    """Compare every version with all its predecessors, with its release and with the typed records; needs no network.

    Every subject is FULL_TRANSITIVE: any release must read what any other wrote.
    """
    catalogue, digests = shipped(), released()
    faults = [str(fault) for fault in evolution_faults(catalogue, digests) or agreement_faults(catalogue)]
    for version in unreleased(catalogue, digests):
        told = f"{version.subject} version {version.version}: not released yet; `python -m schemas release` freezes it"
        if only_released:
            faults.append(told)
        else:
            click.echo(told)
    for fault in faults:
        click.secho(fault, fg="red", err=True)
    if faults:
        sys.exit(FAULTY)
    click.echo(f"{len(list(catalogue))} versions of {len(catalogue.subjects)} subjects are compatible")


@main.command("release")
def release_new() -> None:
    """Freeze new versions: their digests go to schemas/released.json, and their files may never change again."""
    if faults := evolution_faults(shipped(), released()) or agreement_faults(shipped()):
        for fault in faults:
            click.secho(str(fault), fg="red", err=True)
        sys.exit(FAULTY)
    new = release(shipped())
    for version in new:
        click.echo(f"{version.subject} version {version.version}: released")
    click.echo(f"{len(new)} new in {RELEASED_FILE.name}")


@main.command()
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("tests/golden/schemas"),
    show_default=True,
    help="Folder of the golden files.",
)
def golden(into: Path) -> None:
    """Write the bytes of new versions to the golden files; those that exist are never touched."""
    for file in write_missing(into):
        click.echo(f"{file}: written")


@main.command()
@registry_option
@click.option("--wait", "wait_seconds", default=60, show_default=True, help="Seconds to wait for the registry.")
def register(url: str, wait_seconds: int) -> None:
    """Bring every version to the registry, oldest first, each subject at FULL_TRANSITIVE. Repeating it is harmless."""
    from schemas.registry import Registry

    with _told(), closing(Registry(url, patience_seconds=wait_seconds)) as registry:
        count = 0
        for registered in registry.register(shipped()):
            what = "registered" if registered.new else "was there"
            click.echo(
                f"{registered.version.subject:36} {registered.version.version:3} id {registered.schema_id:5} {what}"
            )
            count += registered.new
        click.echo(f"{count} new at {url}")


@contextmanager
def _told() -> Iterator[None]:
    """Say what is in the way, in words and by exit code."""
    try:
        yield
    except Misconfigured as error:
        _leave(str(error), MISCONFIGURED)
    except Retryable as error:
        _leave(f"{error}; try again", TRY_LATER)


def _leave(told: str, code: int) -> None:
    click.secho(told, fg="red", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main(prog_name="python -m schemas")
