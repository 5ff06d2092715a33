"""Starts Datasette over a home folder, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.utils import parse_metadata

from archive.errors import CommuniqueError
from archive.home import Home
from archive.store import Store

SETTINGS: dict[str, Any] = {
    # looking for facets takes 600 of the 630 ms of a table page at a million rows; those of the metadata stay
    "suggest_facets": False,
    "facet_time_limit_ms": 500,  # counting a million rows along an index takes 100-300 ms
    "sql_time_limit_ms": 3000,  # a common word ranked at a million rows takes 634 ms
    "default_page_size": 50,  # rows: about three screens
    "max_returned_rows": 1000,
    "truncate_cells_html": 300,  # characters: a few lines of a cell
    "template_debug": False,
    "trace_debug": False,
}
# a browser's idle connection holds a stop up no longer than this, in seconds
_GRACE = 2


def metadata_path() -> Path:
    """The packaged ``datasette-metadata.json``, or that of a checkout."""
    packaged = Path(__file__).with_name("datasette-metadata.json")
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "datasette-metadata.json"


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self.address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            print(f"Serving the archive on {self.address} (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201


def run(home: Home, host: str, port: int) -> None:
    """Serve the archive until a signal ends it. Reads only, beside a crawl that may be writing.

    Raises:
        CommuniqueError: the port cannot be had. NoArchiveError: there is no archive, or one of another version.
    """
    Store(home.require().database).close()
    # not above: imported before datasette.app it registers as a plugin without its hook
    from datasette import handle_exception

    # where rich is installed, it prints a screen of traceback for every address that does not exist
    handle_exception.rich = None
    with _listen(host, port) as listener:
        datasette = Datasette(
            [str(home.database)], metadata=parse_metadata(metadata_path().read_text()), settings=SETTINGS
        )
        config = uvicorn.Config(
            datasette.app(),
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        name = f"[{host}]" if ":" in host else host
        _until_stopped(_Server(config, f"http://{name}:{listener.getsockname()[1]}"), listener)
        for database in datasette.databases.values():
            database.close()


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: nothing else can take the port between the check and the start."""
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as error:
        if listener is not None:
            listener.close()
        raise CommuniqueError(f"cannot listen at {host}:{port}: {error.strerror}") from error
    return listener


def _until_stopped(server: uvicorn.Server, listener: socket.socket) -> None:
    """Run until SIGINT or SIGTERM. uvicorn raises the signal again when it has stopped: that one ends nothing."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, lambda *_: None) if main else None
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)
