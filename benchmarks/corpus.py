"""Labelled pages: read, put through the archive as a crawl would, and scored."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from archive.boilerplate import compose
from archive.extract import read
from archive.fingerprint import ALL_STEPS
from archive.models import Exchange, Kept, Page, Source, stamp
from archive.revise import Reviser
from archive.store import Store
from archive.urls import url_key

# all within one window of evidence, a minute apart
START = datetime(2031, 4, 20, 6, 0, tzinfo=UTC)
# words of a shingle
SIZE = 4
# scripts written without spaces: each character is a word
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
T, R = TypeVar("T"), TypeVar("R")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A page with the text that people say it has."""

    name: str
    host: str
    language: str
    html: bytes
    gold: str

    @property
    def url(self) -> str:
        """An address for it: the sets have none."""
        return f"http://{re.sub(r'[^a-z0-9.-]', '-', self.host.lower())}.example/{self.name}"


@dataclass(frozen=True, slots=True)
class Text:
    """What the archive shows of a page."""

    summary: str
    text: str

    @property
    def whole(self) -> str:
        """Standfirst and text."""
        return "\n".join(part for part in (self.summary, self.text) if part)


@dataclass(frozen=True, slots=True)
class Scored:
    """``f1``: of mean precision and mean recall; ``page_f1``: mean of the pages' own; ``recalls`` of each page."""

    f1: float
    page_f1: float
    recalls: tuple[float, ...]


def load(path: Path) -> tuple[Labelled, ...]:
    """The pages of a set (JSON lines, gzipped)."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return tuple(
        Labelled(
            row["name"],
            row["host"],
            row["lang"],
            base64.b64decode(row["html_base64"]) if "html_base64" in row else row["html"].encode("utf-8", "replace"),
            row["gold"],
        )
        for row in rows
    )


def digest(path: Path) -> str:
    """Names a set: the floors hold for this one."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def several(pages: Sequence[Labelled]) -> tuple[Labelled, ...]:
    """The pages of hosts with two or more of them."""
    hosts = Counter(page.host for page in pages)
    return tuple(page for page in pages if hosts[page.host] > 1)


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results of pure work, by all cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(work, items, chunksize=8))


def read_all(pages: Sequence[Labelled], steps: frozenset[str] = ALL_STEPS) -> dict[str, Page]:
    """What each page is read to, by name."""
    return dict(zip((p.name for p in pages), side_by_side(partial(_read, steps=steps), pages), strict=True))


def _read(page: Labelled, steps: frozenset[str]) -> Page:
    return read(page.html, None, "text/html; charset=utf-8", page.url, "UTC", None, steps=steps)


def keep(
    pages: Sequence[Labelled],
    readings: Mapping[str, Page],
    without: frozenset[str] = frozenset(),
    order: Sequence[int] | None = None,
    times: int = 1,
) -> dict[str, Text]:
    """The texts after all pages are in an archive, each host a source: the way from a worker's page to a text is the
    archive's own.

    ``without``: rules for marks that are left out. ``order``: in which the pages come (indices), each with the moment
    of capture that it has anyway. ``times``: how often each is captured.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "archive.db", write=True)
        store.conn.execute("pragma synchronous = off")
        sources = {p.host: Source(_slug(p.host), p.host, "news", None, "UTC", p.url) for p in pages}
        reviser = Reviser(store, without)
        with store.transaction():
            store.sync_sources(sources.values())
            run = store.begin_run(stamp(START), [])
            captures: dict[str, int] = {}
            affected: set[int] = set()
            for visit in range(times):
                for n in order or range(len(pages)):
                    page, held = pages[n], readings[pages[n].name]
                    at = START + timedelta(minutes=n, days=visit)
                    exchange = Exchange(page.url, sources[page.host].id, "page", at, 200)
                    capture = store.add_capture(
                        Kept(exchange, None, run), url_key(page.url), "unchanged", held.payload_sha256, None
                    )
                    own, others = reviser.attach(capture, page.url, (), exchange.source, stamp(at), held)
                    captures[page.name] = capture
                    affected |= own | others
            for article in sorted(affected):
                reviser.settle(article, stamp(START), None)
        found = {name: _shown(store, capture) for name, capture in captures.items()}
        store.close()
    return found


def _slug(host: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")


def _shown(store: Store, capture: int) -> Text:
    """The text that a capture carries, all its parts in page order."""
    rows = store.rows(
        "select ca.reading from capture_articles ca join articles a on a.id = ca.article where ca.capture = ?"
        " and ca.reading is not null order by a.position",
        capture,
    )
    summaries, texts = [], []
    for row in rows:
        blocks, marks = store.blocks(row["reading"])
        standfirst = [block for block, mark in zip(blocks, marks, strict=True) if mark == "summary"]
        summaries.append(compose(standfirst, [None] * len(standfirst)))
        texts.append(compose(blocks, marks))
    return Text("\n".join(filter(None, summaries)), "\n".join(filter(None, texts)))


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Bag of word 4-grams; a shorter text is one."""
    words = _WORD.findall(_UNSEEN.sub("", unicodedata.normalize("NFKC", text)))
    return Counter(tuple(words[i : i + SIZE]) for i in range(max(1, len(words) - SIZE + 1))) if words else Counter()


def score(pages: Sequence[Labelled], texts: Mapping[str, str]) -> Scored:
    """Compare texts with the labels, by word 4-grams."""
    precisions, recalls, each = [], [], []
    for page in pages:
        wanted, had = shingles(page.gold), shingles(texts[page.name])
        shared, wants, has = (wanted & had).total(), wanted.total(), had.total()
        if has:
            precisions.append(shared / has)
        recalls.append(shared / wants if wants else 1.0)
        each.append(2 * shared / (wants + has) if wants + has else 1.0)
    precision = sum(precisions) / max(1, len(precisions))
    recall = sum(recalls) / max(1, len(recalls))
    return Scored(
        2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        sum(each) / max(1, len(each)),
        tuple(recalls),
    )
