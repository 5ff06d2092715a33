"""Rows as a check of the whole archive asks for them: in the order of the files, of the chain, of the articles.

Reads alone, and within one transaction where it was begun (:meth:`Checks.snapshot`): a crawl that writes meanwhile
changes nothing of what is seen.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlite_utils import Database

from archive.fingerprint import IMPORTED
from archive.schema_custody import migrations
from archive.store_rows import Rows

# damages of the database's own structure that are named
_DAMAGES = 100
# of a statement what says nothing: quotes of names and white space, which libraries set one way or another
_UNSAID = re.compile(r'[\s"\[\]`]+')
# what is said of a table, view, index or trigger that no migration makes
ADDED = "this version makes none of that name"
# rows of a list of migrations, of which there are forty
_MIGRATIONS = 10_000
_RECORD = "c.warc_file is not null and c.forgotten is null"
_OF = "(:article is null or c.id in (select capture from capture_articles where article = :article))"


def texts_in(conn: sqlite3.Connection) -> Iterator[tuple[str, int, str, str]]:
    """The texts of a file that was exported, as (table, article, text, digest)."""
    conn.text_factory = _decoded
    for table, column in (("articles", "id"), ("revisions", "article")):
        for row in conn.execute(f"select {column}, text, text_sha256 from {table}"):  # noqa: S608
            yield table, row[0], row[1], row[2]


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _schema(conn: sqlite3.Connection) -> dict[tuple[str, str], str]:
    # a full-text index makes tables of its own, as SQLite's version has them; migrations have the library's
    rows = conn.execute(
        "select type, name, sql from sqlite_master where sql is not null and tbl_name <> '_sqlite_migrations'"
        " and not (type = 'table' and (name like 'sqlite^_%' escape '^'"
        " or name in (select name from pragma_table_list where type = 'shadow')))"
    )
    return {(row[0], row[1]): _UNSAID.sub("", row[2]) for row in rows}


def is_migrated(conn: sqlite3.Connection) -> bool:
    """Whether a stranger's database may be asked for its version: its list of migrations is a table, and not endless.

    One without a list is asked too.
    """
    kinds = {row[2] for row in conn.execute("pragma table_list(_sqlite_migrations)")}
    if kinds != {"table"}:
        return not kinds
    return len(conn.execute(f"select 1 from _sqlite_migrations limit {_MIGRATIONS}").fetchall()) < _MIGRATIONS  # noqa: S608


class Covered(NamedTuple):
    """A capture as the chain covers it; ``forgotten``: the entry that says that its payload was removed."""

    seq: int
    id: int
    run: int | None
    url: str
    fetched_at: str
    status: int | None
    payload_sha256: str | None
    forgotten: int | None


class Held(NamedTuple):
    """What a capture was read to, for one article; ``first_at``: when the first capture of that reading was made."""

    article: int
    reading: int
    extractor: str
    content_sha256: str
    first_at: str
    extras: str


class Checks(Rows):
    """What a check of everything reads."""

    def snapshot(self) -> None:
        """Read on as the archive is now, until :meth:`Store.close`. Text that is no UTF-8 is read as what differs."""
        self.conn.text_factory = _decoded
        self.conn.execute("pragma query_only = on")
        self.conn.execute("begin")
        self.conn.execute("select 1 from sqlite_master").fetchone()

    def is_part(self) -> bool:
        """Whether the database was exported with some articles of an archive: marks and chain rest on the others."""
        return bool(self._one("select exists (select 1 from home where key = 'part')"))

    def damages(self) -> list[str]:
        """What SQLite finds wrong with its file: tables against their indexes, each page against the next."""
        found = [row[0] for row in self.conn.execute(f"pragma integrity_check({_DAMAGES})")]
        return [] if found == ["ok"] else found

    def changed_schema(self) -> Iterator[tuple[str, str, str]]:
        """What of tables, indexes, views and triggers is not as the migrations make it: (kind, name, how)."""
        made = Database(memory=True)
        migrations.apply(made)
        right, stands = _schema(made.conn), _schema(self.conn)
        made.close()
        for (kind, name), sql in right.items():
            if (kind, name) not in stands:
                yield kind, name, "it is missing"
            elif stands[kind, name] != sql:
                yield kind, name, "it is worded in another way than this version makes it"
        for kind, name in stands.keys() - right.keys():
            yield kind, name, ADDED

    # the chain

    def covered(self, seqs: Collection[int] | None = None) -> Iterator[Covered]:
        """The captures that entries stand for, by entry and number; of all entries or of some."""
        some = "" if seqs is None else " and custody in (select value from json_each(?))"
        sql = (
            "select custody, id, run, url, fetched_at, status, payload_sha256, forgotten from captures"  # noqa: S608
            f" where custody is not null{some} order by custody, id"
        )
        for row in self.conn.execute(sql, () if seqs is None else (json.dumps(sorted(seqs)),)):
            yield Covered(*row)

    def uncovered(self) -> list[dict[str, Any]]:
        """Captures that no entry covers, by file: ``captures``, the lowest (``first``), and the ``last`` covered."""
        return self.rows(
            "select warc_file, count(*) as captures, min(id) as first,"
            " (select max(id) from captures where custody is not null) as last"
            " from captures where custody is null group by warc_file order by warc_file"
        )

    def entries_of(self, article: int) -> set[int]:
        """The entries that cover an article's captures."""
        return {
            row[0]
            for row in self.conn.execute(
                "select distinct c.custody from capture_articles ca join captures c on c.id = ca.capture"
                " where ca.article = ? and c.custody is not null",
                (article,),
            )
        }

    def run_ids(self) -> set[int]:
        """Every run that has its row."""
        return {row[0] for row in self.conn.execute("select id from runs")}

    def stopped_by(self) -> dict[int, list[str]]:
        """What each entry put on the stop-list."""
        found: dict[int, list[str]] = {}
        for key, seq in self.conn.execute("select url_key_sha256, seq from forgotten"):
            found.setdefault(seq, []).append(key)
        return found

    def numbers_removed_by(self) -> dict[int, set[int]]:
        """The numbers that each entry took: they are never given again."""
        found: dict[int, set[int]] = {}
        for article, seq in self.conn.execute("select article, seq from forgotten_articles"):
            found.setdefault(seq, set()).add(article)
        return found

    # records

    def record_files(self, article: int | None = None) -> set[str]:
        """The WARC files that captures name."""
        sql = f"select distinct c.warc_file from captures c where c.warc_file is not null and {_OF}"  # noqa: S608
        return {row[0] for row in self.conn.execute(sql, {"article": article})}

    def offsets(self, file: str) -> dict[int, int]:
        """The captures in a WARC file by where their records begin."""
        return dict(self.conn.execute("select warc_offset, id from captures where warc_file = ?", (file,)).fetchall())

    def without_record(self, url: str, at: str) -> list[int]:
        """The captures of an address at a moment that name no record and were not removed."""
        rows = self.conn.execute(
            "select id from captures where url = ? and fetched_at = ? and warc_file is null and forgotten is null",
            (url, at),
        )
        return [row[0] for row in rows]

    def texts_from_nowhere(self, article: int) -> list[int]:
        """The captures of an article that were read, it is said, and have no record that could have been."""
        rows = self.conn.execute(
            "select c.id from capture_articles ca join captures c on c.id = ca.capture"
            " join readings r on r.id = ca.reading where ca.article = ? and r.extractor <> ?"
            " and c.warc_file is null and c.forgotten is null order by c.id",
            (article, IMPORTED),
        )
        return [row[0] for row in rows]

    def stated_address(self, article: int) -> str | None:
        """The address of an article that none of its captures has: its page declares it, or somebody made it up."""
        return self._one(  # type: ignore[no-any-return]
            "select url from articles a where id = ? and not exists (select 1 from capture_articles ca"
            " join captures c on c.id = ca.capture where ca.article = a.id and c.url = a.url)",
            article,
        )

    def without_address(self, article: int | None) -> Iterator[tuple[int, str]]:
        """Captures (number, address) that were read to an article and whose address leads to none."""
        yield from self.conn.execute(
            "select c.id, c.url from captures c where exists (select 1 from capture_articles t"  # noqa: S608
            " where t.capture = c.id and t.reading is not null)"
            " and not exists (select 1 from addresses d where d.url_key = c.url_key)"
            f" and c.forgotten is null and {_OF} order by c.id",
            {"article": article},
        )

    def count_verdicts(self) -> int:
        """How many lines a person said are text, or none."""
        return int(self._one("select count(*) from verdicts"))

    def count_records(self, article: int | None = None) -> int:
        """How many captures have a record."""
        sql = f"select count(*) from captures c where {_RECORD} and {_OF}"  # noqa: S608
        return int(self.conn.execute(sql, {"article": article}).fetchone()[0])

    def records(self, article: int | None = None) -> Iterator[dict[str, Any]]:
        """The captures that have a record, in the order of the files."""
        sql = f"select c.* from captures c where {_RECORD} and {_OF} order by c.warc_file, c.warc_offset"  # noqa: S608
        for row in self.conn.execute(sql, {"article": article}):
            yield dict(row)

    def held(self, capture: int) -> list[Held]:
        """What a capture was read to, in the order of the page."""
        return [
            Held(*row)
            for row in self.conn.execute(
                "select ca.article, r.id, r.extractor, r.content_sha256, r.first_at, r.extras"
                " from capture_articles ca join readings r on r.id = ca.reading where ca.capture = ?"
                " order by ca.position, ca.article",
                (capture,),
            )
        ]

    def first_captures(self, reading: int) -> int:
        """How many captures were read to a reading at its first moment."""
        return int(
            self._one(
                "select count(*) from readings r join capture_articles ca on ca.reading = r.id"
                " join captures c on c.id = ca.capture and c.fetched_at = r.first_at where r.id = ?",
                reading,
            )
        )

    # articles

    def count_articles(self) -> int:
        """How many articles there are."""
        return int(self._one("select count(*) from articles"))

    def every_article(self, article: int | None = None) -> Iterator[dict[str, Any]]:
        """Every article, or one."""
        for row in self.conn.execute("select * from articles where ?1 is null or id = ?1 order by id", (article,)):
            yield dict(row)

    def fields_of(self, reading: int) -> str:
        """A reading's fields as they are kept."""
        return str(self._one("select metadata from readings where id = ?", reading))

    def has_payload(self, article: int, payload_sha256: str) -> bool:
        """Whether a capture of an article has a payload."""
        return bool(
            self._one(
                "select 1 from capture_articles ca join captures c on c.id = ca.capture"
                " where ca.article = ? and c.payload_sha256 = ?",
                article,
                payload_sha256,
            )
        )

    def revision_rows(self, article: int) -> list[dict[str, Any]]:
        """An article's revisions with all they hold, folded ones too."""
        return self.rows("select * from revisions where article = ? order by seen_from, id", article)

    def search_row(self, article: int) -> tuple[str, str, str] | None:
        """What an article is found by."""
        row = self.conn.execute("select title, text, stems from search_text where article = ?", (article,)).fetchone()
        return tuple(row) if row else None

    def part_rows(self, table: str, article: int) -> list[list[object]]:
        """An article's links, media, quotes or entries, without its number."""
        sql = f"select * from {table} where article = ? order by rowid"  # noqa: S608
        return [list(row)[1:] for row in self.conn.execute(sql, (article,))]

    def sighting(self, source: str, block: int, at: int, article: int) -> bool:
        """Whether the evidence says that an article carries a block since a time (seconds)."""
        return bool(
            self._one(
                "select 1 from sightings where source = ? and hash = ? and at = ? and article = ?",
                source, block, at, article,
            )
        )  # fmt: skip

    def count_sightings(self) -> int:
        """The rows of the evidence."""
        return int(self._one("select count(*) from sightings"))

    def pending(self) -> set[int]:
        """Articles that a rebuild has still to read again or to bring in line."""
        return {
            row[0]
            for row in self.conn.execute(
                "select article from unsettled union select ca.article from unread u"
                " join capture_articles ca on ca.capture = u.capture"
            )
        }

    def wrong_outcomes(self, article: int | None = None) -> Iterator[tuple[int, str, str]]:
        """Captures (number, what stands, what should) whose outcome is not what the revisions say."""
        yield from self.conn.execute(
            "select c.id, c.outcome, w.right from captures c join (select o.id, case"  # noqa: S608
            " when exists (select 1 from revisions r where r.first_capture = o.id and r.number = 1) then 'new'"
            " when exists (select 1 from revisions r where r.first_capture = o.id and r.number > 1) then 'revised'"
            " else 'unchanged' end as right from captures o) w on w.id = c.id"
            " where (c.outcome in ('new', 'revised', 'unchanged') or (c.outcome <> 'not_modified' and exists"
            " (select 1 from capture_articles t where t.capture = c.id and t.reading is not null)))"
            " and c.outcome <> w.right"
            f" and c.forgotten is null and {_OF} order by c.id",
            {"article": article},
        )
