"""Whether a group of numbers are totals since the beginning, or one day's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archive.facts.groups import Group, Read
from archive.facts.items import Item
from archive.facts.registry import Category, registry

# so many numbers are a list
MANY = 3
# so many times what is surely below a total is no total any more: a slip of thousands
_SLIP = 20


class Row(NamedTuple):
    """An item with its category on that day, None where reports of the day had none such."""

    read: Read
    item: Item
    category: Category | None
    day: str

    @property
    def may_be_total(self) -> bool:
        """Whether it is not below what was claimed long before, nor far above all that was claimed then."""
        known = [number for day, number in (self.category.least if self.category else ()) if day <= self.day]
        least = known[-1] if known else 0
        return self.item.value + self.item.precision >= least and (not least or self.item.value <= _SLIP * least)

    @property
    def may_be_day(self) -> bool:
        """Whether any day had so many."""
        return self.category is None or self.category.most is None or self.item.value <= self.category.most


def category_of(item: Item, kinds: set[str], day: str) -> Category | None:
    """The category of a label in a report of that day; vehicles and fuel tanks are one from May 2022 on."""
    table = registry().ukraine
    found = table.get(item.category)
    if item.category == "vehicles" and "fuel_tanks" not in kinds and "vehicles_and_fuel_tanks" not in kinds:
        merged = table["vehicles_and_fuel_tanks"]
        found = merged if day >= merged.since else found
    if found is None or day < found.since or (found.until is not None and day > found.until):
        return None
    return found


def tell_series(group: Group, rows: Sequence[Row], last: str, dated: bool) -> list[str] | str:
    """What each row is: total or day; else why it cannot be told, empty where it plainly states no losses.

    ``dated``: the group itself says as of when it is.
    """
    own = group.own | {"total"} if dated else group.own
    around = own | group.before()
    known = [row for row in rows if row.category is not None]
    if {"total", "day"} <= own and len(known) == 2 and {row.item.category for row in known} == {"personnel"}:
        # "4,300, of whom 1,500 over the day": early totals are no larger than later days
        small, large = sorted(known, key=lambda row: row.item.value)
        if small.may_be_day and large.may_be_total and small.item.value < large.item.value:
            return ["day" if row is small else "total" for row in rows]
    totals = sum(not row.may_be_day for row in known)
    days = sum(not row.may_be_total for row in known)
    neither = any(not row.may_be_day and not row.may_be_total for row in known)
    marked = sum(row.item.marked for row in rows)
    if marked and 2 * days <= len(known):
        # a line without a place for the day's number may have that alone
        alone = ["day" if row.may_be_day and "day" in row.read.cues else "" for row in rows]
        return ["total" if r.item.marked or r.may_be_total else kind for r, kind in zip(rows, alone, strict=True)]
    if neither:
        return "the numbers are neither a day's nor totals"
    if totals and not days and not marked and _of_a_period(group):
        return "the numbers are of a stretch of time"
    if totals and not days:
        if len(known) < MANY and ("period" in own or "total" not in around):
            return "since when it counts is not told"
        return ["total"] * len(rows)
    if days and not totals:
        return _as_day(group, rows)
    if totals and days:
        if {row.item.category for row in known} == {"personnel"} or {"total", "day"} <= own:
            rest = "day" if "day" in own else ""
            return ["total" if row.may_be_total else rest for row in rows]
        return "totals and a day's numbers cannot be told apart"
    if marked:
        return ["total"] * len(rows)
    for cues in (own, group.before(1), around):
        if "total" in cues and "day" not in cues and "period" not in cues:
            return ["total"] * len(rows)
        if "day" in cues and "total" not in cues:
            return _as_day(group, rows)
    return ["total"] * len(rows) if last == "total" and len(known) >= MANY else ""


def _of_a_period(group: Group) -> bool:
    """Whether the head of a list says a month or a year, and no beginning: "in 2024 the enemy lost:"."""
    times = {"total", "head", "day", "period"}
    near = next((cues for cues in (group.own, *(r.cues for r in reversed(group.lead))) if cues & times), frozenset())
    return group.reads[0].pure and "period" in near and not near & {"total", "head"}


def _as_day(group: Group, rows: Sequence[Row]) -> list[str] | str:
    """Rows of a day where the group says that it is one, of the whole front."""
    own = group.own
    # "it will get 70 combat vehicles" behind a sentence of the day's losses: prose says itself that they were lost
    if "period" in own or ("loss" not in own and not group.reads[0].pure):
        return ""
    for cues in (own, *(read.cues for read in reversed(group.lead))):
        if "staff" in cues:
            break
        if "place" in cues:
            return ""
    if "day" not in own | group.before():
        return "of which stretch of time it is, is not told" if len(rows) >= MANY else ""
    return ["day"] * len(rows)
