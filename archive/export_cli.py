"""The command that hands the archive out, in the formats of :mod:`archive.exports.formats`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli import as_asked, for_terminal, home_option
from archive.cli import progress as shown_progress
from archive.errors import CommuniqueError, ConfigurationError
from archive.exports.chosen import Asked
from archive.exports.formats import FORMATS, Format
from archive.home import Home
from archive.models import Progress, asked_day

if TYPE_CHECKING:
    from archive.exports.run import Exported

PIPE = "-"
_ID = click.IntRange(1, (1 << 63) - 1)


@click.command()
@home_option
@click.argument("form", metavar="FORMAT", type=click.Choice(tuple(FORMATS)))
@click.argument("target", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only of this source; may be repeated.")
@click.option("--kind", type=click.Choice(("official", "news", "aggregator")), help="Only of sources of this kind.")
@click.option("--language", metavar="CODE", help="Only in this language: uk, en.")
@click.option("--since", metavar="DAY", callback=as_asked(asked_day), help="Only of this day and later ones.")
@click.option("--until", metavar="DAY", callback=as_asked(asked_day), help="Only of this day and earlier ones.")
@click.option("--search", metavar="WORDS", help="Only what `communique search` finds with these words, all of it.")
@click.option("--story", type=_ID, metavar="ID", help="Only the articles of this story.")
@click.option("--article", type=_ID, metavar="ID", help="Only this article.")
@click.option("--restricted", is_flag=True, help="Restricted articles too.")
@click.option("--bare", is_flag=True, help="Only what each article shows now, no earlier texts or captures.")
@click.option("--incremental", is_flag=True, help="Only what is new or changed since the last such export to TARGET.")
@click.option(
    "--manifest",
    "note",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the manifest goes, with TARGET -.",
)
def export(home: Home, form: str, target: Path, incremental: bool, note: Path | None, **asked: Any) -> None:
    """Export articles as FORMAT to TARGET, a file or a folder; - is stdout.

    \b
    jsonl, jsonl.zst    a line of JSON for each article, with all that is kept of it
    csv                 a row for each article, safe in a spreadsheet
    parquet             the same as jsonl, in columns; parquet-by-month: a folder of it
    markdown            a folder with a file for each article
    sqlite              a database that Datasette opens
    warc, wacz          the pages as they were captured, to be replayed
    bagit               a folder with the whole archive

    Days are those of publication, or of our first capture where none is stated. What sources that are not public
    published stays out unless such a source is named, and what is restricted unless --restricted is given. The target
    takes its name when it is whole, with a manifest beside it; the same archive gives the same bytes.

    Exit codes: 0; 1 it could not be written; 2 no archive, source or story, or a wrong option or target; 130 stopped
    by Ctrl-C.
    """
    from archive.exports.run import export as to_target  # with what it needs, a fifth of a second

    what, chosen = FORMATS[form], Asked(**asked)
    try:
        with shown_progress() as progress:
            if str(target) == PIPE:
                if incremental:
                    raise ConfigurationError("there is no last export to a pipe: --incremental needs a file")
                done = _piped(home, what, chosen, note, progress)
            else:
                if note is not None:
                    raise ConfigurationError("--manifest goes with -: elsewhere it lies beside the export")
                done = to_target(home, what, target, chosen, incremental, progress)
    except KeyboardInterrupt:
        click.echo("communique: stopped; nothing was exported", err=True)
        raise SystemExit(130) from None
    for line in done.notes:
        click.echo(f"communique: {for_terminal(line)}", err=True)
    click.echo(_summary(done), err=True)


def _piped(home: Home, form: Format, chosen: Asked, note: Path | None, progress: Progress) -> Exported:
    if sys.stdout is None:
        raise ConfigurationError("stdout is closed: there is nothing to write to")
    if sys.stdout.isatty() and not form.text:
        raise ConfigurationError(f"{form.name} is no text for a terminal: send it to a file or a pipe")
    from archive.exports.run import to_pipe

    try:
        return to_pipe(home, form, sys.stdout.buffer, chosen, note, progress)
    except BrokenPipeError:  # `| head`: whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise CommuniqueError("the pipe was closed before the export ended") from None
    except OSError as error:  # `> FILE` on a disk that is full
        raise CommuniqueError(f"the export could not be written: {error.strerror or error}") from None


def _summary(done: Exported) -> str:
    """What was done, in a line."""
    if done.target is None:
        return "nothing is new or changed since the last export"
    articles = f"{done.articles:,} article{'s' if done.articles != 1 else ''}"
    more = f", {done.withdrawn:,} no longer in it" if done.withdrawn else ""
    more += f", {done.same:,} files as they were" if done.same else ""
    where = "stdout" if str(done.target) == PIPE else for_terminal(str(done.target))
    return f"{articles}{more}, {done.size / 1e6:,.1f} MB to {where}"
