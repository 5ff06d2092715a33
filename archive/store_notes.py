"""What of the readers' notes (``notes.db``) is somebody else's text, taken out where that text is forgotten.

The file's tables are :mod:`archive.web.notes_schema`'s. A reader's own words stay, unless they repeat the text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote_plus

from archive.stops import instead

# stands for a note that repeated the text
INSTEAD = "(removed with the text that it repeated)"
# another writer is waited for so long, in seconds
_PATIENCE = 30


def forget_notes(
    path: Path, url_keys: Collection[str], parts: Collection[int] | None, holds: Callable[[str], bool]
) -> int:
    """Take quotations of articles out of the notes on them, and their addresses; returns of how many notes.

    ``parts``: of the pages at these addresses, None: all. ``holds``: whether a text repeats one of theirs.
    """
    if not path.is_file():
        return 0
    with closing(sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)) as conn:
        conn.execute("pragma secure_delete = on")
        conn.execute("begin immediate")
        places = [
            row[:2]
            for row in conn.execute("select id, url, url_key, part from places")
            if row[2] in url_keys and (parts is None or row[3] in parts)
        ]
        here = {place for place, _ in places}
        changed = 0
        for note, place, text, quotation in conn.execute("select id, place, text, quotation from notes").fetchall():
            repeats = holds(text)
            if repeats:
                conn.execute("update notes set text = ? where id = ?", (INSTEAD, note))
            quotes = quotation is not None and (place in here or holds(quotation))
            if quotes:
                conn.execute(
                    "update notes set quotation = null, field = null, start = null, stop = null where id = ?", (note,)
                )
            changed += repeats or quotes
        conn.executemany(
            "update places set url = ?2, url_key = ?2 where id = ?1", [(place, instead(url)) for place, url in places]
        )
        for search, name, query in conn.execute("select id, name, query from searches").fetchall():
            if holds(name) or holds(unquote_plus(query)):
                conn.execute("delete from searches where id = ?", (search,))
        conn.execute("commit")
        conn.execute("vacuum")
        conn.execute("pragma wal_checkpoint(truncate)")
    return changed
