"""``communique``: the one command."""

from __future__ import annotations

import dataclasses
import functools
import random
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from archive import __version__
from archive.cli import COMMANDS, F, Group, home_option, listing
from archive.custody_cli import keys
from archive.errors import CommuniqueError
from archive.export_cli import export
from archive.forget_cli import forget
from archive.history_cli import diff
from archive.home import Home
from archive.losses_cli import losses
from archive.restrict_cli import restrict
from archive.search_cli import search
from archive.show_cli import show
from archive.verify_cli import verify
from crawler.importing import bring
from crawler.options import asking, fetching
from crawler.unattended import COMMANDS as UNATTENDED

if TYPE_CHECKING:
    from archive.models import Source
    from crawler.frontier import Plan
    from crawler.sources import Outlet


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """Archive what ministries, presidents' offices and newsrooms publish, with every later edit."""
    context.obj = _catalogued


def _catalogued(home: Home) -> list[Source]:
    """The sources as the catalogue has them now, for the commands that know of no crawler."""
    from crawler.sources import catalogue

    return [outlet.source for outlet in catalogue(home.sources).values()]


@main.command()
@click.argument("sources", nargs=-1)
@home_option
@click.option("--due", is_flag=True, help="Ask only the lists that are due (for a cron line of every 15 minutes).")
@click.option("--again", is_flag=True, help="Look again at every article of the last 30 days, due or not.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Go back through the outlets' past to then; may be resumed.",
)
@click.option("--max-pages", type=click.IntRange(1, 1_000_000), help="Pages of a source, instead of its own limit.")
@click.option(
    "--jitter",
    type=click.IntRange(0, 3600),
    default=0,
    metavar="SECONDS",
    help="Begin after up to so long at random.",
)
@fetching
def crawl(
    sources: tuple[str, ...],
    home: Home,
    due: bool,
    again: bool,
    since: datetime | None,
    max_pages: int | None,
    jitter: int,
    **options: Any,
) -> None:
    """Fetch what the SOURCES published and changed (default: all that are not paused).

    Prints nothing where all is well and nobody watches, so that cron sends no mail.

    Exit codes: 0 all well; 1 a source changed for the worse (one that was so already does not count), or the disk is
    nearly full; 2 a wrong option or catalogue; 75 another command is writing to the archive; 130 stopped by a signal.
    """
    from crawler.frontier import Plan
    from crawler.sources import catalogue, choose

    known = catalogue(home.sources)
    outlets = choose(known, sources)
    if jitter:
        time.sleep(random.uniform(0, jitter))  # noqa: S311  no secret: a spread over machines
    past = since.replace(tzinfo=UTC) if since else None
    _run(home, outlets, known, Plan(due, again, past, max_pages, {}, bool(sources)), **options)


@main.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@home_option
@fetching
def save(urls: tuple[str, ...], home: Home, **options: Any) -> None:
    """Archive single pages of any outlet now, known or not, in the same way as a crawl.

    Exit codes: 0 all were kept as articles; 1 one was not; 2 a wrong address or option; 75 another command is writing
    to the archive; 130 stopped by a signal.
    """
    from crawler.frontier import Plan
    from crawler.single import assign
    from crawler.sources import catalogue

    known = catalogue(home.sources)
    outlets, pages = assign(known, urls)
    _run(home, outlets, known | outlets, Plan(pages=pages, named=True), **options)


def _run(
    home: Home,
    outlets: Mapping[str, Outlet],
    known: Mapping[str, Outlet],
    plan: Plan,
    *,
    connect_to: tuple[str, ...],
    contact: str | None,
    quota: int | None,
    dead_man: str | None,
    webhook: str | None,
    verbose: bool,
) -> None:
    from archive.workers import prepare
    from crawler.handlers import parse_connect_to
    from crawler.notify import check_url, notify

    targets = parse_connect_to(connect_to)
    for option, url in (("--dead-man", dead_man), ("--webhook", webhook)):
        if url is not None:
            check_url(url, option)
    with home.writing():
        prepare()  # while the rest of this process is still being imported
        from crawler.monitor import Monitor
        from crawler.run import Result
        from crawler.run import crawl as crawl_all

        watched = verbose or sys.stdout.isatty()
        monitor = Monitor() if watched else None
        try:
            result = crawl_all(
                home,
                outlets,
                known,
                connect_to=targets,
                contact=contact,
                monitor=monitor,
                plan=plan,
                quota=quota and quota << 30,
            )
        except CommuniqueError as error:  # it has no row, and whoever waits for its end must hear of it
            notify(Result(None, error.exit_code, str(error), (str(error),)), dead_man, webhook)
            raise
    report(result, watched)
    notify(result, dead_man, webhook)
    raise SystemExit(result.exit_code)


def report(result: Any, watched: bool) -> None:
    """Say how a run ended: problems always, the rest where somebody watches."""
    if watched:
        click.echo(result.summary)
    for problem in result.problems:
        _aloud(problem)


def _aloud(line: str) -> None:
    click.echo(f"communique: {line}", err=True)


@main.command()
@click.argument("url")
@home_option
@click.option("--dry-run", is_flag=True, help="Print the entry and write nothing.")
@click.option("--slug", help="What the source is called here (default: after its host).")
@click.option("--name", help="Its name (default: as its front page has it).")
@click.option("--kind", type=click.Choice(["official", "news", "aggregator"]), help="What it is (default: a guess).")
@click.option("--timezone", help="IANA zone of its dates (default: that of its country, where there is one).")
@click.option(
    "--delay", type=click.FloatRange(0, 3600), metavar="SECONDS", help="Between two requests to it (default: 2)."
)
@asking
def add(
    url: str,
    home: Home,
    dry_run: bool,
    slug: str | None,
    connect_to: tuple[str, ...],
    contact: str | None,
    **given: Any,
) -> None:
    """Find out by what the outlet at URL is crawled, and add it to your own sources.toml.

    Looks for feeds, sitemaps, a WordPress interface and lists of articles, with about 25 requests that obey
    robots.txt; a Telegram channel is added by https://t.me/CHANNEL. The entry is printed on stdout, what was tried
    on stderr.

    Exit codes: 0 the entry is written (or printed, with --dry-run); 1 nothing was found; 2 a wrong address or option,
    or a source that is there already; 75 another command is writing to the archive; 130 stopped by a signal.
    """
    from crawler.adding import append, describe
    from crawler.handlers import parse_connect_to

    source, text = describe(
        home,
        url,
        given={key: value for key, value in given.items() if value is not None},
        slug=slug,
        connect_to=parse_connect_to(connect_to),
        contact=contact,
        say=lambda line: click.echo(line, err=True),
    )
    click.echo(text, nl=False)  # before it is written: it was found in vain where another command is writing
    if not dry_run:
        append(home, source, text)


def alone(function: F) -> F:
    """A group's own command: run where no command of the group was named."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        below = click.get_current_context().invoked_subcommand
        if below is None:
            return function(*args, **kwargs)
        if kwargs.get("form"):
            raise click.UsageError(f"--{kwargs['form']} stands behind {below}")
        return None

    return wrapper  # type: ignore[return-value]


@main.group(name="sources", invoke_without_command=True)
@home_option
@alone
@listing("name", "kind", "language", "state", "articles", "discovery")
def list_sources(home: Home) -> list[dict[str, Any]]:
    """List the catalogue: the built-in outlets with your own sources.toml over it.

    `communique sources check` asks them.

    Exit codes: 0; 2 where a catalogue entry is wrong.
    """
    from archive.store import Store
    from crawler.sources import catalogue

    outlets = catalogue(home.sources)
    kept: dict[str, dict[str, Any]] = {}
    if home.database.is_file():
        store = Store(home.database)
        kept = {row["source"]: row for row in store.source_health()}
        store.close()
    return [
        {
            "name": name,
            "title": outlet.source.name,
            "kind": outlet.source.kind,
            "country": outlet.source.country,
            "language": outlet.source.language,
            "homepage": outlet.source.homepage,
            "licence": outlet.source.licence,
            "public": outlet.source.public,
            "state": "paused" if outlet.source.paused else kept.get(name, {}).get("state", "not crawled yet"),
            "articles": kept.get(name, {}).get("articles", 0),
            "discovery": ", ".join(f"{d.kind} {d.url}" for d in outlet.discovery),
        }
        for name, outlet in outlets.items()
    ]


def failing(function: F) -> F:
    """A listing command that ends with 1 where its rows, once printed, left lines to say."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        lines = click.get_current_context().meta.setdefault("communique.failing", [])
        function(*args, **kwargs)
        for line in lines:
            _aloud(line)
        if lines:
            raise SystemExit(1)

    return wrapper  # type: ignore[return-value]


@list_sources.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@home_option
@asking
@failing
@listing("source", "kind", "url", "answer", "found", "articles", "newest")
def check(
    names: tuple[str, ...], home: Home, connect_to: tuple[str, ...], contact: str | None
) -> list[dict[str, Any]]:
    """Ask each way of discovery of the sources NAMED, and each fallback (default: all that are not paused).

    One request each, two or three for a sitemap of sitemaps, three a source for what its site states of text and data
    mining, and three for its newest pages where it has hints; robots.txt is obeyed, and nothing is kept. A line on
    stderr says where the statement is not what the catalogue says, and on how many pages each hint matches.

    Exit codes: 0; 1 where a source has no way that brings an article; 2 a wrong name or catalogue; 130 stopped by a
    signal.
    """
    from crawler.checking import check as ask
    from crawler.checking import silent
    from crawler.handlers import parse_connect_to
    from crawler.sources import catalogue, choose

    context = click.get_current_context()
    if context.parent is not None and context.get_parameter_source("home") is not ParameterSource.COMMANDLINE:
        home = context.parent.params["home"]  # `sources --home DIR check` means the same
    rows = ask(home, choose(catalogue(home.sources), names), parse_connect_to(connect_to), contact, _aloud)
    context.meta["communique.failing"] += [f"{name}: no way brings an article" for name in silent(rows)]
    return [dataclasses.asdict(row) for row in rows]


@main.command()
@home_option
@click.option("--no-serve", is_flag=True, help="Do not serve the archive afterwards.")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="Where to serve it.")
def demo(home: Home, no_serve: bool, port: int) -> None:
    """Crawl a site of fictional outlets twice over real HTTP, compare with what it intends, then serve the archive.

    Exit codes: 0 all went as the site intends; 1 something did not; 2 the folder holds a real archive; 75 another
    command is writing to it.
    """
    from crawler.demo.tour import tour

    problems = tour(home)
    for problem in problems:
        click.echo(f"communique: {problem}", err=True)
    if problems:
        raise SystemExit(1)
    if not no_serve:
        from archive.web.server import run

        run(home, "127.0.0.1", port)


for command in (*COMMANDS, search, show, diff, losses, bring, export, keys, restrict, forget, verify, *UNATTENDED):
    main.add_command(command)
