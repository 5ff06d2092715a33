"""Our own pages: the readable article, the home page's parts, robots.txt."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from datasette import Response

from archive.web import queries
from archive.web.policy import STRICT
from archive.web.queries import Row

DATABASE = "archive"
# no-referrer: what is read in a newsroom is nobody else's business
HEADERS = {"content-security-policy": STRICT, "referrer-policy": "no-referrer"}
FOUND = {
    "json-ld": "from the page's structured data (JSON-LD)",
    "meta": "from the page's meta elements",
    "time-element": "from the page's time element",
    "url": "from the address",
    "text": "from the text",
    "feed": "from the feed",
}
REASONS = {
    "repeated": "stands on other pages of the source too",
    "links": "consists of links",
    "headline": "repeats the headline",
    "credit": "is an agency credit or a byline",
}
OUTCOMES = {
    "new": "first seen",
    "revised": "text changed",
    "unchanged": "fetched, unchanged",
    "not_modified": "not modified (said the server)",
    "gone": "gone",
}


def register_routes() -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
    """``/article/ID`` and ``/robots.txt``."""
    return [(r"^/article/(?P<article>[^/]*)$", _article), (r"^/robots\.txt$", _robots)]


def extra_css_urls(datasette: Any) -> list[str]:
    """Our style sheet on every page of Datasette; a packaged plugin's address has the distribution's name."""
    return [datasette.urls.static_plugins("communique", "communique.css")]


def extra_template_vars(
    template: str | None, view_name: str | None, request: Any, datasette: Any
) -> Callable[[], Awaitable[Row]]:
    """What the templates that stand in for Datasette's own show besides."""

    async def variables() -> Row:
        home = view_name == "index"
        ours = home or (template or "").startswith(("communique_", "query-archive-"))
        if not ours or not await allowed(datasette, request):
            return {}
        db = datasette.get_database(DATABASE)
        found: Row = {"readable": True, "fictional": await queries.fictional(db)}
        if home:
            found["archive"] = {
                "latest": await queries.latest(db, 15),
                "changes": await queries.changes(db, 8),
                "health": await queries.health(db),
                **await queries.size(db),
            }
        return found

    return variables


async def allowed(datasette: Any, request: Any) -> bool:
    """Whether there is an archive, and whoever asks may read it."""
    if DATABASE not in datasette.databases:
        return False
    visible, _ = await datasette.check_visibility(
        request.actor if request else None,
        permissions=[("view-table", (DATABASE, "articles")), ("view-database", DATABASE), "view-instance"],
    )
    return bool(visible)


async def _robots() -> Any:
    return Response.text("User-agent: *\nDisallow: /\n")


async def _article(request: Any, datasette: Any) -> Any:
    """An article's page; with ``?revision=NUMBER`` or ``?revision_id=ID`` (which never shifts) an earlier text."""
    asked = request.url_vars["article"]
    if not await allowed(datasette, request):
        return await not_found(request, datasette, "There is no such article.")
    db = datasette.get_database(DATABASE)
    identity = number(asked)
    article = None if identity is None else await queries.article(db, identity)
    if identity is None or article is None:
        return await not_found(request, datasette, f"There is no article {asked[:40]} in this archive.")
    revisions = await queries.revisions(db, identity)
    revision = None
    if any(request.args.get(name) for name in ("revision", "revision_id")):
        revision = await _revision(db, revisions, request.args)
        if revision is None:
            return await not_found(request, datasette, f"Article {identity} has no such revision.")
    shown = revision or article
    blocks = await queries.blocks(db, shown["reading"], article["source"])
    captures = await queries.captures(db, identity)
    context = {
        "article": article,
        "title": shown["title"],
        "revision": revision,
        "revisions": revisions,
        # a text that was imported without its page has no blocks
        "elements": structure(
            blocks or [{"kind": "p", "text": t, "mark": None} for t in shown["text"].split("\n\n")]
        ),
        "hidden": [block for block in blocks if block["mark"]],
        "captures": captures[: queries.CAPTURES],
        "more_captures": len(captures) > queries.CAPTURES,
        "moved_to": await queries.moved_to(db, identity) if article["gone_at"] else None,
        "gone_status": next((c["status"] for c in captures if c["outcome"] == "gone"), None),
        "found": FOUND,
        "reasons": REASONS,
        "outcomes": OUTCOMES,
    }
    html = await datasette.render_template("communique_article.html", context, request=request)
    return Response.html(html, headers=HEADERS)


async def _revision(db: Any, revisions: list[Row], args: Any) -> Row | None:
    """The revision that is asked for; an id that was folded since leads to what it is part of now."""
    if args.get("revision_id"):
        asked = number(args["revision_id"])
        column, wanted = "id", None if asked is None else await queries.unfolded(db, asked)
    else:
        column, wanted = "number", number(args["revision"])
    return next((r for r in revisions if r[column] == wanted), None)


async def not_found(request: Any, datasette: Any, message: str) -> Any:
    """A page that says in one line what there is none of."""
    html = await datasette.render_template("communique_404.html", {"message": message}, request=request)
    return Response.html(html, status=404, headers=HEADERS)


def number(text: str) -> int | None:
    """A row id as SQLite can hold it."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _paragraphs(text: str) -> list[Row]:
    return [{"kind": "p", "text": paragraph, "mark": None} for paragraph in text.split("\n\n") if paragraph]


def structure(blocks: Iterable[Row]) -> list[Row]:
    """The shown blocks as elements: ``kind`` p, heading, quote, code (with ``lines``), list or table (with ``items``,
    each a list of lines).

    A ``line`` goes on within the element before it, unless that one is hidden.
    """
    elements: list[Row] = []
    lines: list[str] | None = None  # of the last block, where a line may go on
    for block in blocks:
        kind, text = block["kind"], block["text"]
        if block["mark"]:
            lines = None
        elif kind == "line" and lines is not None:
            lines.append(text)
        elif kind in ("li", "row"):
            group = "list" if kind == "li" else "table"
            lines = [text]
            if elements and elements[-1]["kind"] == group:
                elements[-1]["items"].append(lines)
            else:
                elements.append({"kind": group, "items": [lines]})
        else:
            lines = [text]
            elements.append({"kind": kind if kind in ("heading", "quote", "code") else "p", "lines": lines})
    return elements
