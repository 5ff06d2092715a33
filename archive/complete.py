"""What a story's text adds to what its page states: its agency, its language, doubts about its times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from archive.doubt import earlier, of_page
from archive.language import detect, differing
from archive.models import Reading
from archive.people import credited, read_credits, split

# characters of a text's beginning that its language is told by
_BEGINNING = 4000


def complete(
    reading: Reading,
    language: str | None,
    addresses: Iterable[str] = (),
    printed: str | None = None,
    announced: str | None = None,
) -> Reading:
    """A reading with what its text says of it.

    ``reading.language`` as declared; ``language``: the source's, where nothing tells. ``addresses`` of the page;
    ``printed``: the day it came out (YYYY-MM-DD) as it prints by its headline; ``announced``: when it did by the list
    that led to it (a stamp).
    """
    texts = [block.text for block in reading.blocks]
    beginning = _beginning(texts)
    authors, agency = reading.authors, reading.agency
    if reading.byline and not authors and not agency:
        authors, agency = read_credits(split(reading.byline), [reading.publisher] if reading.publisher else ())
    return replace(
        reading,
        authors=authors,
        agency=agency or credited(texts),
        language=reading.language or detect(beginning) or language,
        language_detected=differing(beginning, reading.language) if reading.language else None,
        published_doubt=of_page(
            reading.published, reading.published_day, addresses, printed, announced, [reading.title, *texts]
        ),
        modified_doubt=earlier(reading.published, reading.modified),
    )


def _beginning(texts: Sequence[str]) -> str:
    taken: list[str] = []
    length = 0
    for text in texts:
        taken.append(text)
        length += len(text)
        if length > _BEGINNING:
            break
    return "\n".join(taken)
