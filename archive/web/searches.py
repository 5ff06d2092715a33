"""Saved searches: a reader's own, each with a count of what is new since it was opened last, and a feed.

The address of the feed holds a token that cannot be guessed, because what somebody looks for is nobody else's
business. It opens nothing besides: the feed is read as its reader is, so that one which is not signed in gets what
the public gets, and what is not public is in it for nobody but a reader who has signed in.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from datasette import Response
from datasette.database import QueryInterrupted
from datasette.utils import MultiParams

from archive.models import moment, stamp
from archive.web import feeds, frame, note_forms, notes, readers
from archive.web.asked import Asked
from archive.web.found import find
from archive.web.notes_store import NotesError, UnfitError
from archive.web.queries import Row, fetch_one
from archive.web.readers import Form

# characters of a name, and of the parameters of a search as they are kept
NAME, QUERY = 120, 3_000
# up to here what is new is told to the last one
MOST = 999
# characters of a token: 128 bits
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# between the fetching of a page and its keeping, at most: a full queue before slow workers
_UNDER_WAY = timedelta(minutes=10)
# before every stamp
_FIRST = "0000"


def saving(datasette: Any, request: Any) -> bool:
    """Whether whoever asks may save a search."""
    return readers.reader(datasette, request) is not None and readers.notes(datasette) is not None


def read(query: str) -> Asked:
    """The search of an address's parameters."""
    given = parse_qs(query, keep_blank_values=True)
    return Asked.read(MultiParams({name: [readers.typed(value) for value in given[name]] for name in given})).but()


async def _upto(db: Any) -> str:
    """The stamp after which an article is new: when the newest one was seen first.

    While a crawl runs it is somewhat before that: pages that were fetched at the same time are kept one after the
    other, and what is counted twice is better than what is never seen.
    """
    row = await fetch_one(
        db,
        "select (select first_seen from articles order by first_seen desc limit 1) as newest,"
        " (select started from runs where id = (select max(id) from runs) and finished is null) as running",
    )
    newest, running = (str((row or {}).get(name) or "") for name in ("newest", "running"))
    if not newest or not running:
        return newest or _FIRST
    return min(newest, max(running, stamp(moment(newest) - _UNDER_WAY)))


async def _listing(request: Any, datasette: Any) -> Response:
    """A reader's saved searches, and what is new in each; keeps another one where a form is sent."""
    this = await notes.desk(request, datasette)
    if this is None:
        return await readers.refused(request, datasette)
    context: Row = {"here": "notes", "searches": [], "form": {}, "error": None}
    status = 200
    if request.method == "POST":
        form = await readers.form(request)
        if form is None:
            return await readers.not_ours(request, datasette)
        try:
            await _save(this, form)
            return Response.redirect(datasette.urls.path("/searches"), status=303)
        except NotesError as error:
            status = 400 if isinstance(error, UnfitError) else 503
            context |= {"form": form.fields, "error": str(error)}
    try:
        kept = await asyncio.to_thread(this.notes.searches, this.reader.name)
        context["searches"] = [{**row, **await _told(this.db, row)} for row in kept]
    except NotesError as error:
        context["problem"] = str(error)
    return await frame.page(request, datasette, "communique_searches.html", context, status=status)


async def _save(this: notes.Desk, form: Form) -> None:
    """Keep the search of a form.

    Raises:
        NotesError: it cannot be kept.
    """
    name, asked = " ".join(form.fields.get("name", "").split()), read(form.fields.get("query", "")[: 2 * QUERY])
    if form.stale:
        raise UnfitError(readers.STALE)
    if not name:
        raise UnfitError("The search has no name yet.")
    if len(name) > NAME:
        raise UnfitError(f"A name has {NAME} characters at most; this one has {len(name)}.")
    if asked.query.empty:
        raise UnfitError("There is nothing in this search that is looked for.")
    if len(asked.parameters()) > QUERY:
        raise UnfitError(f"A search that is saved has {QUERY:,} characters at most in its address.")
    token, upto = secrets.token_urlsafe(16), await _upto(this.db)
    await asyncio.to_thread(
        this.notes.save, token, this.reader.name, name, asked.parameters(), note_forms.now(), upto
    )


async def _told(db: Any, row: Row) -> Row:
    """What is asked, in words, and how many articles are new; None where counting them takes too long."""
    asked = read(row["query"])
    try:
        found = await find(db, asked, 0, seen_after=row["upto"], words=0)
    except QueryInterrupted:
        new = None
    else:
        new = found.total - found.dropped
    return {"asked": asked, "new": new, "most": MOST}


async def _open(request: Any, datasette: Any) -> Response:
    """Open a saved search: what is there now has been seen from then on."""
    this = await notes.desk(request, datasette)
    if this is None:
        return await readers.refused(request, datasette)
    token = request.url_vars["token"]
    if request.method != "POST":
        return Response.redirect(datasette.urls.path("/searches"))
    form = await readers.form(request)
    if form is None or form.stale:
        return await readers.not_ours(request, datasette)
    try:
        row = await asyncio.to_thread(this.notes.search, token)
        if row is None or row["author"] != this.reader.name:
            return await frame.not_found(request, datasette, "There is no such search of yours.")
        if "delete" in form.fields:
            await asyncio.to_thread(this.notes.forget, token, this.reader.name)
            return Response.redirect(datasette.urls.path("/searches"), status=303)
        upto = await _upto(this.db)
        await asyncio.to_thread(this.notes.look, token, this.reader.name, note_forms.now(), upto)
    except NotesError as error:
        return await frame.page(request, datasette, "communique_404.html", {"message": str(error)}, status=503)
    # newest first: what is new stands at the top
    path = read(row["query"]).but(newest=True).address()
    return Response.redirect(datasette.urls.path(path), status=303)


async def _feed(request: Any, datasette: Any) -> Response:
    """The feed of a saved search, for whoever knows its address."""
    token, kept = request.url_vars["token"], readers.notes(datasette)
    db = await frame.archive(datasette, request)
    try:
        row = await asyncio.to_thread(kept.search, token) if kept and _TOKEN.fullmatch(token) else None
    except NotesError as error:
        return Response.text(str(error), status=503)
    if db is None or row is None:
        return await frame.not_found(request, datasette, "There is no such feed.")
    return await feeds.of_search(
        request, datasette, db, read(row["query"]), row["name"], path=f"/searches/{token}/feed"
    )


ROUTES = [
    (r"^/searches$", _listing),
    (r"^/searches/(?P<token>[^/]*)$", _open),
    (r"^/searches/(?P<token>[^/]*)/feed\.(?P<format>atom|json)$", _feed),
]
