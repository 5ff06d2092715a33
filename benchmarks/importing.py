"""Whether an import is 2.2 times as fast as reading the same pages without keeping them: part of `make bench-io`, or
``python -m benchmarks.importing``.

One WARC file of 3,000 real pages (the labelled ones, each with a sentence of its own, packed record by record), in
turns:

- warcio's iterator with ``trafilatura.bare_extraction(with_metadata=True)`` on each page, keeping nothing;
- ``communique import`` into an empty home: records copied, texts, marks, revisions, copies, figures, search, chain.

Prints seconds and pages a second (medians), processor seconds and the peak of memory of the whole process tree, then
how long it takes to see that all of it is there already. Ends with 1 where ours is not FASTER times as fast, or
pages are missing. ``--memory`` imports a plain file of 10 MB and one of 1 GB instead, and ends with 1 where the long
one takes more than GROWTH times the memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.home import Home
from archive.store import Store
from benchmarks.crawl import real_pages
from benchmarks.measure import SHARED, Measured, measure

# what the project promises
FASTER, GROWTH = 2.2, 1.15
HOSTS = 10
# a minute between two pages, from here
START = datetime(2025, 4, 20, 6, 0, tzinfo=UTC)
_BASELINE = """
import sys
import trafilatura
from warcio.archiveiterator import ArchiveIterator
count = 0
with open(sys.argv[1], "rb") as file:
    for record in ArchiveIterator(file):
        if record.rec_type == "response":
            url = record.rec_headers.get_header("WARC-Target-URI")
            page = record.content_stream().read()
            count += trafilatura.bare_extraction(page, url=url, with_metadata=True) is not None
print(count)
"""


def pages() -> Iterator[bytes]:
    """The labelled pages over and over, each time with a sentence of its own."""
    for n, html in enumerate(real_pages()):
        at = html.lower().rfind(b"</body")
        own = f"<p>Sentence number {n}, which stands on no other page of this file.</p>".encode()
        yield html[:at] + own + html[at:] if at > 0 else html + own


def write(path: Path, packed: bool, count: int | None = None, size: int | None = None) -> int:
    """Write a file of so many pages, or of so many bytes; returns how many pages are in it."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed)
        written = 0
        for n, html in enumerate(islice(pages(), count)):
            record = writer.create_warc_record(
                f"http://bench{n % HOSTS}.example/news/{n}",
                "response",
                payload=BytesIO(html),
                length=len(html),
                http_headers=StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Date": f"{START + timedelta(minutes=n):%Y-%m-%dT%H:%M:%SZ}"},
            )
            writer.write_record(record)
            written = n + 1
            if size is not None and file.tell() >= size:
                break
    return written


def ours(home: Path, file: Path) -> Measured:
    """Import a file into a home that has the outlets in its catalogue."""
    home.mkdir(exist_ok=True)
    entries = []
    for n in range(HOSTS):
        url = f"http://bench{n}.example/"
        row = {"name": f"Bench {n}", "kind": "news", "timezone": "UTC", "homepage": url}
        lines = [f"[bench{n}]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
        entries += [*lines, f"[[bench{n}.discovery]]", 'kind = "listing"', f'url = "{url}"']
    (home / "sources.toml").write_text("\n".join(entries) + "\n", "utf-8")
    found = measure(["-m", "crawler", "import", "--home", str(home), str(file)])
    if found.code:
        raise SystemExit(f"the import ended with {found.code}")
    return found


def kept(home: Path) -> int:
    """How many captures a home holds."""
    store = Store(Home(home).database)
    count = int(store.rows("select count(*) as n from captures where warc_file is not null")[0]["n"])
    store.close()
    return count


def speed(folder: Path, count: int, turns: int) -> int:
    """Measure both in turns; returns the exit code."""
    file = folder / "pages.warc.gz"
    write(file, packed=True, count=count)
    print(f"{count:,} pages in {file.stat().st_size >> 20} MB")
    (folder / "baseline.py").write_text(_BASELINE, "utf-8")
    theirs, mine, missing = [], [], 0
    for turn in range(turns):
        theirs.append(measure([str(folder / "baseline.py"), str(file)]))
        home = folder / f"home{turn}"
        mine.append(ours(home, file))
        missing += count - kept(home)
    again = ours(folder / "home0", file)
    walls = {}
    for name, runs in (("warcio + trafilatura", theirs), ("communique import", mine), ("again", [again])):
        walls[name] = statistics.median(run.wall for run in runs)
        cpu, peak = statistics.median(run.cpu for run in runs), max(run.peak for run in runs)
        print(f"{name:<22}{walls[name]:8.1f} s{count / walls[name]:8.1f} pages/s{cpu:8.1f} s cpu{peak >> 20:6} MB")
    faster = walls["warcio + trafilatura"] / walls["communique import"]
    print(f"{faster:.2f} times as fast ({FASTER} are promised); {missing} pages are missing")
    return int(faster < FASTER or missing > 0)


def memory(folder: Path) -> int:
    """Compare the memory that a short and a long file take; returns the exit code."""
    peaks = []
    for name, size in (("10 MB", 10 << 20), ("1 GB", 1 << 30)):
        file, home = folder / "pages.warc", folder / f"home-{size}"
        count = write(file, packed=False, size=size)
        found = ours(home, file)
        if missing := count - kept(home):
            raise SystemExit(f"{missing} pages are missing")
        print(f"{name:>6}: {count:6,} pages{found.wall:8.1f} s{found.peak >> 20:6} MB")
        peaks.append(found.peak)
    print(f"{peaks[1] / peaks[0]:.2f} times the memory ({GROWTH} are promised)")
    return int(peaks[1] > GROWTH * peaks[0])


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    asked = parser.parse_args()
    if not SHARED.is_dir():
        print(f"skipped: the labelled pages are not at {SHARED}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raise SystemExit(memory(folder) if asked.memory else speed(folder, asked.pages, asked.turns))


if __name__ == "__main__":
    main()
