"""The archive's pages in Datasette: a plugin (entry point group ``datasette``) and the server that starts it.

Shares the schema, its views and the pure comparisons of texts with the rest, and nothing else. Reads only.
Everything scraped is hostile here: it is escaped by the templates or in :mod:`archive.web.cells`, and linked only
where it is an http or https address.
The canned queries stand in ``datasette-metadata.json``; none has the name of a view, because it would take the
view's address, and with it the view's filters, paging and column notes.
"""

from datasette import hookimpl

from archive.web import cells, losses, pages, policy

asgi_wrapper = hookimpl(policy.asgi_wrapper)
extra_css_urls = hookimpl(pages.extra_css_urls)
extra_template_vars = hookimpl(pages.extra_template_vars)
# after Datasette's own functions, one of which it replaces
prepare_connection = hookimpl(cells.prepare_connection, trylast=True)
prepare_jinja2_environment = hookimpl(cells.prepare_jinja2_environment)
register_routes = hookimpl(losses.register_routes)
render_cell = hookimpl(cells.render_cell)
