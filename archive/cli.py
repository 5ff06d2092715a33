"""The commands that need only the archive: reading it, serving it, rebuilding it."""

from __future__ import annotations

import csv
import functools
import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archive.errors import CommuniqueError, EarlierArchiveError, UpgradingError
from archive.home import Home
from archive.spreadsheet import inert
from archive.store import Store

if TYPE_CHECKING:
    from rich.progress import TaskID

F = TypeVar("F", bound=Callable[..., Any])


class Group(click.Group):
    """A group whose errors of ours are one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that a user can cause ends it in one line, and SIGTERM as Ctrl-C does."""
        main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGTERM, signal.default_int_handler) if main else None
        try:
            return self._in_one_line(ctx)
        finally:
            if main:
                signal.signal(signal.SIGTERM, before)

    def _in_one_line(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CommuniqueError as error:
            if isinstance(error, EarlierArchiveError) and Home(error.database.parent).busy():
                error = UpgradingError(error.database)
            click.echo(f"communique: {error}", err=True)
            ctx.exit(error.exit_code)
        except sqlite3.Error as error:  # locked for longer than we wait, a full disk, a damaged file
            click.echo(f"communique: the archive's database: {error}", err=True)
            ctx.exit(1)
        except UnicodeEncodeError as error:
            if not any(str(error.object) in argument for argument in sys.argv):
                raise  # of a page, and not of what was asked
            click.echo(f"communique: {str(error.object)[:200]!a} is no UTF-8", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:  # click would end it with 1, which says of some commands that something is wrong
            click.echo("communique: stopped", err=True)
            ctx.exit(130)


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


def as_asked(read: Callable[[str], str]) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """An option's value as a function of ours reads it, whose ``ValueError`` says what is wrong."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        try:
            return None if value is None else read(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


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
                    writer.writerows({key: inert(_cell(value)) for key, value in row.items()} for row in rows)
            else:
                print_table(rows, [column for column in columns if not rows or column in rows[0]])

        for form, text in (("csv", "CSV"), ("nl", "one JSON object a line"), ("json", "a JSON list")):
            wrapper = click.option(f"--{form}", "form", flag_value=form, help=f"Print {text}.")(wrapper)
        return wrapper

    return decorate


def _cell(value: Any) -> Any:
    """A value in a table; of a list of rows, a line each."""
    if isinstance(value, list):
        return "\n".join(" ".join(map(str, row.values())) if isinstance(row, dict) else str(row) for row in value)
    return value


def print_table(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """Print rows for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = bool(rows) and all(isinstance(row[column], int) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if row[c] is None else for_terminal(str(_cell(row[c])))) for c in columns))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def for_terminal(text: str) -> str:
    """Scraped text without the control characters that would move a terminal's cursor."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def say_restricted(store: Store, articles: Iterable[int]) -> None:
    """Say which of some articles are shown to nobody but whoever sits at this machine."""
    for row in store.restrictions(set(articles)):
        since = f"since {row['at'][:16]}Z: {for_terminal(row['reason'])}"
        click.echo(f"communique: article {row['article']} is restricted {since}", err=True)


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
    from archive.custody_health import custody_line

    store = _store(home)
    sources, last, unfinished = store.source_health(), store.last_runs(runs), store.unfinished_rebuild()
    unread, chain = store.unread_sentences(), store.custody_state()
    store.close()
    if as_json:
        state = {"sources": sources, "runs": last, "unfinished_rebuild": unfinished, "figures_unread": unread}
        state["custody"] = chain
        click.echo(json.dumps(state, ensure_ascii=False, indent=2))
        return
    click.echo("Sources (new, revised and failed in the last run)")
    print_table(
        [{**s, "failed": s["failed_now"]} for s in sources if s["captures"] or s["state"] != "paused"],
        ("source", "state", "last_success", "next_try", "articles", "new", "revised", "failed", "state_reason"),
    )
    click.echo("\nRuns, the latest first")
    print_table(
        last,
        ("id", "started", "finished", "status", "exit_code", "fetched", "new", "revised", "unchanged",
         "not_modified", "failed"),
    )  # fmt: skip
    click.echo(f"\nCustody: {custody_line(chain)}")
    for source in sources:
        if source["findings"]:
            click.echo(f"\n{source['source']}: {for_terminal(source['findings'])}")
    if unread:
        click.echo(f"\n{unread} {unread_sentences(unread)} (table figures_unread says why)")
    if unfinished is not None:
        click.echo(f"\n{unfinished_line(unfinished)}")


def unread_sentences(count: int) -> str:
    """That so many sentences on losses were not read."""
    return f"sentence{'s' if count > 1 else ''} on losses could not be read for sure"


def unfinished_line(rebuild: Mapping[str, Any]) -> str:
    """What a rebuild left undone, and the command that goes on with it."""
    options = [f"--source {name}" for name in (rebuild["sources"] or "").split(",") if name]
    options += [f"--since {rebuild['since']}"] if rebuild["since"] else []
    return (
        f"A rebuild of {rebuild['started'][:16]}Z is not finished: {rebuild['unread']} pages to read and"
        f" {rebuild['unsettled']} articles to bring in line; `{' '.join(['communique rebuild', *options])}` goes on"
    )


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True)
@click.option("--open", "in_browser", is_flag=True, help="Open it in the browser.")
@click.option(
    "--snapshot", is_flag=True, help="Serve a copy of the archive as it is now; crawls change nothing in it."
)
@click.pass_context
def serve(context: click.Context, home: Home, host: str, port: int, in_browser: bool, snapshot: bool) -> None:
    """Serve the archive in Datasette until Ctrl-C.

    The copy of --snapshot lies in the home folder while it is served; crawls and rebuilds go on beside it.

    Exit codes: 0; 1 where the port is taken, the database is damaged or a snapshot does not fit on the disk; 2 where
    there is no archive of this version; 75 where another command is just bringing it to this version.
    """
    from archive.web.server import run

    store = _store(home)
    not_yet = store.served_openly(
        source.id for source in (context.obj(home) if context.obj else ()) if not source.public
    )
    store.close()
    for source in not_yet:
        line = "is not public in the catalogue, and open in the archive until it is crawled or rebuilt"
        click.echo(f"communique: {source} {line}: `communique rebuild --source {source}`", err=True)
    run(home.require(), host, port, in_browser, snapshot)


@click.command()
@home_option
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only of this source; may be repeated.")
@click.option("--since", metavar="DAY|AGE", help="Only articles captured since then: 2026-11-01 (UTC), or 12h, 10d.")
@click.pass_context
def rebuild(context: click.Context, home: Home, sources: tuple[str, ...], since: str | None) -> None:
    """Read kept pages again, into the same ids.

    Everything after the raw captures is made anew with the rules and extractors of this version and with the
    catalogue as it is now; nothing is fetched. Reading goes on meanwhile. One that was stopped, however it was, goes
    on when it is run again.

    Exit codes: 0; 1 where a raw page could not be read back; 2 where there is no archive or no such source, or an
    option is wrong; 75 where a crawl runs; 130 stopped by Ctrl-C.
    """
    from archive.rebuild import rebuild as run

    known = context.obj(home) if context.obj else ()
    home.require()
    try:
        with home.writing(), progress() as tell:
            result = run(home, sources, since, known, tell)
    except KeyboardInterrupt:
        click.echo("communique: stopped; the same command goes on with it", err=True)
        raise SystemExit(130) from None
    click.echo(result.summary, err=bool(result.problems))
    for problem in result.problems:
        click.echo(f"communique: {for_terminal(' '.join(problem.split()))}", err=True)
    if result.problems:
        raise SystemExit(1)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Shows on a terminal how far something is; told what is done, how many there are and how many are left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, of: int, left: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what)
            shown.update(tasks[what], total=of, completed=of - left)

        yield tell


@click.command()
@home_option
@click.argument("source")
@click.option("--keep", multiple=True, metavar="ID", help="Never hide this block again; may be repeated.")
@click.option("--hide", multiple=True, metavar="ID", help="Hide this block wherever it stands; may be repeated.")
@click.option("--forget", multiple=True, metavar="ID", help="Withdraw what was decided on it; may be repeated.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many to list.")
@listing("id", "documents", "mark", "verdict", "begins", "examples")
def boilerplate(
    home: Home, source: str, keep: tuple[str, ...], hide: tuple[str, ...], forget: tuple[str, ...], limit: int
) -> list[dict[str, Any]]:
    """List what repeats across the pages of SOURCE, and decide on it.

    Blocks on most documents first, those that were decided on before all others; without a mark, a block stands
    within texts and is kept. What is decided holds for good in this source, also after a rebuild; the articles that
    carry the block follow at once.

    Exit codes: 0; 2 where there is no archive, no such source or no such block; 75 where a crawl runs and something
    is to be decided.
    """
    from archive.overrule import check_source, overrule

    home.require()
    if keep or hide or forget:
        with home.writing():
            done = overrule(home, source, keep, hide, forget)
        click.echo(f"{done.articles} articles carry it, {done.changed} texts changed", err=True)
    store = _store(home)
    try:
        check_source(store, source)
        rows = store.repeated(source, limit)
    finally:
        store.close()
    for row in rows:
        row["begins"] = " ".join(row["text"].split()[:12])
    return rows


COMMANDS = (status, serve, rebuild, boilerplate)
