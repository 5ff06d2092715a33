"""The demo site's server: one ASGI app under uvicorn that answers for every outlet by Host header.

Owns the server: routing, the fault pages, the log and the clock's two days. What stands on the pages comes
from `crawler.demo.pages`, validators and gzip from `crawler.demo.held`. It listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import uvicorn

from crawler.demo.held import Held, pairs
from crawler.demo.outlets import BLOCKED
from crawler.demo.pages import Page, notice_page, pages

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

LOCAL = ("127.0.0.1", "localhost")  # Host of whoever opens the site itself: list of outlets, clock
RETRY_AFTER = 1  # seconds that a 429 asks for: the next run of the demo comes later than that
START_LIMIT = 10.0  # seconds until a server thread that does not come up is an error; it takes 0.05
# Pages that tests add count up from here, one second each, so that a replaced page has a later date.
ADDED_FROM = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hit:
    """One request answered; `path` carries the query, `conditional` is true where it sent a validator."""

    host: str
    path: str
    status: int
    conditional: bool
    user_agent: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a computed page says: sent as it is after `delay` seconds; Content-Length is added if missing."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay: float = 0.0


class DemoSite:
    """The site as a context manager: a daemon thread with uvicorn on 127.0.0.1, port 0 for any free one.

    `day` is 0 or 1 and may be set while it runs. Pages of `add` and `respond` stand on both days and go
    before the outlets' own. Raises OSError from `start` where the port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.log: list[Hit] = []
        self._wanted = port
        self._day = 0
        self._held: tuple[dict[tuple[str, str], Held], ...] = ({}, {})
        self._added: dict[tuple[str, str], Held] = {}
        self._computed: dict[tuple[str, str], Callable[[Mapping[str, str]], Answer]] = {}
        self._additions = 0
        self._healed: set[tuple[str, str]] = set()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def day(self) -> int:
        return self._day

    @day.setter
    def day(self, day: int) -> None:
        if day not in (0, 1):
            raise ValueError(f"the site has day 0 and day 1, not {day}")
        self._day = day

    @property
    def address(self) -> str:
        """Where it listens, as "127.0.0.1:PORT"."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen and serve; returns when it answers. Each start forgets the log and which page healed."""
        if self._thread:
            return
        pages(0), pages(1)  # rendered here rather than within the first request
        self.log.clear()
        self._healed.clear()
        listener = _listen(self._wanted)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._answer,
            access_log=False,
            log_level="warning",
            log_config=None,
            lifespan="off",
            ws="none",
            interface="asgi3",
            proxy_headers=False,
            http="h11",
            loop="asyncio",  # the same cost on every machine, whatever else is installed
            timeout_keep_alive=60,  # seconds: a polite crawler's pause must not cost it the connection
            timeout_graceful_shutdown=1,  # second for an answer that is still delayed
        )
        self._server = server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="demo-site", daemon=True
        )
        self._thread.start()
        limit = time.monotonic() + START_LIMIT
        while not server.started:
            if time.monotonic() > limit or not self._thread.is_alive():
                self.stop()
                listener.close()
                raise RuntimeError("the demo site did not start")
            time.sleep(0.002)

    def stop(self) -> None:
        """Close every connection and end the thread; harmless where it does not run."""
        if self._server:
            self._server.should_exit = True
        if self._thread:
            self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def add(
        self,
        host: str,
        path: str,
        body: bytes,
        content_type: str = "text/html; charset=utf-8",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put a page at `path` (with its query), in place of one that is there.

        It gets the ETag, the 304s and the gzip of every other page; `headers` go before them, and an empty
        value takes a header away. Last-Modified grows by a second with each page whose bytes changed.
        """
        key = (host.lower(), path)
        before = self._added.get(key)
        if before and before.page.body == body:
            modified = before.page.modified
        else:
            self._additions += 1
            modified = ADDED_FROM + timedelta(seconds=self._additions)
        self._computed.pop(key, None)
        self._added[key] = Held(Page(status, content_type, body, modified), headers)

    def respond(self, host: str, path: str, answer: Callable[[Mapping[str, str]], Answer]) -> None:
        """Compute the page at `path` per request from the request's lower-case headers; for fault tests."""
        self._added.pop((host.lower(), path), None)
        self._computed[(host.lower(), path)] = answer

    def _find(self, key: tuple[str, str]) -> Held:
        held = self._added.get(key)
        if held:
            return held
        ready = self._held[self._day]
        held = ready.get(key)
        if not held:
            if key[0] == BLOCKED:
                return Held(notice_page(403, "You have no permission to see this page.", "Access denied"))
            page = pages(self._day).get(key)
            if not page and key[0] in LOCAL:
                page = pages(self._day).get(("", key[1]))
            held = Held(page or notice_page(404, "There is no such page here."))
            if page:
                ready[key] = held
        return held

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        asked: dict[bytes, bytes] = dict(scope["headers"])
        host = asked.get(b"host", b"").decode("latin-1").split(":")[0].lower().rstrip(".")
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        key = (host, _address(path, query))
        method: str = scope["method"]
        length = 0
        computed = self._computed.get(key)
        if computed:
            plain = {name.decode("latin-1"): value.decode("latin-1") for name, value in asked.items()}
            given = computed(plain)
            if given.delay:
                await asyncio.sleep(given.delay)
            named = {name.lower(): value for name, value in given.headers.items()}
            if "transfer-encoding" not in named:
                named.setdefault("content-length", str(len(given.body)))
            status, headers, body = given.status, pairs(named), given.body
        elif method == "POST" and host in LOCAL and key[1] in ("/day/0", "/day/1"):
            self.day = int(key[1][-1])
            status, headers, body = 204, [], b""
        elif method not in ("GET", "HEAD"):
            status, headers, body = 405, [(b"allow", b"GET, HEAD"), (b"content-length", b"0")], b""
        else:
            held = self._find(key)
            if held.page.first != 200 and key not in self._healed:
                self._healed.add(key)
                held = _first_answer(held.page.first)
            status, headers, body = held.send(asked)
            if held.page.length:  # as it is: no validators, no gzip
                status, body, length = held.page.status, held.page.body, held.page.length
                headers = pairs({"content-type": held.page.content_type})
                headers += pairs({"content-length": str(length)} if length > 0 else {})
        conditional = b"if-none-match" in asked or b"if-modified-since" in asked
        agent = asked.get(b"user-agent", b"").decode("latin-1")
        self.log.append(Hit(host, f"{path}?{query}" if query else path, status, conditional, agent))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if length and method != "HEAD":
            await _pour(body, length, receive, send)
        else:
            await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _first_answer(status: int) -> Held:
    text = "This page fails once and answers when it is asked again."
    return Held(notice_page(status, text), {"Retry-After": str(RETRY_AFTER)} if status == 429 else None)


async def _pour(body: bytes, length: int, receive: Receive, send: Send) -> None:
    """Send a body over and over: `length` bytes, or until the client goes away where that is negative."""
    await receive()  # the request itself; what comes next is that the client is gone
    gone = asyncio.ensure_future(receive())
    sent = 0
    try:
        while not gone.done() and sent != length:
            part = body if length < 0 else body[: length - sent]
            await send(
                {"type": "http.response.body", "body": part, "more_body": length < 0 or sent + len(part) < length}
            )
            sent += len(part)
            await asyncio.sleep(0)  # a client that reads as fast as this would keep the others waiting
    finally:
        gone.cancel()


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only where the protocol is named, and socket.create_server names none:
    # each answer on a kept connection then waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def _address(path: str, query: str) -> str:
    """The page's address below the host: without campaign parameters, which real servers ignore too."""
    if "utm_" in query:
        query = "&".join(pair for pair in query.split("&") if not pair.startswith("utm_"))
    return f"{path}?{query}" if query else path
