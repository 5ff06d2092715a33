"""Hosts that are left alone for a while: they asked for patience (429, 503, Retry-After), or they block us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from archive.models import stamp
from archive.schedule import RESTS, rest, wait_until

if TYPE_CHECKING:
    from archive.store import Store

# a shorter wait is sat out within the run, in seconds: a longer one would hold up the end of the run
SAT_OUT = 60.0
BLOCKS = "blocks"


class PatienceError(IgnoreRequest):
    """A host is to be left alone for now; its message is one line for the user."""


class Patience:
    """What is known of such hosts, from earlier runs and this one.

    ``note`` has changes written to the archive. ``named``: hosts that block us are tried all the same.
    """

    def __init__(
        self,
        waits: Mapping[str, tuple[datetime, int, str]],
        note: Callable[[Callable[[Store], None]], None],
        named: bool,
    ) -> None:
        now = datetime.now(UTC)
        self._waits = {
            host: (now if named and reason == BLOCKS else until, times)
            for host, (until, times, reason) in waits.items()
        }
        self._note = note

    def left(self, url: str) -> float:
        """For how many more seconds the host of an address is to be left alone, 0 where it is not.

        Raises:
            PatienceError: for longer than a run can wait.
        """
        host = _host(url)
        if host not in self._waits:
            return 0.0
        until, _ = self._waits[host]
        seconds = (until - datetime.now(UTC)).total_seconds()
        if seconds > RESTS[-1].total_seconds():  # nobody is left alone for so long: the clock was wrong
            return 0.0
        if seconds > SAT_OUT:
            raise PatienceError(f"{host} is left alone until {stamp(until)}")
        return max(0.0, seconds)

    async def sit_out(self, url: str) -> None:
        """Wait until the host of an address is no more to be left alone.

        Raises:
            PatienceError: for longer than a run can wait.
        """
        if seconds := self.left(url):
            await asyncio.sleep(seconds)

    def asked_for(self, url: str, status: int, retry_after: str | None) -> None:
        """A host answered 429 or 503."""
        self._set(url, lambda now, times: wait_until(retry_after, now, times), f"answers {status}")

    def blocked(self, url: str) -> None:
        """A host refused a list of its pages."""
        self._set(url, lambda now, times: now + rest(times), BLOCKS)

    def answered(self, url: str) -> None:
        """A host answers; while it is to be left alone, that is only what was under way when it asked for it."""
        host = _host(url)
        if host in self._waits and self._waits[host][0] <= datetime.now(UTC):
            del self._waits[host]
            self._note(lambda store: store.set_wait(host, None, 0, ""))

    def _set(self, url: str, until: Callable[[datetime, int], datetime], reason: str) -> None:
        host, now = _host(url), datetime.now(UTC)
        earlier, times = self._waits.get(host, (now, 0))
        if earlier > now:  # answers of requests that were under way when it asked first
            return
        at = until(now, times + 1)
        self._waits[host] = (at, times + 1)
        self._note(lambda store: store.set_wait(host, stamp(at), times + 1, reason))


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")
