"""Crawls replicas with the built-in catalogue, by the real command, under the outlets' real names."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.home import Home
from crawler.demo.site import DemoSite, Hit
from crawler.sources import built_in
from tests.crawling import catalogue
from tests.outlets.replica import Replica

# the command itself; the pauses that the hosts of nobody's own get (4 and 8 seconds) are for the real ones, and no
# catalogue can change them
_COMMAND = """
from crawler.cli import main
from crawler.sources import SHARED
for host in SHARED:
    SHARED[host] = 0.01
main()
"""


@dataclass(frozen=True, slots=True)
class Crawled:
    """A crawl that ended: its archive, what the server was asked, and how the command ended."""

    home: Home
    log: tuple[Hit, ...]
    exit_code: int
    errors: str

    @property
    def asked(self) -> frozenset[str]:
        """Every address that was asked for, without its scheme."""
        return frozenset(hit.host + hit.path for hit in self.log)


def crawl(folder: Path, replicas: Sequence[Replica], silent: Sequence[str] = ()) -> Crawled:
    """Crawl replicas back to the start of 2022 into a folder; nothing answers at the ``silent`` hosts."""
    home = Home(folder)
    sources = list(dict.fromkeys(replica.source for replica in replicas))
    # the built-in entries but for their pauses
    catalogue(home, "".join(f"[{name}]\ndelay = 0\n" for name in built_in()))
    with DemoSite() as site, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        nowhere = f"127.0.0.1:{nobody.getsockname()[1]}"
        for replica in replicas:
            replica.put(site)
        targets = [*(f"{host}={nowhere}" for host in silent), f"*={site.address}"]
        ended = subprocess.run(
            [
                *(
                    sys.executable,
                    "-c",
                    _COMMAND,
                    "crawl",
                    *sources,
                    "--home",
                    str(home.path),
                    "--since",
                    "2022-01-01",
                ),
                *(argument for target in targets for argument in ("--connect-to", target)),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Crawled(home, tuple(site.log), ended.returncode, ended.stderr)
