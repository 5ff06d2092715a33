"""The forms of the readers' notes and tags. A form that cannot be kept comes back with one line that says why, and
with what was typed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from archive.models import stamp
from archive.web import frame, places, queries, readers
from archive.web.frame import number
from archive.web.notes import LONGEST, QUOTATION, TAG, Desk, desk, place_of, shown
from archive.web.notes_store import NotesError, UnfitError, folded
from archive.web.queries import Row
from archive.web.readers import Form

# tags in one form
_AT_ONCE = 10


async def _add(request: Any, datasette: Any) -> Response:
    """Keep a note on an article."""
    sent = await _sent(request, datasette)
    if isinstance(sent, Response):
        return sent
    this, article, form, path = sent
    revision = number(form.fields.get("revision", ""))
    quotation = " ".join(form.fields.get("quotation", "").split())
    try:
        text, cited = _fit(form), None
        if quotation or revision is not None:
            cited = _cited(await places.cited(this.db, article["id"], revision), quotation)
        row = places.place(article)
        made = await asyncio.to_thread(this.notes.add, row, this.reader.name, text, cited, now())
    except NotesError as error:
        context = {"article": article, "form": form.fields, "action": f"{path}/notes", "title": "A note on"}
        return await _again(request, datasette, context, error)
    back = f"{path}?revision_id={revision}" if revision is not None else path
    return Response.redirect(datasette.urls.path(f"{back}#note-{made}"), status=303)


def _fit(form: Form) -> str:
    """The text of a note.

    Raises:
        UnfitError: it is none.
    """
    _fresh(form)
    text = form.fields.get("text", "")
    if not text:
        raise UnfitError("There is nothing in this note yet.")
    if len(text) > LONGEST:
        raise UnfitError(f"A note has {LONGEST:,} characters at most; this one has {len(text):,}.")
    return text


def _cited(texts: Row | None, quotation: str) -> Row:
    """What a note says of the revision it is on, and of the words that it quotes from it.

    Raises:
        UnfitError: there is no such revision, or the words do not stand in it.
    """
    if texts is None:
        raise UnfitError("The article has no such revision.")
    row = {"revision": texts["id"], "seen_from": texts["seen_from"], "text_sha256": texts["text_sha256"]}
    if not quotation:
        return row
    if len(quotation) > QUOTATION:
        raise UnfitError(f"A quotation has {QUOTATION:,} characters at most; this one has {len(quotation):,}.")
    found = place_of(quotation, texts)
    if found is None:
        raise UnfitError(f"The words quoted do not stand like that in revision {texts['number']}.")
    field, start, stop = found
    return {**row, "quotation": texts[field][start:stop], "field": field, "start": start, "stop": stop}


async def _tag(request: Any, datasette: Any) -> Response:
    """Put tags on an article."""
    sent = await _sent(request, datasette)
    if isinstance(sent, Response):
        return sent
    this, article, form, path = sent
    try:
        tags = _tags(form)
        await asyncio.to_thread(this.notes.tag, places.place(article), this.reader.name, tags, now())
    except NotesError as error:
        context = {
            "article": article,
            "form": form.fields,
            "action": f"{path}/tags",
            "title": "Tags of",
            "tagging": True,
        }
        return await _again(request, datasette, context, error)
    return Response.redirect(datasette.urls.path(f"{path}#notes"), status=303)


def _fresh(form: Form) -> None:
    if form.stale:
        raise UnfitError(readers.STALE)


def _tags(form: Form) -> list[str]:
    """The tags of a form, by comma, each once.

    Raises:
        UnfitError: there is none, one that is too long, or too many.
    """
    _fresh(form)
    given = (" ".join(part.split()) for part in form.fields.get("tags", "").split(","))
    tags = list({folded(tag): tag for tag in given if tag}.values())
    if not tags:
        raise UnfitError("There is no tag in it yet.")
    if len(tags) > _AT_ONCE:
        raise UnfitError(f"{_AT_ONCE} tags at a time at most; these are {len(tags)}.")
    for tag in tags:
        if len(tag) > TAG:
            raise UnfitError(f"A tag has {TAG} characters at most; “{tag[:20]}…” has {len(tag)}.")
    return tags


async def _untag(request: Any, datasette: Any) -> Response:
    """Take a tag of one's own off an article."""
    this = await desk(request, datasette)
    if this is None:
        return await readers.refused(request, datasette)
    form = await readers.form(request) if request.method == "POST" else None
    if form is None or form.stale:
        return await readers.not_ours(request, datasette)
    try:
        done = await asyncio.to_thread(this.notes.untag, number(request.url_vars["tag"]) or 0, this.reader.name)
    except NotesError as error:
        return await _problem(request, datasette, error)
    if not done:
        return await frame.not_found(request, datasette, "There is no such tag of yours.")
    article = number(form.fields.get("on", ""))
    path = "/notes" if article is None else f"/article/{article}#notes"
    return Response.redirect(datasette.urls.path(path), status=303)


async def _note(request: Any, datasette: Any) -> Response:
    """A note by itself; its author changes it here."""
    this = await desk(request, datasette)
    if this is None:
        return await readers.refused(request, datasette)
    identity = number(request.url_vars["note"]) or 0
    try:
        note = await asyncio.to_thread(this.notes.note, identity)
    except NotesError as error:
        return await _problem(request, datasette, error)
    if note is None:
        return await frame.not_found(request, datasette, "There is no such note.")
    found = await places.articles(this.db, [note])
    one = shown(note, this.reader, found, await places.revisions(this.db, [note], found))
    context: Row = {"here": "notes", "note": one, "article": one["on"], "form": {"text": note["text"]}}
    context |= {"title": "A note on", "action": f"/notes/{identity}"}
    if request.method != "POST":
        return await frame.page(request, datasette, "communique_note.html", context)
    form = await readers.form(request)
    if form is None:
        return await readers.not_ours(request, datasette)
    if not one["own"]:
        return await frame.page(
            request, datasette, "communique_404.html", {"message": "Only its author changes a note."}, status=403
        )
    try:
        if "delete" in form.fields:
            _fresh(form)
            await asyncio.to_thread(this.notes.delete, identity, this.reader.name)
        else:
            await asyncio.to_thread(this.notes.edit, identity, this.reader.name, _fit(form), now())
    except NotesError as error:
        return await _again(request, datasette, {**context, "form": {**context["form"], **form.fields}}, error)
    path = f"/article/{one['on']['id']}#notes" if one["on"] else "/notes"
    return Response.redirect(datasette.urls.path(path), status=303)


async def _sent(request: Any, datasette: Any) -> Response | tuple[Desk, Row, Form, str]:
    """A form that was sent on an article, with who sent it and the article's address; else the answer to it."""
    this = await desk(request, datasette)
    if this is None:
        return await readers.refused(request, datasette)
    asked = request.url_vars["article"]
    identity = number(asked)
    article = None if identity is None else await queries.article(this.db, identity)
    if article is None:
        return await frame.not_found(request, datasette, f"There is no article {asked[:40]} in this archive.")
    path = f"/article/{article['id']}"
    if request.method != "POST":
        return Response.redirect(datasette.urls.path(f"{path}#notes"))
    form = await readers.form(request)
    if form is None:
        return await readers.not_ours(request, datasette)
    return this, article, form, path


async def _again(request: Any, datasette: Any, context: Row, error: NotesError) -> Response:
    """A form that could not be kept, with what was typed; 503 where that is not its writer's fault."""
    context = {"here": "notes", "error": str(error), **context}
    status = 400 if isinstance(error, UnfitError) else 503
    return await frame.page(request, datasette, "communique_note.html", context, status=status)


async def _problem(request: Any, datasette: Any, error: NotesError) -> Response:
    return await frame.page(request, datasette, "communique_404.html", {"message": str(error)}, status=503)


def now() -> str:
    """The stamp of what is written now."""
    return stamp(datetime.now(UTC))


ROUTES = [
    (r"^/notes/(?P<note>[0-9]+)$", _note),
    (r"^/notes/tags/(?P<tag>[0-9]+)/delete$", _untag),
    (r"^/article/(?P<article>[^/]*)/notes$", _add),
    (r"^/article/(?P<article>[^/]*)/tags$", _tag),
]
