"""Response headers: what a page of the archive may load and run, whatever was scraped into it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from archive.web.csv_guard import guarded

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Any, Send], Awaitable[None]]

_COMMON = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
# our own pages: no script at all
STRICT = f"default-src 'none'; style-src 'self'; img-src 'self'; {_COMMON}"
# data: a browser that shows XML or a picture by itself brings styles along, and feeds can hold elements of HTML
DATA = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    # another site's page neither holds a window of ours nor loads what a signed-in reader may see
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_METHODS = ("GET", "HEAD", "OPTIONS", "POST")


def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """Put the headers on every response."""
    return lambda app: _with_headers(guarded(app), datasette)


def _with_headers(app: App, datasette: Any) -> App:
    stock = (
        f"default-src 'none'; script-src 'self' {' '.join(sorted(set(_script_hashes(datasette))))};"
        # Datasette writes style elements and attributes that differ from page to page
        " style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self';"
        f" {_COMMON}"
    )
    # with and without the slash: the server sees the address before Datasette takes the base off
    home = {"/", datasette.setting("base_url"), datasette.setting("base_url").rstrip("/")}

    async def wrapped(scope: Message, receive: Any, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower(): value for name, value in message.get("headers", [])}
                if not present.get(b"content-type", b"").startswith(b"text/html"):
                    policy = DATA
                else:
                    policy = STRICT if scope["path"] in home else stock
                added = {b"content-security-policy": policy.encode(), **_ALWAYS}
                headers = [pair for pair in added.items() if pair[0] not in present]
                message = {**message, "headers": [*message.get("headers", []), *headers]}
            await send(message)

        if scope["type"] == "http" and scope["method"] not in _METHODS:
            await _refuse(send_with_headers)
        else:
            await app(scope, receive, send_with_headers)

    return wrapped


async def _refuse(send: Send) -> None:
    """Datasette has no answer to methods that it does not know but an error of its own."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"allow", ", ".join(_METHODS).encode())]
    await send({"type": "http.response.start", "status": 405, "headers": headers})
    await send({"type": "http.response.body", "body": b"Method not allowed"})


def _script_hashes(datasette: Any) -> Iterator[str]:
    """The CSP sources of the inline scripts in Datasette's own templates.

    One of them holds a variable, the setting ``allow_facet`` as Datasette's table view prints it; others that do
    (none in 0.65) stay blocked.
    """
    # the second is Datasette 1.0's
    environment = datasette.jinja_env if hasattr(datasette, "jinja_env") else datasette.get_jinja_environment()
    facets = "true" if datasette.setting("allow_facet") else "false"
    for name in environment.list_templates(extensions=["html"]):
        source = environment.loader.get_source(environment, name)[0]
        for script in re.findall(r"<script>(.*?)</script>", source, re.DOTALL):
            script = script.replace("{{ datasette_allow_facet }}", facets)
            digest = hashlib.sha256(script.encode()).digest()
            yield f"'sha256-{base64.b64encode(digest).decode()}'"
