"""Who carries the same text: what is found and what is not, and what it costs at a million articles.

`make bench-copies`, or `python -m benchmarks.copies`, with `--million` for the last part. Articles are rows without
pages where only their texts matter; the pages of daniel-dev go the way of every page.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.group import Groups
from archive.home import Home
from archive.ingest import Ingest
from archive.models import Exchange, Source, stamp
from archive.store import Store
from benchmarks.alter import KINDS, MERGED, merged
from benchmarks.measure import SHARED
from benchmarks.reports import reports

SEEDS = SHARED.parent / "seeds"
START = datetime(2031, 1, 1, tzinfo=UTC)
COPY = frozenset(("same_text", "near_copy"))
# what the project promises
RECALL, FALSE, MEDIAN, P95, OF_EXTRACTION = 0.97, 0.0005, 1.5, 4.0, 0.1
# of each kind, and what one is altered by: the same each time
EACH, SEED = 130, 5
# articles of a transaction, as a crawl has them, and how many of these are measured
BATCH, ROUNDS = 200, 6
# cases that are printed of each kind
SHOWN = 6


class Shelf:
    """An archive of articles without pages."""

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / "archive.db"
        self.store = Store(self.path, write=True)
        self.groups = Groups(self.store)
        self.conn = self.store.conn
        self.names: dict[int, str] = {}
        with self.store.transaction():
            self.store.sync_sources([_source("bench")])
            self.conn.execute(
                "insert into captures (id, url, url_key, source, kind, fetched_at, outcome)"
                " values (1, '', '', 'bench', 'page', ?, 'new')",
                (stamp(START),),
            )

    def add(self, name: str, text: str, at: datetime) -> int:
        """A row for an article, not yet looked up."""
        cursor = self.conn.execute(
            "insert into articles (url, source, title, published, first_seen, last_checked, text, words, text_sha256,"
            " revisions, capture, extractor) values (?, 'bench', ?, ?, ?, ?, ?, ?, '', 1, 1, '')",
            (f"http://bench.example/{name}", name, stamp(at), stamp(at), stamp(at), text, len(text.split())),
        )
        article = int(cursor.lastrowid or 0)
        self.names[article] = name
        return article

    def fill(self, texts: Iterable[tuple[str, str, datetime]]) -> None:
        """Add articles and bring all in line, 200 a transaction as a crawl does."""
        batch = list(texts)
        for start in range(0, len(batch), 200):
            with self.store.transaction():
                for name, text, at in batch[start : start + 200]:
                    self.groups.update(self.add(name, text, at))

    def links(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All links, by the names of their ends as they stand."""
        return {
            (self.names[r["article"]], self.names[r["other"]]): r for r in self.store.rows("select * from copies")
        }

    def close(self) -> None:
        """Close the database."""
        self.store.close()


def _source(name: str) -> Source:
    return Source(id=name, name=name, kind="news", language=None, timezone="UTC", homepage=f"http://{name}.example/")


def labelled(name: str) -> Iterator[dict[str, Any]]:
    """The rows of a labelled corpus."""
    with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def alterations() -> bool:
    """Ten kinds of alterations: is each found, as what it is, and is nothing else taken for a copy?"""
    rows = [row for row in labelled("fundus-dev") if row["gold"]]
    texts = {row["name"]: row["gold"] for row in rows}
    language = {row["name"]: row["lang"] for row in rows}
    chance = random.Random(SEED)
    articles = [(name, text, START + timedelta(minutes=n)) for n, (name, text) in enumerate(texts.items())]
    # name of an altered one → (kind, the originals it carries)
    made: dict[str, tuple[str, list[str]]] = {}
    for kind in (*KINDS, MERGED):
        for n, name in enumerate(chance.sample(sorted(texts), min(EACH, len(texts)))):
            if kind == MERGED:
                fellows = [other for other in texts if other != name and language[other] == language[name]]
                other = chance.choice(fellows or [other for other in texts if other != name])
                text, of = merged(texts[name], texts[other]), [name, other]
            else:
                text, of = KINDS[kind](texts[name], chance), [name]
            title = f"{kind} of {' and '.join(of)}"
            made[title] = kind, of
            articles.append((title, text, START + timedelta(days=1, minutes=n)))
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(folder)
        shelf.fill(articles)
        links, stories = shelf.links(), _stories(shelf)
        shelf.close()
    print(f"{len(texts)} texts of fundus-dev, altered in {len(KINDS) + 1} ways")
    found, wanted = 0, 0
    for kind in (*KINDS, MERGED):
        missed, right, asked = [], 0, 0
        for title, (its_kind, of) in made.items():
            if its_kind != kind:
                continue
            for original in of:
                link = links.get((original, title)) or links.get((title, original))
                relation = link["relation"] if link else "no link"
                is_right = relation in COPY if kind != MERGED else (
                    relation == "contains" and (title, original) in links
                )  # fmt: skip
                asked += 1
                right += is_right
                if not is_right:
                    missed.append(f"{title}: {original}: {relation}" + (f", {link['reason']}" if link else ""))
        found, wanted = found + right, wanted + asked
        print(f"  {kind:<20}{right:>5} of {asked} ({right / asked:.3f})")
        _print_some(missed)
    wrong = [
        f"{a} | {b}: {link['relation']}, {link['reason']}"
        for (a, b), link in links.items()
        if link["relation"] in COPY and not set(made.get(a, ("", [a]))[1]) & set(made.get(b, ("", [b]))[1])
    ]
    # merged pages carry two originals: every other article carries one
    plain = [[title for title in story if made.get(title, ("",))[0] != MERGED] for story in stories]
    mixed = [story for story in plain if len({made[t][1][0] if t in made else t for t in story}) > 1]
    print(
        f"  all kinds {found / wanted:.3f} (at least {RECALL}); copies between different originals {len(wrong)} (0);"
    )
    print(f"  stories that join different originals {len(mixed)} (0)")
    _print_some(wrong)
    _print_some([" | ".join(sorted(story)) for story in mixed])
    return found / wanted >= RECALL and not wrong and not mixed


def _stories(shelf: Shelf) -> list[list[str]]:
    found = defaultdict(list)
    for row in shelf.store.rows("select id, story from articles where story is not null"):
        found[row["story"]].append(shelf.names[row["id"]])
    return list(found.values())


def captures() -> bool:
    """One address captured on several days, as articles of their own, cleaned as every page is."""
    exchanges = []
    sources = {}
    which: dict[str, tuple[str, str]] = {}
    for n, row in enumerate(labelled("daniel-dev")):
        host, key = row["host"], row["name"].rsplit("_", 1)[-1]
        url = f"http://{host}/{key}/{row['day']}"
        sources[host] = _source(host)
        which[url] = host, key
        html = re.sub(r"rel=([\"']?)canonical", r"rel=\1formerly", row["html"])  # else they are one article
        at = datetime.strptime(row["day"], "%Y%m%d").replace(tzinfo=UTC) + timedelta(seconds=n)
        headers = (("Content-Type", "text/html; charset=utf-8"),)
        exchanges.append(Exchange(url, host, "page", at, 200, headers, html.encode()))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        _keep(home, exchanges, sources)
        store = Store(home.database)
        urls = {r["id"]: r["url"] for r in store.rows("select id, url from articles") if r["url"] in which}
        linked = {
            frozenset((urls[r["article"]], urls[r["other"]])): r
            for r in store.rows("select * from copies where relation in ('same_text', 'near_copy')")
            if r["article"] in urls and r["other"] in urls
        }
        empty = {
            r["url"]
            for r in store.rows("select url from articles join signatures on article = id where minhash = x''")
            if r["url"] in which
        }
        store.close()
    pairs = [p for p in combinations(sorted(urls.values()), 2) if which[p[0]][0] == which[p[1]][0]]
    same = [p for p in pairs if which[p[0]] == which[p[1]]]
    missed = [f"{a} | {b}" for a, b in same if frozenset((a, b)) not in linked and not {a, b} & empty]
    others = [p for p in pairs if which[p[0]] != which[p[1]]]
    false = [p for p in others if frozenset(p) in linked]
    share = len(false) / len(others)
    print(
        f"daniel-dev: {len(urls)} articles, {len(empty)} without a text; {len(same)} pairs of one address,"
        f" {len(missed)} not found (0);"
    )
    print(
        f"  {len(others)} other pairs of one host, {len(false)} taken for copies ({share:.3%}, at most {FALSE:.2%})"
    )
    _print_some(missed)
    _print_some([f"{a} | {b}: {linked[frozenset((a, b))]['reason']}" for a, b in false], 20)
    return not missed and share <= FALSE


def _keep(home: Home, exchanges: Iterable[Exchange], sources: Mapping[str, Source]) -> None:
    home.path.mkdir(parents=True, exist_ok=True)
    store = Store(home.database, write=True)
    with store.transaction():
        store.sync_sources(sources.values())
        run = store.begin_run(stamp(datetime.now(UTC)), list(sources))
    store.close()
    ingest = Ingest(home, dict(sources), run, "bench")
    ingest.start()
    for exchange in exchanges:
        done = threading.Event()
        ingest.submit(exchange, done.set)
        done.wait(120)
    ingest.close()


def series() -> bool:
    """Daily reports of losses: none is a copy of another, each is linked with the one before it."""
    texts = {report.day.isoformat(): "\n".join(report.lines) for report in reports(SHARED)}
    at = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in texts]
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(folder)
        started = time.perf_counter()
        shelf.fill((day, text, when) for (day, text), when in zip(texts.items(), at, strict=True))
        spent = time.perf_counter() - started
        links = shelf.links()
        shelf.close()
    days = list(texts)
    kinds = Counter(link["relation"] for link in links.values())
    consecutive = [(b, a) for a, b in pairwise(days)]
    missed = [" after ".join(pair) for pair in consecutive if pair not in links]
    copies = sum(count for kind, count in kinds.items() if kind != "template_series")
    found = len(consecutive) - len(missed)
    print(
        f"{len(days)} daily reports: {copies} copies (0), {found} of {len(consecutive)} linked with the one before,"
        f" {kinds['template_series'] - found} with another ({1000 * spent / len(days):.1f} ms each)"
    )
    _print_some(missed)
    return copies == 0 and not missed


def seeds() -> bool:
    """The five real texts; the first one's page holds a report and a release, each an article."""
    if not SEEDS.is_dir():
        print(f"skipped: the seed texts are not at {SEEDS}")
        return True
    parts: dict[str, str] = {}
    for path in sorted(SEEDS.glob("*.txt")):
        text = path.read_text("utf-8").split("Share the Post:")[0]
        number = path.name[:3]
        if number == "000":
            heading = text.index("NATO Secretary-General")
            parts["000 report"], parts["000 release"] = text[:heading], text[heading:]
        else:
            parts[number] = text
    wanted = {
        frozenset(("000 release", "001")): "shared_quotes",
        frozenset(("000 release", "003")): "shared_quotes",
    }
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(folder)
        shelf.fill((name, text, START + timedelta(hours=n)) for n, (name, text) in enumerate(parts.items()))
        links = {frozenset(pair): link for pair, link in shelf.links().items()}
        rows = shelf.store.rows("select wording, count(*) as sentences from shared_quotations group by wording")
        shelf.close()
    right = {pair: link["relation"] for pair, link in links.items()} == wanted
    print(f"seeds: {'as they should be' if right else 'WRONG'}; sentences that both quote: "
          + ", ".join(f"{row['sentences']} {row['wording']}" for row in rows))  # fmt: skip
    for pair, link in sorted(links.items(), key=lambda item: sorted(item[0])):
        print(f"  {' | '.join(sorted(pair))}: {link['relation']} {link['score']}, {link['reason']}")
    return right


_SYLLABLES = "var den mor tal quil ber sto lan fen gar hol mir nes por rud sel tor ul wen yar".split()  # noqa: SIM905


def _words(chance: random.Random) -> list[str]:
    """A vocabulary, the most frequent words first: 150 small ones, then longer ones.

    Not in the order of the alphabet: else frequent words had their beginnings in common, and of two texts' quotations
    one pair in eight would share a key (of labelled texts in one language 23 of 657 pairs do, of these 1 in 60).
    """
    longer = sorted({"".join(chance.choices(_SYLLABLES, k=2 + n % 3)) for n in range(25_000)})
    chance.shuffle(longer)
    return [f"{a}{b}" for a in "abcdeghiklmnorstu"[:15] for b in "aeiouaeiou"] + longer


def _article(chance: random.Random, vocabulary: list[str]) -> str:
    """A text of about 400 words in 22 sentences, of which three are quoted, one in twenty of them everybody's.

    A word of rank n has a share of 1/n of all (Zipf's law): the logarithm of its rank is uniform.
    """
    out = []
    for n in range(22):
        words = [vocabulary[int(len(vocabulary) ** chance.random()) - 1] for _ in range(18)]
        sentence = " ".join(words).capitalize()
        if n not in (5, 6, 15) and chance.random() < 0.05:
            sentence = f"More on this story will follow on page {chance.randrange(40)} of the paper tomorrow"
        out.append(f"“{sentence},” said Mara Quill." if n in (5, 6, 15) else f"{sentence}.")
    return " ".join(out)


def million(size: int) -> bool:
    """What it costs to look an article up and insert it, at ten thousand articles and at a hundred times as many.

    Both and the extraction of pages in turns: what else the machine does slows all three.
    """
    chance = random.Random(SEED)
    vocabulary = _words(chance)
    costs: dict[int, list[float]] = {10_000: [], size: []}
    extraction: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        shelves = {}
        for count in costs:
            (Path(folder) / str(count)).mkdir()
            shelf = shelves[count] = Shelf(Path(folder) / str(count))
            # real rows to take the shape of the rest from
            texts = ((f"real{n}", _article(chance, vocabulary), START + timedelta(minutes=n)) for n in range(1000))
            shelf.fill(texts)
            _fill(shelf.conn, 1000, count)
        earlier: dict[int, list[str]] = {count: [] for count in costs}
        for n, pages in enumerate(_batches(list(labelled("fundus-dev"))[:60], ROUNDS)):
            extraction += map(_extraction, pages)
            for count, shelf in shelves.items():
                costs[count] += _measure(shelf, chance, vocabulary, earlier[count], count + 1000 + BATCH * n)
        large = shelves[size]
        have = large.store.rows("select max(id) as n from articles")[0]["n"]
        sizes = _sizes(large.conn)
        keys = large.store.rows("select count(*) as n from lookups")[0]["n"]
        for shelf in shelves.values():
            shelf.close()
    page = statistics.median(extraction)
    medians = [statistics.median(found) for found in costs.values()]
    late = [sorted(found)[int(0.95 * len(found))] for found in costs.values()]
    print(f"look-up and insert: median and 95th percentile at 10,000 {medians[0]:.2f} and {late[0]:.2f} ms,"
          f" at {size:,} {medians[1]:.2f} and {late[1]:.2f} ms: {medians[1] / medians[0]:.2f} times"
          f" (at most {MEDIAN}) and {late[1] / late[0]:.2f} times (at most {P95})")  # fmt: skip
    print(f"  extracting a page takes {page:.1f} ms: {medians[1] / page:.3f} of it (at most {OF_EXTRACTION})")
    print(
        f"  an article: {keys / have:.0f} keys, "
        + ", ".join(f"{name} {size / have:.0f} bytes" for name, size in sizes.items())
    )
    fast = medians[1] <= MEDIAN * medians[0] and late[1] <= P95 * late[0]
    return fast and medians[1] <= OF_EXTRACTION * page


def _batches(rows: list[dict[str, Any]], count: int) -> Iterator[list[dict[str, Any]]]:
    for n in range(count):
        yield rows[n::count]


def _sizes(conn: sqlite3.Connection) -> dict[str, int]:
    """Bytes of what copies are found by; nothing where this SQLite cannot tell."""
    try:
        return dict(
            conn.execute(
                "select name, sum(pgsize) from dbstat where name in"
                " ('lookups', 'signatures', 'copies', 'copies_other', 'copies_relation') group by name"
            )
        )
    except sqlite3.OperationalError:
        return {}


def _fill(conn: sqlite3.Connection, have: int, count: int) -> None:
    """Rows as the real ones have them, up to so many articles: each with keys of its own and some of everybody's."""
    chance = np.random.default_rng(count)
    per_article = (
        conn.execute("select count(*) from lookups").fetchone()[0]
        / conn.execute("select count(*) from signatures").fetchone()[0]
    )
    common = [r[0] for r in conn.execute("select key from lookups group by key having count(*) > 4")]
    conn.execute("begin")
    sample = conn.execute("select minhash, sentences, quoted, stems, words from signatures limit 1").fetchone()
    at = int(START.timestamp())
    conn.executemany(
        "insert into articles (id, url, source, title, published, first_seen, last_checked, text, words, text_sha256,"
        " revisions, capture, extractor) values (?, ?, 'bench', '', ?, '', '', ?, 400, '', 1, 1, '')",
        (
            (n, f"http://bench.example/{n}", stamp(START + timedelta(minutes=n)), "")
            for n in range(have + 1, count + 1)
        ),
    )
    blobs = [chance.bytes(len(blob)) for blob in sample[:4]]
    conn.executemany(
        "insert into signatures values (?, '', ?, ?, ?, ?, ?, ?, x'')",
        ((n, at + 60 * n, sample[4], *blobs) for n in range(have + 1, count + 1)),
    )
    conn.execute("commit")
    new = np.arange(have + 1, count + 1)
    spread_keys(conn, chance, new, at + 60 * new, per_article, common)


def spread_keys(
    conn: sqlite3.Connection,
    chance: np.random.Generator,
    articles: NDArray[np.int64],
    times: NDArray[np.int64],
    per_article: float,
    common: Sequence[int],
) -> None:
    """So many keys for each article (``times``: in seconds), one in fifty a ``common`` one.

    In stretches of the key space, several times over, so that pages are as full as after insertion one by one.
    """
    count = int(len(articles) * per_article)
    rounds, stretches = 3, max(1, count // 3 // 500_000)
    for _ in range(rounds):
        for stretch in range(stretches):
            size = count // rounds // stretches
            low = -(1 << 47) + (1 << 48) // stretches * stretch
            keys = chance.integers(low, low + (1 << 48) // stretches, size)
            shared = chance.random(size) < 0.02
            keys[shared] = chance.choice(common, int(shared.sum()))
            keys.sort()
            which = chance.integers(0, len(articles), size)
            rows = zip(keys.tolist(), times[which].tolist(), articles[which].tolist(), strict=True)
            conn.execute("begin")
            conn.executemany("insert or ignore into lookups values (?, ?, ?)", rows)
            conn.execute("commit")
    conn.execute("pragma wal_checkpoint(truncate)")


def _measure(
    shelf: Shelf, chance: random.Random, vocabulary: list[str], earlier: list[str], minute: int
) -> list[float]:
    """Milliseconds for each article of a transaction, of which one in ten is a copy of an ``earlier`` one; its share
    of the commit is in it. Processor time: what others do on this machine is not."""
    spent = []
    shelf.conn.execute("begin immediate")
    for n in range(BATCH):
        text = _article(chance, vocabulary)
        if earlier and n % 10 == 0:
            text = chance.choice(earlier) + " A sentence was added to it by somebody at the desk."
        earlier.append(text)
        article = shelf.add(f"new {minute + n}", text, START + timedelta(minutes=minute + n))
        started = time.process_time()
        shelf.groups.update(article)
        spent.append(time.process_time() - started)
    started = time.process_time()
    shelf.conn.execute("commit")
    share = (time.process_time() - started) / BATCH
    return [1000 * (one + share) for one in spent]


def _extraction(row: dict[str, Any]) -> float:
    """What extracting a labelled page takes, in milliseconds of processor time."""
    from archive.extract import read

    html = row["html"].encode()
    started = time.process_time()
    read(html, None, "text/html; charset=utf-8", "http://bench.example/a", "UTC", None, "24h", None)
    return 1000 * (time.process_time() - started)


def _print_some(lines: list[str], count: int = SHOWN) -> None:
    for line in lines[:count]:
        print(f"      {line}")
    if len(lines) > count:
        print(f"      and {len(lines) - count} more")


def main() -> int:
    """Print all figures; 1 where one is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="also measure at a million articles (half an hour)")
    parser.add_argument("--size", type=int, default=1_000_000, help="at so many instead")
    parser.add_argument("--only", choices=("alterations", "captures", "series", "seeds", "million"))
    asked = parser.parse_args()
    if not SHARED.is_dir():
        print(f"skipped: the labelled pages are not at {SHARED}", file=sys.stderr)
        return 0
    parts = {"alterations": alterations, "captures": captures, "series": series, "seeds": seeds}
    kept = [part() for name, part in parts.items() if asked.only in (None, name)]
    if asked.million or asked.only == "million":
        kept.append(million(asked.size))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
