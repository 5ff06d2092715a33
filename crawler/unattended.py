"""The commands for a crawl that is left alone: ``doctor`` and ``schedule``."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from archive.cli import for_terminal, home_option
from archive.errors import ConfigurationError
from archive.home import Home
from crawler import options


@click.command()
@home_option
@click.option("--full", is_flag=True, help="Read all of the database, however long it takes.")
@options.quota
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the checks.")
def doctor(home: Home, full: bool, quota: int | None, as_json: bool) -> None:
    """Look over the archive, the disk, the clock, the sources and the cron line, and say how to mend each.

    Changes nothing. Takes seconds, whatever the size of the archive, without --full.

    Exit codes: 0 no problem (there may be warnings); 1 a problem; 2 where there is no archive.
    """
    from crawler.doctor import examine

    checks = examine(home, datetime.now(UTC), full, quota and quota << 30)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        for check in checks:
            click.echo(f"{check.level:8} {check.name:10} {for_terminal(' '.join(check.line.split()))}")
            if check.mend:
                click.echo(f"{'':19} → {for_terminal(check.mend)}")
    if any(check.level == "problem" for check in checks):
        raise SystemExit(1)


@click.command()
@click.argument("sources", nargs=-1)
@home_option
@click.option("--every", default="15m", show_default=True, metavar="AGE", help="How often: 15m, 30m, 1h, 6h, 1d.")
@click.option("--install", is_flag=True, help="Write the line into your crontab, in the place of the one before.")
@click.option("--remove", is_flag=True, help="Take the line out of your crontab.")
@options.contact
@options.quota
@options.dead_man
@options.webhook
def schedule(
    sources: tuple[str, ...],
    home: Home,
    every: str,
    install: bool,
    remove: bool,
    contact: str | None,
    quota: int | None,
    dead_man: str | None,
    webhook: str | None,
) -> None:
    """Print what makes cron or systemd crawl the SOURCES (default: all that are not paused), or tell cron.

    Every other line of the crontab stays as it is. A crawl asks only what is due, so often does not mean much.

    Exit codes: 0, also where nothing had to be changed; 2 a wrong option, or no crontab to write to.
    """
    from crawler import cron
    from crawler.notify import check_url
    from crawler.sources import catalogue, choose

    if install and remove:
        raise ConfigurationError("--install and --remove exclude each other")
    if remove:
        line = cron.remove(home)
        click.echo("removed from the crontab:" if line else "the crontab has no line for this archive", err=True)
        if line:
            click.echo(line)
        return
    choose(catalogue(home.sources), sources)
    options: list[str] = []
    for name, value in (("--contact", contact), ("--quota", quota and str(quota))):
        options += [name, value] if value else []
    for name, url in (("--dead-man", dead_man), ("--webhook", webhook)):
        options += [name, check_url(url, name)] if url else []
    plan = cron.plan(home, cron.interval(every), (*options, *sources))
    if install:
        new = cron.install(plan)
        click.echo("written into the crontab:" if new else "the crontab has it already:", err=True)
        click.echo(cron.crontab_line(plan))
        return
    click.echo("# crontab (`crontab -e`, or `communique schedule --install`)")
    click.echo(cron.crontab_line(plan))
    units = cron.units(plan)
    for name, text in units.items():
        click.echo(f"\n# or systemd: ~/.config/systemd/user/{name}\n{text}", nl=False)
    click.echo(
        "\n# then, so that it runs while you are not logged in, too:\n"
        f"# systemctl --user daemon-reload && systemctl --user enable --now {list(units)[1]}\n"
        "# loginctl enable-linger"
    )


COMMANDS = (doctor, schedule)
