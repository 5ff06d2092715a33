"""A crawl that writes while others read: ``python -m benchmarks.writing HOME RATE``, until stdin ends.

Pages come in as a crawl hands them over, so many a second, and go the way of every page: to WARC, to the workers,
into rows, into the index. Every fourth is an edit of one that came before; the words of a new one are those of an
article of the archive in another order. Prints a line when the first page is kept and, when it ends, as JSON how many
came since and in how many seconds.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from archive.home import Home
from archive.ingest import Ingest
from archive.models import Exchange, stamp
from archive.store import Store

EDITS = 4


class Pages:
    """New pages of the sources, and edits of them."""

    def __init__(self, store: Store) -> None:
        self.rows = store.rows
        [newest] = self.rows("select max(id) as id from articles")
        self.newest = newest["id"]
        self.chance = random.Random()
        self.before: deque[tuple[str, str, str, list[str], str]] = deque(maxlen=50)
        self.count = 0

    def next(self) -> Exchange:
        """The next page to come in."""
        self.count += 1
        now = datetime.now(UTC)
        if self.before and self.count % EDITS == 0:
            source, url, title, paragraphs, published = self.before.popleft()
            paragraphs = [*paragraphs, f"This was added at {now:%H:%M}."]
        else:
            [row] = self.rows(
                "select a.source, a.title, a.text, s.homepage from articles a join sources s on s.id = a.source"
                " where a.id >= ? order by a.id limit 1",
                self.chance.randint(1, self.newest),
            )
            source, title = row["source"], self._mixed(row["title"])
            paragraphs = [self._mixed(paragraph) for paragraph in row["text"].split("\n\n")]
            url, published = f"{row['homepage']}{now:%Y/%m/%d}/new-{time.time_ns()}.html", stamp(now)
            self.before.append((source, url, title, paragraphs, published))
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        html = (
            f"<!doctype html><html><head><title>{escape(title)}</title>"
            f'<meta property="article:published_time" content="{published}"></head><body><article>'
            f"<h1>{escape(title)}</h1>{body}</article></body></html>"
        )
        return Exchange(url, source, "page", now, 200, (("Content-Type", "text/html; charset=utf-8"),), html.encode())

    def _mixed(self, text: str) -> str:
        words = text.rstrip(".").lower().split()
        self.chance.shuffle(words)
        return f"{' '.join(words).capitalize()}."


def main() -> None:
    """Write until told to end."""
    home, rate = Home(Path(sys.argv[1])), float(sys.argv[2])
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    store = Store(home.database, write=True)
    sources = {row["id"]: store.source(row["id"]) for row in store.rows("select id from sources")}
    with store.transaction():
        run = store.begin_run(stamp(datetime.now(UTC)), list(sources))
    pages, first = Pages(store), threading.Event()
    with home.writing():
        ingest = Ingest(home, sources, run, "benchmark")
        ingest.start()
        ingest.submit(pages.next(), first.set)
        first.wait()
        print("writing", flush=True)
        began, pages.count = time.monotonic(), 0
        while not ended.wait(max(0.0, began + pages.count / rate - time.monotonic())) and ingest.error is None:
            ingest.submit(pages.next(), lambda: None)
        ingest.close()
    print(json.dumps({"pages": pages.count, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
