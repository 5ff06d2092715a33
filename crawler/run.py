"""One run of the crawl, from its row in ``runs`` to its exit code."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from archive.custody import seal
from archive.errors import CommuniqueError, ConfigurationError
from archive.health import findings
from archive.home import Home
from archive.models import moment, stamp
from archive.schedule import RESTS, rest
from archive.store import Store
from archive.urls import url_key
from crawler.frontier import Plan
from crawler.monitor import Monitor
from crawler.pipeline import Keeper
from crawler.settings import user_agent
from crawler.sources import Outlet, slots
from crawler.spiders.base import OutletSpider, Progress

# what a source's lists were not heard to the end for: a run that looks for what is new, one that goes back in time
RUN, HISTORY = 1, 2
# what Ctrl-C ends with everywhere (128 + SIGINT)
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. ``run``: None where it could not begin. ``problems``: a line for each that became worse."""

    run: int | None
    exit_code: int
    summary: str
    problems: tuple[str, ...]


def crawl(
    home: Home,
    outlets: Mapping[str, Outlet],
    known: Mapping[str, Outlet],
    *,
    fictional: bool = False,
    connect_to: Mapping[str, str] | None = None,
    contact: str | None = None,
    monitor: Monitor | None = None,
    plan: Plan | None = None,
    quota: int | None = None,
) -> Result:
    """Crawl ``outlets`` into ``home``, whose lock the caller holds; ``known``: the whole catalogue.

    ``quota``: bytes that the home may use; the run ends before there are more.

    May run once in a process (Twisted's reactor does not start twice).

    Raises:
        ConfigurationError: a demo archive and real outlets, or the other way round.
        CommuniqueError: the disk or the database failed; what was kept before stays.
    """
    plan = plan or Plan()
    try:
        home.warc.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommuniqueError(f"cannot write to {home.warc}: {error.strerror}") from error
    store = Store(home.database, write=True)
    try:
        kind = store.fictional()
        if kind is not None and kind != fictional:
            has, is_not = ("fictional", "real") if kind else ("real", "fictional")
            raise ConfigurationError(f"{home.path} holds a {has} archive: {is_not} outlets are never merged into it")
        _check_stops(store, plan)
        with store.transaction():
            store.set_fictional(fictional)
            store.sync_sources(o.source for o in known.values())
            rows = store.source_rows()
            outlets = outlets if plan.named else _rested(outlets, rows)
            mine = HISTORY | RUN if plan.since else RUN
            plan = replace(plan, whole=frozenset(name for name in outlets if rows[name]["unfinished"] & mine))
            if not plan.pages:
                store.begin_lists(outlets, mine)
            run = store.begin_run(stamp(datetime.now(UTC)), list(outlets), "save" if plan.pages else "crawl")
    finally:
        store.close()
    process = AsyncCrawlerProcess(_settings(home, run, outlets, connect_to or {}, contact, plan, quota))
    crawler = process.create_crawler(OutletSpider)
    if monitor is not None:
        monitor.watch(crawler)
    process.crawl(crawler, outlets=outlets, known=known, plan=plan)
    # what was imported stays to the end: no look for cycles need go through it again
    gc.freeze()
    process.start()
    keeper = Keeper.of(crawler)
    assert isinstance(crawler.spider, OutletSpider)  # noqa: S101
    keeper.end()
    faults = [key for key in crawler.stats.get_stats() if key.startswith("spider_exceptions/")]
    fault = crawler.spider.fault or ("an error of our own, see the log" if faults else None)
    return _finish(home, run, crawler.spider, keeper, fault)


def _check_stops(store: Store, plan: Plan) -> None:
    """Refuse to ask for pages by name that were forgotten."""
    named = {url_key(url): url for urls in plan.pages.values() for url in urls}
    for key, tombstone in store.are_forgotten(named).items():
        said = f"was forgotten on {tombstone['at'][:10]} ({tombstone['reason']}), and is not kept again"
        raise ConfigurationError(f"{named[key]} {said}")


def _rested(outlets: Mapping[str, Outlet], rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Outlet]:
    """The outlets without those that blocked or failed and are left alone for now; ``rows``: the sources'."""
    now = datetime.now(UTC)
    # a rest that is longer than any was written by a clock that was wrong
    resting = {
        name for name, row in rows.items() if row["next_try"] and now < moment(row["next_try"]) <= now + RESTS[-1]
    }
    return {name: outlet for name, outlet in outlets.items() if name not in resting}


def _settings(
    home: Home,
    run: int,
    outlets: Mapping[str, Outlet],
    connect_to: Mapping[str, str],
    contact: str | None,
    plan: Plan,
    quota: int | None,
) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    home.logs.mkdir(parents=True, exist_ok=True)
    settings.update(
        {
            "COMMUNIQUE_HOME": str(home.path),
            "COMMUNIQUE_RUN": run,
            "COMMUNIQUE_QUOTA": quota or 0,
            "COMMUNIQUE_NAMED": plan.named,
            "CONNECT_TO": dict(connect_to),
            "DOWNLOAD_SLOTS": slots(outlets.values()),
            "USER_AGENT": user_agent(contact),
            "LOG_FILE": str(home.logs / f"crawl-{datetime.now(UTC):%Y-%m}.log"),
        },
        priority="cmdline",
    )
    return settings


def _finish(home: Home, run: int, spider: OutletSpider, keeper: Keeper, fault: str | None) -> Result:
    """Judge each source, write the run's end, and say how it went."""
    now, failure = datetime.now(UTC), keeper.failure
    interrupted = keeper.reason != "finished" and keeper.full is None
    try:
        store = Store(home.database, write=True)
    except Exception as error:
        raise CommuniqueError(f"the archive cannot be written to: {failure or error}") from error
    try:
        problems = _sealed(home, now)
        with store.transaction():
            if spider.plan.pages:
                problems += _not_saved(store, run, spider.progress)
            elif not (interrupted or failure or keeper.full):  # it was heard to the end
                problems += _judge_all(store, run, spider, now)
            if fault:
                problems.insert(0, f"the crawl did not see everything: {fault}")
            if keeper.full:
                problems.insert(0, f"stopped before the disk is full: {keeper.full}")
            [row] = store.last_runs(1)
            message = "; ".join(problems)[:1000] or None
            status, code = "done", 1 if problems else 0
            if failure is not None:
                status, code, message = "failed", 1, f"{type(failure).__name__}: {failure}"[:1000]
                problems.insert(0, f"the archive could not be written to: {failure}")
            elif interrupted:
                status, code = "interrupted", INTERRUPTED
            store.finish_run(run, stamp(now), status, code, message)
    finally:
        store.close()
    names = ("new", "revised", "unchanged", "not_modified", "failed")
    counts = ", ".join(f"{row[name]} {name.replace('_', ' ')}" for name in names)
    return Result(run, code, f"run {run} {status}: {row['fetched']} fetched: {counts}", tuple(problems))


def _sealed(home: Home, now: datetime) -> list[str]:
    """Put what was kept into the custody chain; returns what of it went wrong."""
    try:
        return list(seal(home, now).problems)
    except (CommuniqueError, OSError, sqlite3.Error) as error:  # the next run makes up for it
        return [f"not put into the custody chain: {error}"]


def _not_saved(store: Store, run: int, progress: Mapping[str, Progress]) -> list[str]:
    """A line for each page that was asked for by name and is no article now."""
    lines = [f"{row['url']}: {row['outcome']}: {row['message'] or 'no article'}" for row in store.not_kept(run)]
    return lines + [problem for state in progress.values() for problem in state.problems]


# pages of a source that answers otherwise which must all fail before it counts as failing: one fails now and then
FEW = 3
# how bad a state is: a source that becomes worse is a problem of the run, one that stays as it was is not
_WORSE = {"paused": 0, "ok": 0, "stale": 1, "failing": 2, "blocked": 2}


def _judge_all(store: Store, run: int, spider: OutletSpider, now: datetime) -> list[str]:
    """Write the state of every source of a run; returns a line for each that is worse than before."""
    progress = spider.progress
    problems: list[str] = []
    outcomes = store.run_outcomes(run)
    before = store.source_rows()
    unusual = findings(store.conn, now, list(progress))
    known = store.findings()
    problems += [f"{f.source}: {f.line}" for f in unusual if (f.source, f.kind) not in known and f.kind != "silent"]
    store.set_findings([(f.source, f.kind, f.line) for f in unusual], list(progress), stamp(now))
    silent = {f.source: f.line for f in unusual if f.kind == "silent"}
    heard = [s for s, p in progress.items() if p.answered and not (p.left or p.unheard or p.waiting)]
    store.end_lists(heard, HISTORY | RUN if spider.plan.since else RUN)
    for source, state in progress.items():
        row = before[source]
        some = 0 < state.lists < len(spider.outlets[source].discovery)  # the others were not due, and may be well
        if not state.answered and (state.waiting or some or not (state.lists or state.done)):
            if source in silent and row["state"] == "ok":  # for so long that it is news
                store.set_source_state(source, "stale", silent[source], None, row["failures"], row["next_try"])
                problems.append(f"{source}: stale: {silent[source]}")
            continue  # it was not asked, or not now
        after, reason = _judge(state, [o for o in outcomes if o["source"] == source], bool(row["last_success"]))
        success = stamp(now) if after == "ok" else None
        if after == "ok" and source in silent:
            after, reason = "stale", silent[source]
        failed = after in ("failing", "blocked")
        failures = row["failures"] + 1 if failed else 0
        next_try = stamp(now + rest(failures)) if failed else None
        store.set_source_state(source, after, reason, success, failures, next_try)
        if after != row["state"] and _WORSE[after] >= max(1, _WORSE[row["state"]]):
            problems.append(f"{source}: {after}: {reason}")
    return problems


def _judge(progress: Progress, outcomes: list[dict[str, Any]], known: bool) -> tuple[str, str | None]:
    """State and reason of a source after a run that was heard to its end; ``known``: it answered before."""
    lists = {row["outcome"] for row in outcomes if row["kind"] == "discovery"}
    if progress.answered or not progress.lists:
        pages = {row["outcome"]: row for row in outcomes if row["kind"] == "page" and row["outcome"] != "redirect"}
        if not pages and progress.skipped:
            return "blocked", "robots.txt disallows every page"
        tried = sum(row["captures"] for row in pages.values())
        if tried >= (FEW if known else 1) and pages.keys() <= {"failed", "blocked"}:
            worst = pages.get("blocked") or pages["failed"]
            return ("blocked" if "blocked" in pages else "failing"), f"no page could be fetched: {worst['message']}"
        notes = [*progress.problems]
        if progress.fallback:
            notes.insert(0, f"through its fallback {progress.fallback}")
        if progress.left:
            notes.append(f"{progress.left} pages are left for the next run")
        return "ok", "; ".join(notes) or None
    reason = "; ".join(dict.fromkeys(progress.problems)) or "nothing was discovered"
    disallowed = not lists and "robots.txt disallows" in reason
    return ("blocked" if "blocked" in lists or disallowed else "failing"), reason
