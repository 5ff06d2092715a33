"""Rows from which a crawl learns what is due and whom to leave alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.models import moment
from archive.store_rows import Rows

# an article that came out this long before it was first seen was found in an outlet's past, and is as old as it says
_PAST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """An address that was asked for before.

    ``born``: when its article came out as far as is known. ``asked``: when it was asked for last; ``answered``: when
    its page came last. ``modified``: when the outlet's lists say that it changed last; ``seen``: when they said so
    last. ``fetch``: where it was asked for, None: at its own address.
    ``listed``: when it came out, where a list alone says so.
    """

    url: str
    born: datetime
    asked: datetime
    answered: datetime | None
    modified: datetime | None
    seen: datetime | None
    fetch: str | None
    listed: datetime | None


class Visits(Rows):
    """Hosts that asked for patience, what lists say, and when each page was asked for."""

    def waits(self) -> dict[str, tuple[datetime, int, str]]:
        """Until when each host is to be left alone, how many times in a row, and why."""
        return {
            row["host"]: (moment(row["wait_until"]), row["times"], row["reason"])
            for row in self.rows("select * from hosts")
        }

    def set_wait(self, host: str, until: str | None, times: int, reason: str) -> None:
        """Leave a host alone until then; None: it answers again."""
        if until is None:
            self.conn.execute("delete from hosts where host = ?", (host,))
        else:
            self.conn.execute(
                "insert into hosts values (?, ?, ?, ?) on conflict do update set wait_until = excluded.wait_until,"
                " times = excluded.times, reason = excluded.reason",
                (host, until, times, reason),
            )

    def announce(self, modified: Mapping[str, str], seen: str) -> None:
        """Remember what an outlet's lists say of when pages changed last, by url key."""
        self.conn.executemany(
            "insert into announced values (?, ?, ?) on conflict do update set modified = excluded.modified,"
            " seen = excluded.seen",
            [(key, value, seen) for key, value in modified.items()],
        )

    def discovered(self, source: str) -> dict[str, datetime]:
        """When each address of a source's lists was asked for last, whatever came (of the last 1,000 requests)."""
        return {
            row[0]: moment(row[1])
            for row in self.conn.execute(
                "select url_key, max(fetched_at) from (select url_key, fetched_at from captures where source = ?"
                " and kind = 'discovery' order by fetched_at desc limit 1000) group by url_key",
                (source,),
            )
        }

    def visits(self, url_keys: Sequence[str]) -> dict[str, Visit]:
        """What is known of the pages at these addresses that were asked for before."""
        return {
            row["key"]: _visit(row)
            for row in self.conn.execute(
                "select j.value as key, j.value as url, min(c.fetched_at) as first, max(c.fetched_at) as asked,"
                " max(iif(c.outcome in ('failed', 'blocked'), null, c.fetched_at)) as answered,"
                " a.published, a.published_from, a.first_seen, n.modified, n.seen, null as fetched_from"
                " from json_each(?) j"
                " join captures c"
                " on c.url_key = j.value and c.kind in ('page', 'imported')"
                " left join addresses d on d.url_key = j.value left join articles a on a.id = d.article"
                " left join announced n on n.url_key = j.value group by j.value",
                (json.dumps(url_keys),),
            )
        }

    def has_capture(self, url_key: str, at: str) -> bool:
        """Whether an address was captured at that moment (a web archive's copy is fetched once)."""
        return bool(
            self._one(
                "select 1 from captures where url_key = ? and fetched_at = ?"
                " and outcome not in ('failed', 'blocked')",
                url_key,
                at,
            )
        )

    def revisitable(self, source: str, since: str) -> list[Visit]:
        """A source's articles that came out or were first seen since then, at the address that answered last."""
        return [
            _visit(row)
            for row in self.conn.execute(
                "select c.url, a.first_seen as first, (select max(fetched_at) from captures"
                " where url_key = c.url_key) as asked, (select max(fetched_at) from captures"
                " where url_key = c.url_key and outcome not in ('failed', 'blocked')) as answered,"
                " a.published, a.published_from, a.first_seen, n.modified, n.seen, c.fetched_from"
                " from articles a join captures c on c.id = a.capture left join announced n on n.url_key = c.url_key"
                " where a.source = ? and a.first_seen >= ? and a.part = 1 and c.kind = 'page'"
                " order by a.first_seen desc",
                (source, since),
            )
        ]


def _visit(row: sqlite3.Row) -> Visit:
    seen, published = row["first_seen"] or row["first"], row["published"]
    born = moment(seen)
    if published is not None and born - moment(published) > _PAST:
        born = moment(published)
    born_as_listed = published if row["published_from"] == "feed" else None
    answered, modified, listed = row["answered"], row["modified"], row["seen"]
    return Visit(
        row["url"],
        born,
        moment(row["asked"]),
        answered and moment(answered),
        modified and moment(modified),
        listed and moment(listed),
        row["fetched_from"],
        born_as_listed and moment(born_as_listed),
    )
