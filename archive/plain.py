"""From a text without any markup to its stories: titles, dates, bylines, parts, and lines that are no text. Pure.

Observed (texts as people keep them of pages, by copying or with a tool): a date or the name of a list stands above
the title; date, byline, section or who published it below it; paragraphs are parted by blank lines or by none, lines
may be wrapped at a width or broken within a sentence; a line that offers to share stands below the text and a sidebar
after it; a page of several stories sets the next title as one more paragraph.

The unacceptable errors are to split one story and to hide what it says. So: every line of the file is a block; a line
is no text by itself only where it stands above the title and does not date or sign it, or offers to share; a title
that nothing signs begins a story only where prose of other names follows a list of figures or a row of stars. What
repeats is told by other texts, as with pages; teasers below a text stay until they do. No year is supplied, and where
nothing dates a text it has no date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from archive.dates import Moment
from archive.facts import read_figures
from archive.fingerprint import letters, letters_hash, sentences
from archive.models import Block, Clock, Reading, Role
from archive.people import signed
from archive.split import BARE, LEAST, SIGNED, shared_names
from archive.stated import NOTHING, Given
from archive.stories import Story, parts
from archive.textlines import SENTENCE, Line, read_lines
from archive.titles import (
    Head,
    find_title,
    is_date,
    is_dated,
    is_label,
    is_prose,
    is_share,
    is_title,
    known_title,
    read_head,
    read_inner,
)

# words of a title in the middle of a text
_BARE_WORDS = 5
# a title that is made of the first sentence has at most so many words, and so many characters
_OPENING, _LONG = 14, 250
# a report states so many figures; a line of a list of them is no longer
_FIGURES, _LINE = 8, 120
# lines that may be titles: a text with more of them is a list
_MANY = 200
_DIGIT = re.compile(r"\d")


def read_plain(text: str, zone: str, clock: Clock = "24h", given: Given = NOTHING) -> tuple[Reading, ...]:
    """The stories of a text; none where it holds no words. See :func:`read_stories`."""
    return read_stories(read_lines(text), zone, clock, given)


def read_stories(
    lines: Sequence[Line],
    zone: str,
    clock: Clock = "24h",
    given: Given = NOTHING,
    elements: Callable[[Reading], dict[str, Any]] = lambda _: {},
) -> tuple[Reading, ...]:
    """The stories of a text by its lines; none where there is no line.

    ``zone``: of times without one. ``clock``: how its source prints the time of day (``archive.dates.read_printed``).
    What is ``given`` holds for the text, whatever its lines say, and a text with a given title is one story.
    ``elements``: what stands in the text besides its words, by the fields of a reading.
    """
    if not lines:
        return ()
    stories: tuple[Story, ...] = ()
    if given.title:
        head = known_title(lines, given.title, zone, clock)
    else:
        head = read_head(lines, find_title(lines), 0, len(lines), zone, clock)
        stories = _stories(lines, head, zone, clock)
    title = given.title or (lines[head.line].text if head.line >= 0 else opening(lines))
    reading = Reading(
        title=title,
        blocks=tuple(_block(line, role) for line, role in zip(lines, _roles(lines, head.line), strict=True)),
        headline=lines[head.line].text if head.line >= 0 else None,
        steps=("plain",) if head.line >= 0 or given.title else ("plain", "title:opening"),
        byline=head.credit,
        publisher=None if stories else head.publisher,  # a line names who published one of several
        **_dated(head.published, head.modified),
    )
    reading = replace(reading, **elements(reading))
    found = stories and parts(reading, stories, lambda _: reading)
    return tuple(_with_given(one, given) for one in found or (reading,))


def _with_given(reading: Reading, given: Given) -> Reading:
    """A reading with what is known beside the text in the place of what the text says."""
    known = {
        name: value
        for name in ("byline", "publisher", "language", "section", "tags", "image", "licence", "description")
        if (value := getattr(given, name))
    }
    return replace(reading, **known, **_dated(given.published, given.modified))


def _dated(published: Moment | None, modified: Moment | None) -> dict[str, Any]:
    """What moments say in the fields of a reading; nothing of one that is not known."""
    fields: dict[str, Any] = {"published_day": published.day} if published else {}
    for name, moment in (("published", published), ("modified", modified)):
        if moment:
            fields |= {
                name: moment.at,
                f"{name}_printed": moment.printed,
                f"{name}_from": moment.found,
                f"{name}_zone": moment.zone,
            }
    return fields


def opening(lines: Sequence[Line]) -> str:
    """A title for a text that has none: its first sentence, or the first words of a long one."""
    first = sentences(lines[0].text)[0]
    words = first.split()
    if len(words) > _OPENING:
        return " ".join(words[:_OPENING]).rstrip(",;:–—- ") + " …"
    return first if len(first) <= _LONG else first[:_LONG].rstrip() + " …"


def _block(line: Line, role: Role | None) -> Block:
    return Block(line.kind, line.text, letters_hash(letters(line.text)), role=role)


def _roles(lines: Sequence[Line], title: int) -> Iterator[Role | None]:
    """What is no text: lines above the title that neither date nor sign it, and those that offer to share."""
    for n, line in enumerate(lines):
        above = n < title and not _DIGIT.search(line.text) and signed(line.text) is None
        yield "aside" if above or is_share(line.text) else None


def _stories(lines: Sequence[Line], page: Head, zone: str, clock: Clock) -> tuple[Story, ...]:
    """The stories of a text that holds several, none where it holds one."""
    if page.line < 0:
        return ()
    own = letters(lines[page.line].text)
    found = [
        n
        for n in range(page.line + 2, len(lines))
        if _may_begin(lines, n) and letters(lines[n].text) not in own  # a list above names it too
    ]
    if len(found) > _MANY:
        return ()
    heads = [page]
    for n, at in enumerate(found):
        end = next((m for m in found[n + 1 :] if _size(lines, at + 1, m) >= LEAST), len(lines))
        head = read_inner(lines, at, end, zone, clock)
        if _is_text(lines[at + 1 : end]) and _is_text(lines[heads[-1].line + 1 : head.first]):
            before = [line.text for line in lines[heads[-1].line : head.first]]
            likeness = shared_names(before, [line.text for line in lines[at:end]])
            if _begins(lines, heads[-1], head, likeness):
                heads[-1].end = head.first
                heads.append(head)
    if len(heads) < 2:
        return ()
    heads[0] = read_head(lines, page.line, 0, heads[0].end, zone, clock)
    heads[-1].end = len(lines)
    return tuple(
        Story(head.first, head.end, lines[head.line].text, head.published, head.credit, head.publisher)
        for head in heads
    )


def _is_text(lines: Sequence[Line]) -> bool:
    """Whether a story's lines are enough for one, and not the titles of others."""
    figures = sum(_is_figure(line.text) for line in lines)
    return _size(lines, 0, len(lines)) >= LEAST and (figures >= _FIGURES or any(map(is_prose, lines)))


def _may_begin(lines: Sequence[Line], n: int) -> bool:
    """Whether a line in the middle of a text can be the title of another story."""
    line = lines[n]
    return (
        line.kind in ("p", "heading")
        and is_title(line.text, _BARE_WORDS)
        and not SENTENCE.search(line.text)
        and not is_label(line.text)
        and not is_dated(line.text)  # lists of other stories date each of them
    )


def _begins(lines: Sequence[Line], before: Head, head: Head, likeness: float) -> bool:
    """Whether another story begins at a title, told from a sub-headline of the one before."""
    if head.published and head.publisher:  # nobody dates and signs a section
        return True
    if head.signed or (head.publisher and (before.publisher or before.signed)):
        return likeness < SIGNED
    if _is_figure(lines[head.line].text) or not (before.signed or before.publisher):
        return False
    if lines[head.first].ruled:
        return likeness < BARE
    # below a report of figures comes prose of other names
    return (
        likeness < SIGNED
        and _is_report(lines[before.line : head.first], before)
        and not _is_report(lines[head.line : head.end], head)
    )


def _is_report(lines: Sequence[Line], head: Head) -> bool:
    """Whether a story, below its title, is a list of figures (most of its lines are short, and half of them hold a
    number), or states losses as the reports of ministries do."""
    inside = [line for line in lines[1:] if not is_date(line.text)]
    figures = sum(_is_figure(line.text) for line in inside)
    if figures >= _FIGURES and 2 * figures >= len(inside):
        return True
    day = head.published.day if head.published else None
    blocks = [_block(line, None) for line in lines[1:]]
    return len(read_figures(lines[0].text, blocks, day=day, publisher=head.publisher).figures) >= _FIGURES


def _is_figure(text: str) -> bool:
    return len(text) <= _LINE and _DIGIT.search(text) is not None


def _size(lines: Sequence[Line], start: int, end: int) -> int:
    """Letters of the text in these lines."""
    return sum(len(letters(line.text)) for line in lines[start:end])
