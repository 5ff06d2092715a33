"""What a replica is: the stories that are to be found in it, and how pages and lists are written.

Every text here is a placeholder: real names of outlets stand over them, and nobody said any of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from archive.models import moment
from crawler.demo.site import DemoSite

_COUNT = ("one", "two", "three", "four")
# one sentence for each language; each is a paragraph of more than 20 words, as a report's are
_SENTENCES = {
    "en": "Placeholder paragraph {n} of {label}. This text stands where the outlet's text would stand: nobody said it,"
    " and it is here so that there are words to read in the place of a report.",
    "uk": "Заповнювач, абзац {n}, {label}. Цей текст стоїть там, де стояв би текст видання: ніхто цього не казав,"
    " і він тут лише для того, щоб на сторінці було що читати замість повідомлення.",
    "ru": "Заполнитель, абзац {n}, {label}. Этот текст стоит там, где стоял бы текст издания: никто этого не говорил,"
    " и он здесь лишь для того, чтобы на странице было что читать вместо сообщения.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """A story that the crawl must bring in.

    ``label``: tells its text from all others'. ``published``, ``printed``, ``found``: what must be read of when it came
    out, None where the page does not say. ``day``: that day in the source's zone.
    """

    url: str
    label: str
    published: str | None = None
    printed: str | None = None
    found: str | None = None
    day: str | None = None
    language: str = "en"
    named: str | None = None

    @property
    def title(self) -> str:
        """Its headline."""
        return self.named or f"Placeholder story {self.label}"

    @property
    def texts(self) -> tuple[str, ...]:
        """Its paragraphs."""
        return tuple(_SENTENCES[self.language].format(n=n, label=self.label) for n in _COUNT)

    @property
    def paragraphs(self) -> str:
        """Its paragraphs as elements."""
        return "".join(f"<p>{escape(text)}</p>\n" for text in self.texts)


@dataclass(frozen=True, slots=True)
class Replica:
    """One outlet's site.

    ``put`` writes its lists and pages into a server. ``stories``: all that are to be found. ``others``: addresses that
    its lists name too, and that are no articles or not asked for. ``furniture``: lines of its pages that are part of
    no text.
    """

    source: str
    put: Callable[[DemoSite], None]
    stories: tuple[Story, ...]
    others: tuple[str, ...] = ()
    furniture: tuple[str, ...] = ()


def serve(
    site: DemoSite, url: str, body: str | bytes, content_type: str = "text/html; charset=utf-8", status: int = 200
) -> None:
    """Put an answer at its real address."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    site.add(parts.netloc, path, body.encode() if isinstance(body, str) else body, content_type, status)


def html(title: str, body: str, head: str = "", language: str = "en") -> str:
    """A page."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}</head>'
        f"<body>\n{body}\n</body></html>"
    )


def anchors(urls: Iterable[str], text: str = "Placeholder link") -> str:
    """Links, one a line."""
    return "\n".join(f'<a href="{escape(url)}">{text}</a>' for url in urls)


def rss(items: Iterable[tuple[str, str | None]]) -> str:
    """An RSS feed of addresses, each with when it came out (ISO 8601)."""
    rows = []
    for url, published in items:
        date = f"<pubDate>{format_datetime(moment(published))}</pubDate>" if published else ""
        rows.append(f"<item><title>Placeholder</title><link>{escape(url)}</link>{date}</item>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Placeholder feed</title>'
        f"<link>https://feed.example/</link><description>Placeholder</description>{''.join(rows)}</channel></rss>"
    )


def atom(items: Iterable[tuple[str, str]]) -> str:
    """An Atom feed of addresses, each with when it was updated."""
    rows = "".join(
        f"<entry><id>{escape(url)}</id><title>Placeholder</title><link rel='alternate' href='{escape(url)}'/>"
        f"<updated>{updated}</updated></entry>"
        for url, updated in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Placeholder feed</title>'
        f"<id>urn:placeholder</id><updated>2026-04-12T00:00:00Z</updated>{rows}</feed>"
    )


def urlset(entries: Iterable[tuple[str, str | None]]) -> str:
    """A sitemap of addresses, each with its lastmod."""
    rows = "".join(
        f"<url><loc>{escape(url)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>" for url, day in entries
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def index(urls: Iterable[str]) -> str:
    """A sitemap of sitemaps."""
    rows = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"{rows}</sitemapindex>"
    )


def wordpress(posts: Iterable[tuple[str, str]]) -> str:
    """An answer of WordPress's interface: addresses, each with when it changed last (UTC, without a zone)."""
    return json.dumps([{"link": url, "date_gmt": at, "modified_gmt": at} for url, at in posts])


# what the crawl asks that interface for when it goes back to the start of 2022
WORDPRESS = (
    "/wp-json/wp/v2/posts?per_page=100&_fields=link,date_gmt,modified_gmt&orderby=modified&order=desc"
    "&modified_after=2021-12-31T23:59:59Z"
)


# Telegram: the preview of a channel, and a post alone


def preview(channel: str, posts: Sequence[tuple[int, str]]) -> str:
    """The preview of a channel: its posts (number, when), the oldest first."""
    rows = "".join(
        f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">
        <div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="{channel}/{number}">
        <div class="tgme_widget_message_bubble"><div class="tgme_widget_message_text js-message_text">Placeholder</div>
        <div class="tgme_widget_message_info js-message_info"><span class="tgme_widget_message_meta">
        <a class="tgme_widget_message_date" href="https://t.me/{channel}/{number}"><time datetime="{at}" class="time"
        >00:00</time></a></span></div></div></div></div>"""
        for number, at in posts
    )
    return html(channel, f'<section class="tgme_channel_history js-message_history">{rows}</section>')


def post(channel: str, number: int, name: str, story: Story, at: str) -> str:
    """The page that shows one post alone."""
    lines = "<br/><br/>".join(escape(text) for text in (story.title, *story.texts))
    return html(
        "Telegram Widget",
        f"""<div class="tgme_widget_message_wrap">
        <div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="{channel}/{number}">
        <div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author accent_color">
        <a class="tgme_widget_message_owner_name" href="https://t.me/{channel}"><span dir="auto">{name}</span></a></div>
        <div class="tgme_widget_message_text js-message_text" dir="auto">{lines}</div>
        <div class="tgme_widget_message_footer js-message_footer"><div class="tgme_widget_message_info js-message_info">
        <span class="tgme_widget_message_views">1.2M</span><span class="copyonly"> views</span>
        <span class="tgme_widget_message_meta"><a class="tgme_widget_message_date"
        href="https://t.me/{channel}/{number}"><time datetime="{at}" class="datetime">Apr 12 at 04:32</time></a></span>
        </div></div></div></div></div>""",
    )


# the Wayback Machine


def copies(rows: Iterable[tuple[str, str]]) -> str:
    """An answer of its index: copies as (timestamp, original address)."""
    header = ["timestamp", "original", "statuscode", "mimetype", "digest"]
    lines = [[stamp, url, "200", "text/html", f"PLACEHOLDER{n}"] for n, (stamp, url) in enumerate(rows)]
    return json.dumps([header, *lines])


def copies_of(original: str) -> str:
    """The address that the crawl asks that index at, going back to the start of 2022."""
    return (
        f"https://web.archive.org/cdx/search/cdx?url={original}&output=json"
        "&fl=timestamp,original,statuscode,mimetype,digest&filter=statuscode:200&filter=mimetype:text/html"
        "&collapse=digest&showResumeKey=true&limit=1000&from=20220101"
    )
