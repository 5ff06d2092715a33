"""Who may see what: readers who are signed in all but restricted articles, others what open sources published too.

Our own pages run on the handle that :func:`handle` gives for their reader. Datasette's own pages (tables, rows,
queries) run on the database as Datasette knows it, which :func:`guarded` has replaced: while articles are restricted,
their statements run where these are missing, whoever asks. What sources that are not public published stays there:
:mod:`archive.web.gate` keeps readers who are not signed in from those pages while there is such a source.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from datasette.database import Database

from archive.web.configured import PASSWORDS
from archive.web.shown import BEHIND, Views, stand_before

T = TypeVar("T")
DATABASE = "archive"
# whether a permission is asked for on behalf of our own pages, which filter by themselves
_ours: ContextVar[bool] = ContextVar("communique_ours", default=False)
# whether a request holds SQL of its reader
_theirs: ContextVar[bool] = ContextVar("communique_theirs", default=False)


class Held(NamedTuple):
    """What an archive holds back: whether any article is restricted, and any source not public."""

    restricted: bool
    closed: bool

    def back(self, signed_in: bool) -> bool:
        """Whether any of it is held back from such a reader."""
        return self.restricted or (self.closed and not signed_in)


class Withheld(NamedTuple):
    """An article that a reader may not see: since when and why it is restricted; None: its source is not public."""

    since: str | None
    reason: str | None

    @property
    def status(self) -> int:
        """Of the answer: unavailable for legal reasons (RFC 7725), or forbidden."""
        return 403 if self.since is None else 451


class Removed(NamedTuple):
    """An article that was removed for good: since when and why; ``seq``: the entry of the chain that says so."""

    since: str
    reason: str
    seq: int

    @property
    def status(self) -> int:
        """Of the answer: gone (RFC 9110)."""
        return 410


class _Cursor(sqlite3.Cursor):
    """A cursor whose statements may hint at an index of what stands behind a view."""

    connection: _Connection

    def execute(self, sql: str, values: Any = (), /) -> _Cursor:
        views = self.connection.views
        super().execute(sql if views is None else views.hinted(sql), values)
        return self


class _Connection(sqlite3.Connection):
    """A connection that knows which views stand on it."""

    views: Views | None = None

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        return self.cursor().execute(sql, values)  # type: ignore[no-any-return]


class Shown(Database):  # type: ignore[misc]
    """A second handle on the archive's file, without what is held back. It is not among Datasette's databases."""

    def __init__(self, plain: Any, closed: bool, walled: bool = False) -> None:
        super().__init__(plain.ds, path=plain.path, is_mutable=plain.is_mutable)
        self.name, self.route = plain.name, plain.route
        # closed with it; the second is Datasette 1.0's name
        here = hasattr(plain, "_all_file_connections")
        self._opened = plain._all_file_connections if here else plain._all_connections
        self._without_closed = closed
        self._walled = walled
        self._connections = threading.local()

    def connect(self, write: bool = False) -> _Connection:
        """A connection that only reads."""
        if write:
            raise sqlite3.OperationalError("this handle only reads")
        query = "mode=ro" if self.is_mutable else "immutable=1"
        conn = sqlite3.connect(f"file:{self.path}?{query}", uri=True, check_same_thread=False, factory=_Connection)
        self._opened.append(conn)
        return conn

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """What ``fn`` makes of a connection on which the views stand."""

        def visit() -> T:
            conn: _Connection | None = getattr(self._connections, "conn", None)
            if conn is None:
                conn = self.connect()
                self.ds._prepare_connection(conn, self.name)
                self._connections.conn = conn
            conn.views = stand_before(conn, self._without_closed, conn.views, self._walled)
            return fn(conn)

        if self.ds.executor is None:
            return visit()
        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, visit)

    _execute_fn = execute_fn  # the name by which Datasette 1.0 goes there


class Guarded(Database):  # type: ignore[misc]
    """The archive as Datasette knows it, which takes the place of Datasette's own handle."""

    def __init__(self, plain: Any) -> None:
        # its connections are those of the one before: a thread has one for a name
        self.__dict__.update(plain.__dict__)
        self._open, self._signed_in = Shown(plain, closed=True), Shown(plain, closed=False)
        self._walled = Shown(plain, closed=False, walled=True)
        self._lock = threading.Lock()
        self._watch: sqlite3.Connection | None = None
        self._version: int | None = None
        self._held = Held(True, True)

    @property
    def held(self) -> Held:
        """What is held back now: asks the file whether anything was written since (3 µs), then only the tables."""
        with self._lock:
            if self._watch is None:
                self._watch = self.connect()
            # where it cannot be told, what was held back stays so: at first, all of it
            with suppress(sqlite3.OperationalError):
                version = self._watch.execute("pragma data_version").fetchone()[0]
                if version != self._version:
                    self._held = _held(self._watch)
                    self._version = version
            return self._held

    def handle(self, signed_in: bool) -> Any:
        """The handle for a reader."""
        if not self.held.back(signed_in):
            return self
        return self._signed_in if signed_in else self._open

    async def execute(self, sql: str, params: Any = None, *args: Any, **options: Any) -> Any:
        """Datasette's own statements and its readers': without the rows of restricted articles."""
        if not self.held.restricted:
            return await super().execute(sql, params, *args, **options)
        if BEHIND.search(sql):
            raise sqlite3.OperationalError("articles are restricted: name tables without a schema")
        shown = self._walled if _theirs.get() else self._signed_in
        return await shown.execute(sql, params, *args, **options)

    async def whole(self, sql: str, values: Mapping[str, object]) -> Any:
        """The rows of a statement of ours that says what is held back."""
        return (await super().execute(sql, values)).rows


def _held(conn: sqlite3.Connection) -> Held:
    found = []
    for sql in ("select exists (select 1 from restricted)", "select exists (select 1 from sources where not public)"):
        try:
            found.append(bool(conn.execute(sql).fetchone()[0]))
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            found.append(False)  # an archive of before, or none of ours
    return Held(*found)


def guarded(datasette: Any) -> Guarded | None:
    """The archive's handle, put in the place of Datasette's own; None: there is no archive."""
    plain = datasette.databases.get(DATABASE)
    if plain is None or isinstance(plain, Guarded):
        return plain
    if not plain.path:
        return None
    replaced = Guarded(plain)
    # never changed in place: others may be walking it
    datasette.databases = {name: replaced if db is plain else db for name, db in datasette.databases.items()}
    return replaced


def signed_in(request: Any) -> bool:
    """Whether whoever asks has signed in."""
    return request is not None and request.actor is not None


def handle(datasette: Any, request: Any) -> Any:
    """The handle on which the queries for whoever asks run."""
    archive = guarded(datasette)
    return datasette.get_database(DATABASE) if archive is None else archive.handle(signed_in(request))


_ARTICLE = """
select r.at, r.reason, s.public from articles a join sources s on s.id = a.source
left join restricted r on r.article = a.id
where a.id = coalesce((select other from removed where article = :id), :id)
"""


async def article_withheld(datasette: Any, request: Any, identity: int | None) -> Withheld | None:
    """Why whoever asks may not see an article; None: they may, or there is no such one."""
    archive = guarded(datasette)
    if identity is None or archive is None or not archive.held.back(signed_in(request)):
        return None
    for row in await archive.whole(_ARTICLE, {"id": identity}):
        if row["at"] is not None:
            return Withheld(row["at"], row["reason"])
        if not row["public"] and not signed_in(request):
            return Withheld(None, None)
    return None


_REMOVED = """
select c.at, json_extract(c.details, '$.reason') as reason, c.seq
from forgotten_articles f join custody c on c.seq = f.seq where f.article = :id
"""


async def article_removed(datasette: Any, identity: int | None) -> Removed | None:
    """Why there is no such article any more, and will not be; None: it was not removed for good."""
    archive = guarded(datasette)
    if identity is None or archive is None:
        return None
    with suppress(sqlite3.OperationalError):  # an archive of before
        for row in await archive.whole(_REMOVED, {"id": identity}):
            return Removed(row["at"], row["reason"], row["seq"])
    return None


async def source_withheld(datasette: Any, request: Any, source: str) -> bool:
    """Whether whoever asks would have to sign in to see a source."""
    archive = guarded(datasette)
    if archive is None or signed_in(request) or not archive.held.closed:
        return False
    return bool(await archive.whole("select 1 from sources where id = :id and not public", {"id": source}))


@contextmanager
def for_our_pages() -> Iterator[None]:
    """Permissions that are asked for meanwhile do not hang on what is held back."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


@contextmanager
def for_their_sql() -> Iterator[None]:
    """Statements that are run meanwhile may hold what a reader wrote."""
    token = _theirs.set(True)
    try:
        yield
    finally:
        _theirs.reset(token)


def closed_to(datasette: Any, actor: Any) -> bool:
    """Whether Datasette's own pages of the archive are closed to somebody: its rows are those of every source."""
    archive = guarded(datasette)
    return archive is not None and actor is None and archive.held.closed and not _ours.get()


def sign_in(datasette: Any) -> str | None:
    """The page at which readers sign in; None: there is none, or nobody has a password."""
    # not above: where this is imported first, it would load us as a plugin while we are half made
    from datasette.plugins import pm

    accounts = datasette.plugin_config(PASSWORDS) or {}
    if not any(key.endswith("_password_hash") for key in accounts):
        return None
    path = "/-/login"
    routes = (route for found in pm.hook.register_routes(datasette=datasette) for route in found or ())
    return str(datasette.urls.path(path)) if any(re.match(regex, path) for regex, _ in routes) else None


def one_time(datasette: Any) -> str | None:
    """The address that signs in whoever opens it first, as that of ``datasette --root``: on one's own machine, where
    nobody has a password and something is shown only to who has signed in; else None."""
    archive = guarded(datasette)
    if archive is None or not archive.held.closed or sign_in(datasette):
        return None
    return f"{datasette.urls.path('/-/auth-token')}?token={datasette._root_token}"


def startup(datasette: Any) -> None:
    """Take the place of Datasette's own handle before anybody asks."""
    guarded(datasette)
