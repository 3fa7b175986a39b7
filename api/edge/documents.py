"""The page that shows the OpenAPI document, with a policy under which browsers run its own script and no other.

Swagger UI comes from the network that FastAPI names; the policy allows that one and the page's own inline script.
"""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse

PATH = "/docs"
SCRIPTS = "https://cdn.jsdelivr.net"
NO_ICON = "data:,"


def install(app: FastAPI) -> None:
    """Serve the page at PATH."""
    assert app.openapi_url is not None
    page = get_swagger_ui_html(openapi_url=app.openapi_url, title=app.title, swagger_favicon_url=NO_ICON)
    html = bytes(page.body).decode()
    headers = {"Content-Security-Policy": policy(html)}

    async def documents(_: Request) -> HTMLResponse:
        return HTMLResponse(html, headers=headers)

    app.add_route(PATH, documents, include_in_schema=False)


def policy(html: str) -> str:
    """A Content-Security-Policy that lets the inline scripts of `html` run by their digests."""
    inline = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digests = " ".join(f"'sha256-{_digest(script)}'" for script in inline)
    return (
        f"default-src 'none'; script-src {SCRIPTS} {digests}; style-src {SCRIPTS} 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
