"""Which of a source's pages are asked for in this run: new ones, due ones, those that are said to have changed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from archive.home import Home
from archive.models import stamp
from archive.post import is_post
from archive.schedule import STEPS, is_wanted
from archive.store import Known, Store, Visit
from archive.urls import clean, is_article, is_memento, is_web, site, url_key
from crawler.discovery import Found
from crawler.sources import Outlet

Announce = Callable[[dict[str, str]], None]
# what came out longer ago is not looked at again, and what a list says of it is not asked for: the schedule's last
# step and a day for clocks that differ
RECENT = timedelta(days=31)
# a list's word of when a page changed counts for so long after the list said so last
HEARD = timedelta(days=1)
# it is written again when it is this old, so that it goes on to count
_RENEWED = timedelta(hours=6)
# pages of a source that are asked for and not answered yet: the rest waits where it takes no memory
AHEAD = 64
# the same where a host is asked one thing at a time: what stands in line there holds up the end of a stopped run
POLITE_AHEAD = 2
# a visit that is due within this time is made now: the run after this one would make it late
SLACK = timedelta(minutes=1)
# dated pages of a list, known before, from which on it can be said that most of them moved at once
MANY = 5
# addresses that wait: 50,000, a whole sitemap, take 12 MB
CROWD = 200_000
# addresses that are looked up at once
BATCH = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run looks for.

    ``due``: ask only the lists that are due. ``again``: every article of the last 30 days, due or not. ``since``: an
    outlet's past back to there. ``limit``: pages of a source, instead of its own. ``pages``: these alone, by source.
    ``named``: the sources were named one by one, and are tried however long they are to be left alone. ``whole``:
    sources whose lists are gone through to their limit, because a run before this one did not come to its end.
    """

    due: bool = False
    again: bool = False
    since: datetime | None = None
    limit: int | None = None
    pages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: bool = False
    whole: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ask:
    """A page to ask for; ``headers``: conditions, where the archive has it."""

    found: Found
    headers: dict[str, str]


class Frontier:
    """One source's pages in the order in which they are asked for. ``left``: how many its limit kept for later."""

    def __init__(self, outlet: Outlet, home: Home, plan: Plan, announce: Announce) -> None:
        self.outlet, self.home, self.plan, self._announce = outlet, home, plan, announce
        self.limit = plan.limit or outlet.max_pages
        self._sites = {host.removeprefix("www.") for host in outlet.hosts}
        self.found = self.asked = self.left = 0
        self.room = POLITE_AHEAD if outlet.delay else AHEAD
        self._waiting: deque[Found] = deque()
        self._known: deque[Found] = deque()
        self._ready: deque[Ask] = deque()
        self._seen: set[int] = set()

    @property
    def empty(self) -> bool:
        """Whether nothing is left to ask for."""
        return not (self._waiting or self._known or self._ready)

    @property
    def crowded(self) -> bool:
        """Whether so many addresses wait that no more should be looked for in this run."""
        return len(self._waiting) > CROWD

    def accept(self, found: Iterable[Found]) -> list[Found]:
        """Those that are articles of the source, at the address they are asked for at."""
        taken = []
        for one in found:
            listed = url = clean(one.url)
            for pattern, replacement in self.outlet.rewrite:
                url = pattern.sub(replacement, url)
            # a channel's post is at no address of the source's own, and patterns are for these
            if is_web(url) and (is_post(url) or (self._is_own(url) and is_article(url, self.outlet.articles))):
                # a mirror's page is the source's own, and asked for where it was found
                mirrored = one.fetch is None and site(url) != site(listed)
                taken.append(replace(one, url=url, fetch=listed if mirrored else one.fetch))
        return taken

    def _is_own(self, url: str) -> bool:
        """Whether an address is on one of the outlet's sites: a list may name whatever it likes."""
        host = site(url)
        return any(host == own or host.endswith(f".{own}") or own.endswith(f".{host}") for own in self._sites)

    def add(self, found: Iterable[Found]) -> None:
        """Look at these too; an address that was asked for in this run is not asked for again."""
        self._waiting.extend(found)

    def add_known(self, found: Iterable[Found]) -> None:
        """The same for pages that are known, which wait for new ones."""
        self._known.extend(found)

    def unknown(self, found: Iterable[Found]) -> bool:
        """Whether there is one among them that was never asked for, in this run or before. Reads the archive."""
        keys = {key for one in found if hash(key := url_key(one.url)) not in self._seen}
        store = Store(self.home.database)
        try:
            keys -= store.are_forgotten(keys).keys()
            return len(store.visits(list(keys))) < len(keys)
        finally:
            store.close()

    async def next(self) -> Ask | None:
        """The next page to ask for; None while there is none or no room."""
        if self.room <= 0:
            return None
        while True:
            if self.asked >= self.limit:
                self.left += len(self._ready)
                self._ready.clear()
            waiting = self._waiting or self._known
            if self._ready or not waiting:
                break
            batch = [waiting.popleft() for _ in range(min(BATCH, len(waiting)))]
            self._ready.extend(await asyncio.to_thread(self._admit, batch))
        if not self._ready:
            return None
        self.asked += 1
        self.room -= 1
        return self._ready.popleft()

    def revisits(self, now: datetime) -> list[Found]:
        """The articles of the last 30 days, for :meth:`add_known`. Reads the archive."""
        store = Store(self.home.database)
        try:
            visits = store.revisitable(self.outlet.source.id, stamp(now - RECENT))
        finally:
            store.close()
        return [
            Found(v.url, _heard(v, now), v.listed, None if is_memento(v.fetch) else v.fetch, sure=True)
            for v in visits
        ]

    def _admit(self, batch: list[Found]) -> list[Ask]:
        now = datetime.now(UTC)
        fresh: dict[str, Found] = {}
        for found in batch:
            key = url_key(found.url)
            if found.at is not None:
                key = f"{key} {stamp(found.at)}"
            if hash(key) not in self._seen:
                fresh.setdefault(key, found)
        store = Store(self.home.database)
        try:
            stopped = store.are_forgotten({url_key(found.url) for found in fresh.values()})
            if stopped:  # what was forgotten is not asked for
                fresh = {key: found for key, found in fresh.items() if url_key(found.url) not in stopped}
            visits = store.visits(list(fresh))
            fresh = _believed(fresh, visits)
            wanted = {key: found for key, found in fresh.items() if self._wants(store, key, found, visits, now)}
            known = store.known(list(wanted))
        finally:
            store.close()
        self._seen.update(map(hash, wanted))
        self.found += len(wanted)
        self._say(fresh, visits, now)
        return [
            Ask(_dated(found, visits.get(key)), {} if found.at else _conditions(known.get(key)))
            for key, found in wanted.items()
        ]

    def _wants(self, store: Store, key: str, found: Found, visits: Mapping[str, Visit], now: datetime) -> bool:
        if found.at is not None:
            return not store.has_capture(url_key(found.url), stamp(found.at))
        visit = visits.get(key)
        if visit is None:
            dated = found.modified or found.published
            return self.plan.since is None or dated is None or dated >= self.plan.since
        if self.plan.again or self.plan.pages:
            return True
        asked = min(visit.asked, now)  # by a clock that was wrong it may be in the future
        modified = found.modified
        if modified is not None and (visit.answered is None or visit.answered < modified <= asked):
            modified = None  # we asked since, and in vain: that counts as a visit, not as knowing the page
        # a page that never came is tried again, also where pages that came are not
        steps = self.outlet.revisit or (STEPS if visit.answered is None else ())
        return is_wanted(visit.born, asked, modified, now + SLACK, steps, found.sure)

    def _say(self, fresh: Mapping[str, Found], visits: Mapping[str, Visit], now: datetime) -> None:
        """Have what the lists say of recent pages remembered, for the runs in which they are not asked."""
        said = {}
        for key, found in fresh.items():
            visit = visits.get(key)
            if found.modified is None or not found.sure or found.modified < now - RECENT:
                continue
            if visit is None or visit.modified != found.modified or visit.seen is None or now - visit.seen > _RENEWED:
                said[key] = stamp(found.modified)
        if said:
            self._announce(said)


def _believed(found: Mapping[str, Found], visits: Mapping[str, Visit]) -> dict[str, Found]:
    """The same without the dates of a list in which most known pages moved at once: a site that was built anew gives
    every page the day's date, and some give it on every day.
    """
    dated = [(one.modified, visits[key]) for key, one in found.items() if one.modified and key in visits]
    moved = sum(modified > visit.asked for modified, visit in dated)
    if len(dated) < MANY or 2 * moved <= len(dated):
        return dict(found)
    return {key: replace(one, modified=None, sure=False) for key, one in found.items()}


def _dated(found: Found, visit: Visit | None) -> Found:
    """With the date that a list gave it once, after it has gone from there."""
    return replace(found, published=visit.listed) if visit and visit.listed and not found.published else found


def _heard(visit: Visit, now: datetime) -> datetime | None:
    return visit.modified if visit.seen is not None and now - visit.seen < HEARD else None


def _conditions(known: Known | None) -> dict[str, str]:
    if known is None:
        return {}
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in headers.items() if value}
