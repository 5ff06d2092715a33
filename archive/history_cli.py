"""The command that says what changed between two texts of an article."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import click

from archive.cli import for_terminal, home_option, say_restricted
from archive.diff import Difference, Numbers, Piece, around, differences, stated_changed
from archive.errors import NoArchiveError
from archive.home import Home
from archive.store import Store

# the captures of a revision that are named, and what of them
_PLACES = ("first", "last")
_PROOF = ("capture", "outcome", "url", "warc_file", "warc_offset", "payload_sha256", "confirms")
# on a terminal the marks stay: not everybody tells red from green
_MARKS = {"removed": ("[-", "-]", "red"), "added": ("{+", "+}", "green")}


@click.command()
@home_option
@click.argument("article", type=click.IntRange(max=(1 << 63) - 1))
@click.argument("old", metavar="[FROM]", type=click.IntRange(min=1), required=False)
@click.argument("new", metavar="[TO]", type=click.IntRange(min=1), required=False)
@click.option(
    "--context",
    metavar="WORDS",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many words that did not change are printed on either side of a change.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the whole texts.")
def diff(home: Home, article: int, old: int | None, new: int | None, context: int, as_json: bool) -> None:
    """Print what changed between two revisions of an article, word by word, and the captures that prove both.

    FROM and TO are numbers of revisions; by default the one before the last and the last, or FROM and the last.
    [-Removed-] and {+added+} words are marked; numbers that changed stand apart.

    Exit codes: 0; 2 where there is no such article or revision, or it has one text only.
    """
    store = Store(home.require().database)
    try:
        texts = store.texts(article)
        if not texts:
            raise NoArchiveError(store.absence(article))
        before, after = _chosen(article, texts, old, new)
        row = store.article(article)
        say_restricted(store, [article])
    finally:
        store.close()
    change = differences(*((r["title"], r["summary"], r["text"]) for r in (before, after)))
    stated = stated_changed(before["last_stated"], after["first_stated"])
    if as_json:
        click.echo(json.dumps(_as_json(row, before, after, change, stated), ensure_ascii=False, indent=2))
        return
    click.echo(f"{for_terminal(after['title'])}\n{row['source']}, article {article}: {for_terminal(row['url'])}")
    for label, revision in (("from", before), ("to", after)):
        click.echo(f"{label} revision {revision['number']}, seen {revision['seen_from']} to {revision['seen_to']}")
        for place in _PLACES if revision["first_capture"] != revision["last_capture"] else _PLACES[:1]:
            click.echo(f"  {place} capture {_proof(revision, place)}")
    click.echo(_said(before["last_stated"], after["first_stated"], stated))
    click.echo(f"words: {change.added} added, {change.removed} removed")
    for numbers in change.numbers:
        click.echo(f"number{_number(numbers)}")
    for pieces in (change.title, change.summary, change.text):
        if any(piece.kind != "same" for piece in pieces):
            click.echo(f"\n{_marked(around(pieces, context))}")


def _chosen(
    article: int, texts: list[dict[str, Any]], old: int | None, new: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(texts) == 1 and old is None:
        raise NoArchiveError(f"article {article} has had one text only, seen since {texts[0]['seen_from']}")
    numbered = {text["number"]: text for text in texts}
    new = new or len(texts)
    old = old or len(texts) - 1
    for number in (old, new):
        if number not in numbered:
            raise NoArchiveError(f"article {article} has no revision {number}; the last is {len(texts)}")
    return numbered[old], numbered[new]


def _proof(revision: Mapping[str, Any], place: str) -> str:
    at = revision["seen_from" if place == "first" else "seen_to"]
    found = {name: revision[f"{place}_{name}"] for name in _PROOF}
    said = [f"{found['capture']}: {at} {found['outcome']}"]
    if found["warc_file"] is not None:
        said.append(f"{found['warc_file']} at {found['warc_offset']}")
    if found["payload_sha256"] is not None:
        said.append(f"SHA-256 {found['payload_sha256']}")
    if found["confirms"] is not None:
        said.append(f"its page is that of capture {found['confirms']}")
    return ", ".join(said)


def _said(before: str | None, after: str | None, changed: bool | None) -> str:
    if changed is None:
        return "stated time: the page states none"
    if not changed:
        return f"stated time: did not change, {after}"
    return f"stated time: changed, {before or 'none'} to {after or 'none'}"


def _number(numbers: Numbers) -> str:
    old, new = (for_terminal(", ".join(side)) for side in numbers)
    return f": {old} → {new}" if old and new else f" added: {new}" if new else f" removed: {old}"


def _marked(pieces: Iterable[Piece]) -> str:
    out = []
    for (kind, text), following in pairwise((*pieces, Piece("same", ""))):
        words = for_terminal(text.rstrip())
        space = text[len(text.rstrip()) :]
        if kind == "removed" and following.kind == "added" and "\n" not in space:
            space = ""  # as wdiff does: what came in its place stands next to it
        if kind == "gap":
            out.append("… ")
        elif kind == "same":
            out.append(words + space)
        else:
            opening, closing, colour = _MARKS[kind]
            # a paragraph is not left open: what reads line by line sees each mark whole
            marked = "\n\n".join(f"{opening}{part}{closing}" for part in words.split("\n\n"))
            out.append((click.style(marked, fg=colour) if sys.stdout.isatty() else marked) + space)
    return "".join(out).strip()


def _as_json(
    row: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    change: Difference,
    stated: bool | None,
) -> dict[str, Any]:
    def side(revision: Mapping[str, Any]) -> dict[str, Any]:
        names = ("revision", "number", "seen_from", "seen_to", "title", "summary", "text", "text_sha256")
        proofs = {place: {name: revision[f"{place}_{name}"] for name in (*_PROOF, "stated")} for place in _PLACES}
        return {**{name: revision[name] for name in names}, **proofs}

    def marked(pieces: Iterable[Piece]) -> list[dict[str, str]]:
        return [piece._asdict() for piece in pieces]

    return {
        "article": row["id"],
        "source": row["source"],
        "url": row["url"],
        "from": side(before),
        "to": side(after),
        "stated_changed": stated,
        "words_added": change.added,
        "words_removed": change.removed,
        "numbers": [{"old": list(n.old), "new": list(n.new)} for n in change.numbers],
        "title": marked(change.title),
        "summary": marked(change.summary),
        "text": marked(change.text),
    }
