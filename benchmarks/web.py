"""Whether our pages are as fast as stock Datasette's: `make bench-web`, or `python -m benchmarks.web`.

An archive of 200,000 articles (see :mod:`benchmarks.large`; made once, 11 minutes of processor time) is copied, a
crawl writes into the copy, and two servers read it: ours (`communique serve`) and plain Datasette without our plugin,
with the same settings and the search and facets of our metadata. 20 readers at once ask for each page, hundreds of
times, of the one server and the other in turns, so that a slow moment hits both. The servers have one core, readers
and writer the other. Prints median and 95th percentile of each. Then, without readers, how fast the first ten hits of
a common word are found, beside all hits ordered by rank, and by the same score.

Ends with 1 where a page takes more than 1.2 times stock's (95th percentile), an answer of ours is no page, search is
not 5 times as fast, or fewer than 9 of its first ten are those of the full ranking.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import psutil

from archive.home import Home
from archive.store import Store
from archive.web.server import SETTINGS, metadata_path
from benchmarks import large, vocabulary
from benchmarks.ranking import ranking

READERS, RATE = 20, 3.0
# rounds of each server, and requests of a round; those before the first round are not measured
ROUNDS, REQUESTS, WARM = 5, 80, 40
# what the project promises
SLOWER = 1.2
# of our metadata, what search, facets and order of stock's tables need
PLAIN = ("fts_table", "fts_pk", "facets", "sort", "sort_desc", "hidden", "label_column")
# pages of a server and of the readers; nobody is bound where there is one core
CORES = (0, 1) if (os.cpu_count() or 1) > 1 else (None, None)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is asked for: articles and sources of the archive, words that many texts have and words that few have."""

    articles: list[int]
    sources: list[str]
    common: list[tuple[str, str]]
    rare: list[str]


@dataclass(slots=True)
class Came:
    """What came of the rounds at one server; ``busy``: the share of its core that it used, ``readers`` theirs."""

    times: list[float] = field(default_factory=list)
    bad: int = 0
    size: int = 0
    wall: float = 0.0
    busy: float = 0.0
    readers: float = 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return 1000 * float(np.quantile(self.times, share))


# each page: its addresses at our server and at the other, the n-th of many
Addresses = Callable[[Sample, int], tuple[str, str]]
PAGES: dict[str, Addresses] = {
    "home": lambda s, n: ("/", "/"),
    "article": lambda s, n: (f"/article/{_of(s.articles, n)}", f"/archive/articles/{_of(s.articles, n)}"),
    "source": lambda s, n: (f"/source/{_of(s.sources, n)}", f"/archive/articles?source={_of(s.sources, n)}"),
    "changes": lambda s, n: ("/changes", "/archive/changes"),
    "search, a common word": lambda s, n: _search(_of(s.common, n)[0]),
    "search, a rare word": lambda s, n: _search(_of(s.rare, n)),
    "search, facets": lambda s, n: _search(_of(s.common, n)[0], f"&language={_of(s.common, n)[1]}"),
    "a table": lambda s, n: ("/archive/articles", "/archive/articles"),
}


def _of(values: list[Any], n: int) -> Any:
    return values[n % len(values)]


def _search(word: str, more: str = "") -> tuple[str, str]:
    facets = "&_facet=source&_facet=language" if more else ""
    return f"/search?q={quote(word)}{more}", f"/archive/articles?_search={quote(word)}{more}{facets}"


def sample(database: Path, size: int) -> Sample:
    """A random choice, the same each time."""
    conn = sqlite3.connect(database)
    last = conn.execute("select max(id) from articles").fetchone()[0]
    told = conn.execute("select language, count(*) from articles group by language")
    languages = {name: count for name, count in told if name in vocabulary.LANGUAGES}  # others came in meanwhile
    sources = [row[0] for row in conn.execute("select id from sources order by id")]
    conn.close()
    chance, numbers = random.Random(7), np.random.default_rng(7)
    words = {name: vocabulary.Vocabulary(name) for name in languages}
    largest = sorted(languages, key=lambda name: -languages[name])
    return Sample(
        chance.sample(range(1, last + 1), min(size, last)),
        sources,
        [(word, name) for n in range(3) for name in largest[:4] for word in [words[name].frequent(3)[n]]],
        [
            word
            for group in zip(*(words[name].rare(numbers, size // 4) for name in largest[:4]), strict=True)
            for word in group
        ],
    )


@contextmanager
def served(arguments: list[str], port: int, environment: dict[str, str]) -> Iterator[psutil.Process]:
    """A server in a process of its own, on its core."""
    with subprocess.Popen(
        [sys.executable, *arguments, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    ) as process:
        try:
            _bind(process.pid, CORES[0])
            _wait(process, port)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def _bind(pid: int, core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(pid, {core})


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"{process.args} does not serve")
        time.sleep(0.1)


def _rest(*servers: psutil.Process) -> None:
    """Wait until all that servers do at their start is done (dictionaries are read), but no longer than a minute."""
    until = time.monotonic() + 60
    spent = [sum(server.cpu_times()[:2]) for server in servers]
    while time.monotonic() < until:
        time.sleep(2)
        before, spent = spent, [sum(server.cpu_times()[:2]) for server in servers]
        if all(now - then < 0.1 for now, then in zip(spent, before, strict=True)):
            return


@contextmanager
def written(home: Home, rate: float) -> Iterator[dict[str, Any]]:
    """A crawl that writes, on the readers' core; what it did is in the dict when it has ended."""
    done: dict[str, Any] = {}
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.writing", str(home.path), str(rate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        _bind(process.pid, CORES[1])
        assert process.stdin and process.stdout
        process.stdout.readline()  # it writes
        try:
            yield done
        finally:
            out, _ = process.communicate()
            done.update(json.loads(out))


def ask(server: psutil.Process, port: int, paths: list[str], came: Came) -> None:
    """One round at one server."""
    asked = {"host": "127.0.0.1", "port": port, "readers": READERS, "paths": paths, "core": CORES[1]}
    before = sum(server.cpu_times()[:2])
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    came.times += found["times"]
    came.bad += sum(status != 200 for status in found["statuses"])
    came.size = max(came.size, found["bytes"] // len(paths))
    came.wall += found["wall"]
    came.busy += sum(server.cpu_times()[:2]) - before
    came.readers += found["cpu"]


def compare(
    name: str, addresses: Addresses, of: Sample, servers: list[tuple[psutil.Process, int]], rounds: int
) -> bool:
    """Measure a page at both servers and print it."""
    came = [Came(), Came()]
    for n, (server, port) in enumerate(servers):
        ask(server, port, [addresses(of, i)[n] for i in range(WARM)], Came())
    for turn in range(rounds):
        which = range(WARM + turn * REQUESTS, WARM + (turn + 1) * REQUESTS)
        for n in (0, 1) if turn % 2 else (1, 0):
            ask(*servers[n], [addresses(of, i)[n] for i in which], came[n])
    ours, stock = came
    times = ours.percentile(0.95) / stock.percentile(0.95)
    kept = times <= SLOWER and not ours.bad
    print(
        f"{name:<22}{ours.percentile(0.5):>9.0f}{ours.percentile(0.95):>7.0f}{stock.percentile(0.5):>9.0f}"
        f"{stock.percentile(0.95):>7.0f}{times:>7.2f}{'' if kept else '  MISSED'}"
        f"   {ours.size / 1024:.0f} and {stock.size / 1024:.0f} KB; servers {ours.busy / ours.wall:.0%} and"
        f" {stock.busy / stock.wall:.0%}, readers {ours.readers / ours.wall:.0%} and {stock.readers / stock.wall:.0%}"
        + (f"; {ours.bad} and {stock.bad} of {len(ours.times)} answers were errors" if ours.bad or stock.bad else ""),
        flush=True,
    )
    return kept


def pages(home: Home, names: list[str], rounds: int, rate: float) -> bool:
    """Measure pages while a crawl writes; whether all are fast enough."""
    metadata = json.loads(metadata_path().read_text("utf-8"))
    tables = metadata["databases"]["archive"]["tables"]
    plain = {name: {key: table[key] for key in PLAIN if key in table} for name, table in tables.items()}
    of = sample(home.database, 2000)
    ports = [_free_port(), _free_port()]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "metadata.json"
        file.write_text(json.dumps({"databases": {"archive": {"tables": plain}}}), "utf-8")
        stock = ["-m", "datasette", "serve", str(home.database), "--metadata", str(file)]
        for name, value in SETTINGS.items():
            stock += ["--setting", name, {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)]
        ours = ["-m", "crawler", "serve", "--home", str(home.path)]
        with (
            served(ours, ports[0], {}) as one,
            served(stock, ports[1], {"DATASETTE_LOAD_PLUGINS": ""}) as other,
            written(home, rate) as done,
        ):
            servers = [(one, ports[0]), (other, ports[1])]
            _rest(one, other)
            print(
                f"{'milliseconds':<22}{'ours':>9}{'95%':>7}{'stock':>9}{'95%':>7}{'times':>7}   ({READERS} readers)"
            )
            kept = [compare(name, PAGES[name], of, servers, rounds) for name in names]
    print(
        f"meanwhile {done['pages']} pages came in, {done['pages'] / done['seconds']:.1f} a second;"
        f" each page was asked for {rounds * REQUESTS} times of each server, {rounds} times in turns"
    )
    return all(kept)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Print all figures; 1 where one is not reached."""
    parser = argparse.ArgumentParser(description="Measure our pages beside stock Datasette's.")
    parser.add_argument("--articles", type=int, default=large.ARTICLES, help="of the archive that is made")
    parser.add_argument("--home", type=Path, help="another archive; it is copied and not changed")
    parser.add_argument("--only", default="", help="pages whose names begin so, by comma; ranking: only that")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--rate", type=float, default=RATE, help="pages that come in a second")
    asked = parser.parse_args()
    home = Home(asked.home) if asked.home else large.cached(asked.articles)
    only = tuple(asked.only.split(","))
    names = [name for name in PAGES if name.startswith(only)]
    with sqlite3.connect(home.database) as conn:
        count = conn.execute("select count(*) from articles").fetchone()[0]
    conn.close()
    print(f"{count:,} articles, {home.database.stat().st_size / 2**20:,.0f} MB")
    kept = []
    with tempfile.TemporaryDirectory(dir=large.CACHE if large.CACHE.is_dir() else None) as folder:
        copy = Home(Path(folder) / "home")
        copy.path.mkdir()
        shutil.copyfile(home.database, copy.database)
        large.records(copy)  # the writer's files are counted on from them
        Store(copy.database, write=True).close()  # one of an earlier version is brought to this one
        if names:
            kept.append(pages(copy, names, asked.rounds, asked.rate))
        if "ranking".startswith(only):
            kept.append(ranking(copy.database, [word for word, _ in sample(copy.database, 8).common]))
    return 0 if kept and all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
