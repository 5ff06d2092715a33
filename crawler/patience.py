"""Hosts that are left alone for a while: they asked for patience (429, 503, Retry-After), or they block us."""

from __future__ import annotations

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
    """What is known of such hosts, from earlier runs and this one; ``note`` has changes written to the archive."""

    def __init__(self, waits: Mapping[str, tuple[datetime, int]], note: Callable[[Callable[[Store], None]], None]):
        self._waits = dict(waits)
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

    def asked_for(self, url: str, status: int, retry_after: str | None) -> None:
        """A host answered 429 or 503."""
        self._set(url, lambda now, times: wait_until(retry_after, now, times), f"answers {status}")

    def blocked(self, url: str) -> None:
        """A host refused a list of its pages."""
        self._set(url, lambda now, times: now + rest(times), BLOCKS)

    def answered(self, url: str) -> None:
        """A host answers again."""
        host = _host(url)
        if self._waits.pop(host, None) is not None:
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
