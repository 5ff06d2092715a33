"""What came of an exchange, as far as its status and its headers say. Pure."""

from __future__ import annotations

from archive.models import Exchange, Outcome
from archive.walls import header_wall

# statuses by which a server says that it will not answer us
REFUSED = frozenset({401, 403, 451})


def first_outcome(exchange: Exchange) -> Outcome | None:
    """What came of an exchange by its status alone; None where its page must be read to say."""
    status, kind = exchange.status, exchange.kind
    if status is None:
        return "failed"
    if header_wall(status, exchange.headers):
        return "blocked"
    if status >= 500 or status == 429:
        return "failed"
    if kind == "robots":
        return "discovery"
    if status == 304:
        return "not_modified"
    if 300 <= status < 400:
        return "redirect"
    if status in REFUSED:
        return "blocked"
    if status in (404, 410) and kind != "discovery":
        return "gone"
    if status >= 400:
        return "failed"
    if status != 200 and kind != "discovery":
        return "not_article"  # accepted, partial, without content: no page
    return "discovery" if kind == "discovery" else None
