"""Which addresses are the same page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from w3lib.url import canonicalize_url, safe_url_string, url_query_cleaner

# parameters that say where a reader came from, never what the page is (names as the tracking tools document them)
TRACKING = (
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id", "utm_name", "utm_social",
    "fbclid", "gclid", "dclid", "yclid", "msclkid", "mc_cid", "mc_eid", "igshid", "_ga", "_gl", "ns_mchannel",
    "ito", "at_medium", "at_campaign", "at_custom1", "at_custom2", "wt_mc", "ref_src",
)  # fmt: skip
# an address that is encoded and absolute already, as nearly all links are: to take it apart again costs 1 ms a page
_PLAIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}(?:/[A-Za-z0-9/_.~-]*(?:\?[A-Za-z0-9=&_.-]+)?)?"
)
_PORTS = {"http": 80, "https": 443}
# the AMP form of a page: its last step, or a parameter
_AMP_STEP = re.compile(r"(?<=[^/])/amp/?$", re.IGNORECASE)
_AMP_QUERY = ("amp", "amp_js_v")
# the Russian ministry's hosts (mil.ru, z.mil.ru, eng.mil.ru) hold one document under one UUID
_MIL_RU = re.compile(r"^(?:[a-z0-9-]+\.)*mil\.ru(/news/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")


def clean(url: str) -> str:
    """An address without fragment and tracking parameters: the one to ask for."""
    return url_query_cleaner(url, TRACKING, remove=True, unique=False).partition("#")[0]


def url_key(url: str) -> str:
    """The identity of an address: equal for spellings of one page, without a scheme.

    Lower-case host without trailing dot and default port, path and query percent-encoded one way, tracking
    parameters and fragment gone, the rest of the query sorted, no trailing slash. A page's AMP form is the page.
    """
    parts = urlsplit(url_query_cleaner(clean(url), _AMP_QUERY, remove=True, unique=False))
    one = urlsplit(canonicalize_url(parts._replace(netloc=_netloc(url)).geturl(), keep_fragments=False))
    query = f"?{one.query}" if one.query else ""
    key = f"{one.netloc}{_AMP_STEP.sub('', one.path).rstrip('/') or '/'}{query}"
    return _MIL_RU.sub(r"mil.ru\1", key)


def _netloc(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    return host if port is None or port == _PORTS.get(parts.scheme) else f"{host}:{port}"


def site(url: str) -> str:
    """The host of an address without a leading ``www.``."""
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")


def canonical(page: str, declared: str | None) -> str | None:
    """The canonical address a page declares, absolute, where it can be believed, else None.

    Believed when it is http(s), stays on the page's site, and is not the front page declared for another page
    (a template's mistake that would make one article of a whole site).
    """
    if not declared:
        return None
    try:
        url = urljoin(page, declared.strip())
        parts, own = urlsplit(url), urlsplit(page)
        if parts.scheme not in ("http", "https") or site(url) != site(page):
            return None
        program = own.path in ("", "/") or "." in own.path.rpartition("/")[2]
        if program and own.query and not parts.query and parts.path.rstrip("/") == own.path.rstrip("/"):
            return None  # the query is what tells this program's pages apart
        if parts.path in ("", "/") and not parts.query and own.path not in ("", "/"):
            return None
        url_key(url)  # raises where nothing can be found by it
        return parts._replace(fragment="").geturl()
    except ValueError:  # an address that is none
        return None


def is_memento(fetched_from: str | None) -> bool:
    """Whether what was fetched there is a web archive's copy: it says how a page was, not how it is."""
    return fetched_from is not None and site(fetched_from) == "web.archive.org"


def is_web(url: str) -> bool:
    """Whether an address can be asked for: http or https, with a host and a port that can be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def absolute(base: str, href: str | None) -> str | None:
    """The web address a link leads to, percent-encoded and without fragment, None where it leads to none."""
    if not href:
        return None
    try:
        target = href if _PLAIN.fullmatch(href) else urljoin(base, href.strip())
        if _PLAIN.fullmatch(target):
            return target
        return safe_url_string(target.partition("#")[0]) if is_web(target) else None
    except ValueError:
        return None


def is_article(url: str, patterns: Iterable[re.Pattern[str] | str]) -> bool:
    """Whether path and query of an address match one of a source's article patterns (none: every address)."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    patterns = tuple(patterns)
    return not patterns or any(re.search(pattern, target) for pattern in patterns)
