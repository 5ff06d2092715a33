"""Tells other services how a run ended: a dead-man URL that is pinged, a webhook that gets the facts.

Private addresses are allowed here, unlike everywhere else: these addresses come from the user's own configuration and
never from a page, and monitoring often lives in the same network. Nothing here can fail a run, or hold it for longer
than ``DEADLINE``: what goes wrong is one line in the log.

The dead-man URL is plain, as healthchecks.io and its kin have it: it is asked for (GET) after a run that went well,
and with ``/fail`` at the end of its path after one that did not. A service that knows no ``/fail`` answers 404 to
that, misses its ping and raises the alarm, which is right as well. After a run that was not one (75: another is at
it) or was stopped (130) nothing is asked for: the next run will.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

from archive import __version__
from archive.errors import ConfigurationError

# seconds for everything, name look-up and redirects included
DEADLINE = 10.0
# a run that ended so says nothing of whether crawling works: EX_TEMPFAIL and 128 + SIGINT
_NO_RUN = (75, 130)
# what a webhook is told at most: a service's own limit is of some 10 KB often
_PROBLEMS, _LINE = 50, 300
_REDIRECTED = (301, 302, 303, 307, 308)
_REDIRECTS = 5
_LOG = logging.getLogger(__name__)


def check_url(url: str, option: str) -> str:
    """The address, where it can be asked for.

    Raises:
        ConfigurationError: it is no http or https address.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError(f"{option} takes an http or https address, not {url!r}")
    return url


def dead_man_url(url: str, exit_code: int) -> str | None:
    """What to ask for after a run that ended so; None: nothing."""
    if exit_code in _NO_RUN:
        return None
    parts = urlsplit(url)
    return url if exit_code == 0 else urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))


class Ended(Protocol):
    """How a run ended; ``run``: None where it did not come to have a number."""

    @property
    def run(self) -> int | None:
        """Its number."""

    @property
    def exit_code(self) -> int:
        """What its process ends with."""

    @property
    def summary(self) -> str:
        """A line of counts."""

    @property
    def problems(self) -> Sequence[str]:
        """A line each."""


def report(result: Ended) -> dict[str, Any]:
    """What a webhook is told of a run."""
    return {
        "run": result.run,
        "exit_code": result.exit_code,
        "summary": result.summary[:_LINE],
        "problems": [problem[:_LINE] for problem in result.problems[:_PROBLEMS]],
    }


def notify(
    result: Ended, dead_man: str | None = None, webhook: str | None = None, deadline: float = DEADLINE
) -> list[str]:
    """Tell whoever is to be told how a run ended; returns, and logs, a line for each who could not be told.

    Raises nothing. Both are told at the same time. A service that is still being talked to after ``deadline`` seconds
    is given up.
    """
    tasks: dict[str, Callable[[], None]] = {}
    if dead_man:
        tasks["dead-man URL"] = lambda: _ping(dead_man, result.exit_code, deadline)
    if webhook:
        tasks["webhook"] = lambda: _post(webhook, report(result), deadline)
    failures: dict[str, str] = {}
    threads = {
        # a daemon: what stalls in a name look-up cannot be stopped, and must not keep the process
        name: threading.Thread(target=_attempt, args=(name, task, failures), daemon=True)
        for name, task in tasks.items()
    }
    end = time.monotonic() + deadline
    for thread in threads.values():
        thread.start()
    for name, thread in threads.items():
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            failures[name] = f"no answer within {deadline:g} seconds"
    # without its address, which is often a secret
    lines = [f"the {name} could not be told: {failures[name]}" for name in threads if name in failures]
    for line in lines:
        _LOG.warning(line)
    return lines


def _attempt(name: str, task: Callable[[], None], failures: dict[str, str]) -> None:
    try:
        task()
    except urllib.error.HTTPError as error:
        failures[name] = f"it answers {error.code}"
        error.close()
    except urllib.error.URLError as error:
        failures[name] = _line(error.reason)
    except Exception as error:  # noqa: BLE001  told in one line; in this thread nobody else would see it
        failures[name] = _line(error)


def _line(error: object) -> str:
    return " ".join(str(error).split())[:_LINE] or type(error).__name__


def _ping(url: str, exit_code: int, timeout: float) -> None:
    target = dead_man_url(check_url(url, "--dead-man"), exit_code)
    if target is not None:
        _ask(urllib.request.Request(target), timeout)  # noqa: S310


def _post(url: str, facts: dict[str, Any], timeout: float) -> None:
    body = json.dumps(facts, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8"}
    _ask(urllib.request.Request(check_url(url, "--webhook"), body, headers, method="POST"), timeout)  # noqa: S310


def _ask(request: urllib.request.Request, timeout: float) -> None:
    """Send a request; its answer's body is not read.

    A ping follows redirects to http and https. A report is not sent on: it would arrive as a GET without its facts.
    """
    # not build_opener: that one knows file:, ftp: and data: too, and reads a redirect's body to its end
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),  # the environment's proxy is the user's own
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    for _ in range(_REDIRECTS):
        request.add_header("User-Agent", f"communique/{__version__}")
        try:
            opener.open(request, timeout=timeout).close()
            return
        except urllib.error.HTTPError as error:
            target = error.headers.get("Location")
            if error.code not in _REDIRECTED or not target:
                raise
            error.close()
            if request.data is not None:
                raise ValueError(f"it redirects ({error.code}): set the address it leads to") from None
        target = urljoin(request.full_url, target)
        if urlsplit(target).scheme not in ("http", "https"):
            raise ValueError("it redirects to what is no http or https address")
        request = urllib.request.Request(target)  # noqa: S310
    raise ValueError("it redirects too often")
