"""The page of an article: its text as it reads, where it comes from, and what else the archive knows of it."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from itertools import starmap
from typing import Any

from datasette import Response

from archive.elements import ends, shown
from archive.models import Block, Entry, Link, Media, Quote
from archive.web import carriers, claimed, frame, notes, queries, wording
from archive.web.frame import not_found, number
from archive.web.queries import Row

FOUND = {
    "json-ld": "from the page's structured data (JSON-LD)",
    "meta": "from the page's meta elements",
    "time-element": "from the page's time element",
    "url": "from the address",
    "text": "from the text",
    "feed": "from the feed",
    "file": "as the file states that was handed over",
}
REASONS = {
    "repeated": "stands on other pages of the source too",
    "links": "consists of links",
    "headline": "repeats the headline",
    "credit": "is an agency credit or a byline",
    "aside": "is a box within the text, such as a teaser or an offer",
    "twice": "is printed a second time",
    "hidden": "hidden by hand",
}
OUTCOMES = {
    "new": "first seen",
    "revised": "text changed",
    "unchanged": "fetched, unchanged",
    "not_modified": "not modified (said the server)",
    "gone": "gone",
}


async def _article(request: Any, datasette: Any) -> Any:
    """An article's page; with ``?revision=NUMBER`` or ``?revision_id=ID`` (which never shifts) an earlier text."""
    asked = request.url_vars["article"]
    db = await frame.archive(datasette, request)
    identity = number(asked)
    if db is None or identity is None:
        return await not_found(request, datasette, f"There is no article {asked[:40]} in this archive.")
    context = await frame.read(datasette, db, lambda here: _told(here, identity, request.args))
    if isinstance(context, str):
        return await not_found(request, datasette, context)
    if "instead" in context:
        return Response.redirect(datasette.urls.path(f"/article/{context['instead']}"), status=301)
    revision = context["revision"]["id"] if context["revision"] else None
    context |= await notes.here(datasette, request, db, context["article"], revision)
    return await frame.page(request, datasette, "communique_article.html", context)


async def _told(db: Any, identity: int, args: Any) -> Row | str:
    """What the template shows of an article; ``instead``: of another one; a line where there is nothing to show."""
    article = await queries.article(db, identity)
    if article is None:
        if other := await queries.instead(db, identity):
            return {"instead": other}
        return f"There is no article {identity} in this archive."
    revisions = await queries.revisions(db, identity)
    revision = None
    if any(args.get(name) for name in ("revision", "revision_id")):
        revision = await _revision(db, revisions, args)
        if revision is None:
            return f"Article {identity} has no such revision."
    this = revision or article
    blocks = await queries.blocks(db, this["reading"], article["source"])
    beside = _beside(await queries.extras(db, this["reading"]), blocks)
    captures = await queries.captures(db, identity)
    return {
        "article": article,
        "title": this["title"],
        "summary": this["summary"],
        "authors": json.loads(article["authors"]),
        "revision": revision,
        "revisions": revisions,
        # a text that was imported without its page has no blocks
        "elements": structure(
            blocks or _paragraphs(this["text"]),
            {entry.position for entry in beside["entries"]},
            beside["quotes"],
        ),
        **beside,
        "claims": wording.stated(await claimed.of_text(db, identity, revision["id"] if revision else None)),
        "unread": await claimed.unread(db, identity, revision["id"] if revision else None),
        "hidden": [block for block in blocks if block["mark"] and block["mark"] != "summary"],
        "captures": captures[: queries.CAPTURES],
        "more_captures": len(captures) > queries.CAPTURES,
        "proof": await queries.proof(db, this["capture"]),
        "moved_to": await queries.moved_to(db, identity) if article["gone_at"] else None,
        "gone_status": next((c["status"] for c in captures if c["outcome"] == "gone"), None),
        "found": FOUND,
        "reasons": REASONS,
        "outcomes": OUTCOMES,
        # links are those of the text as it stands
        "around": None if revision else await carriers.around(db, article),
    }


async def _revision(db: Any, revisions: list[Row], args: Any) -> Row | None:
    """The revision that is asked for; an id that was folded since leads to what it is part of now."""
    if args.get("revision_id"):
        asked = number(args["revision_id"])
        column, wanted = "id", None if asked is None else await queries.unfolded(db, asked)
    else:
        column, wanted = "number", number(args["revision"])
    found = next((r for r in revisions if r[column] == wanted), None)
    return None if found is None else await queries.revision(db, found["id"])


def _paragraphs(text: str) -> list[Row]:
    return [{"kind": "p", "text": paragraph, "mark": None} for paragraph in text.split("\n\n") if paragraph]


def _beside(extras: str | None, blocks: Sequence[Row]) -> Row:
    """The links, media and entries of the text shown, posts that it is without, and its quotes: the first block, the
    one behind the last, the speaker."""
    values = [Block(b["kind"], b["text"], 0) for b in blocks]
    kept = shown(json.loads(extras or "{}"), values, [b["mark"] for b in blocks])
    posts: list[Quote] = []
    quotes: list[tuple[int, int, str | None]] = []
    for quote in starmap(Quote, kept.get("quotes", ())):
        end = ends(values, quote.position, quote.text)
        if not end:
            posts.append(quote)
            continue
        # a post is signed in the text already
        signed = end < len(values) and (quote.speaker or "") in values[end].text
        quotes.append((quote.position, end, None if signed else quote.speaker))
    return {
        "links": list(starmap(Link, kept.get("links", ()))),
        "media": list(starmap(Media, kept.get("media", ()))),
        "entries": list(starmap(Entry, kept.get("entries", ()))),
        "posts": posts,
        "quotes": quotes,
    }


def structure(
    blocks: Iterable[Row], anchors: Container[int] = (), quotes: Sequence[tuple[int, int, str | None]] = ()
) -> list[Row]:
    """The shown blocks as elements: ``kind`` p, heading, quote, code (with ``lines``), list or table (with ``items``,
    each a list of lines).

    A ``line`` goes on within the element before it, unless that one is hidden. ``anchors``: positions of blocks that
    are linked to, in the ``anchors`` of the next element. ``quotes``: the first block of each, the one behind the
    last, the speaker.
    """
    inside = {i for first, end, _ in quotes for i in range(first + 1, end)}
    speakers = {end - 1: speaker for _, end, speaker in quotes if speaker}
    elements: list[Row] = []
    lines: list[str] | None = None  # of the last block, where a line may go on
    waiting: list[int] = []
    for position, block in enumerate(blocks):
        kind, text = block["kind"], block["text"]
        before = len(elements)
        waiting += [position] if position in anchors else []
        if block["mark"]:
            lines = None
        elif lines is not None and (kind == "line" or (kind == "quote" and position in inside)):
            lines.append(text)
        elif kind in ("li", "row"):
            group = "list" if kind == "li" else "table"
            lines = [text]
            if elements and elements[-1]["kind"] == group:
                elements[-1]["items"].append(lines)
            else:
                elements.append({"kind": group, "items": [lines]})
        else:
            lines = [text]
            elements.append({"kind": kind if kind in ("heading", "quote", "code") else "p", "lines": lines})
        if waiting and len(elements) > before:
            elements[-1]["anchors"], waiting = waiting, []
        if position in speakers and elements and elements[-1]["kind"] == "quote":
            elements[-1]["speaker"] = speakers[position]
    return elements


ROUTES = [(r"^/article/(?P<article>[^/]*)$", _article)]
