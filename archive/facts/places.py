"""Which part of the front a claim is for: the direction and group its sentence names, or its section's. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from archive.facts.claims import Run
from archive.facts.directions import Mention
from archive.facts.patterns import words
from archive.facts.sentences import Sentence

# so many blocks a direction or group holds for, where no other is named
_HOLDS = 5
_STARTS = re.compile(r"^[\W_]{0,6}")


class Place(NamedTuple):
    """A part of the front; with neither direction nor group it is the whole. ``position``: its first block."""

    direction: Mention | None = None
    formation: Mention | None = None
    position: int = -1


def follow(place: Place, sentence: Sentence, mentions: Sequence[Mention]) -> Place:
    """The part that holds for a sentence and those behind it, where ``place`` held before."""
    # what a title is about does not hold for the first words below it
    above = place.position < 0 <= sentence.position
    begins = _STARTS.sub("", sentence.plain)
    opens = words("closers").match(begins) or (sentence.opens and not words("goes_on").match(begins))
    if above or opens or sentence.position - place.position > _HOLDS:
        place = Place()
    directions = [mention for mention in mentions if mention.kind == "direction"]
    formations = [mention for mention in mentions if mention.kind == "formation"]
    if len({m.key for m in directions}) > 1 or len({m.key for m in formations}) > 1:
        return Place()
    if formations:
        same = _same(place.formation, formations[0])
        if same and not directions:
            return place
        return Place(directions[0] if directions else None, formations[0], sentence.position)
    # a direction within a group's section is a part of what the group claims
    within = place.formation is not None and place.direction is None
    if directions and not within and not _same(place.direction, directions[0]):
        return Place(directions[0], None, sentence.position)
    return place


def place_runs(
    place: Place, sentence: Sentence, mentions: Sequence[Mention], runs: Sequence[Run], *, dated: bool
) -> list[Place] | str:
    """For each run of a sentence its part of the front, or why that is not sure.

    ``place`` holds where the sentence names none; ``dated``: it says itself for which days it is.
    """
    peopled = sum(any(item.category == "personnel" for item in run.items) for run in runs)
    own: dict[str, list[Mention | None]] = {}
    for kind in ("direction", "formation"):
        named = _distinct([mention for mention in mentions if mention.kind == kind])
        if not named:
            own[kind] = [None] * len(runs)
        elif len(named) == 1 and peopled <= 1:
            own[kind] = [named[0]] * len(runs)
        elif len(named) == len(runs) and _beside(named, runs):
            own[kind] = list(named)
        else:
            return "several groups or directions in one sentence"
    places: list[Place] = []
    for direction, formation in zip(own["direction"], own["formation"], strict=True):
        found = _joined(place, sentence, direction, formation)
        if found is None:
            return _held(place, sentence, len(runs), dated=dated)
        places.append(found)
    return places


def _joined(place: Place, sentence: Sentence, direction: Mention | None, formation: Mention | None) -> Place | None:
    """What a sentence names, with the other half from its section; None where it names neither."""
    if direction is None and formation is None:
        return None
    if direction is None and place.formation is not None and _same(place.formation, formation):
        direction = place.direction
    elif formation is None and place.position == sentence.position:
        formation = place.formation if place.direction is None or _same(place.direction, direction) else None
    return Place(direction, formation, sentence.position)


def _held(place: Place, sentence: Sentence, runs: int, *, dated: bool) -> list[Place] | str:
    """The part for a sentence that names none: the whole front, or its section's."""
    fight = words("place").search(sentence.plain) is not None
    if words("whole").search(sentence.plain) or (sentence.position < 0 and dated and not fight):
        return [Place(position=sentence.position)] * runs
    if place.direction is None and place.formation is None:
        return "for no group, direction or the whole front"
    if fight:
        return "for a place or a fight, not for a group or direction"
    return [place] * runs


def _same(one: Mention | None, other: Mention | None) -> bool:
    return one is not None and other is not None and one.key == other.key


def _distinct(mentions: Sequence[Mention]) -> list[Mention]:
    """Each group once where it is named twice in a row."""
    found: list[Mention] = []
    for mention in mentions:
        if not found or found[-1].key != mention.key:
            found.append(mention)
    return found


def _beside(mentions: Sequence[Mention], runs: Sequence[Run]) -> bool:
    """Whether every group stands beside its run: no other group or run between the two."""
    marks = sorted(
        [(m.start, "m", n) for n, m in enumerate(mentions)] + [(r.items[0].start, "r", n) for n, r in enumerate(runs)]
    )
    order = [(kind, n) for _, kind, n in marks]
    return all(abs(order.index(("m", n)) - order.index(("r", n))) == 1 for n in range(len(runs)))
