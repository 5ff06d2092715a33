"""Asks time-stamping authorities (RFC 3161) to say when they saw the hash of an entry, and checks what they say.

Reads ``custody.toml``. An authority learns the hash and nothing else. Private addresses are refused unless the file
says that they are meant; no redirect is followed; nothing here takes longer than ``DEADLINE``.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import tomllib
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cryptography import x509

from archive.chain import Entry, hashed
from archive.der import with_certificates_sorted
from archive.errors import ConfigurationError, WitnessError
from archive.home import Home
from archive.models import stamp
from archive.private import is_private
from archive.store_custody import Witness

# seconds for everything, the look-up of the name included: a run waits for it
DEADLINE = 15.0
# bytes of an answer: one with its certificates has 2 to 8 KB
LIMIT = 64 << 10
# addresses of a name that are tried
_TRIED = 3
_SHA256 = "2.16.840.1.101.3.4.2.1"
_KEYS = {"name", "url", "certificates", "private"}


class Authority(NamedTuple):
    """One that is asked. ``certificates``: what its answers have to lead to; ``private``: it may be in this net."""

    name: str
    url: str
    certificates: tuple[x509.Certificate, ...]
    private: bool


def configured(home: Home) -> list[Authority]:
    """The authorities of ``custody.toml``, none where there is no such file.

    Raises:
        ConfigurationError: an entry cannot be used.
    """
    try:
        tables = tomllib.loads(home.witnesses.read_text("utf-8")).get("witness", [])
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{home.witnesses}: {error}") from error
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(f"{home.witnesses}: authorities stand in tables [[witness]]")
    found = [_authority(home, table) for table in tables]
    if len({authority.name for authority in found}) < len(found):
        raise ConfigurationError(f"{home.witnesses}: two authorities have one name")
    return found


def _authority(home: Home, table: dict[str, Any]) -> Authority:
    if unknown := table.keys() - _KEYS:
        raise ConfigurationError(f"{home.witnesses}: unknown key {min(unknown)!r}")
    name, url, file = (table.get(key) for key in ("name", "url", "certificates"))
    if not (isinstance(name, str) and name.isprintable() and 0 < len(name) <= 60):
        raise ConfigurationError(f"{home.witnesses}: an authority needs a name of 1 to 60 characters")
    where = f"{home.witnesses}: {name}"
    try:
        parts = urlsplit(url) if isinstance(url, str) and url.isascii() and url.isprintable() else None
        usable = parts is not None and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(f"{where}: url has to be an http or https address")
    if not isinstance(file, str):
        raise ConfigurationError(f"{where}: certificates has to name a PEM file with those its answers lead to")
    try:
        certificates = x509.load_pem_x509_certificates((home.path / file).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{where}: certificates: {file}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{where}: certificates: {file}: {error}") from error
    return Authority(name, str(url), tuple(certificates), table.get("private") is True)


def ask(authority: Authority, entry: Entry) -> Witness:
    """Ask for a time stamp of an entry's hash.

    Raises:
        WitnessError: there was no answer in time, or none that holds.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder().data(hashed(*entry[:5])).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        token = _within(DEADLINE, authority, request.as_bytes())
        at = stamped_at(token, entry.hash, authority.certificates, request.nonce)
    except (OSError, ValueError) as error:
        raise WitnessError(authority.name, str(error)) from error
    return Witness(entry.seq, authority.name, stamp(at), token)


def stamped_at(
    token: bytes, entry_hash: str, certificates: tuple[x509.Certificate, ...], nonce: int | None = None
) -> datetime:
    """When an authority saw the hash of an entry, by its answer. ``nonce``: what the question carried.

    Raises:
        ValueError: the answer is damaged, of another hash, or signed by nobody whom the certificates vouch for.
    """
    from rfc3161_client import VerifierBuilder, decode_timestamp_response

    try:
        response = decode_timestamp_response(with_certificates_sorted(token))
        if response.status > 1:
            raise ValueError(
                f"refused (status {response.status}: {'; '.join(response.status_string) or 'no reason'})"
            )
        info = response.tst_info
        if info.message_imprint.hash_algorithm.dotted_string != _SHA256:
            raise ValueError("of a hash other than SHA-256")
        VerifierBuilder(roots=list(certificates), nonce=nonce).build().verify(response, bytes.fromhex(entry_hash))
    except Exception as error:  # whatever a reader of what a stranger sent stumbles over: it does not hold
        raise ValueError(str(error) or type(error).__name__) from error
    return info.gen_time


def states(token: bytes, entry_hash: str) -> datetime:
    """What an answer states without its certificates: when the hash of an entry was seen.

    Raises:
        ValueError: the answer cannot be read, or is of another hash.
    """
    from rfc3161_client import decode_timestamp_response

    info = decode_timestamp_response(with_certificates_sorted(token)).tst_info
    if info.message_imprint.message != bytes.fromhex(entry_hash):
        raise ValueError("of another hash")
    return info.gen_time


def _within(seconds: float, authority: Authority, request: bytes) -> bytes:
    """The answer to a request; a thread of its own, for nothing ends the look-up of a name."""
    found: list[bytes] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(_post(authority, request, time.monotonic() + seconds))
        except Exception as error:  # noqa: BLE001  whatever it is, it is said of this authority
            failed.append(error)

    thread = threading.Thread(target=run, name=f"witness {authority.name}", daemon=True)
    thread.start()
    thread.join(seconds)
    if found:
        return found[0]
    if failed:
        raise OSError(str(failed[0]) or type(failed[0]).__name__) from failed[0]
    raise TimeoutError(f"no answer within {seconds:g} seconds")


def _post(authority: Authority, request: bytes, until: float) -> bytes:
    """Send a request to an address that was looked at, so that no second look-up leads elsewhere."""
    import httpx

    url = httpx.URL(authority.url)
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not authority.private and any(is_private(address) for address in addresses):
        raise OSError(f"{url.host} leads to a private address, and `private = true` does not stand in custody.toml")
    headers = {"Host": url.netloc.decode("ascii"), "Content-Type": "application/timestamp-query"}
    # proxies of the environment would look up the name once more
    with httpx.Client(verify=ssl.create_default_context(), timeout=DEADLINE, trust_env=False) as client:
        for n, address in enumerate(addresses[:_TRIED], 1):
            try:
                with client.stream(
                    "POST",
                    url.copy_with(host=address),
                    content=request,
                    headers=headers,
                    extensions={"sni_hostname": url.host},
                ) as response:
                    if response.status_code != 200:
                        raise OSError(f"HTTP {response.status_code}")
                    return _read(response, until)
            except httpx.ConnectError:
                if n == len(addresses[:_TRIED]):
                    raise
    raise OSError(f"{url.host} has no address")


def _read(response: Any, until: float) -> bytes:
    body = b""
    for part in response.iter_raw():
        body += part
        if len(body) > LIMIT:
            raise OSError(f"more than {LIMIT} bytes")
        if time.monotonic() > until:
            raise TimeoutError("too slow")
    return body
