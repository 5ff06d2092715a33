"""Alters a text as newsrooms do with what an agency sends them, in ten ways. Each takes a text and a chance."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

# what a careless template leaves around a text
_ABOVE = (
    "Home\nWorld\nPolitics\nEconomy\nSport\nWeather\nToday's paper\nSign in\nSubscribe now\n"
    "Read also: Five charts that explain the harbour dues\nShare this page\n"
)
_BELOW = (
    "\nMost read\nHow the council of Vardania spends its money\nTen walks along the estuary for a long weekend\n"
    "Ferry timetable changes from Monday\nOur newsletter: the day in five minutes, every evening in your inbox."
    " By signing up you agree to our terms of use and our privacy policy.\nAbout us\nContact\nImprint\n"
    "© All rights reserved. No part of this site may be used without permission of the publisher."
)
_LEADS = (
    "It was expected for weeks, and many had stopped believing in it. This morning the waiting ended, as several"
    " people who know the matter told this newspaper on condition that they are not named.",
    "What does this mean for readers in the region? Our correspondent has followed the matter from its beginning and"
    " looks at what is known so far, what is not, and who will have to decide about it next.",
)
_SPELLING = (
    ("isation", "ization"), ("ise ", "ize "), ("our ", "or "), ("ß", "ss"), ("Kiev", "Kyiv"), ("ё", "е"),
    ("percent", "per cent"), (" %", "%"), ("Mr. ", "Mr "), ("dass", "daß"), ("’", "'"), (" – ", " - "), ("ґ", "г"),
)  # fmt: skip
_QUOTES = str.maketrans(dict.fromkeys("“”„«»‟″", '"'))


def _units(text: str) -> list[str]:
    """Words with the space behind them, or characters where a script sets no spaces."""
    found = re.findall(r"\S+\s*", text)
    return found if len(text) < 12 * max(len(found), 1) else re.findall(r"[A-Za-z0-9.,%]+|.|\n", text)


def edited(text: str, chance: random.Random, share: float) -> str:
    """Some words go, some are replaced, some come: each a third of ``share``."""
    units = _units(text)
    out: list[str] = []
    for unit in units:
        what = chance.random() / share
        if what < 1 / 3:
            continue
        out.append(chance.choice(units) if what < 2 / 3 else unit)
        if 2 / 3 <= what < 1:
            out.append(chance.choice(units))
    return "".join(out)


def cut(text: str, share: float) -> str:
    """The first part, as an editor cuts to length."""
    units = _units(text)
    return "".join(units[: int(share * len(units))])


def _lead(text: str, chance: random.Random) -> str:
    head, _, rest = text.partition("\n")
    if not rest or len(head) > len(rest) / 3:  # the first paragraph is most of it: the first sentence goes
        head, _, rest = text.partition(". ")
    return chance.choice(_LEADS) + "\n" + (rest or text)


def _house(text: str, _: random.Random) -> str:
    for old, new in _SPELLING:
        text = text.replace(old, new)
    return text.translate(_QUOTES)


def _credit(text: str, chance: random.Random) -> str:
    place = chance.choice(("PORT VARDA", "Vardania", "NORTHGATE"))
    return f"{place}, 20 April 2031 (Estuary News Agency) – {text}\nEstuary News Agency/ab/cd\nEditing by A. Reeve"


def _headline(text: str, chance: random.Random) -> str:
    title = " ".join(text.split()[:7])
    return f"{chance.choice(('LIVE', 'Analysis', 'Update 2'))}: {title} – what is known\n{text}"


# name → what it does; a merged text takes another one along and stands apart (see `merged`)
KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "edited by 3%": lambda text, chance: edited(text, chance, 0.03),
    "edited by 10%": lambda text, chance: edited(text, chance, 0.10),
    "boilerplate around": lambda text, _: _ABOVE + text + _BELOW,
    "cut to 70%": lambda text, _: cut(text, 0.70),
    "cut to 40%": lambda text, _: cut(text, 0.40),
    "new lead": _lead,
    "house spelling": _house,
    "dateline, credit": _credit,
    "headline": _headline,
}
MERGED = "two stories merged"


def merged(text: str, other: str) -> str:
    """Two stories on one page."""
    return f"{text}\n{other}"
