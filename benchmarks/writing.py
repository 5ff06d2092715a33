"""A crawl that writes while others read: ``python -m benchmarks.writing HOME RATE``, until stdin ends.

Pages come in as a crawl hands them over, so many a second, and go the way of every page: to WARC, to the workers,
into rows, into the index. Every fourth is an edit of one that came before. Prints, as JSON, how many came and in how
many seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import numpy as np

from archive.home import Home
from archive.ingest import Ingest
from archive.models import Exchange, stamp
from archive.store import Store
from benchmarks import vocabulary

EDITS = 4


class Pages:
    """New pages of the sources, and edits of them."""

    def __init__(self, sources: list[tuple[str, str, str]]) -> None:
        self.sources = sources
        self.words = {language: vocabulary.Vocabulary(language) for _, language, _ in sources}
        self.chance = np.random.default_rng()
        self.before: deque[tuple[str, str, vocabulary.Prose, str]] = deque(maxlen=50)
        self.count = 0

    def next(self) -> Exchange:
        """The next page to come in."""
        self.count += 1
        now = datetime.now(UTC)
        if self.before and self.count % EDITS == 0:
            source, url, prose, published = self.before.popleft()
            paragraphs = [*prose.paragraphs, f"This was added at {now:%H:%M}."]
        else:
            source, language, homepage = self.sources[int(self.chance.integers(0, len(self.sources)))]
            [prose] = self.words[language].write(self.chance, [300], [int(self.chance.integers(0, 60))])
            url, published = f"{homepage}{now:%Y/%m/%d}/new-{time.time_ns()}.html", stamp(now)
            self.before.append((source, url, prose, published))
            paragraphs = prose.paragraphs
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        html = (
            f"<!doctype html><html><head><title>{escape(prose.title)}</title>"
            f'<meta property="article:published_time" content="{published}"></head><body><article>'
            f"<h1>{escape(prose.title)}</h1>{body}</article></body></html>"
        )
        return Exchange(url, source, "page", now, 200, (("Content-Type", "text/html; charset=utf-8"),), html.encode())


def main() -> None:
    """Write until told to end."""
    home, rate = Home(Path(sys.argv[1])), float(sys.argv[2])
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    store = Store(home.database, write=True)
    names = [(row["id"], row["language"], row["homepage"]) for row in store.rows("select * from sources")]
    sources = {name: store.source(name) for name, *_ in names}
    with store.transaction():
        run = store.begin_run(stamp(datetime.now(UTC)), list(sources))
    store.close()
    pages = Pages(names)
    with home.writing():
        ingest = Ingest(home, sources, run, "benchmark")
        ingest.start()
        began = time.monotonic()
        while not ended.wait(max(0.0, began + pages.count / rate - time.monotonic())) and ingest.error is None:
            ingest.submit(pages.next(), lambda: None)
        ingest.close()
    json.dump({"pages": pages.count, "seconds": time.monotonic() - began}, sys.stdout)


if __name__ == "__main__":
    main()
