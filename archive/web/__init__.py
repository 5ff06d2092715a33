"""The archive's pages in Datasette: a plugin (entry point group ``datasette``) and the server that starts it.

Shares the schema, its views and the pure comparisons of texts with the rest, and nothing else. Reads the archive
alone; what readers write lies in a file of its own.
Everything scraped is hostile here: it is escaped by the templates or in :mod:`archive.web.cells`, and linked only
where it is an http or https address.
The canned queries stand in ``datasette-metadata.json``; none has the name of a view, because it would take the
view's address, and with it the view's filters, paging and column notes.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from datasette import Response, hookimpl

from archive.web import (
    about,
    article,
    audience,
    bodies,
    cells,
    changed,
    changes,
    dictionaries,
    feeds,
    gate,
    home,
    integrity,
    limits,
    losses,
    note_forms,
    notes,
    policy,
    readers,
    search,
    searches,
    source,
    story,
)


def _wrapper(datasette: Any) -> Callable[[policy.App], policy.App]:
    """Our headers on every response, ours on what is held back too."""
    headed = policy.asgi_wrapper(datasette)
    return lambda app: headed(gate.gated(bodies.bounded(dictionaries.awaited(app, datasette)), datasette))


asgi_wrapper = hookimpl(_wrapper)
extra_css_urls = hookimpl(home.extra_css_urls)
extra_template_vars = hookimpl(home.extra_template_vars)
forbidden = hookimpl(gate.forbidden)
handle_exception = hookimpl(limits.handle_exception)
# the last one's answer is taken: what is held back stays so, whoever else lets a reader in
permission_allowed = hookimpl(gate.permission_allowed, trylast=True)
permission_resources_sql = hookimpl(gate.permission_resources_sql)
prepare_jinja2_environment = hookimpl(cells.prepare_jinja2_environment)
render_cell = hookimpl(cells.render_cell)
skip_csrf = hookimpl(readers.skip_csrf)
startup = hookimpl(audience.startup)


def _prepare(conn: sqlite3.Connection) -> None:
    """Our SQL functions, and what a query may take."""
    cells.prepare_connection(conn)
    limits.bound(conn)


# after Datasette's own functions, one of which it replaces
prepare_connection = hookimpl(_prepare, trylast=True)


async def _robots() -> Response:
    """Closed: the texts are other people's."""
    return Response.text("User-agent: *\nDisallow: /\n")


def _routes() -> list[tuple[str, Any]]:
    """Every address of ours."""
    modules = (
        about,
        article,
        changed,
        changes,
        feeds,
        home,
        integrity,
        losses,
        note_forms,
        notes,
        search,
        searches,
        source,
        story,
    )
    return [*(route for module in modules for route in module.ROUTES), (r"^/robots\.txt$", _robots)]


register_routes = hookimpl(_routes)
