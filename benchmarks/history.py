"""What revisions cost at 100,000 edits: the lists of edits, the search over all revisions, and bytes an article.

``python -m benchmarks.history [ARTICLES]`` makes an archive of synthetic rows (each second article was edited ten
times; texts of 300 words from a vocabulary as uneven as a language's) and prints the median and the slowest of nine.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from archive.diff import words_changed
from archive.store import Store
from archive.web import cells
from archive.web.server import metadata_path

ARTICLES = 20_000
EDITED, TEXTS, WORDS, SOURCES = 2, 11, 300, 40
QUERIES = json.loads(metadata_path().read_text("utf-8"))["databases"]["archive"]["queries"]


def main() -> None:
    """Make the archive, measure, print."""
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.db"
        store = Store(path, write=True)
        store.conn.execute("pragma synchronous = off")
        fill(store, articles)
        store.conn.execute("analyze")
        sizes = {
            name: store.conn.execute("select sum(pgsize) from dbstat where name like ?", (f"{name}%",)).fetchone()[0]
            for name in ("search_text_fts", "earlier_texts_fts", "revisions")
        }
        store.close()
        edits = articles // EDITED * (TEXTS - 1)
        print(f"{articles:,} articles, {edits:,} edits, {path.stat().st_size / 2**20:,.0f} MB")
        print(f"index over the texts shown: {sizes['search_text_fts'] / articles:,.0f} bytes a text")
        print(
            f"index over earlier texts: {sizes['earlier_texts_fts'] / edits:,.0f} bytes a text,"
            f" {sizes['earlier_texts_fts'] / 2**20:,.0f} MB; nothing for an article that was never edited"
        )
        measure(path)


def fill(store: Store, articles: int) -> None:
    """Rows as a crawl leaves them, as far as edits are concerned."""
    rng = random.Random(5)
    vocabulary = [f"w{n}" for n in range(50_000)]
    weights = [1 / (n + 10) for n in range(len(vocabulary))]
    conn = store.conn
    capture = revision = 0
    spent = []
    for source in range(SOURCES):
        conn.execute("insert into sources (id, name, kind) values (?, ?, 'news')", (f"s{source}", f"S{source}"))
    for start in range(0, articles, 1000):
        with store.transaction():
            for article in range(start + 1, start + 1001):
                text = rng.choices(vocabulary, weights, k=WORDS)
                # the last source has one article in ten thousand
                source = f"s{SOURCES - 1}" if article % 10_000 == 0 else f"s{article % (SOURCES - 1)}"
                texts = TEXTS if article % EDITED == 0 else 1
                first = capture + 1
                for number in range(1, texts + 1):
                    capture, revision = capture + 1, revision + 1
                    day = f"2031-{1 + number:02}-{1 + article % 28:02}"
                    at = f"{day}T{article % 24:02}:{article % 60:02}:00.{article % 1000:03}Z"
                    conn.execute(
                        "insert into captures (id, url, url_key, source, kind, fetched_at, status, outcome)"
                        " values (?, ?, ?, ?, 'page', ?, 200, 'unchanged')",
                        (capture, f"http://s.example/{article}", f"s.example/{article}", source, at),
                    )
                    if number == 1:
                        conn.execute(
                            "insert into articles (id, url, source, title, first_seen, last_checked, text, words,"
                            " text_sha256, revisions, capture, extractor)"
                            " values (?, ?, ?, ?, ?, ?, '', ?, '', ?, ?, '')",
                            (
                                article,
                                f"http://s.example/{article}",
                                source,
                                f"T {article}",
                                at,
                                at,
                                WORDS,
                                texts,
                                first,
                            ),
                        )
                    conn.execute("insert into capture_articles values (?, ?, null)", (capture, article))
                    before, text = text, list(text)
                    if number > 1:
                        text[rng.randrange(WORDS)] = f"n{rng.randrange(10**6)}"
                    words = " ".join(text)
                    began = time.perf_counter()
                    changed = words_changed(" ".join(before), words)
                    spent.append(time.perf_counter() - began)
                    row = {
                        "id": revision, "article": article, "number": number, "first_capture": capture,
                        "seen_from": at, "seen_to": at, "title": f"T {article}", "text": words, "text_sha256": "",
                        "words_added": changed[0], "words_removed": changed[1], "source": source,
                        "superseded": number < texts, "stated": rng.randrange(20) > 0 if number > 1 else None,
                        "numbers": '[{"old": ["1"], "new": ["2"]}]' if number > 1 and rng.random() < 0.3 else None,
                    }  # fmt: skip
                    store.put_revision(None, row)
                conn.execute("update articles set text = ? where id = ?", (words, article))
                conn.execute("insert into search_text values (?, ?, ?, '')", (article, f"T {article}", words))
    print(f"comparing two texts of {WORDS} words: median {1000 * statistics.median(spent):.2f} ms")


def measure(path: Path) -> None:
    """Print how long a reader waits for each list."""
    conn = sqlite3.connect(path)
    cells.prepare_connection(conn)
    lists = {
        "changes, newest": ("select * from changes limit 51", {}),
        "changes of a source": ("select * from changes where source = :s limit 51", {"s": "s3"}),
        "changes of a source with few": (
            "select * from changes where source = :s limit 51",
            {"s": f"s{SOURCES - 1}"},
        ),
        "changes, oldest first": ("select * from changes order by seen_from limit 51", {}),
        "proofs of a revision": ("select * from proofs where revision = 777", {}),
        "gone": ("select * from gone limit 51", {}),
        "edits without a new time": (QUERIES["unstated_changes"]["sql"], {"source": ""}),
        "the same of a source": (QUERIES["unstated_changes"]["sql"], {"source": "s3"}),
        "changed numbers": (QUERIES["changed_numbers"]["sql"], {"source": "", "number": ""}),
        "a changed number that is rare": (QUERIES["changed_numbers"]["sql"], {"source": "", "number": "3"}),
        "all revisions, a rare word": (QUERIES["search_history"]["sql"], {"q": "w49000", "source": ""}),
        "all revisions, a phrase": (QUERIES["search_history"]["sql"], {"q": '"w3 w4 w5"', "source": ""}),
        "all revisions, a common word": (QUERIES["search_history"]["sql"], {"q": "w100", "source": ""}),
        "all revisions, the commonest word": (QUERIES["search_history"]["sql"], {"q": "w0", "source": ""}),
    }
    for name, (sql, values) in lists.items():
        times = []
        for _ in range(9):
            began = time.perf_counter()
            found = len(conn.execute(sql, values).fetchall())
            times.append(1000 * (time.perf_counter() - began))
        print(f"{name}: {found} rows, {statistics.median(times):.1f} ms, at most {max(times):.1f}")
    conn.close()


if __name__ == "__main__":
    main()
