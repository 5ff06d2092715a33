"""How well a search finds other forms of a word than a text prints, over the demo archive.

    python -m benchmarks.searching [--home DIR] [--all]

Recall is the share of pairs (query, article) of benchmarks/searches.toml that are found, false hits the share of
articles found, by all queries in the whole archive, that hold no form of the query's word. Beside both stands stock
FTS5 (unicode61) over the same texts. Each query is a form that none of its articles prints. Ends with 1 below the
floors in floors.json. ``--home``: a demo archive that is there already.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.home import Home
from archive.query import indexed, parse
from archive.schema import TOKENIZE
from archive.stems import fold, tokens

SEARCHES = Path(__file__).with_name("searches.toml")
FLOORS = Path(__file__).with_name("floors.json")
NAME = "searches"


@dataclass(frozen=True, slots=True)
class Text:
    """An article as it is searched."""

    url: str
    language: str | None
    title: str
    text: str

    def words(self) -> frozenset[str]:
        """Its words, folded; those that an apostrophe joins as one too."""
        whole = f"{self.title}\n{self.text}"
        joined = whole.translate(dict.fromkeys(map(ord, "'’ʼ`"), None))
        return frozenset(word for part in (whole, joined) for _, _, word in tokens(part))


@dataclass(frozen=True, slots=True)
class Search:
    """A query with the forms of its word that the archive prints, and the articles that print one.

    ``forms`` empty: no article prints one, and there are words that look like it.
    """

    language: str
    query: str
    forms: tuple[str, ...]
    articles: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What a way to search found of the pairs, and what besides."""

    pairs: int = 0
    found: int = 0
    hits: int = 0
    false: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.pairs if self.pairs else 1.0

    @property
    def wrong(self) -> float:
        return self.false / self.hits if self.hits else 0.0


def load(path: Path = SEARCHES) -> list[Search]:
    """The quality set."""
    data = tomllib.loads(path.read_text("utf-8"))
    return [
        Search(one["language"], one["query"], tuple(one.get("forms", "").split()), tuple(one.get("articles", ())))
        for one in data["search"]
    ]


def texts(home: Home) -> list[Text]:
    """The articles of an archive."""
    with sqlite3.connect(home.database) as conn:
        rows = conn.execute(
            "select url || '#' || part, coalesce(language_detected, language), title,"
            " coalesce(summary || char(10, 10), '') || text from articles order by id"
        )
        return [Text(*row) for row in rows]


def plain(form: str) -> str:
    """A form as :meth:`Text.words` has it."""
    return fold(form).replace("'", "")


class Ours:
    """Our search over some texts, as the archive's tables do it."""

    def __init__(self, kept: list[Text]) -> None:
        self._conn = sqlite3.connect(":memory:")
        self._conn.execute(f'create virtual table found using fts5(title, text, stems, tokenize="{TOKENIZE}")')
        rows = [(n, *indexed(one.title, one.text, one.language)) for n, one in enumerate(kept)]
        self._conn.executemany("insert into found(rowid, title, text, stems) values (?, ?, ?, ?)", rows)

    def __call__(self, query: str) -> set[int]:
        return {
            row[0] for row in self._conn.execute("select rowid from found where found match ?", (parse(query).match,))
        }


class Stock:
    """FTS5 alone."""

    def __init__(self, kept: list[Text]) -> None:
        self._conn = sqlite3.connect(":memory:")
        self._conn.execute("create virtual table found using fts5(title, text, tokenize='unicode61')")
        rows = [(n, one.title, one.text) for n, one in enumerate(kept)]
        self._conn.executemany("insert into found(rowid, title, text) values (?, ?, ?)", rows)

    def __call__(self, query: str) -> set[int]:
        asked = '"' + query.replace('"', '""') + '"'
        return {row[0] for row in self._conn.execute("select rowid from found where found match ?", (asked,))}


def tally(
    searches: list[Search], kept: list[Text], find: Callable[[str], set[int]]
) -> tuple[dict[str, Tally], list[str]]:
    """The counts by language, "all" among them, and a line for each pair that was missed and each false hit."""
    words = [one.words() for one in kept]
    places = {one.url: n for n, one in enumerate(kept)}
    counts: dict[str, Tally] = defaultdict(Tally)
    lines = []
    for search in searches:
        found = find(search.query)
        forms = {plain(form) for form in (*search.forms, search.query)}
        wanted = {places[url] for url in search.articles}
        true = {n for n in found if not forms.isdisjoint(words[n])}
        for count in (counts[search.language], counts["all"]):
            count.pairs += len(wanted)
            count.found += len(wanted & found)
            count.hits += len(found)
            count.false += len(found - true)
        lines += [f"missed  {search.language} {search.query}: {kept[n].url}" for n in sorted(wanted - found)]
        lines += [f"false   {search.language} {search.query}: {kept[n].url}" for n in sorted(found - true)]
    return dict(counts), lines


def checked(searches: list[Search], kept: list[Text]) -> Iterator[str]:
    """What is wrong with the set itself: a query that its article prints, a form that it does not, an address."""
    by_url = {one.url: one.words() for one in kept}
    for search in searches:
        forms = {plain(form) for form in search.forms}
        for url in search.articles:
            if url not in by_url:
                yield f"{search.query}: no article {url}"
            elif plain(search.query) in by_url[url]:
                yield f"{search.query}: printed in {url}"
            elif forms.isdisjoint(by_url[url]):
                yield f"{search.query}: no form of it in {url}"


def figures(counts: dict[str, Tally]) -> dict[str, float]:
    """What the floors hold."""
    return {"recall": counts["all"].recall, "false hits": counts["all"].wrong}


def main() -> None:
    """Print both ways to search; exit 1 where ours is below a floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a demo archive")
    parser.add_argument("--all", action="store_true", help="print each miss and each false hit")
    given = parser.parse_args()
    if given.home:
        kept = texts(Home(given.home))
    else:
        from crawler.demo.tour import tour

        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder) / "home")
            tour(home)
            kept = texts(home)
    searches = load(SEARCHES)
    for line in checked(searches, kept):
        print(f"the set: {line}", file=sys.stderr)
    ours, lines = tally(searches, kept, Ours(kept))
    stock, _ = tally(searches, kept, Stock(kept))
    queries = Counter(search.language for search in searches) + Counter(all=len(searches))
    print(f"{'':8}{'queries':>8}{'pairs':>7}{'recall':>9}{'false hits':>12}{'stock recall':>14}{'stock false':>13}")
    for language in sorted(ours, key=lambda name: (name == "all", name)):
        one, other = ours[language], stock[language]
        print(
            f"{language:8}{queries[language]:8}{one.pairs:7}{one.recall:9.4f}{one.wrong:12.4f}"
            f"{other.recall:14.4f}{other.wrong:13.4f}"
        )
    if given.all:
        print(*lines, sep="\n")
    floors = json.loads(FLOORS.read_text("utf-8"))[NAME]["figures"]
    now = figures(ours)
    if now["recall"] < floors["recall"] or now["false hits"] > floors["false hits"]:
        print(f"below the floors: {floors}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
