"""The tables of ``notes.db``, as migrations of its own, and what a file must be to be taken for one.

NULL means what is said beside it. Times are ISO 8601, UTC, with ``Z``. A migration that was released is never
changed; a second one has to say what a file of before it is, which :func:`check` takes for something else now.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing

from sqlite_utils import Database, Migrations

NAME = "notes.db"
migrations = Migrations("communique-notes")

_TABLES = """
create table places (                   -- articles, by what survives a rebuild and another archive
    id integer primary key,
    source text not null,
    url text not null,                  -- canonical address at that time
    url_key text not null,
    part integer not null,
    article integer not null            -- its number at that time, in that archive
);
create unique index places_key on places(url_key, part);
create index places_article on places(article);
create table notes (
    id integer primary key autoincrement,   -- no number is given twice: addresses lead to notes
    place integer not null references places(id),
    author text,                        -- the actor's id; NULL: written where nobody signs in
    created text not null,
    edited text,                        -- NULL: never
    text text not null,
    revision integer,                   -- its number at that time; NULL: of the article, whatever its text
    seen_from text,                     -- of that revision
    text_sha256 text,                   -- of that revision's text
    quotation text,                     -- as it stands in that revision; NULL: none
    field text,                         -- where it stands: text, summary, title
    start integer,                      -- its place there, in characters
    stop integer
);
create index notes_place on notes(place, created);
create index notes_created on notes(created);
create index notes_author on notes(author);
create table tags (
    id integer primary key autoincrement,
    place integer not null references places(id),
    tag text not null,
    folded text not null,               -- in small letters: one tag, however it is written
    author text,
    created text not null
);
create unique index tags_place on tags(place, folded);
create index tags_folded on tags(folded);
create index tags_author on tags(author);
create table searches (
    id integer primary key autoincrement,
    token text not null unique,         -- names it in addresses: cannot be guessed
    author text,
    name text not null,
    query text not null,                -- the parameters of /search
    created text not null,
    looked text not null,               -- when it was opened last
    upto text not null                  -- the newest first_seen at that time: what came later is new
);
create index searches_author on searches(author);
"""


@migrations()
def m001_notes(db: Database) -> None:
    """Notes, tags and saved searches."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)


class NotesError(Exception):
    """Why notes cannot be read or written, in one line for whoever asks."""


class UnfitError(NotesError):
    """What somebody wrote cannot be kept as it is."""


def folded(text: str) -> str:
    """A text in which searches and tags are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def check(conn: sqlite3.Connection) -> None:
    """Look whether a file is one of this version.

    Raises:
        NotesError: it is another one.
    """
    names = {row[0] for row in conn.execute("select name from sqlite_master where type = 'table'")}
    if migrations.migrations_table not in names:
        raise NotesError(f"{NAME} is of something else: it is left as it is; move it away to keep notes here")
    applied = {
        row[0]
        for row in conn.execute(
            f"select name from {migrations.migrations_table} where migration_set = ?",  # noqa: S608
            (migrations.name,),
        )
    }
    if applied - _KNOWN:
        raise NotesError(f"{NAME} was made by a later version of this program: it is left as it is")
    if _KNOWN - applied:
        raise NotesError(f"{NAME} is of something else: it is left as it is; move it away to keep notes here")


# a database in which nothing was applied tells the names of all
with closing(sqlite3.connect(":memory:")) as _empty:
    _KNOWN = frozenset(each.name for each in migrations.pending(Database(_empty, execute_plugins=False)))
