"""Rows of rebuilds: what is still to be done, so that one that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archive.store_rows import Rows

# a full page capture with its raw page
_PAGE = "c.kind in ('page', 'imported') and c.status = 200 and c.warc_file is not null and c.confirms is null"


class Rebuilds(Rows):
    """The work of a rebuild: ``unread`` captures and ``unsettled`` articles."""

    def unfinished_rebuild(self) -> dict[str, Any] | None:
        """The rebuild that was not finished, with the numbers of what is left (``unread``, ``unsettled``)."""
        rows = self.rows(
            "select *, (select count(*) from unread) as unread, (select count(*) from unsettled) as unsettled"
            " from rebuilds where finished is null order by id desc limit 1"
        )
        return {**rows[0], "changed": json.loads(rows[0]["changed"])} if rows else None

    def begin_rebuild(self, row: Mapping[str, object]) -> int:
        """A row for a rebuild; one that is not finished is taken over, with what it left undone."""
        self.conn.execute("update rebuilds set finished = ? where finished is null", (row["started"],))
        return self._insert("rebuilds", row)

    def finish_rebuild(self, rebuild: int, at: str) -> None:
        """Nothing of it is left to do."""
        self.conn.execute("update rebuilds set finished = ? where id = ?", (at, rebuild))

    def plan_rebuild(self, sources: Sequence[str], since: str | None) -> None:
        """Note what is to be done: the pages of these sources, with ``since`` those of articles captured since then.

        All captures of an article are read again or none: what two extractors read is not compared.
        """
        values = {"sources": json.dumps(sources), "since": since}
        owner = "(select min(o.article) from capture_articles o where o.capture = c.id)"
        touched = f"select t.article from captures c join capture_articles t on t.capture = c.id where {_PAGE}"  # noqa: S608
        self.conn.execute(
            f"insert or ignore into unread select {owner}, c.id from articles a"  # noqa: S608
            " join capture_articles ca on ca.article = a.id join captures c on c.id = ca.capture"
            f" where a.source in (select value from json_each(:sources)) and {_PAGE}"
            f" and (:since is null or a.id in ({touched} and c.fetched_at >= :since))",
            values,
        )
        self.conn.execute(
            "insert or ignore into unread select 0, c.id from captures c"  # noqa: S608
            f" where c.source in (select value from json_each(:sources)) and {_PAGE}"
            " and (:since is null or c.fetched_at >= :since)"
            " and not exists (select 1 from capture_articles where capture = c.id)",
            values,
        )
        if since is None:
            self.conn.execute(
                "insert or ignore into unsettled select id, 'marks' from articles"
                " where source in (select value from json_each(:sources))",
                values,
            )

    def unread_after(self, article: int, capture: int, limit: int) -> list[dict[str, Any]]:
        """The next captures to be read again, by article; those of none come last. ``owner``: the article."""
        sql = (
            "select c.*, u.article as owner from unread u join captures c on c.id = u.capture"
            " where (u.article, u.capture) > (?, ?) and u.article {} 0 order by u.article, u.capture limit ?"
        )
        if article or not capture:
            rows = self.rows(sql.format(">"), article, capture, limit)
            if rows:
                return rows
            capture = 0
        return self.rows(sql.format("="), 0, capture, limit)

    def read_again(self, rebuild: int, done: Iterable[tuple[int, int]], pages: int) -> None:
        """Strike (owner, capture) pairs off the list; ``pages``: how many of them could be read."""
        self.conn.executemany("delete from unread where article = ? and capture = ?", list(done))
        self.conn.execute("update rebuilds set pages = pages + ? where id = ?", (pages, rebuild))

    def unsettled(self, after: int, limit: int) -> list[tuple[int, str, str]]:
        """The next articles to be brought in line: id, cause, source."""
        return [
            (row[0], row[1], row[2])
            for row in self.conn.execute(
                "select u.article, u.cause, a.source from unsettled u join articles a on a.id = u.article"
                " where u.article > ? order by u.article limit ?",
                (after, limit),
            )
        ]

    def unsettle(self, causes: Mapping[int, str]) -> None:
        """Note articles to be brought in line; a page that was read to something else is the stronger cause."""
        self.conn.executemany(
            "insert into unsettled values (?, ?) on conflict do update set cause = excluded.cause"
            " where cause = 'marks' or excluded.cause = 'extractor'",
            sorted(causes.items()),
        )

    def settled(self, rebuild: int, articles: Sequence[int], changed: Mapping[str, int]) -> None:
        """Strike articles off the list, and say how many texts changed so far."""
        self.conn.executemany("delete from unsettled where article = ?", [(article,) for article in articles])
        self.conn.execute(
            "update rebuilds set articles = articles + ?, changed = ? where id = ?",
            (len(articles), json.dumps(changed), rebuild),
        )

    def text_digests(self, articles: Sequence[int]) -> dict[int, str]:
        """The SHA-256 of these articles' texts, by article."""
        return dict(
            self.conn.execute(
                "select id, text_sha256 from articles where id in (select value from json_each(?))",
                (json.dumps(articles),),
            )
        )

    def forget_texts(self, articles: Sequence[int]) -> None:
        """Have the texts of those of these articles written anew whose words cannot be searched for."""
        self.conn.execute(
            "update articles set text_sha256 = '' where id in (select value from json_each(?))"
            " and id not in (select article from search_text)",
            (json.dumps(articles),),
        )

    # what a capture says, once it was read again

    def linked(self, capture: int) -> dict[int, tuple[int | None, str | None]]:
        """The articles a capture says something of, with the reading and the extractor that made it."""
        return {
            row[0]: (row[1], row[2])
            for row in self.conn.execute(
                "select ca.article, ca.reading, r.extractor from capture_articles ca"
                " left join readings r on r.id = ca.reading where ca.capture = ?",
                (capture,),
            )
        }

    def keep_links(self, capture: int, contents: Iterable[str]) -> list[int]:
        """Take a capture from the articles that it was not read to; returns these.

        ``contents``: the digests of what it was read to.
        """
        stale = [
            row[0]
            for row in self.conn.execute(
                "select ca.article from capture_articles ca left join readings r on r.id = ca.reading"
                " where ca.capture = ? and ca.reading is not null"
                " and coalesce(r.content_sha256, '') not in (select value from json_each(?))",
                (capture, json.dumps(list(contents))),
            )
        ]
        self.conn.executemany(
            "delete from capture_articles where article = ? and capture in (select c.id from capture_articles ca"
            " join captures c on c.id = ca.capture where ca.article = ? and (c.id = ? or c.confirms = ?))",
            [(article, article, capture, capture) for article in stale],
        )
        return stale

    def carry_marks(self, old: int, new: int) -> None:
        """Mark a reading's blocks as those of an older one are, until it is marked itself."""
        self.conn.execute(
            "update blocks set mark = (select o.mark from blocks o where o.reading = ? and o.hash = blocks.hash"
            " and o.mark is not null limit 1) where reading = ? and mark is null",
            (old, new),
        )

    def set_read(self, capture: int, outcome: str, message: str | None) -> None:
        """Say what came of a page from which no article came before."""
        self.conn.execute(
            "update captures set outcome = ?, message = ? where id = ?"
            " and outcome not in ('new', 'revised', 'unchanged')",
            (outcome, message, capture),
        )

    def relink_confirmed(self, article: int) -> None:
        """Let every capture that confirms another one say what that says now."""
        self.conn.execute(
            "insert into capture_articles select c.id, b.article, b.reading, b.position from capture_articles ca"
            " join captures c on c.id = ca.capture join capture_articles b on b.capture = c.confirms"
            " where ca.article = ? and c.confirms is not null and b.reading is not null"
            " on conflict do update set reading = excluded.reading, position = excluded.position",
            (article,),
        )

    def is_without_captures(self, article: int) -> bool:
        """Whether no capture says anything of an article any more."""
        return not self._one("select 1 from capture_articles where article = ? and reading is not null", article)

    def remove_article(self, article: int, into: int) -> None:
        """Remove an article on which nothing stands any more; its addresses lead to another one from now on."""
        self.conn.execute("insert into removed select id, url, part, ? from articles where id = ?", (into, article))
        for table, column in (("addresses", "article"), ("removed", "other")):
            self.conn.execute(f"update {table} set {column} = ? where {column} = ?", (into, article))  # noqa: S608
        self.conn.execute(
            "delete from blocks where reading in (select id from readings where article = ?)", (article,)
        )
        self.conn.execute("update revisions set folded_into = null where article = ?", (article,))
        # what it had is not shown: nor is the article that has it now
        self.conn.execute(
            "insert into restricted select ?, at, reason from restricted where article = ? on conflict do nothing",
            (into, article),
        )
        for table in (
            "figures", "figures_unread", "capture_articles", "readings", "revisions", "derivations", "search_text",
            "unsettled", "links", "media", "quotes", "entries", "restricted",
        ):  # fmt: skip
            self.conn.execute(f"delete from {table} where article = ?", (article,))  # noqa: S608
        self.conn.execute("delete from articles where id = ?", (article,))

    # evidence

    def stray_sightings(
        self, source: str, after: tuple[int, int, int], limit: int
    ) -> tuple[list[tuple[int, int, int]], tuple[int, int, int] | None]:
        """Of the next rows of a source's evidence (hash, at, article) those on which no reading stands, and the last.

        None: there are no further rows.
        """
        rows = self.conn.execute(
            "select s.hash, s.at, s.article, s.at is (select cast(strftime('%s', min(r.first_at)) as integer)"
            " from articles a join readings r on r.article = a.id join blocks b on b.reading = r.id"
            " and b.hash = s.hash where a.id = s.article and a.source = s.source)"
            " from sightings s where s.source = ? and (s.hash, s.at, s.article) > (?, ?, ?)"
            " order by s.hash, s.at, s.article limit ?",
            (source, *after, limit),
        ).fetchall()
        last = rows[-1][:3] if len(rows) == limit else None
        return [row[:3] for row in rows if not row[3]], last

    def drop_sightings(self, source: str, rows: Iterable[tuple[int, int, int]]) -> None:
        """Remove rows of a source's evidence (hash, at, article)."""
        self.conn.executemany(
            "delete from sightings where source = ? and hash = ? and at = ? and article = ?",
            [(source, *row) for row in rows],
        )
