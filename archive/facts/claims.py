"""Losses that one sentence claims: runs of counts that hang on a word of losing or destroying. Pure.

Attacks repelled, prisoners, strikes, brigades and calibres hang on no such word, or on one that rules them out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from archive.facts.counts import Count, read_bare, read_counts
from archive.facts.directions import Mention
from archive.facts.patterns import words

# so far from its word a run may begin, and end
_BEFORE, _BEHIND = 140, 80
# so far apart two counts of one run may stand: parts of counts and things that are no losses stand between
_APART = 150
_CLAUSE = re.compile(r"[,;.()]")
# words that hold for every count of their sentence
_ALL = re.compile(r"(?<!\w)(?:respectively|each|соответственно|відповідно)(?!\w)", re.IGNORECASE)


class Run(NamedTuple):
    """Counts that stand together; ``definition``: the words that say what is claimed of them, by position."""

    items: tuple[Count, ...]
    definition: tuple[int, int]
    people: tuple[int, int] | None
    exceeds: bool


def read_runs(text: str, mentions: Sequence[Mention]) -> tuple[list[Run], str | None]:
    """The claims of a sentence in order, and why something in it was left out."""
    before = list(words("before").finditer(text))
    behind = list(words("behind").finditer(text))
    items = [item for item in read_counts(text, "losses") if not item.part] if before or behind else []
    if not items:
        return [], None
    if _ALL.search(text):
        return [], "several groups share a list of numbers"
    reason: str | None = None
    found: list[Run] = []
    runs = list(_together(text, items, before, mentions))
    for n, run in enumerate(runs):
        hangs = _hangs(text, run, before, behind)
        if (
            hangs is None
            and found
            and len(found) == n
            and not _ruled_out(text, found[-1].items[-1].stop, run[0].start)
        ):
            hangs = found[-1].definition
        if hangs is None:
            continue
        kept = [item for item in run if _is_lost(text, item, hangs)]
        counted = Counter(item.category for item in kept)
        if any(n > 1 for n in counted.values()):
            reason = "counted by model, in several numbers"
        kept = [item for item in kept if counted[item.category] == 1]
        if not kept:
            continue
        people = words("definition").search(text, run[0].start)
        word = text[slice(*hangs)].casefold()
        exceeds = any(stem in word for stem in ("exceed", "превыс", "перевищ"))
        found.append(Run(tuple(kept), hangs, people.span() if people else None, exceeds))
    return _with_bare(text, found, mentions), reason


def _with_bare(text: str, found: Sequence[Run], mentions: Sequence[Mention]) -> list[Run]:
    """The claims, and those that leave out what the first of them counts: "..., the Yug group more than 1,135"."""
    every = list(found)
    if not found or [item.category for item in found[0].items] != ["personnel"]:
        return every
    for n, mention in enumerate(mentions):
        stop = mentions[n + 1].start if n + 1 < len(mentions) else len(text)
        if mention.kind != "formation":
            continue
        count = read_bare(text, mention.stop, stop)
        if count is not None and not any(run.items[0].start <= count.start <= run.items[-1].stop for run in every):
            every.append(Run((count,), found[0].definition, None, False))
    return sorted(every, key=lambda run: run.items[0].start)


def _together(
    text: str, items: Sequence[Count], before: Sequence[re.Match[str]], mentions: Sequence[Mention]
) -> list[list[Count]]:
    """The counts, parted where a group is named, another claim begins, or something is ruled out."""
    runs: list[list[Count]] = []
    for n, item in enumerate(items):
        if n:
            start, stop = items[n - 1].stop, item.start
            parted = (
                stop - start > _APART
                or any(start <= mention.start < stop for mention in mentions)
                or any(start <= match.start() < stop for match in before)
                or item.category == "personnel"
            )
            if not parted:
                runs[-1].append(item)
                continue
        runs.append([item])
    return runs


def _hangs(
    text: str, run: Sequence[Count], before: Sequence[re.Match[str]], behind: Sequence[re.Match[str]]
) -> tuple[int, int] | None:
    """Where the word stands that a run hangs on."""
    start, stop = run[0].start, run[-1].stop
    for match in reversed(before):
        if match.end() <= start:
            if (
                start - match.end() <= _BEFORE
                and not _ruled_out(text, match.end(), start)
                and _of_theirs(text, match, run)
            ):
                return match.span()
            break
    for match in behind:
        if match.start() >= stop:
            if match.start() - stop <= _BEHIND and not _ruled_out(text, stop, match.start()):
                return match.span()
            break
    return None


def _ruled_out(text: str, start: int, stop: int) -> bool:
    return words("not").search(text, start, stop) is not None


def _of_theirs(text: str, match: re.Match[str], run: Sequence[Count]) -> bool:
    """Whether it is Ukraine's side that lost, not its forces that destroyed."""
    if words("active").fullmatch(match.group().split()[-1]) is None:
        return True
    clause = text[: match.start()]
    last = max((m.end() for m in words("object").finditer(clause)), default=-1)
    russia = max((m.end() for m in words("unfill").finditer(clause)), default=-1)
    if last <= russia or match.start() - last > 60:
        return True
    # "Ukrainian forces destroyed 12 tanks", but "the enemy's 30th brigade: destroyed up to 40 Ukrainian troops"
    return words("object").search(text, run[0].start, run[0].stop) is not None


def _is_lost(text: str, item: Count, hangs: tuple[int, int]) -> bool:
    """Whether nothing right around a count rules it out."""
    end = _CLAUSE.search(text, item.stop)
    if _ruled_out(text, item.stop, min(end.start() if end else len(text), item.stop + 60)):
        return False
    if item.category == "personnel" and any(
        match.end() == item.stop for match in words("people").finditer(text, item.start, item.stop)
    ):
        return words("active").search(text, *hangs) is None
    return True
