"""The pages on claimed losses: what each side claims of the other, and one series of it with its charts.

Says what was claimed, never what is true: each chart, table and link names the side that claims, and no two sides
stand in one chart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode

from archive.models import asked_day, asked_moment
from archive.web import charts, claimed, frame, wording
from archive.web.charts import Claimed, findings
from archive.web.frame import DATABASE, number
from archive.web.known import as_known
from archive.web.queries import Row
from archive.web.wording import ABOUT, SIDES

# rows of the table below a chart: about five screens
_PAGE = 100
# a series whose last claim is older than the side's by more days than this is listed behind the others
_CEASED = 60
# ranges to choose from, in days up to the last claim
_RANGES = ((30, "30 days"), (90, "90 days"), (365, "12 months"))


class _Asked(NamedTuple):
    """What an address asks for. ``known``: as given; ``moment``: the same as a stamp."""

    since: str | None
    until: str | None
    known: str | None
    moment: str | None
    page: int


class _Unclear(ValueError):
    """A parameter that cannot be read."""


async def _overview(request: Any, datasette: Any) -> Any:
    """Both sides, or one; ``?as_of=DAY``: by direction for the last day up to that one that has any."""
    asked = request.url_vars.get("side")
    db = await frame.archive(datasette, request)
    if not db or (asked is not None and asked not in SIDES):
        return await frame.not_found(request, datasette, "There is no such side: ukraine and russia are.")
    try:
        as_of = _read(asked_day, request.args.get("as_of"), "as_of")
    except _Unclear as error:
        return await frame.not_found(request, datasette, str(error))

    async def told(here: Any) -> list[Row | None]:
        return [await _side(here, side, as_of) for side in ([asked] if asked else SIDES)]

    sides = await frame.read(datasette, db, told)
    context = {
        "here": "losses",
        "sides": [side for side in sides if side],
        "only": asked,
        "name": SIDES.get(asked or ""),
    }
    return await frame.page(request, datasette, "communique_losses.html", context)


async def _side(db: Any, side: str, as_of: str | None) -> Row | None:
    """What a side claims; None: nothing."""
    rows = await claimed.overview(db, side)
    parts = await claimed.directions(db, side, as_of or "9999")
    if not rows and not parts:
        return None
    found = [
        _short(side, list(group)) for _, group in groupby(rows, key=lambda row: (row["series"], row["category"]))
    ]
    totals = [one for one in found if one["series"] == "total" and one["points"]]
    if totals:
        whole = min(one["points"][0][0] for one in totals), max(one["points"][-1][0] for one in totals)
        for one in totals:
            one["chart"] = charts.small(one["points"], whole, monthly=one["monthly"])
        totals.sort(key=lambda one: (whole[1] - one["points"][-1][0] > _CEASED, one["position"], one["figure"]))
    day = parts[0]["as_of"] if parts else None
    before, after = await claimed.neighbours(db, side, day) if day else (None, None)
    return {
        "side": side,
        "name": SIDES[side],
        "about": SIDES[ABOUT[side]],
        "totals": totals,
        "monthly": any(one["monthly"] for one in totals),
        "others": [one for one in found if one not in totals],
        "directions": wording.by_direction(parts),
        "day": day,
        "before": before,
        "after": after,
    }


def _short(side: str, rows: Sequence[Row]) -> Row:
    """A series in short: its points and its last claim. A day without a total has no point."""
    last = rows[-1]
    points = [
        (date.fromisoformat(row["as_of"]).toordinal(), row["total"]) for row in rows if row["total"] is not None
    ]
    return {
        **last,
        "name": wording.category(last["category"]),
        "path": wording.path(side, last["category"], last["series"]),
        "of": wording.series(last["series"]),
        "number": wording.number(last),
        "change": wording.change(last["delta"]),
        "when": wording.period(last),
        "points": points,
    }


async def _series(request: Any, datasette: Any) -> Any:
    """One series: ``?series=`` another than the totals, ``?since=&until=`` days, ``?known=`` a day or a time."""
    side, key = request.url_vars["side"], request.url_vars["category"]
    db = await frame.archive(datasette, request)
    if not db or side not in SIDES:
        return await frame.not_found(request, datasette, "There is no such side: ukraine and russia are.")
    known = await claimed.series(db, side, key)
    if not known:
        message = f"{SIDES[side]} claims nothing of the category {key[:40]} in this archive."
        return await frame.not_found(request, datasette, message)
    names = [one["series"] for one in known]
    of = request.args.get("series") or ("total" if "total" in names else names[0])
    if of not in names:
        message = f"{SIDES[side]} claims nothing of {wording.category(key)} in a series {of[:40]} in this archive."
        return await frame.not_found(request, datasette, message)
    try:
        asked = _asked(request.args)
    except _Unclear as error:
        return await frame.not_found(request, datasette, str(error))
    others = [
        {**one, "of": wording.series(one["series"]), "path": wording.path(side, key, one["series"] or "total")}
        for one in known
        if one["series"] != of
    ]

    async def told(here: Any) -> Row:
        if asked.moment is None:
            rows, reprints = await claimed.line(here, side, of, key), None
            differing = await claimed.disputed(here, side, of, key)
        else:
            rows, reprints = await as_known(here, (side, of, key), asked.moment)
            differing = {figure for figure, count in reprints.items() if count["differs"]}
        spans = await claimed.periods(here, [row["figure"] for row in rows]) if of in wording.PERIODS else {}
        shown = charts.ordered(rows, spans)
        return await _context(here, datasette, (side, of, key), asked, shown, differing, reprints)

    context = {**await frame.read(datasette, db, told), "others": others}
    return await frame.page(request, datasette, "communique_losses_series.html", context)


async def _context(
    db: Any,
    datasette: Any,
    which: tuple[str, str, str],
    asked: _Asked,
    rows: Sequence[Claimed],
    differing: set[int],
    reprints: Mapping[int, Counter[str]] | None,
) -> Row:
    """What the template shows of a series. ``rows``: all of it; ``reprints``: None where the archive's own count."""
    side, of, key = which
    odd = findings(rows)
    start, end = (date.fromisoformat(day).toordinal() if day else None for day in (asked.since, asked.until))
    shown = [row for row in rows if (start or 0) <= row.day <= (end or row.day)]
    marks = {
        row.figure: [
            *(["differs"] if row.figure in differing else []),
            *(one["kind"] for one in odd.get(row.figure, ()) if one["kind"] in charts.MARKS),
        ]
        for row in shown
    }

    def href(row: Claimed) -> str:
        revision = f"?revision_id={row.revision}" if asked.moment else ""
        return str(datasette.urls.path(f"/article/{row.article}{revision}"))

    apart = of in wording.PERIODS
    kept = {"since": asked.since, "until": asked.until, "known": asked.known}
    newest = shown[::-1]
    page = min(asked.page, max(-(-len(newest) // _PAGE), 1))
    listed = newest[(page - 1) * _PAGE : page * _PAGE]
    found = await claimed.details(db, {row.figure for row in [*listed, *newest[:1]]}, asked.moment)
    table = [_line(row, found[row.figure], odd.get(row.figure, []), reprints, href(row)) for row in listed]
    return {
        "here": "losses",
        "side": side,
        "name": SIDES[side],
        "about": SIDES[ABOUT[side]],
        "category": wording.category(key),
        "key": key,
        "series": of,
        "of": wording.series(of),
        "periods": apart,
        "total_chart": None if apart else charts.totals(shown, marks, href),
        "day_chart": charts.periods(shown, marks, href) if apart else charts.days(shown, marks, href),
        "marks": {name: words for name, (_, words) in charts.MARKS.items()},
        "claims": len(shown),
        "all_claims": len(rows),
        "unprinted": sum(row.delta is None for row in shown),
        "latest": _line(newest[0], found[newest[0].figure], [], reprints, href(newest[0])) if newest else None,
        "first": shown[0].as_of if shown else None,
        "table": table,
        "page": page,
        "from_row": (page - 1) * _PAGE + 1,
        "newer": wording.path(side, key, of, **kept, page=page - 1) if page > 1 else None,
        "older": wording.path(side, key, of, **kept, page=page + 1) if page * _PAGE < len(newest) else None,
        "definitions": await claimed.definitions(db, [row.figure for row in shown]),
        "asked": asked,
        "ranges": _ranges(side, of, key, rows, asked),
        "data": _data(datasette, which, asked),
    }


def _line(
    row: Claimed, found: Row, odd: Sequence[Row], reprints: Mapping[int, Counter[str]] | None, href: str
) -> Row:
    """A row of the table."""
    counted = Counter({"agrees": found["agreeing"], "differs": found["differing"]})
    return {
        **found,
        "day": row.as_of,
        "as_of": date.fromordinal(row.day).isoformat(),
        "when": wording.period(found).removeprefix("for ") if found["period_start"] else row.as_of,
        "number": wording.number({**found, "total": row.total}),
        "change": wording.change(row.delta),
        "odd": odd,
        "reprints": counted if reprints is None else reprints[row.figure],
        "href": href,
    }


def _ranges(side: str, of: str, key: str, rows: Sequence[Claimed], asked: _Asked) -> list[Row]:
    """Links to the last days of a series; ``here``: the one that is shown."""
    if not rows:
        return []
    found: list[tuple[str, str | None]] = [("all", None)]
    for days, label in _RANGES:
        if rows[-1].day - rows[0].day >= days:
            found.append((label, date.fromordinal(rows[-1].day - days + 1).isoformat()))
    return [
        {
            "label": label,
            "path": wording.path(side, key, of, since=since, known=asked.known),
            "here": (asked.since, asked.until) == (since, None),
        }
        for label, since in found
    ]


def _data(datasette: Any, which: tuple[str, str, str], asked: _Asked) -> Row:
    """Addresses of the same rows as Datasette's table, CSV and JSON; as known then: of each page's figures."""
    side, of, key = which
    chosen = {"claimed_by": side, "series": of, "category": key}
    chosen |= {f"as_of__{name}": day for name, day in (("gte", asked.since), ("lte", asked.until)) if day}
    view = "claimed_losses"
    if asked.moment:
        view = "figures"
        held = (
            f"(known_until is null or known_until > '{asked.moment}')"
            " and coalesce(direction, direction_printed, formation, formation_printed) is null"
        )
        chosen |= {"known_from__lte": asked.moment, "_where": held}
    query = urlencode(chosen)
    return {
        "view": view,
        "table": f"{datasette.urls.table(DATABASE, view)}?{query}",
        "csv": f"{datasette.urls.table(DATABASE, view, format='csv')}?{query}&_stream=on",
        "json": f"{datasette.urls.table(DATABASE, view, format='json')}?{query}&_shape=objects&_size=max",
        "disagreements": f"{datasette.urls.table(DATABASE, 'disagreements')}?"
        + urlencode({"claimed_by": side, "series": of, "category": key}),
    }


def _asked(args: Any) -> _Asked:
    known = args.get("known") or None
    return _Asked(
        _read(asked_day, args.get("since"), "since"),
        _read(asked_day, args.get("until"), "until"),
        known,
        _read(asked_moment, known, "known"),
        max(number(args.get("page") or "1") or 1, 1),
    )


def _read(read: Callable[[str], str], text: str | None, name: str) -> str | None:
    """A day or a moment; None where none is given.

    Raises:
        _Unclear: it is none.
    """
    try:
        return read(text) if text else None
    except ValueError as error:
        raise _Unclear(f"{name}: {error}.") from None


ROUTES = [
    (r"^/losses$", _overview),
    (r"^/losses/(?P<side>[^/]+)$", _overview),
    (r"^/losses/(?P<side>[^/]+)/(?P<category>[^/]+)$", _series),
]
