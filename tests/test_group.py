"""Copies and stories in the database: what stands in the end must not depend on the order in which articles came."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from archive.group import FIRST, Groups, related_to
from archive.home import Home
from archive.rebuild import rebuild
from archive.store import Store
from tests.keeping import captured, keep, source
from tests.pages import SHAPES
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


def test_a_flash_is_too_short_to_be_anybody_s(archive: Archive) -> None:
    archive.put("first", "Ferry cancelled until further notice.", 1)
    archive.put("second", "Ferry cancelled until further notice.", 48)
    assert archive.links() == set()


def test_related_coverage_is_suggested_for_some_days_and_never_linked(archive: Archive) -> None:
    event = "The harbour of Ramford was closed after a barge had struck its northern quay. "
    first = archive.put("first", event + prose(1, 1), 0)
    near = archive.put("near", "A barge struck the northern quay: Ramford has closed its harbour. " + prose(2, 1), 30)
    archive.put("late", event + prose(3, 1), 24 * 6)
    for n in range(10, 20):
        archive.put(f"n{n}", prose(n, 4), n)
    assert [article for article, _ in related_to(archive.store, first)] == [near]
    assert not {link for link in archive.links() if "first" in link}


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
