"""How each outlet's story page looks in HTML: shapes as so many publishing systems would make them.

Every function takes a story and the day and gives the whole page. The shapes differ where readers of pages
stumble: where the date stands, what stands beside the text, and in whose container.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from html import escape
from itertools import groupby

from crawler.demo.outlets import HERE
from crawler.demo.stories import Item, source_items

NOTICE = {
    "en": "FICTIONAL demonstration page: the countries, people and events on it are invented.",
    "uk": "FICTIONAL – демонстраційна сторінка: країни, люди й події на ній вигадані.",
    "ru": "FICTIONAL – демонстрационная страница: страны, люди и события на ней вымышлены.",
    "tr": "FICTIONAL – tanıtım sayfası: ülkeler, kişiler ve olaylar uydurmadır.",
    "pl": "FICTIONAL – strona pokazowa: kraje, osoby i wydarzenia są zmyślone.",
    "de": "FICTIONAL – Vorführseite: Länder, Personen und Ereignisse sind erfunden.",
    "ar": "FICTIONAL – صفحة للعرض: البلدان والأشخاص والأحداث من نسج الخيال.",
    "el": "FICTIONAL – σελίδα επίδειξης: οι χώρες, τα πρόσωπα και τα γεγονότα είναι φανταστικά.",
}
STYLE = (
    "body{font:17px/1.5 Georgia,serif;max-width:44rem;margin:0 auto;padding:1rem;color:#1b1b1b}"
    "nav a,footer a{margin-right:1em}.notice{background:#fff3c4;padding:.3em .6em;font-size:.85em}"
    "footer,.box{border-top:1px solid #bbb;margin-top:2em;padding-top:.5em;font-size:.9em}"
)
MONTHS_UK = ("січня", "лютого", "березня", "квітня", "травня", "червня",
             "липня", "серпня", "вересня", "жовтня", "листопада", "грудня")  # fmt: skip
# The box of the government's site; the second line comes on day 1, on all of its pages.
MOST_READ = {
    "en": ("A short history of the Morvina ferries", "How to register a damaged house",
           "Where the new mobile clinics stop"),
    "uk": ("Коротка історія морвінських поромів", "Як зареєструвати пошкоджений будинок",
           "Де зупиняються нові пересувні клініки"),
}  # fmt: skip
# What the regional paper prints below each text, inside the text's own container; the last comes on day 1.
NOTES_UK = (
    "Редакція чекає на ваші світлини з берегів Морвіни: найкращі друкуємо щосуботи на останній шпальті.",
    "Передплатити паперову газету можна в кожному поштовому відділенні краю до двадцятого числа.",
    "З першого травня наша приймальня на Пристанській, 8 працює також у неділю, з десятої до другої години.",
)


def pick(language: str, english: str, ukrainian: str, russian: str = "") -> str:
    return {"en": english, "uk": ukrainian, "ru": russian}[language]


def html(language: str, title: str, head: str, body: str) -> bytes:
    """A whole page; `title` is plain text and gains the site's mark."""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)} – FICTIONAL</title>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n{head}'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    ).encode()


def notice(language: str) -> str:
    return f'<p class="notice">{NOTICE[language]}</p>'


def inline(text: str) -> str:
    """A paragraph's HTML: links, and line breaks as <br>."""
    marked = re.sub(r"\[([^]]*)\]\(([^)]*)\)", r'<a href="\2">\1</a>', escape(text, quote=False))
    return marked.replace("\n", "<br>\n")


def paragraphs(texts: tuple[str, ...], style: str = "") -> str:
    """The body's elements; lines that open with "- " become one list, "## " a heading."""
    found = []
    for kind, group in groupby(texts, key=lambda text: text[:2] if text[:2] in ("- ", "##") else ""):
        if kind == "- ":
            found.append("<ul>" + "".join(f"<li>{inline(text[2:])}</li>\n" for text in group) + "</ul>")
        elif kind == "##":
            found += [f"<h2>{inline(text[3:])}</h2>" for text in group]
        else:
            found += [f"<p{style}>{inline(text)}</p>" for text in group]
    return "\n".join(found)


def lead(item: Item, style: str) -> str:
    return f'<p class="{style}">{inline(item.lead)}</p>\n' if item.lead else ""


def top(item: Item, labels: tuple[tuple[str, str], ...]) -> str:
    """The page's head: the site's notice, the outlet's name, its sections."""
    links = "".join(f'<a href="{href}">{label}</a>' for href, label in labels)
    brand = f'<div class="brand">{escape(item.outlet.name)}</div>'
    return f"<header>{notice(item.language)}{brand}<nav>{links}</nav></header>"


def og(item: Item, *more: tuple[str, str]) -> str:
    pairs = (("og:title", item.headline), ("og:type", "article"), ("og:url", item.url), *more)
    return "".join(f'<meta property="{name}" content="{escape(value)}">\n' for name, value in pairs)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def json_ld(item: Item, kind: str) -> str:
    data: dict[str, object] = {
        "@context": "https://schema.org", "@type": kind, "headline": item.headline,
        "datePublished": item.local.isoformat(),
        "dateModified": (item.modified or item.published).astimezone(item.outlet.zone).isoformat(),
        "publisher": {"@type": "Organization", "name": item.outlet.name},
        "mainEntityOfPage": item.url, "inLanguage": item.language,
    }  # fmt: skip
    if item.author:
        data["author"] = [{"@type": "Person", "name": name} for name in item.author.split(" and ")]
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>\n'


def title_of(item: Item) -> str:
    return f"{item.title} – {item.outlet.name.removesuffix(' (FICTIONAL)')}"


def vardania_mod(item: Item, day: int) -> bytes:
    """Times in meta tags, and printed with a zone's abbreviation; the losses are a list."""
    times = [("article:published_time", stamp(item.published))]
    if item.modified:
        times.append(("article:modified_time", stamp(item.modified)))
    clock = f"{item.local:%I:%M %p %Z}".removeprefix("0")
    printed = f"{item.local.day} {item.local:%B}, {item.local:%Y}, {clock}"
    nav = (("#content", "Skip to main content"), ("/en/news", "All news"), ("/en/leadership", "Leadership"))
    return html(
        "en",
        title_of(item),
        og(item, *times),
        f"""<a href="#content">Skip to main content</a>
{top(item, nav)}
<main id="content"><article class="news-content">
<h1>{escape(item.headline)}</h1>
<p class="date">{printed}</p>
{lead(item, "lead")}{paragraphs(item.body)}
</article></main>
<footer>Hotline for families of service members: 0 800 000 000 (FICTIONAL)</footer>""",
    )


def sarmia_mod(item: Item, day: int) -> bytes:
    """The printed date alone, in Moscow's time; the headline stands again as the text's first line."""
    home = item.outlet.prefixes[item.language] + "/news"
    nav = (
        (home, pick(item.language, "News feed", "", "Лента новостей")),
        ("/en/news" if item.language == "ru" else "/news", pick(item.language, "Русский", "", "English")),
    )
    back = pick(item.language, "Back to the list", "", "К списку")
    press = pick(item.language, "Press and information department", "", "Департамент информации и печати")
    again = f"<p><b>{escape(item.headline)}</b></p>\n"
    return html(
        item.language,
        title_of(item),
        "",
        f"""{top(item, nav)}
<div id="center"><h1>{escape(item.headline)}</h1>
<span class="gray">{item.local:%d.%m.%Y} ({item.local:%H:%M})</span>
<div class="text">
{again}{paragraphs(item.body)}
</div>
<div style="margin:10px 0; text-align:right;"><a href="{home}">{back}</a></div>
</div>
<footer>{press} – FICTIONAL</footer>""",
    )


def vardania_president(item: Item, day: int) -> bytes:
    """JSON-LD with an offset, a canonical link, and a list of sections below the text."""
    home = item.outlet.prefixes[item.language]
    nav = (
        (f"{home}/", pick(item.language, "Office of the President", "Офіс Президента")),
        (f"{home}/documents", pick(item.language, "Decrees and orders", "Укази та розпорядження")),
    )
    head = og(item) + f'<link rel="canonical" href="{item.url}">\n' + json_ld(item, "NewsArticle")
    see = pick(item.language, "Write to the President", "Написати Президентові")
    return html(
        item.language,
        title_of(item),
        head,
        f"""{top(item, nav)}
<div class="article"><h1>{escape(item.headline)}</h1>
<div class="article_content">
{paragraphs(item.body)}
</div></div>
<div class="box"><a href="{home}/letters">{see}</a></div>
<footer>{notice(item.language)}</footer>""",
    )


def meridian_alliance(item: Item, day: int) -> bytes:
    """A <time> element is the only date; the standfirst has a class of its own."""
    nav = (("/", "Newsroom"), ("/speeches", "Speeches and transcripts"), ("/media", "Media accreditation"))
    return html(
        "en",
        title_of(item),
        og(item),
        f"""{top(item, nav)}
<main><article><header><h1>{escape(item.headline)}</h1>
<p class="meta"><time datetime="{stamp(item.published)}">{item.local.day} {item.local:%b %Y}</time></p>
</header>
{lead(item, "intro")}{paragraphs(item.body)}
</article></main>
<footer><p>Contact the newsroom of the Meridian Alliance for accreditation.</p></footer>""",
    )


def vardania_gov(item: Item, day: int) -> bytes:
    """No date anywhere; a back link above, and below the text a box whose list grows on day 1."""
    home = item.outlet.prefixes[item.language]
    nav = (
        (f"{home}/articles/", pick(item.language, "News and Stories", "Новини та історії")),
        (f"{home}/about/", pick(item.language, "About Vardania", "Про Варданію")),
    )
    links = "".join(
        f'<li><a href="{home}/guide/{number}/">{escape(text)}</a></li>\n'
        for number, text in enumerate(MOST_READ[item.language][: 2 + day])
    )
    return html(
        item.language,
        title_of(item),
        og(item),
        f"""{top(item, nav)}
<p><a href="{home}/articles/">{pick(item.language, "To News and Stories", "До новин та історій")}</a></p>
<article><h1>{escape(item.headline)}</h1>
{lead(item, "standfirst")}{paragraphs(item.body)}
<div class="box"><h4>{pick(item.language, "Useful pages", "Корисні сторінки")}</h4><ul>
{links}</ul></div>
</article>
<footer>{notice(item.language)}</footer>""",
    )


@cache
def others(item: Item) -> tuple[str, ...]:
    """Five of the wire's other headlines, always of day 0, so that a new story changes no older page."""
    told = [other.headline for other in source_items("tidewire", 0)]
    start = told.index(item.headline) if item.headline in told else len(item.slug)
    return tuple(told[(start + step) % len(told)] for step in (1, 2, 4, 5, 7))


def tidewire(item: Item, day: int) -> bytes:
    """An agency's page: section, agency and both times as a list, five bare headlines at the end."""
    modified = (item.modified or item.published).astimezone(item.outlet.zone)
    more = "\n".join(f"<li>{escape(headline)}</li>" for headline in others(item))
    nav = (("/world", "World desk"), ("/markets", "Markets desk"), ("/sport", "Sport desk"))
    return html(
        "en",
        title_of(item),
        og(item),
        f"""{top(item, nav)}
<div class="story"><h1>{escape(item.headline)}</h1>
<h2 class="spot">{escape(item.lead)}</h2>
<ul class="info"><li>World</li>
<li>Wire</li>
<li>Published Date: {item.local:%H:%M} | {item.local.day} {item.local:%B %Y}</li>
<li>Modified Date: {modified:%H:%M} | {modified.day} {modified:%B %Y}</li></ul>
<div class="text">
{paragraphs(item.body)}
<ul class="more">
{more}
</ul></div></div>
<footer>{notice("en")}</footer>""",
    )


def eastern_courier(item: Item, day: int) -> bytes:
    """JSON-LD with authors, a byline, subheadings and a tail line that advertises the section."""
    head = og(item) + f'<link rel="canonical" href="{item.url}">\n' + json_ld(item, "NewsArticle")
    printed = f"{item.local:%B} {item.local.day}, {item.local:%Y}"
    nav = (("/vardania-war/", "Vardania War"), ("/business/", "Business pages"), ("/subscribe/", "Subscribe now"))
    return html(
        "en",
        title_of(item),
        head,
        f"""{top(item, nav)}
<article class="post"><h1 class="entry-title">{escape(item.headline)}</h1>
<div class="byline">By {escape(item.author)} ·
<time datetime="{item.local.isoformat()}">{printed}</time></div>
<div class="entry-content">
{paragraphs(item.body)}
<p>Read the Latest <a href="/vardania-war/">{escape(item.section)} News</a> on The Eastern Courier.</p>
</div></article>
<footer>{notice("en")}</footer>""",
    )


def two_banks_digest(item: Item, day: int) -> bytes:
    """A page builder's widgets: story, share line and the same essay on every page, in one kind of box."""

    def widget(inner: str) -> str:
        return (
            '<div class="elementor-element elementor-widget elementor-widget-text-editor">'
            f'<div class="elementor-widget-container">\n{inner}\n</div></div>'
        )

    printed = f"{item.published:%B} {item.published.day}, {item.published:%Y}"
    share, essay_author, essay = _essay()
    cut = next((n for n, text in enumerate(item.body) if text.startswith("## ")), len(item.body))
    first, second = item.body[:cut], item.body[cut:]
    widgets = [
        widget(f"<p>{printed}</p>"),
        f'<h1 class="elementor-heading-title">{escape(item.headline)}</h1>',
        widget(f"<p>{escape(item.author)}</p>"),
        widget(f"<p>{printed}</p>"),
        widget(paragraphs(first)),
        *([widget(paragraphs(second))] if second else []),
        widget(f"<p>{share}</p>"),
        widget(f"<p>{essay_author}</p>"),
        widget(paragraphs(essay)),
    ]
    body = "\n".join(widgets)
    head = og(item) + f'<link rel="canonical" href="{item.url}">\n'
    nav = (("/archive/", "Archive of the digest"), ("/about/", "About the digest"))
    return html(
        "en",
        title_of(item),
        head,
        f"""{top(item, nav)}
<main id="content" class="site-main post-412 post type-post">
<div class="elementor elementor-412"><section class="elementor-section"><div class="elementor-column">
{body}
</div></section></div></main>
<footer>{notice("en")}</footer>""",
    )


@cache
def _essay() -> tuple[str, str, tuple[str, ...]]:
    table = tomllib.loads((HERE / "stories" / "two-banks-digest.toml").read_text("utf-8"))
    return table["share"], table["essay_author"], tuple(table["essay"].strip().split("\n\n"))


def nadmorvia_visti(item: Item, day: int) -> bytes:
    """A date in Ukrainian words, and the paper's own announcements in the text's container."""
    printed = f"{item.local.day} {MONTHS_UK[item.local.month - 1]} {item.local:%Y}, {item.local:%H:%M}"
    notes = "\n".join(f"<p>{note}</p>" for note in NOTES_UK[: 2 + day])
    nav = (("/novyny/", "Усі новини краю"), ("/afisha/", "Афіша"), ("/redaktsiia/", "Про редакцію"))
    return html(
        "uk",
        title_of(item),
        "",
        f"""{top(item, nav)}
<div id="main"><h1>{escape(item.headline)}</h1>
<div class="date">{printed}</div>
<div class="story-text">
{paragraphs(item.body)}
{notes}
</div></div>
<footer>{notice("uk")}</footer>""",
    )


def small_paper(item: Item, day: int) -> bytes:
    """A <time> element below the headline, and nothing else: these outlets are hard to read for other reasons."""
    nav = (
        ("/", pick(item.language, "Front page", "", "Первая полоса")),
        ("/ads", pick(item.language, "Small advertisements", "", "Частные объявления")),
    )
    printed = f"{item.local:%d.%m.%Y %H:%M}"
    return html(
        item.language,
        title_of(item),
        "",
        f"""{top(item, nav)}
<div class="story"><h1>{escape(item.headline)}</h1>
<p class="when"><time datetime="{item.local.isoformat()}">{printed}</time></p>
{paragraphs(item.body)}
</div>
<footer>{notice(item.language)}</footer>""",
    )


def morvina_radio(item: Item, day: int) -> bytes:
    """One text in a language of its own, from right to left where that is written so."""
    times = (("article:published_time", item.local.isoformat()),)
    nav = tuple((f"/{name}/", name) for name in item.outlet.prefixes)
    return html(
        item.language,
        title_of(item),
        og(item, *times),
        f"""{top(item, nav)}
<main dir="{"rtl" if item.language == "ar" else "ltr"}"><article><h1>{escape(item.headline)}</h1>
<p class="when"><time datetime="{item.local.isoformat()}">{item.local:%d.%m.%Y %H:%M}</time></p>
{paragraphs(item.body)}
</article></main>
<footer>{notice(item.language)}</footer>""",
    )


SHAPES: dict[str, Callable[[Item, int], bytes]] = {
    "vardania-mod": vardania_mod,
    "sarmia-mod": sarmia_mod,
    "vardania-president": vardania_president,
    "meridian-alliance": meridian_alliance,
    "vardania-gov": vardania_gov,
    "tidewire": tidewire,
    "eastern-courier": eastern_courier,
    "two-banks-digest": two_banks_digest,
    "nadmorvia-visti": nadmorvia_visti,
    "estuary-herald": small_paper,
    "harbour-post": small_paper,
    "polder-bulletin": small_paper,
    "morvina-radio": morvina_radio,
}
CLUTTER = {  # what must not stand in the clean text, per outlet
    "vardania-mod": ("Skip to main content", "Hotline for families"),
    "sarmia-mod": ("Back to the list", "К списку", "Press and information department"),
    "vardania-president": ("Write to the President", "Написати Президентові", "Decrees and orders"),
    "meridian-alliance": ("Media accreditation", "Contact the newsroom"),
    "vardania-gov": ("To News and Stories", "До новин та історій", *MOST_READ["en"], *MOST_READ["uk"]),
    "tidewire": ("Markets desk", "Sport desk"),
    "eastern-courier": ("Subscribe now", "Business pages", "Read the Latest"),
    "two-banks-digest": ("Archive of the digest",),
    "nadmorvia-visti": ("Усі новини краю", *NOTES_UK),
    "estuary-herald": ("Частные объявления",),
    "harbour-post": ("Small advertisements",),
    "polder-bulletin": ("Small advertisements",),
    "morvina-radio": (),
}


def clutter(item: Item, day: int) -> tuple[str, ...]:
    """Phrases of this story's page that are not the story: chrome, boxes, essay, others' headlines."""
    found = CLUTTER[item.source]
    if item.source == "tidewire":
        found += others(item)
    if item.source == "two-banks-digest":
        share, _, essay = _essay()
        found += (share, *(text[:80] for text in essay), *(text[-80:] for text in essay))
    return found


def render(item: Item, day: int) -> bytes:
    """The story's whole page as UTF-8 on `day`."""
    return SHAPES[item.source](item, day)
