"""Datasette's CSV, of tables and queries, whole or streamed: its cells are made inert on their way out.

Datasette writes its rows itself and has no hook for them, so the body is rewritten; JSON stays exact.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from archive.spreadsheet import InertRows

if TYPE_CHECKING:
    from archive.web.policy import App, Message, Send


def guarded(app: App) -> App:
    """The application, whose CSV a spreadsheet can open."""

    async def wrapped(scope: Message, receive: Any, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith(".csv"):
            send = _rewriting(send)
        await app(scope, receive, send)

    return wrapped


def _rewriting(send: Send) -> Send:
    rows = InertRows()
    # a text of SQLite may hold what is no UTF-8: Datasette has replaced that already
    decoder = getincrementaldecoder("utf-8")("replace")
    csv = False

    async def rewriting(message: Message) -> None:
        nonlocal csv
        if message["type"] == "http.response.start":
            headers = [(name.lower(), value) for name, value in message["headers"]]
            kind = dict(headers).get(b"content-type", b"")
            # without _dl it is sent as text/plain; a page of an error is HTML
            csv = message["status"] == 200 and kind.startswith((b"text/plain", b"text/csv"))
            if csv:
                message = {**message, "headers": [pair for pair in headers if pair[0] != b"content-length"]}
        elif csv and message["type"] == "http.response.body":
            last = not message.get("more_body", False)
            text = rows.feed(decoder.decode(message.get("body", b""), last))
            message = {**message, "body": (text + rows.close() if last else text).encode()}
        await send(message)

    return rewriting
