"""What our pages share: who may read, on which handle their queries run, and how a page is answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from datasette import Response

from archive.web.policy import STRICT

DATABASE = "archive"
# no-referrer: what is read in a newsroom is nobody else's business
HEADERS = {"content-security-policy": STRICT, "referrer-policy": "no-referrer"}


async def archive(datasette: Any, request: Any) -> Any:
    """The handle on which the queries for whoever asks run; None: there is no archive, or none for them."""
    return datasette.get_database(DATABASE) if await _allowed(datasette, request) else None


async def _allowed(datasette: Any, request: Any) -> bool:
    """Whether there is an archive, and whoever asks may read it."""
    if DATABASE not in datasette.databases:
        return False
    visible, _ = await datasette.check_visibility(
        request.actor if request else None,
        permissions=[("view-table", (DATABASE, "articles")), ("view-database", DATABASE), "view-instance"],
    )
    return bool(visible)


async def page(
    request: Any, datasette: Any, template: str, context: Mapping[str, Any], status: int = 200
) -> Response:
    """One of our pages."""
    html = await datasette.render_template(template, dict(context), request=request)
    return Response.html(html, status=status, headers=HEADERS)


async def not_found(request: Any, datasette: Any, message: str) -> Response:
    """A page that says in one line what there is none of."""
    return await page(request, datasette, "communique_404.html", {"message": message}, status=404)


def number(text: str) -> int | None:
    """A row id as SQLite can hold it."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
