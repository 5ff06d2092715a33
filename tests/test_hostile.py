"""Whatever is scraped does nothing: every address that home leads to is read, and a real browser opens the pages.

The demo archive, with a probe in every field that an outlet can fill.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shutil
import sqlite3
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import lxml.etree
import lxml.html
import pytest
from datasette.app import Datasette
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

from archive.home import Home
from archive.spreadsheet import inert
from archive.store import Store
from archive.web.policy import STRICT
from archive.web.server import SETTINGS
from tests.browsing import CHROMIUM
from tests.test_web import METADATA, serving

# closes what text can stand in, then tries to be an element, a handler, a template, and a mark of a search
PROBE = (
    "=probe</title></textarea></script></style></p></bdi>--> ]]> <x-probe onclick=window.probe=1>x</x-probe>"
    "<script>window.probe=1;alert(1)</script><img src=http://probe.example/x.png onerror=window.probe=1>"
    "<svg onload=window.probe=1><a xlink:href='javascript:window.probe=1'>x</a></svg>"
    "<iframe srcdoc='<script>parent.probe=1</script>'></iframe><link rel=stylesheet href=//probe.example/x.css>"
    "\" x-probe=\"1\" onmouseover=\"window.probe=1\" ' x-probe='1' onfocus='window.probe=1' autofocus='"
    " {{191*7919}} {% raise %} ${191*7919} <?x-probe x?> &#60;x-probe&#62; &lt;x-probe&gt; javascript:window.probe=1"
    " \u2028\u2029 \u202eevil\u202c \0 \ue000<x-probe>\ue001 \ue001\ue000 <![CDATA[ <!-- <x-probe"
)
ADDRESSES = (
    "javascript:window.probe=1//{n}",
    "data:text/html,<script>window.probe=1</script>{n}",
    'http://probe.example/{n}"><x-probe onclick="window.probe=1" x-probe=\'1',
    "vbscript:window.probe=1//{n}",
    " \tjava\nscript:window.probe=1//{n}",
    "//probe.example/{n}",
    "http://probe.example/{n}?a=1&lt;x-probe&gt;",
)
# what an outlet fills, by table: texts, addresses
TEXTS = {
    "sources": "name publisher country licence state_reason mining",
    "captures": "etag last_modified message fetched_from warc_file",
    "articles": "publisher title headline byline published_printed published_from modified_printed modified_from section"
    " summary text agency published_zone published_doubt modified_zone modified_doubt language_detected licence"
    " description spared",
    "readings": "title", "blocks": "text", "revisions": "title summary text", "stories": "title", "links": "text",
    "media": "alt caption", "quotes": "text speaker", "entries": "printed title", "findings": "line", "runs": "message",
    "shared_quotations": "speaker wording", "copies": "reason", "search_text": "title text", "derivations": "cause",
}  # fmt: skip
URLS = {
    "sources": "homepage", "captures": "url", "articles": "url image permalink", "links": "url", "media": "url", "quotes": "url",
}  # fmt: skip
# addresses read at the most, and of each form (numbers left out, by the names of the parameters)
MOST, EACH = 450, 4


def poison(conn: sqlite3.Connection) -> None:
    """Put the probe into every field."""
    conn.create_function("address", 1, lambda n: ADDRESSES[n % len(ADDRESSES)].format(n=n))
    conn.execute("pragma foreign_keys = off")
    for table, columns in TEXTS.items():
        for column in columns.split():
            # what is parsed or compared keeps its beginning, every third one is the probe from the first letter on
            key = (
                "position"
                if table == "blocks"
                else "rowid"
                if table not in ("findings", "copies", "shared_quotations")
                else "1"
            )
            conn.execute(
                f"update {table} set {column} = iif({key} % 3 = 0, ?1 || coalesce({column}, ''), coalesce({column}, '') || ?1)",
                (PROBE,),
            )
    for table, columns in URLS.items():
        for column in columns.split():
            conn.execute(f"update {table} set {column} = address(rowid)")
    # the demo's outlets claim nothing of the two sides that are charted
    for number, (side, other) in enumerate((("ukraine", "russia"), ("russia", "ukraine"))):
        conn.execute(
            "insert into figures (article, revision, claimed_by, about, series, category, as_of, total, delta, qualifier,"
            " precision, definition, sentence, position, direction_printed, formation_printed, source, official,"
            " known_from, standing)"
            " select a.id, r.id, ?1, ?2, 'total', iif(a.id % 2, 'tanks', 'uavs'), date('2031-03-01', (a.id / 2) || ' days'),"
            " 1000 + a.id, 3, ?3, 0, ?3, ?3, 1, iif(a.id % 5, null, ?3), iif(a.id % 5, null, ?3), a.source, 0,"
            " a.first_seen, 'taken' from articles a join revisions r on r.article = a.id and r.number = 1"
            " where a.id % 3 = ?4",
            (side, other, PROBE, number),
        )
    conn.execute("update figures set taken = id")
    conn.execute(
        "insert into figures_unread select article, revision, 1, ?1, ?1 from figures where id % 3 = 0", (PROBE,)
    )
    conn.execute("update articles set authors = json_array(?1, ?1), tags = json_array(?1, ?1)", (PROBE,))
    conn.execute("update articles set language = ? where id % 5 = 0", (PROBE,))
    conn.execute("update captures set via = json_array(url, ?) where via is not null or id % 9 = 0", (PROBE,))
    conn.execute(
        "update revisions set numbers = json_array(json_object('old', json_array(?1), 'new', json_array(?1))) where number > 1",
        (PROBE,),
    )
    conn.execute(
        "update readings set extras = json_object('links', json_array(json_array(1, address(id), ?1)), 'media',"
        " json_array(json_array(1, address(id + 1), ?1, ?1)), 'quotes', json_array(json_array(1, ?1, ?1, address(id))),"
        " 'entries', json_array(json_array(1, ?1, ?1, ?1)))",
        (PROBE,),
    )


@pytest.fixture(scope="module")
def hostile(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo archive, poisoned."""
    home = Home(tmp_path_factory.mktemp("hostile"))
    connection = sqlite3.connect(demo_home.database)
    connection.execute("vacuum into ?", (str(home.database),))
    connection.close()
    store = Store(home.database, write=True)
    with store.transaction():
        poison(store.conn)
    store.close()
    shutil.copytree(demo_home.warc, home.warc)
    return home


@dataclass(frozen=True)
class Answer:
    """What an address answered, and the address that led there."""

    path: str
    via: str
    response: httpx.Response

    @property
    def kind(self) -> str:
        return str(self.response.headers.get("content-type", "")).partition(";")[0]

    @property
    def tree(self) -> Any:
        # libxml2 reads no further than a NUL, a browser does
        return lxml.html.fromstring(self.response.content.replace(b"\0", b""))


def form(path: str) -> str:
    """The form of an address: without numbers and values; of a list of rows, only by which table."""
    parts = urlsplit(path)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&") if pair})
    return re.sub(r"\d+", "N", re.sub(r"/source/[^/]+", "/source/S", parts.path)) + "?" + "&".join(names)


@pytest.fixture(scope="module")
def crawled(hostile: Home) -> tuple[list[Answer], list[str]]:
    """The answers of all addresses that home leads to, and the addresses of our own routes."""
    datasette = Datasette([str(hostile.database)], metadata=METADATA, settings=SETTINGS)

    async def crawl() -> list[Answer]:
        tables = [*METADATA["databases"]["archive"]["tables"], *METADATA["databases"]["archive"]["queries"]]
        first = ["/", *(f"/archive/{name}{end}" for name in tables for end in ("", ".csv", ".json?_shape=array"))]
        waiting = deque((path, "") for path in first)
        seen: set[str] = set()
        forms: Counter[str] = Counter()
        answers = []
        while waiting and len(answers) < MOST:
            path, via = waiting.popleft()
            if path in seen or forms[form(path)] >= EACH:
                continue
            seen.add(path)
            forms[form(path)] += 1
            answer = Answer(path, via, await datasette.client.get(path))
            answers.append(answer)
            if answer.kind != "text/html":
                continue
            # our own pages before Datasette's many
            found = sorted({urldefrag(urljoin(f"http://localhost{path}", href))[0] for href in hrefs(answer)})
            for url in found:
                if url.startswith("http://localhost/") and "/-/logout" not in url:
                    target = url.removeprefix("http://localhost")
                    (waiting.append if target.startswith(("/archive", "/-/")) else waiting.appendleft)((target, path))
        return answers

    from datasette.plugins import pm

    ours = next(plugin for plugin in pm.get_plugins() if getattr(plugin, "__name__", "") == "archive.web")
    return asyncio.run(crawl()), [regex for regex, _ in ours.register_routes()]


def hrefs(answer: Answer) -> list[str]:
    return [href for href in answer.tree.xpath("//a/@href | //link/@href") if http_or_relative(href)]


def http_or_relative(url: str) -> bool:
    """Whether a browser takes an address for http(s), or for one of this server."""
    plain = re.sub(r"[\t\n\r]", "", url).strip("".join(map(chr, range(33))))
    return (
        re.match(r"(?i)https?://[^/]", plain) is not None
        or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[/\\]{2}", plain) is None
    )


def test_the_crawl_comes_everywhere(crawled: tuple[list[Answer], list[str]]) -> None:
    answers, routes = crawled
    assert len(answers) > 200
    broken = [(a.path, a.via, a.response.text[:200]) for a in answers if a.response.status_code >= 500]
    assert broken == []
    # what a link leads to is there (a query or an outlet's odd address may be refused)
    assert [
        (a.path, a.via) for a in answers if a.response.status_code == 404 and not a.path.startswith("/archive")
    ] == []
    paths = [urlsplit(answer.path).path for answer in answers]
    missed = [route for route in routes if not any(re.match(route, path) for path in paths)]
    # those of notes are forms, and stand open to readers who have signed in
    assert [route for route in missed if not re.search(r"notes|tags|searches|robots", route)] == []
    assert {"text/html", "application/json", "text/plain", "application/atom+xml"} <= {
        answer.kind for answer in answers
    }


def test_no_probe_arrives_as_markup(crawled: tuple[list[Answer], list[str]]) -> None:
    reached = Counter()
    for answer in crawled[0]:
        if answer.kind != "text/html":
            continue
        where = (answer.path, answer.via)
        page = answer.tree
        reached["probed" if "window.probe" in answer.response.text else "clean"] += 1
        assert not page.xpath("//*[starts-with(name(), 'x-probe')] | //@x-probe | //processing-instruction()"), where
        assert not page.xpath("//iframe | //object | //embed | //base | //meta[@http-equiv]"), where
        assert not [n for n in page.xpath("//@*") if n.attrname.startswith("on") or n.attrname == "srcdoc"], where
        assert not [s for s in page.xpath("//script | //style") if "probe" in (s.text or "")], where
        assert not [c for c in page.xpath("//comment()") if "probe" in c.text], where
        assert "1512529" not in answer.response.text, where
        if answer.response.headers["content-security-policy"] == STRICT:
            assert not page.xpath("//script | //style | //@style"), where
    assert reached["probed"] > 100


def test_every_link_is_http_and_none_tells_where_it_came_from(crawled: tuple[list[Answer], list[str]]) -> None:
    outward = 0
    for answer in crawled[0]:
        if answer.kind != "text/html":
            continue
        page = answer.tree
        for element in page.xpath("//*[@href or @src or @action or @formaction or @poster or @data or @srcset]"):
            for name in ("href", "src", "action", "formaction", "poster", "data", "srcset"):
                url = element.get(name)
                assert url is None or http_or_relative(url), (answer.path, name, url)
        for link in page.xpath('//a[contains(@href, "probe.example")]'):
            if urlsplit(link.get("href")).netloc.endswith("probe.example"):
                outward += 1
                assert {"noopener", "noreferrer", "nofollow"} <= set((link.get("rel") or "").split()), answer.path
        for url in page.xpath(
            "//img/@src | //script/@src | //link[@rel='stylesheet']/@href | //source/@src | //video/@src"
        ):
            assert url.startswith("/") and not url.startswith("//"), (answer.path, url)
    assert outward > 50


def test_data_is_exact_and_csv_inert(crawled: tuple[list[Answer], list[str]]) -> None:
    kinds = Counter()
    for answer in crawled[0]:
        if answer.response.status_code != 200:
            continue
        path = urlsplit(answer.path).path
        if path.endswith(".csv"):
            assert answer.kind in ("text/plain", "text/csv"), answer.path
            rows = list(csv.reader(io.StringIO(answer.response.text, newline="")))
            assert [cell for row in rows for cell in row if inert(cell) is not cell] == [], answer.path
            kinds["csv"] += any("window.probe" in cell for row in rows for cell in row)
        elif answer.kind.endswith("json"):
            json.loads(answer.response.content)
            kinds["json"] += "window.probe" in answer.response.text
        elif answer.kind.endswith("xml"):
            document = lxml.etree.fromstring(answer.response.content)
            assert {lxml.etree.QName(e).namespace for e in document.iter()} == {"http://www.w3.org/2005/Atom"}
            assert all(http_or_relative(href) for href in document.xpath("//@href"))
            kinds["xml"] += "window.probe" in answer.response.text
    assert kinds["csv"] > 10 and kinds["json"] > 10 and kinds["xml"]


def test_json_is_what_is_kept(hostile: Home) -> None:
    datasette = Datasette([str(hostile.database)], metadata=METADATA, settings=SETTINGS)
    answer = asyncio.run(datasette.client.get("/archive/articles/3.json?_shape=objects"))
    connection = sqlite3.connect(hostile.database)
    (title,) = connection.execute("select title from articles where id = 3").fetchone()
    connection.close()
    assert answer.json()["rows"][0]["title"] == title
    assert title.startswith(PROBE)


# in a browser


@pytest.fixture(scope="module")
def address(hostile: Home) -> Iterator[str]:
    with serving(hostile.path) as address:
        yield address


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what went wrong on it."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    wrong: list[str] = []

    def request(request: Request) -> None:
        if not request.url.startswith((address, "data:image/")):
            wrong.append(f"request: {request.url}")

    def console(message: ConsoleMessage) -> None:
        # a page that is refused says so there
        if not message.text.startswith("Failed to load resource: the server responded with a status of 4"):
            wrong.append(f"console: {message.text}")

    def dialog(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("request", request)
    page.on("console", console)
    page.on("dialog", dialog)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    context.on("page", lambda other: wrong.append(f"window: {other.url}"))
    yield page, wrong
    context.close()


OPENED = [
    "/", "/article/3", "/article/{revised}", "/article/{revised}?revision=1", "/article/{revised}/diff?from=1&to=2", "/story/{story}",
    "/search?q=harbour", "/search?q=window.probe", "/search?q=%3Cscript%3Ewindow.probe%3D1%3C%2Fscript%3E", "/source", "/source/{source}",
    "/changes", "/losses", "/losses/ukraine/tanks", "/about", "/notes", "/searches", "/feed.atom", "/archive", "/archive/articles", "/archive/articles/3",
    "/archive/blocks", "/archive/captures", "/archive/sources", "/archive/links", "/archive/figures", "/archive/changes",
    "/archive/search?q=harbour", "/archive/search_history?q=harbour", "/archive?sql=select+*+from+articles+limit+20",
    "/archive/articles?title=%3Cscript%3Ewindow.probe%3D1%3C%2Fscript%3E", "/archive/articles.json", "/nothing/%3Cx-probe%3E",
]  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.parametrize("path", OPENED)
def test_nothing_runs_in_a_browser(hostile: Home, watched: tuple[Page, list[str]], path: str) -> None:
    connection = sqlite3.connect(hostile.database)
    (revised,) = connection.execute("select id from articles where revisions = 2 limit 1").fetchone()
    (story,) = connection.execute("select id from stories where sources > 1 limit 1").fetchone()
    (source,) = connection.execute("select source from articles group by 1 order by count(*) desc limit 1").fetchone()
    connection.close()
    page, wrong = watched
    answer = page.goto(path.format(revised=revised, story=story, source=source))
    assert answer is not None and answer.status < 500
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert page.evaluate("window.probe === undefined")
    # neither does touching it make anything run
    for link in page.locator("main a").all()[:15]:
        if link.is_visible():
            link.hover(force=True, timeout=2000)
    assert page.evaluate("window.probe === undefined")
    assert wrong == []
