"""The dictionaries that searches need are read beside the first pages, and searches wait for them.

Where none are kept yet (archive/wordlist.py), that takes 8 s, on a busy machine 20: longer than a query may take,
and a query is where they would be missed.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from archive import stems

if TYPE_CHECKING:
    from archive.web.policy import App, Message, Send

DATABASE = "archive"


def awaited(app: App, datasette: Any) -> App:
    """The application, whose searches find the dictionaries read."""
    if DATABASE not in datasette.databases:
        return app
    reading = threading.Thread(target=stems.preload, daemon=True)
    reading.start()

    async def wrapped(scope: Message, receive: Any, send: Send) -> None:
        # every search is asked for by a parameter, or at an address that says so
        if reading.is_alive() and scope["type"] == "http" and (scope["query_string"] or "search" in scope["path"]):
            await asyncio.to_thread(reading.join)
        await app(scope, receive, send)

    return wrapped
