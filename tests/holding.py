"""An archive that holds something back, every string of which gives itself away; and a reader who follows all links."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from datasette.app import Datasette

from archive import figures
from archive.home import Home
from archive.models import Exchange
from archive.store import Store
from archive.web.server import SETTINGS, metadata_path
from tests import claiming
from tests.keeping import captured, keep, source
from tests.prose import prose

# words that stand in every string of what a source that is not public published, and of a restricted article
CLOSED, RESTRICTED = "zqlocked", "zqrest"
# claims, which are read from fixed wordings: the numbers give them away
CLOSED_CLAIM, RESTRICTED_CLAIM = 87_654, 76_543
PROBES = {
    CLOSED: re.compile(rf"(?i){CLOSED}|(?<!\d)87,?654(?!\d)"),
    RESTRICTED: re.compile(rf"(?i){RESTRICTED}|(?<!\d)76,?543(?!\d)"),
}
REASON = "An order of the harbour court"
SHARED = prose(4242, 9)
QUOTED = (
    "We shall keep the ferries running through the winter until every harbour on the estuary has been dredged, and"
    " whoever says otherwise has never waited for one on the western pier"
)


def page(mark: str, claim: int, edited: bool, shared: str = SHARED, day: str = "2031-04-20") -> str:
    """A page whose every field holds a word that begins with ``mark``."""
    data = {
        "@type": "NewsArticle",
        "headline": f"{mark}headline of the harbour",
        "datePublished": f"{day}T05:00:00Z",
        "author": [{"@type": "Person", "name": f"{mark.title()}author Banks"}],
        "keywords": [f"{mark}tag"],
        "articleSection": f"{mark}section",
        "image": f"http://pictures.example/{mark}image.jpg",
        "description": f"{mark}description of the page",
    }
    said = f"The master of the {mark}port said so" + (f" on {mark}edited Friday." if edited else f" at {mark}first.")
    return (
        f'<!doctype html><html lang="en"><head><title>{mark}title - Outlet</title>'
        f'<script type="application/ld+json">{json.dumps(data)}</script>'
        f'<meta property="og:title" content="{mark}headline of the harbour"></head><body><main><article>'
        f"<h1>{mark}headline of the harbour</h1><p>{said} {mark}words stand in this paragraph of the ferry.</p>"
        + "".join(f"<p>{line}</p>" for line in shared.splitlines())
        + f"<p>“{QUOTED},” said {mark.title()}speaker Brill, the harbour master.</p>"
        f"<blockquote>{mark}quotation of the harbour master at some length.</blockquote>"
        f'<p>Ukraine claims {claim:,} tanks (+5) as of {day} <a href="http://{mark}link.example/">{mark}link</a></p>'
        f"<ul><li>{mark}item of a list</li></ul><p>Perhaps {mark}unread 12 ships.</p>"
        f'<figure><img src="http://pictures.example/{mark}media.jpg" alt="{mark}alternative">'
        f"<figcaption>{mark}caption</figcaption></figure></article></main></body></html>"
    )


def exchanges() -> list[Exchange]:
    """A closed outlet's pages and one of an open outlet that is to be restricted, each edited once and each with two
    open pages that carry the same text; each is the first that had it."""
    found = []
    for mark, outlet, claim, name in (
        (CLOSED, CLOSED, CLOSED_CLAIM, "b"),
        (RESTRICTED, "staff", RESTRICTED_CLAIM, "c"),
    ):
        shared = SHARED if name == "b" else prose(777, 9)
        for minute, edited in ((0, False), (90, True)):
            html = page(mark, claim, edited, shared, "2031-04-20" if name == "b" else "2031-04-21")
            found.append(captured(f"http://{outlet}.example/{mark}-page", html, minute))
        for n, other in enumerate(("courier", "digest")):
            html = page(f"open{name}{n}", 1000 + n, False, shared, "2031-04-22")
            found.append(captured(f"http://{other}.example/open-{name}", html, 200 + n))
    found.append(captured(f"http://{CLOSED}.example/{CLOSED}-lost", b"", 300, status=404))
    found.append(captured(f"http://staff.example/{RESTRICTED}-page", b"", 310, status=503))
    return sorted(found, key=lambda exchange: exchange.fetched_at)


def hold(home: Home, plain: Home) -> Home:
    """A copy of an archive with these pages; nothing is held back yet."""
    home.path.mkdir(parents=True)
    for file in plain.path.glob("archive.db*"):
        shutil.copy(file, home.path)
    sources = dict(claiming.SOURCES) | {
        CLOSED: source(CLOSED, licence=f"{CLOSED} licence", publisher=f"{CLOSED} press")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "read_figures", claiming.read)
        keep(home, exchanges(), sources)
    store = Store(home.database, write=True)
    with store.transaction():  # what a run may note of a source
        store.conn.execute(
            "insert into findings values (?, 'few', ?, '2031-04-20T06:00:00Z')", (CLOSED, f"{CLOSED}few")
        )
        store.conn.execute("insert into hosts values (?, '2031-04-20T06:00:00Z', 1, 'busy')", (f"{CLOSED}.example",))
        for mark in (CLOSED, RESTRICTED):
            outlet = CLOSED if mark == CLOSED else "staff"
            key = f"{outlet}.example/{mark}-page"
            store.conn.execute("insert or ignore into announced values (?, '2031-04-20', '2031-04-20')", (key,))
        store.conn.execute("update runs set message = ? where id = 1", (f"{CLOSED}message",))
    store.close()
    return home


def numbers(home: Home) -> tuple[int, int]:
    """The numbers of the closed outlet's article and of the one that is to be restricted."""
    store = Store(home.database)
    found = {row["url"]: row["id"] for row in store.articles()}
    store.close()
    return found[f"http://{CLOSED}.example/{CLOSED}-page"], found[f"http://staff.example/{RESTRICTED}-page"]


def decide(home: Home, closed: bool, restricted: bool) -> None:
    """What is held back from now on."""
    _, article = numbers(home)
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update sources set public = ? where id = ?", (not closed, CLOSED))
        store.lift([article])
        if restricted:
            store.restrict([article], "2031-05-01T12:00:00Z", REASON)
    store.close()


class Answer(NamedTuple):
    """What an address answered."""

    path: str
    status: int
    kind: str
    text: str


class Reader:
    """Somebody with a browser; ``actor``: who is signed in."""

    def __init__(self, database: Path, actor: str | None = None, immutable: bool = False, **options: Any) -> None:
        metadata = json.loads(metadata_path().read_text("utf-8"))
        files = {"immutables" if immutable else "files": [str(database)]}
        settings = {**SETTINGS, "allow_download": immutable}
        self.datasette = Datasette(**{"files": (), "metadata": metadata, "settings": settings, **files, **options})
        self.cookies = {"ds_actor": self.datasette.sign({"a": {"id": actor}}, "actor")} if actor else {}

    def get(self, *paths: str) -> list[Answer]:
        """What addresses answer."""

        async def ask() -> list[Answer]:
            found = []
            for path in paths:
                response = await self.datasette.client.get(path, cookies=self.cookies)
                found.append(Answer(path, response.status_code, response.headers["content-type"], response.text))
                if "location" in response.headers:
                    found[-1] = found[-1]._replace(text=response.headers["location"])
            return found

        return asyncio.run(ask())

    def one(self, path: str) -> Answer:
        """What an address answers."""
        return self.get(path)[0]

    def crawl(self, start: Iterable[str], most: int = 3000) -> list[Answer]:
        """Every page that can be reached by links, with each table's filters and orders once alone."""
        waiting, seen, found = list(start), set(map(_shape, start)), []
        while waiting and len(found) < most:
            batch, waiting = waiting[:50], waiting[50:]
            for answer in self.get(*batch):
                found.append(answer)
                for path in links(answer):
                    if _shape(path) not in seen:
                        seen.add(_shape(path))
                        waiting.append(path)
        assert not waiting, f"{len(waiting)} pages are left"
        return found


def links(answer: Answer) -> Iterator[str]:
    """The addresses on this server that an answer names."""
    if answer.status in (301, 302):
        yield urljoin(answer.path, answer.text)
        return
    if not answer.kind.startswith(("text/html", "application/atom")):
        return
    for match in re.finditer(r"""\b(?:href|action|src)="([^"]+)\"""", answer.text):
        url = urlsplit(urljoin(f"http://localhost{answer.path}", unescape(match[1])))
        if url.netloc == "localhost" and not url.path.startswith("/-/"):
            yield url.path + (f"?{url.query}" if url.query else "")


def _shape(path: str) -> str:
    """Addresses that differ in the values of their parameters alone, or in the row of a table, are looked at once."""
    url = urlsplit(path)
    names = sorted(set(re.findall(r"(?:^|&)([^=&]+)", url.query)))
    if url.path.startswith("/archive"):  # facets, orders and filters of Datasette's tables in every combination
        names = names[:1]
    deep = url.path.startswith("/archive/") and url.path.count("/") > 2
    folder = url.path.rpartition("/")[0] if deep else url.path
    return f"{folder}?{names}" if names or deep else path


def given_away(answers: Iterable[Answer], mark: str) -> list[str]:
    """The pages that show anything of what is held back, with what they show."""
    found = []
    for path, status, _, text in answers:
        if match := PROBES[mark].search(unquote(text)):
            found.append(f"{status} {path}: …{text[max(match.start() - 60, 0) : match.end() + 40]}…")
    return found
