"""Keeps copies and stories in line with the texts: one article comes or changes, is looked up, linked and inserted.

What stands in the end is a function of the texts, their times and addresses alone, in whatever order they came:
  - all articles have a place: when they were published (where that is unknown, first seen), then address and part;
  - two texts are compared where they share a key and the earlier of the two is among the first ones that have it, so
    a popular key has the same candidates for everybody. Where a text comes between those, whoever is pushed out or
    moves up is looked up anew;
  - what decides whether a candidate is compared in full is the same from both sides;
  - a page that holds two texts which have nothing to do with each other holds parts, though it would be called a copy
    of the larger one if that stood alone;
  - a story is led by its earliest article; each other one joins the earliest leader that it is linked with, or leads.
    So everybody in a story carries the leader's text: likeness is not handed on from one to the next.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations

from archive.copies import Relation, Text, has_room, is_other_story, part_of, relate
from archive.keys import STEMS, VERSION, Keys, Own, alike, ints, marks_of
from archive.models import Marks
from archive.quotations import Shared, quotations, shared_quotations
from archive.store import Link, Place, Store, seconds

# articles that a popular key leads to: the earliest ones, which is where leaders are (a wire text has hundreds)
FIRST = 8
# of earlier reports of a form the nearest are looked at
PREVIOUS = 8

# two articles whose link changed
Pair = tuple[int, int]


class Groups:
    """Works within the transaction its caller holds on ``store``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def update(self, article: int) -> None:
        """Bring everything in line with an article's text, time and title as its row has them now."""
        store = self.store
        row = store.article(article)
        at = seconds(row["published"] or row["first_seen"])
        said = (str(VERSION), str(at), row["source"], row["url"], str(row["part"]), row["text"])
        digest = hashlib.sha256("\n".join(said).encode()).hexdigest()
        known = store.marks([article]).get(article)
        if known is not None and known.digest == digest:
            store.retitle_story(article, row["title"])
            return
        around = _Around()
        if known is not None:
            self._leave(article, known, around)
        own = Own(row["text"])
        marks = marks_of(article, digest, at, own, row["source"])
        keys = Keys(marks)
        store.put_marks(marks, keys.own)
        first = self._first(keys, article)
        self._look_around(article, marks, keys, first, around, came=True)
        changed = self._relink_one(own, marks, keys, first)
        changed |= self._relink(around.sorted(around.gained, article))
        changed |= self._prune(around.sorted(around.lost, article))
        changed |= self._follow(around.sorted(around.later, article))
        if changed or known is not None:
            # who followed it and no longer does may come before it by now
            fellows = [*store.fellows(article), *store.followers(article)] if known is not None else []
            self._regroup(changed, {article, *fellows})
        store.retitle_story(article, row["title"])

    def remove(self, article: int) -> None:
        """Take an article out of everything, before its row goes."""
        store = self.store
        known = store.marks([article]).get(article)
        if known is None:
            return
        around = _Around()
        self._leave(article, known, around)
        links = store.links(article)
        for link in links.values():
            store.drop_link(link)
        story = store.stories_of([article])[article]
        followers = store.followers(article) if story == article else []
        store.set_story(article, None)
        changed = self._relink(around.sorted(around.gained, article))
        changed |= self._follow(around.sorted(around.later, article))
        for page in sorted(links):
            changed |= self._settle_page(page)
        self._regroup(changed, {*links, *followers}, {story} if story is not None else set())

    # keys

    def _leave(self, article: int, marks: Marks, around: _Around) -> None:
        """Remove an article's keys."""
        keys = Keys(marks)
        self._look_around(article, marks, keys, self._first(keys, article), around, came=False)
        self.store.drop_marks(marks, keys.own)

    def _first(self, keys: Keys, article: int) -> dict[int, list[int]]:
        """The first ones with each key that another article has too, and the one that would move up."""
        return self.store.first_with(keys.shared, FIRST + 1, article)

    def _look_around(
        self, article: int, marks: Marks, keys: Keys, first: Mapping[int, list[int]], around: _Around, came: bool
    ) -> None:
        """Find out for whom it matters that an article has its keys, and from now on has not (or has: ``came``)."""
        for key in keys.shared:
            found = first.get(key, ())
            if len(found) > FIRST and article in found[:FIRST]:
                (around.lost if came else around.gained).add(found[FIRST])
        forms = ints(marks.forms)
        if forms:
            place = self.store.places([article])[article]._replace(at=marks.at)
            for key in forms:
                around.later |= {after.article for after in self.store.beside(key, place, PREVIOUS, after=True)}

    def _candidates(self, marks: Marks, keys: Keys, first: Mapping[int, list[int]]) -> dict[int, bool]:
        """Whom an article is compared with; False where only their quotations are."""
        article = marks.article
        found: set[int] = set()
        for key in keys.texts:
            found.update(self._by(article, key, first))
        stems: Counter[int] = Counter()
        for key in keys.stems:
            stems.update(self._by(article, key, first))
        found |= {other for other, count in stems.items() if count >= STEMS}
        found.discard(article)
        return alike(marks, self.store.marks(found)) if found else {}

    def _by(self, article: int, key: int, first: Mapping[int, list[int]]) -> list[int]:
        """Whom a key leads to: the first ones that have it, and one of those to everybody."""
        found = first.get(key, [])
        if len(found) <= FIRST:
            return found
        return self.store.all_with(key) if article in found[:FIRST] else found[:FIRST]

    # links

    def _relink(self, articles: Iterable[int]) -> set[Pair]:
        """Find the links of articles anew; returns the pairs whose link changed."""
        changed: set[Pair] = set()
        for article in articles:
            marks = self.store.marks([article]).get(article)
            if marks is not None:
                keys = Keys(marks)
                own = Own(self.store.texts_of([article])[article])
                changed |= self._relink_one(own, marks, keys, self._first(keys, article))
        return changed

    def _relink_one(self, own: Own, marks: Marks, keys: Keys, first: Mapping[int, list[int]]) -> set[Pair]:
        changed: set[Pair] = set()
        article = marks.article
        before = {other: old for other, old in self.store.links(article).items() if not _is_later(old, other)}
        found = self._links(own, marks, self._candidates(marks, keys, first))
        if not before and not found:
            return changed
        for other in before.keys() | found.keys():
            changed |= self._put(before.get(other), *found.get(other, (None, ())))
        sizes = self.store.words_of([*before, *found])
        pages = {other for other, size in sizes.items() if size > marks.words and has_room(size, marks.words)}
        # a page that held it has one part less, however long the text is now
        pages |= {other for other, old in before.items() if found.get(other, (None, ()))[0] != old}
        if any(size < marks.words and has_room(size, marks.words) for size in sizes.values()):
            pages.add(article)
        for page in sorted(pages):
            changed |= self._settle_page(page)
        return changed

    def _prune(self, articles: Iterable[int]) -> set[Pair]:
        """Remove the links of articles with those that they are no longer compared with."""
        changed: set[Pair] = set()
        for article in articles:
            marks = self.store.marks([article]).get(article)
            if marks is None:
                continue
            links = self.store.links(article)
            keys = Keys(marks)
            candidates = self._candidates(marks, keys, self._first(keys, article))
            pages = set()
            for other, old in links.items():
                if old.relation != "template_series" and other not in candidates:
                    changed |= self._put(old, None)
                    pages |= {article, other}
            for page in sorted(pages):
                changed |= self._settle_page(page)
        return changed

    def _follow(self, reports: Iterable[int]) -> set[Pair]:
        """Find anew which report each of these follows."""
        changed: set[Pair] = set()
        for article in reports:
            marks = self.store.marks([article]).get(article)
            if marks is None:
                continue
            previous = self._previous(Own(self.store.texts_of([article])[article]), marks)
            series = [old for old in self.store.links(article).values() if _is_series(old, article)]
            for old in series:
                if old != previous:
                    changed |= self._put(old, None)
            if previous is not None and previous not in series:
                changed |= self._put(None, previous)
        return changed

    def _put(self, old: Link | None, new: Link | None, shared: Iterable[tuple[object, ...]] = ()) -> set[Pair]:
        shared = list(shared)
        if old == new and (old is None or self.store.quotation_rows(old) == shared):
            return set()
        if old is not None:
            self.store.drop_link(old)
        if new is not None:
            # of two reports the other one may have been the later until now
            self.store.drop_link(new._replace(article=new.other, other=new.article))
            self.store.put_link(new, shared)
        link = new or old
        return {(link.article, link.other)} if link is not None else set()

    def _links(
        self, own: Own, marks: Marks, candidates: Mapping[int, bool]
    ) -> dict[int, tuple[Link, list[tuple[object, ...]]]]:
        """An article's links, by the other one, with the sentences that both quote."""
        article = marks.article
        found: dict[int, tuple[Link, list[tuple[object, ...]]]] = {}
        for other, text in self.store.texts_of(candidates).items() if candidates else ():
            first, second = min(article, other), max(article, other)
            theirs = Text(text)
            pair = (own, theirs) if first == article else (theirs, own)
            relation = relate(*pair) if candidates[other] else None
            if relation is not None:
                if relation.kind != "template_series":
                    found[other] = _link(first, second, relation), []
                continue
            shared = shared_quotations(own.said, quotations(text)) if own.said else []
            if shared and not candidates[other]:
                series = relate(*pair)
                if series is not None and series.kind == "template_series":
                    continue  # a pair has one link
            if shared:
                relation = Relation("shared_quotes", max(one.score for one in shared), _quoted(shared))
                found[other] = _link(first, second, relation), sorted(_row(one, first != article) for one in shared)
        previous = self._previous(own, marks)
        if previous is not None:
            found[previous.other] = previous, []
        return found

    def _previous(self, own: Text, marks: Marks) -> Link | None:
        """The link of a report with the one before it."""
        forms = ints(marks.forms)
        if not forms:
            return None
        place = self.store.places([marks.article])[marks.article]
        before: set[Place] = set()
        for key in forms:
            before.update(self.store.beside(key, place, PREVIOUS, after=False))
        for other in sorted(before, reverse=True)[:PREVIOUS]:
            text = Text(self.store.texts_of([other.article])[other.article])
            # which of the two is asked first decides nothing of a series
            relation = relate(own, text)
            if relation is not None and relation.kind == "template_series":
                return Link(marks.article, other.article, relation.kind, relation.score, relation.reason)
        return None

    def _settle_page(self, page: int) -> set[Pair]:
        """Whether what a page shares with others is the page, or parts of it: known once two of its stories are."""
        store = self.store
        links = {
            other: link
            for other, link in store.links(page).items()
            if link.relation == "near_copy" or (link.relation == "contains" and link.article == page)
        }
        marks = store.marks([page, *links])
        if page not in marks:
            return set()
        size = marks[page].words
        sizes = {other: marks[other].words for other in links if has_room(size, marks[other].words)}
        sizes = {other: count for other, count in sizes.items() if count < size}
        fits = any(has_room(size, a, b) for a, b in combinations(sorted(sizes.values())[:2], 2))
        if not fits and not any(link.relation == "contains" for link in links.values()):
            return set()
        texts = {other: Text(text) for other, text in store.texts_of([page, *sizes]).items()}
        own = texts.pop(page)
        parts = {other: part for other, text in texts.items() if (part := part_of(text, own)) is not None}
        several: set[int] = set()
        for a, b in combinations(sorted(parts), 2):
            if not {a, b} <= several and has_room(size, sizes[a], sizes[b]) and is_other_story(texts[a], texts[b]):
                several |= {a, b}
        changed: set[Pair] = set()
        for other in sizes:
            first, second = min(page, other), max(page, other)
            pair = (own, texts[other]) if first == page else (texts[other], own)
            relation = part_of(*pair) if other in several else relate(*pair)
            if relation is not None:
                changed |= self._put(links[other], _link(first, second, relation))
        return changed

    # stories

    def _regroup(self, pairs: Iterable[Pair], articles: Iterable[int], stories: Iterable[int] = ()) -> None:
        """Find stories anew: of the later one of each pair, of articles, and of those that follow from theirs.

        ``stories``: that lost an article.
        """
        store = self.store
        pairs, articles = set(pairs), set(articles)
        where = store.places({*articles, *(article for pair in pairs for article in pair)})
        late = {max(where[a], where[b]).article for a, b in pairs if a in where and b in where}
        queue = sorted(where[article] for article in articles | late)
        touched: set[int] = set(stories)
        done: set[int] = set()
        while queue:
            place = heapq.heappop(queue)
            article = place.article
            if article in done:
                continue
            done.add(article)
            fellows = store.fellows(article)
            known = store.stories_of([article, *fellows])
            places = store.places(fellows).values()
            leaders = [p for p in places if p < place and known[p.article] in (None, p.article)]
            led = known[article] in (None, article)
            story = min(leaders).article if leaders else None
            if story is None:
                touched.add(article)
                if not led:
                    touched.add(known[article] or 0)
                    store.set_story(article, None)
            elif story != known[article]:
                touched |= {story, known[article] or story, article}
                store.set_story(article, story)
            if led != (story is None):
                for later in places:
                    if later > place and later.article not in done:
                        heapq.heappush(queue, later)
        for story in sorted(touched):
            store.write_story(story)


class _Around:
    """For whom it matters that an article came, changed or went: articles by number."""

    def __init__(self) -> None:
        # that are among the first ones with a key now, that no longer are, and reports that may follow another one
        self.gained: set[int] = set()
        self.lost: set[int] = set()
        self.later: set[int] = set()

    @staticmethod
    def sorted(articles: set[int], without: int) -> list[int]:
        """Articles in a fixed order."""
        return sorted(articles - {without})


def _is_series(link: Link, article: int) -> bool:
    """Whether a link is that of an article with the report before it."""
    return link.relation == "template_series" and link.article == article


def _is_later(link: Link, other: int) -> bool:
    """Whether a link belongs to the article at its other end: a later report."""
    return _is_series(link, other)


def _link(first: int, second: int, relation: Relation) -> Link:
    if relation.kind == "contains" and relation.holder:
        first, second = second, first
    return Link(first, second, relation.kind, relation.score, relation.reason)


def _row(one: Shared, turned: bool) -> tuple[object, ...]:
    ours, theirs = (one.start, one.stop), (one.other_start, one.other_stop)
    return (*(theirs + ours if turned else ours + theirs), one.speaker, one.wording, one.score)


def _quoted(shared: Iterable[Shared]) -> str:
    """How many sentences are quoted in both texts, in which wording and by whom."""
    counts = Counter(one.wording for one in shared)
    said = ", ".join(sorted({one.speaker for one in shared if one.speaker}))
    parts = [
        f"{counts[wording]} quoted sentence{'s' if counts[wording] > 1 else ''}: {wording}"
        for wording in sorted(counts, reverse=True)
    ]
    return "; ".join(parts) + (f" ({said})" if said else "")
