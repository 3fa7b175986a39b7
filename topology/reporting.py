"""Reports errors to Sentry where SENTRY_DSN is set: what failed and where, never what anybody said.

No bodies, no variables, no words of exceptions: what leaves is their types and places, the formats of log lines without
what was put into them, and the names that our logs carry too.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from topology.errors import Misconfigured
from topology.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.transport import Transport
    from sentry_sdk.types import Event, Hint

TAGS: Final = ("request_id", "trace_id", "endpoint", "topic", "partition", "offset", "tenant")
"""Extras of our own log lines that may be told; none of them is a word of anybody's."""
KEPT: Final = (
    "event_id", "timestamp", "level", "logger", "platform", "release", "environment", "tags", "exception",
    "sdk", "contexts", "server_name", "type",
)  # fmt: skip
HIDDEN: Final = "[not told]"


def report_errors(settings: Settings, stage: str, transport: type[Transport] | Transport | None = None) -> None:
    """From now on what fails in this process is reported; without SENTRY_DSN nothing is. Raises Misconfigured."""
    if not settings.sentry_dsn:
        return
    import sentry_sdk  # takes a third of a second, for those who have it on
    from sentry_sdk.utils import BadDsn

    try:
        sentry_sdk.init(
            dsn=settings.sentry_dsn,
            environment=settings.app_env,
            release=f"alluvium@{version('alluvium')}",
            transport=transport,
            before_send=scrubbed,
            before_breadcrumb=lambda *_: None,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_enabling_integrations=False,
            traces_sample_rate=None,
            auto_session_tracking=False,
        )
    except BadDsn as error:
        raise Misconfigured(f"SENTRY_DSN is no DSN: {error}") from None
    sentry_sdk.set_tag("stage", stage)


def scrubbed(event: Event, _: Hint) -> Event | None:
    """The event without what it should not have: words of exceptions and logs, requests, variables, users."""
    told: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    extra = event.get("extra")
    tags = {name: str(extra[name]) for name in TAGS if isinstance(extra, dict) and extra.get(name) is not None}
    told["tags"] = {**(_mapping(event.get("tags"))), **tags}
    for exception in _mapping(told.get("exception")).get("values") or []:
        exception["value"] = HIDDEN
        exception.pop("mechanism", None)
        for frame in (exception.get("stacktrace") or {}).get("frames", []):
            for name in ("vars", "context_line", "pre_context", "post_context"):
                frame.pop(name, None)
    entry = event.get("logentry")
    if isinstance(entry, dict) and isinstance(entry.get("message"), str):
        told["logentry"] = {"message": entry["message"]}  # the format of the line, without what was put into it
    return told  # type: ignore[return-value]  # the same shape with fewer keys


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
