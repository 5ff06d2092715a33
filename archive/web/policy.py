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
                present = {name.lower() for name, _ in message.get("headers", [])}
                added = {
                    b"content-security-policy": STRICT if scope["path"] in home else stock,
                    b"x-content-type-options": "nosniff",
                    b"referrer-policy": "no-referrer",
                }
                headers = [(name, value.encode()) for name, value in added.items() if name not in present]
                message = {**message, "headers": [*message.get("headers", []), *headers]}
            await send(message)

        await app(scope, receive, send_with_headers)

    return wrapped


def _script_hashes(datasette: Any) -> Iterator[str]:
    """The CSP sources of the inline scripts in Datasette's own templates.

    One of them holds a variable, the setting ``allow_facet`` as Datasette's table view prints it; others that do
    (none in 0.65) stay blocked.
    """
    environment = datasette.jinja_env
    facets = "true" if datasette.setting("allow_facet") else "false"
    for name in environment.list_templates(extensions=["html"]):
        source = environment.loader.get_source(environment, name)[0]
        for script in re.findall(r"<script>(.*?)</script>", source, re.DOTALL):
            script = script.replace("{{ datasette_allow_facet }}", facets)
            digest = hashlib.sha256(script.encode()).digest()
            yield f"'sha256-{base64.b64encode(digest).decode()}'"
