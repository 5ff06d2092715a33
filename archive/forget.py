"""Legal removal: an article, or all that is kept of an address, leaves the archive for good.

What is done, in this order, so that one that is killed at any moment is completed by the next:
  1. the WARC files that hold records of it are written anew beside themselves, with a filler where each of these was:
     no other record moves (:mod:`archive.gaps`);
  2. one transaction takes every row that holds a word of it, leaves of its captures when they were and by what hash
     their bodies are known, puts its addresses on the stop-list, adds a tombstone to the custody chain, and notes
     what is left to do;
  3. the new files take the place of the old ones, and notes, logs and back-ups lose what they had of it;
  4. the full-text indexes, the database's free pages and its log are cleaned.

Other articles keep their texts. Those of the same page lose their raw page with it, and are shown as unproven.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from archive import custody, gaps, warc
from archive.errors import CommuniqueError
from archive.holdings import NEEDLE, Found, exports_with, find, key_of
from archive.home import Home
from archive.ingest import Ingest
from archive.models import RESERVE, Progress, stamp
from archive.revise import Reviser
from archive.stops import key_sha256, list_sha256
from archive.store import Store
from archive.store_notes import forget_notes
from archive.traces import Traces

_CHUNK = 1 << 20
# stands for a line of a log that was on what is forgotten
_LINE = "(a line on a page that was removed)\n"
# what may hold anything in a home folder, and is seen to by other means or holds no text
_KNOWN = frozenset({"archive.db", "archive.db-wal", "archive.db-shm", "crawl.lock", "custody.head"})


@dataclass(frozen=True, slots=True)
class Done:
    """What was done. ``seq``: the tombstone in the chain; ``problems``: what may still hold a part of it.

    ``exports``: those that may hold it, as they were noted when it was gone from the database.
    """

    seq: int
    captures: int
    unproven: tuple[int, ...]
    notes: int
    problems: tuple[str, ...]
    exports: tuple[dict[str, Any], ...]


def forget(home: Home, target: int | str, reason: str, now: datetime, progress: Progress = lambda *_: None) -> Done:
    """Forget an article, or all of an address. The caller holds the home's lock.

    Raises:
        NoArchiveError: there is no such article. CommuniqueError: it does not fit on the disk, or a file that a
            killed run left could not be made whole. OSError, sqlite3.Error: the disk or the database; the next one
            completes what was begun.
    """
    complete(home, now, progress)
    _recover(home)
    for stray in home.warc.glob(f"*{gaps.BESIDE}"):
        stray.unlink()  # of one that was killed before it did anything
    custody.seal(home, now)  # what goes is in the chain before it goes
    store = Store(home.database, write=True)
    try:
        found = find(home, store, target, progress)
        gone = sorted({*found.captures, *found.lists})
        offsets = store.record_offsets(gone)
        _check_room(home, offsets)
        at = stamp(now)
        files, unread = _cut(home, found, offsets, at, progress)
        store.overwrite_deleted()
        asked = [row["id"] for row in found.articles]
        with store.transaction():
            details = {
                "captures": [list(pair) for pair in store.leaves(gone)],
                "articles": asked,
                "numbers": sorted({*asked, *store.merged_into(asked)}),
                "files": files,
                "reason": reason,
                "stops": list_sha256({key_sha256(key) for key in found.stops} - store.stop_list()),
            }
            seq = custody.append(home, store, at, "forgotten", details).seq
            _remove(store, asked, [row["id"] for row in found.staying], gone, seq, at)
            store.stop(found.stops, seq)
            store.scrub(found.urls)
            store.set_left(
                {
                    "seq": seq,
                    "files": sorted(files),
                    "urls": found.urls,
                    "stops": found.stops,
                    "parts": [row["part"] for row in found.articles] if found.staying else None,
                    "traces": found.traces.as_json(),
                }
            )
        unproven = store.shared_captures(gone, asked)
    finally:
        store.close()
    notes, problems = complete(home, now, progress, found.needles) or (0, ())
    # one that was begun before, and noted later, finds the tombstone and ends
    exports = tuple(exports_with(home, asked))
    return Done(seq, len(gone), tuple(unproven), notes, (*unread, *problems), exports)


def _recover(home: Home) -> None:
    """Make whole what a killed run left: its pages may be of what is to be forgotten."""
    if warc.unfinished(home.warc):
        ingest = Ingest(home, {}, None, custody.SOFTWARE)
        ingest.start()
        ingest.close()


def _check_room(home: Home, files: Collection[str]) -> None:
    needed = sum((home.warc / name).stat().st_size for name in files if (home.warc / name).is_file())
    needed += 2 * home.database.stat().st_size  # a vacuum writes it anew, through the log
    free = shutil.disk_usage(home.path).free
    if free < needed + RESERVE:
        raise CommuniqueError(
            f"to forget takes {needed >> 20} MB in {home.path}, and of the {free >> 20} MB free there"
            f" {RESERVE >> 20} are kept free: make room first"
        )


def _cut(
    home: Home, found: Found, offsets: Mapping[str, Collection[int]], at: str, progress: Progress
) -> tuple[dict[str, list[int | str]], list[str]]:
    """Write WARC files anew beside themselves, without the records at these offsets.

    Returns what the chain states of them, and what is not well.
    """
    # of a page that goes as a whole, what has no row goes too
    stops = frozenset() if found.staying else frozenset(found.stops)

    def gone(head: Mapping[str, str]) -> bool:
        url = head.get("warc-target-uri", "")
        return bool(stops) and head.get("warc-type") != "warcinfo" and key_of(url.strip("<>")) in stops

    files: dict[str, list[int | str]] = {}
    problems = []
    for n, (name, places) in enumerate(sorted(offsets.items())):
        progress("WARC files", len(offsets), len(offsets) - n)
        try:
            cut = gaps.cut(home.warc / name, gone, places, at)
        except FileNotFoundError:
            problems.append(f"{name} is not there: where it is, it still holds the page")
            continue
        files[name] = [cut.bytes, cut.sha256]
        if cut.unread:
            problems.append(f"{name}: {cut.unread} bytes are no records, and were not looked into")
    progress("WARC files", len(offsets), 0)
    return files, problems


def _remove(
    store: Store, articles: list[int], staying: list[int], captures: Collection[int], seq: int, at: str
) -> None:
    """Take the rows; other articles follow by the one way to a text."""
    reviser = Reviser(store)
    affected: set[int] = set(staying)
    store.strip(captures, seq)
    for article in articles:
        affected |= reviser.forget(article, seq)
    corrected: list[int] = []
    for article in sorted(affected - set(articles)):
        corrected += reviser.settle(article, at, "marks")
    store.correct_outcomes(corrected)


def complete(
    home: Home, now: datetime, progress: Progress = lambda *_: None, needles: Collection[bytes] = ()
) -> tuple[int, tuple[str, ...]] | None:
    """Do what a forgetting has still to do; None: nothing is left. The caller holds the home's lock.

    Returns how many notes were changed, and what may still hold a part of it: then something stays to be done.
    """
    store = Store(home.database, write=True)
    try:
        left = store.left()
        if left is None:
            return None
        store.overwrite_deleted()
        notes = 0
        if "urls" in left:  # else it was stopped at the last step
            for name in left["files"]:
                gaps.put_in_place(home.warc / name)
            traces = Traces.from_json(left["traces"])
            parts = left["parts"]
            notes = forget_notes(home.path / "notes.db", set(left["stops"]), parts, traces.within)
            _clean_logs(home, left["urls"], traces)
            shutil.rmtree(home.backup, ignore_errors=True)
            for folder in filter(Path.is_dir, (home.logs, home.path)):  # else a power cut may bring them back
                warc.synced(folder)
            with store.transaction():
                store.set_left({"seq": left["seq"]})
        contradicted = custody.publish(home, store)
        problems = list(_snapshots(home))
        for n, step in enumerate(store.compact(str(home.path.absolute()))):
            progress(f"cleaning: {step}", 4, 4 - n)
        problems += _still_held(home, needles)
        if not store.empty_log():
            problems.append("somebody is reading the archive: end `communique serve`, then run `communique forget`")
        if not problems:
            with store.transaction():
                store.set_left(None)
            store.empty_log()
        return notes, (*problems, *contradicted)
    finally:
        store.close()


def _clean_logs(home: Home, urls: Collection[str], traces: Traces) -> None:
    """Take the lines out of the logs that name an address or hold words of it."""
    needles = {form for url in urls for form in (url, unquote(url), key_of(url)) if form}
    for path in sorted(home.logs.glob("*")) if home.logs.is_dir() else ():
        if not path.is_file():
            continue
        beside, changed = path.with_name(path.name + gaps.BESIDE), False
        with (
            path.open(encoding="utf-8", errors="surrogateescape", newline="") as old,
            beside.open("w", encoding="utf-8", errors="surrogateescape", newline="") as new,
        ):
            for line in old:
                named = any(needle in line for needle in needles) or traces.within(line)
                changed |= named
                new.write(_LINE if named else line)
            new.flush()
            os.fsync(new.fileno())
        if changed:
            shutil.copymode(path, beside)
            beside.replace(path)
        else:
            beside.unlink()


def _snapshots(home: Home) -> Iterator[str]:
    """Remove the snapshots that nobody serves; those that are served still hold it."""
    for folder in sorted(home.path.glob("snapshot-*")):
        held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            yield f"{folder.name} is being served and still holds it: end that server, then run `communique forget`"
        finally:
            os.close(held)


def _still_held(home: Home, needles: Collection[bytes]) -> Iterator[str]:
    """Other files of the home folder that still hold a line of it."""
    for path in sorted(home.path.rglob("*")) if needles else ():
        inside = path.relative_to(home.path).parts
        if inside[0] in ("warc", "keys") or path.name in _KNOWN or inside[0].startswith("snapshot-"):
            continue
        if path.is_file() and _holds_bytes(path, needles):
            yield f"{path.relative_to(home.path)} still holds a line of it: remove it, then run `communique forget`"


def _holds_bytes(path: Path, needles: Collection[bytes]) -> bool:
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if any(needle in before + chunk for needle in needles):
                return True
            before = chunk[-4 * NEEDLE :]  # a line that the two have each a part of
    return False
