"""The home page: what is new, what changed, how the sources are. Its template stands in for Datasette's index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from archive.web import frame, queries
from archive.web.queries import Row


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
        db = await frame.archive(datasette, request) if ours else None
        if db is None:
            return {}
        found: Row = {"readable": True, "fictional": await queries.fictional(db)}
        if home:
            found["archive"] = {
                "latest": await queries.latest(db, 15),
                "changes": await queries.changes(db, 8),
                "health": await queries.health(db),
                "stories": await queries.newest_stories(db, 6),
                **await queries.size(db),
            }
        return found

    return variables
