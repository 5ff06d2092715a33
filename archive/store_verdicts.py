"""Rows of what repeats in a source, and of what somebody decided on it."""

from __future__ import annotations

from typing import Any

from archive.store_rows import Rows

# articles named with a block
EXAMPLES = 3


class Verdicts(Rows):
    """Blocks that repeat, and verdicts on them."""

    def has_source(self, source: str) -> bool:
        """Whether there is a source of that name."""
        return self._one("select 1 from sources where id = ?", source) is not None

    def verdicts(self, source: str) -> dict[int, str]:
        """What somebody decided for good of a source's blocks, by hash: keep, hide."""
        return dict(self.conn.execute("select hash, verdict from verdicts where source = ?", (source,)).fetchall())

    def put_verdict(self, source: str, block: int, verdict: str, text: str, at: str) -> None:
        """Write what was decided on a block; what was decided before gives way."""
        self.conn.execute(
            "insert into verdicts values (?, ?, ?, ?, ?) on conflict do update set verdict = excluded.verdict,"
            " text = excluded.text, at = excluded.at",
            (source, block, verdict, text, at),
        )

    def drop_verdict(self, source: str, block: int) -> None:
        """Withdraw what was decided on a block."""
        self.conn.execute("delete from verdicts where source = ? and hash = ?", (source, block))

    def block_text(self, source: str, block: int) -> str | None:
        """A block as the latest of the source's articles with it prints it, or as it stood when it was decided on."""
        return self._one(  # type: ignore[no-any-return]
            "select coalesce((select b.text from sightings s join readings r on r.article = s.article"
            " join blocks b on b.reading = r.id and b.hash = s.hash where s.source = ?1 and s.hash = ?2"
            " order by s.at desc, r.id desc limit 1),"
            " (select text from verdicts where source = ?1 and hash = ?2))",
            source,
            block,
        )

    def carriers(self, source: str, block: int, limit: int = -1) -> list[dict[str, Any]]:
        """A source's articles (id, url) that carry a block, the latest first."""
        return self.rows(
            "select a.id, a.url from sightings s join articles a on a.id = s.article"
            " where s.source = ? and s.hash = ? order by s.at desc, a.id desc limit ?",
            source,
            block,
            limit,
        )

    def repeated(self, source: str, limit: int) -> list[dict[str, Any]]:
        """What was decided on in a source and what repeats, on most documents first, with examples.

        Besides ``examples`` as the view ``boilerplate`` has it; ``id`` is its ``block``.
        """
        found = self.conn.execute(  # the view looks each block up: only those that are wanted
            "select hash from (select hash, 0 as rank, 0 as documents from verdicts where source = ?1"
            " union all select hash, 1, count(*) from sightings where source = ?1 group by hash having count(*) > 1)"
            " group by hash order by min(rank), max(documents) desc, hash limit ?2",
            (source, limit),
        ).fetchall()
        rows = []
        for (block,) in found:
            rows += self.rows(
                "select block as id, documents, mark, verdict, text from boilerplate where source = ? and hash = ?",
                source,
                block,
            )
            rows[-1]["examples"] = self.carriers(source, block, EXAMPLES)
        return rows


def from_id(block: str) -> int | None:
    """The hash that a block's id (16 hexadecimal digits) stands for; None where it is no such id."""
    if len(block) != 16 or not set(block.lower()) <= set("0123456789abcdef"):
        return None
    return int.from_bytes(bytes.fromhex(block), "big", signed=True)
