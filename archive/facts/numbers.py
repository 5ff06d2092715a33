"""Numbers as texts print them: value, how far it was rounded, and where it stands. Pure.

Digits of any script, thousands parted by comma, dot, apostrophe or any space, "29,2 тис.", "2 thousand 109", and
numbers in words as far as the registry knows the language. What only looks like a count is left out: dates, times of
day, decimal fractions, ordinals ("72nd", "24-го"), percentages and sums of money. What a number counts is the
reader's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from archive.facts.registry import plain, registry

# spaces that part thousands: plain, no-break, figure, thin, narrow no-break
SPACES = " \u00a0\u2007\u2009\u202f"
# every dash that parts a label from its number; the minus sign and full-width forms among them
DASHES = "\\-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\ufe58\ufe63\uff0d"
# more digits are an identifier or a telephone number
_MOST_DIGITS = 9
# a spelled number has at most so many words
_MOST_WORDS = 8


class Number(NamedTuple):
    """A number that a text holds, from ``start`` to ``stop``.

    ``precision``: half the width of what was rounded, 0 where every digit is printed. ``led``: a letter stands right
    before it, or before a hyphen right before it ("tanks-3667", but "T-72" too); ``trailed``: a letter stands right
    behind it ("18persons", but "155mm" too): such a number counts only where that letter is a label's.
    ``spelled``: in words.
    """

    value: int
    precision: int
    start: int
    stop: int
    led: bool = False
    trailed: bool = False
    spelled: bool = False


_SCAN = re.compile(
    # dates, times of day, addresses, fractions and ratios
    r"(?P<none>\d{1,4}(?P<by>[./])\d{1,2}(?P=by)\d{1,4}(?!\d)|\d{4}-\d{2}-\d{2}(?!\d)|\d{1,2}:\d{2}(?::\d{2})?(?!\d)"
    r"|\d+(?:\.\d+){3,}|\d+/\d+)"
    # the same mark between all groups; India parts lakhs by twos
    rf"|(?P<grouped>\d{{1,3}}(?P<mark>[,.'’٬{SPACES}])\d{{3}}(?:(?P=mark)\d{{3}}){{0,2}}(?!\d)|\d{{1,2}}(?:,\d\d){{1,3}},\d{{3}}(?!\d))"
    r"|(?P<decimal>\d{1,6}[.,٫]\d{1,3}(?!\d))"
    r"|(?P<plain>\d+)"
)
_NOT_DIGITS = re.compile(r"\D")
_REST = re.compile(rf"[{SPACES}](?P<digits>\d{{1,3}}(?:[.,{SPACES}]\d{{3}})?)(?![.,:/]?\d)")
# behind a number: what makes it an ordinal, part of a word, a range, a share or a sum
_NO_COUNT = re.compile(
    rf"(?:st|nd|rd|th)\b|[-\u2010\u2011][^\W\d_]|[{DASHES}]\d|[{SPACES}]?(?:%|percent\b|per\s?cent\b|[$€£₴₽₺])|\.\d",
    re.IGNORECASE,
)
_MONEY = re.compile(rf"[$€£₴₽₺№#][{SPACES}]?$")
_RANGE = re.compile(r"\d[-\u2010\u2011\u2012\u2013\u2014]$")
# the word before a number, and the one before that
_LONE = re.compile(r"(?:(?P<first>[^\W\d_]+) |(?<![\w ]) ?)(?P<word>[^\W\d_]+) $")
_LED = re.compile(r"[^\W\d_][-\u2010\u2011]?$")


class _Words(NamedTuple):
    """The words for numbers of some languages; patterns are None where there are none."""

    values: dict[str, int]
    scales: dict[str, int]
    alone: dict[str, int]
    scale: re.Pattern[str] | None
    spelled: re.Pattern[str] | None


def read_numbers(text: str, languages: Iterable[str] = ()) -> list[Number]:
    """The numbers of a text, in order.

    ``languages``: whose words for numbers are known, all the registry's where none is named.
    """
    words = _words(tuple(languages))
    text = plain(text)
    found: list[Number] = []
    stop = 0
    for match in _SCAN.finditer(text):
        if match.start() >= stop and (number := _counted(text, match, words)):
            found.append(number)
            stop = number.stop
    if words.spelled is not None:
        taken = {at for number in found for at in range(number.start, number.stop)}
        for match in words.spelled.finditer(text):
            if match.start() not in taken and (number := _spelled(text, match, words)):
                found.append(number)
        found.sort(key=lambda number: number.start)
    return found


@cache
def _words(languages: tuple[str, ...]) -> _Words:
    values: dict[str, int] = {}
    scales: dict[str, int] = {}
    alone: dict[str, int] = {}
    joints: set[str] = set()
    for language, table in registry().numbers.items():
        if not languages or language in languages:
            values |= table.words
            scales |= table.scales
            alone |= table.alone
            joints |= set(table.joints)
    scale = _any(scales)
    word = _any({**values, **scales})
    joint = rf"(?:(?:{_any(joints)})\s)?" if joints else ""
    return _Words(
        values,
        scales,
        alone,
        re.compile(rf"[{SPACES}]?(?P<scale>{scale})(?:\.|(?!\w))", re.IGNORECASE) if scales else None,
        re.compile(
            rf"(?<!\w)(?<!\w-)(?:{_any(values)})(?:[\s-]{joint}(?:{word})){{0,{_MOST_WORDS}}}(?!\w)(?!-\w)",
            re.IGNORECASE,
        )
        if values
        else None,
    )


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _counted(text: str, match: re.Match[str], words: _Words) -> Number | None:
    """The number that begins with these digits, None where they count nothing."""
    start, stop = match.span()
    if match["none"]:
        return None
    if match["decimal"]:
        whole, _, fraction = re.sub("[,٫]", ".", match["decimal"]).partition(".")
        value, unit = int(whole + fraction), 10 ** len(fraction)
    else:
        digits = _NOT_DIGITS.sub("", match.group())
        if len(digits) > _MOST_DIGITS:
            return None
        value, unit = int(digits), 1
    precision = 0
    scale = words.scale.match(text, stop) if words.scale is not None else None
    if scale is not None:
        value, precision, stop = _scaled(text, scale, value, unit, words)
    elif unit > 1:
        return None
    if words.alone and unit == 1 and (lone := _LONE.search(text[max(0, start - 40) : start])):
        factor = words.alone.get(lone["word"].casefold(), 0)
        if value < factor and (lone["first"] or "").casefold() not in words.values:
            value, start = value + factor, start - len(lone["word"]) - 1
    before = text[max(0, start - 2) : start]
    if _NO_COUNT.match(text, stop) or _MONEY.search(before) or _RANGE.search(before):
        return None
    return Number(value, precision, start, stop, _LED.search(before) is not None, text[stop : stop + 1].isalpha())


def _scaled(text: str, scale: re.Match[str], value: int, unit: int, words: _Words) -> tuple[int, int, int]:
    """Value, precision and end of a number with the word that multiplies it, and what is added behind that."""
    factor = words.scales[scale["scale"].casefold()]
    total, precision, stop = value * factor // unit, max(1, factor // unit) // 2, scale.end()
    rest = _REST.match(text, stop) if unit == 1 else None
    added = int(_NOT_DIGITS.sub("", rest["digits"])) if rest else 0
    if rest is None or words.scale is None or added >= factor or _NO_COUNT.match(text, rest.end()):
        return total, precision, stop
    further = words.scale.match(text, rest.end())
    if further is None:
        return total + added, 0, rest.end()
    if words.scales[further["scale"].casefold()] >= factor:
        return total, precision, stop
    more, precision, stop = _scaled(text, further, added, 1, words)
    return total + more, precision, stop


def _spelled(text: str, match: re.Match[str], words: _Words) -> Number | None:
    """The number that begins with these words."""
    total, current, precision, stop = 0, 0, 0, match.start()
    for word in re.finditer(r"[^\W\d_]+(?:'[^\W\d_]+)?", match.group()):
        key = word.group().casefold()
        if (value := words.values.get(key)) is not None:
            # "twenty one", "hundred five"; "two three" are two numbers
            if current and not (current % 100 == 0 or (value < 10 and current % 10 == 0 and current % 100 > 10)):
                break
            current += value
            precision = 0
        elif (factor := words.scales.get(key)) is not None:
            if factor == 100:
                current = max(1, current) * 100
            else:
                total += max(1, current) * factor
                current, precision = 0, factor // 2
        else:
            continue  # a joint
        stop = match.start() + word.end()
    return Number(total + current, precision, match.start(), stop, spelled=True)
