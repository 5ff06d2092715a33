"""The Ministry of Defence of the Russian Federation: its new site, and what stands in for it where it is silent."""

from __future__ import annotations

from crawler.demo.site import DemoSite
from tests.outlets.replica import Replica, Story, anchors, copies, copies_of, html, post, preview, serve

SITE, MIRROR, OLD = "https://mil.ru", "https://z.mil.ru", "https://function.mil.ru"
# its hosts: none of them answers from abroad
HOSTS = ("mil.ru", "z.mil.ru")
_OTHERS = (f"{SITE}/news/rubric-1", f"{SITE}/about", f"{SITE}/news/12345")


def _uuid(number: int) -> str:
    return f"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1{number:02x}"


def _story(number: int, label: str, published: str, printed: str, found: str, day: str) -> Story:
    return Story(f"{SITE}/news/{_uuid(number)}", label, published, printed, found, day, "ru", f"Заполнитель {label}")


def _page(story: Story, date: str) -> str:
    return html(
        story.title,
        f"""<header><a href="/">Главная</a> <a href="/news">Новости</a></header><main><h1>{story.title}</h1>{date}
        <article itemprop="articleBody">{story.paragraphs}</article></main>""",
        f'<meta property="og:title" content="{story.title}">',
        "ru",
    )


def _cards(*stories: Story, of: str) -> str:
    cards = "".join(
        f'<article class="news-card"><time datetime="{s.day}"></time><a href="{s.url.replace(SITE, of)}">{s.title}</a></article>'
        for s in stories
    )
    return html("Новости", f"<main>{cards}{anchors(url.replace(SITE, of) for url in _OTHERS)}</main>", "", "ru")


# ---- the new site answers: a date printed in words, and one in a time element

_PRINTED = _story(1, "с датой словами", "2026-07-31T09:31:00Z", "31 июля 2026 12:31", "text", "2026-07-31")
_STATED = _story(
    2, "с датой в разметке", "2026-07-30T21:05:00Z", "2026-07-31T00:05:00+03:00", "time-element", "2026-07-31"
)


def _put(site: DemoSite) -> None:
    serve(site, f"{SITE}/news", _cards(_PRINTED, _STATED, of=SITE))
    serve(site, _PRINTED.url, _page(_PRINTED, f'<div class="css-1x2y3z-Date">{_PRINTED.printed}</div>'))
    serve(site, _STATED.url, _page(_STATED, f'<time datetime="{_STATED.printed}">сегодня</time>'))


MOD_RU = Replica("mod-ru", _put, (_PRINTED, _STATED), _OTHERS, ("Главная",))


# ---- its mirror answers: the page is the ministry's, at the ministry's address

_MIRRORED = _story(3, "с зеркала", "2026-07-31T09:31:00Z", "31 июля 2026 12:31", "text", "2026-07-31")


def _put_mirror(site: DemoSite) -> None:
    serve(site, f"{MIRROR}/news", _cards(_MIRRORED, of=MIRROR))
    page = _page(_MIRRORED, f"<div>{_MIRRORED.printed}</div>")
    serve(site, _MIRRORED.url.replace(SITE, MIRROR), page)


MOD_RU_MIRROR = Replica("mod-ru", _put_mirror, (_MIRRORED,), tuple(url.replace(SITE, MIRROR) for url in _OTHERS))


# ---- its channel answers

_CHANNEL = "mod_russia_en"
_POST = Story(
    f"https://t.me/{_CHANNEL}/9001",
    "from the ministry's channel",
    "2026-04-12T22:30:00Z",
    "2026-04-12T22:30:00+00:00",
    "time-element",
    "2026-04-13",
)


def _put_channel(site: DemoSite) -> None:
    serve(site, f"https://t.me/s/{_CHANNEL}", preview(_CHANNEL, [(9001, "2026-04-12T22:30:00+00:00")]))
    page = post(_CHANNEL, 9001, "Placeholder channel", _POST, "2026-04-12T22:30:00+00:00")
    serve(site, f"https://t.me/{_CHANNEL}/9001?embed=1&mode=tme", page)


MOD_RU_CHANNEL = Replica("mod-ru", _put_channel, (_POST,))


# ---- the web archive has it: the new site's page, and the old site's in the charset of its time, copied twice

_KEPT = _story(4, "из архива", "2025-07-31T09:31:00Z", "31 июля 2025 12:31", "text", "2025-07-31")
_KEPT_AT = "20250801093000"
_OLD_STORY = Story(
    f"{OLD}/news_page/country/more.htm?id=12345678@egNews",
    "старого сайта",
    "2022-03-12T11:05:00Z",
    "12.03.2022 (14:05)",
    "text",
    "2022-03-12",
    "ru",
    "Заполнитель старого сайта",
)
# of a year in which Moscow was four hours ahead
_OLDER_STORY = Story(
    f"{OLD}/news_page/country/more.htm?id=11223344@egNews",
    "ещё более старый",
    "2014-07-12T10:05:00Z",
    "12.07.2014 (14:05)",
    "text",
    "2014-07-12",
    "ru",
    "Заполнитель другого часа",
)
OLD_URL, OLD_COPIES = _OLD_STORY.url, ("20220312120000", "20220401060000")
_OLD_OTHERS = (f"{OLD}/news_page/country.htm",)
_OLD_FURNITURE = ("Для просмотра видео необходим", "Версия для печати", "Wayback Machine")
_TOOLBAR = '<div id="wm-ipp-base">Wayback Machine</div>'
# what the copy of April says in addition
ADDED = "Заполнитель, добавленный абзац. Этого предложения в первой копии ещё нет, оно стоит только во второй копии."


def _copy(stamp: str, url: str, flag: str = "id_") -> str:
    return f"https://web.archive.org/web/{stamp}{flag}/{url}"


def _old_page(story: Story, added: str = "") -> str:
    return html(
        story.title,
        f"""<div id="top"><a href="/">Главная</a></div><div id="center"><h1>{story.title}</h1>
        <span class="gray">{story.printed}</span><p>{story.title}</p>
        <p>Для просмотра видео необходим проигрыватель</p>{story.paragraphs}{added}
        <div style="margin:10px 0; text-align:right;"><a href="#">Версия для печати</a></div></div>""",
        "",
        "ru",
    ).replace('<meta charset="utf-8">', "")


def _put_archive(site: DemoSite) -> None:
    serve(site, copies_of("mil.ru/news/*"), copies([(_KEPT_AT, _KEPT.url)]), "application/json")
    serve(site, _copy(_KEPT_AT, _KEPT.url), _page(_KEPT, f"<div>{_KEPT.printed}</div>"))
    rows = [(stamp, _OLD_STORY.url) for stamp in OLD_COPIES]
    rows += [(OLD_COPIES[0], _OLDER_STORY.url), (OLD_COPIES[0], _OLD_OTHERS[0])]
    serve(site, copies_of("function.mil.ru/news_page/country/more.htm*"), copies(rows), "application/json")
    serve(site, copies_of("eng.mil.ru/en/news_page/country/more.htm*"), copies([]), "application/json")
    for stamp, added in zip(OLD_COPIES, ("", f"<p>{ADDED}</p>"), strict=True):
        page = _old_page(_OLD_STORY, added).encode("windows-1251")
        serve(site, _copy(stamp, _OLD_STORY.url), page, "text/html; charset=windows-1251")
        # as the archive shows it to people
        serve(site, _copy(stamp, _OLD_STORY.url, ""), _TOOLBAR.encode() + page)
    page = _old_page(_OLDER_STORY).encode("windows-1251")
    serve(site, _copy(OLD_COPIES[0], _OLDER_STORY.url), page, "text/html; charset=windows-1251")


MOD_RU_ARCHIVE = Replica("mod-ru", _put_archive, (_KEPT,))
# put there by the above
MOD_RU_OLD = Replica("mod-ru-old", lambda site: None, (_OLD_STORY, _OLDER_STORY), _OLD_OTHERS, _OLD_FURNITURE)
