"""Several stories on one page: where each begins, what is never split, and the same story over time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from archive.extract import read
from archive.fingerprint import block_hash
from archive.home import Home
from archive.models import Block, Entry, Hints, Link, Media, Quote, Reading
from archive.parts import Traits, match
from archive.rebuild import rebuild
from archive.stories import sliced
from tests.crawling import rows
from tests.keeping import captured, keep, source

URL = "http://digest.example/day/20"
# four stories of different things, each with names of its own
STORIES = {
    "Vardania Defence Ministry counts the week at the Morvina": (
        "The Ministry of Defence in Vardania said on Thursday that its patrols along the Morvina had turned back "
        "three barges under the Sarmian flag, and that Colonel Ilmar Teder had been given command of the Upper Reach.",
        "Teder told the paper Harbour Post that the barges carried timber and fuel for the garrison at Pelesk, and "
        "that the Morvina would stay closed to Sarmian traffic until the Halden talks had come to an end.",
    ),
    "Council of Tolmir votes for a second ferry before the frost": (
        "With nine votes to four the aldermen of Tolmir decided last night to buy the Adelheid, a ferry that has "
        "served the Brenner lake for thirty years and that its owner, Josefine Aldous, wants to give up.",
        "Mayor Bertil Quist said the boat would be paid for out of the lamp tax, and that school children from "
        "Eastgate would cross without a fare as soon as the Adelheid had been caulked and painted at Nordwerft.",
    ),
    "Orchestra plays in the ruined station for the first time": (
        "Some two hundred listeners stood between the platforms of Kessel Junction on Sunday as Amalia Roth lifted "
        "her baton for the Symphony in D by Petrus Olm, which nobody had heard in public since the Great Fire.",
        "Roth, who was born in Kessel, had asked the railwaymen to leave the broken clock as it was. The Philharmonic "
        "Society wants to come back every spring until the roof of the Junction has been closed again.",
    ),
    "Cider makers fear for a harvest after the late hail": (
        "In Lower Gansfeld hail the size of walnuts fell on the orchards for a quarter of an hour on Tuesday, and "
        "Ulrike Benn of the Growers Union reckons that two trees in three have lost their blossom for this year.",
        "The Union asks the Agriculture Chamber in Dornburg for loans without interest. Benn said that the presses at "
        "Marienhof would otherwise stand still in October, for the first time since her grandfather built them.",
    ),
}
TITLES = list(STORIES)
SIDE = (
    "<p>Share the Post:</p><p>Halden Institute</p><p>Whoever has waited a winter for the ice to break knows how long a "
    "day can be when the flour runs out in the shops and no boat comes.</p>"
)


def lines(title: str) -> str:
    return "".join(f"<p>{text}</p>" for text in STORIES[title])


def headed(title: str, *small: str, tag: str = "h2") -> str:
    """A story under its heading, with short lines between them."""
    return f"<{tag}>{title}</{tag}>{''.join(f'<p>{line}</p>' for line in small)}{lines(title)}"


def page(*parts: str, title: str = "News of the day", head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="og:title" content="{title}">{head}</head><body><header><a href="/">Home</a></header>'
        f'<main><div class="entry-content">{"".join(parts)}</div></main><footer><p>All rights reserved.</p></footer>'
        "</body></html>"
    )


def readings(html: str, **more: object) -> tuple[Reading, ...]:
    return read(html.encode(), None, "text/html; charset=utf-8", URL, "UTC", "en", **more).readings  # type: ignore[arg-type]


def titles(html: str) -> list[str]:
    return [reading.title for reading in readings(html)]


def text(reading: Reading) -> str:
    return "\n".join(block.text for block in reading.blocks)


def test_stories_with_their_dates_are_told_apart_and_the_bare_one_between_them_too() -> None:
    html = page(
        headed(TITLES[0], "Vardania Defence Ministry", "April 20, 2031"),
        headed(TITLES[1]),
        headed(TITLES[2], "April 19, 2031"),
        SIDE,
    )
    found = readings(html)
    assert [r.title for r in found] == TITLES[:3]
    for reading, title in zip(found, TITLES, strict=False):
        assert all(line in text(reading) for line in STORIES[title])
        assert not any(line in text(reading) for other in TITLES if other != title for line in STORIES[other])
    assert [r.published_day for r in found] == ["2031-04-20", None, "2031-04-19"]
    assert [r.published_from for r in found] == ["text", None, "text"]
    assert found[0].publisher == "Vardania Defence Ministry"
    assert "Share the Post:" in text(found[-1]) and "Share the Post:" not in text(found[0])
    assert found[0].steps[-1] == "split"


def test_a_date_over_each_title_belongs_to_the_story_below_it() -> None:
    html = page("".join(f"<p>April {20 - n}, 2031</p>{headed(title)}" for n, title in enumerate(TITLES)))
    found = readings(html)
    assert [r.title for r in found] == TITLES
    assert [r.published_day for r in found] == ["2031-04-20", "2031-04-19", "2031-04-18", "2031-04-17"]
    assert "April 19, 2031" not in text(found[0])


def test_the_pages_own_headline_may_be_a_level_above_the_second_storys() -> None:
    html = page(
        headed(TITLES[0], "Vardania Defence Ministry", "April 20, 2031", tag="h1"),
        headed(TITLES[1], "Town Hall of Tolmir"),
        SIDE,
        title=TITLES[0],
    )
    found = readings(html)
    assert [r.title for r in found] == TITLES[:2]
    assert (found[1].publisher, found[1].published) == ("Town Hall of Tolmir", None)


@pytest.mark.parametrize("tag", ["article", "div", "section"])
def test_boxes_of_one_shape_are_stories_with_addresses_of_their_own(tag: str) -> None:
    boxes = "".join(
        f'<{tag} class="post"><h2><a href="/2031/{n}">{title}</a></h2>'
        f'<div class="meta"><time datetime="2031-04-2{n}T06:30:00+00:00">20 April</time></div>{lines(title)}</{tag}>'
        for n, title in enumerate(TITLES)
    )
    found = readings(page(boxes))
    assert [r.title for r in found] == TITLES
    assert [r.permalink for r in found] == [f"http://digest.example/2031/{n}" for n in range(4)]
    assert [r.published for r in found] == [f"2031-04-2{n}T06:30:00Z" for n in range(4)]
    for reading, title in zip(found, TITLES, strict=True):
        assert all(line in text(reading) for line in STORIES[title])


def test_titles_in_bold_are_titles_where_they_are_dated() -> None:
    html = page(
        *(
            f"<p><strong>{title}</strong></p><p>April {9 - n}, 2031</p>{lines(title)}"
            for n, title in enumerate(TITLES)
        )
    )
    assert titles(html) == TITLES


def one_story(between: Sequence[str]) -> str:
    """One story with something between its paragraphs."""
    body = [line for title in TITLES[:1] for line in STORIES[title]] * 3
    return f"<h1>{TITLES[0]}</h1><p>April 20, 2031</p>" + "".join(
        f"<p>{line}</p>{extra}" for line, extra in zip(body, [*between, *[""] * 9], strict=False)
    )


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(["<h2>The barges of the Morvina</h2>", "<h2>What Colonel Teder wants</h2>"], id="sub-headlines"),
        pytest.param(["<p><b>What is known of the barges so far</b></p>"] * 3, id="bold lines"),
        pytest.param(
            [f'<div class="teaser"><h3><a href="/{n}">Another story of the river</a></h3><p>April {n}, 2031</p></div>'
             for n in (3, 4)], id="teasers with dates",
        ),
        pytest.param(["<h2>Is the Morvina closed to all boats?</h2>"] * 3, id="questions"),
        pytest.param(["<p><b>Harbour Post:</b> Is it closed?</p><p><b>Teder:</b> Until the talks end.</p>"] * 2,
                     id="interview"),
        pytest.param(["<h2>Lantern by Nordwerft</h2><p>19.99 crowns</p>", "<h2>Rope by Adelheid</h2><p>7.50</p>"],
                     id="products"),
    ],
)  # fmt: skip
def test_one_story_stays_one(between: list[str]) -> None:
    assert titles(page(one_story(between), title=TITLES[0])) == [TITLES[0]]


def test_sub_headlines_on_the_level_of_the_title_do_not_split_a_story() -> None:
    body = "".join(
        f"<h2>{sub}</h2><p>{STORIES[TITLES[0]][n % 2]}</p>"
        for n, sub in enumerate(("Three barges under the Sarmian flag", "Colonel Teder and the Halden talks"))
    )
    assert titles(page(headed(TITLES[0], "April 20, 2031"), body, title=TITLES[0])) == [TITLES[0]]


def test_comments_with_titles_and_dates_are_no_stories() -> None:
    comments = "".join(
        f'<div class="comment"><b>{title}</b><p class="date">20.04.2031</p><p>{STORIES[title][0]}</p></div>'
        for title in TITLES[1:]
    )
    html = page(one_story([]), f'<div id="comments">{comments}</div>', title=TITLES[0])
    assert titles(html) == [TITLES[0]]


def test_related_stories_below_the_text_are_no_parts_of_the_page() -> None:
    related = "".join(
        f'<article class="card"><h3><a href="/{n}">{title}</a></h3><time datetime="2031-04-1{n}">1{n} April</time>'
        f"<p>{STORIES[title][0][:90]}</p></article>"
        for n, title in enumerate(TITLES[1:])
    )
    assert titles(page(one_story([]), related, title=TITLES[0])) == [TITLES[0]]


def test_the_step_can_be_left_out_and_a_hint_says_where_stories_are() -> None:
    html = page("".join(f'<div class="item"><h3>{title}</h3>{lines(title)}</div>' for title in TITLES))
    assert len(readings(html)) == 1
    assert [r.title for r in readings(html, hints=Hints(split=("div.item",)))] == TITLES
    dated = page(*(headed(title, "April 20, 2031") for title in TITLES))
    assert len(readings(dated)) == 4 and len(readings(dated, steps=frozenset())) == 1


def test_what_stands_at_the_blocks_of_a_story_goes_with_it() -> None:
    whole = Reading(
        "t",
        tuple(Block("p", str(n), n) for n in range(6)),
        links=(Link(0, "a", "a"), Link(4, "b", "b")),
        media=(Media(0, "m"), Media(3, "n"), Media(6, "o")),
        quotes=(Quote(2, "q"),),
        entries=(Entry(5, None),),
    )
    first, second = sliced(whole, 0, 3), sliced(whole, 3, 6)
    assert (first.links, first.media, first.quotes, first.entries) == (
        (Link(0, "a", "a"),), (Media(0, "m"),), (Quote(2, "q"),), (),
    )  # fmt: skip
    assert (second.links, second.media, second.entries) == (
        (Link(1, "b", "b"),), (Media(0, "n"), Media(3, "o")), (Entry(2, None),),
    )  # fmt: skip


LIVE = [("14:32", TITLES[0]), ("13:05", TITLES[1]), ("11:40", TITLES[2]), ("09:10", TITLES[3])]


def test_a_declared_live_blog_is_one_story_with_dated_entries() -> None:
    data = {
        "@context": "https://schema.org", "@type": "LiveBlogPosting", "headline": "The day at the river, as it was",
        "liveBlogUpdate": [
            {"@type": "BlogPosting", "headline": title, "datePublished": f"2031-04-20T{at}:00+00:00"}
            for at, title in LIVE
        ],
    }  # fmt: skip
    body = "".join(headed(title, "April 20, 2031") for _, title in LIVE)
    html = page(
        f"<h1>The day at the river, as it was</h1>{body}",
        title="The day at the river, as it was",
        head=f'<script type="application/ld+json">{json.dumps(data)}</script>',
    )
    [reading] = readings(html)
    assert [(e.at, e.title) for e in reading.entries] == [(f"2031-04-20T{at}:00Z", title) for at, title in LIVE]
    assert [reading.blocks[e.position].text for e in reading.entries] == [title for _, title in LIVE]


def test_boxes_that_open_with_a_time_of_day_are_a_live_blog() -> None:
    body = "".join(f'<div class="entry"><time>{at}</time><h3>{title}</h3>{lines(title)}</div>' for at, title in LIVE)
    [reading] = readings(page(f"<h1>The day at the river</h1>{body}", title="The day at the river"))
    assert [(e.printed, e.title) for e in reading.entries] == LIVE


# over time


def known(title: str = "t", day: str | None = None, words: Sequence[int] = (), link: str | None = None) -> Traits:
    return Traits.of((title,), (link,), (day,), (Block("p", "w " * 10, word) for word in words))


def test_a_story_is_known_by_its_address_then_its_heading_then_its_text() -> None:
    a, b = known("Ferry", words=(1, 2, 3)), known("Orchestra", words=(4, 5, 6))
    assert match([known("New", words=(9,)), a, b], [a, b]) == [None, 0, 1]
    assert match([known("Orchestra", words=(7, 8)), known("Other", words=(1, 2, 9))], [a, b]) == [1, 0]
    linked = [known("Ferry", link="/1"), known("Ferry", link="/2")]
    assert match([known("Ferry", link="/2"), known("Ferry", link="/3")], linked) == [1, None]


def test_todays_report_is_not_yesterdays_because_it_is_titled_alike() -> None:
    before = known("Losses of the day", "2031-04-19", (1, 2))
    assert match([known("Losses of the day", "2031-04-20", (3, 4))], [before, known("x")]) == [None]
    assert match([known("Losses of the day", None, (3, 4)), before], [before]) == [None, 0]


def test_lines_of_furniture_weigh_less_than_prose_also_in_a_script_without_spaces() -> None:
    side = ("分享本页", "订阅我们的通讯", "返回首页")

    def told(title: str, prose: str) -> Traits:
        return Traits.of((title,), (), (), (Block("p", text, block_hash(text)) for text in (title, prose, *side)))

    first = told("渡轮停驶", "洪水退去之前，渡轮将不会再次过河，船长在码头上对等候的旅客这样说道，并请他们明天再来。")
    assert match(
        [told("乐团演出", "星期日约有二百名听众站在车站的月台之间，聆听指挥带来的交响曲，许多人是第一次来到这里。")],
        [first],
    ) == [None]


DATES = {title: f"April {20 - n}, 2031" for n, title in enumerate(TITLES)}


def digest(*names: str, **changes: str) -> str:
    html = page(*(headed(name, DATES[name]) for name in names), SIDE)
    for old, new in changes.items():
        html = html.replace(old, new)
    return html


def parts(home: Home) -> list[tuple[str, int, int, int]]:
    found = rows(home, "select title, part, position, revisions from articles order by position, part")
    return [(r["title"], r["part"], r["position"], r["revisions"]) for r in found]


def test_each_story_is_an_article_and_a_second_visit_changes_nothing(home: Home) -> None:
    keep(home, [captured(URL, digest(*TITLES[:3]), n) for n in range(2)])
    assert parts(home) == [(title, n, n, 1) for n, title in enumerate(TITLES[:3], 1)]
    assert {r["url"] for r in rows(home, "select url from articles")} == {URL}
    assert [r["outcome"] for r in rows(home, "select outcome from captures")] == ["new", "unchanged"]
    assert [r["published_day"] for r in rows(home, "select published_day from articles order by part")] == [
        "2031-04-20", "2031-04-19", "2031-04-18",
    ]  # fmt: skip


def test_a_story_on_top_is_no_revision_of_the_others(home: Home) -> None:
    keep(home, [captured(URL, digest(*TITLES[1:3])), captured(URL, digest(*TITLES[:3]), 1)])
    assert parts(home) == [(TITLES[0], 3, 1, 1), (TITLES[1], 1, 2, 1), (TITLES[2], 2, 3, 1)]
    assert [r["outcome"] for r in rows(home, "select outcome from captures order by id")] == ["new", "new"]


def test_a_page_that_gains_a_story_keeps_the_one_it_had(home: Home) -> None:
    single = page(headed(TITLES[1], DATES[TITLES[1]], tag="h2"), SIDE, title=TITLES[1])
    keep(home, [captured(URL, single), captured(URL, digest(*TITLES[:2]), 1)])
    assert [(title, part, position) for title, part, position, _ in parts(home)] == [
        (TITLES[0], 2, 1), (TITLES[1], 1, 2),
    ]  # fmt: skip
    assert parts(home)[1][3] == 1


def test_what_a_page_said_of_its_only_story_is_known_when_another_stands_above_it(home: Home) -> None:
    dated = '<meta property="article:published_time" content="2031-04-18T06:30:00Z">'
    single = page(headed(TITLES[1]), SIDE, title=TITLES[1], head=dated)
    both = page(headed(TITLES[0], "April 20, 2031"), headed(TITLES[1], "Town Hall of Tolmir"), SIDE, title=TITLES[0])
    keep(home, [captured(URL, single), captured(URL, both, 1)])
    assert rows(home, "select published from articles order by part") == [
        {"published": "2031-04-18T06:30:00Z"}, {"published": "2031-04-20T00:00:00Z"},
    ]  # fmt: skip


def test_a_story_that_left_the_page_keeps_its_text_and_is_not_gone(home: Home) -> None:
    keep(home, [captured(URL, digest(*TITLES[:3])), captured(URL, digest(TITLES[0], TITLES[2]), 1)])
    found = rows(home, "select title, gone_at, words > 50 as whole, last_checked from articles order by part")
    assert [(r["title"], r["gone_at"], r["whole"]) for r in found] == [(title, None, 1) for title in TITLES[:3]]
    assert found[1]["last_checked"] < found[0]["last_checked"]
    keep(home, [captured(URL, digest(*TITLES[:3]), 2)])
    assert parts(home) == [(title, n, n, 1) for n, title in enumerate(TITLES[:3], 1)]


def test_stories_that_change_places_stay_the_same_articles(home: Home) -> None:
    keep(home, [captured(URL, digest(*TITLES[:3])), captured(URL, digest(*reversed(TITLES[:3])), 1)])
    assert [(title, part) for title, part, _, _ in parts(home)] == [(TITLES[2], 3), (TITLES[1], 2), (TITLES[0], 1)]


def test_an_edit_is_a_revision_of_its_story_alone(home: Home) -> None:
    edited = digest(*TITLES[:3], **{"nine votes to four": "ten votes to three"})
    renamed = digest(*TITLES[:3], **{TITLES[1]: "Tolmir buys the Adelheid for the crossing"})
    keep(home, [captured(URL, html, n) for n, html in enumerate((digest(*TITLES[:3]), edited, renamed))])
    assert [(part, revisions) for _, part, _, revisions in parts(home)] == [(1, 1), (2, 3), (3, 1)]
    assert parts(home)[1][0] == "Tolmir buys the Adelheid for the crossing"


def test_a_page_that_is_gone_takes_its_stories_along(home: Home) -> None:
    keep(home, [captured(URL, digest(*TITLES[:2])), captured(URL, "", 1, status=410)])
    assert rows(home, "select count(*) as gone from articles where gone_at is not null") == [{"gone": 2}]


def test_the_sidebar_of_one_page_does_not_repeat_because_two_of_its_stories_had_it(home: Home) -> None:
    keep(home, [captured(URL, digest(*TITLES[:2])), captured(URL, digest(*reversed(TITLES[:2])), 1)])
    assert rows(home, "select * from hidden_blocks where reason = 'repeated'") == []
    other = page(headed(TITLES[3], DATES[TITLES[3]]), SIDE, title=TITLES[3])
    keep(home, [captured("http://digest.example/day/21", other, 2)])
    assert rows(home, "select count(distinct article) as articles from hidden_blocks where reason = 'repeated'") == [
        {"articles": 2}
    ]


def test_an_older_capture_that_comes_later_changes_no_place(home: Home) -> None:
    keep(home, [captured(URL, digest(*TITLES[:3]), 60), captured(URL, digest(*reversed(TITLES[:3])), 0)])
    assert [(title, position) for title, _, position, _ in parts(home)] == [
        (title, n) for n, title in enumerate(TITLES[:3], 1)
    ]


def test_a_page_kept_for_changes_alone_is_kept_once_while_its_stories_stay(home: Home) -> None:
    sources = {"digest": source("digest", keep="changes")}
    pages = [digest(*TITLES[1:3]), digest(*TITLES[:3]), digest(*TITLES[:3]), digest(*reversed(TITLES[:3]))]
    for n, html in enumerate(pages):
        keep(home, [captured(URL, html, n)], sources)
    found = rows(home, "select confirms from captures order by id")
    assert [r["confirms"] for r in found] == [None, None, 2, None]


def test_a_rebuild_gives_the_same_articles(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep(home, [captured(URL, digest(*names), n) for n, names in enumerate((TITLES[1:3], TITLES[:3], TITLES[:2]))])
    wanted = "select id, part, position, title, text, revisions, published from articles order by id"
    before = rows(home, wanted)
    with home.writing():
        rebuild(home)
    assert rows(home, wanted) == before
