"""What stands in a text besides its words: links, pictures, quotations, posts; and the kinds of its blocks."""

from __future__ import annotations

from typing import Any

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.elements import LINKS, MEDIA, read_elements, shown
from archive.extract import read
from archive.home import Home
from archive.letters import PageLetters
from archive.models import Block, Exchange, Link, Media, Quote, Reading
from archive.store import Store
from tests.keeping import captured, keep

URL = "https://gazette.example/harbour/closed"
FIRST = (
    "The harbour of Vardania was closed on Monday after the storm, the office said, and all ferries stayed in port"
    " for the whole of the day."
)
SECOND = (
    "By the evening the wind had turned to the south, and the crews of nine boats began to clear the eastern quay of"
    " sand and timber."
)
THIRD = (
    "The office expects the first ferry to leave on Thursday morning, if the tide allows it and the lights on the mole"
    " work again by then."
)


def page(*between: str, above: str = "", below: str = "", head: str = "") -> str:
    """A page with elements between the paragraphs of its story."""
    middle = "".join(between)
    return (
        f'<!doctype html><html lang="en"><head><title>Harbour closed</title>{head}</head><body><header><nav>'
        f'<a href="/">Home</a> <a href="/news">News</a></nav></header><main><article><h1>Harbour closed</h1>{above}'
        f"<p>{FIRST}</p>{middle}<p>{SECOND}</p><p>{THIRD}</p>{below}</article></main>"
        f'<footer><p>All rights reserved by nobody. <a href="/imprint">Imprint</a></p><img src="/foot.jpg"></footer>'
        f"</body></html>"
    )


def reading(html: str, url: str = URL) -> Reading:
    (found,) = read(html.encode(), None, "text/html; charset=utf-8", url, "UTC", "en").readings
    return found


def at(found: Reading, start: str) -> int:
    """The position of the block that begins so."""
    return next(i for i, block in enumerate(found.blocks) if block.text.startswith(start))


def kinds(html: str) -> list[tuple[str, str]]:
    """The blocks of the page besides its frame."""
    frame = ("Harbour closed", FIRST, SECOND, THIRD)
    return [(block.kind, block.text) for block in reading(html).blocks if block.text not in frame]


# links


def test_links_of_the_text_are_kept_with_their_block_and_words_and_no_others() -> None:
    found = reading(
        page(
            '<p>The <a href="/office">harbour  <b>office</b></a> asked the <a href="https://coast.example/?a=1&amp;b=2#x">'
            "coast guard</a> for help on that same evening.</p>"
        )
    )
    here = at(found, "The harbour office asked")
    assert found.links == (
        Link(here, "https://gazette.example/office", "harbour office"),
        Link(here, "https://coast.example/?a=1&b=2", "coast guard"),
    )


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", " java\nscript:alert(1)", "data:text/html,x", "mailto:a@b.example",
        "tel:112", "#notes", "/harbour/closed#notes", "ftp://a.example/", "http://", "https://[::1", "", "x" * 2001,
    ],
)  # fmt: skip
def test_a_link_that_leads_to_no_page_is_none(href: str) -> None:
    assert (
        reading(page(f'<p>The office asked for <a href="{href}">help from the coast</a> on Monday.</p>')).links == ()
    )


def test_a_link_without_words_is_none() -> None:
    assert reading(page('<p>The office asked <a href="/x"></a>for help <a href="/y"> </a>on Monday.</p>')).links == ()


def test_an_address_stands_on_the_base_that_the_page_states() -> None:
    html = page('<p>The <a href="office">office</a> asked for help.</p>', head='<base href="https://a.example/b/">')
    assert [link.url for link in reading(html).links] == ["https://a.example/b/office"]
    html = html.replace("https://a.example/b/", "javascript:alert(1)//")
    assert [link.url for link in reading(html).links] == ["https://gazette.example/harbour/office"]


def test_a_link_around_a_whole_paragraph_and_one_in_a_table_have_their_places() -> None:
    found = reading(
        page(
            '<a href="/all"><p>The whole of this paragraph leads to another page of the gazette.</p></a>'
            '<table><tr><th>Kind</th><th>Count</th></tr><tr><td><a href="/boats">Boats</a></td><td>9</td></tr></table>'
        )
    )
    places = {link.url.rpartition("/")[2]: found.blocks[link.position].text for link in found.links}
    assert places == {
        "all": "The whole of this paragraph leads to another page of the gazette.",
        "boats": "Boats | 9",
    }


def test_there_is_an_end_to_links_and_pictures() -> None:
    many = "".join(f'<a href="/{n}">word</a> ' for n in range(LINKS + 50))
    pictures = "".join(f'<img src="/{n}.jpg" alt="boat">' for n in range(MEDIA + 50))
    found = reading(page(f"<p>{FIRST[:60]} {many}</p>", pictures))
    assert len(found.links) == LINKS
    assert len(found.media) == MEDIA


# pictures and videos


def test_a_picture_is_kept_with_its_place_description_and_caption() -> None:
    found = reading(
        page(
            '<figure><img src="/quay.jpg" alt="Sand on a quay"><figcaption>The quay on <b>Monday</b>. Photo: P. Ostin'
            "</figcaption></figure>",
            above='<figure><img src="/port.jpg" alt="A port"><figcaption>The port</figcaption></figure>',
        )
    )
    assert found.media == (
        Media(at(found, FIRST), "https://gazette.example/port.jpg", "A port", "The port"),
        Media(
            at(found, SECOND), "https://gazette.example/quay.jpg", "Sand on a quay",
            "The quay on Monday. Photo: P. Ostin",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "image",
    [
        '<img src="data:image/gif;base64,AAAA" data-src="/quay.jpg">',
        '<img src="/blank.gif" data-srcset="/small.jpg 320w, /quay.jpg 1280w,/middle.jpg 640w">',
        '<img srcset="/quay.jpg 2x, /small.jpg" src="/small.jpg">',
        '<picture><source srcset="/quay.jpg 900w, /small.jpg 300w"><img src="data:image/gif;base64,AAAA"></picture>',
        '<img class="lazy" data-original="/quay.jpg"><noscript><img src="/again.jpg"></noscript>',
        '<img src="data:,"><noscript><img src="/quay.jpg" alt="Quay"></noscript>',
        '<a href="/full/quay.jpeg?x=1"><img src="/quay.jpg"></a>',
        '<div class="wp-caption"><img src="/quay.jpg"><p class="wp-caption-text">The quay</p></div>',
        '<figure><a href="/gallery"><img src="/quay.jpg"></a><figcaption>The quay</figcaption></figure>',
    ],
)
def test_a_picture_that_a_script_would_load_is_found(image: str) -> None:
    assert [one.url for one in reading(page(image)).media] == ["https://gazette.example/quay.jpg"]


def test_the_caption_of_a_picture_without_a_figure() -> None:
    html = page('<div class="wp-caption"><img src="/quay.jpg"><p class="wp-caption-text">The quay</p></div>')
    assert reading(html).media[0].caption == "The quay"


@pytest.mark.parametrize(
    "image",
    [
        '<img src="/count.gif" width="1" height="1">',
        '<img src="/count.gif" style="width:1px;height:1px">',
        '<noscript><img src="https://count.example/p?x=1"></noscript>',
        '<img src="/face.jpg" width="48" alt="Pavel Ostin">',
        '<img src="/flag.png" alt="🇺🇳">',
        '<img src="/logo.svg" alt="Logo">',
        '<img src="data:image/png;base64,AAAA">',
        "<img>",
        '<a href="/other"><img src="/other.jpg"> Another story of that day</a>',
        '<figure><a href="/other"><img src="/other.jpg" alt="Teaser"></a></figure>',
        '<aside><img src="/offer.jpg"></aside>',
        '<img src="javascript:alert(1)">',
        '<iframe src="https://ads.example/frame"></iframe>',
        '<video poster="/x.jpg"></video>',
    ],
)
def test_icons_counters_teasers_and_adverts_are_no_pictures_of_the_text(image: str) -> None:
    assert reading(page(image)).media == ()


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ('<p class="by"><img src="/port.jpg" alt="Port"></p>', "port.jpg"),
        ('<img src="/face.jpg" width="60"><p class="by">Pavel Ostin</p>', None),
        ('<iframe src="https://www.youtube.com/embed/abc"></iframe>', "abc"),
    ],
)
def test_the_picture_above_a_text_is_the_one_next_to_it(above: str, expected: str | None) -> None:
    assert [one.url.rpartition("/")[2] for one in reading(page(above=above)).media] == [expected] * bool(expected)


def test_the_picture_above_the_headline_needs_a_frame() -> None:
    html = page().replace("<h1>", '<figure><img src="/port.jpg"></figure><h1>')
    assert [one.url for one in reading(html).media] == ["https://gazette.example/port.jpg"]
    assert reading(html.replace("figure", "div")).media == ()


def test_videos_are_media() -> None:
    found = reading(
        page(
            '<iframe src="https://www.youtube-nocookie.com/embed/abc" title="The storm"></iframe>',
            '<figure><video><source src="/storm.mp4"></video><figcaption>The mole</figcaption></figure>',
            '<video src="blob:https://x.example/1"></video>',
        )
    )
    here = at(found, SECOND)
    assert found.media == (
        Media(here, "https://www.youtube-nocookie.com/embed/abc", "The storm", None),
        Media(here, "https://gazette.example/storm.mp4", None, "The mole"),
    )


# quotations and posts


def test_a_quotation_is_one_with_its_speaker() -> None:
    found = reading(
        page(
            '<blockquote cite="/talk"><p>We will open soon.</p><p>Not before the tide turns.</p>'
            "<footer>— <cite>Pavel Ostin</cite>, harbour master</footer></blockquote>"
        )
    )
    here = at(found, "We will open soon.")
    assert found.quotes == (
        Quote(here, "We will open soon.\nNot before the tide turns.", "Pavel Ostin", "https://gazette.example/talk"),
    )
    assert [found.blocks[i].kind for i in (here, here + 1)] == ["quote", "quote"]


def test_a_page_in_a_blockquote_is_no_quotation() -> None:
    html = page().replace("<article>", "<article><blockquote>").replace("</article>", "</blockquote></article>")
    assert reading(html).quotes == ()


TWEET = (
    '<blockquote class="twitter-tweet"><p lang="en" dir="ltr">The harbour is closed<br>until further notice.</p>&mdash;'
    ' Harbour Office (@harbour) <a href="https://twitter.com/harbour/status/12345">April 20, 2031</a></blockquote>'
)
INSTAGRAM = (
    '<blockquote class="instagram-media" data-instgrm-permalink="https://www.instagram.com/p/ABC/"><div>'
    '<a href="https://www.instagram.com/p/ABC/">View this post on Instagram</a><p><a href="/p/ABC/">A post shared by'
    " Harbour Office (@harbour)</a></p></div></blockquote>"
)
BLUESKY = (
    '<blockquote class="bluesky-embed" data-bluesky-uri="at://did:plc:x/app.bsky.feed.post/y"><p lang="en">No ferry'
    ' today.</p>&mdash; Harbour (<a href="https://bsky.app/profile/x">@harbour.example</a>)'
    ' <a href="https://bsky.app/profile/x/post/y">20 April 2031</a></blockquote>'
)
FACEBOOK = (
    '<div class="fb-post" data-href="https://www.facebook.com/harbour/posts/9"><blockquote cite="https://www.facebook'
    '.com/harbour/posts/9" class="fb-xfbml-parse-ignore"><p>No ferry today.</p></blockquote></div>'
)


@pytest.mark.parametrize("frame", ["{}", "<figure class='wp-block-embed'><div class='embed'>{}</div></figure>"])
@pytest.mark.parametrize(
    ("embed", "text", "speaker", "url"),
    [
        (
            TWEET, "The harbour is closed\nuntil further notice.", "Harbour Office (@harbour)",
            "https://twitter.com/harbour/status/12345",
        ),
        (INSTAGRAM, "", "@harbour", "https://www.instagram.com/p/ABC/"),
        (BLUESKY, "No ferry today.", "Harbour (@harbour.example)", "https://bsky.app/profile/x/post/y"),
        (FACEBOOK, "No ferry today.", None, "https://www.facebook.com/harbour/posts/9"),
        (
            '<div class="fb-post" data-href="https://www.facebook.com/harbour/posts/9"></div>', "", None,
            "https://www.facebook.com/harbour/posts/9",
        ),
        (
            '<script async src="https://telegram.org/js/telegram-widget.js?22" data-telegram-post="harbour/77"></script>',
            "", "harbour", "https://t.me/harbour/77",
        ),
        ('<iframe src="https://t.me/harbour/77?embed=1"></iframe>', "", "harbour", "https://t.me/harbour/77"),
        (
            '<iframe src="https://sea.example/@harbour/11223344/embed" class="mastodon-embed"></iframe>', "", "@harbour",
            "https://sea.example/@harbour/11223344/embed",
        ),
    ],
)  # fmt: skip
def test_an_embedded_post_is_a_quote_whether_the_text_has_it_or_not(
    embed: str, text: str, speaker: str | None, url: str, frame: str
) -> None:
    found = reading(page(frame.format(embed)))
    (quote,) = found.quotes
    assert quote[1:] == (text, speaker, url)
    beside = found.blocks[quote.position]
    assert beside.text == SECOND or beside.kind == "quote" or beside.text in text


def test_a_script_is_no_post_and_neither_is_a_box_with_an_address() -> None:
    found = reading(
        page(
            '<script data-telegram-post="javascript:alert(1)"></script>',
            '<div class="card" data-href="/other">Another story</div>',
            '<iframe src="https://www.facebook.com/plugins/like.php?x=1"></iframe>',
        )
    )
    assert found.quotes == ()


# the text goes by itself


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (
            "<ul><li>Boats of the office<ul><li>The pilot boat</li><li>The tug</li></ul></li><li>Boats of others</li></ul>",
            [("li", "Boats of the office"), ("li", "The pilot boat"), ("li", "The tug"), ("li", "Boats of others")],
        ),
        ("<ol><li><p>Close the lock</p></li><li>Open it</li></ol>", [("li", "Close the lock"), ("li", "Open it")]),
        (
            "<table><thead><tr><th></th><th>Boats</th><th>Barges</th></tr></thead><tbody><tr><th>Monday</th><td>9</td>"
            "<td></td></tr><tr><th>Friday</th><td></td><td>4</td></tr></tbody></table>",
            [("row", "| Boats | Barges"), ("row", "Monday | 9"), ("row", "Friday | | 4")],
        ),
        (
            "<table><tr><td></td><td>Boats</td><td></td><td>9</td></tr><tr><td></td><td>Tugs</td><td></td><td>2</td></tr>"
            "</table>",
            [("row", "Boats | 9"), ("row", "Tugs | 2")],
        ),
        (
            "<h2>The storm</h2><p>It came from the north at night.</p><h3>The flood</h3><p>It went by noon.</p>",
            [
                ("heading", "The storm"), ("p", "It came from the north at night."), ("heading", "The flood"),
                ("p", "It went by noon."),
            ],
        ),
        (
            "<dl><dt>Boats</dt><dd>Nine of them</dd><dt>Barges</dt><dd>Four of them</dd></dl>",
            [("li", "Boats"), ("li", "Nine of them"), ("li", "Barges"), ("li", "Four of them")],
        ),
        ("<blockquote>We will open<br>when we can.</blockquote>", [("quote", "We will open"), ("line", "when we can.")]),
        ("<pre><code>9 boats</code></pre>", [("code", "9 boats")]),
        (
            "<p>The master said <q>we will open soon</q> and left.</p><p>The code <code>9</code> means closed.</p>",
            [("p", "The master said we will open soon and left."), ("p", "The code 9 means closed.")],
        ),
        ("<figure><img src='/a.jpg'><figcaption>The port, seen from the mole</figcaption></figure>", []),
    ],
)  # fmt: skip
def test_blocks_keep_their_kind(element: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(page(element)) == expected


def test_a_post_in_a_channel_keeps_its_links() -> None:
    html = (
        '<div class="tgme_widget_message" data-post="harbour/77"><div class="tgme_widget_message_text js-message_text">'
        '<b>Harbour closed</b><br>More <a href="https://gazette.example/x">in the gazette</a>.</div>'
        '<a class="tgme_widget_message_date" href="https://t.me/harbour/77">'
        '<time datetime="2031-04-20T06:00:00+00:00">06:00</time></a></div>'
    )
    found = reading(f"<html><body>{html}</body></html>", "https://t.me/harbour/77?embed=1")
    assert found.links == (Link(1, "https://gazette.example/x", "in the gazette"),)


# places


def letters_of(html: str) -> PageLetters:
    return PageLetters(lxml.html.document_fromstring(html))


def test_a_text_that_is_teased_above_is_found_where_it_stands() -> None:
    long, other = "a" * 40, "b" * 40
    found = letters_of(f"<p>{long}</p><p>menu</p><p>{long}</p><p>x</p><p>{other}</p><p>{other}</p>")
    assert found.places([long, "x", other]) == [44, 84, 85]
    assert found.places(["nowhere", long, "x" * 50, "", other]) == [-1, 44, -1, -1, 85]
    assert found.places(["x", "b"]) == [84, 85]
    assert found.places([]) == []


@given(st.lists(st.sampled_from(["ab", "c", "a" * 31, "b" * 35, "menu"]), max_size=8), st.data())
def test_places_are_in_order_and_hold_their_blocks(texts: list[str], data: st.DataObject) -> None:
    found = letters_of("<div><p>" + "</p><p>".join(texts or ["x"]) + "</p></div>")
    keys = data.draw(st.lists(st.sampled_from(["ab", "c", "a" * 31, "b" * 35, "q", ""]), max_size=6))
    places = found.places(keys)
    end = 0
    for start, key in zip(places, keys, strict=True):
        if start >= 0:
            assert start >= end and found.page[start : start + len(key)] == key
            end = start + len(key)


def test_marks_are_of_their_elements_whatever_hides_them() -> None:
    tree = lxml.html.document_fromstring(
        "<head><noscript><img></noscript></head><p>x<noscript><a>y<img></a></noscript><a>z</a><iframe><a>q</a></iframe>"
        "<svg><a>s</a></svg><div data-href='/'>u<img></div><blockquote>v<script>w</script></blockquote></p>"
    )
    found = PageLetters(tree)
    elements = found.elements(tree)
    assert [(e.tag == "a") for e in elements] == [end >= 0 for _, end in found.marks]
    assert [found.page[at:end] for at, end in found.marks if end > at] == ["z"]
    assert len(elements) == len(found.marks) >= 10


def test_a_page_nested_too_deep_has_no_elements() -> None:
    tree = lxml.html.document_fromstring("<p>x</p>")
    inner = tree
    for _ in range(9000):
        deeper = lxml.html.Element("span")
        inner.append(deeper)
        inner = deeper
    deep = lxml.html.Element("a", href="/x")
    deep.text = "word"
    inner.append(deep)
    blocks = (Block("p", "word", 1),)
    assert read_elements(tree, URL, blocks, PageLetters(tree)) == ((), (), ())


# marks and the archive


def test_what_stands_in_hidden_blocks_is_not_of_the_text() -> None:
    blocks = [Block("p", text, n) for n, text in enumerate(("title", "words", "box", "more box", "said", "end"))]
    extras: dict[str, list[list[Any]]] = {
        "links": [[0, "u", "x"], [1, "u", "x"], [2, "u", "x"], [5, "u", "x"]],
        "media": [[0, "a"], [2, "b"], [3, "c"], [4, "d"], [6, "e"]],
        "quotes": [[4, "said", None, None], [3, "a post in the box", None, "u"], [4, "a post", None, "u"]],
        "entries": [[1, None, None, None]],
    }
    marks = ["headline", None, "repeated", "aside", "links", "summary"]
    assert shown(extras, blocks, marks) == {
        "links": [[1, "u", "x"], [5, "u", "x"]],
        "media": [[0, "a"], [2, "b"], [6, "e"]],
        "quotes": [],
        "entries": [[1, None, None, None]],
    }
    assert shown({}, blocks, [None] * 6) == {"links": [], "media": [], "quotes": []}


def rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    store = Store(home.database)
    found = [tuple(row) for row in store.conn.execute(query)]
    store.close()
    return found


def story(token: str) -> str:
    """A page whose addresses differ from one request to the next."""
    return page(
        f'<p>The <a href="/office?token={token}">office</a> asked the coast for help that evening.</p>',
        f'<figure><img src="/quay.jpg?sig={token}" alt="Quay"></figure>',
        TWEET,
    )


def test_the_archive_keeps_them_in_rows(home: Home) -> None:
    keep(home, [captured(URL, story("a"))])
    assert ("https://gazette.example/office?token=a", "office") in rows(home, "select url, text from links")
    assert rows(home, "select url, alt, caption from media") == [
        ("https://gazette.example/quay.jpg?sig=a", "Quay", None)
    ]
    assert rows(home, "select article, text, speaker, url from quotes") == [
        (
            1, "The harbour is closed\nuntil further notice.", "Harbour Office (@harbour)",
            "https://twitter.com/harbour/status/12345",
        )
    ]  # fmt: skip
    assert rows(home, "select b.text from quotes q join blocks b on b.position = q.position") == [
        ("The harbour is closed",)
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_other_tokens_are_no_revision_and_the_earliest_capture_stands(home: Home, order: tuple[int, ...]) -> None:
    captures: list[Exchange] = [captured(URL, story("abc"[n]), at=60 * n) for n in range(3)]
    keep(home, [captures[n] for n in order])
    assert rows(home, "select count(*) from readings") == rows(home, "select count(*) from revisions") == [(1,)]
    assert rows(home, "select url from media") == [("https://gazette.example/quay.jpg?sig=a",)]
    assert ("https://gazette.example/office?token=a",) in rows(home, "select url from links")


def test_on_a_huge_page_the_search_ends() -> None:
    """Each of these took 8 s and more where every picture or block was looked for to the end."""
    pictures = "<figure>" + "<img src=/a.jpg><figcaption>x</figcaption>" * 20_000 + "</figure>"
    sources = "<picture>" + "<source srcset='/a.jpg 1x'>" * 200 + "<img src='data:,'>" * 20_000 + "</picture>"
    lines = "<p>" + "</p><p>".join(f"line {n} of the office on that evening" for n in range(20_000))
    for html, extra, pictured in ((pictures, 0, 1), (sources, 0, 1), (lines, 20_000, 0)):
        tree = lxml.html.document_fromstring(f"<body><p>{FIRST}</p>{html}<p>{SECOND}</p></body>")
        missing = [Block("p", f"other {n} of the office on that evening", n) for n in range(extra)]
        letters = PageLetters(tree)
        found = read_elements(tree, URL, [Block("p", FIRST, 1), *missing, Block("p", SECOND, 2)], letters)
        assert len(found.media) == pictured
        assert (letters.patience < 0) == bool(extra)
