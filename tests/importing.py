"""Brings what others kept into an archive without the command line, and says what an archive holds."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.home import Home
from archive.imports.intake import Account, Given, Intake
from archive.imports.kinds import kind_of
from archive.imports.placing import Placer, Taken
from archive.imports.readers import read
from archive.imports.records import Record
from archive.ingest import Ingest
from archive.models import Counts, Source, stamp
from archive.revise import Reviser
from archive.store import Store

NOW = datetime(2031, 7, 1, tzinfo=UTC)


class Nobody:
    """A catalogue without outlets."""

    def of(self, url: str, every: bool) -> Source | None:
        return None

    def named(self, name: str) -> Source | None:
        return None


def bring(home: Home, *paths: Path) -> Account:
    """Import files or folders in one run."""
    home.path.mkdir(parents=True, exist_ok=True)
    with closing(Store(home.database, write=True)) as store:
        with store.transaction():
            run = store.begin_run(stamp(NOW), [], "import")
        known = {name: store.source(name) for name in store.source_rows()}
        ingest = Ingest(home, known, run, "tests")
        ingest.start()
        intake = Intake(home, store, ingest, Nobody(), known, Given(), NOW)
        try:
            for path in paths:
                read(path, kind_of(path), intake)
            intake.settle()
        finally:
            ingest.close()
        with store.transaction():
            store.finish_run(run, stamp(NOW), "done", 0, None)
        return intake.account


def place(home: Home, *records: Record) -> list[Taken]:
    """Keep records in one transaction, without a worker."""
    home.path.mkdir(parents=True, exist_ok=True)
    with closing(Store(home.database, write=True)) as store, store.transaction():
        if store.fictional() is None:
            store.set_fictional(False)
        run = store.begin_run(stamp(NOW), [], "import")
        taken = Placer(Reviser(store), run, Counts()).take(records, stamp(NOW))
        store.finish_run(run, stamp(NOW), "done", 0, None)
        return taken


# what is shown to people or found by them, and what that follows from; in an order that does not depend on numbers
_HELD = {
    "articles": "select * from articles order by id",
    "addresses": "select * from addresses order by url_key",
    "revisions": "select * from revisions where number is not null order by id",
    "captures": "select * from captures where id in (select capture from capture_articles) order by id",
    "capture_articles": "select capture, article, position, reading is null as gone from capture_articles order by 1, 2",
    **{
        table: f"select * from {table} order by article, position, rowid"
        for table in ("links", "media", "quotes", "entries")
    },
    "hidden_blocks": "select * from hidden_blocks order by article, position",
    "blocks": "select c.article, c.capture, b.* from capture_articles c join blocks b on b.reading = c.reading"
    " order by 1, 2, b.position",
    "copies": "select * from copies order by article, other",
    "shared_quotations": "select * from shared_quotations order by article, other, start",
    "stories": "select * from stories order by id",
    "figures": "select * from figures order by article, revision, position, claimed_by, series, category, as_of, total",
    "figures_unread": "select * from figures_unread order by article, revision, position, sentence",
    "search_text": "select * from search_text order by article",
    "found": "select rowid, rank from search_text_fts where search_text_fts match 'harbour' order by 1",
    "earlier": "select rowid from earlier_texts_fts where earlier_texts_fts match 'harbour' order by 1",
    "days": "select * from days order by source, day",
    "sources": "select * from sources where id in (select source from articles) order by id",
    "restricted": "select * from restricted order by article",
}
# how an outlet was when it was crawled, where the raw pages lie, and numbers that nothing leads to
_OWN = {
    "sources": {"state", "state_reason", "last_success", "failures", "next_try", "unfinished"},
    "captures": {"run", "custody"},
    "blocks": {"reading"},
    "figures": {"id", "taken"},
}
_RAW = {"captures": {"kind", "warc_file", "warc_offset"}, "articles": {"extractor", "proof"}}


def held(home: Home, raw: bool = True) -> dict[str, list[dict[str, Any]]]:
    """What an archive holds, by table; without ``raw`` what tells a text with its page from one without is left out."""
    with closing(Store(home.database)) as store:
        found = {}
        for table, sql in _HELD.items():
            left_out = _OWN.get(table, set()) | (set() if raw else _RAW.get(table, set()))
            rows = store.rows(sql)
            found[table] = [{name: value for name, value in row.items() if name not in left_out} for row in rows]
        return found


def named(home: Home) -> dict[str, list[str]]:
    """What an archive holds without a number: articles by address and part, captures by address and moment."""
    found = held(home)
    articles = {row["id"]: f"{row['url']} {row['part']}" for row in found["articles"]}
    captures = {row["id"]: f"{row['url_key']} {row['fetched_at']} {row['status']}" for row in found["captures"]}
    revisions = {row["id"]: f"{articles[row['article']]} {row['number']}" for row in found["revisions"]}
    numbers = {
        "article": articles, "other": articles, "story": articles, "capture": captures, "first_capture": captures,
        "confirms": captures, "revision": revisions,
    }  # fmt: skip
    own = {"articles": articles, "captures": captures, "revisions": revisions, "stories": articles}
    left_out = {"warc_file", "warc_offset"}
    out: dict[str, list[str]] = {}
    for table, rows in found.items():
        if table in ("found", "earlier"):  # of numbers alone
            out[table] = [str(len(rows))]
            continue
        said = []
        for row in rows:
            values = {name: numbers[name].get(v, v) if name in numbers else v for name, v in row.items()}
            if row.get("outcome") == "not_modified":  # such a record has no headers
                values |= {"etag": None, "last_modified": None}
            if "id" in row and table in own:
                values["id"] = own[table][row["id"]]
            if row.get("relation") not in ("contains", "template_series") and str(values.get("other")) < str(
                values.get("article")
            ):  # of a pair that is none of holder and held, the lower number stands first
                pairs = [
                    (name, f"other_{name}" if name != "article" else "other") for name in ("article", "start", "stop")
                ]
                for one, two in pairs:
                    if two in values:
                        values[one], values[two] = values[two], values[one]
            said.append(repr({name: v for name, v in sorted(values.items()) if name not in left_out}))
        out[table] = sorted(said)
    return out
