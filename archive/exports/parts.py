"""What an incremental export left to the next one: which articles it had, and a digest of each one's record.

In ``HOME/exports/``, a file for each target and format; a line of JSON, then two arrays of 64-bit integers.
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.errors import ConfigurationError
from archive.home import Home
from archive.warc import synced

_VERSION = 1


@dataclass(slots=True)
class State:
    """The exports to a target so far: ``part`` of them, the last one's manifest, and the articles that they have."""

    query: Mapping[str, Any]
    part: int = 0
    follows: str | None = None
    articles: array[int] = field(default_factory=lambda: array("q"))
    digests: array[int] = field(default_factory=lambda: array("Q"))


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the last export: articles that are new or changed, and those that are not chosen any more."""

    changed: array[int]
    withdrawn: list[int]


def compare(before: State, digests: Iterable[tuple[int, int]]) -> tuple[Change, State]:
    """What changed since then, and the state to go on from; both are by id."""
    now = State(before.query, before.part + 1, before.follows)
    changed = array("q")
    withdrawn: list[int] = []
    at, had, known = 0, before.articles, len(before.articles)
    for article, digest in digests:
        while at < known and had[at] < article:
            withdrawn.append(had[at])
            at += 1
        if at < known and had[at] == article:
            if before.digests[at] != digest:
                changed.append(article)
            at += 1
        else:
            changed.append(article)
        now.articles.append(article)
        now.digests.append(digest)
    withdrawn.extend(had[at:])
    return Change(changed, withdrawn), now


def load(home: Home, target: Path, form: str) -> State | None:
    """The state of a target, None where nothing was exported there incrementally.

    Raises:
        ConfigurationError: it cannot be read.
    """
    path = _path(home, target, form)
    try:
        with path.open("rb") as file:
            said = json.loads(file.readline())
            if said["version"] != _VERSION:
                raise ValueError(f"version {said['version']}")
            state = State(said["query"], said["part"], said["follows"])
            for numbers in (state.articles, state.digests):
                numbers.fromfile(file, said["articles"])
                if sys.byteorder == "big":
                    numbers.byteswap()
            return state
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, EOFError, TypeError) as error:
        raise ConfigurationError(f"{path} is damaged ({error}): export without --incremental once") from error


def save(home: Home, target: Path, form: str, state: State) -> None:
    """Keep the state of a target."""
    path = _path(home, target, form)
    if not path.parent.is_dir():
        path.parent.mkdir(exist_ok=True)
        synced(home.path)
    written = path.with_suffix(".new")
    said = {
        "version": _VERSION,
        "target": str(target),
        "format": form,
        "query": state.query,
        "part": state.part,
        "follows": state.follows,
        "articles": len(state.articles),
    }
    with written.open("wb") as file:
        file.write(json.dumps(said).encode("ascii") + b"\n")  # as in exports.jsonl: names are no texts
        for numbers in (state.articles, state.digests):
            little = array(numbers.typecode, numbers)
            if sys.byteorder == "big":
                little.byteswap()
            little.tofile(file)
    synced(written)
    written.replace(path)
    synced(path.parent)


def drop(home: Home, target: Path, form: str) -> None:
    """Forget the state of a target: the next incremental export there begins anew."""
    _path(home, target, form).unlink(missing_ok=True)


def named(target: Path, suffix: str, part: int) -> Path:
    """The file of a part: news.jsonl, news.0002.jsonl, …"""
    if part == 1:
        return target
    stem = target.name.removesuffix(suffix)
    return target.with_name(f"{stem}.{part:04}{target.name[len(stem) :]}")


def _path(home: Home, target: Path, form: str) -> Path:
    name = hashlib.sha256(f"{form}\n{target}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return home.path / "exports" / f"{name}.state"
