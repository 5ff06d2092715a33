"""Reports in one plain wording, and a reader for it: what becomes of figures does not depend on how they are read.

A line says "Ukraine claims 3,667 tanks (+2) as of 2031-04-20"; a series other than the totals stands in brackets
behind it, and a direction as "towards Pelesk". A line that begins "Perhaps" stays unread too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from archive.home import Home
from archive.models import Block, Exchange, Facts, Figure, Source, Unread
from tests.keeping import captured, keep, source
from tests.pages import own_div
from tests.prose import prose

LINE = re.compile(
    r"(?P<side>Ukraine|Russia) claims (?:(?P<qualifier>about|more than|up to) )?(?P<total>[\d,]+) (?P<category>\w+)"
    r"(?: \((?P<delta>[+-]\d+)\))?(?: give or take (?P<precision>\d+))?(?: towards (?P<direction>\w+))?"
    r" as of (?P<day>\d{4}-\d\d-\d\d)(?: \[(?P<series>\w+)\])?"
)
# official sources of both sides, and who reprints them
STAFF = source("staff", kind="official", country="UA", timezone="Europe/Kyiv")
ARMY = source("army", kind="official", country="RU", timezone="Europe/Moscow")
COURIER, DIGEST = source("courier"), source("digest")
SOURCES = {s.id: s for s in (STAFF, ARMY, COURIER, DIGEST)}


def read(
    title: str,
    blocks: Sequence[Block],
    *,
    language: str | None = None,
    day: str | None = None,
    publisher: str | None = None,
) -> Facts:
    """As :func:`archive.facts.read_figures`, for the wording above."""
    figures, unread = [], []
    for position, text in enumerate([title, *(block.text for block in blocks)], -1):
        for sentence in text.splitlines():
            if sentence.startswith("Perhaps "):
                unread.append(Unread(position, sentence, "it says perhaps"))
            for match in LINE.finditer(sentence):
                found = match.groupdict()
                series = found["series"] or "total"
                days = {"day": 1, "week": 7}.get(series)
                start = days and (date.fromisoformat(found["day"]) - timedelta(days)).isoformat()
                end = days and (date.fromisoformat(found["day"]) - timedelta(1)).isoformat()
                figures.append(
                    Figure(
                        "ukraine" if found["side"] == "Ukraine" else "russia",
                        "russia" if found["side"] == "Ukraine" else "ukraine",
                        series,
                        found["category"],
                        found["day"],
                        int(found["total"].replace(",", "")),
                        int(found["delta"]) if found["delta"] else None,
                        found["qualifier"],
                        int(found["precision"] or 0),
                        start or None,
                        end or None,
                        direction=found["direction"] and found["direction"].casefold(),
                        direction_printed=found["direction"],
                        sentence=match[0],
                        position=position,
                    )
                )
    return Facts(tuple(figures), tuple(unread))


def page(name: str, lines: Sequence[str], title: str = "The report of the day", published: str | None = None) -> str:
    """A report among prose of its own; ``published``: the day its page states."""
    head = (
        f'<meta property="article:published_time" content="{published}T05:00:00Z"></head>' if published else "</head>"
    )
    texts = prose(sum(map(ord, name)), 4).splitlines()
    return own_div(title, [texts[0], *lines, *texts[1:]], []).replace("</head>", head)


def report(
    outlet: str, name: str, lines: Sequence[str], minute: int = 0, published: str | None = "2031-04-20", **fields: Any
) -> Exchange:
    """A capture of a report at ``OUTLET.example/NAME``."""
    html = page(outlet + name, lines, published=published, **fields)
    return captured(f"http://{outlet}.example/{name}", html, minute)


def kept(home: Home, *reports: Exchange, sources: Mapping[str, Source] = SOURCES) -> None:
    """Keep reports, each committed before the next comes."""
    keep(home, reports, sources)
