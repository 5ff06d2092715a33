"""The doors of Datasette's own pages, where something is held back; see :mod:`archive.web.audience`.

A row of a restricted article answers 451, to everybody, that of one that was removed for good 410. While a source is
not public, tables, queries and SQL are for readers who are signed in: Datasette has no rows for some and not for
others. The file as a whole is for nobody while it holds what that reader may not see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qsl

from datasette import Request, Response
from datasette.utils import tilde_decode

from archive.web import audience, frame
from archive.web.audience import DATABASE
from archive.web.policy import App, Message, Send

# what Datasette 1.0 asks about before it shows anything of a database
_DOORS = ("view-database", "view-database-download", "view-table", "view-query", "execute-sql")
# the address of a row, and its form
_ROW = re.compile(rf"/{DATABASE}/([^/]+)/([^/]+?)(?:\.(\w+))?")
# of a row, the articles that it tells of
_OWNERS = {
    "articles": "t.id",
    "captures": "(select o.article from capture_articles o where o.capture = t.id"
    " and o.article in (select article from restricted) limit 1)",
    "blocks": "(select o.article from readings o where o.id = t.reading)",
}


def permission_allowed(datasette: Any, actor: Any, action: str, resource: Any) -> bool | None:
    """No, where raw rows would show what is held back from somebody; else nothing."""
    database = resource[0] if isinstance(resource, tuple | list) else resource
    archive = audience.guarded(datasette)
    if archive is None:
        return None
    if action == "execute-sql" and database == "_memory" and datasette.crossdb:
        return False if any(archive.held) else None
    if database != DATABASE:
        return None
    if action == "view-database-download" and archive.held.back(actor is not None):
        return False
    return False if audience.closed_to(datasette, actor) else None


def permission_resources_sql(datasette: Any, actor: Any, action: str) -> Any:
    """The same for Datasette 1.0, which asks for all resources at once."""
    if action not in _DOORS or not audience.closed_to(datasette, actor):
        return None
    from datasette.permissions import PermissionSQL

    return PermissionSQL(f"select '{DATABASE}' as parent, null as child, 0 as allow, 'not signed in' as reason")


def forbidden(datasette: Any, request: Any, message: str) -> Any:
    """Say who may see it, where that is why; else nothing."""
    path = _path(datasette, request.scope)
    if not re.match(rf"/{DATABASE}(?:[/.?]|$)", path) or not audience.closed_to(datasette, request.actor):
        return None
    return _answer(datasette, request, audience.Withheld(None, None), None, path.endswith(".json"))


def gated(app: App, datasette: Any) -> App:
    """The application: where Datasette has no row because its article is restricted, the answer says so."""

    async def wrapped(scope: Message, receive: Any, send: Send) -> None:
        asked = _ROW.fullmatch(_path(datasette, scope)) if scope["type"] == "http" else None
        replaced = False

        async def replacing(message: Message) -> None:
            nonlocal replaced
            if asked and message["type"] == "http.response.start" and message["status"] == 404:
                archive = audience.guarded(datasette)
                if archive and (found := await _why(datasette, archive, asked[1], asked[2])):
                    replaced = True
                    # this stands before what gives forms their tokens: the page has no form
                    request = Request({**scope, "csrftoken": str}, receive)
                    response = await _answer(datasette, request, *found, asked[3] == "json")
                    await response.asgi_send(send)
            if not replaced:
                await send(message)

        with audience.for_their_sql() if _has_sql(scope) else nullcontext():
            await app(scope, receive, replacing if asked else send)

    return wrapped


def _has_sql(scope: Mapping[str, Any]) -> bool:
    """Whether a request holds SQL: a statement, or a condition for a table."""
    query: str = scope["query_string"].decode("latin-1") if scope["type"] == "http" else ""
    return any(name in ("sql", "_where") for name, _ in parse_qsl(query, keep_blank_values=True))


def _path(datasette: Any, scope: Mapping[str, Any]) -> str:
    """The address within the server, as Datasette takes it apart."""
    path: str = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace").partition("?")[0]
    base: str = datasette.setting("base_url")
    return "/" + path[len(base) :] if base != "/" and path.startswith(base) else path


async def _why(datasette: Any, archive: Any, table: str, key: str) -> tuple[frame.Why, int | None] | None:
    """Why there is no row, and the article that it tells of; None: there is none, or it is shown."""
    if archive.held.restricted and (found := await _restricted(archive, table, key)):
        return found
    identity = frame.number(key) if tilde_decode(table).lower() == "articles" else None
    removed = await audience.article_removed(datasette, identity)
    return (removed, identity) if removed else None


async def _restricted(archive: Any, table: str, key: str) -> tuple[audience.Withheld, int | None] | None:
    """Why a row is not shown, and the article that it tells of; None: it is shown, or there is none."""
    columns = await archive.whole(
        "select i.name, i.pk from sqlite_master m join pragma_table_info(m.name) i"
        " where m.type = 'table' and m.name = :table collate nocase and m.sql not like 'create virtual%'",
        {"table": (table := tilde_decode(table))},
    )
    keys = [row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"]] or ["rowid"]
    values = [tilde_decode(value) for value in key.split(",")]
    if not columns or "]" in table or len(keys) != len(values):
        return None
    named = {row["name"] for row in columns}
    owner = _OWNERS.get(table.lower()) or ", ".join(f"t.{c}" for c in ("article", "other") if c in named)
    if not owner:
        return None
    which = " and ".join(f"t.[{name}] = :p{n}" for n, name in enumerate(keys))
    parameters = {f"p{n}": value for n, value in enumerate(values)}
    if (await archive.execute(f"select 1 from [{table}] t where {which}", parameters)).rows:  # noqa: S608
        return None
    rows = await archive.whole(
        f"select r.article, r.at, r.reason from [{table}] t join restricted r on r.article in ({owner})"  # noqa: S608
        f" where {which}",
        parameters,
    )
    return (audience.Withheld(rows[0]["at"], rows[0]["reason"]), rows[0]["article"]) if rows else None


async def _answer(datasette: Any, request: Any, withheld: frame.Why, article: int | None, as_json: bool) -> Response:
    if not as_json:
        return await frame.withheld(request, datasette, withheld, article)
    body = {"ok": False, "error": frame.line(withheld, article), "status": withheld.status, "title": None}
    return Response.json(body, status=withheld.status)
