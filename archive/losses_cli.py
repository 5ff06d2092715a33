"""The command that lists what each side claims of the other's losses, and what of it does not add up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from archive.cli import as_asked, home_option, listing, say_restricted
from archive.home import Home
from archive.models import asked_day, asked_moment
from archive.standings import COUNTRIES, stand
from archive.store import Store


@click.command()
@home_option
@click.option("--side", type=click.Choice(sorted(COUNTRIES)), help="Only what this side claims.")
@click.option("--category", "categories", multiple=True, metavar="KEY", help="Only this category; may be repeated.")
@click.option(
    "--series",
    default="total",
    show_default=True,
    metavar="KEY",
    help="total: since the beginning; day, week, period: of those days alone; a region; all.",
)
@click.option("--since", metavar="DAY", callback=as_asked(asked_day), help="Only claims from this day on.")
@click.option(
    "--until", metavar="DAY", callback=as_asked(asked_day), help="Only claims for this day and earlier ones."
)
@click.option(
    "--as-known-on",
    "known",
    metavar="DAY",
    callback=as_asked(asked_moment),
    help="By what the archive had then: a day (to its end, UTC) or a time.",
)
@click.option("--check", is_flag=True, help="List what does not add up instead, from day to day.")
@listing(
    "as_of", "claimed_by", "series", "category", "finding", "claimed_total", "claimed_delta", "qualifier",
    "expected", "days_missing", "other_day", "other_total", "reprints_agreeing", "reprints_differing",
    "first_held", "source", "article",
)  # fmt: skip
def losses(
    home: Home,
    side: str | None,
    categories: tuple[str, ...],
    series: str,
    since: str | None,
    until: str | None,
    known: str | None,
    check: bool,
) -> list[dict[str, Any]]:
    """List the losses that each side claims the other has had: a row a day, side and category, oldest first.

    Each row names the side that claims, the page it is taken from (an official source of that side where there is
    one, else the one published first), and how many other pages print the same or another number. Nothing is
    derived or corrected: totals are revised, so one may be below the day before. The two sides count different
    things; their rows are not to be set off against each other.

    Exit codes: 0, also where nothing is claimed, and whatever --check finds; 2 where there is no archive or an option
    is wrong.
    """
    if check and known:
        raise click.UsageError("--check looks at what is known now, not with --as-known-on")
    asked = {"side": side, "series": None if series == "all" else series, "since": since, "until": until}
    chosen = {name: value for name, value in asked.items() if value is not None}
    if categories:
        chosen["categories"] = json.dumps(categories)
    store = Store(home.require().database)
    try:
        if check:
            rows = store.loss_checks(chosen)
        else:
            rows = store.losses(chosen) if known is None else _as_known(store, known, chosen)
        say_restricted(store, (row["article"] for row in rows if row["article"]))
        return rows
    finally:
        store.close()


def _as_known(store: Store, known: str, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    """What :meth:`Store.losses` would have said at a moment."""
    claims = [c for c in store.claims_known(known, chosen) if c.key.direction is None and c.key.formation is None]
    standings = stand(claims)
    rows = store.loss_rows((figure for figure, (standing, _) in standings.items() if standing == "taken"), known)
    articles = {taken: row["article"] for taken, row in rows.items()}
    others = {(standings[c.id], c.article) for c in claims if c.article != articles[standings[c.id][1]]}
    for (standing, taken), count in Counter(standing for standing, _ in others).items():
        rows[taken]["reprints_agreeing" if standing == "agrees" else "reprints_differing"] = count
    return sorted(rows.values(), key=_order)


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """As :meth:`Store.losses` has them: the day, then Ukraine's claims."""
    period = (row["period_start"] or "", row["period_end"] or "")
    return row["as_of"], row["claimed_by"] != "ukraine", row["series"], row["category"], period
