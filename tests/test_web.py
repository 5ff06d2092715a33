"""The archive in Datasette: metadata, queries, pages, headers, the server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import lxml.html
import pytest
from datasette.app import Datasette
from hypothesis import given
from hypothesis import strategies as st

from archive.home import Home
from archive.store import Store
from archive.web import cells
from archive.web.article import structure
from archive.web.policy import STRICT
from archive.web.server import SETTINGS, metadata_path
from tests.keeping import captured, keep
from tests.test_elements import TWEET, URL, page

METADATA: dict[str, Any] = json.loads(metadata_path().read_text())
TABLES: dict[str, dict[str, Any]] = METADATA["databases"]["archive"]["tables"]
SERVE = [sys.executable, "-m", "crawler", "serve"]
Get = Callable[[str], httpx.Response]


def serve_in_process(database: Path) -> Get:
    datasette = Datasette([str(database)], metadata=METADATA, settings=SETTINGS)
    return lambda path: asyncio.run(datasette.client.get(path))


@contextmanager
def serving(home: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[str]:
    """``communique serve`` in a process of its own; yields its address, then ends it as Ctrl-C does."""
    with subprocess.Popen(
        [*SERVE, "--home", str(home), "--port", str(free_port()), *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    ) as server:
        assert server.stderr is not None
        said = []
        while not (address := re.search(r"http://\S+", ready := server.stderr.readline())):
            said.append(ready)
            if not ready:
                raise AssertionError("".join(said))
        try:
            yield address[0]
        finally:
            server.send_signal(signal.SIGINT)
            left = server.stderr.read()
        assert (server.wait(20), left) == (0, "")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def get(demo_home: Home) -> Get:
    return serve_in_process(demo_home.database)


@pytest.fixture(scope="module")
def conn(demo_home: Home) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(demo_home.database)
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


@pytest.fixture
def own(demo_home: Home, tmp_path: Path) -> Store:
    """A copy of the demo archive to change; close it before it is served."""
    for file in demo_home.path.glob("archive.db*"):
        shutil.copy(file, tmp_path)
    return Store(tmp_path / "archive.db", write=True)


def tree(response: httpx.Response) -> Any:
    return lxml.html.fromstring(response.text)


def text(response: httpx.Response, path: str = "//main") -> str:
    return " ".join(" ".join(t for e in tree(response).xpath(path) for t in e.itertext()).split())


def columns(conn: sqlite3.Connection, table: str) -> list[str]:
    return [row["name"] for row in conn.execute(f"pragma table_info([{table}])")]


def names(conn: sqlite3.Connection) -> list[str]:
    return [row[0] for row in conn.execute("select name from sqlite_master where type in ('table', 'view')")]


# metadata


def test_every_table_and_column_is_described_and_nothing_else(conn: sqlite3.Connection) -> None:
    assert sorted(TABLES) == sorted(names(conn))
    for name, table in TABLES.items():
        assert table["description"], name
        assert list(table["columns"]) == columns(conn, name), name
        assert all(table["columns"].values()), name


def test_sorting_never_sorts_the_whole_table(conn: sqlite3.Connection) -> None:
    for name, table in TABLES.items():
        default = {table[key] for key in ("sort", "sort_desc") if key in table}
        assert default <= set(table.get("sortable_columns", default)), name
        for column in table.get("sortable_columns", ()):
            for order in ("asc", "desc"):
                plan = conn.execute(f"explain query plan select * from {name} order by {column} {order} limit 51")
                assert not [row[3] for row in plan if "TEMP B-TREE FOR ORDER" in row[3]], f"{name}.{column}"


def test_facets_stand_on_indexed_columns(conn: sqlite3.Connection) -> None:
    for name, table in TABLES.items():
        firsts = {
            conn.execute(f"pragma index_info([{index['name']}])").fetchone()["name"]
            for index in conn.execute(f"pragma index_list([{name}])")
        }
        assert set(table.get("facets", ())) <= firsts, name


def test_no_canned_query_takes_the_address_of_a_table(conn: sqlite3.Connection) -> None:
    assert not set(METADATA["databases"]["archive"]["queries"]) & set(names(conn))


def test_the_inner_tables_are_hidden(get: Get) -> None:
    shown = {t["name"] for t in get("/archive.json").json()["tables"] if not t["hidden"]}
    assert shown == {
        "articles", "blocks", "captures", "copies", "custody", "days", "derivations", "entries", "figures", "figures_unread",
        "links", "media", "quotes", "readings", "restricted", "revisions", "runs", "shared_quotations", "sources",
        "stories", "totals", "witnesses",
    }  # fmt: skip


# Datasette's pages


def test_every_table_and_view_has_its_page(get: Get, conn: sqlite3.Connection) -> None:
    for name in names(conn):
        response = get(f"/archive/{name}")
        assert response.status_code == 200, name
        assert TABLES[name]["description"] in text(response, "//section"), name
        assert get(f"/archive/{name}.json?_shape=array").status_code == 200, name


def test_cells_lead_to_the_readable_page(get: Get, conn: sqlite3.Connection) -> None:
    revision, article = conn.execute("select revision, article from changes").fetchone()
    changes = tree(get("/archive/changes"))
    assert changes.xpath(f'//td[starts-with(@class, "col-article")]/a[@href="/article/{article}"]')
    for column in ("revision", "title"):
        cell = f'//td[starts-with(@class, "col-{column}")]'
        assert changes.xpath(f'{cell}/a[@href="/article/{article}?revision_id={revision}"]')
    articles = tree(get(f"/archive/articles?id={article}"))
    assert articles.xpath(f'//td[starts-with(@class, "col-title")]/a[@href="/article/{article}"]')
    assert articles.xpath(f'//td[starts-with(@class, "col-text ")]/a[@href="/article/{article}"]')
    assert articles.xpath('//td[starts-with(@class, "col-url")]/a[contains(@rel, "noopener")]')
    labelled = tree(get(f"/archive/revisions?article={article}"))
    assert labelled.xpath(f'//td[starts-with(@class, "col-article")]/a[@href="/article/{article}"]')


# queries


def test_the_plain_search_box_of_articles_finds(get: Get, conn: sqlite3.Connection) -> None:
    found = get("/archive/articles.json?_search=diary&_shape=array").json()
    assert {row["id"] for row in found} >= {
        row[0] for row in conn.execute("select id from articles where title like '%diary%'")
    }


def test_the_query_search_ranks_a_word_in_the_title_first_and_leads_to_the_page(get: Get) -> None:
    page = tree(get("/archive/search?q=botanist"))
    title = page.xpath('//td[contains(@class, "col-title")]')[0]
    assert "The Botanist and the Nets" in title.text_content()
    assert title.xpath(".//mark")[0].text == "Botanist"
    assert re.fullmatch(r"/article/\d+", title.xpath("./a/@href")[0])
    assert (
        get(str(httpx.URL("/archive/search").join(page.xpath('//a[text()="The search page"]/@href')[0]))).status_code
        == 200
    )


def test_search_keeps_to_a_source(get: Get) -> None:
    rows = get("/archive/search.json?q=losses&source=vardania-mod&_shape=array").json()
    assert {row["source"] for row in rows} == {"vardania-mod"}
    assert rows[0].keys() == {
        "article", "source", "published", "first_seen", "language", "title", "snippet", "url"
    }  # fmt: skip


def test_an_empty_search_finds_nothing_and_says_how(get: Get) -> None:
    response = get("/archive/search")
    assert response.status_code == 200
    assert "quotation marks" in text(response, "//body")
    assert get("/archive/search.json?_shape=array").json() == []


@pytest.mark.parametrize(
    "query", ['"', '"""', "AND", "a OR", "NEAR(", "title:", "*", "(", "^", "-", "\0", "a\0b", '"a\nb"', "{}"]
)
def test_a_search_in_fts_syntax_is_no_error(get: Get, query: str) -> None:
    for path in ("/search", "/archive/search", "/archive/articles"):
        url = httpx.URL(path, params={"q": query, "_search": query})
        assert get(str(url)).status_code == 200


@given(
    st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=30) | st.text('"a \n\0*^:(', max_size=12)
)
def test_no_search_is_a_syntax_error(query: str) -> None:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create virtual table t using fts5(x)")
        connection.execute("select * from t where t match ?", (cells.escape_fts(query),)).fetchall()
    finally:
        connection.close()


def test_articles_a_day_add_up(get: Get, conn: sqlite3.Connection) -> None:
    rows = get("/archive/by_day.json?from=2031-04-01&to=2031-04-30&source=vardania-mod&_shape=array").json()
    assert rows and {row["source"] for row in rows} == {"vardania-mod"}
    assert (
        sum(row["articles"] for row in rows)
        == conn.execute(
            "select count(*) from articles where source = 'vardania-mod'"
            " and published_day between '2031-04-01' and '2031-04-30'"
        ).fetchone()[0]
    )
    assert get("/archive/by_day").status_code == 200
    assert get("/archive/by_day?from=x&to=y").status_code == 200


@pytest.mark.parametrize(
    "query", [f"select * from {view} limit 51" for view in ("latest", "changes")] + ["search", "by_day"]
)
def test_no_query_reads_a_table_from_end_to_end(demo_home: Home, query: str) -> None:
    sql = METADATA["databases"]["archive"]["queries"].get(query, {}).get("sql", query)
    connection = sqlite3.connect(demo_home.database)
    cells.prepare_connection(connection)
    try:
        plan = connection.execute(f"explain query plan {sql}", {"q": "x", "source": "", "from": "", "to": ""})
        steps = [row[3] for row in plan]
    finally:
        connection.close()
    assert not [step for step in steps if step.startswith("SCAN") and "INDEX" not in step], steps
    assert not [step for step in steps if "FOR ORDER BY" in step], steps


# the article page


def find(conn: sqlite3.Connection, condition: str) -> sqlite3.Row:
    row = conn.execute(f"select * from articles where {condition}").fetchone()
    assert row is not None, condition
    return row  # type: ignore[no-any-return]


def test_an_article_reads_as_its_page_did(get: Get, conn: sqlite3.Connection) -> None:
    article = find(conn, "title like '%Diary From the Music School'")
    page = get(f"/article/{article['id']}")
    shown = tree(page).xpath('//div[@class="cq-text"]')[0]
    assert " ".join(shown.text_content().split()) == " ".join(article["text"].split())
    assert shown.get("lang") == "en" and shown.get("dir") == "ltr"
    assert tree(page).xpath("//h1")[0].text == article["title"]
    said = text(page)
    assert "By Pavel Ostin" in said
    assert "11 Apr 2031, 07:20 (Europe/London, UTC+01:00) from the page's structured data (JSON-LD)" in said
    assert article["published_printed"] in said
    (link,) = tree(page).xpath(f'//a[@href="{article["url"]}"]')
    assert link.get("rel") == "noopener noreferrer nofollow"
    capture = conn.execute("select * from captures where id = ?", (article["capture"],)).fetchone()
    assert f"{capture['warc_file']} at {capture['warc_offset']}" in said
    assert tree(page).xpath(f'//a[@href="/archive/articles/{article["id"]}"]')


def test_a_list_stays_a_list(get: Get, conn: sqlite3.Connection) -> None:
    article = find(conn, "source = 'vardania-mod' and title like '%April 24, 2031'")
    items = tree(get(f"/article/{article['id']}")).xpath('//div[@class="cq-text"]/ul/li')
    assert len(items) == 13
    assert items[1].text.startswith("tanks")


def test_an_unknown_time_is_said_to_be_unknown(get: Get, conn: sqlite3.Connection) -> None:
    article = find(conn, "published is null")
    assert "Published unknown" in text(get(f"/article/{article['id']}"))


def test_a_revised_story_shows_each_of_its_texts(get: Get, conn: sqlite3.Connection) -> None:
    article = find(conn, "revisions = 2")
    old, new = conn.execute("select * from revisions where article = ? order by number", (article["id"],)).fetchall()
    page = get(f"/article/{article['id']}")
    assert text(page, '//div[@class="cq-text"]') == " ".join(new["text"].split())
    links = tree(page).xpath('//section[@id="revisions"]//a[not(contains(@href, "/diff?"))]/@href')
    assert links == [f"/article/{article['id']}?revision_id={r['id']}" for r in (new, old)]
    for address in (links[1], f"/article/{article['id']}?revision=1"):
        earlier = get(address)
        assert text(earlier, '//div[@class="cq-text"]') == " ".join(old["text"].split())
        assert "Revision 1 of 2" in text(earlier) and "not the latest text" in text(earlier)
    [other] = conn.execute("select id from revisions where article <> ? limit 1", (article["id"],)).fetchone()
    for wrong in ("revision=3", "revision=x", f"revision_id={other}", "revision_id=99999"):
        assert get(f"/article/{article['id']}?{wrong}").status_code == 404


def test_the_address_of_a_revision_that_was_folded_leads_on(own: Store, tmp_path: Path) -> None:
    old, new = own.rows(
        "select id, article from revisions where article = (select max(article) from changes) order by id"
    )
    own.conn.execute(
        "update revisions set number = null, words_added = null, words_removed = null, folded_into = ? where id = ?",
        (old["id"], new["id"]),
    )
    own.close()
    folded = serve_in_process(tmp_path / "archive.db")(f"/article/{new['article']}?revision_id={new['id']}")
    assert folded.status_code == 200
    assert "Revision 1 of 1" in text(folded)


def test_a_story_that_is_gone_says_so_and_keeps_its_text(get: Get, conn: sqlite3.Connection) -> None:
    article = find(conn, "gone_at is not null")
    said = text(get(f"/article/{article['id']}"))
    assert "No longer there since" in said and "the server answered 410" in said
    assert " ".join(article["text"].split()[:20]) in said


def test_what_was_hidden_is_folded_under_its_reason(get: Get, conn: sqlite3.Connection) -> None:
    article = find(conn, "source = 'two-banks-digest'")
    hidden = conn.execute("select * from hidden_blocks where article = ?", (article["id"],)).fetchall()
    page = tree(get(f"/article/{article['id']}"))
    (details,) = page.xpath('//details[@class="cq-hidden"]')
    assert details.get("open") is None
    assert len(details.xpath("./ol/li")) == len(hidden)
    shown = [" ".join(e.itertext()) for e in page.xpath('//div[@class="cq-text"]/*')]
    for block in hidden:
        if block["reason"] == "repeated":
            assert block["text"] in details.text_content()
            assert f"on {block['documents']} documents of the source" in details.text_content()
            assert block["text"] not in shown


@pytest.mark.parametrize("identity", ["0", "99999", "x", "-1", "1e3", "99999999999999999999", "1;2", "%00", "١"])
def test_an_unknown_article_is_one_line(get: Get, identity: str) -> None:
    response = get(f"/article/{identity}")
    assert response.status_code == 404
    assert text(response).startswith("There is no article")


def test_the_page_of_an_article_that_was_removed_leads_to_the_one_that_has_what_it_had(
    own: Store, tmp_path: Path
) -> None:
    with own.transaction():
        own.conn.execute("insert into removed values (999, 'http://a.example/', 2, 1)")
    own.close()
    response = serve_in_process(tmp_path / "archive.db")("/article/999")
    assert (response.status_code, response.headers["location"]) == (301, "/article/1")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "ltr"),
        ("uk", "ltr"),
        ("ar", "rtl"),
        ("ar-SY", "rtl"),
        ("he", "rtl"),
        ("ks-Latn", "ltr"),
        ("ku-Arab", "rtl"),
        ("arn", "ltr"),
        (None, "auto"),
    ],
)
def test_a_text_has_the_direction_of_its_language(language: str | None, expected: str) -> None:
    assert cells.direction(language) == expected


def test_structure_follows_lines_lists_and_hidden_blocks() -> None:
    def block(kind: str, text: str, mark: str | None = None) -> dict[str, Any]:
        return {"kind": kind, "text": text, "mark": mark}

    blocks = [
        block("line", "first"), block("line", "second"), block("li", "a"), block("line", "aa"), block("li", "b"),
        block("p", "hidden", "repeated"), block("line", "alone"), block("row", "x | y"), block("row", "1 | 2"),
    ]  # fmt: skip
    assert structure(blocks) == [
        {"kind": "p", "lines": ["first", "second"]},
        {"kind": "list", "items": [["a", "aa"], ["b"]]},
        {"kind": "p", "lines": ["alone"]},
        {"kind": "table", "items": [["x | y"], ["1 | 2"]]},
    ]


def test_structure_knows_entries_and_who_is_quoted() -> None:
    def block(kind: str, text: str, mark: str | None = None) -> dict[str, Any]:
        return {"kind": kind, "text": text, "mark": mark}

    blocks = [
        block("heading", "title", "headline"), block("p", "said"), block("quote", "one"), block("quote", "two"),
        block("quote", "other"), block("li", "a"), block("li", "b"),
    ]  # fmt: skip
    assert structure(blocks, {0, 5, 6}, [(2, 4, "Ostin"), (4, 5, None)]) == [
        {"kind": "p", "lines": ["said"], "anchors": [0]},
        {"kind": "quote", "lines": ["one", "two"], "speaker": "Ostin"},
        {"kind": "quote", "lines": ["other"]},
        {"kind": "list", "items": [["a"], ["b"]], "anchors": [5]},
    ]


def test_an_empty_cell_keeps_its_column() -> None:
    assert cells.columns(["| Boats | a|b", "| 4"]) == ["", "Boats", "a|b", "4"]
    assert cells.columns(["Friday | | 4"]) == ["Friday", "", "4"]


RICH = page(
    '<blockquote><p>We will open soon.</p><footer>— <cite>Pavel Ostin</cite>, master</footer></blockquote>',
    '<p>The <a href="/office">harbour office</a> asked the coast guard for help on that same evening, it said.</p>',
    '<figure><img src="/quay.jpg" alt="Sand on a quay"><figcaption>The quay on Monday</figcaption></figure>',
    f"<figure class='embed'>{TWEET}</figure>",
    above="<p>After the storm of the night the boats stay where they are, and the town waits for its bread.</p>",
    head='<meta name="description" content="After the storm of the night the boats stay where they are, and the town'
    ' waits for its bread.">',
)  # fmt: skip


def test_an_article_shows_what_stands_beside_its_words(home: Home) -> None:
    keep(home, [captured(URL, RICH)])
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute(
            "update articles set spared = '12 of 340 words would be left', language_detected = 'uk', agency = 'Wire',"
            " authors = '[\"Pavel Ostin\", \"Maren Holt\"]', licence = 'CC BY 4.0', published_doubt = 'years away',"
            " published = '2035-04-20T06:00:00.000Z'"
        )
        store.conn.execute(
            "update readings set extras = json_set(extras, '$.entries',"
            """ json('[[1, "2031-04-20T06:00:00.000Z", "6 am", "The storm"], [4, null, "noon", null]]'))"""
        )
    store.close()
    response = serve_in_process(home.database)("/article/1")
    found, said = tree(response), text(response)
    assert text(response, '//div[@class="cq-standfirst"]').startswith("After the storm of the night")
    assert "After the storm of the night" not in text(response, '//div[@class="cq-text"]')
    assert text(response, '//div[@class="cq-text"]/blockquote') == "We will open soon. Pavel Ostin"
    for line in (
        "doubtful: years away", "declared; the text reads as uk", "Agency Wire", "Authors Pavel Ostin , Maren Holt",
        "Licence CC BY 4.0", "nothing was hidden for it: 12 of 340 words would be left", "printed 6 am",
        "Harbour Office (@harbour) https://twitter.com/harbour/status/12345 The harbour is closed until further notice.",
        "1 picture or video of the page", "https://gazette.example/quay.jpg The quay on Monday described as Sand on a",
        "1 link in the text harbour office https://gazette.example/office",
    ):  # fmt: skip
        assert line in said, line
    (office,) = found.xpath('//a[@href="https://gazette.example/office"]')
    assert office.get("rel") == "noopener noreferrer nofollow"
    assert not found.xpath("//img")
    for target in found.xpath('//ol/li/a[starts-with(@href, "#block-")]/@href'):
        assert found.xpath(f'//div[@class="cq-text"]/span[@id="{target[1:]}"]')
    assert "standfirst" not in text(response, '//details[@class="cq-hidden"]')


def test_a_text_without_its_page_is_shown_in_paragraphs(own: Store, tmp_path: Path) -> None:
    own.conn.execute("update capture_articles set reading = null where article = 1")
    own.conn.execute("update articles set text = 'One.' || char(10, 10) || 'Two.' where id = 1")
    own.close()
    page = tree(serve_in_process(tmp_path / "archive.db")("/article/1"))
    assert page.xpath('//div[@class="cq-text"]/p/text()') == ["One.", "Two."]


# home


def test_home_shows_what_is_new_what_changed_and_how_the_sources_are(get: Get, conn: sqlite3.Connection) -> None:
    page = get("/")
    newest = [row[0] for row in conn.execute("select id from latest limit 15")]
    assert tree(page).xpath('//section[@class="cq-newest"]//ul/li/a/@href') == [f"/article/{n}" for n in newest]
    assert len(tree(page).xpath('//section[@class="cq-edits"]//li/a[contains(@href, "revision_id=")]')) == 2
    states = [row[0] for row in conn.execute("select state from sources order by state in ('ok', 'paused'), state")]
    assert states[0] != "ok"
    assert sorted(tree(page).xpath('//ul[@class="cq-health"]//b/text()')) == sorted(states)
    assert tree(page).xpath('//ul[@class="cq-health"]//b/text()')[0] == states[0]
    assert tree(page).xpath('//form[@action="/search"]//input[@name="q"]')
    assert tree(page).xpath('//section[@class="cq-data"]//a[@href="/archive/captures"]')


def test_a_fictional_archive_says_so(get: Get, own: Store, tmp_path: Path) -> None:
    for path in ("/", "/article/1", "/search?q=x"):
        assert "FICTIONAL demonstration archive" in text(get(path), "//p[@class='cq-fictional']"), path
    own.conn.execute("update home set value = 'no' where key = 'fictional'")
    own.close()
    real = serve_in_process(tmp_path / "archive.db")
    for path in ("/", "/article/1"):
        assert not tree(real(path)).xpath("//p[@class='cq-fictional']"), path


def test_an_empty_archive_has_a_home_page(tmp_path: Path) -> None:
    Store(tmp_path / "archive.db", write=True).close()
    get = serve_in_process(tmp_path / "archive.db")
    assert "Nothing yet" in text(get("/"))
    assert get("/archive/by_day").status_code == 200


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("create table articles (id integer primary key, title text)")
    connection.execute("insert into articles values (1, 'x')")
    connection.commit()
    connection.close()
    get = serve_in_process(tmp_path / "other.db")
    assert get("/").status_code == 200
    assert get("/article/1").status_code == 404
    assert not tree(get("/other/articles")).xpath('//a[starts-with(@href, "/article/")]')


# hostile texts


PROBE = "<script>alert(1)</script>\"><img src=x onerror=alert(2)><a href='javascript:alert(3)'>x</a>\ue000<b>\ue001"


@pytest.mark.parametrize(
    "url", ["javascript:alert(4)//", 'http://x.example/"><img src=x onerror=alert(5)>', "data:text/html,x"]
)
def test_scraped_markup_is_inert_everywhere(own: Store, tmp_path: Path, url: str) -> None:
    article = own.rows("select id, source, capture from articles where revisions = 2")[0]
    number = article["id"]
    with own.transaction():
        own.conn.execute(
            "update articles set title = :p, headline = :p, byline = :p, publisher = :p, section = :p, summary = :p,"
            " agency = :p, licence = :p, published_doubt = :p, modified_doubt = :p, modified_printed = :p, permalink = :u,"
            " modified = '2031-01-01T00:00:00.000Z', language_detected = :p, spared = :p, description = :p,"
            " authors = json_array(:p, :p),"
            " text = :p || text, published_printed = :p, published_from = :p, language = :p, tags = :p, image = :u,"
            " url = :u, first_seen = '2999-01-01T00:00:00.000Z' where id = :id",
            {"p": PROBE, "u": url, "id": number},
        )
        own.conn.execute(
            "update revisions set title = ?1, summary = ?1, text = ?1 || text where article = ?2", (PROBE, number)
        )
        own.conn.execute(
            "update readings set extras = json_object('links', json_array(json_array(1, ?2, ?1)), 'media',"
            " json_array(json_array(1, ?2, ?1, ?1 || 'x')), 'quotes', json_array(json_array(1, ?1, ?1, ?2)), 'entries',"
            " json_array(json_array(1, ?1, ?1, ?1)))",
            (PROBE, url),
        )
        for table, values in (
            ("links", "?2, ?1"),
            ("media", "?2, ?1, ?1"),
            ("quotes", "?1, ?1, ?2"),
            ("entries", "?1, ?1, ?1"),
        ):
            own.conn.execute(f"insert into {table} values (?3, 1, {values})", (PROBE, url, number))
        own.conn.execute("update blocks set text = text || ?", (PROBE,))
        own.conn.execute(
            "update search_text set title = ?1, text = 'needle ' || ?1 where article = ?2", (PROBE, number)
        )
        own.conn.execute("update captures set url = ?1, message = ?2, etag = ?2", (url, PROBE))
        own.conn.execute("update sources set name = ?1, licence = ?1, homepage = ?2, state_reason = ?1", (PROBE, url))
    own.close()
    get = serve_in_process(tmp_path / "archive.db")
    ours = ["/", f"/article/{number}", f"/article/{number}?revision=1", "/search?q=needle"]
    stock = [
        "/archive/articles", f"/archive/articles/{number}", "/archive/revisions", "/archive/blocks",
        "/archive/captures", "/archive/changes", "/archive/latest", "/archive/links", "/archive/media",
        "/archive/quotes", "/archive/entries",
        "/archive/sources", "/archive/hidden_blocks", "/archive/search_text?_size=max",
        f"/archive/blocks?text={PROBE}", f"/archive/search?q={PROBE}", "/archive?sql=select+*+from+articles",
    ]  # fmt: skip
    for path in ours + stock:
        response = get(path)
        assert response.status_code == 200, path
        page = tree(response)
        assert "alert(1)" in response.text, path
        assert not page.xpath("//img"), path
        assert not [s for s in page.xpath("//script") if "alert" in s.text_content()], path
        assert not page.xpath("//@*[starts-with(name(), 'on')]"), path
        links = page.xpath("//@href | //@src | //@action")
        assert not [link for link in links if re.match(r"(?i)\s*(javascript|data|vbscript):", link)], path
        if path in ours:
            assert not page.xpath("//script | //style | //@style"), path


def test_hits_are_marked_after_escaping() -> None:
    assert str(cells.marked("<i>\ue000a&b\ue001\ue001 \ue000x")) == "&lt;i&gt;<mark>a&amp;b</mark> x"


# headers, routes


def test_our_pages_run_no_script_and_datasettes_only_its_own(get: Get) -> None:
    for path in ("/", "/article/1", "/article/x"):
        headers = get(path).headers
        assert headers.get_list("content-security-policy") == [STRICT], path
    for path in ("/archive", "/archive/articles", "/archive/articles/1", "/archive/search", "/nothing"):
        headers = get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert "unsafe" not in policy["script-src"] and "'sha256-" in policy["script-src"]
        assert not re.search(r"\bhttps?:|\*", headers["content-security-policy"])


def test_robots_are_asked_to_stay_out(get: Get) -> None:
    response = get("/robots.txt")
    assert response.text == "User-agent: *\nDisallow: /\n"
    assert response.headers["content-type"].startswith("text/plain")


def test_the_style_sheet_is_served(get: Get) -> None:
    for path in ("/", "/article/1", "/archive/articles"):
        sheets = tree(get(path)).xpath('//link[@rel="stylesheet"]/@href')
        (ours,) = [sheet for sheet in sheets if sheet.endswith("/communique.css")]
        assert get(ours).headers["content-type"].startswith("text/css")
        assert all(sheet.startswith("/-/static") for sheet in sheets)


# the server


def test_serve_answers_over_http_while_somebody_writes(own: Store, tmp_path: Path) -> None:
    with serving(tmp_path) as address, httpx.Client(base_url=address, timeout=60) as client:
        with own.transaction():
            own.conn.execute("update articles set title = 'Written while it is served' where id = 1")
            assert client.get("/article/1").status_code == 200
        assert "Written while it is served" in client.get("/article/1").text
        assert client.get("/archive/nothing").status_code == 404
        settings = client.get("/-/settings.json").json()
        assert settings["suggest_facets"] is False
    own.close()


def test_datasette_by_hand_gives_the_same_page(demo_home: Home, get: Get) -> None:
    command = [
        sys.executable,
        "-m",
        "datasette",
        str(demo_home.database),
        "-m",
        str(metadata_path()),
        "--get",
        "/article/1",
    ]
    assert (
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        == get("/article/1").text.strip()
    )


def test_a_taken_port_is_one_line_and_sigterm_ends_serving_cleanly(demo_home: Home) -> None:
    command = [*SERVE, "--home", str(demo_home.path), "--port"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        taken = subprocess.run([*command, str(port)], capture_output=True, text=True)
        assert taken.returncode == 1
        assert taken.stderr.count("\n") == 1 and f"127.0.0.1:{port}" in taken.stderr
    with subprocess.Popen([*command, str(port)], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert server.stderr.readline() == f"Serving the archive on http://127.0.0.1:{port} (Ctrl-C ends it)\n"
        server.send_signal(signal.SIGTERM)
        assert (server.wait(20), server.stderr.read()) == (0, "")
