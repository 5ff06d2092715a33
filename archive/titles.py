"""Which line of a text is a title, and what stands with it: when it came out, who wrote and who published it. Pure.

A title speaks of what the text below it does, which the names of lists and sections above it do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from archive.dates import Moment, read_printed
from archive.fingerprint import letters
from archive.models import Clock
from archive.people import agency, credited, is_collective, read_credits, signed, split
from archive.printed import read_times
from archive.split import BYLINE, SOURCE, is_source
from archive.textlines import SENTENCE, SHORT, Line

# lines at the head of a text that may hold its title; short ones after the title, and at the end, that may date it;
# and after the title that may sign it
_HEAD, _DATED, _FOOT, _SIGNED = 8, 12, 2, 6
# a title has so many words (or letters, in a script without spaces) and at most so many characters
_WORDS, _LETTERS, _LONG = range(3, 31), 5, 250
# the first letters of a longer word: words are inflected
_STEM = 5
# a line that leads back to a list has at most so many words
_STEPS = 5
# characters of a line that is looked at for what dates or signs a text
_LINE = 120
# how no title ends, but in an ellipsis
_OPEN = re.compile(r"[:,。]$|(?<![\u0370-\u03ff]);$|(?<!\.)\.$")  # Greek asks with a semicolon
_TIME = re.compile(r"\b\d{1,2}[:.]\d\d\b")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]{4,}")
_DIGIT = re.compile(r"\d")
# a whole line that offers to share, to follow or to print, in the words of the buttons
_THIS = (
    r"(?:\s(?:this|the|our|it|diesen|diese|cet|ce|este|esta|esto|to|bu|цю|эту|этой|цим|цією))?"
    r"(?:\s(?:post|article|story|page|news|link|release|report|video|artikel|beitrag|seite|article|artículo|noticia"
    r"|articolo|notizia|artykuł|haberi|статтю|статтею|новину|новиною|публікацію|статью|статьей|новость|новостью))?"
)
_WHERE = r"(?:\s(?:on|via|with|by|auf|per|sur|en|su|na|w|в|у|на|с|з)(?:\s[^\W\d_]{1,12}){1,3})?"
_SHARE = re.compile(
    r"(?:please\s)?(?:share|teilen|partager|compartir|condividi|udostępnij|paylaş|поділитися|поділитись|поширити|поширте"
    rf"|поделиться|поделитесь){_THIS}{_WHERE}\s?[:.!…]*"
    r"|(?:diesen\s|diese\s)?(?:artikel|beitrag|seite)\steilen\s?[:!]*"
    r"|(?:follow|like|find|join)\sus(?:\s(?:on|at)(?:\s[^\W\d_]{1,12}){1,5})?\s?[:.!]*"
    r"|(?:print|email|copy|save)\s(?:this\s(?:article|post|page|story)|link)\s?[:.!]*",
    re.IGNORECASE,
)
# a line that leads back to a list, and names nobody
_BACK = re.compile(
    r"(?:back|return|to|home|go|all|more|menu|zurück|zu|retour|volver|ver|torna|wróć|назад|до|к|усі|все|повернутися"
    r"|вернуться)\b|[<←«‹]",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:(?:first\s)?published|posted|date|updated|modified|veröffentlicht|stand|publié|publicado|pubblicato|opublikowano"
    r"|опубліковано|опубликовано|оновлено|обновлено|дата|time|section|category|tags?|topics?|рубрика|теги)\b",
    re.IGNORECASE,
)
# behind a date
_BY = re.compile(r"\d\W{1,3}(?:by|von|par|por|автор:?)\s+(\S.*)$", re.IGNORECASE)
# what stands before the first dash of a report that says where and when it was sent
_DATELINE = re.compile(r"[^\n]{4,80}?\s?[-–—]{1,2}\s")


@dataclass(slots=True)
class Head:
    """A title at ``line`` and what stands with it, from ``first`` on; ``end`` behind the last line of its text."""

    line: int
    first: int
    end: int
    published: Moment | None = None
    modified: Moment | None = None
    byline: str | None = None
    publisher: str | None = None
    named: str | None = None

    @property
    def credit(self) -> str | None:
        """The byline as stated: who wrote it, else who published it where that stands as a byline does."""
        return self.byline or self.named

    @property
    def signed(self) -> bool:
        """Whether a line of its own says that it is a story."""
        return self.published is not None or self.byline is not None


def is_share(text: str) -> bool:
    """Whether a line offers to share or to print, and nothing else."""
    return len(text) <= SHORT and _SHARE.fullmatch(text) is not None


def is_title(text: str, least: int = _WORDS.start) -> bool:
    """Whether a line can be a title: of its length, not ended as a sentence within a text or before a list is."""
    count = len(text.split())
    if not (least <= count < _WORDS.stop or (_CJK.search(text) and len(letters(text)) >= _LETTERS)):
        return False
    return len(text) <= _LONG and not _OPEN.search(text)


def is_prose(line: Line) -> bool:
    """Whether a line is text: sentences, as against what stands with a title."""
    if _CJK.search(line.text):
        return "。" in line.text
    return len(line.text) > SHORT and (SENTENCE.search(line.text) is not None or len(line.text) > _LONG)


def find_title(lines: Sequence[Line]) -> int:
    """The line of the title, -1 where none can be it: the first at the head that speaks of what the text does.

    One that leads back to a list, or can name who published the text, is passed over where another one stands below
    it.
    """
    found: list[tuple[bool, bool, int]] = []
    for n, line in enumerate(lines[:_HEAD]):
        if n and n + 1 == len(lines):
            break
        if line.kind != "li" and is_title(line.text) and not is_label(line.text):
            named = is_source(line.text) and (is_collective(line.text) or agency(line.text) is not None)
            back = _BACK.match(line.text) is not None and len(line.text.split()) <= _STEPS
            found.append((not _speaks(line.text, lines[n + 1 :]), named or back, n))
        if is_prose(line) and not (found and found[-1][2] == n):
            break
    if not found:
        return -1
    silent, _, n = min(found)
    return n if not silent else min(found, key=lambda one: one[1:])[2]


def is_label(text: str) -> bool:
    """Whether a line dates or signs a text."""
    words = len(_WORD.findall(text))
    return (
        BYLINE.match(text) is not None
        or SOURCE.match(text) is not None
        or is_share(text)
        or (len(text) <= _LINE and _LABELLED.match(text) is not None and _DIGIT.search(text) is not None)
        or (words < 3 and len(letters(text)) <= SHORT and is_dated(text))
        or (words < 3 and _TIME.search(text) is not None)
    )


def is_dated(text: str) -> bool:
    """Whether a line prints a date."""
    return read_printed(text, "UTC") is not None


def _speaks(title: str, lines: Iterable[Line]) -> bool:
    """Whether one of a title's longer words, or pairs of characters in a script without spaces, is in a text."""
    text = letters(" ".join(line.text for line in lines))
    words = {word[:_STEM].casefold() for word in _WORD.findall(title)}
    if _CJK.search(title):
        words = {title[n : n + 2] for n in range(len(title) - 1) if _CJK.match(title[n])}
    return any(word in text for word in words) if words else True


def known_title(lines: Sequence[Line], title: str, zone: str, clock: Clock) -> Head:
    """What stands with a title that is known, which the text may print or not."""
    key = letters(title)
    at = next((n for n, line in enumerate(lines[:_HEAD]) if letters(line.text) == key), -1)
    return read_head(lines, at, 0, len(lines), zone, clock)


def read_head(lines: Sequence[Line], title: int, first: int, end: int, zone: str, clock: Clock) -> Head:
    """What stands with a title (-1: the text has none): below it, above it, at the end of the text."""
    head = Head(title, first, end)
    below = [line for line in lines[title + 1 : min(end, title + 1 + _DATED)] if len(line.text) <= _LINE]
    above = [line for line in lines[max(first, title - 2) : title] if len(line.text) <= _LINE] if title > 0 else []
    foot = [line for line in lines[max(title + 1, end - _FOOT) : end] if len(line.text) <= _LINE] if not first else []
    beside = [line.text for line in (*below, *reversed(above), *foot)]
    head.published, head.modified = read_times(beside, zone, clock)
    # nothing that stands further below signs a text: it speaks of others
    for line in lines[title + 1 : min(end, title + 1 + _SIGNED)]:
        if line.short and not is_prose(line):
            _sign(head, line.bare, lines[title].text if title >= 0 else "")
        elif line.kind != "li" and line is not lines[title + 1]:
            break  # but a standfirst may stand between
    for line in reversed(above):
        if not _BACK.match(line.text):
            _sign(head, line.bare, lines[title].text)
    if head.published is None:
        head.published = _dateline(lines[max(title + 1, first) : end], zone, clock)
    return head


def _sign(head: Head, text: str, title: str) -> None:
    """Take who wrote or published a text from a line that stands with its title."""
    by = _BY.search(text) if read_printed(text, "UTC") else None
    if head.byline is None and (found := by[1] if by else signed(text)):
        if any(read_credits(split(found))):
            head.byline = found
    elif head.publisher is None and (match := SOURCE.match(text)):
        head.publisher = text[match.end() :] or None
    elif head.byline is None and agency(text):
        head.byline = text
    elif (
        head.publisher is None
        and is_source(text)
        and len(text.split()) > 1
        and (is_collective(text) or letters(title).startswith(letters(text)))
    ):
        head.publisher = head.named = text


def _dateline(lines: Sequence[Line], zone: str, clock: Clock) -> Moment | None:
    """The day that a report was sent on, as its first paragraph says before a dash."""
    for line in lines[:3]:
        if match := _DATELINE.match(line.text[:_LINE]):
            found = read_printed(match[0].rstrip(" -–—"), zone, clock)
            if found and (credited([line.text]) or match[0][:1].isupper()):
                return replace(found, printed=match[0].rstrip(" -–—"))
    return None


def read_inner(lines: Sequence[Line], at: int, end: int, zone: str, clock: Clock) -> Head:
    """A title in the middle of a text: what stands right below it, and a date right above it."""
    head = Head(at, at, end)
    for line in lines[at + 1 : min(end, at + 5)]:
        if not line.short or is_prose(line):
            break
        if head.published is None and is_date(line.text):
            head.published, head.modified = read_times([line.text], zone, clock)
        _sign(head, line.bare, lines[at].text)
    above = lines[at - 1]
    if head.published is None and above.short and is_date(above.text):
        head.published = read_printed(above.text, zone, clock)
        head.first = at - 1 if head.published else at
    return head


def is_date(text: str) -> bool:
    """Whether a line is little else than a date."""
    return len(_WORD.findall(text)) <= 4 and is_dated(text)
