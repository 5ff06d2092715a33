"""The archive's pages in Datasette: a plugin (entry point group ``datasette``) and the server that starts it.

Shares the schema, its views and the pure comparisons of texts with the rest, and nothing else. Reads only.
Everything scraped is hostile here: it is escaped by the templates or in :mod:`archive.web.cells`, and linked only
where it is an http or https address.
The canned queries stand in ``datasette-metadata.json``; none has the name of a view, because it would take the
view's address, and with it the view's filters, paging and column notes.
"""

from typing import Any

from datasette import Response, hookimpl

from archive.web import article, cells, changed, feeds, home, losses, policy, story

asgi_wrapper = hookimpl(policy.asgi_wrapper)
extra_css_urls = hookimpl(home.extra_css_urls)
extra_template_vars = hookimpl(home.extra_template_vars)
# after Datasette's own functions, one of which it replaces
prepare_connection = hookimpl(cells.prepare_connection, trylast=True)
prepare_jinja2_environment = hookimpl(cells.prepare_jinja2_environment)
render_cell = hookimpl(cells.render_cell)


async def _robots() -> Response:
    """Closed: the texts are other people's."""
    return Response.text("User-agent: *\nDisallow: /\n")


def _routes() -> list[tuple[str, Any]]:
    """Every address of ours."""
    modules = (article, changed, feeds, losses, story)
    return [*(route for module in modules for route in module.ROUTES), (r"^/robots\.txt$", _robots)]


register_routes = hookimpl(_routes)
