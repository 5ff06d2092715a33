"""What a sentence or a line counts: categories with their numbers and the day's beside them. Pure.

A label and a number belong together where next to nothing stands between them: behind a label a dash, a colon or the
edge of a cell, behind a number a space, or words that only say of whom. Which of the two comes first is told from the
marks, and where there are none from what the line begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from archive.facts.days import spans
from archive.facts.numbers import DASHES, SPACES, Number, read_numbers
from archive.facts.words import Found, Lexicon, Wording

# between a label and its number
_MARKED = re.compile(rf"[\s)\"”»*_]*(?:[{DASHES}:=|•→·]|\.\.+)[\s{DASHES}:=|*_~≈]*")
_NOTHING = re.compile(r"[\s)\"”»*_~≈]*")
# between a number and its label; a full stop after a unit ("12 од. танків")
_BEHIND = re.compile(r"[\s\"“”«»*_]*|[\s*_]*\.\s+")
_BEHIND_DASH = re.compile(rf"\s*[{DASHES}]\s*")
# the day's number behind a total: in brackets, in a cell of its own, or with its sign alone
_BRACKETS = re.compile(r"[\s.*_|]*[(\[](?P<inner>[^()\[\]\n]{0,60})[)\]]")
# units between a number and the brackets ("184420 persons (+670)", "24 од. (+7)")
_UNITS = re.compile(r"(?:\s*[^\W\d_]{1,16}\.?){1,2}\s*(?=[(\[])")
_SIGNED = re.compile(rf"\s*[|/]?\s*(?P<inner>\+[{SPACES}]?\d[\d,.{SPACES}]{{0,9}}(?<=\d))(?!\d)")
_CELL = re.compile(r"\s*\|\s*(?P<inner>[-\u2212]\d[\d,.]{0,9}(?<=\d)|0)\s*(?:\||$)")
_TOTAL_BEHIND = re.compile(r"[^()\[\]\n\d,;|]{1,60}[(\[](?P<inner>[^()\[\]\n]{1,60})[)\]]")
_SIGN = re.compile(rf"^\s*(?P<sign>[+{DASHES}])")
# the ministry posts its list in two languages: "танків / tanks ‒ 3667 (+2) од"
_BILINGUAL = frozenset({"uk", "ru"})
_SECOND = re.compile(r"(?<=[а-яіїєґ.])\s*/\s*(?:[A-Za-z][A-Za-z'’-]*[ ]?){1,5}(?:/\s*[A-Za-z]+ ?)?", re.IGNORECASE)


class Item(NamedTuple):
    """A number with its category. ``delta``: the day's, None where none is printed; ``marked``: whether a place for
    one is ("(+)"). ``start``, ``stop``: in the sentence, label and delta included; ``within``: where the delta is.
    """

    category: str
    value: int
    precision: int
    qualifier: str | None
    delta: int | None
    marked: bool
    start: int
    stop: int
    within: tuple[int, int]


class _Token(NamedTuple):
    """A label or a number with the day's behind it, in the order of a sentence."""

    start: int
    stop: int
    label: str | None
    number: Number | None = None
    delta: int | None = None
    marked: bool = False


def read_items(text: str, wording: Wording) -> list[Item]:
    """What a sentence counts, in order; whether it speaks of losses is the reader's business.

    The category ``theirs`` is of what belongs to somebody else than Russia ("740 Ukrainian troops").
    """
    if not any(map(str.isdigit, text)) and len(text) > 400:
        return []
    if wording.language in _BILINGUAL and "/" in text:
        text = _SECOND.sub(lambda found: " " * len(found.group()), text)
    labels = [f for f in wording.labels.find(text) if _is_whole(text, f)]
    if all(f.kind == "other" for f in labels):
        return []
    tokens = _tokens(text, labels, wording)
    pairs = _pairs(text, tokens, wording)
    items = []
    for number, label in sorted(pairs):
        token, named = tokens[number], tokens[label]
        if token.number is None or named.label is None or named.label == "other":
            continue
        stop = max(token.stop, named.stop)
        delta, marked = token.delta, token.marked
        within = (token.number.stop, token.stop)
        if not marked:
            if label < number and (units := _UNITS.match(text, stop)):
                delta, marked, end = _delta(text, units.end(), wording)
            else:
                delta, marked, end = _delta(text, stop, wording)
            within = (stop, end) if marked else within
            stop = max(stop, end)
        value = token.number.value
        if delta is not None and delta > value and "+" not in text[within[0] : within[1]]:
            value, delta = delta, value  # "2 tanks (in total 11,261)"
        items.append(
            Item(
                named.label,
                value,
                token.number.precision,
                _qualifier(text, token.start, wording),
                delta,
                marked,
                min(token.start, named.start),
                stop,
                within,
            )
        )
    used = {number for number, _ in pairs}
    if any(item.category == "personnel" for item in items):
        items += _among(text, tokens, used, wording)
    if raised := _raised(text, tokens, used, wording):
        items.append(raised)
    return items


def _raised(text: str, tokens: Sequence[_Token], used: set[int], wording: Wording) -> Item | None:
    """The total that a day's number brings it to: "740 more troops, bringing the total since 2022 to 137,780"."""
    for verb in wording.raised.find(text):
        behind = [(at, token) for at, token in enumerate(tokens) if token.start >= verb.stop]
        for at, token in behind:
            number = token.number
            if number is None or number.led or number.trailed or not _is_brought(text, verb.stop, number, wording):
                continue
            between = {t.label for _, t in behind if t.label is not None and t.start < token.start} - {"other"}
            before = {t.label for t in tokens if t.label is not None and t.start < verb.start} - {"other"}
            kinds = between or before
            if at in used or len(kinds) != 1 or "theirs" in kinds:
                return None
            qualifier = _qualifier(text, number.start, wording)
            span = (number.start, token.stop)
            return Item(
                kinds.pop(), number.value, number.precision, qualifier, None, False, *span, (number.stop,) * 2
            )
    return None


def _is_brought(text: str, start: int, number: Number, wording: Wording) -> bool:
    """Whether the word to which something is brought stands right before a number."""
    before = text[max(start, number.start - 40) : number.start]
    for found in reversed(wording.qualifiers.find(before)):
        before = before[: found.start] + before[found.stop :]
    last = before.split()
    return bool(last) and last[-1].lower() in wording.raised_to


def _among(text: str, tokens: Sequence[_Token], used: set[int], wording: Wording) -> Iterator[Item]:
    """Of the personnel that a sentence counts, the number that is told apart ("of whom 870 over the day")."""
    for at, token in enumerate(tokens):
        number = token.number
        if number is None or at in used or number.led or number.trailed:
            continue
        before = text[max(0, number.start - 40) : number.start]
        for found in reversed(wording.qualifiers.find(before)):
            before = before[: found.start] + before[found.stop :]
        among = wording.among.find(before)
        if among and not before[among[-1].stop :].strip(" \u00a0–—-"):
            qualifier = _qualifier(text, number.start, wording)
            span = (number.start, number.stop)
            yield Item("personnel", number.value, number.precision, qualifier, None, False, *span, (number.stop,) * 2)


def _is_whole(text: str, label: Found) -> bool:
    """Whether a label is no part of a longer word ("anti-tank", "drone-launched")."""
    before, behind = text[max(0, label.start - 2) : label.start], text[label.stop : label.stop + 2]
    if len(before) == 2 and before[1] in "-‐‑" and before[0].isalpha():
        return False
    return not (len(behind) == 2 and behind[0] in "-‐‑" and behind[1].isalpha())


def _tokens(text: str, labels: Sequence[Found], wording: Wording) -> list[_Token]:
    """Labels and numbers in order; numbers of days and of deltas are none of their own."""
    days = spans(text)
    tokens: list[_Token] = []
    taken = 0
    for number in read_numbers(text, (wording.language,)):
        if number.start < taken:
            continue
        if not number.precision and any(start < number.stop and number.start < stop for start, stop in days):
            continue
        if text[number.start - 1 : number.start] == "+" and not _has_total(text, number.stop, wording):
            continue
        delta, marked, stop = _delta(text, number.stop, wording)
        tokens.append(_Token(number.start, stop, None, number, delta, marked))
        taken = stop
    within = [(token.number.stop, token.stop) for token in tokens if token.number is not None]
    tokens += [_Token(f.start, f.stop, f.kind) for f in labels if not any(a <= f.start < b for a, b in within)]
    return sorted(tokens, key=lambda token: token.start)


def _has_total(text: str, at: int, wording: Wording) -> bool:
    """Whether the total stands in brackets behind a day's number and its label: "+4 tanks (in all 11,191)"."""
    match = _TOTAL_BEHIND.match(text, at)
    return match is not None and any(f.kind == "total" for f in wording.cues.find(match["inner"], overlapping=True))


def _delta(text: str, at: int, wording: Wording) -> tuple[int | None, bool, int]:
    """The day's number behind ``at``: its value, whether there is a place for one, and where it ends."""
    match = _BRACKETS.match(text, at)
    brackets = match is not None
    match = match or _SIGNED.match(text, at) or _CELL.match(text, at)
    if match is None:
        return None, False, at
    inner, stop = match["inner"], match.end() if brackets else match.end("inner")
    sign = _SIGN.match(inner)
    if not any(map(str.isdigit, inner)):
        empty = not inner.strip() or (sign is not None and not inner[sign.end() :].strip())
        return (None, True, stop) if empty else (None, False, at)
    body = inner[sign.end() :] if sign else inner
    numbers = read_numbers(body, (wording.language,))
    if len(numbers) != 1 or spans(inner):
        return None, False, at
    number = numbers[0]
    plus = "+" in inner
    bare = not (body[: number.start] + body[number.stop :]).strip(" .,\u00a0")
    if not (plus or bare or (sign and not body[: number.start].strip()) or _cues(body, wording)):
        return None, False, at
    negative = sign is not None and sign["sign"] != "+" and not body[: number.start].strip()
    return (-number.value if negative else number.value), True, stop


def _cues(text: str, wording: Wording) -> bool:
    return any(found.kind in ("day", "total") for found in wording.cues.find(text, overlapping=True))


def _pairs(text: str, tokens: Sequence[_Token], wording: Wording) -> list[tuple[int, int]]:
    """Which number (its place among the tokens) belongs to which label."""
    marked, before, behind, dashed = [], [], [], []
    for at, (one, other) in enumerate(pairwise(tokens)):
        glue = text[one.stop : other.start]
        if len(glue) > 60 or (one.number is None) == (other.number is None):
            continue
        rest = _without(glue, wording)
        if other.number is not None:
            if other.number.led and rest.strip() not in ("-", "‐", "‑"):
                continue
            if _MARKED.fullmatch(rest) or _MARKED.fullmatch(_unsaid(rest, wording)):
                marked.append((at + 1, at))
            elif glue and _NOTHING.fullmatch(_without(glue, wording, wording.amounts)):
                before.append((at + 1, at))
        elif one.number is not None:
            if one.number.led or (one.number.trailed and glue):
                continue
            if _BEHIND.fullmatch(rest):
                behind.append((at, at + 1))
            elif _BEHIND_DASH.fullmatch(rest):
                dashed.append((at, at + 1))
    first_is_label = bool(tokens) and tokens[0].number is None
    if first_is_label and before and not marked and len(before) >= len(behind):
        order = [before, behind]
    elif marked:
        order = [marked, behind, [p for p in before if tokens[p[0]].marked]]
    else:
        order = [behind, dashed if not behind else [], [p for p in before if tokens[p[0]].marked]]
    pairs: list[tuple[int, int]] = []
    used: set[int] = set()
    for edges in order:
        for number, label in edges:
            if number not in used and label not in used:
                pairs.append((number, label))
                used |= {number, label}
    return pairs


def _without(glue: str, wording: Wording, between: Lexicon | None = None) -> str:
    """What stands between, without the words that only qualify, or say of whom (or the words ``between``)."""
    if not any(map(str.isalpha, glue)):
        return glue
    for lexicon in (wording.qualifiers, between or wording.fillers):
        for found in reversed(lexicon.find(glue)):
            glue = glue[: found.start] + glue[found.stop :].removeprefix(".")
    return glue


def _unsaid(rest: str, wording: Wording) -> str:
    """What stands before a mark, without the words that say whose and since when ("tanks of Russia since 2022 –")."""
    if not any(map(str.isalpha, rest)) or any(map(str.isdigit, rest)):
        return rest
    for found in reversed(wording.cues.find(rest)):
        if found.kind in ("loser", "total"):
            rest = rest[: found.start] + rest[found.stop :]
    return rest


def _qualifier(text: str, at: int, wording: Wording) -> str | None:
    """The qualifier right before a number."""
    before = text[max(0, at - 40) : at]
    if before.rstrip().endswith(("~", "≈")):
        return "about"
    found = wording.qualifiers.find(before)
    return found[-1].kind if found and not before[found[-1].stop :].strip(' .\u00a0"“«*') else None
