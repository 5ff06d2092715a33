"""What a search finds, and in which order: against ranking everything, on archives made at random."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Request

from archive.query import WEIGHTS, indexed, parse
from archive.store import Only, Store
from archive.web import frame, hits
from archive.web.found import Asked, Found, find
from archive.web.server import SETTINGS

# some stand in most texts, some in few; in two scripts, in forms
WORDS = [
    *["harbour", "ferry", "ferries", "barge", "barges", "storm", "storms", "grain", "bridges", "bridge"],
    "пором",
    "порому",
    "міст",
    "гавань",
]
WEIGHT = [30, 12, 9, 6, 6, 4, 3, 3, 2, 1, 8, 6, 3, 1]
QUERIES = [
    "harbour",
    "ferry",
    "barge storm",
    "storm OR grain",
    '"harbour ferry"',
    "пором",
    "title:ferry",
    "harbour -ferry",
    "bri*",
]
START = datetime(2031, 1, 1, tzinfo=UTC)


class Archive:
    """An archive of rows as a crawl leaves them, as far as searches go."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "archive.db"
        self.store = Store(self.path, write=True)
        self.conn = self.store.conn
        self.conn.execute("pragma synchronous = off")
        self.datasette: Any = None

    def source(self, name: str, kind: str = "news", public: int = 1) -> None:
        self.conn.execute(
            "insert into sources (id, name, kind, public) values (?, ?, ?, ?)", (name, name.upper(), kind, public)
        )

    def article(self, number: int, source: str, title: str, text: str, seen: str, **columns: Any) -> None:
        language = columns.get("language", "en")
        self.conn.execute(
            "insert into captures (id, url, url_key, source, kind, fetched_at, status, outcome)"
            " values (?, ?, ?, ?, 'page', ?, 200, 'new')",
            (1000 * number, f"http://{source}.example/{number}", f"{source}.example/{number}", source, seen),
        )
        row = {
            "id": number, "url": f"http://{source}.example/{number}", "source": source, "title": title, "text": text,
            "first_seen": seen, "last_checked": seen, "language": language, "words": len(text.split()),
            "text_sha256": "", "revisions": 1, "capture": 1000 * number, "extractor": "", **columns,
        }  # fmt: skip
        names = ", ".join(row)
        self.conn.execute(f"insert into articles ({names}) values ({', '.join('?' * len(row))})", list(row.values()))
        self.conn.execute("insert into search_text values (?, ?, ?, ?)", (number, *indexed(title, text, language)))

    def revise(self, number: int, text: str) -> None:
        """Another text takes the place of the one that an article has, an hour later."""
        row = self.conn.execute("select * from articles where id = ?", (number,)).fetchone()
        if not self.conn.execute("select 1 from revisions where article = ?", (number,)).fetchone():
            self._revision(row, 1, row["text"], row["first_seen"], 1)
        count = row["revisions"] + 1
        self.conn.execute("update revisions set superseded = 1 where article = ?", (number,))
        seen = stamp(datetime.fromisoformat(row["first_seen"]) + timedelta(hours=count))
        self._revision(row, count, text, seen, 0)
        self.conn.execute("update articles set text = ?, revisions = ? where id = ?", (text, count, number))
        self.conn.execute(
            "update search_text set title = ?, text = ?, stems = ? where article = ?",
            (*indexed(row["title"], text, row["language"]), number),
        )

    def _revision(self, row: Any, number: int, text: str, seen: str, superseded: int) -> None:
        capture = 1000 * row["id"] + number
        self.conn.execute(
            "insert into captures (id, url, url_key, source, kind, fetched_at, status, outcome)"
            " values (?, ?, ?, ?, 'page', ?, 200, 'revised')",
            (capture, row["url"], row["url"], row["source"], seen),
        )
        self.conn.execute(
            "insert into revisions (article, number, first_capture, seen_from, seen_to, title, text, text_sha256,"
            " source, superseded) values (?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
            (
                row["id"],
                number,
                capture,
                seen,
                seen.replace(":00:00", ":30:00"),
                row["title"],
                text,
                row["source"],
                superseded,
            ),
        )

    def find(self, asked: Asked, limit: int = 10, offset: int = 0, **options: Any) -> Found:
        """Search it as somebody who may see all of it."""
        if self.datasette is None:
            self.datasette = Datasette([str(self.path)], settings=SETTINGS)
            asyncio.run(self.datasette.invoke_startup())
        return asyncio.run(find(self.datasette.get_database("archive"), asked, limit, offset, **options))


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def random_archive(folder: Path, rng: random.Random, articles: int) -> Archive:
    """Texts from a few words; numbers that follow time or not; times that are unknown, or in the future."""
    archive = Archive(folder)
    for n in range(4):
        archive.source(f"s{n}", ("news", "official")[n % 2])
    span = rng.choice([3, 60, 900])
    days = sorted(rng.uniform(0, span) for _ in range(articles))
    if rng.random() < 0.5:
        rng.shuffle(days)
    for number, day in enumerate(days, 1):
        seen = START + timedelta(days=day)
        published = {
            "known": stamp(seen - timedelta(hours=rng.uniform(0, 30))),
            "long ago": stamp(seen - timedelta(days=rng.uniform(0, 400))),
            "future": "2099-01-01T00:00:00Z",
            "unknown": None,
        }[rng.choices(["known", "long ago", "future", "unknown"], [8, 2, 1, 2])[0]]
        text = " ".join(rng.choices(WORDS, WEIGHT, k=rng.randint(1, 40)))
        archive.article(
            number, rng.choice(["s0", "s0", "s0", "s1", "s2", "s3"]), " ".join(rng.choices(WORDS, WEIGHT, k=3)), text,
            stamp(seen), published=published, published_day=published and published[:10],
            language=rng.choice(["en"] * 8 + ["uk", "uk", "en-GB", "de", "fr", "ru", None]),
        )  # fmt: skip
    return archive


def ranked(archive: Archive, asked: Asked, only: Callable[[dict[str, Any]], bool]) -> list[int]:
    """All hits in order, scored one by one."""
    rows = {row["id"]: dict(row) for row in archive.conn.execute("select * from articles")}
    came = {i: min(row["published"] or row["first_seen"], row["first_seen"]) for i, row in rows.items()}
    newest = max(map(datetime.fromisoformat, came.values()))
    scores = {
        row[0]: -row[1] / (1 + (newest - datetime.fromisoformat(came[row[0]])) / timedelta(days=30))
        for row in archive.conn.execute(
            f"select rowid, bm25(search_text_fts, {WEIGHTS}) from search_text_fts where search_text_fts match ?",
            (hits.understood(archive.conn, asked.q).match,),
        )
    }
    found = [i for i in scores if only(rows[i])]
    if asked.newest:
        return sorted(found, key=lambda i: (came[i], i), reverse=True)
    # the last bits of a division differ between SQLite and Python
    return sorted(found, key=lambda i: (float(f"{scores[i]:.9e}"), i), reverse=True)


@pytest.fixture(scope="module", params=range(6))
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Archive, random.Random]]:
    rng = random.Random(request.param)
    made = random_archive(tmp_path_factory.mktemp("found"), rng, rng.choice([60, 400]))
    yield made, rng
    made.store.close()


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("few", [0, 20, 100_000])
def test_the_first_results_are_those_of_ranking_everything(
    archive: tuple[Archive, random.Random], query: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, rng = archive
    monkeypatch.setattr(hits, "_FEW", few)
    monkeypatch.setattr(hits, "_FIRST", 3)
    for newest in (False, True):
        asked = Asked(q=query, newest=newest)
        wanted = ranked(made, asked, lambda row: True)
        offset = rng.choice([0, 0, 5, 30])
        found = made.find(asked, 10, offset)
        assert [row["id"] for row in found.rows] == wanted[offset : offset + 10]
        assert found.total == len(wanted)


def test_filters_let_through_what_they_name_and_counts_add_up(
    archive: tuple[Archive, random.Random], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, rng = archive
    monkeypatch.setattr(hits, "_FEW", 2)
    monkeypatch.setattr(hits, "_FIRST", 3)
    kinds = {"s0": "news", "s1": "official", "s2": "news", "s3": "official"}
    for _ in range(8):
        asked = Asked(
            q=rng.choice(QUERIES),
            source=tuple(rng.sample(sorted(kinds), rng.choice([0, 1, 2]))),
            language=tuple(rng.sample(["en", "uk", "und"], rng.choice([0, 1, 2]))),
            kind=rng.choice([(), ("news",), ("official", "news")]),
            since=rng.choice(["", "2031-01-10"]),
            until=rng.choice(["", "2031-02-10"]),
            newest=rng.random() < 0.3,
        )
        dated = Asked(q=asked.q, since=asked.since, until=asked.until)

        def only(row: dict[str, Any], asked: Asked = asked) -> bool:
            day = row["published_day"] or row["first_seen"][:10]
            return (
                (not asked.source or row["source"] in asked.source)
                and (not asked.kind or kinds[row["source"]] in asked.kind)
                and (not asked.language or hits.language(row["language"]) in asked.language)
                and asked.since <= day <= (asked.until or "9999")
            )

        wanted = ranked(made, asked, only)
        found = made.find(asked, 10, 0, groups=True)
        assert [row["id"] for row in found.rows] == wanted[:10]
        assert found.total == made.find(asked, 1).total == len(wanted)
        assert found.groups is not None
        rows = {row["id"]: dict(row) for row in made.conn.execute("select * from articles")}
        counted = Counter(
            (row["source"], hits.language(row["language"]), (row["published_day"] or row["first_seen"])[:7])
            for row in (rows[i] for i in ranked(made, dated, partial(only, asked=dated)))
        )
        assert {group[:3]: group.hits for group in found.groups} == counted


def test_what_was_found_last_is_counted_and_stands_first(archive: tuple[Archive, random.Random]) -> None:
    made, rng = archive
    rows = {row["id"]: row["first_seen"] for row in made.conn.execute("select id, first_seen from articles")}
    after = rng.choice(sorted(rows.values()))
    asked = Asked(q="ferry")
    everything = ranked(made, asked, lambda row: True)
    wanted = sorted((i for i in everything if rows[i] > after), key=lambda i: (rows[i], i), reverse=True)
    found = made.find(asked, 5, 0, order="seen", seen_after=after, words=0)
    assert (found.total, [row["id"] for row in found.rows]) == (len(wanted), wanted[:5])
    assert all(row["snippet"] == "" for row in found.rows)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path)
    made.source("open")
    made.source("closed", public=0)
    yield made
    made.store.close()


def test_a_date_in_the_future_or_none_is_no_newer_than_the_capture(own: Archive) -> None:
    day = START
    for number, (published, seen) in enumerate(
        [("2099-01-01T00:00:00Z", 0), ("2031-01-03T06:00:00Z", 4), (None, 3), ("<b>", 2), ("zz", 1), ("0000", 5)], 1
    ):
        own.article(
            number, "open", "Ferry", "The ferry waits.", stamp(day + timedelta(days=seen)), published=published
        )
    assert [row["id"] for row in own.find(Asked(q="ferry")).rows] == [3, 2, 4, 5, 1, 6]
    assert [row["id"] for row in own.find(Asked(q="ferry", newest=True)).rows] == [3, 2, 4, 5, 1, 6]


def test_an_old_text_about_it_stands_before_a_new_one_that_names_it(own: Archive) -> None:
    filler = " ".join(f"word{n}" for n in range(400))
    own.article(1, "open", "The ferry to the isles", "The ferry waits, a ferry leaves.", stamp(START))
    own.article(2, "open", "Bakers count their loaves", f"{filler} ferry", stamp(START + timedelta(days=20)))
    own.article(
        3, "open", "The ferry to the isles", "The ferry waits, a ferry leaves.", stamp(START - timedelta(days=900))
    )
    assert [row["id"] for row in own.find(Asked(q="ferry")).rows] == [1, 2, 3]


def test_a_restricted_article_is_found_by_nobody_and_a_closed_source_by_who_may(own: Archive) -> None:
    for number, source in enumerate(["open", "open", "closed"], 1):
        own.article(number, source, "Ferry", "The ferry waits.", stamp(START + timedelta(hours=number)))
        own.revise(number, "The barge waits.")
    own.conn.execute("insert into restricted values (2, '2031-02-01T00:00:00Z', 'an order')")
    own.conn.commit()
    datasette = Datasette([str(own.path)], settings=SETTINGS)

    async def ask(actor: dict[str, str] | None, **asked: Any) -> tuple[list[int], int, int]:
        await datasette.invoke_startup()
        request = Request.fake("/search")
        request.scope["actor"] = actor
        db = await frame.archive(datasette, request)
        found = await find(db, Asked(**asked), 10, groups=True)
        assert found.total == (await find(db, Asked(**asked), 10)).total
        return sorted(row["id"] for row in found.rows), found.total, sum(g.hits for g in found.groups or ())

    for asked in ({"q": "barge"}, {"q": "ferry", "history": True}, {"q": "barge", "newest": True}):
        assert asyncio.run(ask(None, **asked)) == ([1], 1, 1), asked
        assert asyncio.run(ask({"id": "editor"}, **asked)) == ([1, 3], 2, 2), asked
    assert asyncio.run(ask(None, q="barge", source=("closed",))) == ([], 0, 1)


def test_what_was_deleted_stands_first_with_the_text_that_had_it(own: Archive) -> None:
    for number in (1, 2, 3):
        own.article(
            number, "open", "Ferries", "The ferry waits. Nobody was hurt.", stamp(START + timedelta(hours=number))
        )
    own.revise(1, "The ferry left. Nobody was hurt.")
    own.revise(2, "The ferry waits.")
    own.revise(2, "The ferries wait.")
    found = own.find(Asked(q='"nobody was hurt"', history=True), groups=True)
    assert [(row["id"], row["dropped_by"]) for row in found.rows] == [(2, 2), (3, None), (1, None)]
    assert (found.total, found.dropped, sum(group.hits for group in found.groups or ())) == (3, 1, 3)
    assert "Nobody was hurt" in found.rows[0]["snippet"].replace("\ue000", "").replace("\ue001", "")
    assert found.rows[0]["had_from"] < found.rows[0]["had_to"]
    # a form that only begins alike does not make a loss of what stands
    assert own.find(Asked(q="ferry", history=True)).dropped == 0
    pages = [own.find(Asked(q='"nobody was hurt"', history=True), 1, offset).rows for offset in range(4)]
    assert [[row["id"] for row in page] for page in pages] == [[2], [3], [1], []]
    assert own.find(Asked(q='"nobody was hurt"', history=True, source=("closed",))).total == 0


def test_by_time_found_what_dropped_it_stands_among_the_others(own: Archive) -> None:
    for number in range(1, 10):
        own.article(number, "open", "Barge", "The barge sank.", stamp(START + timedelta(hours=number)))
    for number in (1, 2, 3, 8):
        own.revise(number, "Nothing happened.")
    asked = Asked(q='"barge sank"', history=True)
    found = own.find(asked, 3, order="seen", words=0)
    assert [row["id"] for row in found.rows] == [9, 8, 7] and (found.total, found.dropped) == (9, 4)
    assert [row["id"] for row in own.find(asked, 20, order="seen", words=0).rows] == [9, 8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("stated", "found", "typed", "form", "text"),
    [
        ("en", "fr", "réforme", "réformes", "Les réformes entrent en vigueur lundi."),
        ("no", None, "båten", "Båtene", "Båtene ligger i havnen."),
        ("nn-NO", None, "båten", "Båtene", "Båtene ligger i havnen."),
    ],
)
def test_a_text_is_found_and_marked_by_the_stems_of_the_language_it_is_in(
    own: Archive, stated: str, found: str | None, typed: str, form: str, text: str
) -> None:
    own.article(1, "open", "Ferry", text, stamp(START), language=stated, language_detected=found)
    own.conn.execute("update search_text set stems = ?", (indexed("Ferry", text, found or stated)[2],))
    (row,) = own.find(Asked(q=typed)).rows
    assert row["snippet"] == text.replace(form, f"\ue000{form}\ue001")
    rows = own.store.search(parse(typed, own.store.languages()), Only(), 10)
    assert [(row["id"], row["language"]) for row in rows] == [(1, found or stated)]


def test_nothing_is_found_where_nothing_is_asked(own: Archive) -> None:
    own.article(1, "open", "Ferry", "The ferry waits.", stamp(START))
    for q in ("", '"', "-ferry", "*"):
        found = own.find(Asked(q=q), groups=True)
        assert (found.rows, found.total, found.groups) == ([], 0, [])


def test_a_search_that_takes_too_long_ends(own: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 400):
        own.article(number, "open", "Ferry", "The ferry waits.", stamp(START + timedelta(hours=number)))
    own.conn.commit()
    datasette = Datasette([str(own.path)], settings={**SETTINGS, "sql_time_limit_ms": 0})
    asyncio.run(datasette.invoke_startup())
    with pytest.raises(QueryInterrupted):
        asyncio.run(find(datasette.get_database("archive"), Asked(q="ferry"), 10))
    datasette.sql_time_limit_ms = 3000  # the connection is as before
    assert asyncio.run(find(datasette.get_database("archive"), Asked(q="ferry"), 10)).total == 399
