"""SQL on what carries the same text: what texts are looked up by, the links between them, and stories."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from typing import NamedTuple

from archive.models import Marks
from archive.store_rows import Rows


class Place(NamedTuple):
    """Where an article stands in the order of all: by when it was published or first seen, address and part."""

    at: int
    url: str
    part: int
    article: int


class Link(NamedTuple):
    """A row of copies: ``article`` has the lower number of the two, or holds the other, or is the later report."""

    article: int
    other: int
    relation: str
    score: float
    reason: str


_PLACE = (
    "select cast(strftime('%s', coalesce(published, first_seen)) as integer), url, part, id from articles"
    " where id in (select value from json_each(?))"
)


class Copies(Rows):
    """Copies, stories and what they are found by."""

    conn: sqlite3.Connection

    def texts_of(self, articles: Collection[int]) -> dict[int, str]:
        """The texts of articles."""
        return dict(
            self.conn.execute(
                "select id, text from articles where id in (select value from json_each(?))", (_json(articles),)
            )
        )

    def places(self, articles: Collection[int]) -> dict[int, Place]:
        """Where articles stand in the order of all."""
        rows = self.conn.execute(_PLACE, (_json(articles),))
        return {row[3]: Place(*row) for row in rows}

    # what texts are looked up by

    def marks(self, articles: Collection[int]) -> dict[int, Marks]:
        """What is known of articles' texts."""
        rows = self.conn.execute(
            "select article, digest, at, words, minhash, sentences, quoted, stems, forms from signatures"
            " where article in (select value from json_each(?))",
            (_json(articles),),
        )
        return {row[0]: Marks(*row) for row in rows}

    def words_of(self, articles: Collection[int]) -> dict[int, int]:
        """How many words articles' texts have, as they are compared."""
        return dict(
            self.conn.execute(
                "select article, words from signatures where article in (select value from json_each(?))",
                (_json(articles),),
            )
        )

    def put_marks(self, marks: Marks, keys: Iterable[int]) -> None:
        """Write what a text is looked up by."""
        self.conn.execute(
            "insert into signatures values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict do update set digest = excluded.digest, at = excluded.at,"
            " words = excluded.words, minhash = excluded.minhash, sentences = excluded.sentences,"
            " quoted = excluded.quoted, stems = excluded.stems, forms = excluded.forms",
            (
                marks.article, marks.digest, marks.at, marks.words, marks.values, marks.sentences, marks.quoted,
                marks.stems, marks.forms,
            ),
        )  # fmt: skip
        self.conn.execute(
            "insert or ignore into lookups select value, ?, ? from json_each(?)",
            (marks.at, marks.article, _json(sorted(keys))),
        )

    def drop_marks(self, marks: Marks, keys: Iterable[int]) -> None:
        """Forget what a text was looked up by."""
        self.conn.executemany(
            "delete from lookups where key = ? and at = ? and article = ?",
            [(key, marks.at, marks.article) for key in sorted(keys)],
        )
        self.conn.execute("delete from signatures where article = ?", (marks.article,))

    def first_with(self, keys: Iterable[int], count: int, article: int) -> dict[int, list[int]]:
        """The first articles, at most ``count``, with each key that another one than ``article`` has."""
        shared = [
            row[0]
            for row in self.conn.execute(
                "select value from json_each(?) where exists"
                " (select 1 from lookups where key = value and article <> ?)",
                (_json(keys), article),
            )
        ]
        found: dict[int, list[Place]] = {key: [] for key in shared}
        # as far as the last one's second: who of those of one second comes first is decided by their addresses
        for key, at, other in self.conn.execute(
            "select l.key, l.at, l.article from json_each(?) cross join lookups l on l.key = value and l.at <="
            " coalesce((select at from lookups where key = value order by at limit 1 offset ?), 9223372036854775807)",
            (_json(shared), count - 1),
        ):
            found[key].append(Place(at, "", 0, other))
        return {key: self._first_of(places, count) for key, places in found.items()}

    def _first_of(self, found: list[Place], count: int) -> list[int]:
        """The first of them in the order of all; addresses are looked up where they decide."""
        if len({place.at for place in found}) < len(found):
            places = self.places([place.article for place in found])
            found = [places[place.article]._replace(at=place.at) for place in found]
        return [place.article for place in sorted(found)[:count]]

    def all_with(self, key: int) -> list[int]:
        """All articles with a key."""
        return [row[0] for row in self.conn.execute("select article from lookups where key = ?", (key,))]

    def beside(self, key: int, place: Place, count: int, after: bool) -> list[Place]:
        """The nearest articles with a key before (or ``after``) a place, the nearest first."""
        side, order = (">=", "") if after else ("<=", "desc")
        bound = self._one(
            f"select at from lookups where key = ? and at {side} ? and article <> ?"  # noqa: S608
            f" order by at {order} limit 1 offset ?",
            key, place.at, place.article, count - 1,
        )  # fmt: skip
        rows = self.conn.execute(
            f"select article from lookups where key = ? and at {side} ? and article <> ?"  # noqa: S608
            f" and (? is null or at {'<=' if after else '>='} ?)",
            (key, place.at, place.article, bound, bound),
        )
        found = sorted(self.places([row[0] for row in rows]).values(), reverse=not after)
        return [other for other in found if (other > place) == after][:count]

    # links

    def links(self, article: int) -> dict[int, Link]:
        """An article's links, by the article at their other end."""
        rows = self.conn.execute(
            "select article, other, relation, score, reason from copies where article = ?"
            " union all select article, other, relation, score, reason from copies where other = ?",
            (article, article),
        )
        return {row[1] if row[0] == article else row[0]: Link(*row) for row in rows}

    def put_link(self, link: Link, quotations: Iterable[tuple[object, ...]] = ()) -> None:
        """Write a link and the sentences that both quote."""
        self.conn.execute("insert into copies values (?, ?, ?, ?, ?)", link)
        self.conn.executemany(
            "insert into shared_quotations values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(link.article, link.other, *row) for row in quotations],
        )

    def drop_link(self, link: Link) -> None:
        """Remove a link."""
        self.conn.execute("delete from copies where article = ? and other = ?", (link.article, link.other))
        self.conn.execute("delete from shared_quotations where article = ? and other = ?", (link.article, link.other))

    def quotation_rows(self, link: Link) -> list[tuple[object, ...]]:
        """What :meth:`put_link` wrote of quotations."""
        rows = self.conn.execute(
            "select start, stop, other_start, other_stop, speaker, wording, score from shared_quotations"
            " where article = ? and other = ? order by start",
            (link.article, link.other),
        )
        return [tuple(row) for row in rows]

    # stories

    def fellows(self, article: int) -> list[int]:
        """Articles that carry an article's text: what they share is one story.

        A text that stands in another one counts where it is more than half of it: two different texts cannot both be.
        """
        rows = self.conn.execute(
            "select c.article, c.other from (select * from copies where article = ? union all"
            " select * from copies where other = ?) c join signatures h on h.article = c.article"
            " join signatures p on p.article = c.other where c.relation in ('same_text', 'near_copy')"
            " or (c.relation = 'contains' and 2 * p.words > h.words)",
            (article, article),
        )
        return [row[1] if row[0] == article else row[0] for row in rows]

    def stories_of(self, articles: Collection[int]) -> dict[int, int | None]:
        """The story that each article is in."""
        return dict(
            self.conn.execute(
                "select id, story from articles where id in (select value from json_each(?))", (_json(articles),)
            )
        )

    def followers(self, story: int) -> list[int]:
        """The articles of a story besides its first one."""
        return [
            row[0] for row in self.conn.execute("select id from articles where story = ? and id <> ?", (story, story))
        ]

    def set_story(self, article: int, story: int | None) -> None:
        """Put an article into a story, or into none."""
        self.conn.execute("update articles set story = ? where id = ? and story is not ?", (story, article, story))

    def write_story(self, story: int) -> None:
        """Bring a story's row in line with its articles; a story of one article is none."""
        if not self.followers(story):
            self.conn.execute("update articles set story = null where id = ? and story = ?", (story, story))
            self.conn.execute("delete from stories where id = ?", (story,))
            return
        self.set_story(story, story)
        self.conn.execute(
            "insert into stories select a.id, a.title, coalesce(a.published, a.first_seen),"
            " case when a.published is null then 'first_seen' else 'published' end,"
            " (select count(*) from articles where story = a.id),"
            " (select count(distinct source) from articles where story = a.id) from articles a where a.id = ?"
            " on conflict do update set title = excluded.title, first_published = excluded.first_published,"
            " first_from = excluded.first_from, articles = excluded.articles, sources = excluded.sources",
            (story,),
        )

    def retitle_story(self, story: int, title: str) -> None:
        """The first article of a story has another title."""
        self.conn.execute("update stories set title = ? where id = ? and title <> ?", (title, story, title))


def _json(values: Iterable[int]) -> str:
    return "[" + ",".join(map(str, values)) + "]"
