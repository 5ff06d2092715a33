"""The record of an article: what an export says of it, the same in each format. Pure.

One JSON object: ``format``, every column of ``articles`` in the table's order (``authors`` and ``tags`` are lists).
A bare record ends there. Others have no number of ``revisions``, but the list itself, and ``addresses``,
``captures``, ``links``, ``media``, ``quotes``, ``entries``, ``hidden``, ``figures``, ``copies``, ``readings`` (lists,
empty where there is nothing), ``sources`` (the rows of those that its captures name), and where that is so
``restricted`` (since when and why) and ``fictional`` (it is from a demo archive).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

FORMAT = "communique-article/1"
_BEGIN = b'{"format":"%s",' % FORMAT.encode()


def bare_lines(records: Iterable[tuple[int, bytes, bytes, str]]) -> Iterator[bytes]:
    """Records of an article's columns alone, as JSON, one line each (without its end)."""
    for _, columns, _, _ in records:
        yield b"".join((_BEGIN, memoryview(columns)[1:]))


def lines(
    records: Iterable[tuple[int, bytes, bytes, str]],
    source_rows: Callable[[Iterable[str]], list[dict[str, Any]]],
    restricted: Mapping[int, Mapping[str, str]],
    fictional: bool,
) -> Iterator[bytes]:
    """Whole records as JSON, one line each (without its end).

    ``records``: id, columns and parts as JSON objects, names of the sources as a JSON list.
    """
    ends: dict[str, bytes] = {}
    for article, columns, parts, names in records:
        end = ends.get(names)
        if end is None:
            more = {"fictional": True} if fictional else {}
            end = ends[names] = _json({"sources": source_rows(json.loads(names)), **more})[1:]
        if article in restricted:
            end = b'"restricted":%s,%s' % (_json(restricted[article]), end)
        yield b"".join((_BEGIN, memoryview(columns)[1:-1], b",", memoryview(parts)[1:-1], b",", end))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
