"""The settings as text: `.env.example`, with what each means, its limits and its default.

Pure: reads the declarations of `topology.settings`, never the environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from topology.settings import GROUPS, Settings

_WIDTH = 110


def example() -> str:
    """The text of `.env.example`."""
    head = "# Every setting and its default, written by `python -m topology env`; copy to .env, change what you need."
    groups = ("\n".join(_group(group.__doc__ or "", list(group.model_fields))) for group in GROUPS)
    return "\n\n".join([head, *groups]) + "\n"


def _group(title: str, names: list[str]) -> Iterator[str]:
    yield f"## {title.strip()}"
    for name in names:
        field = Settings.model_fields[name]
        yield ""
        yield from wrap(_about(field), _WIDTH, initial_indent="# ", subsequent_indent="# ")
        yield f"{name.upper()}={default_text(field)}"


def _about(field: FieldInfo) -> str:
    limits = _limits(field)
    return f"{field.description} ({limits})" if limits else str(field.description)


def _limits(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return " | ".join(get_args(field.annotation))
    least = next((rule.ge for rule in field.metadata if isinstance(rule, Ge)), None)
    most = next((rule.le for rule in field.metadata if isinstance(rule, Le)), None)
    if least is not None and most is not None:
        return f"{least} to {most}"
    return "" if least is None else f"at least {least}"


def default_text(field: FieldInfo) -> str:
    """The default as the environment would spell it."""
    value = field.default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
