"""What our pages share: who may read, on which handle their queries run, and how a page is answered."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from datasette import Response
from datasette.database import QueryInterrupted, Results
from datasette.utils import sqlite_timelimit
from jinja2 import Environment, Template

from archive.web import audience, cells, permissions
from archive.web.policy import STRICT

T = TypeVar("T")
# why something is not shown
Why = audience.Withheld | audience.Removed
DATABASE = audience.DATABASE
# of a request's scope
_MAY_READ = "communique_may_read"
# of each Datasette, whether whoever has not signed in may read, and until when that holds; in seconds
_ANONYMOUS: WeakKeyDictionary[Any, tuple[float, bool]] = WeakKeyDictionary()
_HOLDS = 1.0
# no-referrer: what is read in a newsroom is nobody else's business
HEADERS = {"content-security-policy": STRICT, "referrer-policy": "no-referrer"}


async def archive(datasette: Any, request: Any) -> Any:
    """The handle on which the queries for whoever asks run; None: there is no archive, or none for them."""
    return audience.handle(datasette, request) if await _allowed(datasette, request) else None


async def _allowed(datasette: Any, request: Any) -> bool:
    """Whether there is an archive, and whoever asks may read it; asked once for a request.

    Datasette copies the whole metadata for each question about a table, which takes 2 ms: what it says of whoever has
    not signed in holds for a second.
    """
    if DATABASE not in datasette.databases:
        return False
    known = request.scope if request else {}
    if _MAY_READ not in known:
        actor = request.actor if request else None
        until, allowed = _ANONYMOUS.get(datasette, (0.0, False))
        if actor is not None or time.monotonic() > until:
            with audience.for_our_pages():
                allowed = await permissions.may_read(datasette, actor, DATABASE, "articles")
            if actor is None:
                _ANONYMOUS[datasette] = time.monotonic() + _HOLDS, allowed
        known[_MAY_READ] = allowed
    return bool(known[_MAY_READ])


class Here:
    """A handle whose queries run at once, on a connection of the thread that it is used in."""

    def __init__(self, conn: sqlite3.Connection, limit: int) -> None:
        self._conn = conn
        self._limit = limit  # of a query, in milliseconds

    async def execute(self, sql: str, values: Mapping[str, object] | None = None) -> Results:
        """The rows of a query; QueryInterrupted where it takes longer than it may."""
        with sqlite_timelimit(self._conn, self._limit):
            try:
                cursor = self._conn.execute(sql, values or {})
                return Results(cursor.fetchall(), False, cursor.description)
            except sqlite3.OperationalError as error:
                if error.args == ("interrupted",):
                    raise QueryInterrupted(error, sql, values) from error
                raise


async def read(datasette: Any, db: Any, ask: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
    """What ``ask`` answers when it is given a handle: all of its queries in one visit to the database's thread.

    Each query that waits for that thread by itself costs a reader half a millisecond, and under load its place in
    the line. ``ask`` may await nothing but the handle's queries.
    """

    def visit(conn: sqlite3.Connection) -> T:
        waiting = ask(Here(conn, datasette.setting("sql_time_limit_ms")))
        try:
            waiting.send(None)
        except StopIteration as answer:
            return answer.value  # type: ignore[no-any-return]
        waiting.close()
        raise RuntimeError(f"{ask} awaits something else than a query")

    return await db.execute_fn(visit)  # type: ignore[no-any-return]


async def metadata(datasette: Any) -> Mapping[str, Any]:
    """What is said of the instance; Datasette 1.0 asks for it in another way."""
    if hasattr(datasette, "get_instance_metadata"):
        return dict(await datasette.get_instance_metadata())
    return datasette.metadata() or {}


class _AtOnce(Template):
    """A template of ours: none of them waits for anything.

    Datasette's own may, and so Jinja asks of each value that is called or looped over whether it is to be waited for:
    on the home page 3,000 times, more than half of the time that the page takes.
    """

    async def render_async(self, *args: Any, **kwargs: Any) -> str:
        """What Datasette asks for."""
        return self.render(*args, **kwargs)


# by the environment that each stands over
_plain: WeakKeyDictionary[Any, Environment] = WeakKeyDictionary()


def _template(datasette: Any, name: str) -> Template:
    env = datasette.jinja_env if hasattr(datasette, "jinja_env") else datasette.get_jinja_environment()
    if env not in _plain:
        # and no file is looked at for a change of a template, ten times a page
        plain = env.overlay(enable_async=False, auto_reload=False)
        plain.template_class = _AtOnce
        _plain[env] = plain
    return _plain[env].get_template(name)


async def page(
    request: Any, datasette: Any, template: str, context: Mapping[str, Any], status: int = 200
) -> Response:
    """One of our pages."""
    html = await datasette.render_template(_template(datasette, template), dict(context), request=request)
    return Response.html(html, status=status, headers=HEADERS)


async def not_found(request: Any, datasette: Any, message: str) -> Response:
    """A page that says in one line what there is none of; of what is held back, why it is not shown."""
    if DATABASE in datasette.databases and not await _allowed(datasette, request):
        return await withheld(request, datasette, audience.Withheld(None, None), None)
    for name in (request.url_vars.get("article"), request.args.get("with")):
        identity = number(name or "")
        if found := await audience.article_withheld(datasette, request, identity):
            return await withheld(request, datasette, found, identity)
        if removed := await audience.article_removed(datasette, identity):
            return await withheld(request, datasette, removed, identity)
    source = request.url_vars.get("source") or request.args.get("source")
    if source and await audience.source_withheld(datasette, request, source):
        return await withheld(request, datasette, audience.Withheld(None, None), None)
    return await page(request, datasette, "communique_404.html", {"message": message}, status=404)


async def withheld(request: Any, datasette: Any, found: Why, article: int | None) -> Response:
    """A page that says in one line why something is not shown."""
    # by a name of its own: every page has sign_in, and signing in shows nobody what was restricted or removed
    shown_to = None if found.since else audience.sign_in(datasette)
    entry = found.seq if isinstance(found, audience.Removed) else None
    context = {"message": line(found, article), "shown_to": shown_to, "entry": entry}
    return await page(request, datasette, "communique_withheld.html", context, status=found.status)


def line(found: Why, article: int | None) -> str:
    """Why something is not shown."""
    if found.since is None:
        return "Only readers who are signed in may see this."
    what = "This" if article is None else f"Article {article}"
    since = f"{cells.day(found.since[:10])}, {found.since[11:16]} UTC"
    if isinstance(found, audience.Removed):
        return (
            f"{what} was removed from this archive for good on {since}. The reason given: {found.reason}"
            f" (entry {found.seq} of the custody chain)"
        )
    return f"{what} is kept in this archive and is not shown since {since}. The reason given: {found.reason}"


def number(text: str) -> int | None:
    """A row id as SQLite can hold it."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
