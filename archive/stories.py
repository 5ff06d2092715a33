"""From what a page is read to as a whole to a reading for each of its stories. Pure.

Where the stories begin is found in ``split``; which of them was seen before is told in ``parts``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

from lxml.html import HtmlElement

from archive.dates import Moment
from archive.fingerprint import letters
from archive.models import Reading


class Story(NamedTuple):
    """One of several stories of a page: ``start`` and ``end`` of its blocks, and what is printed of it alone."""

    start: int
    end: int
    title: str
    published: Moment | None = None
    byline: str | None = None
    publisher: str | None = None
    permalink: str | None = None
    box: HtmlElement | None = None


def parts(page: Reading, stories: Sequence[Story], read_box: Callable[[HtmlElement], Reading]) -> tuple[Reading, ...]:
    """A reading for each story of the page that ``page`` is read to as a whole; none where boxes hold no text.

    What is true of all stories stays with each: publisher, language, section, licence. What the page says of when it
    came out and who wrote it holds for the story it is called by, where that stands first and says nothing itself;
    another's unknown date is unknown. ``read_box`` reads an element's text by itself.
    """
    steps = (*page.steps, "split")  # not how many: a story that joins the page changes nothing of the others
    later = {story.published.day for story in stories[1:] if story.published}
    found = []
    for n, story in enumerate(stories):
        text = sliced(page, story.start, story.end) if story.box is None else read_box(story.box)
        own = n == 0 and letters(story.title) in {letters(t) for t in (page.title, page.headline) if t}
        part = replace(
            page,
            title=story.title,
            headline=story.title,
            blocks=text.blocks,
            links=text.links,
            media=text.media,
            quotes=text.quotes,
            entries=(),
            publisher=story.publisher or page.publisher,
            permalink=story.permalink,
            modified=None,
            modified_printed=None,
            modified_from=None,
            modified_zone=None,
            steps=steps,
        )
        if not own:
            part = replace(part, tags=(), image=None, description=None)
        if story.byline or not own:
            part = replace(part, byline=story.byline, authors=(), agency=None)
        dated = page.published_day is not None and (n == 0 and page.published_day not in later)
        if story.published and not (dated and page.published_day == story.published.day):
            part = replace(
                part,
                published=story.published.at,
                published_printed=story.published.printed,
                published_from=story.published.found,
                published_day=story.published.day,
                published_zone=story.published.zone,
            )
        elif not dated:
            part = replace(
                part,
                published=None,
                published_printed=None,
                published_from=None,
                published_day=None,
                published_zone=None,
            )
        found.append(part)
    return tuple(found) if all(part.blocks for part in found) else ()


def sliced(page: Reading, start: int, end: int) -> Reading:
    """A reading's blocks from ``start`` to ``end`` with what stands at them; a picture before the first is its own,
    one after the last where the page ends there."""
    last = end == len(page.blocks)

    def inside(position: int) -> bool:
        return start <= position < end or (last and position >= end)

    return replace(
        page,
        blocks=page.blocks[start:end],
        links=tuple(x._replace(position=x.position - start) for x in page.links if inside(x.position)),
        media=tuple(x._replace(position=x.position - start) for x in page.media if inside(x.position)),
        quotes=tuple(x._replace(position=x.position - start) for x in page.quotes if inside(x.position)),
        entries=tuple(x._replace(position=x.position - start) for x in page.entries if inside(x.position)),
    )


def alone(tree: HtmlElement, box: HtmlElement) -> HtmlElement:
    """A page that holds this element of another one and nothing else."""
    root: HtmlElement = tree.makeelement("html")
    body = root.makeelement("body")
    root.append(body)
    copied = deepcopy(box)
    copied.tail = None
    body.append(copied)
    return root
