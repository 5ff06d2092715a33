"""Parquet files of ours, unpacked in a process of their own: a hostile one costs itself, whatever it grows to.

What a file takes cannot be told before: one value may stand for a million rows, and lengths may lie. So the process
may take so much memory and no more, and what it hands on is held against the length of the file.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from archive.imports.unpacked import is_dense, too_dense
from archive.workers import MEMORY, bound_memory, prepare

# rows that are unpacked at once
_ROWS = 16
# bytes of the file that are read at once, of each column
_PIECE = 1 << 20


def unpack(path: Path, longest: int) -> Iterator[tuple[int, bytes | str]]:
    """The rows of a file as JSON objects: how many are before it, and the row or what is wrong, in words.

    A row has at most ``longest`` bytes. The other process takes :data:`archive.workers.MEMORY` at most; a row group
    of ours takes a tenth of it.
    """
    prepare()
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, path, longest), daemon=True)
    process.start()
    theirs.close()
    at = made = 0
    try:
        while found := _received(ours):
            if is_dense(made := made + len(found), path.stat().st_size):
                found = too_dense("export")
            yield at, found
            if isinstance(found, str):
                return
            at += 1
    finally:
        ours.close()
        process.kill()
        process.join()


def _received(connection: Connection) -> bytes | str:
    """The next row, what is wrong, or nothing where that was all."""
    try:
        found = connection.recv_bytes()
    except (EOFError, OSError):
        return "cannot be read from here on (reading it ended its process)"
    return found if found.startswith(b"{") else found.decode()


def _send(connection: Connection, path: Path, longest: int) -> None:
    """Send each row, and in the end what was wrong, or nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    with suppress(BrokenPipeError):
        try:
            wrong = _send_rows(connection, path, longest)
        except MemoryError:
            wrong = f"cannot be read from here on (it takes more than {MEMORY >> 20} MB of memory)"
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001  whatever Arrow says of a file that is none
            wrong = f"cannot be read from here on ({error})"[:300]
        connection.send_bytes(" ".join(wrong.split()).encode())


def _send_rows(connection: Connection, path: Path, longest: int) -> str:
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # others reserve a gigabyte and take a megabyte
    import pyarrow.parquet as pq

    bound_memory()
    with pq.ParquetFile(path, buffer_size=_PIECE) as file:
        groups = (file.metadata.row_group(n) for n in range(file.metadata.num_row_groups))
        if is_dense(sum(group.total_byte_size for group in groups), path.stat().st_size):
            return too_dense("export")
        for batch in file.iter_batches(_ROWS, use_threads=False):
            for n in range(batch.num_rows):
                [row] = batch.slice(n, 1).to_pylist()
                # of a kind that JSON has not: none that a record has
                line = json.dumps(row, ensure_ascii=False, default=lambda _value: None).encode()
                if len(line) > longest:
                    return f"a row of more than {longest >> 20} MB"
                connection.send_bytes(line)
    return ""
