"""How good the texts are: `make bench-quality`.

On labelled pages, beside plain ``trafilatura.extract(include_comments=False)`` in the same run. Prints each figure
with its floor, the pages that lost most, and what each step and rule is worth (the same figures without it). Ends
with 1 where a figure is below its floor.

The floors (``floors.json``) hold for the sets whose digests stand there; of other pages the figures are only printed.
``--raise`` writes this run's figures as floors where they are better, ``--lower`` also where they are worse.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import trafilatura
from lxml.html import HTMLParser, document_fromstring
from trafilatura.utils import repair_faulty_html

from archive.extract import read
from archive.fingerprint import ALL_STEPS, STEPS, letters
from archive.models import Page
from benchmarks.corpus import Labelled, Text, digest, keep, load, read_all, score, several, side_by_side
from benchmarks.measure import SHARED

FLOORS = Path(__file__).with_name("floors.json")
# a page that loses more of its recall than this against plain trafilatura is named
LOST = 0.2
# and from this loss on it is printed
NAMED = 0.05
# rules for marks, by what they mark
RULES = ("repeated", "links", "headline", "credit", "aside", "twice", "summary")
_WORD = re.compile(r"\w+")
# figures of which less is better
LESS = {"lost", "empty", "out of order", "differ", "cpu"}


def plain(page: Labelled) -> str:
    """What everybody has who calls trafilatura."""
    return trafilatura.extract(page.html, include_comments=False) or ""


def read_one(page: Labelled) -> Page:
    """Our reading of a page."""
    return read(page.html, None, "text/html; charset=utf-8", page.url, "UTC", None)


def stray(item: tuple[Labelled, Page]) -> bool:
    """Whether a block of a page does not stand on it, or begins before the end of one that stands before it.

    A block is looked for as a run of letters, and where something was cut out of it, word by word.
    """
    page, held = item
    source = repair_faulty_html(
        page.html.decode("utf-8", "replace"), page.html[:50].decode("utf-8", "replace").lower()
    )
    tree = document_fromstring(source.encode(), parser=HTMLParser(encoding="utf-8", huge_tree=True))
    for element in tree.xpath("//script | //style | //head"):
        element.drop_tree()
    text = letters(tree.text_content())
    end = 0
    for block in (block for reading in held.readings for block in reading.blocks):
        whole = letters(block.text)
        pieces = [whole] if whole in text else [letters(word) for word in _WORD.findall(block.text)]
        at = begins = text.find(pieces[0], end)
        for piece in pieces[1:]:
            at = text.find(piece, at) if at >= 0 else at
        if at < 0:
            return True
        end = begins + len(pieces[0])
    return False


def cpu(pages: Sequence[Labelled]) -> float:
    """Processor time of our reading (text, metadata, links, walls) by that of trafilatura with metadata, in turn."""
    spent = [0.0, 0.0]
    for page in (pages[0], *pages):  # the first one warms up
        start = time.process_time()
        trafilatura.bare_extraction(page.html, url=page.url, with_metadata=True, include_comments=False)
        between = time.process_time()
        read_one(page)
        ends = time.process_time()
        spent = [0.0, 0.0] if page is pages[0] else [spent[0] + between - start, spent[1] + ends - between]
    return spent[1] / spent[0]


def figures(name: str, pages: Sequence[Labelled], steps: bool) -> dict[str, float]:
    """Print the figures of a set; returns those that can have floors."""
    multi = several(pages)
    base = dict(zip((p.name for p in pages), side_by_side(plain, pages), strict=True))
    plains = score(pages, base).f1, score(multi, base).page_f1
    readings = read_all(pages)
    shown = keep(pages, readings)

    def gains(texts: Mapping[str, Text]) -> tuple[float, float]:
        whole = {page: text.whole for page, text in texts.items()}
        return score(pages, whole).f1 - plains[0], score(multi, whole).page_f1 - plains[1]

    ours = {page: text.whole for page, text in shown.items()}
    gained = gains(shown)
    print(f"\n{name}: {len(pages)} pages, {len(multi)} of hosts with two or more")
    print(f"  F1 plain {plains[0]:.4f} ours {plains[0] + gained[0]:.4f}")
    print(f"  page-F1 of hosts with two or more plain {plains[1]:.4f} ours {plains[1] + gained[1]:.4f}")
    recalls = zip(score(pages, base).recalls, score(pages, ours).recalls, pages, strict=True)
    losses = sorted(((theirs - own, page.name) for theirs, own, page in recalls), reverse=True)
    for loss, page in losses[:5]:
        if loss > NAMED:
            print(f"  loses {loss:.2f} of its recall: {page}")
    shuffled = random.Random(4).sample(range(len(pages)), len(pages))
    again = keep(pages, readings, order=shuffled, times=2)
    counted = {page.name for page in multi}
    found = {
        "F1 gain": gained[0],
        "page-F1 gain": gained[1],
        "lost": sum(loss > LOST and page in counted for loss, page in losses),
        "empty": sum(not text for text in ours.values()),
        "out of order": sum(side_by_side(stray, [(page, readings[page.name]) for page in pages])),
        "differ": sum(again[page] != text for page, text in shown.items()),
        "cpu": cpu(pages),
    }
    if steps:
        print("  what each is worth: F1 and page-F1 with it less those without")
        for step in STEPS:
            part = gains(keep(pages, read_all(pages, ALL_STEPS - {step})))
            print(f"    step {step:12} {gained[0] - part[0]:+.4f} {gained[1] - part[1]:+.4f}")
        for rule in RULES:
            part = gains(keep(pages, readings, without=frozenset({rule})))
            print(f"    rule {rule:12} {gained[0] - part[0]:+.4f} {gained[1] - part[1]:+.4f}")
    return found


def main() -> None:
    """Print everything; exit 1 where a figure is below its floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, default=SHARED, help="folder of the labelled sets")
    parser.add_argument("--floors", type=Path, default=FLOORS, help="file of the floors")
    parser.add_argument("--quick", action="store_true", help="without the worth of each step")
    parser.add_argument("--raise", dest="higher", action="store_true", help="write better figures as floors")
    parser.add_argument("--lower", action="store_true", help="write all figures as floors, worse ones too")
    given = parser.parse_args()
    paths = sorted(given.sets.glob("*.jsonl.gz")) if given.sets.is_dir() else []
    if not paths:
        print(f"skipped: the labelled pages are not at {given.sets}", file=sys.stderr)
        return
    floors = json.loads(given.floors.read_text("utf-8"))
    below = []
    for path in paths:
        name = path.name.removesuffix(".jsonl.gz")
        found = figures(name, load(path), not given.quick)
        entry = floors.setdefault(name, {"sha256": digest(path), "figures": {}})
        held = entry["sha256"] == digest(path)
        for figure, value in found.items():
            floor = entry["figures"].get(figure) if held else None
            good = floor is None or (value <= floor if figure in LESS else value >= floor)
            beside = "none" if floor is None else f"{floor:.4f}"
            print(f"  {figure:14} {value:8.4f}   floor {beside}{'' if good else '   BELOW'}")
            if not good:
                below.append(f"{name}: {figure} {value:.4f}")
            if held and figure != "cpu" and (given.lower or (given.higher and good)):  # that one is noisy
                entry["figures"][figure] = round(value, 4)
    if given.higher or given.lower:
        given.floors.write_text(json.dumps(floors, indent=2) + "\n", "utf-8")
    for line in below:
        print(f"below its floor: {line}", file=sys.stderr)
    sys.exit(1 if below and not given.lower else 0)


if __name__ == "__main__":
    main()
