"""The custody chain as values: what an entry, a leaf and a root are made of. Pure.

Canonical JSON: keys in order, no spaces, characters as they are (UTF-8). Hashes are SHA-256 in hexadecimal. To check
a chain, a stranger needs this page, the chain and any implementation of SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

# what stands before the first entry
START = "0" * 64


class Entry(NamedTuple):
    """One entry of the chain; ``details``: canonical JSON. ``hash`` is over all that stands before it."""

    seq: int
    at: str
    event: str
    details: str
    previous_hash: str
    hash: str


def canonical(value: Any) -> str:
    """A value as JSON that is the same wherever it is written."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hashed(seq: int, at: str, event: str, details: str, previous_hash: str) -> bytes:
    """What the hash of an entry is over: the canonical JSON list of its fields."""
    return canonical([seq, at, event, details, previous_hash]).encode()


def entry_hash(seq: int, at: str, event: str, details: str, previous_hash: str) -> str:
    """The hash of an entry."""
    return hashlib.sha256(hashed(seq, at, event, details, previous_hash)).hexdigest()


def follow(before: Entry | None, at: str, event: str, details: Any) -> Entry:
    """The entry that stands behind another one (None: the first)."""
    seq, previous = (before.seq + 1, before.hash) if before else (1, START)
    text = canonical(details)
    return Entry(seq, at, event, text, previous, entry_hash(seq, at, event, text, previous))


def leaf(url: str, fetched_at: str, status: int | None, payload_sha256: str | None) -> str:
    """What a capture is in the tree of its run: a leaf hash of RFC 9162, 2.1.1, over canonical JSON."""
    return hashlib.sha256(b"\0" + canonical([url, fetched_at, status, payload_sha256]).encode()).hexdigest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash that stands above two others of a tree."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Iterable[str]) -> str:
    """The Merkle tree hash of RFC 9162, 2.1.1, over leaf hashes in their order; of none: SHA-256 of nothing."""
    # whole subtrees from left to right, each smaller than the one before it: as the RFC splits, without recursion
    trees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, top = 1, bytes.fromhex(leaf)
        while trees and trees[-1][0] == size:
            top = node(trees.pop()[1], top)
            size *= 2
        trees.append((size, top))
    if not trees:
        return hashlib.sha256(b"").hexdigest()
    top = trees.pop()[1]
    while trees:
        top = node(trees.pop()[1], top)
    return top.hex()
