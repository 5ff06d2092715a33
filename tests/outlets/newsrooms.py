"""NATO, the aggregator bcfausa.org, The Eastern Herald and A News."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crawler.demo.site import Answer, DemoSite
from tests.outlets.replica import WORDPRESS, Replica, Story, anchors, html, index, rss, serve, urlset, wordpress

# ---- nato.int: addresses of its old form and of its new one

NATO_SITE = "https://www.nato.int"
_NATO_NEW = Story(
    f"{NATO_SITE}/en/news-and-events/articles/news/2026/04/12/placeholder-story-of-the-new-site",
    "of the new site",
    "2026-04-11T22:00:00Z",
    "2026-04-12",
    "time-element",
    "2026-04-12",
)
_NATO_OLD = Story(
    f"{NATO_SITE}/cps/en/natohq/news_224100.htm",
    "of the old site",
    "2024-04-11T22:00:00Z",
    "12 Apr. 2024 -",
    "text",
    "2024-04-12",
)
_NATO_OTHERS = (
    f"{NATO_SITE}/en/news-and-events/events/calendar",
    f"{NATO_SITE}/cps/en/natohq/topics_37750.htm",
    f"{NATO_SITE}/cps/en/natohq/news.htm",
)


def _put_nato(site: DemoSite) -> None:
    feed = rss([(_NATO_OLD.url, "2024-04-12T08:00:00Z"), (_NATO_OTHERS[1], None)])
    serve(site, f"{NATO_SITE}/cps/rss/en/natohq/rssFeed.xsl/rssFeed.xml", feed, "text/xml")
    pages = [(_NATO_OTHERS[0], "2026-04-12"), (_NATO_NEW.url, "2026-04-12"), (_NATO_OTHERS[2], None)]
    serve(site, f"{NATO_SITE}/sitemap.xml", urlset(pages), "application/xml")
    dates = (
        '<time datetime="2026-04-12">12 April 2026</time>',
        '<ul class="info"><li>12 Apr. 2024 -</li><li>Last updated: 15 Apr. 2024 10:15</li></ul>',
    )
    for story, date in zip(NATO.stories, dates, strict=True):
        body = f"<header>{anchors([_NATO_OTHERS[0]])}</header><main><h1>{story.title}</h1>{date}{story.paragraphs}</main>"
        serve(site, story.url, html(story.title, body))


NATO = Replica("nato", _put_nato, (_NATO_NEW, _NATO_OLD), _NATO_OTHERS)


# ---- bcfausa.org: WordPress with Elementor; one title for several days, a share line and an essay behind every post

BCFA = "https://bcfausa.org"
_BRIEFING = "Placeholder briefing of a ministry"


def _bcfa(slug: str, label: str, published: str, printed: str, day: str, named: str | None = None) -> Story:
    return Story(f"{BCFA}/{slug}", label, published, printed, "text", day, named=named)


_BCFA_FEED = _bcfa(
    "placeholder-briefing-of-a-ministry/",
    "of the first day",
    "2023-04-04T04:00:00Z",
    "April 4, 2023",
    "2023-04-04",
    _BRIEFING,
)
# another day under the same title: the address alone is another
_BCFA_WORDPRESS = _bcfa(
    "placeholder-briefing-of-a-ministry-4/",
    "of the fourth day",
    "2023-04-07T04:00:00Z",
    "April 7, 2023",
    "2023-04-07",
    _BRIEFING,
)
_BCFA_SITEMAP = _bcfa(
    "placeholder-story-from-the-sitemap/",
    "from the sitemap",
    "2025-01-27T05:00:00Z",
    "January 27, 2025",
    "2025-01-27",
)
_BCFA_MONTH = _bcfa(
    "placeholder-story-of-the-month/", "of the month", "2025-01-28T05:00:00Z", "January 28, 2025", "2025-01-28"
)
_BCFA_SECOND = _bcfa(
    "placeholder-story-of-its-second-page/",
    "of its second page",
    "2025-01-29T05:00:00Z",
    "January 29, 2025",
    "2025-01-29",
)
# named by its short address, which leads to the other
_BCFA_SHORT = _bcfa(
    "placeholder-story-by-its-number/", "by its number", "2025-01-30T05:00:00Z", "January 30, 2025", "2025-01-30"
)
SHORT = f"{BCFA}/?p=13884"
_BCFA_OTHERS = (
    f"{BCFA}/about/",
    f"{BCFA}/privacy-policy-and-terms/",
    f"{BCFA}/category/placeholder/",
    f"{BCFA}/wp-sitemap-posts-page-1.xml",
)
_ESSAY = (
    "Placeholder essay, first paragraph. It stands behind every post of this site, whatever the post is about, and so it"
    " is part ofinternational placeholder furniture and of no post's text at all.",
    "Placeholder essay, second paragraph. It stands there too, once more of more than twenty words, and whoever reads the"
    " post does not want to find it in a search.",
)
_BCFA_FURNITURE = ("Share the Post:", *_ESSAY)


def _bcfa_page(story: Story) -> str:
    widget = '<div class="elementor-element elementor-widget elementor-widget-text-editor"><div class="elementor-widget-container">'
    essay = "".join(f"<p>{text}</p>" for text in _ESSAY)
    box = '<div class="elementor-author-box"><h4>Placeholder Ministry</h4></div>'
    return html(
        f"{story.title} - BCFA",
        f"""<header><nav>{anchors(_BCFA_OTHERS[:2])}</nav></header><div class="elementor elementor-location-single">
        <div class="elementor-widget-post-info"><span>{story.printed}</span></div>
        <h1 class="elementor-heading-title">{story.title}</h1>{box}<span>{story.printed}</span>
        {widget}{story.paragraphs}</div></div>
        {widget}<p>Share the Post:</p></div></div>{box}{widget}{essay}</div></div></div>""",
        f'<link rel="shortlink" href="{BCFA}/?p=13884"><link rel="canonical" href="{story.url}">',
    )


def _put_bcfa(site: DemoSite) -> None:
    feed = rss([(_BCFA_FEED.url, "2023-04-04T12:00:00Z"), (_BCFA_OTHERS[0], None)])
    serve(site, f"{BCFA}/feed/", feed, "application/rss+xml")
    posts = [(_BCFA_WORDPRESS.url, "2023-04-07T12:00:00"), (SHORT, "2025-01-30T12:00:00")]
    serve(site, f"{BCFA}{WORDPRESS}", wordpress(posts), "application/json")
    sitemaps = (f"{BCFA}/wp-sitemap-posts-post-1.xml", _BCFA_OTHERS[3])
    serve(site, f"{BCFA}/wp-sitemap.xml", index(sitemaps), "application/xml")
    serve(site, sitemaps[0], urlset([(_BCFA_SITEMAP.url, "2025-01-27"), (_BCFA_OTHERS[1], None)]), "application/xml")
    now = datetime.now(UTC)
    for day in (now, now + timedelta(hours=1)):  # a month may end while this runs
        month = f"{BCFA}/{day:%Y/%m}/"
        links = anchors([_BCFA_MONTH.url], "Read More »") + anchors(_BCFA_OTHERS[:3])
        serve(site, month, html("Month", f'<main><div class="elementor-posts">{links}</div></main>'))
        serve(site, f"{month}page/2/", html("Month", f"<main>{anchors([_BCFA_SECOND.url], 'Read More »')}</main>"))
    site.respond("bcfausa.org", "/?p=13884", lambda _: Answer(301, {"Location": _BCFA_SHORT.url}, b""))
    for story in BCFAUSA.stories:
        serve(site, story.url, _bcfa_page(story))


BCFAUSA = Replica(
    "bcfausa",
    _put_bcfa,
    (_BCFA_FEED, _BCFA_WORDPRESS, _BCFA_SITEMAP, _BCFA_MONTH, _BCFA_SECOND, _BCFA_SHORT),
    _BCFA_OTHERS,
    _BCFA_FURNITURE,
)


# ---- easternherald.com: the day stands in the address alone

HERALD = "https://easternherald.com"
_HERALD_FURNITURE = ("Read the Latest Ukraine War News on The Eastern Herald.",)
_HERALD_OTHERS = (f"{HERALD}/about-us/", f"{HERALD}/category/world/", f"{HERALD}/2022/05/26/")


def _herald(slug: str, label: str, day: str, published: str) -> Story:
    return Story(f"{HERALD}/{day.replace('-', '/')}/{slug}/", label, published, day, "url", day)


_HERALD_STORIES = (
    _herald("placeholder-story-of-may", "of May", "2022-05-26", "2022-05-25T18:30:00Z"),
    # named with www.: one story at one address
    _herald("placeholder-story-of-december", "of December", "2022-12-01", "2022-11-30T18:30:00Z"),
)


def _put_herald(site: DemoSite) -> None:
    first, second = _HERALD_STORIES
    links = [(first.url, "2022-05-26T10:00:00Z"), (second.url.replace("//", "//www."), "2022-12-01T10:00:00Z")]
    feed = rss([*links, *((url, None) for url in _HERALD_OTHERS)])
    serve(site, f"{HERALD}/feed/", feed, "application/rss+xml")
    for story in _HERALD_STORIES:
        body = f"""<header>{anchors(_HERALD_OTHERS)}</header><article><h1>{story.title}</h1>{story.paragraphs}
        <p>{_HERALD_FURNITURE[0]}</p></article>"""
        serve(site, story.url, html(story.title, body))


EASTERN_HERALD = Replica("eastern-herald", _put_herald, _HERALD_STORIES, _HERALD_OTHERS, _HERALD_FURNITURE)


# ---- anews.com.tr: two feeds, an AMP page of every story, a list of other headlines behind the text

ANEWS_SITE = "https://www.anews.com.tr"
_ANEWS_DAY = Story(
    f"{ANEWS_SITE}/world/2023/04/20/placeholder-story-with-a-day",
    "with a day",
    "2023-04-19T21:00:00Z",
    "Published April 20,2023",
    "text",
    "2023-04-20",
)
_ANEWS_AMP = Story(
    f"{ANEWS_SITE}/world/2023/06/13/placeholder-story-named-by-its-amp-page",
    "named by its AMP page",
    "2023-06-12T21:00:00Z",
    "Published June 13,2023",
    "text",
    "2023-06-13",
)
# a clock without AM and PM: the day's first moment, and the time only as it is printed
_ANEWS_CLOCK = Story(
    f"{ANEWS_SITE}/world/2023/06/13/placeholder-story-with-a-clock",
    "with a clock",
    "2023-06-12T21:00:00Z",
    "Published Date: 06:34 | 13 June 2023",
    "text",
    "2023-06-13",
)
AMP = f"{_ANEWS_AMP.url}/amp"
_ANEWS_OTHERS = (f"{ANEWS_SITE}/world", f"{ANEWS_SITE}/galleries/placeholder-gallery", AMP)
_ANEWS_FURNITURE = tuple(f"Placeholder headline of quite another story, number {n}" for n in range(1, 6))


def anews_amp(story: Story, published: str, modified: str) -> str:
    """The AMP page of a story, with its clock that has no AM and PM."""
    return html(
        story.title,
        f"""<main><h1>{story.title}</h1><p>Placeholder standfirst {story.label}.</p><ul><li>Published Date: {published}</li>
        <li>Modified Date: {modified}</li></ul>{story.paragraphs}</main>""",
        f'<link rel="canonical" href="{story.url}">',
    )


def _put_anews(site: DemoSite) -> None:
    feed = rss([(_ANEWS_DAY.url, "2023-04-20T07:00:00Z"), (_ANEWS_CLOCK.url, None), (_ANEWS_OTHERS[1], None)])
    serve(site, f"{ANEWS_SITE}/rss/world", feed, "application/rss+xml")
    feed = rss([(AMP, "2023-06-13T15:34:00Z"), (_ANEWS_OTHERS[0], None), (f"{_ANEWS_DAY.url}?utm_source=rss", None)])
    serve(site, f"{ANEWS_SITE}/rss/news.xml", feed, "application/rss+xml")
    others = "".join(
        f'<li>- <a href="/world/2023/06/12/other-{n}">{t}</a></li>' for n, t in enumerate(_ANEWS_FURNITURE)
    )
    for story in ANEWS.stories:
        body = f"""<header>{anchors(_ANEWS_OTHERS[:1])}</header><article><h1>{story.title}</h1>
        <h2>Placeholder standfirst {story.label}.</h2><ul><li>World</li><li>Placeholder agency</li></ul>
        <span class="date">{story.printed}</span>{story.paragraphs}<ul class="related">{others}</ul></article>"""
        serve(site, story.url, html(story.title, body))
    serve(site, AMP, anews_amp(_ANEWS_AMP, "06:34 | 13 June 2023", "07:13 | 13 June 2023"))


ANEWS = Replica("anews", _put_anews, (_ANEWS_DAY, _ANEWS_AMP, _ANEWS_CLOCK), _ANEWS_OTHERS, _ANEWS_FURNITURE)
