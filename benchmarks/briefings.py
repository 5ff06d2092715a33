"""Whether the Russian ministry's claims are read right: `python -m benchmarks.briefings [seed]`.

A few hundred briefings are made from ``briefing_wordings.toml`` (written before the reader), with numbers, orders,
separators, bounds and dates by chance, and paragraphs of other numbers between. Prints precision and recall by kind
of claim, and the first cases that were read otherwise; ends with 1 where anything was.
"""

from __future__ import annotations

import random
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from babel.dates import format_date

from archive.facts.briefing import read_briefing
from archive.models import Block, Figure

WORDINGS = Path(__file__).with_name("briefing_wordings.toml")
REPORTS = 600
_SLOT = re.compile(r"\{(?P<category>[a-z_]+|~)(?P<bounded>\*)?(?:\|(?P<forms>[^}]*))?\}")
_SPELLED = {
    "en": ("three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "ru": ("три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять"),
    "uk": ("три", "чотири", "п’ять", "шість", "сім", "вісім", "дев’ять", "десять"),
    "de": ("drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
}
_BOUNDS = {
    "en": {"more than": ("more than", "over"), "up to": ("up to",), "about": ("about", "around")},
    "ru": {"more than": ("более", "свыше"), "up to": ("до",), "about": ("около", "порядка")},
    "uk": {"more than": ("понад", "більше"), "up to": ("до",), "about": ("близько",)},
}
_MARKS = {"en": (",", "", "\u00a0"), "ru": (" ", "\u00a0", "", "\u202f"), "uk": ("\u00a0", "", " "), "de": (".",)}
_LAST = {
    "en": (" and ", ", and ", ", as well as ", ", "),
    "ru": (" и ", ", а также ", ", "),
    "uk": (" та ", ", а також ", " і "),
    "de": (" und ", " sowie "),
}
_THOUSAND = {"en": "thousand", "ru": "тыс.", "uk": "тис."}
# what a number of each category may be in a day's claim and in a sum
_DAY = {"personnel": (20, 700), "vehicles": (1, 40)}
_SUM = {"personnel": (1000, 70_000), "aircraft": (98, 670), "helicopters": (70, 290), "uavs": (118, 106_444)}


class Claim(NamedTuple):
    """What a figure must say."""

    series: str
    category: str
    direction: str | None
    formation: str | None
    as_of: str
    start: str | None
    end: str | None
    total: int
    qualifier: str | None
    precision: int


@dataclass(slots=True)
class Briefing:
    """A page made up, and what must be read from it; ``defined``: words that figures' definitions must hold."""

    title: str
    day: str
    blocks: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    defined: dict[tuple[str | None, str | None], str] = field(default_factory=dict)


def main(seed: int = 6) -> int:
    """Measure and print; 1 where anything was read otherwise."""
    wordings = tomllib.loads(WORDINGS.read_text("utf-8"))
    chance = random.Random(seed)
    found, stated, right = Counter[str](), Counter[str](), Counter[str]()
    wrong: list[str] = []
    for n in range(REPORTS):
        briefing = made(wordings, chance)
        blocks = [Block("p", text, 0) for text in briefing.blocks]
        figures = read_briefing(briefing.title, blocks, day=briefing.day).figures
        read = [claim(figure) for figure in figures]
        for one in read:
            found[one.series] += 1
        for one in briefing.claims:
            stated[one.series] += 1
            right[one.series] += one in read
        lost = [one for one in briefing.claims if one not in read]
        made_up = [one for one in read if one not in briefing.claims]
        misnamed = [f for f in figures if f.category == "personnel" and not _defined(f, briefing)]
        if lost or made_up or misnamed:
            wrong.append(_told(n, briefing, lost, made_up, misnamed))
    print(f"{REPORTS} briefings in {len({w['language'] for rows in wordings.values() for w in rows})} languages")
    for series in sorted(stated | found):
        precision = right[series] / found[series] if found[series] else 1.0
        recall = right[series] / stated[series] if stated[series] else 1.0
        print(f"  {series:<8} {stated[series]:>6} claims  precision {precision:.4f}  recall {recall:.4f}")
    print(f"  {len(wrong)} briefings read otherwise")
    for told in wrong[:5]:
        print(told)
    return 1 if wrong else 0


def claim(figure: Figure) -> Claim:
    """A figure as far as it is compared."""
    return Claim(
        figure.series, figure.category, figure.direction, figure.formation, figure.as_of, figure.period_start,
        figure.period_end, figure.total or 0, figure.qualifier, figure.precision,
    )  # fmt: skip


def _defined(figure: Figure, briefing: Briefing) -> bool:
    words = briefing.defined.get((figure.direction, figure.formation))
    return words is None or words in (figure.definition or "").casefold()


def _told(n: int, briefing: Briefing, lost: list[Claim], made_up: list[Claim], misnamed: list[Figure]) -> str:
    lines = [f"--- {n} ({briefing.day}) {briefing.title}", *(f"    {text}" for text in briefing.blocks)]
    lines += [f"  not read: {one}" for one in lost] + [f"  not there: {one}" for one in made_up]
    return "\n".join(lines + [f"  defined by {one.definition!r}: {one.sentence}" for one in misnamed])


# --- making them


def made(wordings: dict[str, Any], chance: random.Random) -> Briefing:
    """One briefing by chance."""
    language = chance.choice(("en", "en", "ru", "ru", "uk", "de"))
    series = chance.choice(("day", "week"))
    last = date(2024, 1, 1) + timedelta(days=chance.randrange(700))
    if series == "week" or language == "de":
        last += timedelta(days=(4 - last.weekday()) % 7)
    first = last - timedelta(days=6) if series == "week" else last
    pen = _Pen(language, chance, first, last)
    openings = _of(wordings, "opening", language, series)
    if not openings:
        series, first = "day", last
        pen = _Pen(language, chance, first, last)
        openings = _of(wordings, "opening", language, series)
    published = last + timedelta(days=chance.choice((0, 0, 1)) if openings and series == "day" else 0)
    if openings and "{date}" not in openings[0]["text"]:
        published = last
    briefing = Briefing("", published.isoformat())
    days = (last.isoformat(), first.isoformat(), last.isoformat())
    groups = _of(wordings, "group", language)
    chance.shuffle(groups)
    said: list[list[str]] = []
    sum_of_all = 0
    for group in groups[: chance.randint(1, len(groups))] if groups else []:
        texts = [pen.write(text, group.get("items", ())) for text in group["text"]]
        where = (group.get("direction"), group.get("formation"))
        for category, value, qualifier, precision in pen.taken():
            briefing.claims.append(Claim(series, category, *where, *days, value, qualifier, precision))
            sum_of_all += value if category == "personnel" else 0
        briefing.defined[where] = group["definition"].casefold()
        said.append(texts if chance.random() < 0.7 else [" ".join(texts)])
    headlines = _of(wordings, "headline", language, series)
    if headlines and said and chance.random() < 0.7:
        headline = chance.choice(headlines)
        briefing.title = pen.write(headline["text"], (), total=sum_of_all)
        for category, value, qualifier, precision in pen.taken():
            briefing.claims.append(Claim(series, category, None, None, *days, value, qualifier, precision))
        briefing.defined[None, None] = headline["definition"].casefold()
    else:
        briefing.title = {"en": "Briefing", "ru": "Сводка", "uk": "Зведення", "de": "Lagebericht"}[language]
    for kursk in _of(wordings, "kursk", language)[:: chance.choice((1, -1))][:1] if chance.random() < 0.3 else []:
        said.append([pen.write(kursk["text"], kursk["items"], sums=True)])
        for category, value, qualifier, precision in pen.taken():
            claim_ = Claim("kursk", category, "kursk", None, days[0], None, None, value, qualifier, precision)
            briefing.claims.append(claim_)
    noise = [text for row in _of(wordings, "noise", language) for text in row["text"]]
    for text in chance.sample(noise, min(len(noise), chance.randint(0, 3))):
        said.insert(chance.randint(0, len(said)), [pen.write(text, ())])
        pen.taken()
    opening = [pen.write(chance.choice(openings)["text"], ())] if openings else []
    pen.taken()
    closings = _of(wordings, "closing", language)
    if chance.random() < 0.9:
        closing = chance.choice(closings)
        items = list(closing["items"])
        if chance.random() < 0.2:
            items.remove(chance.choice([i for i in items if not i.startswith("{tanks")]))
        said.append([pen.write(closing["text"], items, sums=True)])
        as_of = days[0] if openings else briefing.day
        for category, value, qualifier, precision in pen.taken():
            briefing.claims.append(
                Claim("total", category, None, None, as_of, None, None, value, qualifier, precision)
            )
    briefing.blocks = opening + [text for texts in said for text in texts]
    return briefing


def _of(wordings: dict[str, Any], kind: str, language: str, series: str | None = None) -> list[dict[str, Any]]:
    return [w for w in wordings[kind] if w["language"] == language and w.get("series", series) == series]


class _Pen:
    """Writes a wording out, and keeps what its slots were filled with."""

    def __init__(self, language: str, chance: random.Random, first: date, last: date) -> None:
        self.language, self.chance, self.first, self.last = language, chance, first, last
        self.mark = chance.choice(_MARKS[language])
        self.written: list[tuple[str, int, str | None, int]] = []

    def taken(self) -> list[tuple[str, int, str | None, int]]:
        """What was written since it was last asked."""
        written, self.written = self.written, []
        return written

    def write(self, text: str, items: Sequence[str], *, sums: bool = False, total: int | None = None) -> str:
        """The text with its items in any order, its numbers and its dates."""
        listed = list(items) if "{items}" in text else []
        self.chance.shuffle(listed)
        listed = [self._filled(item, sums, total) for item in listed]
        before = "" if len(listed) < 2 else self.chance.choice((", ", ", ", "; ")).join(listed[:-1])
        last = self.chance.choice(_LAST[self.language]) if before else ""
        text = self._filled(text, sums, total).replace("{items}", f"{before}{last}{listed[-1]}" if listed else "")
        near = self.language if self.language != "de" else "en"
        return (
            text.replace("{date}", format_date(self.last, "d MMMM yyyy", locale=near))
            .replace("{from}", format_date(self.first, "d MMMM", locale=near))
            .replace("{to}", format_date(self.last, "d MMMM", locale=near))
        )

    def _filled(self, text: str, sums: bool, total: int | None) -> str:
        return _SLOT.sub(lambda match: self._slot(match, sums, total), text)

    def _slot(self, match: re.Match[str], sums: bool, total: int | None) -> str:
        category = match["category"]
        if category in ("items", "date", "from", "to"):
            return match.group()
        if category == "~":
            return str(self.chance.randint(2, 99))
        low, high = (_SUM if sums else _DAY).get(category, (200, 30_000) if sums else (1, 15))
        value = self.chance.randint(low, high) if total is None else total
        printed, value, precision = self._printed(value, sums and not match["bounded"])
        forms = match["forms"].split("|") if match["forms"] else []
        qualifier = None
        if match["bounded"] and self.chance.random() < 0.8:
            qualifier, words = self.chance.choice(list(_BOUNDS[self.language].items()))
            printed = f"{self.chance.choice(words)} {printed}"
        self.written.append((category, value, qualifier, precision))
        if not forms:
            return printed
        noun = forms[-1] if precision else _form(forms, value)
        if value == 1 and category != "personnel" and not sums and self.chance.random() < 0.5:
            return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}" if self.language == "en" else noun
        return f"{printed} {noun}"

    def _printed(self, value: int, may_round: bool) -> tuple[str, int, int]:
        """A number as printed, what it says, and half of what it was rounded by."""
        if 3 <= value <= 10 and self.chance.random() < 0.5:
            return _SPELLED[self.language][value - 3], value, 0
        if may_round and value >= 10_000 and self.language in _THOUSAND and self.chance.random() < 0.15:
            tenths = value // 100
            point = "." if self.language == "en" else ","
            return f"{tenths // 10}{point}{tenths % 10} {_THOUSAND[self.language]}", tenths * 100, 50
        return f"{value:,}".replace(",", self.mark), value, 0


def _form(forms: Sequence[str], value: int) -> str:
    """The form of a noun that a number asks for."""
    if len(forms) == 2:
        return forms[value != 1]
    if value % 10 == 1 and value % 100 != 11:
        return forms[0]
    return forms[1 if value % 10 in (2, 3, 4) and value % 100 not in (12, 13, 14) else 2]


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
