"""What one query may take of the machine: who may ask SQL may ask for a gigabyte, or for the address of a function.

Datasette ends a query after its time; SQLite looks at the clock between its own steps, so that what one step makes
has to be bounded by itself.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Sequence
from typing import Any

# of one value or row, in bytes: a page of 32 MiB (the crawl's bound) in an encoding of one byte a letter is twice
# that in UTF-8, and an article's row holds it with its summary and description
LENGTH = 128 << 20
# of all that SQLite holds at a time, in bytes: a page of ours takes 20 MB
HEAP = 512 << 20
# of the rows of one answer, in bytes: 1,000 rows (max_returned_rows) of articles of 20 KB are 20 MB
ANSWER = 256 << 20
# of a table or an answer; the widest of ours has 46
COLUMNS = 200
# characters of a LIKE or GLOB pattern: each is tried at each letter of the text, in one step
PATTERN = 1_000


def bound(conn: sqlite3.Connection) -> None:
    """Put the bounds on a connection that readers' queries run on."""
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LENGTH)
    conn.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, COLUMNS)
    conn.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN)
    conn.execute(f"pragma hard_heap_limit = {HEAP}")
    conn.row_factory = _counted(ANSWER)
    # tells where code lies in memory, and takes the address of other code instead
    for arguments in (1, 2):
        conn.create_function("fts3_tokenizer", arguments, lambda *_: None)


def _counted(most: int) -> Callable[[sqlite3.Cursor, Sequence[Any]], sqlite3.Row]:
    """Makes rows, and ends a query whose rows come to more than that."""
    left = most
    last: Callable[[], sqlite3.Cursor | None] = lambda: None  # noqa: E731

    def row(cursor: sqlite3.Cursor, values: Sequence[Any]) -> sqlite3.Row:
        nonlocal left, last
        if last() is not cursor:
            # held weakly: a cursor that is not at its end keeps the log of the database from being folded in
            left, last = most, weakref.ref(cursor)
        for value in values:
            if isinstance(value, str | bytes):
                left -= len(value)
        if left < 0:
            raise sqlite3.OperationalError(f"the rows come to more than {most >> 20} MB")
        return sqlite3.Row(cursor, values)  # type: ignore[arg-type]

    return row


def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """A query that asked for too much is its asker's error: told in a line, as Datasette tells of others."""
    # not above: imported before datasette.app they register as plugins without their hooks
    from datasette.database import QueryInterrupted
    from datasette.handle_exception import handle_exception as stock
    from datasette.views.base import DatasetteError

    if isinstance(exception, QueryInterrupted) and request.path.endswith(".csv"):
        line = "the query took longer than it may"  # Datasette says so of HTML and JSON alone
    elif isinstance(exception, MemoryError | sqlite3.DataError):
        line = f"the query takes more than it may: {str(exception) or 'out of memory'}"
    else:
        return None
    return stock(datasette, request, DatasetteError(line, title="Too much", status=400))
