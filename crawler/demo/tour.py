"""The demo: two real crawls of the fictional outlets, then a comparison with what the site intends."""

from __future__ import annotations

import multiprocessing
import sys
from collections import Counter
from typing import Any

from archive.errors import CommuniqueError
from archive.home import Home
from archive.store import Store
from crawler.demo.pages import FIRST
from crawler.demo.site import DemoSite
from crawler.demo.stories import CHANGES, Story, stories
from crawler.demo.traps import TRAPS

# the outlet that answers 403 to everything
REFUSING = "karsia-mfa"


def tour(home: Home) -> list[str]:
    """Crawl the demo site on both of its days into ``home``; returns one line for each thing that did not go as the
    site intends, none where all did. May be run again on the same home.

    Raises:
        CommuniqueError: the home holds a real archive, or another command is writing to it.
    """
    with DemoSite() as site:
        for day in (0, 1):
            site.day = day
            print(f"crawling {site.address}, day {day + 1} of 2", file=sys.stderr)  # noqa: T201
            crawl_apart(home, site.address)
    return _compare(home)


def crawl_apart(home: Home, address: str) -> int:
    """Crawl the demo's outlets at ``address`` in a process of its own (a reactor runs once); returns its exit code.

    Raises:
        CommuniqueError: it could not crawl.
    """
    context = multiprocessing.get_context("spawn")
    answers: Any = context.SimpleQueue()
    process = context.Process(target=_crawl, args=(home, address, sys.stdout.isatty(), answers))
    process.start()
    process.join()
    if answers.empty():
        raise CommuniqueError(f"the crawl ended with code {process.exitcode}")
    answer = answers.get()
    if isinstance(answer, CommuniqueError):
        raise answer
    return int(answer)


def _crawl(home: Home, address: str, watched: bool, answers: Any) -> None:
    from crawler.frontier import Plan
    from crawler.monitor import Monitor
    from crawler.run import crawl
    from crawler.sources import demo

    outlets = demo()
    try:
        with home.writing():
            result = crawl(
                home,
                outlets,
                outlets,
                fictional=True,
                connect_to={"*.example": address},
                monitor=Monitor() if watched else None,
                plan=Plan(again=True),  # the site's next day comes at once
            )
        print(result.summary, file=sys.stderr)  # noqa: T201
        answers.put(result.exit_code)
    except CommuniqueError as error:
        answers.put(error)


def _compare(home: Home) -> list[str]:
    """What the archive lacks, or has and should not."""
    store = Store(home.database)
    try:
        rows = {(row["url"], row["part"]): row for row in store.articles()}
        sources = store.source_health()
        last = store.last_runs(3)
        runs = [_outcomes(store, row["id"]) for row in reversed(last[:2])]
    finally:
        store.close()
    problems = [
        f"{row['source']} is {row['state']}: {row['state_reason']}"
        for row in sources
        if row["state"] != ("blocked" if row["source"] == REFUSING else "ok")
    ]
    wanted: dict[tuple[str, int], Story] = {}
    for day in (0, 1):
        parts: Counter[str] = Counter()  # a page of two stories stands twice in the list
        for story in stories(day):
            parts[story.url] += 1
            wanted[story.url, parts[story.url]] = story
    problems += [f"{url} is missing (part {part})" for url, part in wanted.keys() - rows.keys()]
    problems += [f"{url} should not be there (part {part})" for url, part in rows.keys() - wanted.keys()]
    for url, part in wanted.keys() & rows.keys():
        story, row = wanted[url, part], rows[url, part]
        text = " ".join(row["text"].split())
        problems += [f"{url} lacks {phrase!r}" for phrase in story.has if " ".join(phrase.split()) not in text]
        problems += [f"{url} holds {phrase!r}" for phrase in story.hasnot if " ".join(phrase.split()) in text]
        if story.published not in (None, row["published"]):
            problems.append(f"{url} was published {story.published}, not {row['published']}")
        revisions = 2 if url in {*CHANGES.silent, *CHANGES.corrected} else 1
        # each further tour brings the first day's text back, and edits it again
        fits = row["revisions"] % 2 == 0 if len(last) > 2 and revisions == 2 else row["revisions"] == revisions
        if not fits:
            problems.append(f"{url} has {row['revisions']} revisions, not {revisions}")
        if (row["gone_at"] is not None) != (url in CHANGES.withdrawn):
            problems.append(f"{url} is {'gone' if row['gone_at'] else 'still there'}")
    return sorted(problems + _missed(runs))


def _outcomes(store: Store, run: int) -> Counter[tuple[str, str]]:
    """How many pages of each source came out how in a run."""
    rows = [row for row in store.run_outcomes(run) if row["kind"] == "page"]
    return Counter({(row["source"], row["outcome"]): row["captures"] for row in rows})


def _missed(runs: list[Counter[tuple[str, str]]]) -> list[str]:
    """The traps that did not come out as they should: each of them on both days, what fails once on the first."""
    problems = []
    wanted = Counter((trap.source, trap.outcome) for trap in TRAPS)
    for day, run in enumerate(runs):
        asked = wanted + Counter({(source, "failed"): 1 for source in FIRST} if day == 0 else {})
        both = asked.keys() | {(source, "failed") for source in FIRST}
        problems += [
            f"day {day + 1}: {source} has {run[source, outcome]} pages {outcome}, not {asked[source, outcome]}"
            for source, outcome in both
            if run[source, outcome] != asked[source, outcome]
        ]
    return problems
