"""Whether anything that is not as it was is found and named: a check that passes over one byte is none."""

from __future__ import annotations

import errno
import gzip
import json
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from archive import custody, signing
from archive.chain import Entry, follow, leaf, root
from archive.errors import ConfigurationError
from archive.findings import Findings
from archive.fingerprint import EXTRACTOR
from archive.forget import forget
from archive.home import Home
from archive.models import stamp
from archive.stops import list_sha256
from archive.verify import verify
from archive.workers import Workers
from tests.crawling import command, rows
from tests.keeping import captured, keep, source
from tests.test_revise import URL, story
from tests.witnessing import Stamper, openssl

NOW = datetime(2031, 4, 21, tzinfo=UTC)
QUAY = source("quay", keep="changes")
# what is flipped, and how often: 200 in all
FLIPS = {"warc": 60, "payload": 30, "text": 70, "chain": 30, "head": 10}


def fill(home: Home) -> None:
    """Three runs: pages with a sidebar, edits, what is not kept again, what is gone, a list, an answer that failed."""
    keep(home, [captured(URL.format(n), story(n), n) for n in range(4)])
    custody.make_key(home, NOW)
    custody.seal(home, NOW)
    # told twice: what was kept again, and what said nothing new
    pages = [captured("http://quay.example/1", story(7), 10), captured("http://quay.example/1", story(7), 20)]
    keep(home, pages, {"quay": QUAY})
    etag = (("Content-Type", "text/html; charset=utf-8"), ("ETag", '"one"'))
    keep(
        home,
        [
            captured(URL.format(1), story(1, timber="coal"), 30, headers=etag),
            captured(URL.format(2), b"", 31, status=404),
            captured(URL.format(3), b"", 32, status=304, headers=()),
            captured(
                URL.format(9), gzip.compress(story(9).encode()), 33, headers=(*etag, ("Content-Encoding", "gzip"))
            ),
            captured("http://ferries.example/feed.xml", "<rss></rss>", 34, kind="discovery"),
            captured("http://ferries.example/lost", b"", 35, status=None, error="no such name"),
            captured("http://ferries.example/later", b"", 36, status=503),
        ],
    )
    custody.seal(home, NOW)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Readers of pages, for all tests together."""
    pool = Workers(1)
    yield pool
    pool.close(wait_for=False)


@pytest.fixture
def copy(kept: Home, tmp_path: Path) -> Home:
    """A copy of it to be damaged."""
    shutil.copytree(kept.path, tmp_path / "home")
    return Home(tmp_path / "home")


def said(found: Findings) -> list[str]:
    return [str(one) for one in found.differences]


def change(home: Home, sql: str, *values: object) -> None:
    """Change a row behind the archive's back."""
    connection = sqlite3.connect(home.database, isolation_level=None)
    connection.execute(sql, values)
    connection.close()


def test_nothing_differs_in_an_archive_that_nobody_touched(kept: Home, workers: Workers) -> None:
    found = verify(kept, workers=workers)
    assert (said(found), found.notes) == ([], [])
    count = rows(kept, "select count(*) as n, sum(warc_file is not null) as kept from captures")[0]
    assert found.checked["captures in the chain"] == count["n"] == 13
    assert found.checked["captures"] == count["kept"] == 12
    assert found.checked["texts recomputed"] == found.checked["articles"] == 6
    assert found.checked["WARC files"] == 3


def test_the_demo_archive_is_whole(demo_home: Home, workers: Workers) -> None:
    found = verify(demo_home, workers=workers)
    assert said(found) == []
    assert found.checked["texts recomputed"] == found.checked["articles"] > 100


class Flipper:
    """Flips one bit of a copy of an archive, somewhere; each way says where, as a line must name it."""

    def __init__(self, kept: Home, home: Home, seed: int) -> None:
        self.kept, self.home, self.random = kept, home, random.Random(seed)

    def restore(self) -> None:
        for file in self.kept.path.rglob("*"):
            if file.is_file():
                shutil.copy(file, self.home.path / file.relative_to(self.kept.path))
        for name in ("archive.db-wal", "archive.db-shm"):
            (self.home.path / name).unlink(missing_ok=True)

    def byte(self, data: bytes) -> bytes:
        place = self.random.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << self.random.randrange(8)]) + data[place + 1 :]

    def warc(self) -> str:
        file = self.random.choice(sorted(self.home.warc.iterdir()))
        file.write_bytes(self.byte(file.read_bytes()))
        return file.name

    def head(self) -> str:
        self.home.head.write_bytes(self.byte(self.home.head.read_bytes()))
        return "custody.head"

    def cell(self, table: str, column: str) -> int:
        """Flip a byte of a value that is not empty; returns the number of its row."""
        connection = sqlite3.connect(self.home.database, isolation_level=None)
        found = connection.execute(
            f"select rowid, cast([{column}] as blob), typeof([{column}]) from {table} where length([{column}]) > 0"
        ).fetchall()
        row, value, kind = self.random.choice(found)
        connection.execute(
            f"update {table} set [{column}] = cast(? as {kind}) where rowid = ?", (self.byte(value), row)
        )
        connection.close()
        return int(row)

    def payload(self) -> str:
        if self.random.random() < 0.2:
            return f"reading {self.cell('readings', 'payload_sha256')}:"
        return f"capture {self.cell('captures', 'payload_sha256')}:"

    def chain(self) -> str:
        column = self.random.choice(["at", "event", "details", "previous_hash", "hash", "signature", "key"])
        return f"entry {self.cell('custody', column)} of the chain"

    def text(self) -> str:
        """Flip a byte of a text that people see or search, or of what it is made of."""
        table, column, whose = self.random.choice(
            [
                ("articles", "text", "id"), ("articles", "title", "id"), ("articles", "text_sha256", "id"),
                ("articles", "headline", "id"), ("articles", "first_seen", "id"),
                ("revisions", "text", "article"), ("revisions", "title", "article"),
                ("revisions", "text_sha256", "article"), ("revisions", "seen_from", "article"),
                ("readings", "title", "article"), ("readings", "metadata", "article"),
                ("readings", "content_sha256", "article"), ("readings", "extras", "article"),
                ("search_text", "text", "article"), ("search_text", "stems", "article"),
            ]
        )  # fmt: skip
        if self.random.random() < 0.3:
            return self.block()
        row = self.cell(table, column)
        [found] = rows(self.home, f"select {whose} as article from {table} where rowid = {row}")
        return f"article {found['article']}"

    def block(self) -> str:
        connection = sqlite3.connect(self.home.database, isolation_level=None)
        reading, position, article, text = self.random.choice(
            connection.execute(
                "select reading, position, article, cast(text as blob) from blocks join readings r on r.id = reading"
            ).fetchall()
        )
        connection.execute(
            "update blocks set text = cast(? as text) where reading = ? and position = ?",
            (self.byte(text), reading, position),
        )
        connection.close()
        return f"article {article}"


@pytest.mark.parametrize("kind", FLIPS)
def test_a_byte_that_is_flipped_anywhere_is_found_and_named(
    kind: str, kept: Home, copy: Home, workers: Workers
) -> None:
    flipper = Flipper(kept, copy, seed=len(kind))
    for turn in range(FLIPS[kind]):
        where = getattr(flipper, kind)()
        found = said(verify(copy, workers=workers))
        assert any(where in f"{line}:" for line in found), (kind, turn, where, found[:5])
        flipper.restore()


# what no single byte is


@pytest.mark.parametrize(
    ("sql", "named"),
    [  # a bit of a row's header makes bytes of a text
        ("update custody set at = cast(at as blob) where seq = 2", "entry 2 of the chain"),
        ("update custody set hash = cast(hash as blob) where seq = 2", "entry 2 of the chain"),
        # and one of a key, of the number of its algorithm that of none
        ("update custody set details = replace(details, 'MCowBQYDK2Vw', 'MCowBQYDK3Vw')", "entry 1 of the chain"),
        ("update captures set url = cast(url as blob) where id = 3", "capture 3"),
        ("update captures set warc_offset = cast(warc_offset as blob) where id = 3", "capture 3"),
        ("delete from sources where id = 'quay'", "capture 5"),
        ("update witnesses set token = 'none'", "archive.db, chain"),
    ],
)
def test_a_value_of_another_kind_is_named_and_the_rest_is_checked(
    copy: Home, workers: Workers, sql: str, named: str
) -> None:
    change(copy, "insert into witnesses values (2, 'office', '2031-04-21T00:00:00.000Z', x'00')")
    change(copy, sql)
    found = verify(copy, workers=workers)
    assert any(line.startswith(f"{named}: ") for line in said(found)), said(found)
    assert found.checked["texts recomputed"] >= 5 and found.checked["WARC files"] == 3


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("drop view gone", "view gone: it is missing"),
        ("drop index captures_custody", "index captures_custody: it is missing"),
        (
            "create trigger quiet after update on articles begin update articles set text = '' where id = 0; end",
            "trigger quiet: this version makes none of that name",
        ),
        (
            "create trigger search_text_fts_data after update on articles begin delete from figures where id = 0; end",
            "trigger search_text_fts_data: this version makes none of that name",
        ),
        (
            "update sqlite_master set sql = replace(sql, 'articles + 1', 'articles + 2') where name = 'days_ai'",
            "trigger days_ai: it is worded in another way",
        ),
    ],
)
def test_a_schema_that_was_changed_is_named(copy: Home, workers: Workers, sql: str, named: str) -> None:
    with closing(sqlite3.connect(copy.database)) as conn, conn:
        conn.execute("pragma writable_schema = on")
        conn.execute(sql)
    assert any(line.startswith(named) for line in said(verify(copy, workers=workers)))


def test_a_schema_that_is_no_text_any_more_is_one_line(copy: Home) -> None:
    damaged = copy.database.read_bytes().replace(b"CREATE TABLE home", b"CREATE TABLE h\xffme", 1)
    copy.database.write_bytes(damaged)
    result = command("verify", "--home", str(copy.path))
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert "malformed database schema" in result.stderr


def test_a_file_that_cannot_be_read_is_named(copy: Home, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("archive.records.digest", read)
    found = verify(copy, workers=workers)
    names = sorted(file.name for file in copy.warc.iterdir())
    assert said(found) == [f"{name}: the file cannot be read (Input/output error)" for name in names]


def test_an_archive_on_a_read_only_file_system_is_checked(
    copy: Home, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(copy.database)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    before = sorted(path.name for path in copy.path.iterdir())
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    made: set[str] = set()
    found = verify(copy, None, lambda *_: made.update(path.name for path in copy.path.iterdir()), workers)
    assert (said(found), sorted(made)) == ([], before)  # no log could be made beside it


def test_a_run_whose_captures_are_deleted_is_found(copy: Home, workers: Workers) -> None:
    change(copy, "pragma foreign_keys = off")
    change(copy, "delete from capture_articles where capture in (select id from captures where run = 2)")
    change(copy, "delete from captures where run = 2")
    change(copy, "delete from runs where id = 2")
    found = said(verify(copy, workers=workers))
    assert "entry 3 of the chain: it covers 2 captures, and none is there" in found
    assert "run 2: its row is missing: entry 3 of the chain covers it" in found


def test_an_entry_that_is_taken_out_is_found(copy: Home, workers: Workers) -> None:
    change(copy, "delete from custody where seq = 3")
    found = said(verify(copy, workers=workers))
    assert "entry 3 of the chain: the entry is missing: 4 is the next" in found
    assert "capture 5: it names entry 3 of the chain, which stands for no captures" in found


def test_entries_that_changed_places_are_found(copy: Home, workers: Workers) -> None:
    for old, new in ((3, 99), (4, 3), (99, 4)):
        change(copy, "update custody set seq = ? where seq = ?", new, old)
    found = said(verify(copy, workers=workers))
    assert any(line.startswith("entry 3 of the chain: it does not follow the entry before it") for line in found)
    assert any(line.startswith("entry 4 of the chain: its hash is not that of what it says") for line in found)


def test_captures_of_a_run_that_changed_places_are_found(copy: Home, workers: Workers) -> None:
    ids = [row["id"] for row in rows(copy, "select id from captures where run = 1 order by id limit 2")]
    one, two = (rows(copy, f"select * from captures where id = {i}")[0] for i in ids)
    for row, other in ((one, two), (two, one)):
        change(copy, "update captures set warc_file = null, warc_offset = null where id = ?", row["id"])
        names = [name for name in row if name not in ("id", "warc_file", "warc_offset")]
        sets = ", ".join(f"{name} = ?" for name in names)
        change(copy, f"update captures set {sets} where id = ?", *(other[name] for name in names), row["id"])
    for row, other in ((one, two), (two, one)):
        change(
            copy, "update captures set warc_file = ?, warc_offset = ? where id = ?",
            other["warc_file"], other["warc_offset"], row["id"],
        )  # fmt: skip
    found = said(verify(copy, workers=workers))
    assert "entry 2 of the chain: the 4 captures of run 1 are not those that it covers: another root" in found


def test_a_chain_that_is_cut_short_is_found_though_it_holds(copy: Home, workers: Workers) -> None:
    """With all that its last entry covers: nothing within the database shows it."""
    [last] = rows(copy, "select max(seq) as seq from custody")
    change(copy, "update captures set custody = null where custody = ?", last["seq"])
    change(copy, "delete from custody where seq = ?", last["seq"])
    found = said(verify(copy, workers=workers))
    assert found == [
        f"the chain: it was cut short: it ends with entry {last['seq'] - 1}, and custody.head states {last['seq']}"
    ]
    copy.head.unlink()
    [line] = said(verify(copy, workers=workers))
    assert line.startswith("custody.head: it is missing")


def test_an_entry_that_is_made_up_and_rehashed_is_found_by_its_signature(copy: Home, workers: Workers) -> None:
    from archive.chain import entry_hash

    [row] = rows(copy, "select * from custody order by seq desc limit 1")
    details = row["details"].replace('"captures":7', '"captures":8')
    assert details != row["details"]
    digest = entry_hash(row["seq"], row["at"], row["event"], details, row["previous_hash"])
    change(copy, "update custody set details = ?, hash = ? where seq = ?", details, digest, row["seq"])
    found = said(verify(copy, workers=workers))
    assert f"entry {row['seq']} of the chain: its signature is not one by the key {row['key'][:16]}" in found


def test_a_capture_that_was_put_in_is_found(copy: Home, workers: Workers) -> None:
    change(
        copy,
        "insert into captures (url, url_key, source, run, kind, fetched_at, outcome, custody)"
        " values ('http://ferries.example/x', 'ferries.example/x', 'ferries', 1, 'page',"
        " '2031-04-20T06:00:00.000Z', 'failed', 2)",
    )
    assert "entry 2 of the chain: it covers 4 captures of run 1, and 5 are there" in said(
        verify(copy, workers=workers)
    )


# who may write to the database and to warc/, and has no key


def added(home: Home, event: str, details: dict[str, Any], key: signing.Key | None = None) -> int:
    """Append an entry that follows the others, signed by a key of somebody's own or by none; its number."""
    [row] = rows(home, "select seq, at, event, details, previous_hash, hash from custody order by seq desc limit 1")
    entry = follow(Entry(**row), stamp(NOW), event, details)
    signature, name = key.signer(entry.hash) if key else (None, None)
    change(home, "insert into custody values (?, ?, ?, ?, ?, ?, ?, ?)", *entry, signature, name)
    return entry.seq


def tombstone(home: Home, capture: int) -> dict[str, Any]:
    """What an entry says that takes a capture out of the tree."""
    [row] = rows(home, "select url, fetched_at, status, payload_sha256 as p from captures where id = ?", capture)
    kept = leaf(row["url"], row["fetched_at"], row["status"], row["p"])
    return {"captures": [[capture, kept]], "articles": [], "numbers": [], "stops": list_sha256(()), "files": {}}


@pytest.mark.parametrize("marked", [False, True])
def test_a_removal_that_somebody_made_up_does_not_free_a_capture(copy: Home, workers: Workers, marked: bool) -> None:
    seq = added(copy, "forgotten", tombstone(copy, 1))
    change(
        copy, "update captures set payload_sha256 = ?, forgotten = ? where id = 1", "0" * 64, seq if marked else None
    )
    found = said(verify(copy, workers=workers))
    assert f"entry {seq} of the chain: it is not signed, as what removes or names a key has to be" in found
    standing = "capture 1: an entry of the chain removed it, and its row stands as it was"
    assert (standing in found) != marked
    # nor does the next run of its owner sign it
    custody.seal(copy, NOW)
    assert rows(copy, "select signature from custody where seq = ?", seq) == [{"signature": None}]
    assert verify(copy, workers=workers).total


def test_a_removal_signed_by_a_key_of_ones_own_is_found(copy: Home, workers: Workers, tmp_path: Path) -> None:
    key = signing.make(tmp_path / "own", "key.pem")
    seq = added(copy, "key", {"key": key.fingerprint, "public": key.public}, key)
    added(copy, "forgotten", tombstone(copy, 1), key)
    found = said(verify(copy, workers=workers))
    owners = f"nobody who is trusted endorsed its key: is {key.fingerprint} its owner's (--key)?"
    assert f"entry {seq}: {owners}" in found
    assert (
        f"entry {seq + 1} of the chain: it is signed by {key.fingerprint[:16]}, a key that nobody who is trusted endorsed"
        in found
    )
    # who lost a key says that both were his
    [first] = rows(
        copy, "select json_extract(details, '$.key') as key from custody where event = 'key' order by seq limit 1"
    )
    mine = said(verify(copy, workers=workers, keys=[first["key"], key.fingerprint]))
    assert not [line for line in mine if "trusted" in line]


def test_a_file_is_stated_once(copy: Home, workers: Workers) -> None:
    file = sorted(copy.warc.iterdir())[0]
    file.write_bytes(file.read_bytes() + gzip.compress(b"more"))
    details = {"run": None, "kind": "run", "captures": 0, "root": root(()), "files": {file.name: custody.state(file)}}
    seq = added(copy, "run", details)
    found = said(verify(copy, workers=workers))
    assert any(
        line.startswith(f"entry {seq} of the chain: it states {file.name} otherwise than entry ") for line in found
    )
    assert any(line.startswith(f"{file.name}: it has ") for line in found)


def test_an_outcome_does_not_keep_a_page_from_being_read_again(copy: Home, workers: Workers) -> None:
    pages = verify(copy, workers=workers).checked["pages read again"]
    change(copy, "update captures set outcome = 'failed' where id = 1")
    found = verify(copy, workers=workers)
    assert found.checked["pages read again"] == pages
    assert said(found) == ["capture 1: its outcome is new by the revisions, and failed in its row"]


@pytest.mark.parametrize("extractor", [EXTRACTOR, "imported"])
def test_a_text_is_not_cut_off_from_its_page(copy: Home, workers: Workers, extractor: str) -> None:
    [row] = rows(copy, "select warc_file, warc_offset from captures where id = 1")
    change(copy, "update captures set warc_file = null, warc_offset = null where id = 1")
    change(copy, "update readings set extractor = ? where article = 1", extractor)
    found = said(verify(copy, workers=workers))
    at = f"{row['warc_file']} at {row['warc_offset']}"
    assert f"capture 1: its row names no record, and one of it is in {at}" in found
    nowhere = "capture 1: it has no record, and article 1 is said to be read from it"
    assert (nowhere in found) == (extractor == EXTRACTOR)


def test_an_article_stands_where_its_pages_say(copy: Home, workers: Workers) -> None:
    [row] = rows(copy, "select url, url_key, id from captures where id = 1")
    change(copy, "update articles set url = 'http://evil.example/other' where id = 1")
    assert "article 1: its address is that of none of its pages, nor what one declares" in said(
        verify(copy, workers=workers)
    )
    change(copy, "update articles set url = ? where id = 1", row["url"])
    change(copy, "delete from addresses where article = 1")
    assert f"capture 1: its address leads to no article ({row['url']})" in said(verify(copy, workers=workers))


def test_a_chain_that_was_written_anew_is_found_by_the_key_that_one_knows(copy: Home, workers: Workers) -> None:
    [old] = rows(copy, "select json_extract(details, '$.key') as key from custody where event = 'key'")
    assert verify(copy, workers=workers, keys=[old["key"]]).signed == (old["key"], 4)
    change(copy, "update captures set custody = null")
    change(copy, "delete from custody")
    copy.head.unlink()
    shutil.rmtree(copy.keys)
    new = custody.make_key(copy, NOW)
    custody.seal(copy, NOW)
    found = verify(copy, workers=workers)
    assert (said(found), found.signed) == ([], (new.fingerprint, 4))  # it says whose it is
    found = verify(copy, workers=workers, keys=[old["key"]])
    assert f"the chain: no entry of it names the key {old['key']}" in said(found)
    assert f"entry 1: nobody who is trusted endorsed its key: is {new.fingerprint} its owner's (--key)?" in said(
        found
    )


def test_an_end_without_a_signature_is_told_and_no_end_for_who_knows_the_key(copy: Home, workers: Workers) -> None:
    [old] = rows(copy, "select json_extract(details, '$.key') as key from custody where event = 'key'")
    (copy.keys / "custody.pem").unlink()
    keep(copy, [captured(URL.format(20), story(20), 90)])
    custody.seal(copy, NOW)
    found = verify(copy, workers=workers)
    assert (said(found), found.notes) == ([], ["not signed, though there was a key: 1 entry of the chain (5)"])
    assert said(verify(copy, workers=workers, keys=[old["key"]])) == [
        "entry 5 of the chain: it is the last one, and not signed"
    ]
    with pytest.raises(ConfigurationError, match="has to be signed"):
        forget(copy, 1, "by order", NOW)
    assert rows(copy, "select count(*) as n from articles where id = 1") == [{"n": 1}]


def test_a_warc_file_that_is_gone_is_named_once_and_its_captures_each(copy: Home, workers: Workers) -> None:
    name = sorted(file.name for file in copy.warc.iterdir())[0]
    (copy.warc / name).unlink()
    found = said(verify(copy, workers=workers))
    assert f"{name}: the file is missing: captures lie in it" in found
    assert sum("its record cannot be read back" in line for line in found) == 4


def test_a_flipped_byte_of_a_payload_names_the_record_and_its_capture(copy: Home, workers: Workers) -> None:
    [row] = rows(copy, "select id, warc_file, warc_offset from captures where run = 1 order by id limit 1 offset 1")
    file = copy.warc / row["warc_file"]
    data = bytearray(file.read_bytes())
    data[row["warc_offset"] + 200] ^= 1
    file.write_bytes(data)
    found = said(verify(copy, workers=workers))
    assert any(
        line.startswith(f"{row['warc_file']} at {row['warc_offset']} (capture {row['id']}): ") for line in found
    )
    assert not any(f"(capture {other})" in line for line in found for other in range(1, 20) if other != row["id"])


def test_raw_bytes_of_the_database_that_hold_a_text_are_found(kept: Home, copy: Home, workers: Workers) -> None:
    """Not by SQL: as a disk or an editor changes them."""
    words = b"Its master, who has served for"
    data = copy.database.read_bytes()
    places = [n for n in range(len(data)) if data.startswith(words, n)]
    assert len(places) > 10
    for place in random.Random(3).sample(places, 8):
        damaged = bytearray(data)
        damaged[place + 5] ^= 4
        copy.database.write_bytes(damaged)
        assert verify(copy, workers=workers).total, place
    copy.database.write_bytes(data)
    assert said(verify(copy, workers=workers)) == []


# what differs and is not wrong


def test_a_text_of_an_extractor_that_is_not_installed_is_not_recomputed_and_not_called_wrong(
    copy: Home, workers: Workers
) -> None:
    change(copy, "update readings set extractor = 'communique-3 trafilatura-1.0' where article = 1")
    change(copy, "update articles set extractor = 'communique-3 trafilatura-1.0' where id = 1")
    found = verify(copy, workers=workers)
    assert said(found) == []
    assert any("communique-3 trafilatura-1.0, which is not installed" in note for note in found.notes)
    assert found.checked["texts not recomputed"] == 1
    change(copy, "update articles set text = text || 'x' where id = 1")
    assert "article 1: its text is not that of its text_sha256" in said(verify(copy, workers=workers))


def test_what_no_entry_covers_yet_is_said_and_no_difference(copy: Home, workers: Workers) -> None:
    keep(copy, [captured(URL.format(20), story(20), 90)])
    found = verify(copy, workers=workers)
    assert said(found) == []
    assert "not in the chain yet: 1 capture; the end of the next run covers what is there" in found.notes


def test_what_a_killed_run_had_not_written_to_its_end_is_no_difference(copy: Home, workers: Workers) -> None:
    keep(copy, [captured(URL.format(20), story(20), 90)])
    [row] = rows(copy, "select warc_file, warc_offset from captures order by id desc limit 1")
    file = copy.warc / f"{row['warc_file']}.open"
    whole = (copy.warc / row["warc_file"]).rename(file).read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 3])
    assert said(verify(copy, workers=workers)) == []
    damaged = bytearray(file.read_bytes())
    damaged[row["warc_offset"] + 100] ^= 1
    file.write_bytes(damaged)
    assert any(line.startswith(f"{row['warc_file']} at ") for line in said(verify(copy, workers=workers)))


def test_an_archive_without_a_chain_is_checked_all_the_same(home: Home, workers: Workers) -> None:
    keep(home, [captured(URL.format(1), story(1))])
    found = verify(home, workers=workers)
    assert said(found) == []
    assert "there is no chain yet: the next run that ends begins one" in found.notes
    change(home, "update blocks set text = text || 'x' where position = 1")
    assert verify(home, workers=workers).total


def test_a_rebuild_that_was_not_finished_is_to_be_finished_first(copy: Home, workers: Workers) -> None:
    change(copy, "insert into unsettled values (1, 'marks')")
    change(copy, "update articles set title = 'Another' where id = 1")
    assert said(verify(copy, workers=workers)) == [
        "a rebuild: it was not finished, 1 article left that cannot be checked: `communique rebuild` goes on"
    ]
    with copy.writing():  # perhaps by one that goes on
        found = verify(copy, workers=workers)
    assert (said(found), found.notes) == (
        [],
        ["a rebuild is not finished, 1 article left that cannot be checked before"],
    )


def test_while_pages_are_kept_nothing_differs(copy: Home, workers: Workers) -> None:
    """One read transaction: what a crawl commits meanwhile is seen whole or not at all."""
    failed: list[BaseException] = []

    def crawl() -> None:
        try:
            for n in range(3):
                keep(copy, [captured(URL.format(30 + n), story(30 + n), 100 + n)])
                with copy.writing():
                    custody.seal(copy, NOW)
        except BaseException as error:  # noqa: BLE001  said by the test
            failed.append(error)

    thread = threading.Thread(target=crawl)
    thread.start()
    looks = 0
    while thread.is_alive() or not looks:
        assert said(verify(copy, workers=workers)) == []
        looks += 1
    thread.join()
    assert not failed
    assert said(verify(copy, workers=workers)) == []


def test_while_an_article_is_removed_by_law_nothing_differs_nor_afterwards(copy: Home, workers: Workers) -> None:
    failed: list[BaseException] = []

    def remove() -> None:
        try:
            with copy.writing():
                forget(copy, 3, "An order of the harbour court", NOW)
        except BaseException as error:  # noqa: BLE001  said by the test
            failed.append(error)

    thread = threading.Thread(target=remove)
    thread.start()
    while thread.is_alive():
        assert said(verify(copy, workers=workers)) == []
    thread.join()
    assert not failed
    found = verify(copy, workers=workers)
    assert (said(found), found.checked["articles"]) == ([], 5)
    change(copy, "update captures set payload_sha256 = ? where id = 1", "0" * 64)
    assert any(line.startswith("entry 2 of the chain: ") for line in said(verify(copy, workers=workers)))


# what others say


def test_a_time_stamp_is_proved_and_one_that_holds_no_more_is_named(
    copy: Home, tmp_path: Path, workers: Workers
) -> None:
    stamper = Stamper(tmp_path / "authority")
    try:
        stamper.configure(copy.path)
        assert custody.seal(copy, NOW).problems == ()
    finally:
        stamper.close()
    found = verify(copy, article=1, workers=workers)
    assert (said(found), found.checked["time stamps"]) == ([], 1)
    [row] = rows(copy, "select * from witnesses")
    [digest] = (entry["hash"] for entry in rows(copy, "select * from custody order by seq desc limit 1"))
    place, named = random.Random(5), 0
    for _ in range(30):
        token = bytearray(row["token"])
        where = place.randrange(len(token))
        token[where] ^= 1 << place.randrange(8)
        change(copy, "update witnesses set token = ?", bytes(token))
        found = verify(copy, article=1, workers=workers)
        if found.total:
            assert said(found)[0].startswith(f"time stamp of entry {row['seq']} by test: ")
            named += 1
        else:  # of what no signature covers, such as a second copy of the authority's certificate: it holds as before
            (tmp_path / "token").write_bytes(token)
            told = openssl("ts", "-verify", "-digest", digest, "-in", tmp_path / "token", "-CAfile", stamper.ca)
            assert "Verification: OK" in told
    assert named > 15
    change(copy, "update witnesses set token = ?, at = '2031-04-20T06:00:00.000Z'", row["token"])
    [line] = said(verify(copy, article=1, workers=workers))
    assert "and 2031-04-20T06:00:00.000Z stands" in line
    change(copy, "update witnesses set at = ?", row["at"])
    (copy.path / "custody.toml").unlink()
    found = verify(copy, article=1, workers=workers)
    assert said(found) == []
    assert any("certificates of test are not at hand" in note for note in found.notes)


# one article, and the command


def test_an_article_alone_is_checked_with_all_it_rests_on(kept: Home, copy: Home, workers: Workers) -> None:
    found = verify(kept, article=2, workers=workers)
    assert (said(found), found.checked["articles"], found.checked["captures"]) == ([], 1, 2)
    change(copy, "update articles set title = 'Another' where id = 2")
    assert said(verify(copy, article=1, workers=workers)) == []
    assert said(verify(copy, article=2, workers=workers)) == [
        "article 2: its title is Ferry report number 1 as worked out, and Another stands"
    ]


def test_the_command_says_what_differs_by_its_exit_code(kept: Home, copy: Home, tmp_path: Path) -> None:
    done = command("verify", "--home", str(kept.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("nothing differs: ")
    change(copy, "update articles set title = 'Another' where id = 2")
    done = command("verify", "--home", str(copy.path), "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["differences"] == [
        {"where": "article 2", "what": "its title is Ferry report number 1 as worked out, and Another stands"}
    ]
    strict = ["verify", "--home", str(kept.path), "--strict", "--key", str(kept.keys / "custody.pub")]
    assert command(*strict).stdout.endswith(f"; signed by {signing.load(kept.keys).fingerprint} up to entry 4\n")  # type: ignore[union-attr]
    change(copy, "update articles set title = ? where id = 2", "Ferry report number 1")
    change(copy, "update readings set extractor = 'communique-3 trafilatura-1.0' where article = 2")
    assert [command("verify", "--home", str(copy.path), *more).returncode for more in ([], ["--strict"])] == [0, 1]
    assert "no fingerprint" in command("verify", "--home", str(kept.path), "--key", "x").stderr
    for arguments in (["--home", str(tmp_path / "none")], ["--home", str(kept.path), "--article", "99"]):
        done = command("verify", *arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_many_differences_of_one_kind_are_counted() -> None:
    found = Findings()
    for n in range(50):
        found.differs(f"capture {n}", f"its etag is {n} in WARC, and nothing in its row")
    found.differs("custody.head", "it is not as it was written")
    assert len(list(found.lines(every=True))) == 51
    some = list(found.lines(every=False))
    assert (len(some), some[-1]) == (22, "and 30 more of these kinds (--all names them)")
