"""One run of the crawl, from its row in ``runs`` to its exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from archive.errors import CommuniqueError, ConfigurationError
from archive.home import Home
from archive.models import stamp
from archive.store import Store
from crawler.monitor import Monitor
from crawler.pipeline import Keeper
from crawler.sources import Outlet
from crawler.spiders.base import OutletSpider, Progress

# what Ctrl-C ends with everywhere (128 + SIGINT)
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. ``problems``: one line for each source that is not well, worst first."""

    run: int
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
) -> Result:
    """Crawl ``outlets`` into ``home``, whose lock the caller holds; ``known``: the whole catalogue.

    May run once in a process (Twisted's reactor does not start twice).

    Raises:
        ConfigurationError: a demo archive and real outlets, or the other way round.
        CommuniqueError: the disk or the database failed; what was kept before stays.
    """
    store = Store(home.database, write=True)
    try:
        kind = store.fictional()
        if kind is not None and kind != fictional:
            has, is_not = ("fictional", "real") if kind else ("real", "fictional")
            raise ConfigurationError(f"{home.path} holds a {has} archive: {is_not} outlets are never merged into it")
        with store.transaction():
            store.set_fictional(fictional)
            store.sync_sources(o.source for o in known.values())
            run = store.begin_run(stamp(datetime.now(UTC)), list(outlets))
    finally:
        store.close()
    process = AsyncCrawlerProcess(_settings(home, run, outlets, connect_to or {}, contact))
    crawler = process.create_crawler(OutletSpider)
    if monitor is not None:
        monitor.watch(crawler)
    process.crawl(crawler, outlets=outlets, known=known)
    process.start()
    keeper = crawler.get_extension(Keeper)
    assert keeper is not None and isinstance(crawler.spider, OutletSpider)  # noqa: S101
    keeper.end()
    faults = [key for key in crawler.stats.get_stats() if key.startswith("spider_exceptions/")]
    fault = crawler.spider.fault or ("an error of our own, see the log" if faults else None)
    return _finish(home, run, crawler.spider.progress, keeper.failure, keeper.reason != "finished", fault)


def _settings(
    home: Home, run: int, outlets: Mapping[str, Outlet], connect_to: Mapping[str, str], contact: str | None
) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    home.logs.mkdir(parents=True, exist_ok=True)
    slots = {
        # a delay of nothing is for servers of our own: they may be asked several things at a time
        host: {"delay": outlet.delay, "concurrency": 1 if outlet.delay else 8}
        for outlet in outlets.values()
        for host in outlet.hosts
    }
    agent = settings["USER_AGENT"]
    settings.update(
        {
            "COMMUNIQUE_HOME": str(home.path),
            "COMMUNIQUE_RUN": run,
            "CONNECT_TO": dict(connect_to),
            "DOWNLOAD_SLOTS": slots,
            "USER_AGENT": f"{agent[:-1]}; {contact})" if contact else agent,
            "LOG_FILE": str(home.logs / f"crawl-{datetime.now(UTC):%Y-%m}.log"),
        },
        priority="cmdline",
    )
    return settings


def _finish(
    home: Home,
    run: int,
    progress: Mapping[str, Progress],
    failure: Exception | None,
    interrupted: bool,
    fault: str | None,
) -> Result:
    """Judge each source, write the run's end, and say how it went."""
    now = stamp(datetime.now(UTC))
    try:
        store = Store(home.database, write=True)
    except Exception as error:
        raise CommuniqueError(f"the archive cannot be written to: {failure or error}") from error
    try:
        problems: list[str] = []
        with store.transaction():
            outcomes = store.run_outcomes(run)
            for source, state in progress.items():
                if interrupted or failure:
                    continue  # it was not heard to the end
                before = store.source_state(source)
                after, reason = _judge(state, [row for row in outcomes if row["source"] == source])
                store.set_source_state(source, after, reason, now if after == "ok" else None)
                if after == "failing" or (after == "blocked" and before != "blocked"):
                    problems.append(f"{source}: {after}: {reason}")
            if fault:
                problems.insert(0, f"the crawl did not see everything: {fault}")
            [row] = store.last_runs(1)
            message = "; ".join(problems)[:1000] or None
            status, code = "done", 1 if problems else 0
            if failure is not None:
                status, code, message = "failed", 1, f"{type(failure).__name__}: {failure}"[:1000]
                problems.insert(0, f"the archive could not be written to: {failure}")
            elif interrupted:
                status, code = "interrupted", INTERRUPTED
            store.finish_run(run, now, status, code, message)
    finally:
        store.close()
    names = ("new", "revised", "unchanged", "not_modified", "failed")
    counts = ", ".join(f"{row[name]} {name.replace('_', ' ')}" for name in names)
    return Result(run, code, f"run {run} {status}: {row['fetched']} fetched: {counts}", tuple(problems))


def _judge(progress: Progress, outcomes: list[dict[str, object]]) -> tuple[str, str | None]:
    """State and reason of a source after a run that was heard to its end."""
    tried = {row["outcome"] for row in outcomes if row["kind"] == "discovery"}
    if progress.answered:
        pages = {row["outcome"]: row for row in outcomes if row["kind"] == "page" and row["outcome"] != "redirect"}
        if not pages and progress.skipped:
            return "blocked", "robots.txt disallows every page"
        if pages and pages.keys() <= {"failed", "blocked"}:
            worst = pages.get("blocked") or pages["failed"]
            return ("blocked" if "blocked" in pages else "failing"), f"no page could be fetched: {worst['message']}"
        return "ok", "; ".join(progress.problems) or None
    reason = "; ".join(dict.fromkeys(progress.problems)) or "nothing was discovered"
    disallowed = not tried and "robots.txt disallows" in reason
    return ("blocked" if "blocked" in tried or disallowed else "failing"), reason
