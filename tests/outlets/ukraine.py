"""The Ministry of Defence of Ukraine, the President of Ukraine and war.ukraine.ua."""

from __future__ import annotations

import json
from html import escape

from crawler.demo.site import Answer, DemoSite
from tests.outlets.replica import Replica, Story, anchors, html, index, post, preview, rss, serve, urlset

# ---- mod.gov.ua: no feed; a sitemap in no order of time, the site's own search, a list grouped by day

MOD = "https://mod.gov.ua"
_MOD_SUMMER = Story(
    f"{MOD}/en/news/placeholder-as-of-april-11-2026",
    "of the summer's clock",
    "2026-04-12T04:32:00Z",
    "12 April, 2026, 7:32 AM EEST",
    "text",
    "2026-04-12",
    named="Placeholder story as of April 11, 2026",  # the day that it covers, not that on which it came out
)
_MOD_WINTER = Story(
    f"{MOD}/en/news/placeholder-story-of-the-winters-clock",
    "of the winter's clock",
    "2026-02-05T16:05:00Z",
    "5 February, 2026, 6:05 PM EET",
    "text",
    "2026-02-05",
)
_MOD_NIGHT = Story(
    f"{MOD}/en/news/placeholder-story-of-midnight",
    "of midnight",
    "2026-04-11T21:10:00Z",
    "12 April, 2026, 12:10 AM EEST",
    "text",
    "2026-04-12",
)
_MOD_UK = Story(
    f"{MOD}/news/placeholder-na-5-lyutogo-2026-roku",
    "про лютий",
    "2026-02-05T05:15:00Z",
    "5 лютого 2026, 07:15",
    "text",
    "2026-02-05",
    "uk",
    "Заповнювач на 5 лютого 2026 року",
)
_MOD_SEARCH = f"{MOD}/lookup/search"
_MOD_OTHERS = (f"{MOD}/en/news/tag-placeholder", f"{MOD}/en/about-us", f"{MOD}/en/documents/placeholder-order-12")
_MOD_FURNITURE = ("Skip to main content", "Main page", "Image: Ministry of Defence", "Hotline: 0 800 000 000")


def _mod_page(story: Story) -> str:
    # the date as its program writes it: pieces of one text, comments between them
    date = "<!-- -->, <!-- -->".join(escape(story.printed or "").rsplit(", ", 1))
    data = json.dumps({"props": {"pageProps": {"slug": story.url.rpartition("/")[2]}}})
    return html(
        f"{story.title} | Placeholder",
        f"""<div id="__next"><a class="skip" href="#main">{_MOD_FURNITURE[0]}</a>
        <header><nav><a href="/en">Main page</a> <a href="/en/news">News</a> <a href="/en/about-us">About</a></nav></header>
        <main id="main"><ol class="breadcrumbs"><li><a href="/en">Main page</a></li><li><a href="/en/news">News</a></li></ol>
        <h1>{escape(story.title)}</h1><div class="date">{date}</div>
        <figure><img src="/assets/1.jpg" alt=""><figcaption>{_MOD_FURNITURE[2]}</figcaption></figure>
        <div class="content">{story.paragraphs}</div>
        <div class="tags"><a href="/en/news/tag-placeholder">Placeholder tag</a></div></main>
        <footer><p>{_MOD_FURNITURE[3]}</p></footer></div>
        <script id="__NEXT_DATA__" type="application/json">{data}</script>""",
        language=story.language,
    )


def _mod_search() -> bytes:
    """One answer for both languages: which is wanted stands in the request's body."""
    rows = [(_MOD_NIGHT, "en", "2026-04-11T21:10:00.000Z"), (_MOD_UK, "uk", "2026-02-05T05:15:00.000Z")]
    hits = [
        {"_source": {"slug": s.url.rpartition("/")[2], "locale": locale, "type": "news", "publishedAt": at}}
        for s, locale, at in rows
    ]
    return json.dumps({"hits": {"total": {"value": len(hits)}, "hits": hits}}).encode()


def _put_mod(site: DemoSite) -> None:
    # each of its lists names a story that the others do not
    serve(site, f"{MOD}/robots.txt", f"User-agent: *\nAllow: /\nSitemap: {MOD}/sitemap.xml\n", "text/plain")
    serve(site, f"{MOD}/sitemap.xml", index([f"{MOD}/sitemap-0.xml"]), "application/xml")
    pages = [(_MOD_OTHERS[1], "2023-01-01"), (_MOD_WINTER.url, "2026-02-05T18:00:00Z"), (_MOD_OTHERS[2], None)]
    serve(site, f"{MOD}/sitemap-0.xml", urlset(pages), "application/xml")
    site.respond(
        "mod.gov.ua", "/lookup/search", lambda _: Answer(200, {"Content-Type": "application/json"}, _mod_search())
    )
    serve(
        site,
        f"{MOD}/en/news",
        html(
            "News",
            f"""<main><h1>News</h1><h2>12 April, today</h2><ul><li><a href="{_MOD_SUMMER.url.removeprefix(MOD)}">
            <span>07:32</span> {_MOD_SUMMER.title}</a></li></ul>{anchors(_MOD_OTHERS)}
            <a href="/en/news">News</a></main>""",
        ),
    )
    for story in MOD_UA.stories:
        serve(site, story.url, _mod_page(story))


MOD_UA = Replica("mod-ua", _put_mod, (_MOD_SUMMER, _MOD_WINTER, _MOD_NIGHT, _MOD_UK), _MOD_OTHERS, _MOD_FURNITURE)


# ---- president.gov.ua: feeds and lists, where it answers

PRESIDENT = "https://www.president.gov.ua"
_PRESIDENT_FEED = Story(
    f"{PRESIDENT}/en/news/placeholder-story-from-the-feed-97001",
    "from the president's feed",
    "2026-04-12T07:15:00Z",
    "12 April 2026 - 10:15",
    "text",
    "2026-04-12",
)
_PRESIDENT_LIST = Story(
    f"{PRESIDENT}/en/news/placeholder-story-from-the-list-97002",
    "from the president's list",
    "2026-01-12T08:15:00Z",
    "12 January 2026 - 10:15",
    "text",
    "2026-01-12",
)
_PRESIDENT_SECOND = Story(
    f"{PRESIDENT}/en/news/placeholder-story-of-the-second-page-97003",
    "of the list's second page",
    "2025-12-31T22:05:00Z",
    "1 January 2026 - 00:05",
    "text",
    "2026-01-01",
)
_PRESIDENT_OTHERS = (f"{PRESIDENT}/en/documents/122026-placeholder", f"{PRESIDENT}/en/news/speeches")


def _president_list(story: Story) -> str:
    return html(
        "News",
        f"""<div class="cat_list"><div class="item_stat cat_stat"><div class="item_stat_headline"><p class="date">
        {story.printed}</p><h3><a href="{story.url}">{story.title}</a></h3></div></div></div>
        {anchors(_PRESIDENT_OTHERS)}""",
    )


def _put_president(site: DemoSite) -> None:
    feed = rss([(_PRESIDENT_FEED.url, "2026-04-12T07:15:00Z"), (_PRESIDENT_OTHERS[0], None)])
    serve(site, f"{PRESIDENT}/en/rss/news/all.rss", feed, "application/rss+xml")
    serve(site, f"{PRESIDENT}/en/news/all", _president_list(_PRESIDENT_LIST))
    serve(site, f"{PRESIDENT}/en/news/all?page=2", _president_list(_PRESIDENT_SECOND))
    for story in PRESIDENT_UA.stories:
        page = f"""<header><a href="/en">President of Placeholder</a></header><div class="article"><h1>{story.title}</h1>
        <p class="date">{story.printed}</p><div class="article_content">{story.paragraphs}</div></div>"""
        serve(site, story.url, html(story.title, page))


PRESIDENT_UA = Replica(
    "president-ua", _put_president, (_PRESIDENT_FEED, _PRESIDENT_LIST, _PRESIDENT_SECOND), _PRESIDENT_OTHERS
)

# the same behind its wall: everything is refused, and the channel's preview answers
_CHANNEL = "V_Zelenskiy_official"
_POST = Story(
    f"https://t.me/{_CHANNEL}/17001",
    "з каналу",
    "2026-04-12T21:30:00Z",
    "2026-04-12T21:30:00+00:00",
    "time-element",
    "2026-04-13",  # after midnight in Kyiv
    "uk",
    "Заповнювач із каналу",
)
REFUSAL = """<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>
You don't have permission to access this server.<div id="sec-if-cpt-container"></div></BODY></HTML>"""


def _put_president_refused(site: DemoSite) -> None:
    def refuse(_: object) -> Answer:
        return Answer(403, {"Server": "AkamaiGHost", "Content-Type": "text/html"}, REFUSAL.encode())

    for path in ("/robots.txt", "/en/rss/news/all.rss", "/en/news/all"):
        site.respond("www.president.gov.ua", path, refuse)
    serve(site, f"https://t.me/s/{_CHANNEL}", preview(_CHANNEL, [(17001, "2026-04-12T21:30:00+00:00")]))
    page = post(_CHANNEL, 17001, "Placeholder channel", _POST, "2026-04-12T21:30:00+00:00")
    serve(site, f"https://t.me/{_CHANNEL}/17001?embed=1&mode=tme", page)


PRESIDENT_REFUSED = Replica("president-ua", _put_president_refused, (_POST,), furniture=("1.2M", "Access Denied"))


# ---- war.ukraine.ua: WordPress, it is thought

WAR = "https://war.ukraine.ua"
_WAR_FEED = Story(
    f"{WAR}/articles/placeholder-story-from-the-feed/",
    "from the war site's feed",
    "2023-06-13T15:30:00Z",
    "2023-06-13T15:30:00+00:00",
    "meta",
    "2023-06-13",
)
# no date on the page: the list's word for when it changed is not when it came out
_WAR_UNDATED = Story(f"{WAR}/placeholder-story-without-any-date/", "without any date")
_WAR_OTHERS = (f"{WAR}/about-us/", f"{WAR}/support-ukraine/", f"{WAR}/wp-sitemap-posts-page-1.xml")
_WAR_FURNITURE = ("To News and Stories",)


def _put_war(site: DemoSite) -> None:
    feed = rss([(f"{_WAR_FEED.url}?utm_source=rss_feed", "2023-06-13T15:30:00Z"), (_WAR_OTHERS[0], None)])
    serve(site, f"{WAR}/feed/", feed, "application/rss+xml")
    sitemaps = (f"{WAR}/wp-sitemap-posts-post-1.xml", _WAR_OTHERS[2])
    serve(site, f"{WAR}/wp-sitemap.xml", index(sitemaps), "application/xml")
    pages = [(_WAR_OTHERS[1], "2022-05-01"), (_WAR_UNDATED.url, "2023-07-01T10:00:00+00:00")]
    serve(site, sitemaps[0], urlset(pages), "application/xml")
    for story in WAR_UKRAINE.stories:
        stated = f'<meta property="article:published_time" content="{story.printed}">' if story.printed else ""
        first, rest = story.paragraphs.split("</p>", 1)
        # a sentence that leads to another story stands within the text: it is the page's own
        body = f"""<header><a href="/">War</a></header><main><a class="back" href="/news/">{_WAR_FURNITURE[0]}</a>
        <h1>{story.title}</h1><p class="lead">Placeholder standfirst {story.label}.</p>{first}</p>
        <p>Read more: <a href="/articles/placeholder-story-from-the-feed/">Placeholder story</a></p>{rest}</main>"""
        serve(site, story.url, html(story.title, body, stated))


WAR_UKRAINE = Replica("war-ukraine", _put_war, (_WAR_FEED, _WAR_UNDATED), _WAR_OTHERS, _WAR_FURNITURE)
