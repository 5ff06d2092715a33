"""Copies and stories in the database: what stands in the end must not depend on the order in which articles came."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.fingerprint import block_hash
from archive.group import FIRST, Groups
from archive.home import Home
from archive.models import Block, Exchange, Kept, Page, Reading, stamp
from archive.rebuild import rebuild
from archive.revise import Reviser
from archive.store import Store
from archive.urls import url_key
from tests.keeping import START, captured, keep, source
from tests.pages import SHAPES, own_div
from tests.prose import prose
from tests.test_seeds import SEEDS, aggregated, seed


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive.db")
    yield archive
    archive.store.close()


class Archive:
    """Articles without pages: rows with texts, brought in line as a crawl would."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path, write=True)
        self.store.conn.execute("pragma synchronous = off")
        self.groups = Groups(self.store)
        self.ids: dict[str, int] = {}
        with self.store.transaction():
            self.store.sync_sources([source(name) for name in ("varda", "estuary", "northgate")])

    def put(self, name: str, text: str, hour: float = 0, outlet: str = "varda", published: bool = True) -> int:
        """Write an article and bring all in line; ``hour``: when it was published, or else first seen."""
        at = f"2031-04-{20 + int(hour) // 24:02d}T{int(hour) % 24:02d}:{int(hour % 1 * 60):02d}:00Z"
        row: dict[str, Any] = {
            "title": name, "text": text, "words": len(text.split()), "published": at if published else None,
            "first_seen": at if not published else "2031-05-20T00:00:00Z", "source": outlet,
        }  # fmt: skip
        conn = self.store.conn
        with self.store.transaction():
            if name not in self.ids:
                known = (
                    conn.execute("select id from captures").fetchone()
                    or conn.execute(
                        "insert into captures (url, url_key, source, kind, fetched_at, outcome)"
                        " values ('', '', 'varda', 'page', '2031-05-20T00:00:00Z', 'new') returning id"
                    ).fetchone()
                )
                self.ids[name] = conn.execute(
                    "insert into articles (url, source, title, first_seen, last_checked, text, words, text_sha256,"
                    " revisions, capture, extractor) values (?, ?, '', '', '', '', 0, '', 1, ?, '') returning id",
                    (f"http://{outlet}.example/{name}", outlet, known[0]),
                ).fetchone()[0]
            conn.execute(
                f"update articles set {', '.join(f'{key} = ?' for key in row)} where id = ?",
                (*row.values(), self.ids[name]),
            )
            self.groups.update(self.ids[name])
        return self.ids[name]

    def remove(self, name: str) -> None:
        with self.store.transaction():
            self.groups.remove(self.ids[name])
            self.store.conn.execute("delete from articles where id = ?", (self.ids.pop(name),))

    def links(self) -> set[tuple[str, str, str]]:
        """(relation, one, other) by name; of symmetric ones in the order of the alphabet."""
        names = {number: name for name, number in self.ids.items()}
        found = set()
        for row in self.store.rows("select * from copies"):
            pair = names[row["article"]], names[row["other"]]
            directed = row["relation"] in ("contains", "template_series")
            found.add((row["relation"], *(pair if directed else sorted(pair))))
        return found

    def stories(self) -> set[tuple[str, ...]]:
        """The names in each story, its earliest article first."""
        names = {number: name for name, number in self.ids.items()}
        found = set()
        for row in self.store.rows("select * from stories"):
            inside = self.store.rows("select id, source from articles where story = ?", row["id"])
            assert len(inside) == row["articles"] > 1
            assert len({one["source"] for one in inside}) == row["sources"]
            found.add((names[row["id"]], *sorted(names[one["id"]] for one in inside if one["id"] != row["id"])))
        return found

    def state(self) -> tuple[object, ...]:
        """All that follows from the texts, with names for numbers."""
        names = {number: name for name, number in self.ids.items()}
        rows = self.store.rows("select * from copies")
        reasons = {
            (tuple(sorted((names[r["article"]], names[r["other"]]))), r["relation"], r["score"], r["reason"])
            for r in rows
        }
        stories = {
            (names[r["id"]], r["title"], r["first_published"], r["first_from"], r["articles"], r["sources"])
            for r in self.store.rows("select * from stories")
        }
        keys = {(r["key"], r["at"], names[r["article"]]) for r in self.store.rows("select * from lookups")}
        return self.links(), reasons, self.stories(), stories, keys


def same(one: Mapping[str, tuple[Any, ...]], tmp_path: Path, rounds: int = 6) -> tuple[object, ...]:
    """Put articles in several orders, each over a first text that was another; returns the one state they lead to."""
    states = []
    for n in range(rounds):
        chance = random.Random(n)
        archive = Archive(tmp_path / f"{n}.db")
        names = sorted(one)
        chance.shuffle(names)
        for name in names:
            if n % 2 and chance.random() < 0.5:
                archive.put(name, one[chance.choice(names)][0], *one[name][1:])
        chance.shuffle(names)
        for name in names:
            archive.put(name, *one[name])
        if n % 3 == 0:
            archive.put("gone", one[names[0]][0], 0.5)
            archive.remove("gone")
        states.append(archive.state())
        # a symmetric relation stands once, the lower number first, and no pair has two
        rows = archive.store.rows("select article, other, relation from copies")
        assert len({frozenset((r["article"], r["other"])) for r in rows}) == len(rows)
        directed = ("contains", "template_series")
        assert all(r["article"] < r["other"] for r in rows if r["relation"] not in directed)
        archive.store.close()
    assert all(state == states[0] for state in states)
    return states[0]


def report(day: int) -> str:
    lines = (
        f"{name} – {1000 * (n + 2) + 7 * day * (n + 1)} (+{7 * (n + 1) + day % 3})"
        for n, name in enumerate(("boats", "barrels", "ropes", "sails", "anchors", "lamps"))
    )
    return f"Stores of the harbour of Vardania from 01.03.31 to {day:02d}.05.31 were:\n" + "\n".join(lines)


def test_an_article_that_says_the_same_joins_the_earlier_one(archive: Archive) -> None:
    first = archive.put("first", prose(1), 1)
    second = archive.put("second", prose(1).replace("“", '"'), 2, "estuary")
    archive.put("other", prose(2), 3)
    assert archive.links() == {("same_text", "first", "second")}
    assert archive.stories() == {("first", "second")}
    [story] = archive.store.rows("select * from stories")
    assert (story["id"], story["first_published"], story["first_from"]) == (
        first,
        "2031-04-20T01:00:00Z",
        "published",
    )
    assert archive.store.stories_of([second]) == {second: first}


def test_an_earlier_one_that_comes_late_leads_the_story(archive: Archive) -> None:
    archive.put("late", prose(1), 9)
    archive.put("later", prose(1), 12, "estuary")
    archive.put("early", prose(1), 1, "northgate", published=False)
    assert archive.stories() == {("early", "late", "later")}
    [story] = archive.store.rows("select * from stories")
    assert (story["first_from"], story["sources"]) == ("first_seen", 3)


def test_a_text_that_changes_leaves_its_story(archive: Archive) -> None:
    archive.put("first", prose(1), 1)
    archive.put("second", prose(1), 2)
    archive.put("second", prose(2), 2)
    assert archive.links() == set()
    assert archive.stories() == set()
    assert archive.store.rows("select id from articles where story is not null") == []


def test_an_article_that_goes_takes_its_links_along(archive: Archive) -> None:
    for n, name in enumerate(("first", "second", "third")):
        archive.put(name, prose(1), n)
    archive.remove("first")
    assert archive.stories() == {("second", "third")}
    archive.remove("third")
    assert archive.stories() == set()
    assert archive.links() == set()


def test_a_title_that_changes_is_the_story_s_too(archive: Archive) -> None:
    first = archive.put("first", prose(1), 1)
    archive.put("second", prose(1), 2)
    with archive.store.transaction():
        archive.store.conn.execute("update articles set title = 'Another' where id = ?", (first,))
        archive.groups.update(first)
    assert archive.store.rows("select title from stories") == [{"title": "Another"}]


def test_what_stands_in_the_end_does_not_depend_on_the_order(tmp_path: Path) -> None:
    a, b, c = prose(1), prose(2), prose(3)
    links, _, stories, *_ = same(
        {
            "a": (a, 1), "a-again": (a, 2, "estuary"), "a-cut": (a[: len(a) * 2 // 5], 3, "northgate"),
            "a-lead": (prose(9)[:200] + a[300:], 4, "estuary"), "a-at-once": (a + "\nEditing by A. Reeve", 1, "estuary"),
            "b": (b, 5), "c": (c, 6), "a-and-b": (a + "\n" + b, 7), "b-and-c": (b + "\n" + c, 0.5, "northgate"),
            **{f"day{n}": (report(n), 24 * n) for n in range(1, 6)}, "day3-there": (report(3), 73, "estuary"),
        },
        tmp_path,
    )  # fmt: skip
    assert isinstance(links, set)
    assert {x for x in links if x[0] == "contains"} >= {
        ("contains", "a-and-b", "a"), ("contains", "a-and-b", "b"),
        ("contains", "b-and-c", "b"), ("contains", "b-and-c", "c"),
    }  # fmt: skip
    assert {x for x in links if x[0] == "template_series"} == {
        ("template_series", f"day{n}", f"day{n - 1}") for n in range(2, 6)
    }
    assert ("same_text", "day3", "day3-there") in links
    assert not any({"b", "c"} <= set(story) or {"a", "b"} <= set(story) for story in stories)


def test_a_wire_text_of_many_outlets_is_one_story_in_every_order(tmp_path: Path) -> None:
    chance = random.Random(7)
    text = prose(4)
    many = {}
    for n in range(3 * FIRST):
        words = text.split(" ")
        for _ in range(6):
            words[chance.randrange(len(words))] = f"word{chance.randrange(99)}"
        # several came out in one second: their addresses decide
        many[f"n{n:02d}"] = (" ".join(words), n // 4, ("varda", "estuary", "northgate")[n % 3])
    *_, stories, _, _ = same(many, tmp_path, 4)
    [story] = stories
    assert (story[0], sorted(story)) == ("n01", sorted(many))


def test_the_first_ones_with_a_key_are_those_of_the_order_of_all(archive: Archive) -> None:
    chance = random.Random(8)
    for n in range(12):
        archive.put(f"n{n:02d}", "", 0, ("varda", "estuary")[n % 2])
    everybody = archive.store.places(archive.ids.values())
    with archive.store.transaction():
        for key in range(-20, 20):
            those = chance.sample(sorted(everybody), chance.randrange(13))
            # few seconds, so that addresses decide of some; times are those that the keys came with
            at = {article: chance.randrange(4) for article in those}
            for article in those:
                archive.store.conn.execute("insert into lookups values (?, ?, ?)", (key, at[article], article))
            asked = archive.ids["n03"]
            wanted = [p.article for p in sorted(everybody[a]._replace(at=at[a]) for a in those)][:5]
            found = archive.store.first_with([key, 1 << 40], 5, asked)
            assert found == ({key: wanted} if set(those) - {asked} else {})


def test_a_story_of_few_sentences_is_found_in_a_round_up_of_many(archive: Archive) -> None:
    stories = {f"n{n}": prose(n, 9) for n in range(10, 16)}
    for hour, (name, text) in enumerate(stories.items()):
        archive.put(name, text, hour)
    archive.put("all", "\n".join(stories.values()), 24)
    assert archive.links() == {("contains", "all", name) for name in stories}


def test_another_translation_is_found_years_later(archive: Archive) -> None:
    said = "The ferries of Vardania will sail again before the autumn storms, and every harbour will be open by then"
    other = "Before storms in autumn the ferries of Vardania will sail again, and then every harbour will open"
    archive.put("first", f"{prose(1)}\n“{said},” said Mara Quill.", 1)
    archive.put("second", f"“{other},” said Mara Quill.\n{prose(2)}", 2, published=False)  # first seen a month later
    assert archive.links() == {("shared_quotes", "first", "second")}


def test_likeness_is_not_handed_on(tmp_path: Path) -> None:
    """Each text shares two thirds with the one before it: the fourth has nothing of the first."""
    sentences = prose(5, 60).split(". ")
    chain = {f"link{n}": (". ".join(sentences[6 * n : 6 * n + 24]), n) for n in range(6)}
    links, _, stories, *_ = same(chain, tmp_path, 4)
    assert isinstance(links, set)
    for story in stories:
        for follower in story[1:]:
            assert {x for x in links if {story[0], follower} <= set(x)}, "not linked with its leader"
    assert len(stories) > 1


def test_a_text_is_brought_in_line_twice_without_a_change(archive: Archive) -> None:
    for n in range(4):
        archive.put(f"n{n}", prose(1) + prose(n), n)
    state, changes = archive.state(), archive.store.conn.total_changes
    with archive.store.transaction():
        for number in archive.ids.values():
            archive.groups.update(number)
    assert archive.store.conn.total_changes == changes
    with archive.store.transaction():
        archive.store.conn.execute("update signatures set digest = ''")
        for number in archive.ids.values():
            archive.groups.update(number)
    assert archive.state() == state


def test_a_quotation_that_both_carry_is_kept_with_its_places(archive: Archive) -> None:
    said = "“The ferries of Vardania will sail again before the first autumn storms arrive,” said Mara Quill."
    first = f"{prose(1)}\n{said}"
    second = f"“It was long,” he said. {said}\n{prose(2)}"
    archive.put("first", first, 1)
    archive.put("second", second, 2)
    assert archive.links() == {("shared_quotes", "first", "second")}
    [row] = archive.store.rows("select * from shared_quotations")
    assert first[row["start"] : row["stop"]].startswith("The ferries")
    assert second[row["other_start"] : row["other_stop"]].startswith("The ferries")
    assert (row["speaker"], row["wording"]) == ("Mara Quill", "same wording")
    assert archive.stories() == set()
    [link] = archive.store.rows("select reason from copies")
    assert link["reason"] == "1 quoted sentence: same wording (Mara Quill)"


def test_a_report_of_another_day_is_linked_to_the_one_before_it_alone(archive: Archive) -> None:
    for day in (1, 2, 4, 3):
        archive.put(f"day{day}", report(day), 24 * day)
    assert archive.links() == {
        ("template_series", "day2", "day1"), ("template_series", "day3", "day2"), ("template_series", "day4", "day3"),
    }  # fmt: skip
    assert archive.stories() == set()
    archive.remove("day3")
    assert ("template_series", "day4", "day2") in archive.links()


def test_who_followed_an_article_that_is_another_one_s_by_now_is_in_a_story_of_its_own(archive: Archive) -> None:
    archive.put("leader", prose(1), 1)
    archive.put("follower", prose(1), 5)
    archive.put("leader", prose(2), 9)  # another text, and later than its follower
    assert archive.stories() == set() and archive.links() == set()
    assert archive.store.rows("select id from articles where story is not null") == []


def test_two_reports_that_change_places_follow_one_another_once(archive: Archive) -> None:
    for first, second in ((24, 48), (72, 48), (24, 48)):
        archive.put("one", report(1), first)
        archive.put("other", report(2), second)
        later, earlier = ("one", "other") if first > second else ("other", "one")
        assert archive.links() == {("template_series", later, earlier)}
        assert len(archive.store.rows("select * from copies")) == 1


def test_reports_that_quote_the_same_words_are_of_a_series_and_have_one_link(archive: Archive) -> None:
    # so far apart that only their quotations would be looked at
    one, other = (f"{report(day)}\n{SAID[0]}\n{prose(number, 1)}" for day, number in ((1, 1), (5, 2)))
    archive.put("one", one, 24)
    archive.put("other", other, 48)
    archive.put("one", one, 72)
    assert archive.links() == {("template_series", "one", "other")}


def test_a_page_that_loses_one_of_its_parts_is_looked_at_again(archive: Archive) -> None:
    large, small = prose(1, 30), prose(2, 12)
    archive.put("page", large + "\n" + small, 1)
    archive.put("large", large, 2)
    archive.put("small", small, 3)
    both = {("contains", "page", "large"), ("contains", "page", "small")}
    assert archive.links() == both
    archive.put("small", prose(3, 60), 3)  # and is longer than the page
    assert archive.links() == {("near_copy", "large", "page")}
    archive.put("small", small, 3)
    assert archive.links() == both
    archive.remove("small")
    assert archive.links() == {("near_copy", "large", "page")}


def test_of_many_parts_of_a_page_the_earliest_are_compared_in_every_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.group.PARTS", 2)
    large, small = prose(1, 30), prose(2, 12)
    texts: dict[str, tuple[str, int]] = {"page": (f"{large}\n{small}", 1), "small": (small, 3)}
    texts |= {f"large{n}": (large, n) for n in (2, 4, 5)}
    links, *_ = same(texts, tmp_path, 12)
    assert isinstance(links, set)
    with_page = {link for link in links if "page" in link}
    # the two that come after are what they are when the page is not known to have parts
    assert with_page == {
        ("contains", "page", "small"), ("contains", "page", "large2"), ("near_copy", "large4", "page"),
        ("near_copy", "large5", "page"),
    }  # fmt: skip


def test_a_flash_is_too_short_to_be_anybody_s(archive: Archive) -> None:
    archive.put("first", "Ferry cancelled until further notice.", 1)
    archive.put("second", "Ferry cancelled until further notice.", 48)
    assert archive.links() == set()


SAID = (
    "“The ferries of Vardania will sail again before the first autumn storms arrive,” said Mara Quill.",
    "“Before the storms of autumn arrive the ferries of Vardania will sail once again,” the harbour master said.",
)
OUTLETS = ("varda", "estuary", "northgate")


def _altered(chance: random.Random, bodies: list[str]) -> str:
    """A story, a copy of it, a cut, a round-up, a report of a series, or a story with somebody's words."""
    one, other = chance.sample(bodies, 2)
    ways = (
        lambda: one,
        lambda: " ".join("another" if chance.random() < 0.05 else word for word in one.split(" ")),
        lambda: one[: len(one) * chance.choice((4, 7)) // 10],
        lambda: f"{one}\n{other}",
        lambda: report(chance.randrange(1, 9)),
        lambda: f"{prose(200 + chance.randrange(5), 9)}\n{chance.choice(SAID)}",
    )
    return chance.choice(ways)()


def _captures(chance: random.Random) -> list[tuple[str, datetime, Page]]:
    """What outlets had on their pages: stories that change, with and without dates and a sidebar, and pages of two or
    three stories of which some come and go."""
    bodies = [prose(100 + n, chance.choice((6, 10, 14))) for n in range(4)]
    sidebar = prose(77, 5)
    urls = [f"http://{chance.choice(OUTLETS)}.example/{n}" for n in range(chance.choice((5, 8)))]
    several = {
        url: [f"{body}\n{chance.choice(SAID)}" for body in chance.sample(bodies, chance.choice((2, 3)))]
        for url in urls
        if chance.random() < 0.3
    }
    days = [None, *(stamp(START + timedelta(days=day)) for day in range(4))]
    found = []
    for n in range(chance.choice((8, 14))):
        url = chance.choice(urls)
        stories = [(f"Story {chance.randrange(3)}", _altered(chance, bodies), chance.choice(days))]
        if url in several:
            kept = several[url][: chance.randrange(1, len(several[url]) + 1)]
            stories = [(f"Part {part} of {url}", text, days[part * 2]) for part, text in enumerate(kept)]
        beside = sidebar if url not in several and chance.random() < 0.4 else ""
        readings = [
            Reading(
                title=title,
                blocks=tuple(Block("p", line, block_hash(line)) for line in f"{text}\n{beside}".strip().split("\n")),
                published=day,
                published_day=day and day[:10],
            )
            for title, text, day in stories
        ]
        found.append((url, START + timedelta(days=chance.randrange(60), minutes=n), Page(str(n), tuple(readings))))
    return found


def _left(path: Path, captures: list[tuple[str, datetime, Page]]) -> dict[str, list[str]]:
    """What stands after these captures came one by one, with addresses and titles for numbers."""
    store = Store(path, write=True)
    store.conn.execute("pragma synchronous = off")
    with store.transaction():
        store.sync_sources([source(name) for name in OUTLETS])
    reviser = Reviser(store)
    for url, at, page in captures:
        with store.transaction():
            outlet = url.split("/")[2].split(".")[0]
            kept = Kept(Exchange(url, outlet, "page", at, 200), None, None)
            capture = store.add_capture(kept, url_key(url), "unchanged", page.payload_sha256, None)
            own, others = reviser.attach(capture, url, (), outlet, stamp(at), page)
            settled = [c for article in sorted(own | others) for c in reviser.settle(article, stamp(at), "marks")]
            store.correct_outcomes(settled)
    names = {row["id"]: (row["url"], row["title"]) for row in store.rows("select * from articles")}

    def table(name: str) -> list[str]:
        lines = []
        for row in store.rows(f"select * from {name}"):
            ends = [(names[row.pop(end)], *(row.pop(f"{mark}{side}", None) for side in ("start", "stop")))
                    for end, mark in (("article", ""), ("other", "other_"))]  # fmt: skip
            directed = row.get("relation") in ("contains", "template_series")
            lines.append(repr((ends if directed else sorted(ends), sorted(row.items()))))
        return sorted(lines)

    pairs = store.rows("select article, other, relation from copies")
    assert len({frozenset((r["article"], r["other"])) for r in pairs}) == len(pairs), "a pair has one link"
    directed = ("contains", "template_series")
    assert all(r["article"] < r["other"] for r in pairs if r["relation"] not in directed)
    for row in store.rows("select id, story from articles where story is not null and story <> id"):
        assert row["story"] in store.fellows(row["id"]), "not linked with its leader"
    left = {
        "copies": table("copies"),
        "shared_quotations": table("shared_quotations"),
        "stories": sorted(repr((names[r.pop("id")], sorted(r.items()))) for r in store.rows("select * from stories")),
        "articles": sorted(
            repr((names[r["id"]], r["text_sha256"], names.get(r["story"])))
            for r in store.rows("select * from articles")
        ),
    }
    store.close()
    return left


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_the_same_captures_in_any_order_leave_the_same_copies_stories_and_quotations(seed: int) -> None:
    chance = random.Random(seed)
    captures = _captures(chance)
    with TemporaryDirectory() as folder:
        ordered = _left(Path(folder) / "ordered.db", captures)
        chance.shuffle(captures)
        shuffled = _left(Path(folder) / "shuffled.db", captures)
    for table, found in ordered.items():
        assert found == shuffled[table], table


TABLES = ("copies", "shared_quotations", "stories", "signatures", "lookups")


def rows(home: Home, *tables: str) -> list[dict[str, Any]]:
    store = Store(home.database)
    found = [row for table in tables or TABLES for row in store.rows(f"select * from {table} order by 1, 2, 3")]
    store.close()
    return found


def page(title: str, text: str) -> str:
    return SHAPES[0](title, text.split("\n"), [])


def test_a_rebuild_gives_the_same_rows(home: Home) -> None:
    pages = {
        "varda": prose(1),
        "estuary": prose(1) + "\nEditing by A. Reeve",
        "northgate": prose(2, 30) + "\n" + prose(1),
    }
    keep(
        home,
        [captured(f"http://{n}.example/a", page(f"Story at {n}", t), i) for i, (n, t) in enumerate(pages.items())],
    )
    before = rows(home)
    assert {row["relation"] for row in rows(home, "copies")} == {"near_copy", "contains"}
    assert rebuild(home).problems == ()
    assert rows(home) == before


def test_an_edit_that_an_outlet_makes_later_moves_its_links(home: Home) -> None:
    url = "http://estuary.example/a"
    keep(
        home,
        [captured("http://varda.example/a", page("Harbour", prose(1))), captured(url, page("Harbour", prose(1)), 5)],
    )
    assert [row["relation"] for row in rows(home, "copies")] == ["same_text"]
    assert [row["articles"] for row in rows(home, "stories")] == [2]
    keep(home, [captured(url, page("Harbour", prose(2)), 60)])
    assert rows(home, "copies", "stories") == []


@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"the seed texts are not at {SEEDS}")
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0)])
def test_the_seeds_share_quotations_and_no_more(tmp_path: Path, order: tuple[int, ...]) -> None:
    home = Home(tmp_path)
    pages = {n: SHAPES[1](*aggregated(n)) for n in (0, 2)}
    for n in (1, 3, 4):
        title, *paragraphs = (line for part in seed(n) for line in part.splitlines())
        pages[n] = SHAPES[1](title, paragraphs, [])
    host = ("aggregator", "herald", "aggregator", "office", "daily")
    keep(home, [captured(f"http://{host[n]}.example/{n}", pages[n], at) for at, n in enumerate(order)])
    number = {row["id"]: int(row["url"][-1]) for row in rows(home, "articles")}
    links = {
        (*sorted((number[row["article"]], number[row["other"]])), row["relation"]) for row in rows(home, "copies")
    }
    assert links == {(0, 1, "shared_quotes"), (0, 3, "shared_quotes")}
    assert {row["wording"] for row in rows(home, "shared_quotations")} == {
        "same wording",
        "possibly another translation",
    }


# an aggregator's pages: a report with a ministry's release below it, and another report beside the same essay
STOCK = (
    "rowing boats", "barrels of tar", "coils of hemp rope", "sails of canvas", "anchors and chains", "storm lanterns",
    "sculls and sweeps", "herring nets", "bilge pumps", "mooring buoys", "sacks of ballast", "crates of tallow",
)  # fmt: skip
ESSAY = [
    "Share the Post:",
    "Institute of River Towns",
    "Small river towns live from their ferries, and when a ferry stops the market on the other bank stops with it too.",
    "Whoever has waited a winter for the ice to break knows how long a day can be when the flour runs out in the shops.",
]
RELEASE = "Mayor of Ramford promises the ferry crews a winter harbour"
TOLD = (
    "Mara Quill, who governs Ramford, received the masters of all nine ferries on Thursday after a night of frost.",
    "“The first thing is the winter harbour, and the decision which we expect tomorrow from our neighbours in Tolmir."
    " It concerns above all the shelter of crews and their families,” Mara Quill said after the talks.",
    "The masters thanked her. “We stood on the quay when the northern mole broke, we stand there today,” said Joren Tal.",
)


def stock(day: int) -> list[str]:
    counts = [
        f"{name} in all sheds – {900 * (n + 2) + 7 * day * (n + 1)} (+{3 * n + day})" for n, name in enumerate(STOCK)
    ]
    return [f"April {day}, 2031", "Harbour Office of Vardania", "\n".join(["Stores on that day:", *counts])]


def aggregate(day: int, *release: str) -> str:
    """A page of the aggregator; ``release``: the paragraphs of the second story."""
    title = f"Harbour Office counts what is left on day {day} of the frost"
    html = own_div(title, [*stock(day), *([RELEASE, *release] if release else []), *ESSAY], [])
    return html.replace(f"<p>{RELEASE}</p>", f"<h1>{RELEASE}</h1>")


OTHERS = {
    "http://office.example/1": own_div(RELEASE, [prose(41, 12), *TOLD[1:]], []),
    "http://herald.example/1": own_div(
        "What was said in Ramford",
        [
            prose(42, 6),
            "“The winter harbour comes first, with the decision that neighbours in Tolmir are expected to take tomorrow,”"
            " the mayor noted.",
        ],
        [],
    ),
    "http://daily.example/1": own_div("Crews make progress", [prose(43, 8)], []),
}


@pytest.mark.parametrize("late", [False, True], ids=["first", "last"])
def test_of_a_page_of_two_stories_the_one_that_quotes_is_linked_and_stays_so(home: Home, late: bool) -> None:
    url = "http://aggregator.example/1"
    both = [captured(url, aggregate(20, *TOLD), 1), captured("http://aggregator.example/2", aggregate(26), 2)]
    others = [captured(other, html, n + 3) for n, (other, html) in enumerate(OTHERS.items())]
    keep(home, [*others, *both] if late else [*both, *others])
    quotes = {
        tuple(sorted(row[end] for end in ("article", "other")))
        for row in rows(home, "copies")
        if row["relation"] == "shared_quotes"
    }
    ids = {(r["url"], r["part"]): r["id"] for r in rows(home, "articles")}
    assert len(ids) == 6
    release = ids[url, 2]
    carry = sorted((release, *(ids[other, 1] for other in list(OTHERS)[:2])))
    assert quotes == set(combinations(carry, 2))
    wording = {r["wording"] for r in rows(home, "shared_quotations")}
    assert wording == {"same wording", "possibly another translation"}
    [series] = [row for row in rows(home, "copies") if row["relation"] != "shared_quotes"]
    assert (series["relation"], {series["article"], series["other"]}) == (
        "template_series", {ids[url, 1], ids["http://aggregator.example/2", 1]},
    )  # fmt: skip
    # the release leaves the page: it keeps its text, and what it shares with others
    before = rows(home, "shared_quotations", "stories")
    keep(home, [captured(url, aggregate(20), 60)])
    assert rows(home, "shared_quotations", "stories") == before
    assert [row["gone_at"] for row in rows(home, "articles")] == [None] * 6
    before = rows(home)
    assert rebuild(home).problems == ()
    assert rows(home) == before


def test_a_page_of_one_story_that_becomes_two_gives_the_second_its_own_links(home: Home) -> None:
    url = "http://aggregator.example/1"
    keep(home, [captured(other, html, n) for n, (other, html) in enumerate(OTHERS.items())])
    keep(home, [captured("http://aggregator.example/2", aggregate(26), 5), captured(url, aggregate(20), 6)])
    assert sorted(row["relation"] for row in rows(home, "copies")) == ["shared_quotes", "template_series"]
    keep(home, [captured(url, aggregate(20, *TOLD), 60)])
    assert sorted(row["relation"] for row in rows(home, "copies")) == ["shared_quotes"] * 3 + ["template_series"]
    before = rows(home)
    rebuild(home)
    assert rows(home) == before
