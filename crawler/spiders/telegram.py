"""Posts named by the public web preview of a Telegram channel (``https://t.me/s/CHANNEL``). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urljoin, urlsplit

from parsel import Selector

from archive.post import is_post
from crawler.discovery import Brought, Found, Further
from crawler.spiders.answer import moment, once

# bytes of a preview that are read: 20 posts are about 110 KB
_LIMIT = 4 << 20
_CHANNEL = re.compile(r"/s/([A-Za-z0-9_]{3,64})/?")
_POST = re.compile(r"([A-Za-z0-9_]{3,64})/([1-9]\d{0,9})", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,9}", re.ASCII)


def telegram(body: bytes, url: str) -> Brought:
    """The channel's posts on a page, newest first, each with where to fetch it alone, and the page before.

    A page holds up to 20. What the channel did (a photo changed, a post pinned) is no post. Whether a post was edited
    stands on its own page (``archive.post``), not when: ``modified`` is never known.
    """
    place = _CHANNEL.fullmatch(urlsplit(url).path)
    if place is None:  # a channel without a preview redirects to its card
        return Brought()
    channel = place[1]
    page = Selector(text=body[:_LIMIT].decode("utf-8", "replace"), type="html")
    posts = list(_posts(page, channel))
    posts.sort(key=lambda post: post[0], reverse=True)
    before = _before(page) or (posts[-1][0] if posts else None)
    asked = next((value for name, value in parse_qsl(urlsplit(url).query) if name == "before"), "")
    further: tuple[Further, ...] = ()
    # the preview shows its newest page for a number that it does not know: only ever backwards, and only from posts
    if posts and before and before > 1 and (not _NUMBER.fullmatch(asked) or before < int(asked)):
        further = (Further(urljoin(url, f"/s/{channel}?before={before}")),)
    return Brought(once(found for _, found in posts), further)


def widget(url: str) -> str | None:
    """Where a post is shown alone, None where the address is no post's."""
    return f"{url.partition('?')[0]}?embed=1&mode=tme" if is_post(url) else None


def _posts(page: Selector, channel: str) -> Iterator[tuple[int, Found]]:
    for message in page.css("div.tgme_widget_message[data-post]:not(.service_message)"):
        # not .attrib: it raises where any attribute has a name that XML does not allow
        named = _POST.fullmatch(message.xpath("@data-post").get(""))
        if named is None or named[1].lower() != channel.lower():
            continue
        # a video has a time element too, of its length and without a moment
        stated = message.css(".tgme_widget_message_date time::attr(datetime), time.time::attr(datetime)").get()
        address = f"https://t.me/{named[1]}/{named[2]}"
        yield int(named[2]), Found(address, published=moment(stated), fetch=widget(address))


def _before(page: Selector) -> int | None:
    stated = page.css(".tme_messages_more::attr(data-before)").get() or ""
    return int(stated) if _NUMBER.fullmatch(stated) else None
