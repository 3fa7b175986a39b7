"""What the settings may not say in production.

Pure.
"""

from __future__ import annotations

from topology.errors import Misconfigured
from topology.settings import Settings

ANY = "*"


def require(settings: Settings) -> None:
    """Raises Misconfigured, naming every setting that production must not have."""
    if settings.app_env != "production":
        return
    wrong = {
        "DEBUG shows tracebacks to callers": settings.debug,
        "TRUSTED_PROXIES=* lets anybody name any address": any(map(_is_everybody, listed(settings.trusted_proxies))),
        "CORS_ORIGINS=* lets every page ask": ANY in listed(settings.cors_origins),
    }
    if found := [why for why, so in wrong.items() if so]:
        raise Misconfigured(f"APP_ENV=production refuses: {'; '.join(found)}")


def listed(words: str) -> list[str]:
    """The parts of a comma-separated setting."""
    return [word.strip() for word in words.split(",") if word.strip()]


def _is_everybody(proxy: str) -> bool:
    """Also as a network that holds all addresses."""
    return proxy == ANY or proxy.endswith("/0")
