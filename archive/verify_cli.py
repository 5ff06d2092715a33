"""The command that computes everything again and says what differs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from archive.cli import for_terminal, home_option, progress
from archive.findings import Findings, counted
from archive.home import Home


@click.command()
@home_option
@click.option("--article", type=click.IntRange(1, (1 << 63) - 1), help="Only this article and what it rests on.")
@click.option(
    "--export",
    "exported",
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Check an export by its manifest, with or without the archive that it came from.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    callback=lambda _context, _option, values: tuple(map(_fingerprint, values)),
    metavar="FINGERPRINT|FILE",
    help="A key that is known to be the archive's (as `communique keys` prints it, or its PEM file); again for more.",
)
@click.option("--strict", is_flag=True, help="End with 1 also for texts not recomputed and entries not signed.")
@click.option("--all", "every", is_flag=True, help="Name every difference, also where many are of one kind.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(
    home: Home,
    article: int | None,
    exported: Path | None,
    keys: tuple[str, ...],
    strict: bool,
    every: bool,
    as_json: bool,
) -> None:
    """Compute everything again, from the raw pages to the chain, and name what differs.

    A crawl may run meanwhile. Texts that an extractor version read which is not installed are not recomputed, and
    said to be so. An export needs no archive; where the home has one, the export's head is looked for in its chain.

    The chain shows whose it is by its keys: without --key the first that it names is taken for the archive's own, and
    whoever writes the whole chain anew with another key is not found. So write the fingerprint down elsewhere.

    Exit codes: 0 nothing differs; 1 something differs; 2 where there is no archive, no such article or nothing that
    was exported; 130 stopped by Ctrl-C or SIGTERM.
    """
    if exported is not None:
        if article is not None:
            raise click.UsageError("--export checks a whole export: leave --article out")
        if keys:
            raise click.UsageError("--export says whose key signed: leave --key out, and compare")
        from archive.verify_export import verify_export

        with progress() as tell:
            found = verify_export(exported, home if home.database.is_file() else None, tell)
    else:
        from archive.verify import verify as run

        home.require()
        with progress() as tell:
            found = run(home, article, tell, keys=keys)
    _say(found, every, as_json)
    if found.total or (strict and (found.unread or found.unsigned)):
        raise SystemExit(1)


def _fingerprint(value: str) -> str:
    """The fingerprint that somebody gives, or that of a public key in a file."""
    if re.fullmatch("[0-9a-fA-F]{64}", value):
        return value.lower()
    from archive.signing import fingerprint

    try:
        return fingerprint(Path(value).read_text("ascii"))
    except (OSError, ValueError) as error:
        raise click.BadParameter(
            f"{value} is no fingerprint (64 hexadecimal digits) and no file of a public key"
        ) from error


def _say(found: Findings, every: bool, as_json: bool) -> None:
    if as_json:
        told = {
            "differences": [one._asdict() for one in found.differences],
            "total": found.total,
            "signed": {"key": found.signed[0], "entry": found.signed[1]} if found.signed else None,
            "checked": dict(found.checked),
            "notes": found.notes,
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for line in found.lines(every):
        click.echo(for_terminal(" ".join(line.split())))
    for line in found.notes:
        click.echo(f"communique: {for_terminal(line)}", err=True)
    checked = ", ".join(counted(count, name) for name, count in found.checked.items())
    how = "nothing differs" if not found.total else counted(found.total, "differences")
    whose = f"; signed by {found.signed[0]} up to entry {found.signed[1]}" if found.signed else ""
    click.echo(f"{how}: {checked}{whose}", err=bool(found.total))
