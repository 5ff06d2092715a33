"""The archive's pages in Datasette: a plugin (entry point group ``datasette``) and the server that starts it.

Shares the schema and its views with the rest, and nothing else. Reads only. Everything scraped is hostile here:
it is escaped by the templates or in :mod:`archive.web.cells`, and linked only where it is an http or https address.
The canned queries stand in ``datasette-metadata.json``; none has the name of a view, because it would take the
view's address, and with it the view's filters, paging and column notes.
"""

from archive.web.cells import prepare_connection, prepare_jinja2_environment, render_cell
from archive.web.pages import extra_css_urls, extra_template_vars, register_routes
from archive.web.policy import asgi_wrapper

__all__ = [
    "asgi_wrapper",
    "extra_css_urls",
    "extra_template_vars",
    "prepare_connection",
    "prepare_jinja2_environment",
    "register_routes",
    "render_cell",
]
