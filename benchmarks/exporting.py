"""Whether an export is twice as fast as the rows of sqlite-utils: part of `make bench-io`, or
``python -m benchmarks.exporting``.

On an archive of 200,000 articles (see :mod:`benchmarks.large`; made once), in turns, each into a file on the same
disk:

- the articles alone: `sqlite-utils rows archive.db articles --nl` against `communique export --bare` as JSONL.zst and
  as Parquet;
- all that is kept of them: `sqlite-utils rows` of every table that a record is made of, one after the other, against
  `communique export` as JSONL.zst and as Parquet.

Ours are compressed, hashed, synced to the disk and have a manifest; those of sqlite-utils are plain. Prints seconds
(medians), processor seconds, the peak of memory of the whole process tree and the size. Looks whether the files hold
the same articles with the same texts.

Ends with 1 where ours is not TWICE as fast, or a file holds something else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from archive.home import Home
from benchmarks import large
from benchmarks.measure import Measured, measure

# what the project promises
TWICE = 2.0
# all that a record is made of
TABLES = (
    "articles", "addresses", "revisions", "captures", "capture_articles", "links", "media", "quotes", "entries",
    "figures", "copies", "readings", "blocks", "sources",
)  # fmt: skip
# the command of sqlite-utils, into a file
_ROWS = (
    "import os, sys; os.dup2(os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1);"
    " from sqlite_utils.cli import cli; cli()"
)
OURS = {"jsonl.zst": "out.jsonl.zst", "parquet": "out.parquet"}


def tables(home: Home, names: tuple[str, ...], out: Path) -> Measured:
    """Tables by sqlite-utils, into one file."""
    out.unlink(missing_ok=True)
    parts = [measure(["-c", _ROWS, str(out), "rows", str(home.database), name, "--nl"]) for name in names]
    return Measured(
        sum(p.wall for p in parts), sum(p.cpu for p in parts), max(p.peak for p in parts), max(p.code for p in parts)
    )


def ours(home: Home, form: str, out: Path, *options: str) -> Measured:
    """Our export."""
    return measure(["-m", "crawler", "export", form, str(out), "--home", str(home.path), *options])


def digest(texts: Iterator[tuple[int, str]]) -> tuple[int, str]:
    """How many articles there are, and a hash of their numbers and texts."""
    found, count = hashlib.sha256(), 0
    for article, text in texts:
        found.update(f"{article} {text}\0".encode())
        count += 1
    return count, found.hexdigest()


def held(path: Path) -> Iterator[tuple[int, str]]:
    """The numbers and texts of an export."""
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches(1000, columns=["id", "text"]):
            for row in batch.to_pylist():
                yield row["id"], row["text"]
        return
    if path.suffix == ".zst":
        stream = pa.input_stream(str(path), compression="zstd")
        rest = b""
        while piece := stream.read(1 << 22):
            *lines, rest = (rest + piece).split(b"\n")
            yield from ((row["id"], row["text"]) for row in map(json.loads, lines))
        return
    with path.open("rb") as file:
        yield from ((row["id"], row["text"]) for row in map(json.loads, file))


def compare(home: Home, folder: Path, rounds: int, whole: bool) -> Iterator[bool]:
    """Measure one of the two; yields whether what is promised was kept."""
    names, options = (TABLES, ()) if whole else (("articles",), ("--bare",))
    theirs: list[Measured] = []
    found: dict[str, list[Measured]] = {form: [] for form in OURS}
    for _ in range(rounds):
        theirs.append(tables(home, names, folder / "rows.jsonl"))
        for form, name in OURS.items():
            found[form].append(ours(home, form, folder / name, *options))
    print(f"\n{'all that is kept of them' if whole else 'the articles alone'}")
    _line(f"sqlite-utils rows, {len(names)} tables", theirs, folder / "rows.jsonl", None)
    base = statistics.median(one.wall for one in theirs)
    yield not any(one.code for one in theirs)
    for form, name in OURS.items():
        times = base / statistics.median(one.wall for one in found[form])
        _line(f"export {form}", found[form], folder / name, times)
        yield times >= TWICE and not any(one.code for one in found[form])
    if not whole:
        wanted = digest(held(folder / "rows.jsonl"))
        yield all(digest(held(folder / name)) == wanted for name in OURS.values())


def _line(what: str, found: list[Measured], path: Path, times: float | None) -> None:
    wall, cpu = (statistics.median(values) for values in zip(*((one.wall, one.cpu) for one in found), strict=True))
    peak, size = max(one.peak for one in found) / 2**20, path.stat().st_size / 1e6
    faster = f"{times:5.1f} times as fast" if times else ""
    print(f"{what:<34}{wall:7.1f} s {cpu:7.1f} s cpu {peak:6.0f} MiB {size:8,.0f} MB  {faster}", flush=True)


def main() -> int:
    """Measure, and say whether what is promised was kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=large.ARTICLES, help="of the archive that is made")
    parser.add_argument("--home", type=Path, help="measure this archive instead, of which nothing is changed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="only the articles alone")
    asked = parser.parse_args()
    kept = Home(asked.home.resolve()) if asked.home else large.cached(asked.articles)
    ok = []
    with tempfile.TemporaryDirectory(dir=large.CACHE if large.CACHE.is_dir() else None) as place:
        folder = Path(place)
        home = Home(folder / "home")
        home.path.mkdir()
        home.database.symlink_to(kept.database)  # an export is noted in its home, which is not ours
        for whole in (False,) if asked.alone else (False, True):
            ok += compare(home, folder, asked.rounds, whole)
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(main())
