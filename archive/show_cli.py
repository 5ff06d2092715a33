"""The command that prints an article: where it comes from, who carries its text, what it claims."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from archive.cli import for_terminal, home_option, print_table, say_restricted, unread_sentences
from archive.errors import NoArchiveError
from archive.home import Home
from archive.store import Store


@click.command()
@home_option
@click.argument("article", type=click.IntRange(max=(1 << 63) - 1))
@click.option("--blocks", is_flag=True, help="Print each block with what it was hidden for, and how it was found.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(home: Home, article: int, blocks: bool, as_json: bool) -> None:
    """Print an article with where it comes from, and who else carries its text.

    Of each copy: relation, score and reason. Of a report, the one before it in the same form and the next.

    Exit codes: 0; 2 where there is no such article.
    """
    store = Store(home.require().database)
    row = store.detail(article)
    if row is not None:
        row["shared"] = store.shared(article)
        say_restricted(store, [article])
    absence = None if row is not None else store.absence(article)
    store.close()
    if row is None:
        raise NoArchiveError(absence)
    if as_json:
        if not blocks:
            del row["blocks"]
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
        return
    click.echo(for_terminal(row["title"]))
    for name, value in _about(row, blocks):
        if value:
            click.echo(f"{name}: {for_terminal(str(value))}")
    for line in _shared(row["id"], row["shared"]):
        click.echo(for_terminal(" ".join(line.split())))
    for capture in row["captures"]:
        where = f"{capture['warc_file']} at {capture['warc_offset']}" if capture["warc_file"] else "no record"
        click.echo(f"capture {capture['id']}: {capture['fetched_at']} {capture['outcome']}, {where}")
    click.echo()
    if blocks:
        shown = [{**block, "mark": _mark(block), "documents": block["documents"] or None} for block in row["blocks"]]
        print_table(shown, ("position", "kind", "mark", "documents", "link_share", "text"))
    else:
        click.echo("\n\n".join(for_terminal(text) for text in (row["summary"], row["text"]) if text))
        for block in row["hidden"]:
            words = for_terminal(" ".join(block["text"].split()[:8]))
            click.echo(f"[hidden: {block['reason']}, on {block['documents']} documents: {words} …]", err=True)


# what a text rests on that no page is kept of
_RESTS_ON = {
    "file": "a file that was handed over",
    "none": "nothing: its page is not kept here",
}


def _stated(row: Mapping[str, Any]) -> Iterator[str]:
    """What an article's text claims, a part for each side, day and series."""
    for stated in row["figures"]:
        said = "totals" if stated["series"] == "total" else f"the {stated['series']}"
        said += f", {stated['differing']} other than elsewhere" if stated["differing"] else ""
        side = stated["claimed_by"].title()
        yield f"{stated['figures']} claimed by {side} as of {stated['as_of']} ({said})"
    if row["figures_unread"]:
        yield f"{row['figures_unread']} {unread_sentences(row['figures_unread'])}"


def _about(row: Mapping[str, Any], full: bool) -> Iterator[tuple[str, Any]]:
    """What is known of an article, by name; ``full``: how its text was found too."""
    for name in ("source", "url"):
        yield name, row[name]
    yield "part", row["part"] if row["part"] > 1 else None
    yield "permalink", row["permalink"]
    yield "byline", row["byline"]
    people = ", ".join(row["authors"])
    yield "authors", people if people != row["byline"] else None
    yield "agency", row["agency"]
    for name in ("published", "modified"):
        doubt = row[f"{name}_doubt"]
        yield name, row[name] and f"{row[name]} (doubtful: {doubt})" if doubt else row[name]
    detected = row["language_detected"]
    yield "language", f"{row['language']} (its text looks like {detected})" if detected else row["language"]
    yield "licence", row["licence"]
    yield "figures", "; ".join(_stated(row))
    for name in ("first_seen", "last_checked", "gone_at", "moved_to"):
        yield name.replace("_", " "), row[name]
    yield "rests on", _RESTS_ON.get(row["proof"])
    if full:
        yield "extractor", row["extractor"]
        yield "steps", ", ".join(row["steps"])
    yield "nothing is hidden", row["spared"]


def _shared(article: int, shared: Mapping[str, Any]) -> Iterator[str]:
    """Lines on whose text an article has."""
    story = shared["story"]
    if story is not None:
        told = "published" if story["first_from"] == "published" else "first seen"
        since = f"earliest seen here article {story['id']}, {told} {story['first_published']}"
        yield f"story {story['id']}: {story['articles']} articles of {story['sources']} sources, {since}"
    for link in shared["copies"]:
        relation = link["relation"]
        if link["holder"] is not None:
            relation = "contains" if link["holder"] == article else "is part of"
        yield f"{relation} {_other(link)} ({link['score']:.2f}: {link['reason']})"
    for label, reports in (
        ("previous", [shared["previous"]] if shared["previous"] else []),
        ("next", shared["next"]),
    ):
        for link in reports:
            yield f"{label} report of this form {_other(link)}"


def _other(link: Mapping[str, Any]) -> str:
    at = f"published {link['published']}" if link["published"] else f"first seen {link['first_seen']}"
    return f"article {link['article']}: {link['source']}, {at}, {link['title']}"


def _mark(block: Mapping[str, Any]) -> str | None:
    """Why a block is hidden, with what the page's structure says or somebody decided where that differs."""
    more = [said for said in (block["role"], block["verdict"]) if said and said != block["mark"]]
    return f"{block['mark'] or 'kept'} ({', '.join(more)})" if more else block["mark"]
