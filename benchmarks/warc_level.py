"""What each compression level of WARC members costs on real pages, sent plain and sent gzipped: `make bench-warc`."""

from __future__ import annotations

import gzip
import itertools
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from archive.models import Exchange
from archive.warc import Writer
from benchmarks.crawl import real_pages
from benchmarks.measure import SHARED

PAGES = 300


def main() -> None:
    """Print milliseconds and kilobytes a page."""
    if not SHARED.is_dir():
        print(f"skipped: the labelled pages are not at {SHARED}", file=sys.stderr)
        return
    plain = list(itertools.islice(real_pages(), PAGES))
    packed = [gzip.compress(page, 6) for page in plain]
    print(f"{PAGES} pages of {sum(map(len, plain)) / PAGES / 1000:.0f} kB: ms and kB a page")
    print(f"{'level':>5}{'sent plain':>18}{'sent gzipped':>18}")
    for level in range(10):
        line = f"{level:>5}"
        for bodies, encoding in ((plain, ()), (packed, (("Content-Encoding", "gzip"),))):
            with tempfile.TemporaryDirectory() as folder:
                writer = Writer(Path(folder), "bench", level=level)
                started = time.process_time()
                for n, body in enumerate(bodies):
                    headers = (("Content-Type", "text/html"), *encoding)
                    url = f"http://bench.example/{n}"
                    writer.write(Exchange(url, "bench", "page", datetime.now(UTC), 200, headers, body), None)
                spent = time.process_time() - started
                writer.close()
                size = sum(path.stat().st_size for path in Path(folder).iterdir())
            line += f"{1000 * spent / PAGES:9.2f}{size / PAGES / 1000:9.1f}"
        print(line)


if __name__ == "__main__":
    main()
