"""The crawl beside a plain spider, on real pages over real HTTP, both in one run: `make bench`.

1,000 pages are made from the labelled HTML in ../shared/data/, each with a sentence of its own. Ratios hold from
machine to machine, the seconds do not.
"""

from __future__ import annotations

import base64
import gzip
import json
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import SHARED, Measured, measure
from crawler.demo.site import DemoSite

PAGES = 1000
HOSTS = 4
# times that both are run, of which the median counts
ROUNDS = 3
# what the project promises
FASTER, NOT_MODIFIED, GROWTH = 2.5, 0.10, 1.15


def real_pages() -> Iterator[bytes]:
    """The HTML of the labelled pages, over and over."""
    pages = []
    for name in ("daniel-dev", "fundus-dev"):
        with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                html = row.get("html")
                pages.append(html.encode() if html is not None else base64.b64decode(row["html_base64"]))
    while True:
        yield from pages


def _serve(addresses: Any, stop: Any) -> None:
    pages = real_pages()
    with DemoSite() as site:
        for host in range(HOSTS):
            name = f"bench{host}.example"
            links = []
            for n in range(PAGES // HOSTS):
                path = f"/news/{n}"
                own = (
                    f"<p>Sentence number {n} of host {host}, which stands on no other page of this run.</p>".encode()
                )
                html = next(pages)
                at = html.lower().rfind(b"</body")
                site.add(name, path, html[:at] + own + html[at:] if at > 0 else html + own)
                links.append(f'<a href="{path}">{n}</a>')
            for size in (len(links), len(links) // 4, 1):
                listing = f"<html><body>{' '.join(links[:size])}</body></html>".encode()
                site.add(name, f"/list{size}", listing)
        addresses.put(site.address)
        stop.get()


def _home(folder: Path, name: str, size: int) -> Path:
    home = folder / name
    home.mkdir()
    (home / "sources.toml").write_text(
        "\n".join(
            f"""
[bench{n}]
name = "Bench {n}"
kind = "news"
homepage = "http://bench{n}.example/"
timezone = "UTC"
delay = 0
articles = ['^/news/']
[[bench{n}.discovery]]
kind = "listing"
url = "http://bench{n}.example/list{size}"
"""
            for n in range(HOSTS)
        ),
        "utf-8",
    )
    return home


def _ours(home: Path, address: str) -> Measured:
    sources = [f"bench{n}" for n in range(HOSTS)]
    result = measure(
        [
            "-m",
            "crawler",
            "crawl",
            "--again",
            *sources,
            "--home",
            str(home),
            "--connect-to",
            f"*.example={address}",
        ]
    )
    assert result.code == 0, f"the crawl ended with {result.code}"
    return result


def main() -> None:
    """Measure, print, and end with 1 where a promise is not kept."""
    if not SHARED.is_dir():
        print(f"skipped: the labelled pages are not at {SHARED}", file=sys.stderr)
        return
    folder = Path(tempfile.mkdtemp(prefix="communique-bench-"))
    context = multiprocessing.get_context("spawn")
    addresses, stop = context.SimpleQueue(), context.SimpleQueue()
    server = context.Process(target=_serve, args=(addresses, stop))
    server.start()
    try:
        address = addresses.get()
        kept = _run(folder, address)
    finally:
        stop.put(None)
        server.join()
        shutil.rmtree(folder)
    sys.exit(0 if kept else 1)


def _run(folder: Path, address: str) -> bool:
    each = PAGES // HOSTS
    urls = folder / "urls"
    urls.write_text(
        "\n".join(f"http://bench{h}.example/news/{n}" for n in range(each) for h in range(HOSTS)), "utf-8"
    )
    rounds = []
    for n in range(ROUNDS):  # one after the other: a machine that is busy for a while slows both
        plain = measure(["-m", "benchmarks.plain_spider", str(folder / f"plain{n}.db"), address, str(urls)])
        home = _home(folder, f"home{n}", each)
        rounds.append((plain, _ours(home, address)))
    plain, ours = sorted(rounds, key=lambda pair: pair[0].wall / pair[1].wall)[ROUNDS // 2]
    again = _ours(home, address)
    quarter = _ours(_home(folder, "quarter", each // 4), address)
    empty_home = _home(folder, "empty", 1)
    _ours(empty_home, address)
    empty = _ours(empty_home, address)  # all start-up and four pages that answer 304
    print(f"{'':34}{'pages/s':>9}{'CPU ms/page':>13}{'peak MB':>9}")
    for name, measured, pages in (
        ("plain spider", plain, PAGES),
        ("communique crawl", ours, PAGES),
        ("communique crawl, all 304", again, PAGES),
        (f"communique crawl, {PAGES // 4} pages", quarter, PAGES // 4),
    ):
        rate, cpu = pages / measured.wall, 1000 * measured.cpu / pages
        print(f"{name:34}{rate:9.1f}{cpu:13.1f}{measured.peak / 2**20:9.0f}")
    print(f"{'an empty run':34}{'':9}{1000 * empty.cpu:13.0f} ms in all")
    ratios = sorted(p.wall / o.wall for p, o in rounds)
    faster = ratios[ROUNDS // 2]
    share = (again.cpu - empty.cpu) / (ours.cpu - empty.cpu)
    growth = ours.peak / quarter.peak
    each_ratio = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"as fast as the plain spider: {faster:.2f} times (promised {FASTER}; rounds {each_ratio})")
    print(f"CPU of the second crawl, of the first: {share:.3f} (promised {NOT_MODIFIED})")
    print(f"peak memory at {PAGES} pages, of that at {PAGES // 4}: {growth:.2f} (promised {GROWTH})")
    return faster >= FASTER and share <= NOT_MODIFIED and growth <= GROWTH


if __name__ == "__main__":
    main()
