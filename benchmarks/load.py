"""Readers: asks a server for pages, many at once, and says how long each took.

``python -m benchmarks.load``: what to ask for is JSON on stdin (``host``, ``port``, ``readers``, ``paths``, and
``core`` to stay on, or null), what came of it is JSON on stdout: ``times`` in seconds and ``statuses``, in the order
in which answers came; ``bytes`` of all bodies; ``wall`` and ``cpu`` in seconds of this process. Plain streams: what a
reader costs here must not be what is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any


async def _body(reader: asyncio.StreamReader, head: str) -> int:
    """Read a body to its end; its size."""
    lines = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if ": " in line)
    if "content-length" in lines:
        return len(await reader.readexactly(int(lines["content-length"])))
    size = 0
    while True:  # chunked
        part = int(await reader.readuntil(b"\r\n"), 16)
        await reader.readexactly(part + 2)
        if not part:
            return size
        size += part


async def _read(asked: dict[str, Any], paths: Iterator[str], found: dict[str, Any]) -> None:
    """One reader: one page after the other, over one connection."""
    reader, writer = await asyncio.open_connection(asked["host"], asked["port"], limit=1 << 20)
    for path in paths:
        began = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {asked['host']}\r\nAccept: text/html\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        size = await _body(reader, head)
        found["times"].append(time.perf_counter() - began)
        found["statuses"].append(int(head.split(" ", 2)[1]))
        found["bytes"] += size
    writer.close()


async def _all(asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"times": [], "statuses": [], "bytes": 0}
    paths = iter(asked["paths"])
    began = time.perf_counter()
    await asyncio.gather(*(_read(asked, paths, found) for _ in range(asked["readers"])))
    return {**found, "wall": time.perf_counter() - began, "cpu": time.process_time()}


def main() -> None:
    """Ask for what stdin says."""
    asked = json.load(sys.stdin)
    if asked["core"] is not None:
        os.sched_setaffinity(0, {asked["core"]})
    json.dump(asyncio.run(_all(asked)), sys.stdout)


if __name__ == "__main__":
    main()
