"""Pages named by the REST interface of a WordPress site (``/wp-json/wp/v2/posts``). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.discovery import Brought, Found, Further
from crawler.spiders.answer import address, from_json, moment, once

# posts asked for at once: the most that WordPress gives
SIZE = 100


def first(url: str, since: datetime | None) -> str:
    """The address to begin with: what was changed at ``since`` (aware) or later, the last change first.

    ``url``: the interface's, what stands in its query stays (a search, a category).
    """
    wanted = {"per_page": str(SIZE), "_fields": "link,date_gmt,modified_gmt", "orderby": "modified", "order": "desc"}
    if since:  # WordPress leaves out the second itself
        wanted["modified_after"] = (since.astimezone(UTC) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _with(url, wanted)


def wordpress(body: bytes, url: str) -> Brought:
    """The posts of an answer, in its order, and the next page where this one was full.

    Behind the last page WordPress answers 400: where their number is a multiple of 100, that is the end.
    """
    posts = from_json(body)
    if not isinstance(posts, list):
        return Brought()
    further: tuple[Further, ...] = ()
    if len(posts) >= SIZE:
        page = next((value for name, value in parse_qsl(urlsplit(url).query) if name == "page"), "1")
        if page.isascii() and page.isdigit() and len(page) <= 6:
            further = (Further(_with(url, {"page": str(int(page) + 1)})),)
    return Brought(once(_posts(posts, url)), further)


def _posts(posts: list[object], url: str) -> Iterator[Found]:
    for post in posts:
        if isinstance(post, dict) and (target := address(url, post.get("link"))):
            yield Found(target, moment(post.get("modified_gmt")), moment(post.get("date_gmt")))


def _with(url: str, wanted: dict[str, str]) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in wanted]
    return parts._replace(query=urlencode([*query, *wanted.items()], safe=",:/"), fragment="").geturl()
