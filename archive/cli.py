"""The commands that need only the archive: reading it, serving it, rebuilding it."""

from __future__ import annotations

import csv
import functools
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from archive.errors import CommuniqueError, NoArchiveError
from archive.home import Home
from archive.store import Store

F = TypeVar("F", bound=Callable[..., Any])


class Group(click.Group):
    """A group whose errors of ours are one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that a user can cause ends it in one line."""
        try:
            return super().invoke(ctx)
        except CommuniqueError as error:
            click.echo(f"communique: {error}", err=True)
            ctx.exit(error.exit_code)
        except sqlite3.Error as error:  # locked for longer than we wait, a full disk, a damaged file
            click.echo(f"communique: the archive's database: {error}", err=True)
            ctx.exit(1)


def home_option(function: F) -> F:
    """``--home DIR`` as a :class:`Home`."""
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="COMMUNIQUE_HOME",
        default=Path("data"),
        show_default=True,
        show_envvar=True,
        callback=lambda _ctx, _param, value: Home(value),
        help="The folder that holds the archive.",
    )(function)


def listing(*columns: str) -> Callable[[F], Callable[..., None]]:
    """A command that returns rows: as a table for people, or ``--json``, ``--nl``, ``--csv``.

    ``columns`` are those of the table, as far as the rows have them; the other forms carry every column.
    """

    def decorate(function: F) -> Callable[..., None]:
        @functools.wraps(function)
        def wrapper(*args: Any, form: str | None, **kwargs: Any) -> None:
            rows = list(function(*args, **kwargs))
            if form == "json":
                click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            elif form == "nl":
                for row in rows:
                    click.echo(json.dumps(row, ensure_ascii=False))
            elif form == "csv":
                if rows:
                    writer = csv.DictWriter(sys.stdout, rows[0].keys())
                    writer.writeheader()
                    writer.writerows(rows)
            else:
                _table(rows, [column for column in columns if not rows or column in rows[0]])

        for form, text in (("csv", "CSV"), ("nl", "one JSON object a line"), ("json", "a JSON list")):
            wrapper = click.option(f"--{form}", "form", flag_value=form, help=f"Print {text}.")(wrapper)
        return wrapper

    return decorate


def _table(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = bool(rows) and all(isinstance(row[column], int) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if row[c] is None else for_terminal(str(row[c]))) for c in columns))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def for_terminal(text: str) -> str:
    """Scraped text without the control characters that would move a terminal's cursor."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _store(home: Home) -> Store:
    return Store(home.require().database)


@click.command()
@home_option
@click.option("--runs", type=click.IntRange(1, 1000), default=5, show_default=True, help="How many runs to list.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(home: Home, runs: int, as_json: bool) -> None:
    """How the sources are, and what the last runs did.

    Exit codes: 0; 2 where there is no archive.
    """
    store = _store(home)
    sources, last = store.source_health(), store.last_runs(runs)
    store.close()
    if as_json:
        click.echo(json.dumps({"sources": sources, "runs": last}, ensure_ascii=False, indent=2))
        return
    click.echo("Sources (new, revised and failed in the last run)")
    _table(
        [{**s, "failed": s["failed_now"]} for s in sources if s["captures"] or s["state"] != "paused"],
        ("source", "state", "last_success", "next_try", "articles", "new", "revised", "failed", "state_reason"),
    )
    click.echo("\nRuns, the latest first")
    _table(
        last,
        ("id", "started", "finished", "status", "exit_code", "fetched", "new", "revised", "unchanged",
         "not_modified", "failed"),
    )  # fmt: skip


@click.command()
@home_option
@click.argument("article", type=int)
@click.option("--blocks", is_flag=True, help="Print each block with what it was hidden for.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(home: Home, article: int, blocks: bool, as_json: bool) -> None:
    """Print an article with where it comes from.

    Exit codes: 0; 2 where there is no such article.
    """
    store = _store(home)
    row = store.detail(article)
    store.close()
    if row is None:
        raise NoArchiveError(f"there is no article {article}")
    if not blocks:
        del row["blocks"]
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, indent=2))
        return
    click.echo(for_terminal(row["title"]))
    for name in (
        "source",
        "url",
        "byline",
        "published",
        "modified",
        "first_seen",
        "last_checked",
        "gone_at",
        "moved_to",
    ):
        if row[name]:
            click.echo(f"{name.replace('_', ' ')}: {for_terminal(str(row[name]))}")
    for capture in row["captures"]:
        where = f"{capture['warc_file']} at {capture['warc_offset']}"
        click.echo(f"capture {capture['id']}: {capture['fetched_at']} {capture['outcome']}, {where}")
    click.echo()
    if blocks:
        _table(row["blocks"], ("position", "kind", "mark", "link_share", "text"))
    else:
        click.echo(for_terminal(row["text"]))
        for block in row["hidden"]:
            words = for_terminal(" ".join(block["text"].split()[:8]))
            click.echo(f"[hidden: {block['reason']}, on {block['documents']} documents: {words} …]", err=True)


@click.command()
@home_option
@click.argument("words", nargs=-1, required=True)
@click.option("--source", help="Only of this source.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option(
    "--history", is_flag=True, help="In all texts an article ever had; an argument with spaces is a phrase."
)
@listing("id", "published", "first_seen", "last_seen", "dropped_by", "source", "title", "snippet")
def search(home: Home, words: tuple[str, ...], source: str | None, limit: int, history: bool) -> list[dict[str, Any]]:
    """Find articles by words of their titles and texts, the best matches first.

    With --history what an outlet deleted is found too, and stands first: when a text with these words was seen first
    and last, and the number of the revision that dropped them.

    Exit codes: 0, also where nothing is found; 2 where there is no archive.
    """
    store = _store(home)
    try:
        return store.search_history(words, source, limit) if history else store.search(" ".join(words), source, limit)
    finally:
        store.close()


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True)
def serve(home: Home, host: str, port: int) -> None:
    """Serve the archive in Datasette until Ctrl-C.

    Exit codes: 0; 1 where the port is taken; 2 where there is no archive.
    """
    from archive.web.server import run

    run(home.require(), host, port)


@click.command()
@home_option
def rebuild(home: Home) -> None:
    """Read every kept page again, into the same ids.

    Everything after the raw captures is made anew with the rules and extractors of this version; nothing is fetched.

    Exit codes: 0; 1 where a raw page could not be read back; 2 where there is no archive; 75 where a crawl runs.
    """
    from archive.rebuild import rebuild as run

    home.require()
    with home.writing():
        result = run(home)
    if sys.stdout.isatty() or result.problems:
        click.echo(result.summary, err=bool(result.problems))
    for problem in result.problems:
        click.echo(f"communique: {problem}", err=True)
    if result.problems:
        raise SystemExit(1)


COMMANDS = (status, show, search, serve, rebuild)
