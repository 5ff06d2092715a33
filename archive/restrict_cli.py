"""The command that keeps articles from being shown, and shows them again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from archive.cli import for_terminal, home_option, listing
from archive.errors import ConfigurationError, NoArchiveError
from archive.home import Home
from archive.models import stamp
from archive.store import Store

# characters of a reason: it is one line of a page
_REASON = 500
_RELATIONS = {
    "same_text": "has the same text",
    "near_copy": "has nearly the same text",
    "contains": "holds its text or part of it",
    "same_page": "is on the same page",
}


def one_line(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A reason as it is kept: one line, without what a terminal would act on."""
    if value is None:
        return None
    line = " ".join(value.split())
    if not line or len(line) > _REASON or not line.isprintable():
        raise click.BadParameter(f"a line of 1 to {_REASON} characters is wanted")
    return line


@click.command()
@home_option
@click.argument("articles", metavar="[ARTICLE]...", nargs=-1, type=click.IntRange(1, (1 << 63) - 1))
@click.option("--reason", metavar="TEXT", callback=one_line, help="Why, in a line; everybody may read it.")
@click.option("--lift", is_flag=True, help="Show the articles again.")
@listing("article", "at", "reason", "source", "title")
def restrict(home: Home, articles: tuple[int, ...], reason: str | None, lift: bool) -> list[dict[str, Any]]:
    """Keep articles, and show them to nobody over the web.

    They answer 451 with the day and the reason; no page, list, count, feed or query shows anything of them, signed in
    or not, from the next request on. A crawl and a rebuild go on keeping them; commands on this machine still show
    them, and say that they are restricted. Given again, the reason is replaced and the day stays. Without ARTICLE,
    what is restricted is listed.

    Exit codes: 0; 2 where there is no archive or no such article, one to be lifted is not restricted, or an option is
    wrong; 75 another command is writing to the archive.
    """
    home.require()
    if bool(articles) != bool(reason or lift) or (reason and lift):
        raise ConfigurationError("give articles with --reason TEXT or with --lift, or neither to list them")
    if not articles:
        store = Store(home.database)
        try:
            return store.restrictions()
        finally:
            store.close()
    with home.writing():
        store = Store(home.database, write=True)
        try:
            return _decide(home, store, tuple(dict.fromkeys(articles)), reason)
        finally:
            store.close()


def _decide(home: Home, store: Store, articles: tuple[int, ...], reason: str | None) -> list[dict[str, Any]]:
    """Restrict for a reason, or lift; returns what is, or was, restricted."""
    places = store.by_number(articles)
    for article in articles:
        if article not in places:
            raise NoArchiveError(store.absence(article))
        if places[article] != article:
            raise NoArchiveError(f"there is no article {article} any more: article {places[article]} has what it had")
    before = store.restrictions(articles)
    if reason is None:
        shown = set(articles) - {row["article"] for row in before}
        if shown:
            raise ConfigurationError(f"article {min(shown)} is not restricted")
        with store.transaction():
            store.lift(articles)
        return before
    with store.transaction():
        store.restrict(articles, stamp(datetime.now(UTC)), reason)
    for row in store.also_shown(articles):
        line = f"article {row['other']} {_RELATIONS[row['relation']]} and is still shown (article {row['article']})"
        click.echo(for_terminal(f"communique: {line}"), err=True)
    if list(home.path.glob("snapshot-*")):
        click.echo("communique: a snapshot is being served, which stays as it was: start that one anew", err=True)
    return store.restrictions(articles)
