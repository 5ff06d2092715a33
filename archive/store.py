"""All SQL that writes and reads rows on the way of a page. Values in, values out; decides nothing.

One connection writes (the thread that holds the home's lock); others read beside it (WAL).
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.errors import EarlierArchiveError, NoArchiveError
from archive.models import (
    Block,
    Mark,
    Outcome,
    Reading,
)
from archive.schema_custody import migrations
from archive.store_backup import back_up
from archive.store_captures import Captures, Known
from archive.store_copies import Copies, Link, Place
from archive.store_custody import Custody
from archive.store_evidence import Evidence, seconds
from archive.store_export import Exports
from archive.store_figures import FigureRows
from archive.store_forget import Forgetting
from archive.store_history import History
from archive.store_rebuild import Rebuilds
from archive.store_records import RecordRows
from archive.store_restricted import Restrictions
from archive.store_rows import to_be_read
from archive.store_runs import Runs
from archive.store_search import Only, Searches
from archive.store_stories import Stories
from archive.store_verdicts import Verdicts
from archive.store_verify import Checks
from archive.store_visits import Visit, Visits

__all__ = ["Known", "Link", "Only", "Place", "Revision", "Step", "Store", "Visit", "seconds"]

# the writer's page cache, in KiB: an article is put in at a hundred places of the index of copies
_CACHE = 65_536
_LOG = logging.getLogger(__name__)
# a reader that meets the writer waits this long, in milliseconds
_BUSY = 30_000


@dataclass(frozen=True, slots=True)
class Step:
    """One capture in an article's history; ``reading`` is None where the page said that it is gone.

    ``own``: it carries the page itself, and does not only confirm what an earlier one carries. ``kept``: its record
    lies in ``warc/``: it came with one, and that was not forgotten.
    """

    capture: int
    at: str
    outcome: Outcome
    reading: int | None
    extractor: str | None
    own: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """A kept revision."""

    id: int
    number: int | None
    first_capture: int
    seen_from: str
    seen_to: str
    title: str
    summary: str | None
    text_sha256: str
    folded_into: int | None


class Store(
    Runs, Visits, Captures, Evidence, Verdicts, Rebuilds, History, Searches, Copies, Stories, FigureRows,
    Restrictions, RecordRows, Custody, Exports, Forgetting, Checks,
):  # fmt: skip
    """The archive's rows.

    Raises:
        NoArchiveError: opened for reading where there is none, or one of another version or another program.
    """

    def __init__(self, path: Path, write: bool = False) -> None:
        if not write and not path.is_file():
            raise NoArchiveError(f"no archive at {path}")
        # the transactions are this module's own; the writer's thread may be another than the one that opened it
        place = path if write else to_be_read(path)
        self.conn = sqlite3.connect(place, isolation_level=None, check_same_thread=False, uri=not write)
        self.conn.row_factory = sqlite3.Row
        self.conn.execute(f"pragma busy_timeout = {_BUSY}")
        self.db = Database(self.conn)
        try:
            _check_version(self.db, path, write)
        except UnicodeDecodeError as error:
            self.conn.close()
            raise sqlite3.DatabaseError(f"malformed database schema ({error})") from error
        except BaseException:
            self.conn.close()
            raise
        if write:
            self.conn.execute("pragma foreign_keys = on")
            self.conn.execute(f"pragma cache_size = {-_CACHE}")
            self.conn.execute("pragma synchronous = full")  # a WARC file that is finished is never scanned again
            self.db.enable_wal()
            if migrations.pending(self.db) and self.db.table("articles").exists():
                copy = back_up(self.conn, path, max(migration.name for migration in migrations.applied(self.db)))
                _LOG.warning("bringing the archive up to this version: a large one takes minutes, reading goes on")
                _LOG.warning("as it was before, it lies in %s", copy)
            migrations.apply(self.db)

    def close(self) -> None:
        """Close the connection; the last writer folds the WAL into the file."""
        self.conn.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self.conn.execute("begin immediate")
        try:
            yield
        except BaseException:  # an interrupt too: nobody else would end the transaction
            self.conn.execute("rollback")
            raise
        self.conn.execute("commit")

    def source_health(self) -> list[dict[str, Any]]:
        """The view of that name, and what the last run brought of each source."""
        return self.rows(
            "select h.*, coalesce(l.new, 0) as new, coalesce(l.revised, 0) as revised,"
            " coalesce(l.failed, 0) as failed_now from source_health h left join (select source,"
            " sum(outcome = 'new') as new, sum(outcome = 'revised') as revised, sum(outcome = 'failed') as failed"
            " from captures where run = (select max(id) from runs) group by source) l on l.source = h.source"
        )

    def served_openly(self, sources: Iterable[str]) -> list[str]:
        """Those of some sources that are served to everybody."""
        wanted = json.dumps(sorted(sources))
        sql = "select id from sources where public and id in (select value from json_each(?)) order by id"
        return [row["id"] for row in self.rows(sql, wanted)]

    def last_runs(self, limit: int) -> list[dict[str, Any]]:
        """The last runs, the latest first."""
        return self.rows("select * from runs order by id desc limit ?", limit)

    def detail(self, article: int) -> dict[str, Any] | None:
        """An article with its captures, and the blocks of the reading it shows: what is hidden of it, and why.

        ``steps``: what was done to find its text. Of a block, ``documents``: on how many of the source's it stands;
        ``verdict``: what somebody decided on it.
        """
        rows = self.rows("select * from articles where id = ?", article)
        if not rows:
            return None
        row, shown = rows[0], self.shown_reading(article)
        metadata = json.loads(self._one("select metadata from readings where id = ?", shown) or "{}")
        return {
            **row,
            **{name: json.loads(row[name] or "[]") for name in ("authors", "tags")},
            "steps": metadata.get("steps", []),
            "moved_to": self.moved_to(article),
            "captures": self.rows(
                "select c.id, c.url, c.fetched_at, c.outcome, c.payload_sha256, c.warc_file, c.warc_offset"
                " from captures c join capture_articles ca on ca.capture = c.id where ca.article = ?"
                " order by c.fetched_at, c.id",
                article,
            ),
            "hidden": self.rows(
                "select position, text, reason, documents from hidden_blocks where article = ?", article
            ),
            "blocks": self.rows(
                "select b.position, b.kind, b.mark, b.role, v.verdict, (select count(*) from sightings s"
                " where s.source = ? and s.hash = b.hash) as documents, b.link_share, b.text from blocks b"
                " left join verdicts v on v.source = ? and v.hash = b.hash where b.reading = ? order by b.position",
                row["source"],
                row["source"],
                shown,
            ),
            **{name: self._parts(name, article) for name in ("links", "media", "quotes", "entries")},
            "figures": self.figures_stated(article),
            "figures_unread": self.unread_sentences(article),
        }

    def _parts(self, table: str, article: int) -> list[dict[str, Any]]:
        rows = self.rows(f"select * from {table} where article = ? order by position, rowid", article)  # noqa: S608
        return [{name: value for name, value in row.items() if name != "article"} for row in rows]

    def articles(self) -> list[dict[str, Any]]:
        """Every article's row, by id."""
        return self.rows("select * from articles order by id")

    # articles and readings

    def article_at(self, url_key: str) -> int | None:
        """The article at an address, of a page with several one of them."""
        return self._one("select article from addresses where url_key = ?", url_key)  # type: ignore[no-any-return]

    def parts(self, article: int) -> dict[int, int]:
        """Every article that was seen on the page of this one, itself too: part → article."""
        return dict(
            self.conn.execute(
                "select p.part, p.id from articles a join articles p on p.url = a.url where a.id = ? order by p.part",
                (article,),
            ).fetchall()
        )

    def next_part(self, url: str) -> int:
        """The number of a story that is new on its page: none is given twice."""
        return self._one(  # type: ignore[no-any-return]
            "select 1 + max(coalesce((select max(part) from articles where url = ?1), 0),"
            " coalesce((select max(part) from removed where url = ?1), 0))",
            url,
        )

    def place(self, article: int) -> int:
        """Where an article stood among the stories of its page when it was there last."""
        return self._one(  # type: ignore[no-any-return]
            "select ca.position from capture_articles ca join captures c on c.id = ca.capture"
            " where ca.article = ? and ca.reading is not null order by c.fetched_at desc, c.id desc limit 1",
            article,
        )

    def set_place(self, article: int, position: int) -> None:
        """Write where an article stands on its page."""
        self.conn.execute("update articles set position = ? where id = ?", (position, article))

    def add_article(
        self, url: str, part: int, source: str, capture: int, at: str, reading: Reading, number: int | None = None
    ) -> int:
        """A row for an article that is new; :meth:`set_text` fills in what its captures say.

        ``number``: the one that it is to have, None: the next.
        """
        last = self._one(  # the number of one that was removed is not given again
            "select max(coalesce((select max(id) from articles), 0), coalesce((select max(article) from removed), 0),"
            " coalesce((select max(article) from forgotten_articles), 0))"
        )
        return self._insert(
            "articles",
            {
                "id": number or last + 1, "url": url, "part": part, "position": part, "source": source,
                "title": reading.title, "first_seen": at, "last_checked": at, "text": "", "words": 0,
                "text_sha256": "", "revisions": 0, "capture": capture, "extractor": "",
            },
        )  # fmt: skip

    def add_addresses(self, article: int, url_keys: Iterable[str], own: str) -> None:
        """Remember where an article was seen; an address that leads elsewhere stays there.

        Captures that found nothing at its ``own`` address (the one that answered) before anything was known of it
        belong to the article from now on.
        """
        for key in url_keys:
            added = self.conn.execute("insert or ignore into addresses values (?, ?)", (key, article)).rowcount
            if added and key == own:
                self.conn.execute(
                    "insert or ignore into capture_articles (capture, article) select id, ? from captures"
                    " where url_key = ? and outcome = 'gone'",
                    (article, key),
                )

    def find_reading(self, article: int, extractor: str, content_sha256: str) -> int | None:
        """The reading of that content, where there is one."""
        return self._one(  # type: ignore[no-any-return]
            "select id from readings where article = ? and extractor = ? and content_sha256 = ?",
            article, extractor, content_sha256,
        )  # fmt: skip

    def add_reading(
        self,
        article: int,
        extractor: str,
        payload_sha256: str,
        reading: Reading,
        content: tuple[str, str],
        at: str,
    ) -> int:
        """A reading with its blocks, unmarked; ``content``: its SHA-256 and its metadata as JSON."""
        identity = self._insert(
            "readings",
            {
                "article": article,
                "extractor": extractor,
                "payload_sha256": payload_sha256,
                "title": reading.title,
                "metadata": content[1],
                "content_sha256": content[0],
                "first_at": at,
            },
        )
        self.conn.executemany(
            "insert into blocks (reading, position, kind, text, hash, link_share, role) values (?, ?, ?, ?, ?, ?, ?)",
            [(identity, n, *block) for n, block in enumerate(reading.blocks)],
        )
        return identity

    def set_extras(self, reading: int, extras: str) -> None:
        """Keep with a reading its links, media, quotes and entries (JSON)."""
        self.conn.execute("update readings set extras = ? where id = ?", (extras, reading))

    def contents(self, capture: int, extractor: str) -> list[str]:
        """The content digests of what a capture was read to by this extractor, in the order of the page."""
        return [
            row[0]
            for row in self.conn.execute(
                "select r.content_sha256 from capture_articles ca join readings r on r.id = ca.reading"
                " where ca.capture = ? and r.extractor = ? order by ca.position",
                (capture, extractor),
            )
        ]

    def first_at(self, reading: int, at: str | None = None) -> str:
        """When a reading's content was first captured; an earlier ``at`` moves it."""
        if at is not None:
            self.conn.execute("update readings set first_at = min(first_at, ?) where id = ?", (at, reading))
        return str(self._one("select first_at from readings where id = ?", reading))

    def link(self, capture: int, article: int, reading: int, position: int) -> None:
        """Say what a capture held of an article, and where among its stories; once more for the same says it anew."""
        self.conn.execute(
            "insert into capture_articles (capture, article, reading, position) values (?, ?, ?, ?)"
            " on conflict do update set reading = excluded.reading, position = excluded.position",
            (capture, article, reading, position),
        )

    def link_as(self, capture: int, earlier: int) -> list[int]:
        """Say that a capture confirmed another one; returns the articles."""
        return [
            row[0]
            for row in self.conn.execute(
                "insert into capture_articles (capture, article, reading, position)"
                " select ?, article, reading, position from capture_articles where capture = ?"
                " and reading is not null returning article",
                (capture, earlier),
            ).fetchall()
        ]

    def link_gone(self, capture: int, url_key: str) -> list[int]:
        """Say that every article that answered at this address last is gone; returns those of which that was new."""
        return [
            row[0]
            for row in self.conn.execute(
                "insert or ignore into capture_articles (capture, article) select ?, p.id from addresses d"
                " join articles a on a.id = d.article join captures c on c.id = a.capture and c.url_key = d.url_key"
                " join articles p on p.url = a.url where d.url_key = ?"
                " returning article",
                (capture, url_key),
            ).fetchall()
        ]

    def shown_reading(self, article: int) -> int | None:
        """The reading whose text an article shows."""
        return self._one(  # type: ignore[no-any-return]
            "select ca.reading from articles a join capture_articles ca on ca.capture = a.capture"
            " and ca.article = a.id where a.id = ?",
            article,
        )

    def outdated(self, article: int, extractor: str) -> list[dict[str, Any]]:
        """An article's full captures with a raw page that another extractor version read last."""
        return self.rows(
            "select c.* from capture_articles ca join readings r on r.id = ca.reading"
            " join captures c on c.id = ca.capture"
            " where ca.article = ? and r.extractor <> ? and c.status = 200 and c.warc_file is not null"
            " and c.confirms is null",
            article,
            extractor,
        )

    def touch(self, article: int, capture: int | None, at: str) -> bool:
        """An article's text was confirmed at a later time; False where it is not that simple.

        ``capture``: the one to show as its proof from now on, None to leave it (one that confirms holds no text).
        """
        changed = self.conn.execute(
            "update articles set last_checked = ?, capture = coalesce(?, capture)"
            " where id = ? and gone_at is null and last_checked <= ?",
            (at, capture, article, at),
        ).rowcount
        if changed:
            self.conn.execute(
                "update revisions set seen_to = ? where article = ? and number = (select revisions from articles"
                " where id = ?)",
                (at, article, article),
            )
        return bool(changed)

    def article(self, article: int) -> dict[str, Any]:
        """An article's row."""
        return dict(self.conn.execute("select * from articles where id = ?", (article,)).fetchone())

    def history(self, article: int) -> list[Step]:
        """Every capture that says something of an article, by time."""
        return [
            Step(*row)
            for row in self.conn.execute(
                "select c.id, c.fetched_at, c.outcome, ca.reading, r.extractor, c.confirms is null,"
                " c.warc_file is not null from capture_articles ca"
                " join captures c on c.id = ca.capture left join readings r on r.id = ca.reading"
                " where ca.article = ? order by c.fetched_at, c.id",
                (article,),
            )
        ]

    def readings(self, article: int) -> dict[int, dict[str, Any]]:
        """An article's readings by id: extractor, title, metadata (parsed), first_at."""
        return {
            row["id"]: {**dict(row), "metadata": json.loads(row["metadata"])}
            for row in self.conn.execute("select * from readings where article = ?", (article,))
        }

    def blocks(self, reading: int) -> tuple[tuple[Block, ...], tuple[Mark | None, ...]]:
        """A reading's blocks and their marks, in page order."""
        rows = self.conn.execute(
            "select kind, text, hash, link_share, role, mark from blocks where reading = ? order by position",
            (reading,),
        ).fetchall()
        return tuple(Block(*row[:5]) for row in rows), tuple(row[5] for row in rows)

    def set_marks(self, reading: int, marks: Mapping[int, Mark | None]) -> None:
        """Write marks by position."""
        self.conn.executemany(
            "update blocks set mark = ? where reading = ? and position = ?",
            [(mark, reading, position) for position, mark in marks.items()],
        )

    def set_text(self, article: int, row: Mapping[str, object], search: tuple[str, str, str] | None) -> None:
        """Write what an article shows; ``search`` (title, text, stems) where that changed."""
        columns = ", ".join(f"{name} = ?" for name in row)
        self.conn.execute(f"update articles set {columns} where id = ?", (*row.values(), article))  # noqa: S608
        if search is not None:
            self.conn.execute(
                "insert into search_text values (?, ?, ?, ?) on conflict do update set"
                " title = excluded.title, text = excluded.text, stems = excluded.stems",
                (article, *search),
            )

    def stemmed(self, article: int) -> bool:
        """Whether an article has stems to be found by."""
        return bool(self._one("select stems <> '' from search_text where article = ?", article))

    def set_parts(self, article: int, extras: Mapping[str, list[list[object]]]) -> None:
        """Write the links, media, quotes and entries of the text that an article shows."""
        for table, width in (("links", 3), ("media", 4), ("quotes", 4), ("entries", 4)):
            self.conn.execute(f"delete from {table} where article = ?", (article,))  # noqa: S608
            marks = ", ".join("?" * (width + 1))
            rows = [(article, *row) for row in extras.get(table, [])]
            self.conn.executemany(f"insert into {table} values ({marks})", rows)  # noqa: S608

    def add_derivation(self, article: int, at: str, cause: str, extractor: str, text_sha256: str) -> None:
        """Log that a text we show changed for a reason of ours."""
        self._insert(
            "derivations",
            {
                "article": article,
                "at": at,
                "cause": cause,
                "extractor": extractor,
                "text_sha256": text_sha256,
            },
        )

    def revisions(self, article: int) -> list[Revision]:
        """An article's revisions, folded ones too."""
        return [
            Revision(*row)
            for row in self.conn.execute(
                "select id, number, first_capture, seen_from, seen_to, title, summary, text_sha256, folded_into"
                " from revisions where article = ? order by seen_from, id",
                (article,),
            )
        ]

    def put_revision(self, identity: int | None, row: Mapping[str, object]) -> int:
        """Write a revision, a new one where ``identity`` is None; returns its id."""
        if identity is None:
            return self._insert("revisions", row)
        columns = ", ".join(f"{name} = ?" for name in row)
        self.conn.execute(f"update revisions set {columns} where id = ?", (*row.values(), identity))  # noqa: S608
        return identity


def _check_version(db: Database, path: Path, write: bool) -> None:
    applied = {migration.name for migration in migrations.applied(db)}
    missing = {migration.name for migration in migrations.pending(db)}
    if missing and (applied or not db.table_names()):  # a crawl that has just begun has made no table yet
        if write:
            return
        raise EarlierArchiveError(path)
    if not applied:
        raise NoArchiveError(f"{path} is a database, but none that Communique made")
    empty = Database(memory=True)
    later = applied - {migration.name for migration in migrations.pending(empty)}
    empty.close()
    if later:
        raise NoArchiveError(f"{path} was made by a later version: install that one ({max(later)} is not known here)")
