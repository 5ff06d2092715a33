"""The page of a story: who published one text when, and how far each one departs from the story's leader.

The leader is the earliest by what the pages say; one that states a time after our own capture of it counts here
from that capture on, so that another article may come first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from datasette import Response

from archive.diff import words_changed
from archive.web import carriers, cells, frame, links, queries
from archive.web.frame import number
from archive.web.queries import Row

# articles that are shown, the earliest ones: a wire text has hundreds, and two texts are compared in 2 ms
_SHOWN = 50
# characters that are compared for a page in all, half a second's worth: live blogs have 100,000 each
_COMPARED = 2_000_000
# of each article, the pages that hold its text and the texts that it holds; and of all of them
_HELD, _ALL_HELD = 3, 400


async def _story(request: Any, datasette: Any) -> Any:
    """A story's page; the number of another of its articles, or of one that was removed, leads to it."""
    asked = request.url_vars["story"]
    identity = number(asked)
    db = await frame.archive(datasette, request)
    if not db or identity is None:
        return await frame.not_found(request, datasette, f"There is no story {asked[:40]} in this archive.")
    context = await frame.read(datasette, db, lambda here: _told(here, identity))
    if context is None:
        return await _elsewhere(request, datasette, db, identity)
    return await frame.page(request, datasette, "communique_story.html", context)


async def _told(db: Any, identity: int) -> Row | None:
    """What the template shows of a story; None: there is no such one."""
    story = await links.story(db, identity)
    if story is None:
        return None
    members = await links.members(db, identity, _SHOWN)
    first = members[0]
    # readers may not be shown the leader
    leader = next((member for member in members if member["id"] == identity), first)
    words = _departures(await links.texts(db, [member["id"] for member in members]), leader["id"])
    held = defaultdict(list)
    for row in await links.held(db, [member["id"] for member in members], _ALL_HELD):
        if row["story"] != identity:
            held[row["of"], row["holder"] != row["of"]].append(row)
    return {
        "story": story,
        "first": first,
        "leader": leader,
        "members": [
            {
                **member,
                "later": None if member is first else carriers.later(first, member),
                "words": words.get(member["id"]),
                "holders": held[member["id"], True],
                "holds": held[member["id"], False],
            }
            for member in members
        ],
        "held_listed": _HELD,
        "first_is_day": carriers.stated(first) and cells.is_day(first["published_printed"]),
        "relations": carriers.WORDS,
    }


async def _elsewhere(request: Any, datasette: Any, db: Any, identity: int) -> Any:
    """Where a number leads that is not that of a story."""
    article = await links.story_of(db, await queries.instead(db, identity) or identity)
    if article is None:
        return await frame.not_found(request, datasette, f"There is no story {identity} in this archive.")
    if article["story"] is None:
        message = f"Article {article['id']} is in no story: no other article in this archive carries its text."
        return await frame.not_found(request, datasette, message)
    return Response.redirect(datasette.urls.path(f"/story/{article['story']}"), status=302)


def _departures(texts: Mapping[int, Row], first: int) -> dict[int, Row]:
    """By article, the words that it has and the leader has not, and the other way round, as
    :func:`archive.diff.differences` counts them; ``standfirst``: none of them stands in the text."""
    found = {}
    own = texts.get(first)
    left = _COMPARED
    for article, row in sorted(texts.items()):
        if own is None or article == first:
            continue
        left -= len(own["text"]) + len(row["text"])
        if left < 0:
            break
        above = words_changed(own["summary"] or "", row["summary"] or "")
        added, removed = words_changed(own["text"], row["text"])
        found[article] = {
            "added": added + above[0],
            "removed": removed + above[1],
            "standfirst": any(above) and not added and not removed,
        }
    return found


ROUTES = [
    (r"^/story/(?P<story>[^/]*)$", _story),
]
