"""How much anybody may send: what is sent is read whole, and before anything looks at who sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.web.policy import App, Message, Send

# of one form, in bytes: the longest note in letters that are sent as nine characters each, and as much again
LONGEST = 512 << 10


def bounded(app: App) -> App:
    """The application, to which no more than that is sent at a time, and no form that is no text."""

    async def wrapped(scope: Message, receive: Any, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await app(scope, receive, send)
            return
        try:
            body = await _body(receive)
        except ConnectionError:  # there is nobody to be answered, and a note that was cut off is none
            return
        if body is None:
            await _refuse(send, 413, f"More than {LONGEST:,} bytes cannot be sent at a time.")
            return
        try:
            body.decode()
        except UnicodeDecodeError:
            await _refuse(send, 400, "What was sent is no text.")
            return
        await app(scope, _again(body, receive), send)

    return wrapped


async def _body(receive: Any) -> bytes | None:
    """What is sent; None: too much. What comes behind it is not read: the server ends such a connection.

    Raises:
        ConnectionError: whoever sent it has gone before its end.
    """
    parts: list[bytes] = []
    left = LONGEST
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionError
        parts.append(message.get("body", b""))
        left -= len(parts[-1])
        if left < 0:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Any) -> Callable[[], Any]:
    """Gives the whole body once, then what comes after it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _refuse(send: Send, status: int, line: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": line.encode()})
