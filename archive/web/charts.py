"""The charts of one series, as what the template draws: one side's claims of one category, never two in one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import NamedTuple

from archive import chart
from archive.chart import Frame, Stretch
from archive.web.cells import day as shown
from archive.web.queries import Row
from archive.web.wording import change

# user units. A picture is 640 by 300, a small one 320 by 110; it is drawn 960 wide where there is room, and 300 on a
# telephone, with letters twice as large
_BOX = (8.0, 14.0, 638.0, 268.0)
# a letter of the numbers beside the frame, where there is room for it; on a telephone the page leaves some
_LETTER = 5.3
# its largest number stands above the line; letters of its days are as wide, and one of them stays between two days
_SMALL_BOX = (3.0, 17.0, 317.0, 92.0)
_SMALL_LETTER = 6.5
# points and marks that are links: more cannot be told apart on a screen, and each is a stop of the keyboard
LINKED, MARKED = 240, 160
# so many points are drawn as dots; more are seen as the line and as what the pointer or the keyboard is at
_DOTS = 70
# a stretch without a claim is hatched from this width on, in user units
_WIDE = 4
MARKS = {
    "differs": (chart.diamond, "other pages print another number"),
    "delta": (chart.cross, "the total is not that of the day before plus the day’s number"),
    "decrease": (chart.triangle, "the total is below the one before"),
}


class Claimed(NamedTuple):
    """What is claimed for a day. ``span``: the days that the number is of; None: since the beginning."""

    day: int
    total: int | None
    delta: int | None
    precision: int
    article: int
    revision: int
    figure: int
    span: Stretch | None = None

    @property
    def as_of(self) -> str:
        """The day for people."""
        return shown(date.fromordinal(self.day).isoformat())


def findings(rows: Sequence[Claimed]) -> dict[int, list[Row]]:
    """What does not add up from one claim of a series to the next, by figure; as the view ``loss_checks`` has it.

    ``rows``: of one series, in the order of their days.
    """
    found: dict[int, list[Row]] = {}
    lines = [(row, row.total) for row in rows if row.total is not None and row.span is None]
    for (before, total_before), (row, total) in pairwise(lines):
        odd = found.setdefault(row.figure, [])
        apart = row.day - before.day
        if apart > 1:
            odd.append({"kind": "gap", "days": apart - 1})
        exact = not row.precision and not before.precision
        if row.delta is not None and apart == 1 and exact and total != total_before + row.delta:
            odd.append({"kind": "delta", "expected": f"{total_before + row.delta:,}"})
        if total + row.precision < total_before - before.precision:
            odd.append({"kind": "decrease", "before": f"{total_before:,}"})
    return found


def totals(rows: Sequence[Claimed], marks: Mapping[int, Sequence[str]], href: Callable[[Claimed], str]) -> Row | None:
    """The line of the totals, broken where days have no claim. ``marks``: names from MARKS, by figure."""
    points = [(row.day, row.total) for row in rows if row.total is not None]
    if not points:
        return None
    frame = _framed((points[0][0], points[-1][0]), [number for _, number in points])
    drawn = _drawn(frame, chart.gaps([(day, day) for day, _ in points]))
    numbers = {row.figure: row.total for row in rows}
    return {**drawn, "line": chart.line(points, frame), **_links(rows, numbers, marks, frame, href)}


def days(rows: Sequence[Claimed], marks: Mapping[int, Sequence[str]], href: Callable[[Claimed], str]) -> Row | None:
    """A bar for each day's number that is printed beside a total; the days are those of the line."""
    spans = [((row.day, row.day), row.delta) for row in rows if row.delta is not None]
    whole = [row.day for row in rows if row.total is not None or row.delta is not None]
    if not spans:
        return None
    frame = _framed((whole[0], whole[-1]), [number for _, number in spans], zero=True)
    drawn = _drawn(frame, chart.gaps([(day, day) for day in whole]))
    numbers = {row.figure: row.delta for row in rows}
    return {**drawn, "bars": chart.bars(spans, frame), **_links(rows, numbers, marks, frame, href)}


def periods(
    rows: Sequence[Claimed], marks: Mapping[int, Sequence[str]], href: Callable[[Claimed], str]
) -> Row | None:
    """A bar for the number of each stretch of days, as wide as that is."""
    spans = [(row.span or (row.day, row.day), row.total) for row in rows if row.total is not None]
    if not spans:
        return None
    stretches = sorted(span for span, _ in spans)
    frame = _framed((stretches[0][0], max(last for _, last in stretches)), [number for _, number in spans], zero=True)
    numbers = {row.figure: row.total for row in rows}
    return {
        **_drawn(frame, chart.gaps(stretches)),
        "bars": chart.bars(spans, frame),
        **_links(rows, numbers, marks, frame, href),
    }


def small(points: Sequence[tuple[int, int]], whole: Stretch, *, monthly: bool) -> Row:
    """The line of a series without links, in the days of all series beside it.

    ``monthly``: each point is the last of its month, and the line is broken where a month has none.
    """
    frame = chart.frame(whole, [number for _, number in points], _SMALL_BOX, zero=True)
    day, number = points[-1]
    return {
        "line": "".join(chart.line(run, frame, 62) for run in _months(points))
        if monthly
        else chart.line(points, frame),
        "ticks": _small_ticks(frame),
        "bottom": frame.bottom,
        "top": frame.top,
        "high": f"{frame.high:,}",
        "low": f"{frame.low:,}",
        "x": round(frame.x(day), 1),
        "y": round(frame.y(number), 1),
    }


def _small_ticks(frame: Frame) -> list[Row]:
    """As many days as have room for their labels."""
    for most in range(5, 1, -1):
        ticks = [_tick(frame, at, label) for at, label in chart.day_ticks(frame, most)]
        ends = [_ends(tick) for tick in ticks]
        if all(right + _SMALL_LETTER <= left for (_, right), (left, _) in pairwise(ends)):
            return ticks
    return ticks[:1]


def _ends(tick: Row) -> tuple[float, float]:
    """Where the label of a tick of a small picture begins and ends."""
    width = len(tick["label"]) * _SMALL_LETTER
    left = tick["x"] - {"start": 0.0, "middle": width / 2, "end": width}[tick["anchor"]]
    return left, left + width


def _months(points: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Points of months that follow upon each other."""
    counted = [(at.year * 12 + at.month, n) for n, at in enumerate(date.fromordinal(day) for day, _ in points)]
    for _, run in groupby(counted, key=lambda pair: pair[0] - pair[1]):
        yield [points[n] for _, n in run]


def _drawn(frame: Frame, missing: list[Stretch]) -> Row:
    strips = chart.strips(missing, frame)
    return {
        "frame": frame,
        "grid": [{"y": round(frame.y(n), 1), "label": f"{n:,}".replace("-", "−")} for n in chart.number_ticks(frame)],
        "ticks": [_tick(frame, day, label) for day, label in chart.day_ticks(frame)],
        "wide": len(f"{frame.high:,}") > 5,
        "zero": round(frame.y(0), 1) if frame.low <= 0 else None,
        "missing": strips,
        "hatched": [strip for strip in strips if strip[1] >= _WIDE],
        "gaps": len(missing),
        "days_missing": sum(last - first + 1 for first, last in missing),
    }


def _framed(days: Stretch, numbers: Sequence[int], *, zero: bool = False) -> Frame:
    """A frame with room for its numbers beside it."""
    frame = chart.frame(days, numbers, _BOX, zero=zero)
    letters = max(len(f"{number:,}") for number in (frame.low, frame.high))
    return frame._replace(left=round(frame.left + letters * _LETTER, 1))


def _tick(frame: Frame, day: int, label: str) -> Row:
    """A tick where a day begins; its label keeps within the picture, with large letters too."""
    x = round(frame.x(day - 0.5), 1)
    edge = (frame.right - frame.left) / 14
    anchor = "start" if x < frame.left + edge else "end" if x > frame.right - edge else "middle"
    return {"x": x, "label": label, "anchor": anchor}


def _links(
    rows: Sequence[Claimed],
    numbers: Mapping[int, int | None],
    marks: Mapping[int, Sequence[str]],
    frame: Frame,
    href: Callable[[Claimed], str],
) -> Row:
    """The points that lead to their articles: the last of each bucket of days, and what is marked.

    ``bucket``: days in one; ``unmarked``: how many more there are to be marked.
    """
    drawn = [row for row in rows if numbers[row.figure] is not None]
    length, places = chart.last_of_each([row.day for row in drawn], LINKED)
    chosen = [drawn[place] for place in places]
    found = [row for row in drawn if marks.get(row.figure)]
    columns = list(chart.columns([_middle(row) for row in chosen], frame))

    def point(row: Claimed) -> Row:
        number = numbers[row.figure] or 0
        x, y = frame.x(_middle(row)), frame.y(number)
        kinds = marks.get(row.figure, ())
        return {
            "href": href(row),
            "title": "; ".join([_said(row), *(MARKS[kind][1] for kind in kinds)]),
            "x": round(x, 1),
            "y": round(y, 1),
            "shapes": [(kind, MARKS[kind][0](x, y)) for kind in kinds],
        }

    return {
        "bucket": length,
        "points": [{**point(row), "hit": hit} for row, hit in zip(chosen, columns, strict=True)],
        "dots": len(chosen) <= _DOTS,
        "marks": [point(row) for row in found[-MARKED:]],
        "unmarked": max(len(found) - MARKED, 0),
        "kinds": [kind for kind in MARKS if any(kind in marks[row.figure] for row in found)],
    }


def _middle(row: Claimed) -> float:
    return sum(row.span) / 2 if row.span else row.day


def _said(row: Claimed) -> str:
    total = "no total" if row.total is None else f"{row.total:,}"
    beside = f" ({change(row.delta)})" if row.delta is not None else ""
    if row.span and row.span[0] != row.span[1]:
        first, last = (shown(date.fromordinal(day).isoformat()) for day in row.span)
        return f"{first} to {last}: {total}"
    return f"{row.as_of}: {total}{beside}"


def ordered(rows: Iterable[Row], spans: Mapping[int, tuple[str, str]]) -> list[Claimed]:
    """Rows of a series in the order of their days. ``spans``: first and last day of each figure's period, if any."""
    found = []
    for row in rows:
        span = spans.get(row["figure"])
        found.append(
            Claimed(
                _ordinal(row["as_of"]), row["total"], row["delta"], row["precision"], row["article"],
                row["revision"], row["figure"], (_ordinal(span[0]), _ordinal(span[1])) if span else None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda row: (row.day, row.span or (0, 0), row.figure))


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
