"""The other sources of the catalogue, replicas by kind: each way of discovery names a story of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.demo.site import DemoSite
from crawler.sources import Discovery, built_in
from tests.outlets.replica import (
    WORDPRESS,
    Replica,
    Story,
    anchors,
    atom,
    html,
    index,
    post,
    preview,
    rss,
    serve,
    urlset,
    wordpress,
)

# when every list says that a story changed; never when one came out
_LISTED = "2026-05-01T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Sample:
    """A source's form of address, with ``{n}`` for a number of one digit, what is none, and how its pages state a date.

    ``date`` stands below the headline, ``head`` in the head; ``published``, ``printed``, ``found`` and ``day`` are what
    must be read of them.
    """

    address: str
    others: tuple[str, ...]
    date: str = ""
    published: str | None = None
    printed: str | None = None
    found: str | None = None
    day: str | None = None
    head: str = ""
    feed: str = "rss"


def _declared(at: str) -> str:
    story = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Placeholder", "datePublished": at}
    return f'<script type="application/ld+json">{json.dumps({**story, "headline": ""})}</script>'


SAMPLES = {
    "kremlin": Sample(
        "http://en.kremlin.ru/events/president/news/7600{n}",
        ("http://en.kremlin.ru/events/president/transcripts", "http://en.kremlin.ru/about/copyrights"),
        # day and time are two elements
        "<div><time>April 12, 2026</time>, <span>14:30</span>, <span>Placeholder town</span></div>",
        "2026-04-12T11:30:00Z",
        "April 12, 2026 14:30",
        "text",
        "2026-04-12",
        feed="atom",
    ),
    "mod-uk": Sample(
        "https://www.gov.uk/government/news/placeholder-story-{n}",
        (
            "https://www.gov.uk/government/organisations/ministry-of-defence",
            "https://www.gov.uk/guidance/placeholder",
        ),
        "<dl><dt>Last updated</dt><dd>Last updated: 1 May 2026</dd></dl><p>Published 12 April 2026</p>",
        "2026-04-11T23:00:00Z",
        "Published 12 April 2026",
        "text",
        "2026-04-12",
        feed="atom",
    ),
    "war-gov": Sample(
        "https://www.war.gov/News/News-Stories/Article/Article/430000{n}/placeholder-story/",
        ("https://www.war.gov/News/News-Stories/", "https://www.war.gov/Multimedia/Photos/igphoto/2003000000/"),
        '<div class="date">April 12, 2026 |</div><div>Placeholder office</div>',
        "2026-04-12T04:00:00Z",
        "April 12, 2026 |",
        "text",
        "2026-04-12",
    ),
    "isw": Sample(
        "https://www.understandingwar.org/research/placeholder/placeholder-assessment-{n}/",
        (
            "https://www.understandingwar.org/research/placeholder/placeholder-conflict-updates/",
            "https://www.understandingwar.org/about/",
        ),
        "<p>May 31, 2024, 6:45pm ET</p>",
        "2024-05-31T22:45:00Z",
        "May 31, 2024, 6:45pm ET",
        "text",
        "2024-05-31",
    ),
    "ukrinform": Sample(
        "https://www.ukrinform.net/rubric-ato/410000{n}-placeholder-story.html",
        ("https://www.ukrinform.net/rubric-ato", "https://www.ukrinform.net/info/about.html"),
        "<time>12.04.2026 09:15</time>",
        "2026-04-12T06:15:00Z",
        "12.04.2026 09:15",
        "text",
        "2026-04-12",
    ),
    "ukrainska-pravda": Sample(
        "https://www.pravda.com.ua/eng/news/2023/05/28/740000{n}/",
        ("https://www.pravda.com.ua/news/2023/05/28/7400009/", "https://www.pravda.com.ua/eng/archives/"),
        # author and date are glued
        "<div><b></b>Placeholder AuthorSunday, 28 May 2023, 15:05</div>",
        "2023-05-28T12:05:00Z",
        "Placeholder AuthorSunday, 28 May 2023, 15:05",
        "text",
        "2023-05-28",
    ),
    "interfax-ukraine": Sample(
        "https://en.interfax.com.ua/news/general/110000{n}.html",
        ("https://en.interfax.com.ua/news/latest.html", "https://en.interfax.com.ua/news/general.html"),
        "<div>12:38 01.04.2022</div>",
        "2022-04-01T09:38:00Z",
        "12:38 01.04.2022",
        "text",
        "2022-04-01",
    ),
    # a dateline without a year: nothing is made of it, and the feed's word is taken
    "tass": Sample(
        "https://tass.com/politics/190000{n}",
        ("https://tass.com/politics", "https://tass.com/tag/placeholder"),
        "<p>MERIDIAN, May 7. /PLACEHOLDER/. This sentence stands where the first one would stand.</p>",
        "2026-05-01T12:00:00Z",
        None,
        "feed",
        "2026-05-01",
    ),
    "kyiv-independent": Sample(
        "https://kyivindependent.com/placeholder-story-of-number-{n}/",
        ("https://kyivindependent.com/tag/placeholder/", "https://kyivindependent.com/about/"),
        "<p>April 12, 2026 9:15 pm</p>",
        "2026-04-12T18:15:00Z",
        "2026-04-12T18:15:00.000Z",
        "meta",
        "2026-04-12",
        '<meta property="article:published_time" content="2026-04-12T18:15:00.000Z">',
    ),
    "ap": Sample(
        "https://apnews.com/article/placeholder-story-0123456789abcdef0123456789abcde{n}",
        ("https://apnews.com/hub/placeholder", "https://apnews.com/video/placeholder-0123456789abcdef"),
        "",
        "2026-04-13T01:30:00Z",
        "2026-04-13T01:30:00Z",
        "json-ld",
        "2026-04-12",
        _declared("2026-04-13T01:30:00Z"),
    ),
    "reuters": Sample(
        "https://www.reuters.com/world/placeholder/placeholder-story-{n}-2026-04-12/",
        ("https://www.reuters.com/world/placeholder/", "https://www.reuters.com/authors/placeholder-author/"),
        "",
        "2026-04-12T23:30:00Z",
        "2026-04-12T23:30:00Z",
        "json-ld",
        "2026-04-13",
        _declared("2026-04-12T23:30:00Z"),
    ),
    "kommersant": Sample(
        "https://www.kommersant.ru/doc/710000{n}",
        ("https://www.kommersant.ru/rubric/2", "https://www.kommersant.ru/regions/77"),
        "<time>12.04.2026, 00:10</time>",
        "2026-04-11T21:10:00Z",
        "2026-04-12T00:10:00+03:00",
        "json-ld",
        "2026-04-12",
        _declared("2026-04-12T00:10:00+03:00"),
    ),
}


def _replica(source: str, sample: Sample) -> Replica:
    ways = built_in()[source].discovery
    stories = tuple(
        Story(
            sample.address.format(n=n),
            f"{source}, {way.kind} {n}",
            sample.published,
            sample.printed,
            sample.found,
            sample.day,
        )
        for n, way in enumerate(ways, 1)
    )

    def put(site: DemoSite) -> None:
        for way, story in zip(ways, stories, strict=True):
            _list(site, way, (story.url, *sample.others), sample.feed)
            body = f"<header>{anchors(sample.others)}</header><main><h1>{story.title}</h1>{sample.date}{story.paragraphs}</main>"
            serve(site, story.url, html(story.title, body, sample.head))

    return Replica(source, put, stories, sample.others)


def _list(site: DemoSite, way: Discovery, urls: tuple[str, ...], feed: str) -> None:
    dated = [(url, _LISTED) for url in urls]
    if way.kind == "feed":
        serve(site, way.url, atom(dated) if feed == "atom" else rss(dated), f"application/{feed}+xml")
    elif way.kind == "wordpress":
        parts = urlsplit(way.url)
        serve(
            site,
            f"https://{parts.netloc}{WORDPRESS}",
            wordpress((url, _LISTED[:-1]) for url in urls),
            "application/json",
        )
    elif way.kind == "sitemap" and "index" in way.url:
        part = f"https://{urlsplit(way.url).netloc}/placeholder-sitemap.xml"
        serve(site, way.url, index([part]), "application/xml")
        serve(site, part, urlset(dated), "application/xml")
    elif way.kind == "sitemap":
        serve(site, way.url, urlset(dated), "application/xml")
    else:
        raise ValueError(f"no replica of a {way.kind}")


_STAFF = Story(
    "https://t.me/GeneralStaffZSU/30001",
    "зведення",
    "2026-04-12T03:00:00Z",
    "2026-04-12T03:00:00+00:00",
    "time-element",
    "2026-04-12",
    "uk",
    "Заповнювач зведення",
)


def _put_staff(site: DemoSite) -> None:
    at = "2026-04-12T03:00:00+00:00"
    serve(site, "https://t.me/s/GeneralStaffZSU", preview("GeneralStaffZSU", [(30001, at)]))
    page = post("GeneralStaffZSU", 30001, "Placeholder channel", _STAFF, at)
    serve(site, "https://t.me/GeneralStaffZSU/30001?embed=1&mode=tme", page)


OTHERS = (
    *(_replica(source, sample) for source, sample in SAMPLES.items()),
    Replica("general-staff-ua", _put_staff, (_STAFF,)),
)
