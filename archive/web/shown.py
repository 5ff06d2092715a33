"""What an archive holds back, as SQL: temporary views that stand before the archive's own tables and views.

SQLite takes a temporary view before a table of the same name, so every statement on such a connection is without
what is held back, whoever wrote it. Each table that has an article or a source is covered, by what the schema says of
it; each view of the archive stands once more on the covered tables. Only a name with its schema (``main.articles``)
reaches what stands behind: :data:`BEHIND` finds that in a reader's statement.

Restricted articles are missing for everybody, sources that are not public for readers who are not signed in.

SQLite melts a view into the statement that asks for it, and may then try a reader's condition on a row before ours:
one that fails with the row's text in the error's message would show what is held back. So the views for what readers
write themselves end in a ``limit`` that limits nothing: SQLite neither melts such a view nor takes conditions into
it. That costs the indexes, so Datasette's own statements and ours have views without.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from typing import NamedTuple

# a name with its schema: not for statements of readers. Quotes and spaces may stand between the two, and comments:
# these are not looked into, so that a statement of any length is read once
BEHIND = re.compile(r"(?i)(?<!\w)main(?:[^\w.]*+\.|[^\w.]*?(?:/\*|--))")
# where SQLite itself shows pages of the file, samples of values, or what others ask
_INNER = ("dbstat", "sqlite_dbpage", "sqlite_stat", "sqlite_stmt")
_HINT = re.compile(r"(?i)(?<![\w.])(\w+)\s+(?:(?:as\s+)?(\w+)\s+)?indexed\s+by\s+(\w+)")
_CREATE = re.compile(r"(?i)^\s*create\s+view\s+")
_CONTENT = re.compile(r"(?i)\bcontent\s*=\s*['\"\[]?(\w+)")
_CONTENT_ROWID = re.compile(r"(?i)\bcontent_rowid\s*=\s*['\"\[]?(\w+)")
_FTS_PARTS = ("data", "idx", "docsize", "config", "content")

_RESTRICTED = "(select article from main.restricted)"
_CLOSED = "(select id from main.sources where not public)"
# addresses at which a restricted article was seen
_ADDRESSES = f"(select url_key from main.addresses where article in {_RESTRICTED})"  # noqa: S608
# what a moment of a capture says of articles that are shown; parts of one page share their captures
_SHOWN_BY = (
    "exists (select 1 from main.capture_articles o where o.capture = t.id"  # noqa: S608
    f" and o.article not in {_RESTRICTED})"
)
_CAPTURES = (
    f"(t.url_key not in {_ADDRESSES} and t.id not in (select h.capture from main.restricted r"  # noqa: S608
    f" cross join main.capture_articles h on h.article = r.article) or {_SHOWN_BY})"
)
# a story is told by the articles that are shown; where its earliest is not, the next one stands for it. One table
# behind it, so that what asks for one story reads that one: of two selects joined, SQLite makes all (8 µs a story)
_AT = "min(coalesce(m.published, m.first_seen), m.first_seen)"
_FIRST = f"from articles m where m.story = s.id order by {_AT}, m.url, m.part limit 1"
_OWN = "exists (select 1 from articles e where e.id = s.id)"
_STORIES = f"""
select s.id,
    case when {_OWN} then s.title else (select m.title {_FIRST}) end as title,
    case when {_OWN} then s.first_published
        else (select {_AT} {_FIRST}) end as first_published,
    case when {_OWN} then s.first_from
        else (select iif(m.published <= m.first_seen, 'published', 'first_seen') {_FIRST}) end as first_from,
    (select count(*) from articles m where m.story = s.id) as articles,
    (select count(distinct m.source) from articles m where m.story = s.id) as sources
from main.stories s
where (select count(*) from articles m where m.story = s.id) > 1
"""  # noqa: S608
_DAYS = """
select t.source, t.day, t.articles - coalesce(h.articles, 0) as articles
from main.days t left join (
    select a.source, coalesce(a.published_day, substr(a.first_seen, 1, 10)) as day, count(*) as articles
    from main.restricted r cross join main.articles a on a.id = r.article group by 1, 2) h
on h.source = t.source and h.day = t.day
where t.articles > coalesce(h.articles, 0)
"""
_TOTALS = """
select t.source, t.articles - coalesce(h.articles, 0) as articles
from main.totals t left join (
    select a.source, count(*) as articles
    from main.restricted r cross join main.articles a on a.id = r.article group by 1) h
on h.source = t.source
where t.articles > coalesce(h.articles, 0)
"""
# what is told by the articles that are shown
_MADE = {"stories": _STORIES, "days": _DAYS, "totals": _TOTALS}


class Table(NamedTuple):
    """A table as its schema has it. ``keys``: column → the table and column that it refers to."""

    name: str
    sql: str
    columns: tuple[str, ...]
    required: frozenset[str]
    keys: Mapping[str, tuple[str, str]]
    unkeyed: bool

    @property
    def articles(self) -> tuple[str, ...]:
        """The columns that name an article."""
        named = ("article", "other")
        return tuple(c for c in self.columns if c in named or self.keys.get(c) == ("articles", "id"))


def tables(conn: sqlite3.Connection) -> list[Table]:
    """The tables of an archive, virtual ones too."""
    found = []
    for name, sql in conn.execute(
        "select name, sql from main.sqlite_master where type = 'table' and name not like 'sqlite~_%' escape '~'"
    ).fetchall():
        columns = conn.execute("select name, [notnull], pk from pragma_table_info(?, 'main')", (name,)).fetchall()
        keys = conn.execute(
            "select [from], [table], coalesce([to], 'id') from pragma_foreign_key_list(?, 'main')", (name,)
        ).fetchall()
        found.append(
            Table(
                name,
                sql,
                tuple(column[0] for column in columns),
                frozenset(column[0] for column in columns if column[1] or column[2]),
                {key[0]: (key[1], key[2]) for key in keys},
                not any(column[2] for column in columns),
            )
        )
    return found


class Views:
    """The temporary views of one kind of reader over one schema. ``closed``: sources that are not public are missing;
    ``walled``: for statements that readers write.

    ``conditions``: of each covered table what its rows must meet, as ``t``; ``selects``: what stands before it.
    """

    def __init__(self, conn: sqlite3.Connection, closed: bool, walled: bool = False) -> None:
        self.closed = closed
        self.walled = walled
        self.known = {table.name: table for table in tables(conn)}
        self.conditions: dict[str, str] = {}
        self.selects: dict[str, str] = {}
        for table in self.known.values():
            self._cover(table)
        self.views = conn.execute(
            "select name, sql from main.sqlite_master where type = 'view' order by rowid"
        ).fetchall()

    def _cover(self, table: Table) -> None:
        if table.name in self.selects or table.sql.lower().startswith("create virtual table"):
            if table.name not in self.selects:
                self._cover_index(table)
            return
        if table.name in _MADE:
            select = _MADE[table.name]
            if table.name != "stories" and self.closed:
                select += f" and t.source not in {_CLOSED}"
            self.selects[table.name] = select
            return
        condition = self._condition(table)
        if condition is None:
            return
        self.conditions[table.name] = condition
        columns = "t.rowid as rowid, t.*" if table.unkeyed else "t.*"
        if table.name in ("runs", "rebuilds"):
            columns = ", ".join(f"null as {c}" if c in ("sources", "message") else f"t.{c}" for c in table.columns)
        self.selects[table.name] = f"select {columns} from main.{table.name} t where {condition}"  # noqa: S608

    def _condition(self, table: Table) -> str | None:
        """What a row must meet to be shown; None: a table of which nothing is held back."""
        name, closed = table.name, self.closed
        if name == "articles":
            return f"t.id not in {_RESTRICTED}" + (f" and t.source not in {_CLOSED}" if closed else "")
        if name == "sources":
            return "t.public" if closed else None
        if name == "restricted":  # a restriction is no secret: its page says the same
            return self._of_open_source("t.article") if closed else None
        if name in ("runs", "rebuilds"):
            return "true" if closed else None
        if name == "hosts":
            return "false" if closed else None
        if name == "announced":
            return "false" if closed else f"t.url_key not in {_ADDRESSES}"
        if name == "captures":
            return _CAPTURES + (f" and t.source not in {_CLOSED}" if closed else "")
        own = "source" in table.columns
        found = [f"t.source not in {_CLOSED}"] if own and closed else []
        for column in table.articles:
            if (name, column) == ("removed", "article"):  # a number that is no article any more
                continue
            shown = f"t.{column} not in {_RESTRICTED}"
            if closed and not (own and column == "article"):
                shown += f" and {self._of_open_source(f't.{column}')}"
            found.append(shown if column in table.required else f"(t.{column} is null or {shown})")
        if not found:
            found = [
                self._of_shown(other, key, column, condition)
                for column, (other, key) in table.keys.items()
                if other in self.known and (condition := self._condition(self.known[other])) not in (None, "true")
            ]
        return " and ".join(found) or None

    @staticmethod
    def _of_shown(other: str, key: str, column: str, condition: str) -> str:
        """That the row which a row refers to is shown. With the schema, as all that :meth:`hinted` puts into a
        reader's statement: a name without one could be that of a WITH of theirs."""
        shown = f"(select t.* from main.{other} t where {condition})"  # noqa: S608
        return f"exists (select 1 from {shown} k where k.{key} = t.{column})"  # noqa: S608

    @staticmethod
    def _of_open_source(article: str) -> str:
        return f"exists (select 1 from main.articles a where a.id = {article} and a.source not in {_CLOSED})"  # noqa: S608

    def _cover_index(self, table: Table) -> None:
        """A full-text index: its rows as those of what it indexes; nothing of the tables that it is made of."""
        content = _CONTENT.search(table.sql)
        shown = "false"
        if content and (of := self.known.get(content[1])) and of.articles:
            shown = f"t.rowid not in {_RESTRICTED}"
            shown += f" and {self._of_open_source('t.rowid')}" if self.closed else ""
        elif content and (key := _CONTENT_ROWID.search(table.sql)):
            # told of all at once: what hangs on the row is tried after a reader's conditions
            held = f"select k.{key[1]} from main.{content[1]} k where k.article in {_RESTRICTED}"  # noqa: S608
            shown = f"t.rowid not in ({held})"
            if self.closed:
                shown += f" and exists (select 1 from {content[1]} k where k.{key[1]} = t.rowid)"  # noqa: S608
        self.conditions[table.name] = shown
        # the hidden columns by which it is searched and ranked are columns of the view
        self.selects[table.name] = (
            f"select t.rowid as rowid, t.*, t.{table.name} as {table.name}, t.rank as rank"  # noqa: S608
            f" from main.{table.name} t where {shown}"
        )
        for part in _FTS_PARTS:
            if (inner := f"{table.name}_{part}") in self.known:
                self.conditions[inner] = "false"
                self.selects[inner] = f"select t.* from main.{inner} t where false"  # noqa: S608

    def statements(self) -> Iterator[str]:
        """What makes the views."""
        for name, select in self.selects.items():
            # a full-text index is searched only where its view is melted; no index of SQLite's stands on it, so that
            # our condition, which comes first, is tried first
            indexed = self.known[name].sql.lower().startswith("create virtual table")
            wall = " limit -1" if self.walled and not indexed else ""
            yield f"create temp view [{name}] as {select}{wall}"
        for _, sql in self.views:
            yield _CREATE.sub("create temp view ", self.hinted(sql), count=1)

    def hinted(self, sql: str) -> str:
        """A statement whose hints (``indexed by``, which no view takes) stand at the tables behind the views."""

        def behind(match: re.Match[str]) -> str:
            table, alias, index = match.groups()
            word = ""
            if table not in self.conditions and alias in self.conditions:  # "from figures indexed by"
                word, table, alias = f"{table} ", alias, alias
            if table not in self.conditions:
                return match[0]
            if self.walled:  # behind the wall no index is of use
                return f"{word}{table} {alias or ''}"
            return (
                f"{word}(select t.* from main.{table} t indexed by {index}"  # noqa: S608
                f" where {self.conditions[table]}) {alias or table}"
            )

        return _HINT.sub(behind, sql)


def stand_before(conn: sqlite3.Connection, closed: bool, known: Views | None, walled: bool = False) -> Views:
    """Have the views stand on a connection, made anew where the archive's schema is another than they were made for.

    ``known``: what this returned before for this connection.
    """
    if known is None:
        conn.set_authorizer(_reads)
    # what is kept in the connection itself is as old as its views
    schema = conn.execute("pragma main.schema_version").fetchone()[0] + 1
    if known is not None and conn.execute("pragma temp.user_version").fetchone()[0] == schema:
        return known
    conn.execute("begin")  # one state of the schema
    try:
        for (name,) in conn.execute("select name from sqlite_temp_master where type = 'view'").fetchall():
            conn.execute(f"drop view temp.[{name}]")
        views = Views(conn, closed, walled)
        for statement in views.statements():
            conn.execute(statement)
        schema = conn.execute("pragma main.schema_version").fetchone()[0] + 1
        conn.execute(f"pragma temp.user_version = {schema}")
    except BaseException:
        conn.execute("rollback")
        raise
    conn.execute("commit")
    return views


def _reads(action: int, table: str | None, *_: object) -> int:
    inner = action == sqlite3.SQLITE_READ and (table or "").startswith(_INNER)
    return sqlite3.SQLITE_DENY if inner else sqlite3.SQLITE_OK
