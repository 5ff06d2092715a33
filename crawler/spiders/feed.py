"""Pages named by an RSS or Atom feed. Pure."""

from __future__ import annotations

from urllib.parse import urljoin

import feedparser


def read_feed(body: bytes, url: str, content_type: str | None) -> list[str]:
    """The addresses of a feed's entries, in its order, each once.

    ``body`` without its Content-Encoding. Empty where it is no feed: feedparser reads what it can of a broken one.
    """
    headers = {"content-type": content_type} if content_type else {}
    parsed = feedparser.parse(body, response_headers={**headers, "content-location": url}, sanitize_html=False)
    links = (entry.get("link") for entry in parsed.entries)
    return list(dict.fromkeys(urljoin(url, link) for link in links if link))
