"""The command that finds articles by words, in the texts of today or in all they ever had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from archive.cli import as_asked, for_terminal, home_option, listing, say_restricted
from archive.home import Home
from archive.models import asked_day
from archive.query import Query, parse
from archive.snippets import END, HIT, snippet
from archive.store import Only, Store

# words of a snippet: two or three lines of a table
_WORDS = 16
_BRACKETS = str.maketrans({HIT: "[", END: "]"})


@click.command()
@home_option
@click.argument("words", nargs=-1, required=True)
@click.option("--source", help="Only of this source.")
@click.option("--kind", type=click.Choice(("official", "news", "aggregator")), help="Only of sources of this kind.")
@click.option("--language", metavar="CODE", help="Only in this language: uk, en.")
@click.option("--since", metavar="DAY", callback=as_asked(asked_day), help="Only of this day and later ones.")
@click.option("--until", metavar="DAY", callback=as_asked(asked_day), help="Only of this day and earlier ones.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option(
    "--history", is_flag=True, help="In all texts an article ever had; an argument with spaces is a phrase."
)
@listing("id", "published", "first_seen", "last_seen", "dropped_by", "source", "title", "snippet")
def search(home: Home, words: tuple[str, ...], limit: int, history: bool, **only: str | None) -> list[dict[str, Any]]:
    """Find articles by words of their titles and texts, the best matches first.

    A word is found in all its forms. A "phrase" in quotation marks stays as it is; word* begins, -word leaves out,
    OR, title:word and brackets are understood (put -- before a word that begins with a minus). What is odd in a query
    is said on stderr.

    With --history what an outlet deleted is found too, and stands first: when a text with these words was seen first
    and last, and the number of the revision that dropped them.

    Exit codes: 0, also where nothing is found; 2 where there is no archive, or an option is wrong.
    """
    store = Store(home.require().database)
    try:
        query = parse(_typed(words, history), store.languages())
        for note in query.notes:
            click.echo(f"communique: {for_terminal(note)}", err=True)
        find = store.search_history if history else store.search
        rows = find(query, Only(**only), limit)
        say_restricted(store, (row["id"] for row in rows))
    finally:
        store.close()
    return [shown(row, query) for row in rows]


def _typed(words: Sequence[str], history: bool) -> str:
    return " ".join(f'"{one}"' if history and " " in one.strip() and '"' not in one else one for one in words)


def shown(row: dict[str, Any], query: Query) -> dict[str, Any]:
    """A row with a snippet in place of its text."""
    language = row.pop("language")
    stretch = snippet(query, row["text"], language, _WORDS).translate(_BRACKETS)
    return {("snippet" if name == "text" else name): stretch if name == "text" else row[name] for name in row}
