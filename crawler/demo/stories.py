"""What the demo site's outlets tell, as data, and what a reader of the site may expect of it.

Owns the stories (stories/*.toml and the two series of `reports`), what changes between day 0 and day 1, and
`stories(day)`, the answers that tests hold the crawler to. Renders nothing.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from crawler.demo import reports
from crawler.demo.outlets import CATALOGUE, HERE, OUTLETS, Outlet
from crawler.demo.reports import YEAR

MARK = "FICTIONAL: "  # stands before every headline
DAY_ONE = datetime(YEAR, 5, 1, 6, 0, tzinfo=UTC)  # when what changes on day 1 changed
PHRASE = 60  # characters; long enough to be one place in one text


@dataclass(frozen=True, slots=True)
class Item:
    """One page's story before it is rendered.

    `body` holds paragraphs in page order; "## " opens a subheading, "- " a list line, a line break inside one
    stays a line break, and [words](address) is a link. `until` is the last day it is served.
    """

    source: str
    slug: str
    language: str
    title: str
    published: datetime
    body: tuple[str, ...]
    lead: str = ""
    author: str = ""
    section: str = ""
    modified: datetime | None = None
    since: int = 0
    until: int = 1
    changed: datetime | None = None  # when its bytes changed, where they did on this day
    has: tuple[str, ...] = ()

    @property
    def outlet(self) -> Outlet:
        return OUTLETS[self.source]

    @property
    def headline(self) -> str:
        return MARK + self.title

    @property
    def path(self) -> str:
        local = self.published.astimezone(self.outlet.zone)
        prefix = self.outlet.prefixes[self.language]
        return self.outlet.path.format(prefix=prefix, slug=self.slug, date=local)

    @property
    def url(self) -> str:
        return self.outlet.url(self.path)

    @property
    def local(self) -> datetime:
        """The time of publication as the outlet's clock showed it."""
        return self.published.astimezone(self.outlet.zone)


@dataclass(frozen=True, slots=True)
class Story:
    """What a crawler that obeys should have in its archive: one story at its final address.

    An address with two stories on one page (the digest) stands twice, once per headline. `published` is ISO
    8601 in UTC; midnight where the page prints the day alone; None where it states none.
    """

    source: str
    url: str
    title: str
    language: str
    published: str | None
    has: tuple[str, ...]
    hasnot: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """The addresses whose pages differ between day 0 and day 1, by what happened to them."""

    silent: tuple[str, ...]  # other words, the stated time of change left alone
    corrected: tuple[str, ...]  # another figure, and the stated time of change moved
    sidebar: tuple[str, ...]  # only a box beside the story gained an item
    withdrawn: tuple[str, ...]  # 410 on day 1
    new: tuple[str, ...]  # 404 on day 0


def moment(text: str) -> datetime:
    """A time of the data files, "04-12 07:32", as aware UTC."""
    return datetime.strptime(f"{YEAR}-{text} +0000", "%Y-%m-%d %H:%M %z").astimezone(UTC)


@cache
def items(day: int) -> tuple[Item, ...]:
    """Every story served on `day`, newest first."""
    # The digest copied what it found on the first day: an edit elsewhere later does not reach it.
    written = [item for item in (*_written(day), *_digests(_written(0))) if item.since <= day <= item.until]
    return tuple(sorted(written, key=lambda item: (item.published, item.slug), reverse=True))


def source_items(source: str, day: int) -> tuple[Item, ...]:
    return tuple(item for item in items(day) if item.source == source)


def _written(day: int) -> list[Item]:
    raw = {source: _tables(source) for source in OUTLETS if source != "two-banks-digest"}
    bodies = {f"{source}/{table['slug']}": table["body"] for source, tables in raw.items() for table in tables}
    found = [*_loss_reports(day), *_briefings()]
    for source, tables in raw.items():
        found += [_item(source, table, bodies, day) for table in tables]
    return found


def _tables(source: str) -> list[dict[str, Any]]:
    path = HERE / "stories" / f"{source}.toml"
    tables: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["story"] if path.exists() else []
    return tables


def _item(source: str, table: dict[str, Any], bodies: dict[str, str], day: int) -> Item:
    plain_keys = ("slug", "title", "lead", "author", "section", "since", "until")
    values = {name: table[name] for name in plain_keys if name in table}
    body = table["body"]
    later = table.get("later", {}) if day == 1 else {}
    if later:
        if later["find"] not in body:
            raise ValueError(f"{source}/{table['slug']}: {later['find']!r} is not in the text")
        body = body.replace(later["find"], later["replace"])
    has = tuple(table.get("has", ())) + ((later["replace"],) if later else ())
    modified = table.get("modified")
    return Item(
        source,
        language=table.get("language", CATALOGUE[source]["language"]),
        published=moment(table["published"]),
        modified=moment(modified) if modified else None,
        changed=DAY_ONE if later else None,
        body=tuple(paragraph for part in body.strip().split("\n\n") for paragraph in _quoted(part, bodies)),
        has=has,
        **values,
    )


def _quoted(paragraph: str, bodies: dict[str, str]) -> list[str]:
    """A paragraph, or for "@source/slug 2-4" those paragraphs of another outlet's story, word for word."""
    if not paragraph.startswith("@"):
        return [paragraph]
    name, _, span = paragraph[1:].partition(" ")
    first, _, last = span.partition("-")
    return bodies[name].strip().split("\n\n")[int(first) - 1 : int(last or first)]


def _loss_reports(day: int) -> list[Item]:
    found = []
    for number in range(reports.DAYS):
        on = reports.FIRST + timedelta(days=number)
        wrong = on == reports.CORRECTED
        lines = reports.loss_report(on, corrected=day == 1)
        found.append(Item(
            "vardania-mod", f"combat-losses-of-the-enemy-as-of-{on:%B}-{on.day}-{YEAR}".lower(), "en",
            f"Combat losses of the enemy as of {on:%B} {on.day}, {YEAR}",
            datetime(YEAR, on.month, on.day, 4, 12 + number * 7 % 40, tzinfo=UTC),
            (lines[0], *(f"- {line}" for line in lines[1:]), "The figures are being checked."),
            modified=DAY_ONE if wrong and day == 1 else None,
            changed=DAY_ONE if wrong and day == 1 else None,
            since=1 if number == reports.DAYS - 1 else 0,
            has=(lines[1].rstrip(","), lines[4].rstrip(","), lines[-1]),
        ))  # fmt: skip
    return found


def _briefings() -> list[Item]:
    found = []
    for number, end in enumerate(reports.WEEK_ENDS):
        for offset, language in enumerate(("ru", "en")):
            found.append(Item(
                "sarmia-mod", f"{41207 + number * 113 + offset}-briefing-{end:%d-%m}", language,
                reports.briefing_title(end, language),
                datetime(YEAR, end.month, end.day, 11, 5 + offset * 32, tzinfo=UTC),
                reports.briefing(end, language),
            ))  # fmt: skip
    return found


def _digests(found: list[Item]) -> list[Item]:
    """The aggregator's pages: a ministry's report, and on some of them a second outlet's story below it."""
    by_name = {f"{item.source}/{item.slug}": item for item in found}
    digests = []
    for table in _tables("two-banks-digest"):
        if "losses" in table:
            on = date.fromisoformat(f"{YEAR}-{table['losses']}")
            killed = reports.losses(on, corrected=False)["personnel"][1]
            title = f"Vardania Defence Ministry: {killed} Sarmian troops killed in 24 hours"
            lines = reports.loss_report(on, corrected=False)
            body: tuple[str, ...] = ("\n".join(lines),)
            slug, author = f"vardania-defence-ministry-{on:%d-%B}".lower(), "Vardania Defence Ministry"
            has: tuple[str, ...] = (lines[1].rstrip(","), lines[-1])
        else:
            first = by_name[table["first"]]
            on = first.published.date()
            title, body, has = first.title, first.body, ()
            slug, author = table["slug"], table["author"]
        if "second" in table:
            second = by_name[table["second"]]
            source = second.outlet.name.removesuffix(" (FICTIONAL)")
            body = (*body, f"## {second.headline}", source, *second.body)
        digests.append(Item(
            "two-banks-digest", slug, "en", title, datetime(YEAR, on.month, on.day, tzinfo=UTC), body,
            author=author, since=table.get("since", 0), has=has,
        ))  # fmt: skip
    return digests


def plain(text: str) -> str:
    """A paragraph without its marks: what a reader sees of it."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).removeprefix("## ").removeprefix("- ")


def _phrases(paragraphs: tuple[str, ...]) -> tuple[str, ...]:
    """The beginnings of the first and the last paragraph, as far as they hold no link."""
    prose = [
        text for text in paragraphs
        if len(text) > PHRASE and "](" not in text and not text.startswith(("## ", "- "))
    ]  # fmt: skip
    found = []
    for text in dict.fromkeys((prose[0], prose[-1])) if prose else ():
        line = text.split("\n")[0].lstrip('▫️“«"')
        found.append(line[: line.rfind(" ", 0, PHRASE)] if len(line) > PHRASE else line)
    return tuple(found)


def _stated(item: Item) -> str | None:
    return None if item.source == "vardania-gov" else item.published.strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _stories(day: int) -> tuple[Story, ...]:
    from crawler.demo.shapes import clutter

    found = []
    for item in items(day):
        parts: list[tuple[str, list[str]]] = [(item.headline, [])]
        for text in item.body:
            if text.startswith(f"## {MARK}"):
                parts.append((text.removeprefix("## "), []))
            else:
                parts[-1][1].append(text)
        for number, (title, paragraphs) in enumerate(parts):
            has = (*(item.has if number == 0 else ()), *_phrases(tuple(paragraphs)))
            stated = _stated(item) if number == 0 else None  # the second story's date is not on the page
            found.append(Story(item.source, item.url, title, item.language, stated, has, clutter(item, day)))
    return tuple(found)


def stories(day: int) -> list[Story]:
    """Every story that a crawler which obeys robots.txt can reach on `day`, at its final address."""
    return list(_stories(day))


def _changes() -> Changes:
    before, after = ({item.url: item for item in items(day)} for day in (0, 1))
    both = [url for url in after if url in before]
    changed = {url for url in both if after[url].changed}
    corrected = tuple(url for url in both if url in changed and after[url].modified != before[url].modified)
    boxed = ("vardania-gov", "nadmorvia-visti")
    return Changes(
        silent=tuple(url for url in both if url in changed and url not in corrected),
        corrected=corrected,
        sidebar=tuple(url for url in both if after[url].source in boxed and url not in changed),
        withdrawn=tuple(url for url in before if url not in after),
        new=tuple(url for url in after if url not in before),
    )


CHANGES = _changes()
