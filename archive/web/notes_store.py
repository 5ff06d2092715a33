"""``notes.db``: the readers' notes, tags and saved searches, and all SQL on them. Its tables: :mod:`.notes_schema`.

Lies in the home folder and knows nothing of the archive but what survives every rebuild of it: an article is named by
source, canonical address and part. Made at the first write, whole or not at all; a file that is damaged, of a later
version or of something else is told in one line and never changed. Every call opens the file anew (0.4 ms), so that
it can be put back from a copy while the archive is served; calls wait for the disk and run beside the server's loop.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlite_utils import Database

from archive.web.notes_schema import NAME, NotesError, UnfitError, check, folded, migrations

__all__ = ["NAME", "Notes", "NotesError", "UnfitError", "folded"]

Row = dict[str, Any]

# what one reader may keep: years of work, and a bound on what one account can fill a disk with
MOST_NOTES, MOST_TAGS, MOST_SEARCHES = 10_000, 20_000, 50
# a writer that meets another one waits this long, in milliseconds
_BUSY = 10_000


class Notes:
    """The notes of one home folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.path.exists()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection that only reads; None: nothing was written yet.

        Raises:
            NotesError: the file cannot be read.
        """
        if not self.exists:
            yield None
            return
        with _told("read"), closing(self._open("ro")) as conn:
            yield conn

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection within a transaction: all of it or nothing.

        Raises:
            NotesError: the file cannot be written.
        """
        with _told("written"):
            if not self.exists:
                self._make()
            with closing(self._open("rw")) as conn:
                conn.execute("pragma synchronous = full")
                conn.execute("pragma foreign_keys = on")
                conn.execute("pragma secure_delete = on")  # what is deleted is gone from the file
                conn.execute("begin immediate")
                try:
                    yield conn
                except BaseException:
                    conn.execute("rollback")
                    raise
                conn.execute("commit")

    def _open(self, mode: str) -> sqlite3.Connection:
        """A connection to the file, where it is one of this version."""
        conn = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}", uri=True, isolation_level=None, timeout=_BUSY / 1000
        )
        try:
            conn.row_factory = sqlite3.Row
            conn.create_function("folded", 1, lambda text: folded(text or ""), deterministic=True)
            check(conn)
        except BaseException:
            conn.close()
            raise
        return conn

    def _make(self) -> None:
        """The file with its tables, put in its place when it is whole: of two that make it, one does."""
        handle, name = tempfile.mkstemp(prefix=f"{NAME}-", suffix=".new", dir=self.path.parent)
        os.close(handle)
        try:
            with closing(sqlite3.connect(name)) as conn:
                conn.execute("pragma journal_mode = wal")
                migrations.apply(Database(conn, execute_plugins=False))
            with suppress(FileExistsError):
                os.link(name, self.path)
        finally:
            for path in (name, f"{name}-wal", f"{name}-shm"):
                with suppress(FileNotFoundError):
                    Path(path).unlink()

    # notes

    def around(self, keys: list[tuple[str, int]], limit: int) -> tuple[list[Row], list[Row], list[str]]:
        """An article's notes and tags, the first first, by all the addresses (url key, part) of its own.

        And so many tags of all articles, the most used first.
        """
        with self._reading() as conn:
            if conn is None:
                return [], [], []
            places = [
                row["id"]
                for key in keys
                for row in conn.execute("select id from places where url_key = ? and part = ?", key)
            ]
            marks = ", ".join("?" * len(places))
            notes = conn.execute(
                f"select * from notes where place in ({marks}) order by created, id",  # noqa: S608
                places,
            )
            tags = conn.execute(
                f"select min(id) as id, tag, folded, author from tags where place in ({marks})"  # noqa: S608
                " group by folded order by folded",
                places,
            )
            return _rows(notes), _rows(tags), [row["tag"] for row in _used(conn, limit)]

    def listed(
        self,
        tag: str = "",
        words: str = "",
        author: str | None = "",
        limit: int = 50,
        offset: int = 0,
        quotations: bool = True,
    ) -> tuple[list[Row], int]:
        """Notes with their places, the newest first, and how many there are in all.

        ``tag``: of articles with that tag; ``words`` that stand in it; ``author``: "" for all, None where nobody
        signed in. ``quotations``: words are looked for in these too.
        """
        with self._reading() as conn:
            if conn is None:
                return [], 0
            where, values = _where(tag, words, author, quotations)
            total = conn.execute(
                f"select count(*) from notes n join places p on p.id = n.place where {where}",  # noqa: S608
                values,
            ).fetchone()[0]
            rows = conn.execute(
                f"select n.*, p.source, p.url, p.url_key, p.part, p.article from notes n"  # noqa: S608
                f" join places p on p.id = n.place where {where} order by n.created desc, n.id desc limit ? offset ?",
                (*values, limit, offset),
            )
            return _rows(rows), total

    def note(self, identity: int) -> Row | None:
        """One note with its place."""
        with self._reading() as conn:
            if conn is None:
                return None
            rows = conn.execute(
                "select n.*, p.source, p.url, p.url_key, p.part, p.article from notes n"
                " join places p on p.id = n.place where n.id = ?",
                (identity,),
            )
            return next(iter(_rows(rows)), None)

    def add(self, place: Row, author: str | None, text: str, cited: Row | None, at: str) -> int:
        """Keep a note on an article; returns its number.

        ``place``: source, url, url_key, part, article; ``cited``: revision, seen_from, text_sha256, quotation,
        field, start, stop.
        """
        with self._writing() as conn:
            _bounded(conn, "notes", author, MOST_NOTES)
            row = {"place": _place(conn, place), "author": author, "created": at, "text": text, **(cited or {})}
            return _insert(conn, "notes", row)

    def edit(self, identity: int, author: str | None, text: str, at: str) -> bool:
        """Put another text into a note of one's own; False: it is none."""
        with self._writing() as conn:
            done = conn.execute(
                "update notes set text = ?, edited = ? where id = ? and author is ?", (text, at, identity, author)
            )
            return done.rowcount > 0

    def delete(self, identity: int, author: str | None) -> bool:
        """Delete a note of one's own; False: it is none."""
        with self._writing() as conn:
            done = conn.execute("delete from notes where id = ? and author is ?", (identity, author))
            _tidy(conn)
            return done.rowcount > 0

    # tags

    def tag(self, place: Row, author: str | None, tags: list[str], at: str) -> None:
        """Put tags on an article; one that it has stays whose it is."""
        with self._writing() as conn:
            _bounded(conn, "tags", author, MOST_TAGS, len(tags))
            here = _place(conn, place)
            conn.executemany(
                "insert or ignore into tags (place, tag, folded, author, created) values (?, ?, ?, ?, ?)",
                [(here, tag, folded(tag), author, at) for tag in tags],
            )

    def untag(self, identity: int, author: str | None) -> bool:
        """Take a tag of one's own off an article; False: it is none."""
        with self._writing() as conn:
            done = conn.execute("delete from tags where id = ? and author is ?", (identity, author))
            _tidy(conn)
            return done.rowcount > 0

    def tags(self, limit: int) -> list[Row]:
        """The tags with how many articles have each, the most used first."""
        with self._reading() as conn:
            return [] if conn is None else _used(conn, limit)

    def tagged(self, tag: str, limit: int) -> list[Row]:
        """The places with a tag, that which got it last first; all tags of all places where none is named."""
        with self._reading() as conn:
            if conn is None:
                return []
            where = "where t.folded = :tag" if tag else ""
            return _rows(
                conn.execute(
                    "select t.id as tag_id, t.tag, t.author, t.created, p.* from tags t"  # noqa: S608
                    f" join places p on p.id = t.place {where} order by t.created desc, t.id desc limit :limit",
                    {"tag": folded(tag), "limit": limit},
                )
            )

    def tags_of(self, places: list[int]) -> dict[int, list[str]]:
        """The tags of places."""
        with self._reading() as conn:
            found: dict[int, list[str]] = {place: [] for place in places}
            if conn is not None and places:
                marks = ", ".join("?" * len(places))
                for row in conn.execute(
                    f"select place, tag from tags where place in ({marks}) order by folded",  # noqa: S608
                    places,
                ):
                    found[row["place"]].append(row["tag"])
            return found

    # saved searches

    def save(self, token: str, author: str | None, name: str, query: str, at: str, upto: str) -> None:
        """Keep a search."""
        with self._writing() as conn:
            _bounded(conn, "searches", author, MOST_SEARCHES)
            _insert(
                conn,
                "searches",
                {
                    "token": token, "author": author, "name": name, "query": query,
                    "created": at, "looked": at, "upto": upto,
                },
            )  # fmt: skip

    def searches(self, author: str | None) -> list[Row]:
        """A reader's saved searches by name."""
        with self._reading() as conn:
            if conn is None:
                return []
            return _rows(
                conn.execute("select * from searches where author is ? order by folded(name), id", (author,))
            )

    def search(self, token: str) -> Row | None:
        """One saved search."""
        with self._reading() as conn:
            if conn is None:
                return None
            return next(iter(_rows(conn.execute("select * from searches where token = ?", (token,)))), None)

    def look(self, token: str, author: str | None, at: str, upto: str) -> bool:
        """Note that a saved search of one's own was opened; False: it is none."""
        with self._writing() as conn:
            done = conn.execute(
                "update searches set looked = ?, upto = ? where token = ? and author is ?", (at, upto, token, author)
            )
            return done.rowcount > 0

    def forget(self, token: str, author: str | None) -> bool:
        """Delete a saved search of one's own; False: it is none."""
        with self._writing() as conn:
            return conn.execute("delete from searches where token = ? and author is ?", (token, author)).rowcount > 0


@contextmanager
def _told(done: str) -> Iterator[None]:
    """Errors of the file and the disk in one line."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise NotesError(f"{NAME} cannot be {done}: {reason}") from error


def _rows(cursor: sqlite3.Cursor) -> list[Row]:
    return [dict(row) for row in cursor.fetchall()]


def _used(conn: sqlite3.Connection, limit: int) -> list[Row]:
    return _rows(
        conn.execute(
            "select min(tag) as tag, folded, count(*) as articles from tags group by folded"
            " order by count(*) desc, folded limit ?",
            (limit,),
        )
    )


def _where(tag: str, words: str, author: str | None, quotations: bool) -> tuple[str, list[object]]:
    where: list[str] = ["true"]
    values: list[object] = []
    if tag:
        where.append("n.place in (select place from tags where folded = ?)")
        values.append(folded(tag))
    for word in folded(words).split():
        quoted = "coalesce(n.quotation, '')" if quotations else "''"
        where.append(f"instr(folded(n.text || ' ' || {quoted} || ' ' || p.url), ?)")
        values.append(word)
    if author != "":
        where.append("n.author is ?")
        values.append(author)
    return " and ".join(where), values


def _place(conn: sqlite3.Connection, place: Row) -> int:
    """The number of an article's place, new or not."""
    conn.execute(
        "insert or ignore into places (source, url, url_key, part, article)"
        " values (:source, :url, :url_key, :part, :article)",
        place,
    )
    row = conn.execute("select id from places where url_key = :url_key and part = :part", place).fetchone()
    return int(row["id"])


def _tidy(conn: sqlite3.Connection) -> None:
    """Forget the articles that nobody has a note or a tag on."""
    conn.execute(
        "delete from places where id not in (select place from notes) and id not in (select place from tags)"
    )


def _insert(conn: sqlite3.Connection, table: str, row: Row) -> int:
    marks = ", ".join("?" * len(row))
    done = conn.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))  # noqa: S608
    return int(done.lastrowid or 0)


def _bounded(conn: sqlite3.Connection, table: str, author: str | None, most: int, more: int = 1) -> None:
    kept = conn.execute(f"select count(*) from {table} where author is ?", (author,)).fetchone()[0]  # noqa: S608
    if kept + more > most:
        raise UnfitError(f"a reader keeps {most:,} {table} at most")
