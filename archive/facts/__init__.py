"""Figures: what each side claims, read out of a text. Pure; claims are attributed, never judged."""

from __future__ import annotations

from collections.abc import Sequence

from archive.facts.briefing import read_briefing
from archive.facts.totals import read_totals
from archive.models import Block, Facts

# rises with each change of how texts are read: they are read again by a rebuild (what the registry says counts too)
VERSION = 1


def read_figures(
    title: str,
    blocks: Sequence[Block],
    *,
    language: str | None = None,
    day: str | None = None,
    publisher: str | None = None,
) -> Facts:
    """What a text states, in page order.

    ``blocks``: the visible ones. ``language``: the article's (ISO 639), None where unknown. ``day``: its local day
    of publication (YYYY-MM-DD). ``publisher``: who publishes it, as the source or the page states.
    """
    ukraine = read_totals(title, blocks, language=language, day=day, publisher=publisher)
    russia = read_briefing(title, blocks, day=day, publisher=publisher)
    # a sentence is one side's: Russia's reader takes none without its ministry's word
    taken = {(figure.position, figure.sentence) for figure in russia.figures}
    own = [
        figure
        for figure in ukraine.figures
        if not any(at == figure.position and (figure.sentence in s or s in figure.sentence) for at, s in taken)
    ]
    figures = sorted((*own, *russia.figures), key=lambda figure: figure.position)
    # what one side's reader could not tell, the other's may have read
    read = {(figure.position, figure.sentence) for figure in figures}
    unread = {(one.position, one.sentence): one for one in (*russia.unread, *ukraine.unread)}
    left = [one for key, one in unread.items() if key not in read]
    return Facts(tuple(figures), tuple(sorted(left, key=lambda one: one.position)))
