"""The pages that show word by word what changed between two revisions of an article, or parts two articles."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from archive.diff import Piece, differences, stated_changed
from archive.web import carriers, frame, links, queries
from archive.web.article import OUTCOMES
from archive.web.frame import number
from archive.web.queries import Row

Paragraph = list[Piece]
# more paragraphs in a row than these that did not change are folded
_SHOWN = 2


async def _changed(request: Any, datasette: Any) -> Any:
    """Two revisions: ``?from=NUMBER&to=NUMBER``, or ``?revision_id=ID`` and the one before it; else the last two.

    ``?with=ARTICLE``: the texts of two articles as they stand.
    """
    asked = request.url_vars["article"]
    identity = number(asked)
    db = await frame.archive(datasette, request)
    article = await queries.article(db, identity) if db and identity is not None else None
    if identity is None or article is None:
        return await frame.not_found(request, datasette, f"There is no article {asked[:40]} in this archive.")
    if request.args.get("with"):
        return await _compared(request, datasette, db, article)
    revisions = await queries.revisions(db, identity)
    if len(revisions) < 2:
        return await frame.not_found(request, datasette, f"Article {identity} has had one text only.")
    chosen = await _chosen(db, revisions, request.args)
    if chosen is None:
        return await frame.not_found(request, datasette, f"Article {identity} has no such revision.")
    before, after = [await queries.proved(db, revision) or {} for revision in chosen]
    # beside the server's loop: a long text takes a second
    change = await asyncio.to_thread(differences, *((r["title"], r["summary"], r["text"]) for r in (before, after)))
    context = {
        "article": article,
        "revisions": revisions,
        "before": before,
        "after": after,
        "change": change,
        "title": paragraphs(change.title),
        "edited": any(piece.kind != "same" for piece in (*change.title, *change.summary, *change.text)),
        "summary": folded(paragraphs(change.summary)),
        "text": folded(paragraphs(change.text)),
        "stated": (before["last_stated"], after["first_stated"]),
        "stated_changed": stated_changed(before["last_stated"], after["first_stated"]),
        "outcomes": OUTCOMES,
    }
    return await frame.page(request, datasette, "communique_diff.html", context)


async def _compared(request: Any, datasette: Any, db: Any, article: Row) -> Any:
    """The article's text and that of another one; linked or not: whoever compares knows why."""
    asked = request.args["with"]
    other = number(asked)
    rows = await links.named(db, [article["id"], other or 0])
    if other is None or other not in rows:
        return await frame.not_found(request, datasette, f"There is no article {asked[:40]} in this archive.")
    if other == article["id"]:
        return await frame.not_found(request, datasette, f"Article {other} cannot be compared with itself.")
    found = await links.texts(db, [article["id"], other])
    pair = [{**rows[one], **found[one]} for one in (article["id"], other)]
    change = await asyncio.to_thread(differences, *((r["title"], r["summary"], r["text"]) for r in pair))
    context = {
        "before": pair[0],
        "after": pair[1],
        "change": change,
        "edited": any(piece.kind != "same" for piece in (*change.summary, *change.text)),
        "summary": folded(paragraphs(change.summary)),
        "text": folded(paragraphs(change.text)),
        "link": await links.link(db, article["id"], other),
        "relations": carriers.WORDS,
    }
    return await frame.page(request, datasette, "communique_compare.html", context)


async def _chosen(db: Any, revisions: Sequence[Row], args: Any) -> tuple[int, int] | None:
    """The ids of the two revisions that are asked for, None where there is no such one."""
    ids = [revision["id"] for revision in revisions]
    if args.get("revision_id"):
        asked = number(args["revision_id"])
        unfolded = None if asked is None else await queries.unfolded(db, asked)
        if unfolded not in ids:
            return None
        place = max(ids.index(unfolded), 1)  # before the first one there is nothing
        return ids[place - 1], ids[place]
    new = number(args["to"]) if args.get("to") else len(ids)
    old = number(args["from"]) if args.get("from") else max((new or 0) - 1, 1)
    if old is None or new is None or not (0 < old <= len(ids) and 0 < new <= len(ids)):
        return None
    return ids[old - 1], ids[new - 1]


def paragraphs(pieces: Iterable[Piece]) -> list[Paragraph]:
    """The pieces of a comparison by paragraph; the white space after a change is no part of it."""
    out: list[Paragraph] = [[]]
    for kind, text in pieces:
        for n, part in enumerate(text.split("\n\n")):
            if n:
                out.append([])
            words = part.rstrip()
            out[-1] += [Piece(k, t) for k, t in ((kind, words), ("same", part[len(words) :])) if t]
    return [paragraph for paragraph in out if paragraph]


def folded(whole: Sequence[Paragraph]) -> list[tuple[bool, list[Paragraph]]]:
    """Paragraphs in runs of what changed and what did not; True: a run that need not be seen."""
    runs = []
    for same, run in groupby(whole, key=lambda paragraph: all(piece.kind == "same" for piece in paragraph)):
        members = list(run)
        runs.append((same and len(members) > _SHOWN, members))
    return runs


ROUTES = [
    (r"^/article/(?P<article>[^/]*)/diff$", _changed),
]
