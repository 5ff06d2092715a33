"""Puts pages into an archive without a network: the way of a page from WARC on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.home import Home
from archive.ingest import Ingest
from archive.models import Exchange, Source, stamp
from archive.store import Store

START = datetime(2031, 4, 20, 6, 0, tzinfo=UTC)


def source(name: str, **fields: Any) -> Source:
    """A source of that name."""
    row: dict[str, Any] = {"kind": "news", "language": "en", "timezone": "UTC", "homepage": f"http://{name}.example/"}
    return Source(id=name, name=name.title(), **{**row, **fields})


def captured(url: str, html: str | bytes, at: datetime | int = 0, name: str | None = None, **fields: Any) -> Exchange:
    """An answered request; ``at`` a moment, or minutes after START."""
    moment = at if isinstance(at, datetime) else START + timedelta(minutes=at)
    body = html.encode() if isinstance(html, str) else html
    row: dict[str, Any] = {"status": 200, "headers": (("Content-Type", "text/html; charset=utf-8"),), "kind": "page"}
    return Exchange(
        url=url, source=name or url.split("/")[2].split(".")[0], fetched_at=moment, body=body, **{**row, **fields}
    )


def keep(home: Home, exchanges: Iterable[Exchange], sources: Mapping[str, Source] | None = None) -> None:
    """Keep exchanges, one by one: each is committed before the next comes."""
    exchanges = list(exchanges)
    known = dict(sources or {e.source: source(e.source) for e in exchanges})
    home.path.mkdir(parents=True, exist_ok=True)
    store = Store(home.database, write=True)
    with store.transaction():
        store.sync_sources(known.values())
        run = store.begin_run(stamp(datetime.now(UTC)), list(known))
    store.close()
    ingest = Ingest(home, known, run, "tests")
    ingest.start()
    for exchange in exchanges:
        done = threading.Event()
        ingest.submit(exchange, done.set)
        assert done.wait(60)
    ingest.close()


def texts(home: Home) -> dict[str, str]:
    """Address → text of every article."""
    store = Store(home.database)
    rows = store.rows("select url, text from articles order by url")
    store.close()
    return {row["url"]: row["text"] for row in rows}
