"""What an article's page says of others: who carries the same text, quotes the same words, or reports the same.

Words of relations are neutral: agencies license their texts, and nothing here says who took what from whom.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from archive.related import related
from archive.web import links
from archive.web.cells import is_day
from archive.web.queries import Row

# of each kind of link as many are listed; the rest is one click away
LISTED = 8
# shared sentences that are shown of each pair; characters of one that nothing closed
_SENTENCES, _CHARACTERS = 3, 400
# related coverage: days before and after an article, and how many are shown
_DAYS, _SUGGESTED = 3, 5
COPIES = ("same_text", "near_copy")
WORDS = {
    "same_text": "same text",
    "near_copy": "nearly the same text",
    "contains": "one holds the other",
    "shared_quotes": "same quotation",
    "template_series": "another report of this form",
}


def stated(article: Mapping[str, Any]) -> bool:
    """Whether an article states when it was published, and not a time after our first capture of it."""
    return bool(article["published"]) and article["published"] <= article["first_seen"]


def later(first: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """How long after the first one another article came out, in words.

    None where that cannot be told: only one of them has a :func:`stated` time, or one states a day alone.
    """
    column = "published" if stated(first) else "first_seen"
    if stated(first) != stated(other):
        return None
    if stated(first) and (is_day(first["published_printed"]) or is_day(other["published_printed"])):
        return None
    try:
        gap = datetime.fromisoformat(other[column]) - datetime.fromisoformat(first[column])
    except (ValueError, TypeError):
        return None
    minutes = int(gap.total_seconds()) // 60
    if minutes < 1:
        return "at the same time" if not minutes else None
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return f"{days} days later"
    return f"{hours} h {minutes % 60:02d} min later" if hours else f"{minutes} min later"


async def around(db: Any, article: Row) -> Row:
    """What the template shows of an article's links, each kind bounded; ``rows[0].total`` counts them all."""
    identity = article["id"]

    async def listed(end: str, *relations: str) -> list[Row]:
        return await links.linked(db, identity, relations, end, LISTED)

    quoting = await listed("either", "shared_quotes")
    story = await links.story(db, article["story"]) if article["story"] else None
    return {
        "story": story,
        "earliest": story is not None and await links.earliest(db, story["id"]) == identity,
        "stated": stated(article),
        "copies": await listed("either", *COPIES),
        "holders": await listed("article", "contains"),
        "holds": await listed("other", "contains"),
        "quoting": await _with_sentences(db, identity, quoting),
        "previous": await listed("other", "template_series"),
        "following": await listed("article", "template_series"),
        **await _related(db, article),
        "relations": WORDS,
    }


async def _with_sentences(db: Any, identity: int, quoting: list[Row]) -> list[Row]:
    found = defaultdict(list)
    if quoting:
        for row in await links.shared_quotations(db, identity, [row["id"] for row in quoting], _CHARACTERS):
            found[row["other"]].append(row)
    return [
        {**row, "sentences": found[row["id"]][:_SENTENCES], "more": max(len(found[row["id"]]) - _SENTENCES, 0)}
        for row in quoting
    ]


async def _related(db: Any, article: Row) -> Row:
    """Suggestions: what may be about the same event, by the words of titles and heads; one of each story."""
    at = article["published"] or article["first_seen"]
    try:
        day = datetime.fromisoformat(at)
        since, until = (f"{day + timedelta(days=n):%Y-%m-%dT%H:%M:%S}" for n in (-_DAYS, _DAYS))
    except (ValueError, OverflowError):
        return {"related": [], "compared": 0}
    near = await links.same_days(db, article["id"], at, since, until, article["language"])
    chosen = _nearest(near, day)
    heads = await links.heads(db, [article["id"], *chosen])
    own = heads.pop(article["id"], "")
    scores = related(own, heads)[:_SUGGESTED]
    named = await links.named(db, [number for number, _ in scores])
    rows = [{**named[number], "score": score} for number, score in scores if number in named]
    return {"related": rows, "compared": len(heads)}


def _nearest(rows: Sequence[Row], at: datetime) -> list[int]:
    """The nearest in time, of each story the nearest one."""

    def distance(row: Row) -> tuple[float, int]:
        try:
            return abs((datetime.fromisoformat(row["at"]) - at).total_seconds()), row["id"]
        except (ValueError, TypeError):
            return float("inf"), row["id"]

    chosen: dict[object, int] = {}
    for row in sorted(rows, key=distance):
        chosen.setdefault(("story", row["story"]) if row["story"] else row["id"], row["id"])
    return list(chosen.values())[: links.COMPARED]
