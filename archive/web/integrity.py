"""The integrity record of an article or of words in it: what was captured, when, with which hashes, how to check it.

One page, the same as text, and the raw pages themselves as a WACZ file. Everything in it can be checked without this
archive, with tools that are not ours; it says plainly what it does not show.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from datasette import Response
from datasette.database import QueryInterrupted
from datasette.utils.asgi import asgi_send_file
from markupsafe import Markup, escape

from archive.chain import canonical
from archive.inclusion import Beside, path
from archive.web import audience, frame, proving, queries
from archive.web.article import OUTCOMES
from archive.web.frame import number
from archive.web.integrity_text import SHOWS, SHOWS_NOT, commands, lines
from archive.web.queries import Row

# characters of a quotation: some paragraphs
QUOTE = 4_000
# bytes of the raw pages that are sent at once
_PIECE = 1 << 20


async def _integrity(request: Any, datasette: Any) -> Any:
    """``/article/ID/integrity``, as text with ``.txt``; ``?quote=WORDS``: of the revisions that say so."""
    found = await _record(request, datasette)
    if isinstance(found, Response):
        return found
    db, article, proof = await frame.archive(datasette, request), found["article"], found["proof"]
    found["chain"] = await _chain(datasette, db, proof) if proof else None
    found["derivations"] = await proving.derivations(db, article["id"])
    if request.url_vars["form"] == ".txt":
        headers = {"content-disposition": f'inline; filename="article-{article["id"]}-integrity.txt"'}
        return Response("\n".join(lines(found)) + "\n", 200, headers, "text/plain; charset=utf-8")
    steps = [(coded(what), shell, prints) for what, shell, prints in commands(found)]
    shows, shows_not = ([coded(one) for one in several] for several in (SHOWS, SHOWS_NOT))
    told = {"outcomes": OUTCOMES, "steps": steps, "shows": shows, "shows_not": shows_not}
    return await frame.page(request, datasette, "communique_integrity.html", {**found, **told})


async def _record(request: Any, datasette: Any) -> Row | Response:
    """What a record says of the captures, without their place in the chain; a response where there is none."""
    asked = request.url_vars["article"]
    identity = number(asked)
    db = await frame.archive(datasette, request)
    article = await queries.article(db, identity) if db and identity is not None else None
    if article is None:
        return await frame.not_found(request, datasette, f"There is no article {asked[:40]} in this archive.")
    quote = " ".join((request.args.get("quote") or "")[:QUOTE].split())
    revisions = await proving.texts(db, article["id"])
    saying = [r for r in revisions if quote and says(r, quote)]
    told = saying or revisions  # words that stand nowhere: all that was looked through
    ids = {capture for r in told for capture in (r["first_capture"], r["last_capture"]) if capture is not None}
    named = await proving.captures(db, json.dumps(sorted(ids)))
    # what the words were read from first, or the text that is shown
    first = saying[0]["first_capture"] if saying else article["capture"]
    proof = await queries.proof(db, first) if first is not None else None
    if proof is not None:
        proof = (await proving.captures(db, json.dumps([proof["id"]])))[0]
    return {
        "article": article,
        "quote": quote or None,
        "saying": saying,
        "revisions": [{**r, "text": None, "says": r in saying} for r in revisions],
        "captures": named,
        "more": len(named) == proving.CAPTURES,
        "proof": proof,
        "raw": _warc(datasette) is not None,
    }


def coded(text: str) -> Markup:
    """A sentence of a record, escaped; what stands between backticks is code."""
    parts = [
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def says(revision: Row, quote: str) -> bool:
    """Whether a revision has exactly these words, in its title, standfirst or text; white space is all one."""
    return any(quote in " ".join((revision[name] or "").split()) for name in ("title", "summary", "text"))


async def _chain(datasette: Any, db: Any, proof: Row) -> Row | None:
    """Where a capture stands in the chain; None: it is not in it yet."""
    entry = await proving.entry(db, proof["custody"])
    archive = audience.guarded(datasette)
    if entry is None or archive is None:
        return None
    beside: list[Beside] | None = None
    try:
        covered = await proving.leaves(archive, entry["seq"])
        if covered is not None and proof["id"] in covered[0]:
            beside = await asyncio.to_thread(path, covered[1], covered[0].index(proof["id"]))
    except QueryInterrupted:  # so many that the way to the root takes too long: it is said that it is left out
        beside = None
    details = json.loads(entry["details"])
    last = await proving.last_entry(db)
    return {
        "entry": entry,
        "details": details,
        "leaf": canonical([proof["url"], proof["fetched_at"], proof["status"], proof["payload_sha256"]]),
        "hashed": canonical([entry[n] for n in ("seq", "at", "event", "details", "previous_hash")]),
        "beside": beside,
        "last": last,
        "public": await proving.public_key(db, entry["key"]),
        "file": await proving.file(db, proof["warc_file"]),
        "witnesses": [
            {**dict(w), "token": bytes(w["token"]).hex()} for w in await proving.witnesses(db, entry["seq"])
        ],
    }


async def _wacz(request: Any, datasette: Any, send: Any) -> Any:
    """``/article/ID/integrity.wacz``: the raw pages that the record names, for ReplayWeb.page and pywb."""
    found = await _record(request, datasette)
    if isinstance(found, Response):
        return found
    folder = _warc(datasette)
    archive = audience.guarded(datasette)
    if folder is None or archive is None:
        return await frame.not_found(request, datasette, "The raw pages do not lie beside this database.")
    article = found["article"]["id"]
    withheld = await proving.restricted(archive)
    if not audience.signed_in(request):
        withheld += await proving.closed(archive, json.dumps([article]))
    captures = {c["id"] for c in found["captures"]} | ({found["proof"]["id"]} if found["proof"] else set())
    with tempfile.TemporaryDirectory(prefix="communique-") as place:
        target = Path(place) / "page.wacz"
        await asyncio.to_thread(_pack, Path(archive.path), folder, captures, target, article, withheld)
        await asgi_send_file(send, target, f"article-{article}.wacz", "application/wacz", _PIECE)
    return None


def _pack(database: Path, folder: Path, captures: set[int], target: Path, article: int, withheld: list[int]) -> None:
    from archive.exports.wacz import of_captures
    from archive.store_health import reading

    with reading(database) as conn:
        of_captures(conn, folder, sorted(captures), target, [article], withheld)


def _warc(datasette: Any) -> Path | None:
    """The folder of the WARC files: of the home that is served, or beside the database."""
    config = datasette.plugin_config("communique") or {}
    archive = audience.guarded(datasette)
    homes = [Path(config["home"])] if config.get("home") else [Path(archive.path).parent] if archive else []
    return next((home / "warc" for home in homes if (home / "warc").is_dir()), None)


ROUTES = [
    (r"^/article/(?P<article>[^/]*)/integrity(?P<form>|\.txt)$", _integrity),
    (r"^/article/(?P<article>[^/]*)/integrity\.wacz$", _wacz),
]
