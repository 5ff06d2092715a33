"""Rows of sources and runs: who is archived, and how it goes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlite_utils import Database

from archive.models import Counts, Hints, Source, writable
from archive.store_rows import Rows


class Runs(Rows):
    """The home itself, its sources and the runs of its crawl."""

    db: Database

    def fictional(self) -> bool | None:
        """Whether this is a demo archive; None while nothing was decided."""
        value = self._one("select value from home where key = 'fictional'")
        return None if value is None else value == "yes"

    def set_fictional(self, fictional: bool) -> None:
        """Decide for good what this archive is."""
        self.conn.execute("insert or ignore into home values ('fictional', ?)", ("yes" if fictional else "no",))

    def sync_sources(self, sources: Iterable[Source]) -> None:
        """Bring the sources' rows in line with the catalogue; state and history stay, no source is removed."""
        for source in sources:
            row = asdict(source)
            paused = row.pop("paused")
            row["articles"], row["hints"] = json.dumps(source.articles), json.dumps(row["hints"])
            row["publisher"] = row["publisher"] or row["name"]
            self.db.table("sources").upsert(row, pk="id")
            self.conn.execute(
                "update sources set state = ?, state_reason = null where id = ? and (state = 'paused') != ?",
                ("paused" if paused else "ok", source.id, paused),
            )

    def source(self, name: str) -> Source:
        """A source as it was when the catalogue last had it."""
        names = [field.name for field in fields(Source) if field.name != "paused"]
        [row] = self.rows(f"select {', '.join(names)} from sources where id = ?", name)  # noqa: S608
        hints = {name: tuple(selectors) for name, selectors in json.loads(row["hints"]).items()}
        return Source(**{**row, "articles": tuple(json.loads(row["articles"])), "hints": Hints(**hints)})

    def set_source_state(
        self, source: str, state: str, reason: str | None, success: str | None, failures: int, next_try: str | None
    ) -> None:
        """Write how a source is; ``success`` (a stamp) only where something of it answered."""
        self.conn.execute(
            "update sources set state = ?, state_reason = ?, last_success = coalesce(?, last_success), failures = ?,"
            " next_try = ? where id = ?",
            (state, reason, success, failures, next_try, source),
        )

    def begin_lists(self, sources: Iterable[str], bits: int) -> None:
        """Say that the lists of these sources are to be heard to their end (``sources.unfinished``)."""
        self.conn.executemany(
            "update sources set unfinished = unfinished | ? where id = ?", [(bits, source) for source in sources]
        )

    def end_lists(self, sources: Iterable[str], bits: int) -> None:
        """Say that they were."""
        self.conn.executemany(
            "update sources set unfinished = unfinished & ~? where id = ?", [(bits, source) for source in sources]
        )

    def source_rows(self) -> dict[str, dict[str, Any]]:
        """Every source's row by its slug."""
        return {row["id"]: row for row in self.rows("select * from sources")}

    def findings(self) -> set[tuple[str, str]]:
        """What was unusual at the end of the last run: (source, kind)."""
        return {(row["source"], row["kind"]) for row in self.rows("select source, kind from findings")}

    def set_findings(self, findings: Iterable[tuple[str, str, str]], sources: Sequence[str], now: str) -> None:
        """What is unusual of these sources from now on: (source, kind, line); one that stays keeps its since."""
        found = {(source, kind): line for source, kind, line in findings}
        over = [pair for pair in self.findings() if pair[0] in sources and pair not in found]
        self.conn.executemany("delete from findings where source = ? and kind = ?", over)
        self.conn.executemany(
            "insert into findings values (?, ?, ?, ?) on conflict do update set line = excluded.line",
            [(source, kind, line, now) for (source, kind), line in found.items()],
        )

    def begin_run(self, started: str, sources: Sequence[str], kind: str = "crawl") -> int:
        """A row for a run, before it does anything; runs that died are closed. ``kind``: crawl, save, import."""
        self.conn.execute(
            "update runs set status = 'died', finished = coalesce("
            "(select max(fetched_at) from captures where run = runs.id), started),"
            " message = 'ended without a word' where finished is null and status = 'running'"
        )
        return self._insert(
            "runs", {"started": started, "status": "running", "sources": ",".join(sources), "kind": kind}
        )

    def add_counts(self, run: int, counts: Counts) -> None:
        """Add to a run's counts, in the transaction of the captures counted."""
        self.conn.execute(
            "update runs set fetched = fetched + ?, new = new + ?, revised = revised + ?, unchanged = unchanged + ?,"
            " not_modified = not_modified + ?, failed = failed + ? where id = ?",
            (
                counts.fetched,
                counts.new,
                counts.revised,
                counts.unchanged,
                counts.not_modified,
                counts.failed,
                run,
            ),
        )

    def finish_run(self, run: int, finished: str, status: str, exit_code: int, message: str | None) -> None:
        """Close a run's row."""
        # a file's name in it need be no UTF-8
        said = message and writable(message)
        self.conn.execute(
            "update runs set finished = ?, status = ?, exit_code = ?, message = ? where id = ?",
            (finished, status, exit_code, said, run),
        )

    def name_sources(self, run: int) -> None:
        """Say of a run that its sources are those of what it brought."""
        self.conn.execute(
            "update runs set sources = coalesce((select group_concat(source, ',') from"
            " (select distinct source from captures where run = ?1 order by source)), '') where id = ?1",
            (run,),
        )

    def run_outcomes(self, run: int) -> list[dict[str, Any]]:
        """How many addresses of each source a run asked for, by kind and outcome, with one message of each."""
        return self.rows(
            "select source, kind, outcome, count(distinct url_key) as captures, max(message) as message from captures"
            " where run = ? group by source, kind, outcome",
            run,
        )

    def not_kept(self, run: int) -> list[dict[str, Any]]:
        """The pages of a run whose last answer was no article: url, outcome, message."""
        return self.rows(
            "select url, outcome, message from captures c where run = ? and kind in ('page', 'discovery')"
            " and outcome not in ('new', 'revised', 'unchanged', 'not_modified', 'redirect')"
            " and id = (select max(id) from captures d where d.run = c.run and d.url_key = c.url_key) order by id",
            run,
        )
