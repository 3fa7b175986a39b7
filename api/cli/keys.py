"""`python -m api keys`: making, listing, rotating and revoking API keys."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import click

from api.auth import ALL, Scope, generate_key, is_key, key_hmac, parse_scopes, secret_key_of
from api.cli.reading import by_operator, checked_tenant, read
from api.readers.keys import KeyDesk, KeyEnded, KeyProperties, NewSecret
from topology.settings import Settings

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

_TENANT = click.option("--tenant", required=True, help="The customer the key speaks for.")
_OF = click.option("--tenant", help="The key's tenant, to be sure; default: whichever it is of.")
_NAME = click.option("--name", required=True, help="For people.")
_SCOPES = click.option(
    "--scopes",
    default="ingest,read",
    show_default=True,
    help=f"Comma-separated of {', '.join(Scope)}; `all` is every one of them.",
)
_FREE = click.option("--no-rate-limit", is_flag=True, help="Exempt from the rate limits.")
_DAYS = click.option("--days", type=click.IntRange(min=1), help="Expires after so many days; default: never.")
_KEY_ID = click.argument("key_id", type=click.UUID)


class Duration(click.ParamType):
    """A number with its unit: 90s, 30m, 12h, 7d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        said = re.fullmatch(r"(\d{1,6})([smhd])", str(value)) or ("0" if value == "0" else None)
        if said is None:
            self.fail(f"{value!r} is no duration such as 90s, 30m, 12h or 7d", param, ctx)
        return timedelta() if isinstance(said, str) else timedelta(**{_UNITS[said[2]]: int(said[1])})


@click.group()
def keys() -> None:
    """API keys: who may call, for which tenant, and what they may do.

    \b
    Only digests are stored; a key is printed once, when it is made. For example:
      python -m api keys create --tenant acme --name "support assistant" --scopes ingest,read
      python -m api keys list --tenant acme
      python -m api keys rotate 3f1c2b58-7a34-4d8e-9b0c-5a1d2e3f4a5b --grace 12h

    Each change is written to the audit log.
    """


@keys.command()
@_TENANT
@_NAME
@_SCOPES
@_FREE
@_DAYS
def create(tenant: str, name: str, scopes: str, no_rate_limit: bool, days: int | None) -> None:
    """Make a key and print it, once: it cannot be shown again."""
    settings, key = read(), generate_key()
    digest = key_hmac(secret_key_of(settings), key)
    wanted = _wanted(tenant, name, scopes, no_rate_limit, days)
    _desk(settings).create(wanted, digest, by_operator(wanted.tenant_id, "keys.create"))
    click.echo(key)


@keys.command()
@_TENANT
@_NAME
@_SCOPES
@_FREE
def ensure(tenant: str, name: str, scopes: str, no_rate_limit: bool) -> None:
    """Make the key on standard input a good one, whether it is known or not; print its id."""
    settings, key = read(), sys.stdin.read().strip()
    digest = key_hmac(secret_key_of(settings), key)
    if not is_key(key):
        raise click.ClickException("standard input holds no key (`alv_` and 43 URL-safe characters)")
    wanted = _wanted(tenant, name, scopes, no_rate_limit, None)
    click.echo(_desk(settings).ensure(wanted, digest, by_operator(wanted.tenant_id, "keys.ensure"))["key_id"])


@keys.command(name="list")
@click.option("--tenant", help="Only this tenant's.")
def list_keys(tenant: str | None) -> None:
    """Every key's id and properties, one JSON object a line."""
    for row in _desk(read()).known(tenant):
        click.echo(json.dumps(row, default=str))


@keys.command()
@_KEY_ID
@_OF
@click.option(
    "--grace",
    type=Duration(),
    default="1d",
    show_default=True,
    help="How long the old secret is good too, such as 30m, 12h or 7d; 0: no longer.",
)
@click.option("--days", type=click.IntRange(min=1), help="Expires after so many days from now; default: as before.")
def rotate(key_id: UUID, tenant: str | None, grace: timedelta, days: int | None) -> None:
    """Give a key a new secret and print it, once. Its id stays, and with it limits and history.

    The old secret is good for the grace period, that of an earlier rotation no longer.
    """
    settings, key = read(), generate_key()
    secret = NewSecret(digest=key_hmac(secret_key_of(settings), key), grace=grace, days=days)
    desk = _desk(settings)
    owner = _owner(desk, key_id, tenant)
    try:
        made = desk.rotate((owner, key_id), secret, by_operator(owner, "keys.rotate"))
    except KeyEnded as error:
        raise click.ClickException("the key is revoked or expired: make another one") from error
    if made is None:
        raise click.ClickException("there is no such key")
    click.echo(key)


@keys.command()
@_KEY_ID
@_OF
def revoke(key_id: UUID, tenant: str | None) -> None:
    """End a key; running services forget it within seconds."""
    desk = _desk(read())
    owner = _owner(desk, key_id, tenant)
    if desk.revoke((owner, key_id), by_operator(owner, "keys.revoke")) is None:
        raise click.ClickException("there is no such key")


def _owner(desk: KeyDesk, key_id: UUID, tenant: str | None) -> str:
    owner = checked_tenant(tenant) if tenant else desk.tenant_of(key_id)
    if owner is None:
        raise click.ClickException("there is no such key")
    return owner


def _wanted(tenant: str, name: str, scopes: str, no_rate_limit: bool, days: int | None) -> KeyProperties:
    return KeyProperties(
        tenant_id=checked_tenant(tenant),
        name=name,
        scopes=_checked_scopes(scopes),
        rate_limited=not no_rate_limit,
        days=days,
    )


def _desk(settings: Settings) -> KeyDesk:
    from api.readers.wall import require_every_tenant

    require_every_tenant(settings)
    return KeyDesk(settings.database_url.get_secret_value())


def _checked_scopes(words: str) -> Sequence[str]:
    named = [word.strip() for word in words.split(",")]
    try:
        scopes = parse_scopes(named)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    return [ALL] if ALL in named else sorted(scope.value for scope in scopes)
