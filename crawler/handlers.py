"""Where a request may go: never to a private address, unless the user named the one to connect to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from archive.errors import ConfigurationError
from archive.private import is_private

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

# names that mean this machine or this network, whatever a resolver says (RFC 6761, RFC 6762, RFC 9476)
_LOCAL = ("localhost", "local", "internal", "lan", "intranet")
# one to four numbers, decimal, octal or hexadecimal, as inet_aton takes them
_IPV4_SPELLING = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", re.IGNORECASE)


class PrivateAddressError(Exception):
    """A request leads to a private, loopback or link-local address."""

    def __init__(self, host: str, address: str | None = None) -> None:
        super().__init__(f"{host} is a private address" if address is None else f"{host} leads to private {address}")


def parse_connect_to(values: Sequence[str]) -> dict[str, str]:
    """``PATTERN=ADDRESS:PORT`` options as a mapping (host pattern with ``*`` → address).

    Raises:
        ConfigurationError: a value of another form.
    """
    found = {}
    for value in values:
        pattern, equals, address = value.partition("=")
        host, colon, port = address.rpartition(":")
        if not (pattern and equals and colon and _is_address(host) and re.fullmatch(r"[0-9]{1,5}", port)) or not (
            0 < int(port) < 65536
        ):
            raise ConfigurationError(f"--connect-to takes HOST=ADDRESS:PORT, not {value!r}")
        found[pattern.lower()] = address
    return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    except ValueError:  # a name: the resolver would refuse where it leads
        return False
    return ":" not in host or host.startswith("[")


class GuardedHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler that refuses private addresses by name, on every hop.

    A host that ``CONNECT_TO`` names is reached at the address given there, over plain HTTP, with its own name in
    the Host header; its response comes back under its own address. That is the only way to a private address.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._connect_to: dict[str, str] = crawler.settings.getdict("CONNECT_TO")
        # connections are kept by address, and all hosts of CONNECT_TO share one: without this only as many stay
        # open as one polite host needs, and a new one for each request costs as much as the request
        self._pool.maxPersistentPerHost = crawler.settings.getint("CONCURRENT_REQUESTS")

    async def download_request(self, request: Request) -> Response:
        """Send a request where it may go.

        Raises:
            PrivateAddressError: where it may not.
        """
        parts = urlsplit(request.url)
        host = (parts.hostname or "").rstrip(".")
        for pattern, address in self._connect_to.items():
            if fnmatchcase(host, pattern):
                inner = request.replace(url=parts._replace(scheme="http", netloc=address).geturl())
                inner.headers["Host"] = parts.netloc.rpartition("@")[2]
                response = await super().download_request(inner)
                request.meta.update(inner.meta)  # the download's times
                return response.replace(url=request.url)
        _refuse(host)
        return await super().download_request(request)


def _refuse(host: str) -> None:
    if not host or host.rpartition(".")[2] in _LOCAL or f".{host}".endswith(".home.arpa"):
        raise PrivateAddressError(host)
    try:
        private = is_private(host)
    except ValueError:  # a name (the resolver looks at what it leads to), or an IPv4 address in another spelling
        private = _IPV4_SPELLING.fullmatch(host) is not None
    if private:
        raise PrivateAddressError(host)


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's resolver that refuses names which lead to private addresses.

    The addresses of CONNECT_TO are numbers, which are not looked up: no name is ever allowed to lead to one.
    """

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """The public IPv4 address of a name."""
        return super().getHostByName(name, timeout).addCallback(self._check, name)

    def _check(self, address: Any, name: str) -> str:
        if str(address) != name and is_private(str(address)):
            raise DNSLookupError(f"{name} leads to the private address {address}")
        return str(address)
