"""Rows of articles that come from another archive as records, without their raw pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archive.models import Kept
from archive.store_rows import Rows


class RecordRows(Rows):
    """What is there already of what comes, and rows for what is not."""

    def is_unwritten(self) -> bool:
        """Whether this archive holds nothing but what was imported: then numbers are kept where they are free."""
        return not self._one("select 1 from runs where kind <> 'import'")

    def free_numbers(self, table: str, numbers: Sequence[int]) -> set[int]:
        """Those of some numbers that no row of a table has, nor ever had."""
        gone = (
            " and not exists (select 1 from removed where article = value)"
            " and not exists (select 1 from forgotten_articles where article = value)"
        )
        found = self.conn.execute(
            "select value from json_each(?) where value > 0"  # noqa: S608
            f" and not exists (select 1 from {table} where id = value){gone if table == 'articles' else ''}",
            (json.dumps(list(numbers)),),
        )
        return {row[0] for row in found}

    def captures_at(self, url_key: str, at: str) -> list[dict[str, Any]]:
        """The captures of an address at one moment, by number: id, payload_sha256, status."""
        return self.rows(
            "select id, payload_sha256, status from captures where url_key = ? and fetched_at = ? order by id",
            url_key,
            at,
        )

    def add_bare_capture(self, row: Mapping[str, object]) -> int:
        """A row for a capture whose page was left behind."""
        return self._insert("captures", row)

    def confirm_as(self, capture: int, confirms: int) -> None:
        """Say which capture's page a capture did not carry again."""
        self.conn.execute("update captures set confirms = ? where id = ?", (confirms, capture))

    def bare_capture(
        self, url_key: str, at: str, status: int | None, payload_sha256: str | None
    ) -> dict[str, Any] | None:
        """The row of a capture that came without its page, of which this is the page; None where there is none."""
        rows = self.rows(
            "select * from captures where url_key = ?1 and fetched_at = ?2 and kind = 'imported'"
            " and warc_file is null and forgotten is null and status is ?3"
            " and coalesce(payload_sha256, ?4) is ?4 order by id limit 1",
            url_key,
            at,
            status,
            payload_sha256,
        )
        return rows[0] if rows else None

    def give_record(self, capture: int, kept: Kept, payload_sha256: str | None) -> None:
        """Say where the page lies of a capture that came without it, and what fetched it."""
        position = kept.position
        self.conn.execute(
            "update captures set warc_file = ?, warc_offset = ?, kind = ?,"
            # what an entry of the chain covers stays, and is of the run that the entry names
            " payload_sha256 = iif(custody is null, ?, payload_sha256),"
            " run = iif(custody is null, coalesce(?, run), run) where id = ?",
            (
                position and position.file,
                position and position.offset,
                kept.exchange.kind,
                payload_sha256,
                kept.run,
                capture,
            ),
        )

    def placed(self, captures: Iterable[int]) -> list[tuple[int, int, int | None, int]]:
        """What captures say of articles: (capture, article, reading, position on the page)."""
        found = self.conn.execute(
            "select capture, article, reading, position from capture_articles"
            " where capture in (select value from json_each(?)) order by 1, 2",
            (json.dumps(list(captures)),),
        )
        return [(row[0], row[1], row[2], row[3]) for row in found]

    def with_records(self, captures: Iterable[int]) -> set[int]:
        """Those of some captures whose records lie here."""
        found = self.conn.execute(
            "select id from captures where id in (select value from json_each(?)) and warc_file is not null",
            (json.dumps(list(captures)),),
        )
        return {row[0] for row in found}

    def link_none(self, capture: int, article: int) -> None:
        """Say that an article was not there any more."""
        self.conn.execute(
            "insert or ignore into capture_articles (capture, article) values (?, ?)", (capture, article)
        )

    def has_part(self, url: str, part: int) -> bool:
        """Whether the number of a story of a page was given."""
        asked = "from {} where url = ?1 and part = ?2"
        sql = f"select 1 {asked.format('articles')} union select 1 {asked.format('removed')}"
        return self._one(sql, url, part) is not None

    def lead_to(self, article: int, url_keys: Iterable[str]) -> None:
        """Have addresses lead to the first story of a page: those that lead nowhere yet, and those of its others."""
        self.conn.executemany(
            "insert or ignore into addresses values (?, ?)", [(url_key, article) for url_key in url_keys]
        )
        self.conn.execute(
            "update addresses set article = ?1 where article in"
            " (select p.id from articles a join articles p on p.url = a.url where a.id = ?1 and p.id <> ?1)",
            (article,),
        )

    def add_source(self, row: Mapping[str, object]) -> None:
        """A row for an outlet that this archive does not know; one that it knows stays as it is."""
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self.conn.execute(
            f"insert into sources ({names}) values ({marks}) on conflict do nothing",  # noqa: S608
            tuple(row.values()),
        )

    def all_verdicts(self) -> list[dict[str, Any]]:
        """What somebody decided on blocks, of every source."""
        return self.rows("select source, hash, verdict, text, at from verdicts order by source, hash")

    def add_verdict(self, row: Mapping[str, object]) -> bool:
        """Write what was decided on a block elsewhere; False where something was here."""
        return bool(
            self.conn.execute(
                "insert into verdicts (source, hash, verdict, text, at) values (:source, :hash, :verdict, :text, :at)"
                " on conflict do nothing",
                row,
            ).rowcount
        )

    def runs_with_captures(self) -> list[dict[str, Any]]:
        """The runs that captures name, in their order; one that did not end died, when it kept something last."""
        return self.rows(
            "select id, started, coalesce(finished, (select max(fetched_at) from captures where run = runs.id)) as"
            " finished, iif(finished is null, 'died', status) as status, sources, fetched, new, revised, unchanged,"
            " not_modified, failed, exit_code, message, kind from runs"
            " where id in (select run from captures) order by id"
        )

    def copy_run(self, row: Mapping[str, object]) -> int:
        """A row for a run of another archive, but for its counts; where it was copied before, that one."""
        known = self._one(
            "select id from runs where started = ? and kind = ? and sources is ?",
            *(row[name] for name in ("started", "kind", "sources")),
        )
        if known is not None:
            return int(known)
        names = ("started", "finished", "status", "sources", "exit_code", "message", "kind")
        return self._insert("runs", {name: row[name] for name in names})

    def set_counts(self, names: Sequence[str], counts: Mapping[int, Sequence[int]]) -> None:
        """Write what runs brought."""
        columns = ", ".join(f"{name} = ?" for name in names)
        self.conn.executemany(
            f"update runs set {columns} where id = ?",  # noqa: S608
            [(*counted, run) for run, counted in counts.items()],
        )

    def failures(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Captures to which nothing answered, by id."""
        return self.rows(
            "select * from captures where id > ? and status is null and warc_file is null and kind <> 'imported'"
            " and forgotten is null order by id limit ?",
            after,
            limit,
        )

    def number_revision(self, row: Mapping[str, object]) -> None:
        """Keep a revision's number for its text, which is written when the article is settled."""
        self._insert("revisions", {"seen_from": "", "seen_to": "", "title": "", "text": "", "text_sha256": "", **row})
