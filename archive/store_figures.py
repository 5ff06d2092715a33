"""SQL on figures: what each text states, how those of one day stand to each other, and what is asked of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from archive.models import Figure, Unread
from archive.standings import COUNTRIES, Claim, Key
from archive.store_rows import Rows

# a figure's own columns, in the order of Figure
_FIELDS = Figure._fields
_KEY = (
    "f.claimed_by, f.about, f.series, f.category, f.as_of, f.period_start, f.period_end,"
    " coalesce(f.direction, f.direction_printed), coalesce(f.formation, f.formation_printed)"
)
_CLAIM = (
    f"select {_KEY}, f.id, f.article, f.total, f.delta, f.qualifier, f.precision, f.official,"  # noqa: S608
    " coalesce(a.published, a.first_seen), a.url, a.part, f.position"
    " from figures f join articles a on a.id = f.article"
)
_WIDTH = len(Key._fields)
# what the archive had at a moment
_KNOWN = "f.known_from <= :known and (f.known_until is null or f.known_until > :known)"


class Day(NamedTuple):
    """What one side's reports state for one day: figures of other days never decide how these stand."""

    as_of: str
    claimed_by: str
    series: str


class FigureRows(Rows):
    """Figures and what of a text was not read for sure."""

    # on the way of a text

    def figures_read(self, article: int) -> dict[int, str]:
        """What the figures of an article's revisions were read from, by revision; only those that were read."""
        return dict(
            self.conn.execute(
                "select id, figures_sha256 from revisions where article = ? and figures_sha256 is not null",
                (article,),
            )
        )

    def put_figures(
        self, article: int, revision: int, digest: str, figures: Iterable[Figure], unread: Iterable[Unread]
    ) -> None:
        """Write what a revision states; a claim that it stated before keeps its row's id."""
        kept: dict[Key, list[tuple[int, Figure]]] = {}
        for row in self.conn.execute(
            f"select id, {', '.join(_FIELDS)} from figures where revision = ? order by position, id",  # noqa: S608
            (revision,),
        ):
            old = Figure(*row[1:])
            kept.setdefault(_key(old), []).append((row[0], old))
        names = ", ".join(_FIELDS)
        marks = ", ".join("?" * len(_FIELDS))
        for figure in figures:
            same = kept.get(_key(figure))
            if not same:
                self.conn.execute(
                    f"insert into figures (article, revision, {names}) values (?, ?, {marks})",  # noqa: S608
                    (article, revision, *figure),
                )
                continue
            identity, old = same.pop(0)
            if old != figure:
                self.conn.execute(f"update figures set ({names}) = ({marks}) where id = ?", (*figure, identity))  # noqa: S608
        left = [(identity,) for rows in kept.values() for identity, _ in rows]
        self.conn.executemany("delete from figures where id = ?", left)
        self.conn.execute("delete from figures_unread where revision = ?", (revision,))
        self.conn.executemany(
            "insert into figures_unread values (?, ?, ?, ?, ?)",
            [(article, revision, one.position, one.sentence, one.reason) for one in unread],
        )
        self.conn.execute("update revisions set figures_sha256 = ? where id = ?", (digest, revision))

    def drop_figures(self, article: int, revision: int | None = None) -> None:
        """Forget what an article's texts state, or one of them."""
        chosen, values = ("", ()) if revision is None else (" and revision = ?", (revision,))
        for table in ("figures", "figures_unread"):
            self.conn.execute(f"delete from {table} where article = ?{chosen}", (article, *values))  # noqa: S608
        chosen = chosen.replace("revision", "id")
        self.conn.execute(f"update revisions set figures_sha256 = null where article = ?{chosen}", (article, *values))  # noqa: S608

    def date_figures(self, article: int) -> None:
        """Say of an article's figures whose they are, and when the archive had them."""
        self.conn.execute(
            "update figures set source = n.source, official = n.official, known_from = n.known_from,"
            " known_until = n.known_until from (select f.id, a.source,"
            " s.kind = 'official' and s.country is json_extract(?, '$.' || f.claimed_by) as official,"
            " r.seen_from as known_from,"
            " (select min(l.seen_from) from revisions l where l.article = r.article and l.number = r.number + 1)"
            " as known_until from figures f join revisions r on r.id = f.revision join articles a on a.id = f.article"
            " join sources s on s.id = a.source where f.article = ?) n where n.id = figures.id"
            " and (figures.source, figures.official, figures.known_from, figures.known_until)"
            " is not (n.source, n.official, n.known_from, n.known_until)",
            (json.dumps(COUNTRIES), article),
        )

    def figure_days(self, article: int) -> set[Day]:
        """The days that an article's texts state figures for."""
        return {
            Day(*row)
            for row in self.conn.execute(
                "select distinct as_of, claimed_by, series from figures where article = ?", (article,)
            )
        }

    def claims_of(self, day: Day) -> list[Claim]:
        """The figures that the latest texts state for a day."""
        return [
            _claim(row)
            for row in self.conn.execute(
                f"{_CLAIM} where f.as_of = ? and f.claimed_by = ? and f.series = ? and f.known_until is null", day
            )
        ]

    def set_standings(self, day: Day, standings: Mapping[int, tuple[str, int]]) -> None:
        """Write how the figures of a day stand; earlier texts' figures stand for nothing any more."""
        before = {
            row[0]: (row[1], row[2])
            for row in self.conn.execute(
                "select id, standing, taken from figures where as_of = ? and claimed_by = ? and series = ?", day
            )
        }
        self.conn.executemany(
            "update figures set standing = ?, taken = ? where id = ?",
            [
                (*standings.get(identity, (None, None)), identity)
                for identity, was in before.items()
                if was != standings.get(identity, (None, None))
            ],
        )

    # what is asked of them

    def claims_known(self, known: str, chosen: Mapping[str, Any]) -> list[Claim]:
        """The figures that the texts stated which the archive had at a moment; ``chosen``: see :meth:`losses`."""
        values = {**chosen, "known": known}
        return [_claim(row) for row in self.conn.execute(f"{_CLAIM} where {_KNOWN} and {_chosen(chosen)}", values)]

    def losses(self, chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rows of the view ``claimed_losses``, by day.

        ``chosen``: any of side, series, since, until, and ``categories`` (JSON list).
        """
        return [
            dict(row)
            for row in self.conn.execute(
                f"select * from claimed_losses f where {_chosen(chosen)}"  # noqa: S608
                " order by as_of, claimed_by desc, series, category, period_start, period_end",
                chosen,
            )
        ]

    def loss_rows(self, figures: Iterable[int], known: str) -> dict[int, dict[str, Any]]:
        """What the view ``claimed_losses`` says of figures, as far as it does not depend on others; by figure.

        ``known``: until when the archive had to hold a text with that figure first.
        """
        return {
            row["figure"]: dict(row)
            for row in self.conn.execute(
                "select f.as_of, f.claimed_by, f.about, f.series, f.category, f.period_start, f.period_end,"
                " f.total as claimed_total, f.delta as claimed_delta, f.qualifier, f.precision, f.definition,"
                " 0 as reprints_agreeing, 0 as reprints_differing, (select min(o.known_from) from figures o"
                " where o.claimed_by = f.claimed_by and o.series = f.series and o.category = f.category"
                " and o.as_of = f.as_of and o.total is f.total and o.known_from <= ?"
                " and (o.about, o.period_start, o.period_end, o.direction, o.direction_printed, o.formation,"
                " o.formation_printed) is (f.about, f.period_start, f.period_end, f.direction, f.direction_printed,"
                " f.formation, f.formation_printed)) as first_held,"
                " f.source, f.official, f.article, f.revision, f.id as figure, f.sentence, a.url"
                " from figures f join articles a on a.id = f.article"
                " where f.id in (select value from json_each(?))",
                (known, json.dumps(list(figures))),
            )
        }

    def loss_checks(self, chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rows of the view of that name, by day; ``chosen`` as in :meth:`losses`."""
        return [
            dict(row)
            for row in self.conn.execute(
                f"select * from loss_checks f where {_chosen(chosen)}"  # noqa: S608
                " order by as_of, claimed_by desc, series, finding, category",
                chosen,
            )
        ]

    def figures_stated(self, article: int) -> list[dict[str, Any]]:
        """What an article's latest text states, by side, day and series: how many figures, categories, directions."""
        return self.rows(
            "select claimed_by, series, as_of, count(*) as figures, count(distinct category) as categories,"
            " count(distinct coalesce(direction, direction_printed, formation, formation_printed)) as directions,"
            " sum(standing = 'differs') as differing from figures where article = ? and known_until is null"
            " group by claimed_by, series, as_of order by as_of, claimed_by desc, series",
            article,
        )

    def unread_sentences(self, article: int | None = None) -> int:
        """How many sentences of the latest texts, or of one article's, state losses and were not read for sure."""
        condition, values = ("", ()) if article is None else (" and u.article = ?", (article,))
        return int(
            self._one(
                "select count(*) from figures_unread u join revisions r on r.id = u.revision"  # noqa: S608
                f" where not r.superseded{condition}",
                *values,
            )
        )


def _chosen(chosen: Mapping[str, Any]) -> str:
    """The condition on figures that is asked for; every day is one from 0 to 9 on."""
    conditions = {
        "side": "f.claimed_by = :side",
        "series": "f.series = :series",
        "categories": "f.category in (select value from json_each(:categories))",
        "since": "f.as_of >= :since",
        "until": "f.as_of <= :until",
    }
    return " and ".join(["true", *(conditions[name] for name in chosen)])


def _claim(row: Any) -> Claim:
    return Claim(row[_WIDTH], Key(*row[:_WIDTH]), *row[_WIDTH + 1 :])


def _key(figure: Figure) -> Key:
    """What a figure is recognised by when its text is read again."""
    return Key(
        figure.claimed_by,
        figure.about,
        figure.series,
        figure.category,
        figure.as_of,
        figure.period_start,
        figure.period_end,
        figure.direction or figure.direction_printed,
        figure.formation or figure.formation_printed,
    )
