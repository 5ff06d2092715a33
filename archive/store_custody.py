"""Rows of the custody chain: entries are added and read, and what they cover is found. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

from archive.chain import Entry, follow, leaf
from archive.store_rows import Rows

# the hash of an entry → its signature (base64) and which key signed (its fingerprint)
Signer = Callable[[str], tuple[str, str]]


class Signed(NamedTuple):
    """An entry with its signature; ``signature`` and ``key`` are None where there was no key."""

    entry: Entry
    signature: str | None
    key: str | None


class Witness(NamedTuple):
    """What an authority says of when it saw an entry's hash; ``token``: its answer as it was sent."""

    seq: int
    authority: str
    at: str
    token: bytes


class Bare(NamedTuple):
    """A capture whose payload was not hashed, and where its record lies."""

    capture: int
    warc_file: str
    warc_offset: int


class Custody(Rows):
    """The chain, its witnesses, and which captures it covers."""

    def chain(self, after: int = 0) -> Iterator[Signed]:
        """The entries behind one, in their order."""
        yield from self._signed("where seq > ? order by seq", after)

    def last_entry(self, event: str | None = None) -> Signed | None:
        """The end of the chain, or the last entry of an event; None where there is none."""
        end = "order by seq desc limit 1"
        return next(self._signed(f"where event = ? {end}", event) if event else self._signed(end), None)

    def last_removal(self) -> int:
        """The last entry that is of a removal by law; 0: none."""
        last = self.last_entry("forgotten")
        return last.entry.seq if last else 0

    def entries(self, event: str) -> list[Signed]:
        """The entries of an event, in their order."""
        return list(self._signed("where event = ? order by seq", event))

    def entry(self, seq: int) -> Signed | None:
        """An entry by its number."""
        return next(self.chain(seq - 1), None) if seq > 0 else None

    def _signed(self, which: str, *values: object) -> Iterator[Signed]:
        sql = f"select seq, at, event, details, previous_hash, hash, signature, key from custody {which}"  # noqa: S608
        for row in self.conn.execute(sql, values):
            yield Signed(Entry(*row[:6]), row[6], row[7])

    def append(self, at: str, event: str, details: Any, signer: Signer | None = None) -> Entry:
        """Add an entry to the chain, within the caller's transaction."""
        last = self.last_entry()
        entry = follow(last.entry if last else None, at, event, details)
        signature, key = signer(entry.hash) if signer else (None, None)
        self._insert("custody", {**entry._asdict(), "signature": signature, "key": key})
        return entry

    def sign(self, seq: int, signer: Signer) -> None:
        """Sign an entry that was added without."""
        entry = self.entry(seq)
        if entry is not None and entry.signature is None:
            signature, key = signer(entry.entry.hash)
            self.conn.execute("update custody set signature = ?, key = ? where seq = ?", (signature, key, seq))

    # what no entry covers yet

    def adopt_to(self) -> int | None:
        """The last capture that was kept before there was a chain; None where nothing is left to be adopted."""
        value = self._one("select value from home where key = 'adopt'")
        return None if value is None else int(value)

    def adopted(self) -> None:
        """Nothing is left to be adopted."""
        self.conn.execute("delete from home where key = 'adopt'")

    def unhashed(self, after: int, limit: int) -> list[Bare]:
        """The next captures that no entry covers, have a record with a body, and no hash of it."""
        return [
            Bare(*row)
            for row in self.conn.execute(
                "select id, warc_file, warc_offset from captures where custody is null and id > ?"
                " and payload_sha256 is null and warc_file is not null and status <> 304 order by id limit ?",
                (after, limit),
            )
        ]

    def set_payload(self, capture: int, payload_sha256: str) -> None:
        """Say what the body of a capture is known by, where nothing said it and no entry rests on that."""
        self.conn.execute(
            "update captures set payload_sha256 = ? where id = ? and payload_sha256 is null and custody is null",
            (payload_sha256, capture),
        )

    def uncovered_runs(self, unfinished: Collection[str]) -> list[tuple[int | None, str]]:
        """The runs with captures that no entry covers, and of which kind they are; None: captures of no run.

        ``unfinished``: WARC files that are still written; their captures wait.
        """
        return [
            (row[0], row[1])
            for row in self.conn.execute(
                "select distinct c.run, coalesce(r.kind, 'crawl') from captures c left join runs r on r.id = c.run"
                " where c.custody is null and (c.warc_file is null or c.warc_file not in"
                " (select value from json_each(?))) order by c.run is null, c.run",
                (json.dumps(sorted(unfinished)),),
            )
        ]

    def choose(self, unfinished: Collection[str], run: int | None, up_to: int | None, limit: int) -> int:
        """Choose the captures of the next entry; returns how many there are.

        ``up_to``: those of any run up to this one, None: those of ``run`` alone.
        """
        self.conn.execute("create temp table if not exists covering (id integer primary key)")
        self.conn.execute("delete from temp.covering")
        which = "run is ?" if up_to is None else "id <= ?"
        return self.conn.execute(
            f"insert into temp.covering select id from captures where custody is null and {which}"  # noqa: S608
            " and (warc_file is null or warc_file not in (select value from json_each(?))) order by id limit ?",
            (run if up_to is None else up_to, json.dumps(sorted(unfinished)), limit),
        ).rowcount

    def chosen_leaves(self) -> Iterator[str]:
        """The leaves of the captures that were chosen, by their ids."""
        for row in self.conn.execute(
            "select url, fetched_at, status, payload_sha256 from captures"
            " where id in (select id from temp.covering) order by id"
        ):
            yield leaf(*row)

    def chosen_files(self) -> set[str]:
        """The WARC files of the captures that were chosen."""
        rows = self.conn.execute(
            "select distinct warc_file from captures"
            " where id in (select id from temp.covering) and warc_file is not null"
        )
        return {row[0] for row in rows}

    def files_unstated(self, unfinished: Collection[str]) -> set[str]:
        """The WARC files that captures name and no entry states, without those that are still written."""
        rows = self.conn.execute(
            # from file to file through the index: its cost goes with the number of files
            "with recursive files(name) as ("
            " select (select min(warc_file) from captures where warc_file is not null)"
            " union all select (select min(warc_file) from captures where warc_file > files.name) from files"
            " where files.name is not null)"
            " select name from files where name is not null except select value from json_each(?)"
            " except select f.key from custody, json_each(custody.details, '$.files') f",
            (json.dumps(sorted(unfinished)),),
        )
        return {row[0] for row in rows}

    def last_import(self) -> int | None:
        """The last run that was an import."""
        return self._one("select max(id) from runs where kind = 'import'")  # type: ignore[no-any-return]

    def cover(self, seq: int) -> None:
        """Let an entry stand for the captures that were chosen."""
        self.conn.execute("update captures set custody = ? where id in (select id from temp.covering)", (seq,))

    # witnesses

    def custody_state(self) -> dict[str, Any]:
        """How far the chain goes, who signed its end, and what each authority saw last."""
        last = self.last_entry()
        return {
            "entries": last.entry.seq if last else 0,
            "at": last.entry.at if last else None,
            "hash": last.entry.hash if last else None,
            "key": last.key if last else None,
            "witnessed": self.rows(
                "select authority, max(seq) as seq, at from witnesses group by authority order by authority"
            ),
        }

    def add_witness(self, witness: Witness) -> None:
        """Keep what an authority says of an entry; said once more, the first stays."""
        self.conn.execute("insert or ignore into witnesses values (?, ?, ?, ?)", witness)

    def witnesses(self, seq: int | None = None) -> list[Witness]:
        """What authorities say, by entry; of one entry or of all."""
        return [
            Witness(*row)
            for row in self.conn.execute(
                "select seq, authority, at, token from witnesses where ?1 is null or seq = ?1"
                " order by seq, authority",
                (seq,),
            )
        ]
