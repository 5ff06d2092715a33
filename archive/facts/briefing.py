"""Russia's claims of Ukraine's losses, out of its ministry's briefings and what reprints them. Pure.

Three kinds: the sum since February 2022 that closes a briefing, the sums of a region's own (Kursk), and what is
claimed for a day or a week, by direction and group of forces or for the whole front. A claim's side is that of the
sentence, not of the page. What cannot be told for sure is left unread, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from archive.facts.agreement import settled
from archive.facts.claims import Run, read_runs
from archive.facts.closing import Closing, read_closing
from archive.facts.counts import Count, read_counts
from archive.facts.directions import Mention, read_mentions
from archive.facts.heads import read_dateline, read_head, read_whole_period
from archive.facts.patterns import table, words
from archive.facts.periods import Period, read_period
from archive.facts.places import Place, follow, place_runs
from archive.facts.sentences import Sentence, read_sentences
from archive.facts.speakers import Voice, first_voice, named_voice, other_side
from archive.models import Block, Facts, Figure, Unread

# a sum is of the last of the days that the page is about, where that is no further from its own
_NEAR = timedelta(days=10)


def read_briefing(
    title: str, blocks: Sequence[Block], *, day: str | None = None, publisher: str | None = None
) -> Facts:
    """What a page has of the Russian ministry's claims, in page order.

    ``day``: its local day of publication. ``publisher``: who publishes it, as the source or the page states.
    """
    whole = "\n".join((title, *(block.text for block in blocks))).casefold()
    if not any(stem in whole for stem in table()["cheap"]):
        return Facts()
    if not any(stem in whole or stem in (publisher or "").casefold() for stem in table()["named"]):
        return Facts()
    sentences = list(read_sentences(title, blocks))
    if not any(_may_claim(sentence.plain) for sentence in sentences):
        return Facts()
    return _Reader(sentences, day, publisher).read()


def _may_claim(text: str) -> bool:
    """Whether a sentence, whoever says it, holds a count of losses, or leads up to a list of them."""
    folded = text.casefold()
    if not any(stem in folded for stem in table()["lost"]):
        return False
    if words("since").search(text) is not None or (text.endswith(":") and words("done").search(text) is not None):
        return True
    if not any(stem in folded for stem in table()["labelled"]):
        return False
    runs, reason = read_runs(text, ())
    return bool(runs) or reason is not None or len(read_counts(text, "labels")) > 1


class _Reader:
    """One page's reading: where it stands, and what was found."""

    def __init__(self, sentences: list[Sentence], day: str | None, publisher: str | None) -> None:
        self.sentences = sentences
        self.mentions = [read_mentions(s.plain, s.text) for s in sentences]
        self.voice: Voice | None = first_voice(s.plain for s in sentences)
        grouped = any(mention.kind == "formation" for found in self.mentions for mention in found) and any(
            words("theirs").search(sentence.plain) for sentence in sentences
        )
        if (self.voice is None and grouped) or (publisher and named_voice(publisher) == "russia"):
            self.voice = "russia"
        self.page = self.voice
        published = date.fromisoformat(day) if day else read_dateline(sentences)
        self.head = read_head(sentences, published) or published
        self.period = read_whole_period(sentences, self.head)
        self.place = Place()
        self.voices: dict[int, Voice | None] = {}
        self.found: list[Figure] = []
        self.unread: list[Unread] = []
        self.briefing = False

    def read(self) -> Facts:
        """The figures, each key once, and what stayed unread."""
        at = 0
        while at < len(self.sentences):
            sentence = self.sentences[at]
            self.voice = self._speaker(at)
            self.voices[at] = self.voice
            closing = read_closing(self.sentences, at, self.voice, self._region(at) is not None)
            if closing is not None:
                self._close(closing)
                at = closing.stop
                continue
            self.place = follow(self.place, sentence, self.mentions[at])
            if self.voice == "russia" and not other_side(sentence.plain):
                self._sentence(at)
            at += 1
        if self.briefing:
            self._shot_down()
        return settled(self.found, self.unread)

    def _speaker(self, at: int) -> Voice | None:
        """Whose word a sentence is: its own speaker's, else that of the one before.

        Behind a word of Ukraine's side the page's, where it names a Russian group or says that Ukraine lost.
        """
        named = named_voice(self.sentences[at].plain)
        if named is not None:
            return named
        if self.voice == "ukraine" and self.page == "russia":
            theirs = words("theirs").search(self.sentences[at].plain) is not None
            if theirs or any(mention.kind == "formation" for mention in self.mentions[at]):
                return "russia"
        return self.voice

    # --- the claims

    def _region(self, at: int) -> Mention | None:
        """The region with a sum of its own that a sentence speaks of, itself or after its title."""
        regional = table("keys")["regional"]
        named = [m for m in self.mentions[at] if m.kind == "direction"]
        if not named and self.sentences and self.sentences[0].position < 0:
            named = [m for m in self.mentions[0] if m.kind == "direction" and m.key in regional]
        return next((m for m in named if m.key in regional), None)

    def _close(self, closing: Closing) -> None:
        as_of = self.head
        # the week that another story of the page is about ended long before
        if self.period is not None and self.period.end is not None:
            near = self.head is None or abs(self.head - self.period.end) <= _NEAR
            as_of = self.period.end if near else self.head
        for sentence, item in closing.counts:
            self._keep(sentence, item, "total", as_of, definition=closing.definition)
        self.briefing = self.briefing or len(closing.counts) >= 5

    def _sentence(self, at: int) -> None:
        """What a sentence of the ministry's claims for a group, a region or the whole front."""
        sentence = self.sentences[at]
        runs, reason = read_runs(sentence.plain, self.mentions[at])
        if reason is not None:
            self._leave(sentence, reason)
        if not runs:
            return
        if self.page != "russia" and not self._explicit(at):
            self._leave(sentence, "whose losses is not said")
            return
        region, regional = self._region(at), words("regional").search(sentence.plain)
        if regional is not None and region is not None:
            self._regional(sentence, runs, region)
            return
        since = words("since").search(sentence.plain)
        if regional is not None or (since and not words("day").search(sentence.plain)) or self._elsewhen(sentence):
            self._leave(sentence, "a sum that began at a time of its own")
            return
        stated = read_period(sentence.plain, self.head)
        if stated is None and (sentence.position < 0 or region is not None):
            if sentence.position >= 0:
                self._leave(sentence, "a day's losses or a sum: not said")
            return
        period = stated or self.period
        if period is not None and period.series == "week" and period.start is None and self.period is not None:
            period = self.period if self.period.series == "week" else period
        if period is None:
            self._leave(sentence, "for no day or week that is named")
            return
        places = place_runs(self.place, sentence, self.mentions[at], runs, dated=stated is not None)
        if isinstance(places, str):
            self._leave(sentence, places)
            return
        for run, place in zip(runs, places, strict=True):
            self._run(sentence, run, place, period)

    def _explicit(self, at: int) -> bool:
        """Whether a sentence itself says that the Russian ministry speaks, or that Ukraine lost."""
        text = self.sentences[at].plain
        return named_voice(text) == "russia" or words("theirs").search(text) is not None

    def _elsewhen(self, sentence: Sentence) -> bool:
        return words("elsewhen").search(sentence.plain) is not None

    def _regional(self, sentence: Sentence, runs: Sequence[Run], region: Mention) -> None:
        if words("day").search(sentence.plain):
            self._leave(sentence, "a day and a sum in one sentence")
            return
        for run in runs:
            for item in run.items:
                place = Place(direction=region)
                self._keep(sentence, item, region.key, self.head, place=place, run=run)

    def _run(self, sentence: Sentence, run: Run, place: Place, period: Period) -> None:
        whole = place.direction is None and place.formation is None
        for item in run.items:
            if whole and item.category != "personnel" and not words("whole").search(sentence.plain):
                continue
            self._keep(sentence, item, period.series, period.end or self.head, place=place, run=run, period=period)
        self.briefing = True

    def _shot_down(self) -> None:
        """What air defence is said to have shot down in the briefing's time: unmanned aircraft."""
        if self.period is None:
            return
        for at, sentence in enumerate(self.sentences):
            shot = words("shot").search(sentence.plain)
            if sentence.position < 0 or shot is None or not words("shield").search(sentence.plain):
                continue
            if words("partly").search(sentence.plain) or words("since").search(sentence.plain):
                continue
            if self.voices.get(at) != "russia":
                continue
            counts = [
                i for i in read_counts(sentence.plain, "labels") if i.category == "uavs" and i.start > shot.end()
            ]
            if len(counts) == 1:
                definition = sentence.text[slice(*shot.span())]
                period, end = self.period, self.period.end or self.head
                self._keep(sentence, counts[0], period.series, end, definition=definition, period=period)

    # --- keeping

    def _keep(
        self,
        sentence: Sentence,
        item: Count,
        series: str,
        as_of: date | None,
        *,
        definition: str | None = None,
        place: Place | None = None,
        run: Run | None = None,
        period: Period | None = None,
    ) -> None:
        if as_of is None:
            self._leave(sentence, "no date")
            return
        qualifier = item.qualifier
        if run is not None:
            span = run.people if run.people is not None and item.category == "personnel" else run.definition
            definition = sentence.text[slice(*span)]
            if qualifier is None and run.exceeds and item.category == "personnel":
                qualifier = "more than"
        direction = place.direction if place is not None else None
        formation = place.formation if place is not None else None
        self.found.append(
            Figure(
                claimed_by="russia",
                about="ukraine",
                series=series,
                category=item.category,
                as_of=as_of.isoformat(),
                total=item.value,
                qualifier=qualifier,
                precision=item.precision,
                period_start=period.start.isoformat() if period is not None and period.start is not None else None,
                period_end=period.end.isoformat() if period is not None and period.end is not None else None,
                direction=direction.key if direction is not None else None,
                direction_printed=direction.printed if direction is not None else None,
                formation=formation.key if formation is not None else None,
                formation_printed=formation.printed if formation is not None else None,
                definition=definition,
                sentence=sentence.text,
                position=sentence.position,
            )
        )

    def _leave(self, sentence: Sentence, reason: str) -> None:
        self.unread.append(Unread(sentence.position, sentence.text, reason))
