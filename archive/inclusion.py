"""Audit paths: that one capture stands under the root of an entry, told without the others. Pure.

As in RFC 9162, 2.1.3: the hashes of the subtrees that stand beside the way from a leaf to the root.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from archive.chain import node


class Beside(NamedTuple):
    """A hash (hexadecimal) that stands beside the way to the root, and on which side of it."""

    side: Literal["left", "right"]
    hash: str


def path(leaves: Sequence[str], place: int) -> list[Beside]:
    """What stands beside the way from a leaf to the root, from the leaf on. ``leaves``: leaf hashes in their order.

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= place < len(leaves):
        raise IndexError(place)
    level = [bytes.fromhex(leaf) for leaf in leaves]
    found = []
    while len(level) > 1:
        other = place ^ 1
        if other < len(level):  # the last of an odd number goes up as it is
            found.append(Beside("left" if other < place else "right", level[other].hex()))
        pairs = range(0, len(level) - 1, 2)
        level = [node(level[n], level[n + 1]) for n in pairs] + level[len(level) & ~1 :]
        place //= 2
    return found
