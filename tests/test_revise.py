"""Texts, marks and revisions: a function of the captures, whatever the order in which they came."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.fingerprint import EXTRACTOR, block_hash
from archive.home import Home
from archive.models import WINDOW, Block, Exchange, Kept, Page, Reading, stamp
from archive.revise import Reviser
from archive.store import Store
from archive.store_evidence import AGAIN
from archive.urls import url_key
from tests.crawling import contents, rows
from tests.keeping import START, captured, keep, source, texts
from tests.pages import own_div

SIDE = [
    "Share the Post:",
    "Institute of River Towns",
    "Small river towns live from their ferries, and when a ferry stops the market on the other bank stops with it too.",
    "Whoever has waited a winter for the ice to break knows how long a day can be when the flour runs out in the shops.",
    "Our institute gathers the timetables of all ferries and publishes them once a year for everybody who needs them.",
]
SENTENCES = [
    "The ferry {0} left the eastern bank at {0} minutes past seven with a load of timber for the {1} mill.",
    "Its master, who has served for {0} years, said that the water stood {1} centimetres higher than the week before.",
    "About {0} passengers crossed on the first day, and {1} carts had to wait for the second boat in the afternoon.",
    "The council of the {1} ward voted {0} to four for a new landing stage that should be ready before the frost.",
]
URL = "http://ferries.example/story/{}"


def story(number: int, side: list[str] | None = None, **changes: str) -> str:
    body = [sentence.format(number + 11, 7 * number + 120) for sentence in SENTENCES]
    for old, new in changes.items():
        body = [line.replace(old, new) for line in body]
    return own_div(f"Ferry report number {number}", body, SIDE if side is None else side)


def test_a_sidebar_is_hidden_from_the_second_page_on_also_on_the_first(home: Home) -> None:
    keep(home, [captured(URL.format(1), story(1))])
    assert "timetables" in texts(home)[URL.format(1)]
    keep(home, [captured(URL.format(2), story(2), 1)])
    for text in texts(home).values():
        assert "timetables" not in text and "Share the Post" not in text
        assert text.count("\n\n") == len(SENTENCES) - 1


def test_what_is_hidden_says_why_and_on_how_many_documents_it_stands(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(4)])
    hidden = rows(home, "select distinct reason, documents from hidden_blocks where text = 'Share the Post:'")
    assert hidden == [{"reason": "repeated", "documents": 4}]


def test_marking_earlier_pages_is_logged_and_is_no_edit_by_the_outlet(home: Home) -> None:
    for n in range(2):
        keep(home, [captured(URL.format(n), story(n), n)])
    assert rows(home, "select url, revisions from articles where revisions <> 1") == []
    assert [row["cause"] for row in rows(home, "select cause from derivations")] == ["marks"]
    assert rows(home, "select * from changes") == []


def test_two_stories_of_one_event_do_not_hide_each_other(home: Home) -> None:
    shared = own_div("The ferry sank", [s.format(3, 4) for s in SENTENCES], [])
    keep(home, [captured(URL.format("a"), shared), captured(URL.format("b"), shared, 1)])
    for text in texts(home).values():
        assert len(text.split()) > 60


def test_a_sidebar_known_only_in_another_season_hides_nothing(home: Home) -> None:
    late = START + timedelta(seconds=WINDOW + 86_400)
    keep(home, [captured(URL.format(1), story(1)), captured(URL.format(2), story(2), late)])
    assert all("timetables" in text for text in texts(home).values())


def test_an_edit_opens_a_revision_and_its_return_another(home: Home) -> None:
    pages = [story(1, []), story(1, [], frost="thaw"), story(1, [])]
    keep(home, [captured(URL.format(1), page, n) for n, page in enumerate(pages)])
    found = rows(
        home, "select number, words_added, words_removed, seen_from < seen_to as long from revisions order by 1"
    )
    assert [row["number"] for row in found] == [1, 2, 3]
    assert [(row["words_added"], row["words_removed"]) for row in found] == [(None, None), (1, 1), (1, 1)]
    assert [row["outcome"] for row in rows(home, "select outcome from captures order by id")] == [
        "new",
        "revised",
        "revised",
    ]


def test_an_unchanged_page_is_no_revision_and_extends_the_one_it_confirms(home: Home) -> None:
    keep(home, [captured(URL.format(1), story(1), n) for n in range(3)])
    [revision] = rows(home, "select number, seen_from, seen_to from revisions")
    [article] = rows(home, "select first_seen, last_checked, capture from articles")
    assert (revision["seen_from"], revision["seen_to"]) == (article["first_seen"], article["last_checked"])
    assert article["capture"] == 3
    assert len(rows(home, "select id from readings")) == 1


def test_an_older_capture_that_comes_later_opens_the_earlier_revision_in_its_place(home: Home) -> None:
    keep(home, [captured(URL.format(1), story(1, [], frost="thaw"), 60)])
    [before] = rows(home, "select id from revisions")
    keep(home, [captured(URL.format(1), story(1, []), 0)])
    found = rows(home, "select id, number, text from revisions order by number")
    assert "frost" in found[0]["text"] and found[1]["id"] == before["id"]
    assert [row["outcome"] for row in rows(home, "select outcome from captures order by fetched_at")] == [
        "new",
        "revised",
    ]
    assert "thaw" in texts(home)[URL.format(1)]


def test_a_revision_that_was_only_a_new_sidebar_item_is_folded_once_it_is_known(home: Home) -> None:
    item = [*SIDE, "New in the shop: the atlas of all landing stages, with a foreword by the harbour master himself."]
    keep(home, [captured(URL.format(n), story(n), n) for n in range(3)])
    keep(home, [captured(URL.format(0), story(0, item), 10)])
    assert [
        row["revisions"] for row in rows(home, "select revisions from articles where url = ?", URL.format(0))
    ] == [2]
    ids = rows(home, "select id from revisions order by id")
    keep(home, [captured(URL.format(1), story(1, item), 11)])
    assert rows(home, "select * from changes") == []
    assert rows(home, "select id from revisions where folded_into is not null and number is null") != []
    assert [row for row in ids if row not in rows(home, "select id from revisions")] == []
    assert {
        row["outcome"] for row in rows(home, "select outcome from captures where fetched_at > ?", "2031-04-20T06:09")
    } == {"unchanged"}


def test_gone_and_back_again(home: Home) -> None:
    url = URL.format(1)
    keep(home, [captured(url, story(1), 0), captured(url, "", 1, status=410), captured(url, "", 2, status=404)])
    [row] = rows(home, "select gone_at, last_checked, words, revisions from articles")
    assert (row["gone_at"], row["last_checked"]) == ("2031-04-20T06:01:00.000Z", "2031-04-20T06:02:00.000Z")
    assert row["words"] > 60
    keep(home, [captured(url, story(1), 3)])
    [row] = rows(home, "select gone_at, revisions from articles")
    assert row == {"gone_at": None, "revisions": 1}


def season() -> list[Exchange]:
    """Half a year of a source: sidebars that come and go, edits, returns, copies, a withdrawn story."""
    exchanges = []
    for n in range(14):
        at = START + timedelta(days=13 * n)
        side = (
            SIDE
            if n % 5
            else [*SIDE[:3], f"Only here: the winter timetable number {n} of the upper ferries is out now."]
        )
        exchanges.append(captured(URL.format(n), story(n, side), at))
        if n % 3 == 0:
            exchanges.append(captured(URL.format(n), story(n, side, frost="thaw"), at + timedelta(hours=5)))
        if n % 6 == 0:
            exchanges.append(captured(URL.format(n), story(n, side), at + timedelta(days=2)))
        if n % 4 == 1:
            exchanges.append(captured(URL.format(f"copy-{n}"), story(n, SIDE), at + timedelta(days=1)))
    exchanges.append(captured(URL.format(3), "", START + timedelta(days=170), status=404))
    return exchanges


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_arrival_changes_nothing_in_the_end(tmp_path: Path, seed: int) -> None:
    exchanges = season()
    ordered = Home(tmp_path / "ordered")
    keep(ordered, exchanges)
    shuffled = Home(tmp_path / "shuffled")
    random.Random(seed).shuffle(exchanges)
    keep(shuffled, exchanges)
    first, second = contents(ordered), contents(shuffled)
    for table in first:
        assert first[table] == second[table], table
    history = "select a.url, r.number, r.seen_from, r.seen_to from revisions r join articles a on a.id = r.article"
    where = " where r.folded_into is null order by 1, 2"
    assert rows(ordered, history + where) == rows(shuffled, history + where)


def put(home: Home, exchanges: Sequence[tuple[str, datetime, Page]]) -> dict[str, Any]:
    """What an archive holds after these pages came one by one."""
    home.path.mkdir(parents=True)
    store = Store(home.database, write=True)
    with store.transaction():
        store.sync_sources([source("ferries")])
    reviser = Reviser(store)
    for url, moment, held in exchanges:
        with store.transaction():
            kept = Kept(Exchange(url, "ferries", "page", moment, 200), None, None)
            capture = store.add_capture(kept, url_key(url), "unchanged", held.payload_sha256, None)
            own, others = reviser.attach(capture, url, (), "ferries", stamp(moment), held)
            settled = [c for a in sorted(own | others) for c in reviser.settle(a, stamp(moment), "marks")]
            store.correct_outcomes(settled)
    store.close()
    return contents(home)


def line(random: random.Random) -> Block:
    words = random.choices(
        ["ferry", "mole", "timber", "flour", "frost", "market", "barge"], k=random.choice((4, 9, 25))
    )
    text = " ".join(words) + random.choice((".", "", ":"))
    return Block("p", text, block_hash(text))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_the_same_pages_in_any_order_give_the_same_texts(seed: int) -> None:
    chance = random.Random(seed)
    pool = [line(chance) for _ in range(8)]
    pages = []
    for n in range(chance.choice((8, 14))):
        around = [chance.choice(pool) for _ in range(chance.randrange(5))]
        cut = chance.randrange(len(around) + 1)
        blocks = (*around[:cut], *(line(chance) for _ in range(chance.randrange(1, 4))), *around[cut:])
        reading = Reading(title=f"Report {chance.randrange(4)}", blocks=blocks)
        at = START + timedelta(days=chance.randrange(chance.choice((100, 300))), minutes=n)
        pages.append((URL.format(chance.randrange(7)), at, Page(str(n), (reading,))))
    with TemporaryDirectory() as folder:
        ordered = put(Home(Path(folder) / "ordered"), pages)
        chance.shuffle(pages)
        shuffled = put(Home(Path(folder) / "shuffled"), pages)
    for table, found in ordered.items():
        assert found == shuffled[table], table


def test_the_stories_of_a_page_do_not_stand_for_others_that_carried_the_same_in_another_season(home: Home) -> None:
    shared = Block("p", SIDE[2], block_hash(SIDE[2]))
    stories = [Reading(f"Story {n}", (line(random.Random(n)), shared)) for n in range(AGAIN + 2)]
    home = Home(home.path / "new")
    put(home, [
        (URL.format(2), START - timedelta(days=1), Page("b", (Reading("Another", (shared,)),))),
        (URL.format(1), START, Page("a", tuple(stories))),
    ])  # fmt: skip
    late = int(START.timestamp()) + WINDOW + 1
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update readings set first_at = ?", (stamp(datetime.fromtimestamp(late, UTC)),))
    ids = {row["title"]: row["id"] for row in store.articles()}
    assert store.seen_again("ferries", ids["Story 3"], [shared.hash], late, (late - 9, late)) == {ids["Another"]}
    store.close()


def test_once_a_source_has_ten_documents_later_pages_change_nothing_of_the_earlier(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(10)])
    before, logged = texts(home), rows(home, "select count(*) as n from derivations")
    keep(home, [captured(URL.format(n), story(n), n) for n in range(10, 20)])
    after = texts(home)
    assert {url: after[url] for url in before} == before
    assert rows(home, "select count(*) as n from derivations") == logged


def test_the_tenth_page_of_a_source_touches_its_neighbours_alone(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(30)])
    store = Store(home.database)
    reviser, article = Reviser(store), store.article_at("ferries.example/story/15")
    assert article is not None
    affected = reviser.sight(article, "ferries", {})
    store.close()
    assert affected == set(), "with four on either side, all others knew of one another before"


def test_a_page_that_would_be_hidden_nearly_whole_is_spared_and_says_why(home: Home) -> None:
    flash = own_div("Ice", ["The river is closed."], SIDE)
    keep(home, [captured(URL.format(n), story(n), n) for n in range(3)])
    keep(home, [captured(URL.format("flash"), flash, 5)])
    found = {row["url"]: row for row in rows(home, "select url, spared, text from articles")}
    words = sum(len(line.split()) for line in SIDE)
    spared = found.pop(URL.format("flash"))
    assert spared["spared"] == f"4 of {words + 4} words would be left" and SIDE[2] in spared["text"]
    assert {row["spared"] for row in found.values()} == {None}
    keep(home, [captured(URL.format("flash"), own_div("Ice", [s.format(9, 90) for s in SENTENCES], SIDE), 6)])
    assert {row["spared"] for row in rows(home, "select spared from articles")} == {None}


def test_a_rule_can_be_left_out_to_see_what_it_is_worth(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(3)])
    store = Store(home.database, write=True)
    with store.transaction():
        for article in store.articles():
            Reviser(store, frozenset({"repeated"})).settle(article["id"], article["last_checked"], "marks")
    store.close()
    assert all(SIDE[2] in text for text in texts(home).values())


def test_a_page_read_by_another_extractor_is_read_again_before_it_is_compared(home: Home) -> None:
    keep(home, [captured(URL.format(1), story(1, []))])
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update readings set extractor = 'older-1'")
        store.conn.execute("update blocks set text = 'what the older extractor read' where position > 0")
    store.close()
    keep(home, [captured(URL.format(1), story(1, []), 5)])
    assert rows(home, "select revisions from articles") == [{"revisions": 1}]
    assert rows(home, "select distinct r.extractor from capture_articles c join readings r on r.id = c.reading") == [
        {"extractor": EXTRACTOR}
    ]


def test_a_redirected_page_and_a_canonical_address_are_one_article(home: Home) -> None:
    page = story(1, []).replace("</head>", '<link rel="canonical" href="/story/1"></head>')
    keep(
        home,
        [
            captured("http://ferries.example/?p=1", page),
            captured(URL.format(1), page, 1, via=("http://ferries.example/old/1",)),
            captured("http://ferries.example/draft/1", "", 2, status=404),
        ],
    )
    assert list(texts(home)) == [URL.format(1)]
    assert {row["url_key"] for row in rows(home, "select url_key from addresses")} == {
        "ferries.example/?p=1",
        "ferries.example/story/1",
        "ferries.example/old/1",
    }


def test_pages_that_are_no_article_say_so_and_keep_their_capture(home: Home) -> None:
    keep(
        home,
        [
            captured("http://ferries.example/a.pdf", b"%PDF-1.7", headers=(("Content-Type", "application/pdf"),)),
            captured("http://ferries.example/empty", b"", 1),
            captured("http://ferries.example/broken", b"x", 2, headers=(("Content-Encoding", "gzip"),)),
        ],
    )
    found = rows(home, "select outcome, message from captures order by id")
    assert [row["outcome"] for row in found] == ["not_article", "not_article", "failed"]
    assert (found[0]["message"], found[2]["message"]) == (
        "not HTML: application/pdf",
        "ValueError: torn Content-Encoding",
    )
    assert texts(home) == {}


def test_an_address_that_never_answered_cannot_make_a_live_story_gone(home: Home) -> None:
    page = story(1, []).replace("</head>", '<link rel="canonical" href="/draft/1"></head>')
    keep(
        home,
        [
            captured("http://ferries.example/live/1", page),
            captured("http://ferries.example/draft/1", "", 1, status=404),
        ],
    )
    assert rows(home, "select url, gone_at from articles") == [
        {"url": "http://ferries.example/draft/1", "gone_at": None}
    ]
    store = Store(home.database)
    assert [visit.url for visit in store.revisitable("ferries", "2000")] == ["http://ferries.example/live/1"]
    store.close()
    keep(home, [captured("http://ferries.example/live/1", "", 2, status=404)])
    assert rows(home, "select gone_at is not null as gone from articles") == [{"gone": 1}]
