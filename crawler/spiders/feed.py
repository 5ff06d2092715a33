"""Pages named by an RSS or Atom feed. Pure."""

from __future__ import annotations

import feedparser

from archive.urls import absolute


def read_feed(body: bytes, url: str, content_type: str | None) -> list[str]:
    """The addresses of a feed's entries, in its order, each once.

    ``body`` without its Content-Encoding. Empty where it is no feed: feedparser reads what it can of a broken one.
    """
    headers = {"content-type": content_type} if content_type else {}
    for stated in (headers, {}):  # where the charset stated does not exist, the document's own word is next
        try:
            parsed = feedparser.parse(body, response_headers={**stated, "content-location": url}, sanitize_html=False)
        except (LookupError, ValueError):  # a charset that does not exist, a name that is none
            continue
        links = (absolute(url, entry.get("link")) for entry in parsed.entries)
        return list(dict.fromkeys(link for link in links if link))
    return []
