"""Who may see what: an error here shows somebody what was to be kept from them, or closes what is open."""

from __future__ import annotations

import json
import re
import sqlite3
from urllib.parse import quote, urlencode

import pytest

from archive.home import Home
from tests.holding import (
    CLOSED,
    PROBES,
    RESTRICTED,
    Answer,
    Reader,
    decide,
    given_away,
    hold,
    numbers,
)


@pytest.fixture(scope="module")
def held(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo archive with a closed source and a restricted article."""
    home = hold(Home(tmp_path_factory.mktemp("held") / "home"), demo_home)
    decide(home, closed=True, restricted=True)
    return home


@pytest.fixture
def anonymous(held: Home) -> Reader:
    return Reader(held.database)


@pytest.fixture
def signed_in(held: Home) -> Reader:
    return Reader(held.database, "editor")


def addresses(home: Home) -> list[str]:
    """Addresses to begin at: every table as it is read by machines, rows of all kinds, queries of one's own."""
    conn = sqlite3.connect(home.database)
    names = [row[0] for row in conn.execute("select name from sqlite_master where type in ('table', 'view')")]
    found = ["/", "/.json", "/archive", "/archive.json", "/archive.db", "/robots.txt"]
    found += ["/feed.atom", "/feed.json", "/feed.json?changes=1", "/feed.atom?changes=1"]
    found += [f"/feed.json?source={CLOSED}", f"/source/{CLOSED}", "/search.json?q=harbour", "/search.csv?q=harbour"]
    found += ["/search?q=harbour&in=history", "/search.json?q=ferry&in=history", "/search?q=harbour"]
    for name in names:
        found += [f"/archive/{name}", f"/archive/{name}.json?_shape=objects&_size=max&_labels=on"]
        found += [f"/archive/{name}.csv?_stream=on&_labels=on"]
    for article in numbers(home):
        found += [f"/article/{article}{rest}" for rest in ("", "/diff", "/notes", "/diff?with=1", "?revision=1")]
        found += [f"/article/1/diff?with={article}", f"/story/{article}", f"/archive/articles/{article}"]
        found += [
            f"/archive/articles/{article}.json?_extras=foreign_key_tables",
            f"/archive/search_text/{article}.json",
        ]
        found += [f"/archive/shares_text?article={article}", f"/archive/copies?article={article}"]
        for sql in (
            f"select * from articles where id = {article}",
            f"select title, text from search_text_fts where rowid = {article}",
            f"select * from main.articles where id = {article}",
            f'select * from "main"."articles" where id = {article}',
            f"select * from [main] /* */ . articles where id = {article}",
            f"with articles as (select * from main\n.articles) select * from articles where id = {article}",
            f"select * from 'main'.readings where article = {article}",
        ):
            found += [f"/archive.json?{urlencode({'sql': sql, '_shape': 'objects'})}"]
            found += [f"/archive?{urlencode({'sql': sql})}"]
        where = quote(f"id in (select id from main.articles where id = {article})")
        found += [f"/archive/articles.json?_where={where}"]
        for table, key in conn.execute(
            "select 'captures', capture from capture_articles where article = ?1"
            " union select 'readings', id from readings where article = ?1"
            " union select 'revisions', id from revisions where article = ?1"
            " union select 'figures', id from figures where article = ?1"
            " union select 'blocks', r.id || ',' || b.position from readings r join blocks b on b.reading = r.id"
            "  where r.article = ?1"
            " union select 'copies', article || ',' || other from copies where ?1 in (article, other)",
            (article,),
        ):
            found += [f"/archive/{table}/{key}", f"/archive/{table}/{key}.json"]
    queries = json.loads(Reader(home.database).one("/-/metadata.json").text)["databases"]["archive"]["queries"]
    for name, query in queries.items():
        values = dict.fromkeys(query.get("params", ()), "") | {"q": "harbour"}
        found += [f"/archive/{name}.json?{urlencode({**values, '_shape': 'objects'})}", f"/archive/{name}"]
    conn.close()
    return found


def broken(answers: list[Answer]) -> list[str]:
    return [f"{a.status} {a.path}: {a.text[-300:]}" for a in answers if a.status >= 500]


def test_whoever_has_not_signed_in_is_shown_nothing_of_either(held: Home, anonymous: Reader) -> None:
    answers = anonymous.crawl(addresses(held))
    assert given_away(answers, CLOSED) == []
    assert given_away(answers, RESTRICTED) == []
    assert broken(answers) == []
    ok = [a for a in answers if a.status == 200]
    assert len([a for a in ok if re.match(r"/article/\d+$", a.path)]) > 100
    assert not [a for a in ok if a.path.startswith("/archive")]


def test_whoever_has_signed_in_is_shown_all_but_what_is_restricted(held: Home, signed_in: Reader) -> None:
    answers = signed_in.crawl(addresses(held))
    assert given_away(answers, RESTRICTED) == []
    assert broken(answers) == []
    seen = {a.path.partition("?")[0] for a in answers if a.status == 200 and PROBES[CLOSED].search(a.text)}
    assert {"/", "/archive/articles", "/feed.json", f"/article/{numbers(held)[0]}", f"/source/{CLOSED}"} <= seen
    assert len([a for a in answers if a.status == 200 and a.path.startswith("/archive/")]) > 150


def test_the_crawl_finds_what_is_not_held_back(held: Home, demo_home: Home, tmp_path: object) -> None:
    decide(held, closed=False, restricted=False)
    try:
        answers = Reader(held.database).crawl(addresses(held))
    finally:
        decide(held, closed=True, restricted=True)
    assert broken(answers) == []
    text = "\n".join(a.text for a in answers if a.status == 200)
    for mark in (CLOSED, RESTRICTED):
        for field in (
            "headline", "author", "tag", "section", "image", "description", "first", "edited", "speaker", "quotation",
            "link", "item", "unread", "media", "alternative", "caption",
        ):  # fmt: skip
            assert re.search(f"(?i){mark}{field}", text), mark + field
    assert len([a for a in answers if PROBES[RESTRICTED].search(a.text)]) > 80
