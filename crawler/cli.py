"""``communique``: the one command."""

from __future__ import annotations

import sys
from typing import Any

import click

from archive import __version__
from archive.cli import COMMANDS, Group, home_option, listing
from archive.home import Home


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Archive what ministries, presidents' offices and newsrooms publish, with every later edit."""


@main.command()
@click.argument("sources", nargs=-1)
@home_option
@click.option(
    "--connect-to",
    multiple=True,
    metavar="HOST=ADDRESS:PORT",
    help="Reach hosts that match HOST (with *) at this address, over plain HTTP. The only way to a private address.",
)
@click.option(
    "--contact",
    envvar="COMMUNIQUE_CONTACT",
    show_envvar=True,
    help="Role mailbox or page that the user agent names, for outlets to reach you.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say how it goes even where nobody seems to watch.")
def crawl(
    sources: tuple[str, ...], home: Home, connect_to: tuple[str, ...], contact: str | None, verbose: bool
) -> None:
    """Fetch what the SOURCES published and changed (default: all that are not paused).

    Prints nothing where all is well and nobody watches, so that cron sends no mail.

    Exit codes: 0 all well; 1 a source has gone wrong (a block that was known already does not count); 2 a wrong
    option or catalogue; 75 another command is writing to the archive; 130 stopped by a signal.
    """
    from archive.workers import prepare
    from crawler.sources import catalogue, choose

    known = catalogue(home.sources)
    outlets = choose(known, sources)
    prepare()  # while the rest of this process is still being imported
    from crawler.handlers import parse_connect_to
    from crawler.monitor import Monitor
    from crawler.run import crawl as run

    watched = verbose or sys.stdout.isatty()
    targets = parse_connect_to(connect_to)
    with home.writing():
        result = run(
            home, outlets, known, connect_to=targets, contact=contact, monitor=Monitor() if watched else None
        )
    report(result, watched)
    raise SystemExit(result.exit_code)


def report(result: Any, watched: bool) -> None:
    """Say how a run ended: problems always, the rest where somebody watches."""
    if watched:
        click.echo(result.summary)
    for problem in result.problems:
        click.echo(f"communique: {problem}", err=True)


@main.command(name="sources")
@home_option
@listing("name", "kind", "language", "state", "articles", "discovery")
def list_sources(home: Home) -> list[dict[str, Any]]:
    """List the catalogue: the built-in outlets with your own sources.toml over it.

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


for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
