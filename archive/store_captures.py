"""Rows of captures."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from archive.models import Kept, Outcome, Position, stamp
from archive.store_rows import Rows


@dataclass(frozen=True, slots=True)
class Known:
    """The latest full capture of an address: what a conditional request is made from."""

    capture: int
    url: str
    fetched_at: str
    etag: str | None
    last_modified: str | None
    confirms: int | None


class Captures(Rows):
    """What was fetched, and what came of it."""

    def add_capture(
        self,
        kept: Kept,
        url_key: str,
        outcome: Outcome,
        digest: str | None,
        message: str | None,
        confirms: int | None = None,
    ) -> int:
        """A row for an exchange that is on disk; ``confirms``: the capture whose page it did not carry again."""
        exchange, position = kept.exchange, kept.position
        return self._insert(
            "captures",
            {
                "url": exchange.url,
                "url_key": url_key,
                "source": exchange.source,
                "fetched_from": exchange.fetched_from,
                "run": kept.run,
                "kind": exchange.kind,
                "fetched_at": stamp(exchange.fetched_at),
                "status": exchange.status,
                "etag": exchange.header("etag"),
                "last_modified": exchange.header("last-modified"),
                "payload_sha256": digest,
                "warc_file": position and position.file,
                "warc_offset": position and position.offset,
                "outcome": outcome,
                "message": message,
                "via": json.dumps(exchange.via) if exchange.via else None,
                "confirms": confirms,
            },
        )

    def has_record(self, position: Position) -> bool:
        """Whether a record has its row."""
        return bool(
            self._one(
                "select 1 from captures where warc_file = ? and warc_offset = ?",
                position.file,
                position.offset,
            )
        )

    def holds(self, url_key: str, payload_sha256: str) -> bool:
        """Whether a capture of an address has this payload."""
        return bool(
            self._one(
                "select 1 from captures where url_key = ? and payload_sha256 = ? and warc_file is not null",
                url_key,
                payload_sha256,
            )
        )

    def has_run(self, run: int) -> bool:
        """Whether a run has its row (a record may name one of an archive that is gone)."""
        return bool(self._one("select 1 from runs where id = ?", run))

    def known(self, url_keys: Sequence[str], until: str = "9999") -> dict[str, Known]:
        """The latest full page capture of each address that has one; ``until``: a stamp, of those up to then.

        A text that came without its page is none: the page is to be asked for in full.
        """
        found: dict[str, Known] = {}
        for row in self.conn.execute(
            "select j.value as key, c.* from json_each(?) j join captures c on c.id = (select id from captures"
            " where url_key = j.value and kind in ('page', 'imported') and status = 200 and fetched_at <= ?"
            " and warc_file is not null and outcome in ('new', 'revised', 'unchanged')"
            " order by fetched_at desc, id desc limit 1)",
            (json.dumps(url_keys), until),
        ):
            found[row["key"]] = _known(row)
        return found

    def captured_at(self, url_key: str, at: str) -> Known | None:
        """The capture of an address at a moment, the nearest one in that second; one with a page before others."""
        row = self.conn.execute(
            "select * from captures where url_key = ?1 and fetched_at >= substr(?2, 1, 19)"
            " and fetched_at <= substr(?2, 1, 19) || 'Z' and status = 200"
            " order by fetched_at <> ?2, confirms is not null, outcome not in ('new', 'revised', 'unchanged'),"
            " fetched_at, id limit 1",
            (url_key, at),
        ).fetchone()
        return _known(row) if row else None

    def capture(self, capture: int) -> dict[str, Any]:
        """A capture's row."""
        return dict(self.conn.execute("select * from captures where id = ?", (capture,)).fetchone())

    def has_copy(self, url_key: str, at: str, payload_sha256: str | None) -> bool:
        """Whether an address has a capture of that moment and payload, with a record of its own."""
        return bool(
            self._one(
                "select 1 from captures where url_key = ? and fetched_at = ? and payload_sha256 is ?"
                " and warc_file is not null",
                url_key,
                at,
                payload_sha256,
            )
        )

    def outcomes(self, captures: Sequence[int]) -> list[Outcome]:
        """The outcomes of these captures as they stand now."""
        return [
            row[0]
            for row in self.conn.execute(
                "select c.outcome from json_each(?) j join captures c on c.id = j.value order by j.key",
                (json.dumps(captures),),
            )
        ]

    def correct_outcomes(self, captures: Sequence[int]) -> None:
        """Make these captures' outcomes say what the revisions say; new before revised before unchanged.

        What was forgotten stays as it was said.
        """
        self.conn.execute(
            "with right(id, outcome) as (select c.id, case"
            " when exists (select 1 from revisions r where r.first_capture = c.id and r.number = 1) then 'new'"
            " when exists (select 1 from revisions r where r.first_capture = c.id and r.number > 1) then 'revised'"
            " else 'unchanged' end from json_each(?) j join captures c on c.id = j.value"
            " where c.outcome in ('new', 'revised', 'unchanged') and c.forgotten is null)"
            " update captures set outcome = right.outcome from right"
            " where right.id = captures.id and captures.outcome <> right.outcome",
            (json.dumps(captures),),
        )


def _known(row: sqlite3.Row) -> Known:
    names = (field.name for field in fields(Known) if field.name != "capture")
    return Known(row["id"], *(row[name] for name in names))
