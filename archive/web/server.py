"""Starts Datasette over a home folder, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import threading
import webbrowser
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.utils import parse_metadata

from archive import store_health
from archive.errors import CommuniqueError
from archive.home import Home
from archive.models import stamp
from archive.store import Store
from archive.web import audience, configured, snapshot

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
    # Datasette offers a snapshot's file to everybody, with the texts that are held back
    "allow_download": False,
}
# the database is looked through for damage for so long before it is served, in seconds: some 100 MB
_LOOK = 0.5
# a browser's idle connection holds a stop up no longer than this, in seconds
_GRACE = 2


def metadata_path() -> Path:
    """The packaged ``datasette-metadata.json``, or that of a checkout."""
    packaged = Path(__file__).with_name("datasette-metadata.json")
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "datasette-metadata.json"


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(
        self, config: uvicorn.Config, address: str, what: str, in_browser: bool, sign_in: str | None
    ) -> None:
        super().__init__(config)
        self.address = address
        self.what = what
        self.in_browser = in_browser
        self.sign_in = sign_in

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            _say(f"Serving {self.what} on {self.address} (Ctrl-C ends it)")
            if self.sign_in:
                _say(f"What is not public is shown to whoever opens this, once: {self.address}{self.sign_in}")
            if self.in_browser:
                # some browsers are waited for until they are closed
                threading.Thread(target=_show, args=(self.address,), daemon=True).start()


def run(home: Home, host: str, port: int, in_browser: bool = False, as_snapshot: bool = False) -> None:
    """Serve the archive until a signal ends it. Reads only, beside a crawl that may be writing.

    Raises:
        CommuniqueError: the port cannot be had, the database is damaged, or its snapshot does not fit.
        NoArchiveError: there is no archive, or none of this version.
    """
    _check(home.require())
    snapshot.clear(home)
    with _listen(host, port) as listener, suppress(KeyboardInterrupt), ExitStack() as ending:
        copy = None
        if as_snapshot:
            _say(f"Copying the archive ({home.database.stat().st_size / 1e6:,.0f} MB) …")
            copy = ending.enter_context(snapshot.snapshot(home, stamp(datetime.now(UTC))))
        local = ip_address(listener.getsockname()[0]).is_loopback
        datasette = _datasette(home, copy, local)
        for database in datasette.databases.values():
            ending.callback(database.close)
        config = uvicorn.Config(
            datasette.app(),
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        what = f"the archive as of {copy.at[:16]}Z" if copy else "the archive"
        sign_in = audience.one_time(datasette) if local else None
        _Server(config, _address(host, listener.getsockname()[1]), what, in_browser, sign_in).run(sockets=[listener])


def _check(home: Home) -> None:
    """Say in one line why the archive cannot be served."""
    Store(home.database).close()
    with store_health.reading(home.database) as conn, suppress(TimeoutError):
        try:
            with store_health.within(conn, _LOOK):
                damage = store_health.damage(conn, full=False)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            damage = [str(error)]
        if damage:
            line = " ".join(damage[0].split())
            raise CommuniqueError(f"{home.database} is damaged ({line}): `communique doctor` says what can be done")


def _datasette(home: Home, copy: snapshot.Snapshot | None, local: bool) -> Datasette:
    """``local``: nobody but whoever sits at this machine reaches it."""
    # not above: imported before datasette.app it registers as a plugin without its hook
    from datasette import handle_exception

    # where rich is installed, it prints a screen of traceback for every address that does not exist
    handle_exception.rich = None
    metadata = configured.merged(parse_metadata(metadata_path().read_text("utf-8")), home.path / "datasette.json")
    own = {"home": str(home.path.absolute()), "local": local, **({"snapshot": copy.at} if copy else {})}
    metadata["plugins"] = configured.hidden({**metadata.get("plugins", {}), "communique": own}, os.environ)
    # as Datasette's own command: without one, whoever has signed in does so again after each start
    secret = os.environ.get("DATASETTE_SECRET")
    if copy is None:
        return Datasette([str(home.database)], metadata=metadata, settings=SETTINGS, secret=secret)
    datasette = Datasette(immutables=[str(copy.database)], metadata=metadata, settings=SETTINGS, secret=secret)
    # of the whole file, and kept: else all readers would wait while the first one's page has it made
    _ = [database.hash for database in datasette.databases.values()]
    return datasette


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _show(address: str) -> None:
    """Open the browser; a server that listens at every address is shown at this machine's own."""
    here = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    if not webbrowser.open(here):
        _say(f"communique: no browser could be opened; it is at {here}")


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
