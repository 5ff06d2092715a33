"""Runs the real command against the demo site, and says what an archive holds apart from when it was made."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from archive.home import Home
from archive.store import Store

COMMAND = [sys.executable, "-m", "crawler"]


def catalogue(home: Home, text: str) -> None:
    """Make a text the home's own catalogue."""
    home.path.mkdir(parents=True, exist_ok=True)
    home.sources.write_text(text, "utf-8")


def demo_catalogue(delay: float = 0) -> str:
    """The demo outlets' catalogue, with another delay."""
    text = files("crawler").joinpath("demo/sources.toml").read_text("utf-8")
    return text.replace("delay = 0\n", f"delay = {delay}\n")


def outlet(name: str, *discovery: str, **keys: Any) -> str:
    """A catalogue entry for NAME.example; ``discovery`` are paths: those ending in .xml are feeds."""
    rows = {
        "name": name,
        "kind": "news",
        "timezone": "UTC",
        "homepage": f"http://{name}.example/",
        "delay": 0,
        **keys,
    }
    lines = [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in rows.items())]
    for path in discovery or ("/",):
        kind = "feed" if path.endswith(".xml") else "listing"
        lines += [f"[[{name}.discovery]]", f'kind = "{kind}"', f'url = "http://{name}.example{path}"']
    return "\n".join(lines) + "\n"


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `communique` to its end, as cron does: no terminal."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False)


def crawl_arguments(home: Home, address: str, *sources: str) -> list[str]:
    """The arguments that crawl sources of the home's own catalogue at a demo site's address, due or not."""
    return ["crawl", "--again", *sources, "--home", str(home.path), "--connect-to", f"*.example={address}"]


def crawl(home: Home, address: str, *sources: str) -> subprocess.CompletedProcess[str]:
    """Crawl them."""
    return command(*crawl_arguments(home, address, *sources))


def rows(home: Home, sql: str, *values: object) -> list[dict[str, Any]]:
    """The rows of a query."""
    store = Store(home.database)
    try:
        return store.rows(sql, *values)
    finally:
        store.close()


def contents(home: Home) -> dict[str, list[dict[str, Any]]]:
    """Everything an archive holds but for ids, times of capture, places in WARC files and the runs themselves."""
    queries = {
        "articles": "select url, part, position, source, publisher, title, headline, byline, published,"
        " published_printed, published_from, published_day, modified, modified_from, gone_at is null as there, language,"
        " section, tags, image, summary, text, words, text_sha256, revisions, extractor from articles order by url, part",
        "addresses": "select d.url_key, a.url from addresses d join articles a on a.id = d.article order by 1",
        "revisions": "select a.url, r.number, r.source, r.title, r.text, r.words_added, r.words_removed, r.superseded,"
        " r.stated, r.numbers from revisions r"
        " join articles a on a.id = r.article where r.folded_into is null order by 1, 2",
        "blocks": "select a.url, b.position, b.kind, b.text, b.hash, b.link_share, b.mark from articles a"
        " join capture_articles ca on ca.capture = a.capture and ca.article = a.id join blocks b on b.reading = ca.reading"
        " order by 1, 2",
        "hidden": "select a.url, h.position, h.text, h.reason, h.documents from hidden_blocks h"
        " join articles a on a.id = h.article order by 1, 2",
        "search": "select a.url, s.title, s.text, s.stems from search_text s join articles a on a.id = s.article order by 1",
        "sightings": "select s.source, s.hash, a.url from sightings s join articles a on a.id = s.article order by 1, 2, 3",
        "payloads": "select distinct url_key, payload_sha256, status from captures where kind = 'page' and status = 200"
        " order by 1, 2",
        "sources": "select id, name, state from sources order by id",
    }
    return {name: rows(home, sql) for name, sql in queries.items()}


def warc_files(home: Home) -> list[Path]:
    """The WARC files, unfinished ones too."""
    return sorted(home.warc.iterdir())
