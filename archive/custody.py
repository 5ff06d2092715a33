"""Puts what was kept into the custody chain, signs it and has it witnessed. The caller holds the home's lock.

An entry covers the captures of a run by the root of a Merkle tree, and the WARC files they lie in by their bytes;
what a killed run kept is covered at the end of the next. ``custody.head`` states the last entry outside of the
database: a chain that was cut short is found by it, and so it is never written over a chain that contradicts it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from archive import __version__, signing, warc
from archive.chain import Entry, root
from archive.custody_head import contradicted, head, write_head
from archive.custody_keys import follow, signer_of
from archive.errors import ConfigurationError, DamagedError, WitnessError
from archive.home import Home
from archive.models import Position, stamp
from archive.payload import payload_sha256
from archive.store import Store

logger = logging.getLogger(__name__)

__all__ = [
    "Sealed",
    "append",
    "contradicted",
    "head",
    "make_key",
    "publish",
    "seal",
    "state",
]

SOFTWARE = f"communique {__version__}"
# captures that one entry adopts: a second of work, in which no other command writes
ADOPTED = 100_000
# payloads hashed in a transaction
_BATCH = 500
# lines of one kind that are said
_SOME = 5


class Sealed(NamedTuple):
    """How many entries were added, and what is to be said."""

    entries: int
    problems: tuple[str, ...]


def seal(home: Home, now: datetime, origins: Mapping[int, Mapping[str, Any]] | None = None) -> Sealed:
    """Cover everything that was kept and that no entry covers, sign it, and write the head; once more does nothing.

    Called at the end of every run, after its WARC files were finished. ``origins``: of a run of kind import, where
    what it brought came from, as its entry is to say.

    Raises:
        OSError, sqlite3.Error: the disk or the database; what was covered before stays covered.
    """
    store = Store(home.database, write=True)
    try:
        work = _Seal(home, store, stamp(now))
        work.hash_payloads()
        work.adopt()
        work.cover_runs(origins or {})
        work.state_files()
        return Sealed(work.entries, (*work.problems, *publish(home, store)))
    finally:
        store.close()


class _Seal:
    def __init__(self, home: Home, store: Store, at: str) -> None:
        self.home, self.store, self.at = home, store, at
        self.entries = 0
        self.signer, self.problems = signer_of(home, store)
        self.unfinished = [file.path.name.removesuffix(warc.OPEN) for file in warc.unfinished(home.warc)]
        self.unstated = store.files_unstated(self.unfinished)

    def hash_payloads(self) -> None:
        """Hash the bodies that nobody hashed: those that an earlier version kept without."""
        after, damaged, said = 0, 0, False
        while rows := self.store.unhashed(after, _BATCH):
            after = rows[-1].capture
            if len(rows) == _BATCH and not said:
                logger.warning("hashing what an earlier version kept: once, and a large archive takes minutes")
                said = True
            found: list[tuple[int, str]] = []
            for row in rows:
                try:
                    exchange = warc.read(self.home.warc, Position(row.warc_file, row.warc_offset))
                except DamagedError as error:
                    damaged += 1
                    if damaged <= _SOME:
                        self.problems.append(f"capture {row.capture}: {error}")
                    continue
                found.append((row.capture, payload_sha256(exchange.body, exchange.header("content-encoding"))))
            with self.store.transaction():
                for capture, digest in found:
                    self.store.set_payload(capture, digest)
        if damaged > _SOME:
            self.problems.append(f"{damaged - _SOME} records more could not be read back")

    def adopt(self) -> None:
        """Cover what was kept before there was a chain."""
        up_to = self.store.adopt_to()
        if up_to is None:
            return
        while count := self.store.choose(self.unfinished, None, up_to, ADOPTED):
            self._append("adopted", {"captures": count})
        with self.store.transaction():
            self.store.adopted()

    def cover_runs(self, origins: Mapping[int, Mapping[str, Any]]) -> None:
        """Cover the captures of each run, in the order of the runs."""
        for run, kind in self.store.uncovered_runs(self.unfinished):
            count = self.store.choose(self.unfinished, run, None, -1)
            details: dict[str, Any] = {"run": run, "kind": kind, "captures": count, "software": SOFTWARE}
            if run is not None and run in origins:
                details["origin"] = origins[run]
            self._append("import" if kind == "import" else "run", details)

    def state_files(self) -> None:
        """State the files that hold nothing but what was covered before: pages of texts that came without them."""
        # one that is not there was told when its captures were covered
        if files := self._states({name for name in self.unstated if (self.home.warc / name).is_file()}):
            details = {"run": self.store.last_import(), "kind": "import", "captures": 0, "software": SOFTWARE}
            with self.store.transaction():
                self.store.append(self.at, "import", {**details, "root": root(()), "files": files}, self.signer)
            self.entries += 1

    def _append(self, event: str, details: dict[str, Any]) -> None:
        """Add an entry for the captures that were chosen."""
        chosen = self.store.chosen_files() & self.unstated
        self.unstated -= chosen
        details |= {"root": root(self.store.chosen_leaves()), "files": self._states(chosen)}
        with self.store.transaction():
            self.store.cover(self.store.append(self.at, event, details, self.signer).seq)
        self.entries += 1

    def _states(self, names: set[str]) -> dict[str, list[int | str]]:
        """What is stated of files; one that is not there is told."""
        files = {}
        for name in sorted(names):
            try:
                files[name] = state(self.home.warc / name)
            except FileNotFoundError:
                self.problems.append(f"{name} is not there: the chain states its records by their rows alone")
        return files


def state(path: Path) -> list[int | str]:
    """What an entry states of a WARC file: its length in bytes and their SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return [file.tell(), digest]


def append(home: Home, store: Store, at: str, event: str, details: Any) -> Entry:
    """Add an entry that removes something, within the caller's transaction; :func:`publish` it after that.

    Raises:
        ConfigurationError: the chain is a signed one, and its key is not there.
    """
    signer, _ = signer_of(home, store)
    if signer is None and store.last_entry("key") is not None:
        raise ConfigurationError(f"a removal has to be signed: put the chain's key into {home.keys}")
    return store.append(at, event, details, signer)


def publish(home: Home, store: Store) -> list[str]:
    """Sign the last entry where nobody did, and write the head anew, after the transaction that added it.

    Returns what is to be said where the chain contradicts the head that is there.
    """
    contradiction = contradicted(home, store)
    last = store.last_entry()
    if contradiction or last is None:
        return [contradiction] if contradiction else []
    signer = signer_of(home, store)[0]
    if signer is not None and last.signature is None and last.entry.event != "forgotten":
        with store.transaction():
            store.sign(last.entry.seq, signer)
        last = store.entry(last.entry.seq) or last
    write_head(home, last)
    return _have_witnessed(home, store, last.entry)


def _have_witnessed(home: Home, store: Store, last: Entry) -> list[str]:
    """Ask the authorities of ``custody.toml`` for a time stamp of the last entry, which stands for all before it.

    One that does not answer is no problem of the run: the next asks it again. Returns what is wrong with the file.
    """
    if not home.witnesses.is_file():
        return []
    from archive.witness import ask, configured

    try:
        authorities = configured(home)
    except ConfigurationError as error:
        return [str(error)]
    there = {witness.authority for witness in store.witnesses(last.seq)}
    for authority in authorities:
        if authority.name in there:
            continue
        try:
            witness = ask(authority, last)
        except WitnessError as error:
            logger.warning("%s", error)
            continue
        with store.transaction():
            store.add_witness(witness)
    return []


def make_key(home: Home, now: datetime) -> signing.Key:
    """Make a key that signs from now on, the first or one that follows another, which endorses it.

    Raises:
        ConfigurationError: the key that is there cannot be read.
    """
    store = Store(home.database, write=True)
    try:
        key = follow(home, store, stamp(now))
        publish(home, store)
        return key
    finally:
        store.close()
