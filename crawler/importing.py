"""``communique import``: brings pages and texts that others kept into the archive."""

from __future__ import annotations

import gc
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli import as_asked, for_terminal, home_option, progress
from archive.dates import is_zone
from archive.errors import ConfigurationError
from archive.home import Home
from archive.imports.handing import slug
from archive.imports.kinds import KINDS
from archive.models import Source, asked_moment
from archive.urls import clean, is_article, is_web, site

if TYPE_CHECKING:
    from crawler.sources import Outlet

# names that are as alike as this are one, misspelt
_CLOSE = 0.8


class Catalogued:
    """Whose an address is, by the catalogue: as :func:`crawler.single.assign` has it, for millions of them."""

    def __init__(
        self,
        known: Mapping[str, Outlet],
        source: str | None = None,
        zone: str | None = None,
        language: str | None = None,
    ) -> None:
        self._known = known
        self._made: dict[str, Source] = {}
        self._source = None if source is None else self._given(source, zone, language)
        self._by_host: defaultdict[str, list[tuple[Source, list[re.Pattern[str]]]]] = defaultdict(list)
        for outlet in known.values():
            patterns = [re.compile(pattern) for pattern in outlet.source.articles]
            for host in {host.removeprefix("www.") for host in outlet.hosts}:
                self._by_host[host].append((outlet.source, patterns))

    def of(self, url: str, every: bool) -> Source | None:
        """The source of an article's address; with ``every``, of any address: one is made up where there is none.

        Where the user named a source, its articles alone; one that the catalogue does not have has all addresses.
        """
        from crawler.single import unknown

        own, asked = self._by_host.get(site(url), []), self._source
        if asked is not None:
            if asked.id not in self._known:
                return asked
            own = [pair for pair in own if pair[0].id == asked.id]
        target = clean(url)
        fitting = next((source for source, patterns in own if is_article(target, patterns)), None)
        if fitting is not None or not every:
            return fitting
        if own or asked is not None:
            return own[0][0] if own else None
        made = unknown(url).source
        return self._made.setdefault(made.id, made)

    def named(self, name: str) -> Source | None:
        """The source of that name, None where the catalogue has none."""
        outlet = self._known.get(name)
        return outlet.source if outlet else self._made.get(name)

    def _given(self, name: str, zone: str | None, language: str | None) -> Source:
        """The source that was asked for: made where the catalogue has none of that name or one like it."""
        if found := self.named(name):
            return found
        key = slug(name)
        if not key or (close := get_close_matches(name, self._known, 1, _CLOSE)):
            hint = f" (did you mean {close[0]}?)" if key else ""
            raise ConfigurationError(f"no such source: {name}{hint}")
        made = Source(key, name, "news", language, zone or "UTC", "")
        return self._made.setdefault(key, made)


def _zone(text: str) -> str:
    if not is_zone(text):
        raise ValueError(f"{text[:40]} is no time zone (Europe/Berlin)")
    return text


def _address(text: str) -> str:
    if not is_web(text):
        raise ValueError(f"{text[:80]} is no http or https address")
    return text


@click.command(name="import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@home_option
@click.option("--source", metavar="NAME", help="Whose the files are: a source of the catalogue, or a new name.")
@click.option(
    "--url",
    callback=as_asked(_address),
    help="The address of a file ({name}: without its ending; of rows {row}: its number).",
)
@click.option(
    "--at", callback=as_asked(asked_moment), metavar="TIME", help="When a file was captured that does not say so."
)
@click.option("--zone", callback=as_asked(_zone), help="IANA zone of dates in texts, instead of the source's.")
@click.option("--language", help="Language of texts, instead of the source's.")
@click.option("--all", "every", is_flag=True, help="Pages of outlets that the catalogue does not have, too.")
@click.option("--kind", type=click.Choice(KINDS), help="What the files are (default: a look at their content).")
def bring(
    paths: tuple[Path, ...],
    home: Home,
    source: str | None,
    url: str | None,
    at: str | None,
    zone: str | None,
    language: str | None,
    every: bool,
    kind: str | None,
) -> None:
    """Bring in what others kept: WARC and WACZ files, pages saved by a browser, texts, tables, exports, archives.

    Each PATH is a file, or a folder of files. Pages go the way of a crawl, by the time they were captured at; their
    records are copied as they are. What is here already is passed over, so that an import that was stopped goes on
    when it is run again. Taken are articles of known sources.

    Exit codes: 0; 1 a file was refused, or a part of one is damaged; 2 a wrong option, or no such file; 75 another
    command is writing to the archive; 130 stopped by Ctrl-C.
    """
    from archive.imports.intake import Given
    from archive.imports.run import bring_in
    from archive.workers import UNCOLLECTED, prepare
    from crawler.sources import catalogue

    known = catalogue(home.sources)
    sources = Catalogued(known, source, zone, language)
    given = Given(source, url, datetime.fromisoformat(at) if at else None, zone, language, every, kind)
    with home.writing(), progress() as tell:
        prepare()
        gc.set_threshold(*UNCOLLECTED)
        outlets = [outlet.source for outlet in known.values()]
        result = bring_in(home, paths, given, sources, outlets, lambda of, left: tell("MB", of >> 20, left >> 20))
    click.echo(result.summary, err=bool(result.problems))
    for problem in result.problems:
        click.echo(f"communique: {for_terminal(' '.join(problem.split()))}", err=True)
    raise SystemExit(result.exit_code)
