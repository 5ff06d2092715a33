"""Checks the custody chain: its entries, their signatures and witnesses, its head, and what it says of captures."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from archive import custody, warc, witness
from archive.chain import START, Entry, canonical, entry_hash, leaf, root
from archive.errors import ConfigurationError
from archive.findings import Findings, counted, short
from archive.home import Home
from archive.models import stamp
from archive.signing import fingerprint, verifies
from archive.stops import list_sha256
from archive.store import Store
from archive.store_custody import Signed
from archive.store_verify import Covered

# events of entries that stand for captures
COVERING = ("adopted", "run", "import")
# captures of an entry that are named
_SOME = 5


class Chain:
    """The chain of an archive, as far as it holds.

    ``details``: of each entry, by its number. ``files``: what was stated of each WARC file last, (bytes, SHA-256,
    entry). ``forgotten``: of captures whose address was removed, by their numbers, each entry that says so and their
    leaf. ``removals``: of each entry of a removal, the numbers that went and the digest of what it put on the
    stop-list. ``trusted``: the keys that somebody named, or else the first, and those that one of them endorsed.
    """

    def __init__(self, named: Collection[str] = ()) -> None:
        self.trusted = set(named)
        self.details: dict[int, Any] = {}
        self.events: dict[int, str] = {}
        self.keys: dict[str, str] = {}
        self.files: dict[str, tuple[int, str, int]] = {}
        self.forgotten: dict[int, dict[int, str]] = {}
        self.removals: dict[int, tuple[frozenset[int], str]] = {}
        self.last = 0

    def add(self, signed: Signed, found: Findings) -> None:
        """Take in what an entry says."""
        entry = signed.entry
        details = json.loads(entry.details)
        self.details[entry.seq], self.events[entry.seq] = details, entry.event
        for name, (length, digest) in details.get("files", {}).items():
            before = self.files.get(name)
            if before is not None and before[:2] != (length, digest) and entry.event != "forgotten":
                found.differs(f"entry {entry.seq} of the chain", f"it states {name} otherwise than entry {before[2]}")
            else:
                self.files[name] = (length, digest, entry.seq)
        if entry.event == "forgotten":
            for capture, one in details["captures"]:
                self.forgotten.setdefault(int(capture), {})[entry.seq] = bytes.fromhex(one).hex()
            self.removals[entry.seq] = frozenset(details["numbers"]), str(details["stops"])
        if entry.event == "key":
            self._introduce(entry.seq, details, found)

    def _introduce(self, seq: int, details: Mapping[str, Any], found: Findings) -> None:
        name, public = str(details["key"]), str(details["public"])
        if fingerprint(public) != name:
            found.differs(f"entry {seq}", "the key in it has another fingerprint than it states")
        by = details.get("by")
        endorsed = by in self.keys and verifies(self.keys[by], name, str(details.get("endorsement")))
        if by is not None and not endorsed:
            found.differs(f"entry {seq}", f"the key {short(by)[:16]} did not endorse the key that follows it")
        if (endorsed and by in self.trusted) or not (self.keys or self.trusted):
            self.trusted.add(name)
        elif name not in self.trusted:
            found.differs(f"entry {seq}", f"nobody who is trusted endorsed its key: is {name} its owner's (--key)?")
        self.keys[name] = public


def check_entries(store: Store, found: Findings, named: Collection[str] = ()) -> Chain:
    """Walk the chain from its first entry. ``named``: the fingerprints of keys that are known to be its owner's."""
    chain = Chain(named)
    previous, expected, unsigned = START, 1, []
    for signed in store.chain():
        entry = signed.entry
        where = f"entry {entry.seq} of the chain"
        if entry.seq != expected:
            missing = f"entries {expected} to {entry.seq - 1} are" if entry.seq > expected + 1 else "the entry is"
            found.differs(f"entry {expected} of the chain", f"{missing} missing: {entry.seq} is the next")
        elif entry.previous_hash != previous:
            found.differs(where, "it does not follow the entry before it: another hash is stated of that")
        if not _hash_holds(entry):
            found.differs(where, f"its hash is not that of what it says ({short(entry.event)}, {short(entry.at)})")
        try:
            if canonical(json.loads(entry.details)) != entry.details:
                raise ValueError("not in canonical form")
            chain.add(signed, found)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            found.differs(where, f"its details cannot be read ({short(error)})")
        if signed.signature is None or signed.key is None:
            if (signed.signature, signed.key) != (None, None):
                found.differs(where, "it has half a signature")
            elif chain.keys and entry.event in ("key", "forgotten"):
                found.differs(where, "it is not signed, as what removes or names a key has to be")
            if chain.keys:
                unsigned.append(entry.seq)
        elif signed.key not in chain.keys:
            found.differs(where, f"it is signed by a key that the chain does not name ({signed.key[:16]})")
        elif not verifies(chain.keys[signed.key], entry.hash, signed.signature):
            found.differs(where, f"its signature is not one by the key {signed.key[:16]}")
        elif signed.key not in chain.trusted:
            found.differs(where, f"it is signed by {signed.key[:16]}, a key that nobody who is trusted endorsed")
        else:
            found.signed = (signed.key, entry.seq)
        previous, expected = entry.hash, entry.seq + 1
        chain.last = entry.seq
        found.checked["entries of the chain"] += 1
    for key in sorted(set(named) - chain.keys.keys()):
        found.differs("the chain", f"no entry of it names the key {key}")
    _say_unsigned(unsigned, chain, found, bool(named))
    return chain


def _hash_holds(entry: Entry) -> bool:
    """Whether an entry has the hash of what it says; where a bit was turned, one of its texts may be bytes."""
    try:
        return entry_hash(entry.seq, entry.at, entry.event, entry.details, entry.previous_hash) == entry.hash
    except (TypeError, ValueError):
        return False


def _say_unsigned(unsigned: list[int], chain: Chain, found: Findings, asked: bool) -> None:
    if not chain.last:
        found.note("there is no chain yet: the next run that ends begins one")
    elif not chain.keys:
        found.note("the chain is not signed: `communique keys` makes a key")
    elif unsigned:
        found.unsigned = len(unsigned)
        if asked and unsigned[-1] == chain.last:
            found.differs(f"entry {chain.last} of the chain", "it is the last one, and not signed")
        which = ", ".join(map(str, unsigned[:_SOME])) + (", …" if len(unsigned) > _SOME else "")
        found.note(f"not signed, though there was a key: {counted(len(unsigned), 'entries')} of the chain ({which})")


def check_witnesses(home: Home, store: Store, found: Findings) -> None:
    """Hold what authorities said against the entries that they said it of."""
    try:
        known = {authority.name: authority.certificates for authority in witness.configured(home)}
    except ConfigurationError as error:
        found.note(f"the authorities cannot be told ({error})")
        known = {}
    for said in store.witnesses():
        where = f"time stamp of entry {said.seq} by {said.authority}"
        signed = store.entry(said.seq)
        if signed is None:
            found.differs(where, "there is no such entry")
            continue
        try:
            if said.authority in known:
                at = witness.stamped_at(said.token, signed.entry.hash, known[said.authority])
            else:
                at = witness.states(said.token, signed.entry.hash)
                found.note(f"the certificates of {said.authority} are not at hand: its stamps are read, not proved")
        except ValueError as error:
            found.differs(where, f"it does not hold ({error})")
            continue
        if stamp(at) != said.at:
            found.differs(where, f"it says {stamp(at)}, and {said.at} stands")
        found.checked["time stamps"] += 1


def check_head(home: Home, store: Store, head: Mapping[str, Any] | str | None, last: int, found: Findings) -> None:
    """Hold the chain against the head that was read before it (a string: why it cannot be read)."""
    where = home.head.name
    if head is None:
        if last:
            found.differs(where, "it is missing, so that nothing shows whether the chain was cut short")
        return
    if isinstance(head, str):
        found.differs(where, head)
        return
    if head["seq"] > last:
        found.differs("the chain", f"it was cut short: it ends with entry {last}, and {where} states {head['seq']}")
        return
    signed = store.entry(head["seq"])
    if signed is None:
        found.differs(where, f"it states entry {head['seq']}, which is not there")
        return
    for name, stands in (("hash", signed.entry.hash), ("signature", signed.signature), ("key", signed.key)):
        if head[name] != stands:
            found.differs(where, f"its {name} is not that of entry {head['seq']}")


def read_head(home: Home) -> Mapping[str, Any] | str | None:
    """What the head says; read before the chain, which may grow meanwhile. A string: why it cannot be read."""
    try:
        head = custody.head(home)
        if head is not None and home.head.read_text("utf-8") != json.dumps(head) + "\n":
            return "it is not as it was written"
        return head
    except (ConfigurationError, UnicodeDecodeError) as error:
        return f"it cannot be read ({error})"


class _Leaves:
    """The leaves of the captures that an entry covers, one after another: there may be a million.

    ``count`` so far; ``strays``: some that are of another run, ``unproven``: some whose removal no entry states,
    ``standing``: some that an entry removed and that are there.
    """

    def __init__(self, chain: Chain, details: Mapping[str, Any], captures: Iterable[Covered]) -> None:
        self._chain, self._details, self._captures = chain, details, captures
        self.count = 0
        self.strays: list[int] = []
        self.unproven: list[int] = []
        self.standing: list[int] = []

    def __iter__(self) -> Iterator[str]:
        for one in self._captures:
            self.count += 1
            named = self._chain.forgotten.get(one.id, {})
            kept = named.get(one.forgotten) if one.forgotten is not None else None
            if "run" in self._details and one.run != self._details["run"] and len(self.strays) < _SOME:
                self.strays.append(one.id)
            if one.forgotten is not None and kept is None and len(self.unproven) < _SOME:
                self.unproven.append(one.id)
            if one.forgotten is None and named and len(self.standing) < _SOME:
                self.standing.append(one.id)
            yield kept or leaf(one.url, one.fetched_at, one.status, one.payload_sha256)


def check_removals(store: Store, chain: Chain, found: Findings) -> None:
    """Hold the stop-list, and the numbers that are never given again, against the entries that made them."""
    lists = store.stopped_by()
    taken = store.numbers_removed_by()
    for seq, (numbers, stops) in chain.removals.items():
        if list_sha256(lists.pop(seq, ())) != stops:
            found.differs("the stop-list", f"it is not what entry {seq} of the chain put on it")
        stands = taken.pop(seq, set())
        for article in sorted(numbers - stands):
            found.differs(f"article {article}", f"entry {seq} of the chain removed it, and its number is free again")
        for article in sorted(stands - numbers):
            found.differs(
                f"article {article}", f"it is said to be removed by entry {seq} of the chain, which did not"
            )
        found.checked["removals"] += 1
    for seq in lists:
        found.differs("the stop-list", f"it names entry {seq} of the chain, which removed nothing")
    for seq in taken:
        found.differs("the removed numbers", f"they name entry {seq} of the chain, which removed nothing")


def check_covered(store: Store, chain: Chain, seqs: Collection[int] | None, found: Findings) -> None:
    """Hold the captures against the entries that cover them, of all or of some."""
    runs = store.run_ids()
    looked = set()
    for seq, group in groupby(store.covered(seqs), key=lambda capture: capture.seq):
        where = f"entry {seq} of the chain"
        looked.add(seq)
        details = chain.details.get(seq)
        if details is None or chain.events[seq] not in COVERING:
            captures = [capture.id for capture in group]
            found.differs(f"capture {captures[0]}", f"it names {where}, which stands for no captures")
            continue
        covered = _Leaves(chain, details, group)
        top = root(covered)
        of = f"run {details['run']}" if details.get("run") else "what was there before the chain"
        if covered.count != details.get("captures"):
            told = f"it covers {details.get('captures')} captures of {of}, and {covered.count} are there"
            found.differs(where, told)
        elif top != details.get("root"):
            found.differs(where, f"the {covered.count} captures of {of} are not those that it covers: another root")
        for capture_id in covered.unproven:
            found.differs(f"capture {capture_id}", "it is said to be forgotten, and no entry of the chain says so")
        for capture_id in covered.standing:
            found.differs(f"capture {capture_id}", "an entry of the chain removed it, and its row stands as it was")
        for capture_id in covered.strays:
            found.differs(f"capture {capture_id}", f"it is of another run than {where} says")
        found.checked["captures in the chain"] += covered.count
    for seq, details in chain.details.items():
        if chain.events[seq] not in COVERING or (seqs is not None and seq not in seqs):
            continue
        if seq not in looked and details.get("captures"):
            found.differs(f"entry {seq} of the chain", f"it covers {details['captures']} captures, and none is there")
        if details.get("run") is not None and details["run"] not in runs:
            found.differs(f"run {details['run']}", f"its row is missing: entry {seq} of the chain covers it")


def check_uncovered(home: Home, store: Store, found: Findings) -> None:
    """Say how many captures no entry covers yet; those that stand among covered ones were put there."""
    waiting = 0
    for row in store.uncovered():
        file = row["warc_file"]
        is_open = file is not None and not (home.warc / file).exists() and warc.locate(home.warc, file).exists()
        if row["last"] is not None and row["first"] < row["last"] and not is_open and not home.busy():
            found.differs(
                f"capture {row['first']}", "no entry of the chain covers it, and later captures are covered"
            )
        waiting += row["captures"]
    if waiting:
        found.note(
            f"not in the chain yet: {counted(waiting, 'captures')}; the end of the next run covers what is there"
        )
