"""Rows of what is forgotten: found, removed with all that stands on them, and remembered as addresses by hash alone.

Nothing here decides: what goes is given. :mod:`archive.forget` says in which order.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from archive.chain import leaf
from archive.stops import instead, key_sha256
from archive.store_rows import Rows

# of ``home``: what a forgetting that was stopped has still to do, JSON
_LEFT = "forgetting"
# marks of blocks that are the source's and not an article's own
# which no other article has
_NOBODY_ELSES = (
    " and not exists (select 1 from articles o where o.{column} = {of}.{column}"
    " and o.id not in (select value from json_each(?1)))"
)
_COMMON = "('repeated', 'links')"


class Forgetting(Rows):
    """The stop-list, and what there is of an address."""

    # the stop-list

    def stop_list(self) -> frozenset[str]:
        """The hashes of the addresses (:func:`archive.stops.key_sha256`) that are never kept again."""
        return frozenset(row[0] for row in self.conn.execute("select url_key_sha256 from forgotten"))

    def are_forgotten(self, url_keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Of some addresses those that are never kept again: ``at``, ``reason`` and ``seq`` of the chain."""
        hashes = {key_sha256(key): key for key in url_keys}
        rows = self.rows(
            "select f.url_key_sha256, c.seq, c.at, json_extract(c.details, '$.reason') as reason from forgotten f"
            " join custody c on c.seq = f.seq where f.url_key_sha256 in (select value from json_each(?))",
            json.dumps(sorted(hashes)),
        )
        return {hashes[row.pop("url_key_sha256")]: row for row in rows}

    def tombstones(self, article: int | None = None) -> list[dict[str, Any]]:
        """What was forgotten, the latest first: ``seq``, ``at``, ``reason``, articles and how many captures.

        ``article``: where this one was.
        """
        rows = self.rows(
            "select seq, at, json_extract(details, '$.reason') as reason,"
            " json_extract(details, '$.articles') as articles,"
            " json_array_length(details, '$.captures') as captures from custody where event = 'forgotten'"
            " and (?1 is null or seq = (select seq from forgotten_articles where article = ?1)) order by seq desc",
            article,
        )
        return [{**row, "articles": json.loads(row["articles"])} for row in rows]

    def absence(self, article: int) -> str:
        """That there is no such article, and since when and why where it was forgotten."""
        for tombstone in self.tombstones(article):
            return f"article {article} was forgotten on {tombstone['at'][:10]} ({tombstone['reason']})"
        return f"there is no article {article}"

    # what there is

    def pages(self, articles: Iterable[int]) -> list[dict[str, Any]]:
        """Articles with all others of their pages, by id: id, url, part, source, title."""
        return self.rows(
            "select distinct p.id, p.url, p.part, p.source, p.title from articles a join articles p on p.url = a.url"
            " where a.id in (select value from json_each(?)) order by p.id",
            json.dumps(list(articles)),
        )

    def addresses_of(self, articles: Iterable[int]) -> list[str]:
        """The url keys at which the pages of articles were seen."""
        return [
            row[0]
            for row in self.conn.execute(
                "select distinct d.url_key from articles a join articles p on p.url = a.url"
                " join addresses d on d.article = p.id where a.id in (select value from json_each(?)) order by 1",
                (json.dumps(list(articles)),),
            )
        ]

    def captures_of(self, articles: Iterable[int], url_keys: Iterable[str]) -> list[dict[str, Any]]:
        """The captures that say something of articles, and those of addresses, by id.

        ``said``: whether it says something of one of the articles.
        """
        return self.rows(
            "select c.*, c.id in (select capture from capture_articles"
            "  where article in (select value from json_each(?1))) as said"
            " from captures c where c.forgotten is null and (c.url_key in (select value from json_each(?2))"
            " or c.id in (select capture from capture_articles where article in (select value from json_each(?1))))"
            " order by c.id",
            json.dumps(list(articles)),
            json.dumps(list(url_keys)),
        )

    def shared_captures(self, captures: Iterable[int], articles: Iterable[int]) -> list[int]:
        """The articles beside some that captures are shown as the proof of."""
        return [
            row[0]
            for row in self.conn.execute(
                "select id from articles where capture in (select value from json_each(?))"
                " and id not in (select value from json_each(?)) order by id",
                (json.dumps(list(captures)), json.dumps(list(articles))),
            )
        ]

    def lists(self, source: str) -> list[dict[str, Any]]:
        """The records of a source, and of aggregators, that are of no article's page, by id."""
        return self.rows(
            "select id, outcome, warc_file, warc_offset from captures where warc_file is not null and status <> 304"
            " and outcome not in ('new', 'revised', 'unchanged', 'not_modified')"
            " and (source = ? or source in (select id from sources where kind = 'aggregator')) order by id",
            source,
        )

    def record_offsets(self, captures: Iterable[int]) -> dict[str, set[int]]:
        """Where the records of captures lie, by WARC file."""
        found: dict[str, set[int]] = {}
        for name, offset in self.conn.execute(
            "select warc_file, warc_offset from captures"
            " where warc_file is not null and id in (select value from json_each(?))",
            (json.dumps(list(captures)),),
        ):
            found.setdefault(name, set()).add(offset)
        return found

    def said_by(self, articles: Collection[int], own: bool) -> tuple[list[str], list[str]]:
        """What articles said in any of their texts, and their titles.

        ``own``: without what is known to stand on other pages of the source, and titles that others have.
        """
        asked = json.dumps(list(articles))
        blocks = (
            "select distinct b.text from readings r join articles a on a.id = r.article join blocks b"
            " on b.reading = r.id where a.id in (select value from json_each(?1))"
        )
        if own:
            blocks += (
                f" and coalesce(b.mark, '') not in {_COMMON} and not exists (select 1 from sightings s"  # noqa: S608
                " where s.source = a.source and s.hash = b.hash"
                " and s.article not in (select value from json_each(?1)))"
            )
        texts = [row[0] for row in self.conn.execute(blocks, (asked,))]
        texts += [
            row[0]
            for row in self.conn.execute(
                "select text from revisions where article in (select value from json_each(?1)) and not exists"
                " (select 1 from readings r join blocks b on b.reading = r.id where r.article = revisions.article)"
                " union select summary from articles where id in (select value from json_each(?1))"
                " and summary is not null",
                (asked,),
            )
        ]
        described = "select description from articles where id in (select value from json_each(?1))"
        if own:  # a site may declare one for all its pages
            described += _NOBODY_ELSES.format(column="description", of="articles")
        texts += [row[0] for row in self.conn.execute(described, (asked,)) if row[0]]
        titles = "select title from articles where id in (select value from json_each(?1))"
        titles += " union select headline from articles where id in (select value from json_each(?1))"
        titles += " union select title from revisions where article in (select value from json_each(?1))"
        if own:
            titles = f"select title from ({titles}) t where true{_NOBODY_ELSES.format(column='title', of='t')}"  # noqa: S608
        return texts, [row[0] for row in self.conn.execute(titles, (asked,)) if row[0]]

    def also_carried(self, articles: Iterable[int], titles: Iterable[int]) -> list[tuple[int, int]]:
        """Other articles on whose pages blocks of these stand that are their own text, with how many do.

        ``titles``: the hashes of their titles, which stand on a page as blocks where it names them.
        """
        return [
            (row[0], row[1])
            for row in self.conn.execute(
                "select s.article, count(*) from (select distinct a.source, b.hash from articles a"  # noqa: S608
                " join readings r on r.article = a.id join blocks b on b.reading = r.id"
                f" where a.id in (select value from json_each(?1)) and coalesce(b.mark, '') not in {_COMMON}"
                " and length(b.text) > 40 union select a.source, j.value from articles a, json_each(?2) j"
                " where a.id in (select value from json_each(?1))) t"
                " join sightings s on s.source = t.source and s.hash = t.hash"
                " where s.article not in (select value from json_each(?1)) group by 1 order by 1",
                (json.dumps(list(articles)), json.dumps(list(titles))),
            )
        ]

    # removed

    def leaves(self, captures: Sequence[int]) -> list[tuple[int, str]]:
        """Captures with their leaves in the tree of their run, by id."""
        rows = self.conn.execute(
            "select id, url, fetched_at, status, payload_sha256 from captures"
            " where id in (select value from json_each(?)) order by id",
            (json.dumps(captures),),
        )
        return [(row[0], leaf(*row[1:])) for row in rows]

    def strip(self, captures: Iterable[int], seq: int) -> None:
        """Leave of captures that they were: when, of which source, with what status and payload hash."""
        rows = self.conn.execute(
            "select id, url from captures where id in (select value from json_each(?))",
            (json.dumps(list(captures)),),
        ).fetchall()
        self.conn.executemany(
            "update captures set url = ?2, url_key = ?2, fetched_from = null, etag = null, last_modified = null,"
            " warc_file = null, warc_offset = null, message = null, via = null, forgotten = ?3 where id = ?1",
            [(row[0], instead(row[1]), seq) for row in rows],
        )
        self.conn.executemany("delete from unread where capture = ?", [(row[0],) for row in rows])

    def drop_article(self, article: int, seq: int) -> None:
        """Remove an article that is in no group and has no figures any more; its number is never given again."""
        gone = [article, *self.merged_into([article])]
        self.conn.execute("delete from removed where other = ?", (article,))
        self.conn.execute(
            "update addresses set article = (select p.id from articles a join articles p on p.url = a.url"
            " where a.id = ?1 and p.id <> ?1 order by p.part limit 1) where article = ?1 and exists"
            " (select 1 from articles a join articles p on p.url = a.url where a.id = ?1 and p.id <> ?1)",
            (article,),
        )
        self.conn.execute(
            "delete from blocks where reading in (select id from readings where article = ?)", (article,)
        )
        self.conn.execute("update revisions set folded_into = null where article = ?", (article,))
        for table in (
            "addresses", "figures", "figures_unread", "capture_articles", "readings", "revisions", "derivations",
            "search_text", "unsettled", "links", "media", "quotes", "entries", "restricted",
        ):  # fmt: skip
            self.conn.execute(f"delete from {table} where article = ?", (article,))  # noqa: S608
        self.conn.execute("update unread set article = 0 where article = ?", (article,))
        self.conn.execute("delete from articles where id = ?", (article,))
        self.conn.executemany(
            "insert into forgotten_articles values (?, ?) on conflict do nothing", [(n, seq) for n in gone]
        )

    def merged_into(self, articles: Iterable[int]) -> list[int]:
        """The numbers of articles that were found to be one of these."""
        rows = self.conn.execute(
            "select article from removed where other in (select value from json_each(?))",
            (json.dumps(list(articles)),),
        )
        return [row[0] for row in rows]

    def drop_verdicts(self, source: str, hashes: Iterable[int]) -> None:
        """Remove what was decided on blocks of a source that stand on no page any more."""
        self.conn.executemany(
            "delete from verdicts where source = ?1 and hash = ?2"
            " and not exists (select 1 from sightings where source = ?1 and hash = ?2)",
            [(source, block) for block in hashes],
        )

    def stop(self, url_keys: Iterable[str], seq: int) -> None:
        """Put addresses on the stop-list; what lists said of them goes."""
        keys = sorted(set(url_keys))
        self.conn.executemany(
            "insert into forgotten values (?, ?) on conflict do nothing", [(key_sha256(key), seq) for key in keys]
        )
        self.conn.executemany("delete from announced where url_key = ?", [(key,) for key in keys])

    def scrub(self, urls: Iterable[str]) -> None:
        """Take addresses out of what was noted of runs and sources."""
        for url in sorted(set(urls), key=len, reverse=True):
            for table, column in (("runs", "message"), ("sources", "state_reason"), ("findings", "line")):
                self.conn.execute(
                    f"update {table} set {column} = replace({column}, ?1, ?2) where instr({column}, ?1)",  # noqa: S608
                    (url, instead(url)),
                )

    # what is left to do

    def left(self) -> dict[str, Any] | None:
        """What a forgetting that was stopped has still to do; None: nothing."""
        value = self._one("select value from home where key = ?", _LEFT)
        return None if value is None else json.loads(value)

    def set_left(self, left: Mapping[str, Any] | None) -> None:
        """Note what is still to be done; None: nothing."""
        self.conn.execute("delete from home where key = ?", (_LEFT,))
        if left is not None:
            self.conn.execute("insert into home values (?, ?)", (_LEFT, json.dumps(left)))

    def overwrite_deleted(self) -> None:
        """From now on, fill what is deleted with zeros."""
        self.conn.execute("pragma secure_delete = on")

    def compact(self, folder: str) -> Iterator[str]:
        """Leave no trace of what was deleted in the file; gives the name of each step before it is done.

        Not within a transaction. ``folder``: where the copy lies meanwhile, which has no name. In the end the log is
        folded in; :meth:`empty_log` says whether it could be.
        """
        # elsewhere there may be no room for it, and nothing of an archive is written elsewhere
        quoted = folder.replace("'", "''")
        self.conn.execute(f"pragma temp_store_directory = '{quoted}'")
        for index in ("search_text_fts", "earlier_texts_fts"):
            yield f"index {index}"
            # the index keeps deleted words until its parts are merged into one
            self.conn.execute(f"insert into {index}({index}) values ('optimize')")  # noqa: S608
        yield "database"
        self.conn.execute("vacuum")
        yield "log"
        self.empty_log()

    def empty_log(self) -> bool:
        """Fold the log in and cut it to nothing; False: somebody reads from it."""
        return not self.conn.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
