"""Files that others kept, from the file to the article and back: texts, Markdown, tables, saved pages."""

from __future__ import annotations

import csv
import errno
import gzip
import hashlib
import io
import itertools
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive import warc
from archive.home import Home
from archive.imports.intake import Given
from archive.imports.run import Result, bring_in
from archive.imports.singlefile import saved
from archive.ingest import Ingest
from archive.models import Exchange, Position, Source
from archive.rebuild import rebuild
from archive.store import Store
from archive.verify import verify
from crawler.importing import Catalogued
from tests.crawling import command, contents, rows
from tests.holding import Reader
from tests.keeping import source
from tests.prose import prose
from tests.test_plain import FIGURES, OTHER, SONGS, STRIKE, TITLE, apart

WRITTEN = datetime(2025, 5, 2, 9, 30, tzinfo=UTC)
SIDEBAR = [
    "Share the Post:",
    "Fenmark Institute",
    "Lighthouses are among the oldest buildings of every coast, and few of them are kept as they were built. Those"
    " who looked after their lamps left diaries that nobody has printed.",
    "Our institute collects these diaries and reads them with pupils of the islands, who find their own families in"
    " them and ask their elders for more.",
]


def brought(home: Home, *paths: Path, known: Sequence[Source] = (), **options: Any) -> Result:
    """An import as the command makes it, with a catalogue of these sources."""

    class Outlet:
        def __init__(self, one: Source) -> None:
            self.source, self.hosts = one, [one.homepage.split("/")[2]]

    given = Given(**options)
    home.path.mkdir(parents=True, exist_ok=True)
    outlets: Any = {one.id: Outlet(one) for one in known}
    sources = Catalogued(outlets, given.source, given.zone, given.language)
    return bring_in(home, paths, given, sources, known)


def written(path: Path, content: str | bytes, at: datetime = WRITTEN) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def articles(home: Home) -> list[dict[str, Any]]:
    return rows(home, "select * from articles order by url, part")


def kept(home: Home) -> list[Exchange]:
    """What lies in the WARC files, by the captures' rows, in the order of the names of its files."""
    found = rows(home, "select warc_file, warc_offset from captures order by id")
    exchanges = (warc.read(home.warc, Position(row["warc_file"], row["warc_offset"])) for row in found)
    return sorted(exchanges, key=lambda exchange: exchange.file or "")


def aggregated(folder: Path) -> list[Path]:
    """Three texts of one aggregator with one sidebar; the first holds two stories."""
    head = ["April 20, 2031", "Ministry: 70 enemy soldiers lost in a day", "Defence Ministry", "April 20, 2031"]
    one = apart(*head, "\n".join(FIGURES), OTHER, *SONGS, *SIDEBAR)
    two = apart("April 26, 2031", TITLE, "Ministry of Ports", *STRIKE, *SIDEBAR)
    three = apart("April 27, 2031", "Lamps of Fenmark are lit again", *prose(5).split("\n"), *SIDEBAR)
    return [written(folder / f"{n}.txt", text) for n, text in enumerate((one, two, three))]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_titles_days_parts_and_repeated_blocks_come_out_of_texts_alone(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    home, files = Home(tmp_path / "home"), aggregated(tmp_path / "texts")
    result = brought(home, *(files[n] for n in order), source="Coast Digest")
    assert result.exit_code == 0
    found = {row["title"]: row for row in articles(home)}
    report, songs, strike = (found[title] for title in ("Ministry: 70 enemy soldiers lost in a day", OTHER, TITLE))
    assert [row["published_day"] for row in (report, songs, strike)] == ["2031-04-20", None, "2031-04-26"]
    assert [(row["url"], row["part"]) for row in (report, songs)] == [(report["url"], 1), (report["url"], 2)]
    assert songs["text"] == apart(*SONGS)
    assert strike["text"] == apart(*STRIKE)
    assert {row["proof"] for row in found.values()} == {"file"}
    assert {row["source"] for row in found.values()} == {"coast-digest"}
    hidden = rows(home, "select text, reason, documents from hidden_blocks where article = ?", strike["id"])
    assert {(row["text"], row["reason"], row["documents"]) for row in hidden} >= {(line, "repeated", 3) for line in SIDEBAR[1:]}  # fmt: skip


def test_a_second_import_changes_nothing_and_a_rebuild_reads_the_same(tmp_path: Path) -> None:
    home, files = Home(tmp_path / "home"), aggregated(tmp_path / "texts")
    brought(home, *files, source="digest")
    before = contents(home)
    copy = tmp_path / "copied" / "renamed.txt"
    copy.parent.mkdir()
    shutil.copy(files[0], copy)  # elsewhere, by another name, written later
    result = brought(home, *files, copy, source="digest")
    assert "4 already here" in result.summary
    assert contents(home) == before
    with home.writing():
        done = rebuild(home)
    assert done.problems == ()
    assert "0 texts changed" in done.summary
    assert contents(home) == before


def test_the_bytes_are_kept_as_a_resource_and_verified(tmp_path: Path) -> None:
    home, files = Home(tmp_path / "home"), aggregated(tmp_path / "texts")
    brought(home, *files, source="digest", zone="Europe/Kyiv")
    assert [one.body for one in kept(home)] == [path.read_bytes() for path in files]
    assert [one.file for one in kept(home)] == ["0.txt", "1.txt", "2.txt"]
    assert [one.fetched_at for one in kept(home)] == [WRITTEN] * 3
    [name] = home.warc.iterdir()
    with name.open("rb") as file:
        found = [(r.rec_type, r.rec_headers.get_header("Content-Type")) for r in ArchiveIterator(file)]
    assert found[1:] == [("resource", "text/plain; charset=utf-8; zone=Europe/Kyiv")] * 3
    assert "2031-04-19T21:00:00Z" in [article["published"] for article in articles(home)]
    assert verify(home).total == 0


def test_what_a_killed_import_left_in_its_file_is_kept_by_the_next_run(tmp_path: Path) -> None:
    home, [path, *_] = Home(tmp_path / "home"), aggregated(tmp_path / "texts")
    brought(home, written(tmp_path / "first.txt", apart(OTHER, *SONGS)), source="digest")
    writer = warc.Writer(home.warc, "tests")
    left = Exchange(
        "urn:sha256:" + "0" * 64, "digest", "imported", WRITTEN, 200, (("Content-Type", "text/plain"),),
        path.read_bytes(), file="звіт #1.txt",
    )  # fmt: skip
    writer.write(left, None)
    writer.leave()
    ingest = Ingest(home, {}, None, "tests")
    ingest.start()
    ingest.close()
    assert [one.file for one in kept(home)] == ["first.txt", "звіт #1.txt"]
    assert len(articles(home)) == 3


def test_a_file_that_was_changed_is_another_revision_where_its_address_is_given(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    address = "https://coast.example/{name}"
    path = written(tmp_path / "strike.txt", apart(TITLE, *STRIKE))
    brought(home, path, source="digest", url=address)
    written(path, apart(TITLE, *STRIKE[:-1], "Nobody thanked the mediator."), datetime(2025, 5, 3, tzinfo=UTC))
    brought(home, path, source="digest", url=address)
    [article] = articles(home)
    assert (article["url"], article["revisions"]) == ("https://coast.example/strike", 2)
    # an older state of it opens an earlier revision, in its place
    older = written(tmp_path / "old" / "strike.txt", apart(TITLE, *STRIKE[:-1]))
    brought(home, older, source="digest", url=address, at=datetime(2025, 5, 1, tzinfo=UTC))
    found = rows(home, "select text, seen_from from revisions where article = ? order by number", article["id"])
    assert [row["seen_from"][:10] for row in found] == ["2025-05-01", "2025-05-02", "2025-05-03"]


MARKDOWN = f"""---
title: Pilots are back at work
author: [Anna Holm, Ben Oake]
date: 2031-04-20 14:30
url: https://coast.example/pilots
tags: [harbour, strike]
lang: en
---

# Pilots are back at work

{STRIKE[0]} More is in [the agreement](https://coast.example/agreement).

![A crane](https://coast.example/crane.jpg)

## Twelve more by autumn

- teams of **four**
- paid _twice_ by night

> We are glad that the cranes are moving again, and nobody wanted this to last any longer than it did.
> — Teodor Malk

{STRIKE[3]}
"""


def test_markdown_brings_its_fields_links_and_pictures(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    coast = source("coast", timezone="Europe/Kyiv")
    brought(home, written(tmp_path / "a.md", MARKDOWN), known=[coast])
    [article] = articles(home)
    assert (article["title"], article["url"], article["source"]) == (
        "Pilots are back at work", "https://coast.example/pilots", "coast",
    )  # fmt: skip
    assert (article["published"], article["published_from"]) == ("2031-04-20T11:30:00Z", "file")
    assert json.loads(article["authors"]) == ["Anna Holm", "Ben Oake"]
    assert json.loads(article["tags"]) == ["harbour", "strike"]
    lines = article["text"].split("\n")
    assert "teams of four" in lines
    assert lines[0] == f"{STRIKE[0]} More is in the agreement."
    assert article["text"].count("Pilots are back at work") == 0
    assert rows(home, "select url, text from links") == [
        {"url": "https://coast.example/agreement", "text": "the agreement"}
    ]
    assert rows(home, "select url, alt from media") == [{"url": "https://coast.example/crane.jpg", "alt": "A crane"}]


def test_lines_of_fields_at_the_head_of_a_text_are_its_fields(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    text = f"Title: {TITLE}\nURL: https://coast.example/7\nDate: 20 April 2031\nAuthor: Anna Holm\n\n{apart(*STRIKE)}"
    brought(home, written(tmp_path / "a.txt", text), known=[source("coast")])
    [article] = articles(home)
    assert (article["title"], article["url"], article["published_day"], article["byline"]) == (
        TITLE, "https://coast.example/7", "2031-04-20", "Anna Holm",
    )  # fmt: skip
    assert article["text"] == apart(*STRIKE)


def test_front_matter_that_would_grow_without_bounds_is_text(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]" for p, c in itertools.pairwise("abcdefgh"))  # fmt: skip
    brought(home, written(tmp_path / "a.md", f"---\n{bomb}\n---\n\n# {TITLE}\n\n{apart(*STRIKE)}"), source="digest")
    [article] = articles(home)
    assert STRIKE[0] in article["text"]
    assert "a: &a [x,x" in article["text"]


def table(records: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(records)
    return out.getvalue()


COLUMNS = ["id", "Title", "URL", "published_at", "Author", "content", "source", "scraped_at"]


def row(number: int, **fields: str) -> list[str]:
    values = {
        "id": str(number),
        "Title": f"{TITLE} ({number})",
        "URL": f"https://coast.example/{number}",
        "published_at": f"2031-04-{number:02}T06:00:00+03:00",
        "Author": "Anna Holm",
        "content": apart(*prose(number).split("\n")),
        "source": "coast",
        "scraped_at": f"2025-04-{number:02}T12:00:00Z",
    }
    return list({**values, **fields}.values())


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8")])
def test_each_row_of_a_table_is_an_article_kept_by_its_own_bytes(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    home = Home(tmp_path / "home")
    content = table([COLUMNS, row(3), row(4), row(5)], delimiter).encode(encoding)
    path = written(tmp_path / "coast.csv", content)
    assert brought(home, path, known=[source("coast")]).exit_code == 0
    found = articles(home)
    assert [a["title"] for a in found] == [f"{TITLE} ({n})" for n in (3, 4, 5)]
    assert [a["url"] for a in found] == [f"https://coast.example/{n}" for n in (3, 4, 5)]
    assert [a["published"] for a in found] == [f"2031-04-{n:02}T03:00:00Z" for n in (3, 4, 5)]
    assert [a["first_seen"] for a in found] == [f"2025-04-{n:02}T12:00:00.000Z" for n in (3, 4, 5)]
    assert [a["text"] for a in found] == [apart(*prose(n).split("\n")) for n in (3, 4, 5)]
    records = kept(home)
    assert [one.file for one in records] == [f"coast.csv#row={n}" for n in (1, 2, 3)]
    names, _, rest = content.partition(b"\n")
    assert [one.body[: len(names)] for one in records] == [names] * 3
    assert b"".join(one.body[len(names) + 1 :] for one in records) == rest
    before = contents(home)
    brought(home, path, known=[source("coast")])
    assert contents(home) == before


def test_a_table_in_another_encoding_is_read_by_what_the_whole_file_looks_like(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    text = (
        "Лоцмани порту знову працюють після страйку, що тривав дев'ять днів, повідомило управління порту в понеділок."
    )
    content = table([["title", "text"], ["Лоцмани повернулися", text], ["Новини", text * 2]]).encode("cp1251")
    brought(home, written(tmp_path / "a.csv", content), source="digest", language="uk")
    assert [a["text"] for a in articles(home)] == [text, text * 2]
    assert [one.header("content-type") for one in kept(home)] == ["text/csv; charset=cp1251; language=uk"] * 2


def test_a_row_whose_quotes_never_close_costs_itself(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    content = table([COLUMNS, row(3), row(4, content="")]) + '9,"never closed,https://coast.example/9,,,'
    result = brought(home, written(tmp_path / "a.csv", content), known=[source("coast")])
    assert result.exit_code == 1
    assert [line.split(": ")[1] for line in result.problems] == [
        "row 2 holds no text",
        "row 3 has quotes that do not close as they should (unexpected end of data)",
    ]
    assert [a["url"] for a in articles(home)] == ["https://coast.example/3"]


def test_a_row_of_many_paragraphs_behind_a_short_one_is_one_article(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    long = apart(*(line for n in range(5, 25) for line in prose(n).split("\n")))
    content = table([COLUMNS, row(3, content=STRIKE[0]), row(4, content=long), row(5)])
    result = brought(home, written(tmp_path / "a.csv", content), known=[source("coast")])
    assert (result.exit_code, result.problems) == (0, ())
    assert [a["text"] for a in articles(home)] == [STRIKE[0], long, apart(*prose(5).split("\n"))]


def test_the_name_of_a_file_may_hold_what_parts_it_from_a_row(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    path = written(tmp_path / "pier #2.txt", apart(TITLE, *STRIKE))
    brought(home, path, source="digest", url="https://coast.example/{name}")
    assert [a["url"] for a in articles(home)] == ["https://coast.example/pier%20%232"]


def test_rows_of_sources_that_nobody_knows_come_with_all_alone(tmp_path: Path) -> None:
    content = table([COLUMNS, row(3), row(4, URL="", source="Fenmark Herald")])
    path = written(tmp_path / "a.csv", content)
    home = Home(tmp_path / "known")
    result = brought(home, path, known=[source("coast")])
    assert "1 of no source that is known" in result.summary
    assert [a["source"] for a in articles(home)] == ["coast"]
    home = Home(tmp_path / "all")
    brought(home, path, known=[source("coast")], every=True)
    known, made = articles(home)
    assert (known["source"], made["source"]) == ("coast", "fenmark-herald")
    assert made["url"].startswith("urn:sha256:")


@pytest.mark.parametrize("packed", [False, True])
def test_json_lines_of_others_are_articles_and_a_damaged_line_is_counted(tmp_path: Path, packed: bool) -> None:
    home = Home(tmp_path / "home")
    records = [
        {"headline": TITLE, "maintext": apart(*STRIKE), "url": "https://coast.example/1", "date_publish": 1934508600,
         "authors": [{"name": "Anna Holm"}], "language": "en", "keywords": ["harbour"], "description": STRIKE[0]},
        {"title": OTHER, "body": "".join(f"<p>{p}</p>" for p in SONGS), "link": "https://coast.example/2",
         "pubDate": "Sun, 20 Apr 2031 06:00:00 GMT", "author": "Ben Oake"},
    ]  # fmt: skip
    first, second = (json.dumps(record, ensure_ascii=False).encode() for record in records)
    content = first + b"\n{broken\n\n" + second + b"\n[1, 2]\n"
    path = written(tmp_path / "a.jsonl", gzip.compress(content) if packed else content)
    result = brought(home, path, known=[source("coast")], kind="jsonl")
    assert result.exit_code == 1
    assert list(result.problems) == [
        f"a.jsonl at {len(first) + 1}: line 2 is no JSON record",
        f"a.jsonl at {len(content) - 7}: line 5 is no JSON record",
    ]
    one, two = articles(home)
    assert (one["published"], one["byline"], one["summary"]) == ("2031-04-21T03:30:00Z", "Anna Holm", STRIKE[0])
    assert one["text"] == apart(*STRIKE[1:])
    assert (two["title"], two["text"], two["published"]) == (OTHER, apart(*SONGS), "2031-04-20T06:00:00Z")
    assert [exchange.body for exchange in kept(home)] == [first, second]


@pytest.mark.parametrize("listed", [False, True])
def test_a_record_over_many_lines_and_a_list_of_them_are_articles(tmp_path: Path, listed: bool) -> None:
    home = Home(tmp_path / "home")
    one = {"title": TITLE, "maintext": apart(*STRIKE), "url": "https://coast.example/1", "source_domain": "coast"}
    two = {"title": OTHER, "maintext": apart(*SONGS), "url": "https://coast.example/2", "authors": ["Ben Oake"]}
    pieces = [json.dumps(record, indent=2) for record in ([one, two] if listed else [one])]
    text = "[\n" + ",\n".join(pieces) + "\n]\n" if listed else pieces[0]
    path = written(tmp_path / "a.json", text)
    manifest = written(
        tmp_path / "x.manifest.json", json.dumps({"format": "csv", "counts": {}, "files": {}}, indent=2)
    )
    result = brought(home, path, manifest, known=[source("coast")])
    assert (result.exit_code, "1 the manifest of an export" in result.summary) == (0, True)
    assert [a["title"] for a in articles(home)] == ([TITLE, OTHER] if listed else [TITLE])
    assert [exchange.body.decode() for exchange in kept(home)] == pieces


PAGE = f"""<!DOCTYPE html> <html lang=en><!--
 Page saved with SingleFile
 url: https://coast.example/pilots?utm_source=mail
 saved date: Fri May 02 2025 11:06:07 GMT+0200 (Central European Summer Time)
--><meta charset=utf-8><title>{TITLE} - Coast</title><meta property=og:title content="{TITLE}">
<body><article><h1>{TITLE}</h1>{"".join(f"<p>{p}</p>" for p in STRIKE)}</article></body></html>"""


def test_a_page_saved_with_singlefile_says_itself_where_and_when(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    path = written(tmp_path / "Pilots (5_2_2025 11-06-07 AM).html", PAGE)
    assert brought(home, path, known=[source("coast")]).exit_code == 0
    [article] = articles(home)
    assert (article["title"], article["text"], article["proof"]) == (TITLE, apart(*STRIKE), "file")
    assert article["first_seen"] == "2025-05-02T09:06:07.000Z"
    assert article["url"].startswith("https://coast.example/pilots")
    [exchange] = kept(home)
    assert exchange.body == PAGE.encode()
    assert verify(home).total == 0
    before = contents(home)
    brought(home, path, known=[source("coast")])
    assert contents(home) == before


def test_the_article_page_and_its_record_say_that_a_file_was_handed_over(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    brought(home, written(tmp_path / "a.txt", apart(TITLE, *STRIKE)), source="digest")
    answers = Reader(home.database).get("/article/1", "/article/1/integrity", "/article/1/integrity.txt")
    article, record, text = (answer.text for answer in answers)
    assert "From a file that was handed over" in article
    assert all("a file that was handed over" in page and "HTTP 200" not in page for page in (article, record, text))
    assert 'href="urn:' not in article + record


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ("<!-- saved from url=(0028)https://coast.example/one/ -->", "https://coast.example/one/"),
        ('<link rel="canonical" href="https://coast.example/two">', "https://coast.example/two"),
        ('<meta property="og:url" content="https://coast.example/three">', "https://coast.example/three"),
        ("<!-- Page saved with SingleFile url: javascript:alert(1) saved date: -->", None),
        ("<!-- Page saved with SingleFile url: " + "x" * 9000 + " -->", None),
        ('<link rel="canonical" href="/four">', None),
    ],
)
def test_where_a_saved_page_stood_is_believed_where_it_is_an_address(head: str, url: str | None) -> None:
    assert saved(f"<!doctype html><html><head>{head}</head><body></body></html>".encode()).url == url


def test_what_is_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    files = [
        written(tmp_path / "a.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 40),
        written(tmp_path / "b.csv", "id,name\n1,x\n"),
        written(tmp_path / "c.txt", b"x" * (17 << 20)),
    ]
    result = brought(home, *files, source="digest")
    assert result.exit_code == 1
    assert len(result.problems) == 3
    assert all("\n" not in line for line in result.problems)
    assert articles(home) == []


def test_what_is_wrong_with_a_file_of_no_use_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    mail = b"Received: from mail.coast.example\r\nSubject: Ferry\r\nMIME-Version: 1.0\r\n\r\nRmVycnk=\r\n"
    files = [
        written(tmp_path / "a.eml", mail),
        written(tmp_path / "b.csv", "title\ttext\turl\nFerry\tIt sails.\t\n".encode("utf-16")),
        written(tmp_path / "c.csv.gz", gzip.compress(b"title,text\n" + (b"a," + b"b" * 50_000 + b"\n") * 200)),
        written(tmp_path / "d.jsonl", b'{"title": "x", "text": "' + b"x" * (17 << 20) + b'"}\n{"title": "x"}\n'),
    ]
    result = brought(home, *files, source="digest")
    assert result.exit_code == 1
    assert [line.split(": ", 1)[1] for line in result.problems] == [
        "an e-mail: save its text, or the page that it leads to",
        "a table in UTF-16: save it as UTF-8",
        "packed more than 200 to 1: no table is",
        "line 1 is longer than 16 MiB",
        "line 2 holds no text",
    ]


NO_ADDRESS = ["http://[::1", "https://coast.example:99999/4", "https://coast.example/\ud83d"]


@pytest.mark.parametrize("address", NO_ADDRESS)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_record_whose_address_is_none_costs_itself(tmp_path: Path, name: str, address: str) -> None:
    home = Home(tmp_path / "home")
    records = [dict(zip(COLUMNS, row(n), strict=True)) for n in (3, 4, 5)]
    records[1]["URL"] = address
    lines = "\n".join(map(json.dumps, records)) if name == "a.jsonl" else json.dumps(records, indent=1)
    result = brought(home, written(tmp_path / name, lines), known=[source("coast")], every=True)
    assert result.exit_code == 1
    [line] = result.problems
    assert line.startswith(f"{name} at ") and " 2 has no address: http" in line
    assert [a["url"] for a in articles(home)] == ["https://coast.example/3", "https://coast.example/5"]


def test_half_a_character_is_one_that_cannot_be_read(tmp_path: Path) -> None:
    home, half = Home(tmp_path / "home"), "\ud83d"
    fields: dict[str, object] = {"title": f"{TITLE} {half}", "author": f"Anna {half}", "language": half}
    given = fields | {"tags": [half], "source": f"Coast {half}"}
    record = json.dumps(given | {"text": f"{apart(*STRIKE)} {half}", "url": "https://coast.example/3"})
    front = "\n".join(f"{name}: {json.dumps(value)}" for name, value in given.items())
    files = [
        written(tmp_path / "a.jsonl", f"{record}\n"),
        written(tmp_path / "b.md", f"---\n{front}\nurl: https://coast.example/4\n---\n\n{apart(*SONGS)}\n"),
        written(tmp_path / "c.txt", apart(OTHER, *SONGS)),
    ]
    result = brought(home, *files, source="digest")
    assert (result.exit_code, result.problems) == (0, ())
    assert [a["title"] for a in articles(home)] == [f"{TITLE} \ufffd"] * 2 + [OTHER]
    assert articles(home)[0]["text"] == f"{apart(*STRIKE)} \ufffd"
    before = contents(home)
    with home.writing():
        assert "0 texts changed" in rebuild(home).summary
    assert contents(home) == before


def test_the_name_of_a_file_need_be_no_utf_8(tmp_path: Path) -> None:
    home, name = Home(tmp_path / "home"), os.fsdecode(b"m\xff")
    files = [
        written(tmp_path / f"{name}.txt", apart(TITLE, *STRIKE)),
        written(tmp_path / f"{name}.jsonl", '{"text": "Too"}\n{"text": \n'),
        written(tmp_path / "zz.txt", apart(OTHER, *SONGS)),
    ]
    result = brought(home, *files, source="digest", url="https://coast.example/{name}")
    assert (result.exit_code, len(result.problems)) == (1, 1)
    assert sorted(one.file or "" for one in kept(home)) == ["m\\udcff.jsonl#line=1", "m\\udcff.txt", "zz.txt"]
    [run] = rows(home, "select status, message from runs")
    assert run == {"status": "done", "message": "m\\udcff.jsonl at 16: line 2 is no JSON record"}


@pytest.mark.parametrize("at", ["2025-04-03T12:00:00Z", ""])
def test_stories_of_one_page_are_no_edits_of_each_other(tmp_path: Path, at: str) -> None:
    home = Home(tmp_path / "home")
    two = [row(3, scraped_at=at), row(4, URL="https://coast.example/3", scraped_at=at)]
    path = written(tmp_path / "a.csv", table([COLUMNS, *two, two[0]]))
    for summary in ("2 kept: 2 new; passed over: 1 already here", "0 kept; passed over: 3 already here"):
        assert summary in brought(home, path, known=[source("coast")]).summary
        first, second = articles(home)
        assert (first["url"], first["title"]) == ("https://coast.example/3", f"{TITLE} (3)")
        assert second["url"].startswith("urn:sha256:") and second["title"] == f"{TITLE} (4)"
        assert (first["revisions"], second["revisions"]) == (1, 1)


def test_the_further_stories_of_a_page_are_told_by_what_a_file_says(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for n, text in enumerate((STRIKE, SONGS), 1):
        front = f"---\ntitle: Ferry {n}\nurl: https://coast.example/3\npart: {n}\n---\n\n"
        brought(home, written(tmp_path / f"{n}.md", front + apart(*text)), source="digest")
    assert [(a["title"], a["revisions"]) for a in articles(home)] == [("Ferry 1", 1), ("Ferry 2", 1)]


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_an_export_of_ours_changes_nothing_where_it_comes_from(tmp_path: Path, form: str) -> None:
    home, url = Home(tmp_path / "home"), "https://coast.example/3"
    at = "2025-04-03T12:00:00.123Z"
    edited = row(3, content=apart(*SONGS), scraped_at="2025-04-04T12:00:00.456Z")
    content = table([COLUMNS, row(3, scraped_at=at), edited, row(5, URL="")])
    text = written(tmp_path / "b.txt", apart("April 20, 2031", OTHER, *SONGS, TITLE, "April 21, 2031", *STRIKE))
    brought(home, written(tmp_path / "a.csv", content), text, source="digest")
    assert [a["first_seen"] for a in articles(home) if a["url"] == url] == [at]
    assert [a["revisions"] for a in articles(home) if a["url"] == url] == [2]
    before = contents(home)
    assert command("export", form, str(tmp_path / "out"), "--home", str(home.path)).returncode == 0
    result = brought(home, tmp_path / "out", every=True)
    assert (result.exit_code, result.problems) == (0, ())
    assert result.summary.startswith(f"run {result.run} done: 0 kept; passed over: {len(before['articles'])} already")
    assert contents(home) == before
    # changed by hand, it is another text
    if form == "csv":
        path = tmp_path / "out"
        path.write_bytes(path.read_bytes().replace(SONGS[0].encode(), b"Nobody sang."))
        assert "kept" in brought(home, path, every=True).summary
        assert "Nobody sang." in "".join(r["text"] for r in rows(home, "select text from revisions"))


def test_the_standfirst_of_our_own_tables_stands_above_their_text(tmp_path: Path) -> None:
    home, text, above = Home(tmp_path / "home"), apart(*STRIKE), apart(*SONGS[:2])
    names = ["title", "summary", "description", "text", "text_sha256", "url"]
    digest = hashlib.sha256(text.encode()).hexdigest()
    rest = [above, "On a strike", text, digest, "https://coast.example/3"]
    other = [above, "", prose(5), "", "https://coast.example/4"]
    path = written(tmp_path / "a.csv", table([names, ["Ferry", *rest], ["Others", *other]]))
    brought(home, path, source="digest")
    ours, others = articles(home)
    assert (ours["summary"], ours["description"], ours["text_sha256"]) == (above, "On a strike", digest)
    assert others["summary"] is None


def test_what_says_that_it_is_fictional_comes_into_a_demo_alone(tmp_path: Path) -> None:
    real, demo = Home(tmp_path / "real"), Home(tmp_path / "demo")
    invented = written(tmp_path / "a.md", f"---\ntitle: Ferry\nfictional: true\n---\n\n{apart(*SONGS)}\n")
    text = written(tmp_path / "b.txt", apart(TITLE, *STRIKE))
    assert brought(real, text, source="digest").exit_code == 0
    result = brought(real, invented, text, source="digest")
    assert result.problems == (f"{invented}: a real archive and a demo are never merged",)
    assert [a["title"] for a in articles(real)] == [TITLE]
    assert brought(demo, invented, source="digest").exit_code == 0
    assert rows(demo, "select value from home where key = 'fictional'") == [{"value": "yes"}]


@pytest.mark.parametrize("quoted", ['"never closed,', '"closed" too early,', '"a ""b"" "c,'])
def test_quotes_that_do_not_close_cost_their_row_and_no_other(tmp_path: Path, quoted: str) -> None:
    home = Home(tmp_path / "home")
    records = [table([COLUMNS]), table([row(3)]), f"4,{quoted}https://coast.example/4,,,x,coast,\n"]
    content = "".join([*records, *(table([row(n)]) for n in (5, 6)), "7,of,another,width\n"])
    result = brought(home, written(tmp_path / "a.csv", content), known=[source("coast")])
    assert result.exit_code == 1
    assert result.problems[0].startswith(
        f"a.csv at {len(''.join(records[:2]).encode())}: row 2 has quotes that do not close as they should"
    )
    assert [a["url"].rpartition("/")[2] for a in articles(home)] == ["3", "5", "6"]


def test_quotes_that_never_close_are_not_read_again_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.imports.tables._AGAIN", 2000)
    home = Home(tmp_path / "home")
    content = table([["title", "text"], ["Ferry", STRIKE[0]]]) + 'a","\n' * 200
    result = brought(home, written(tmp_path / "a.csv", content), source="digest")
    assert 1 < len(result.problems) < 10
    assert [a["title"] for a in articles(home)] == ["Ferry"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_lines_of_nothing_are_counted_where_they_are_unpacked(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / "home")
    first = "title,text\nFerry,It sails.\n" if name.endswith("csv") else '{"title": "Ferry", "text": "It sails."}\n'
    file = written(tmp_path / f"{name}.gz", gzip.compress(first.encode() + b"\n" * (8 << 20)))
    assert brought(home, file, source="digest").problems == (f"{file}: packed more than 200 to 1: no table is",)


def test_a_folder_that_cannot_be_listed_is_named_and_the_rest_comes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, texts = Home(tmp_path / "home"), tmp_path / "texts"
    aggregated(texts)
    aggregated(texts / "closed")
    scan = os.scandir

    def scanned(path: Any) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scanned)
    result = brought(home, texts, source="digest")
    assert result.exit_code == 1
    assert result.problems == (f"{texts}: folders that cannot be listed (1): {texts / 'closed'}",)
    assert len(kept(home)) == 3


def test_a_text_in_utf_16_is_read_and_verified(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    text = apart(TITLE, *STRIKE)
    for n, encoding in enumerate(("utf-16", "utf-8")):
        brought(home, written(tmp_path / f"{n}.txt", text.encode(encoding)), source="digest")
    one, two = articles(home)
    assert one["title"] == TITLE
    assert one["text"] == two["text"]
    assert verify(home).total == 0


def test_the_command_takes_a_new_source_by_its_name_and_doubts_a_misspelt_one(tmp_path: Path) -> None:
    files = [str(path) for path in aggregated(tmp_path / "texts")]
    home = tmp_path / "home"
    done = command("import", *files, "--source", "Coast Digest", "--home", str(home))
    assert (done.returncode, "3 new" in done.stdout) == (0, True), done.stderr
    shown = command("show", "1", "--home", str(home))
    assert "file" in shown.stdout
    done = command("import", *files, "--source", "president-ukrain", "--home", str(home))
    assert done.returncode == 2
    assert "did you mean" in done.stderr


SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"


@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"the seed texts are not at {SEEDS}")
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 2, 3, 0, 1)])
def test_the_five_real_texts_come_out_as_people_read_them(tmp_path: Path, order: tuple[int, ...]) -> None:
    home = Home(tmp_path)
    files = [next(SEEDS.glob(f"{n:03}_*.txt")) for n in order]
    assert brought(home, *files, source="seeds").exit_code == 0
    found = {one["part"] * 10 + order[place]: one for place, one in _by_file(home, files)}
    assert sorted(found) == [10, 11, 12, 13, 14, 20]
    assert [found[n]["published_day"] for n in (10, 20, 11, 12, 13, 14)] == [
        "2023-04-20", None, None, "2024-01-26", None, "2023-06-13",
    ]  # fmt: skip
    beginnings = {10: "Ukraine Defense Ministry:", 20: "NATO Secretary-General", 12: "Russian Ministry of Defense:",
                  13: "NATO Secretary General", 14: "NATO chief says"}  # fmt: skip
    assert all(found[n]["title"].startswith(beginning) for n, beginning in beginnings.items())
    for number in range(5):
        lines = [" ".join(line.split()) for line in files[order.index(number)].read_text("utf-8").splitlines()]
        text = " ".join(" ".join(found[n]["text"].split()) for n in (10 + number, 20 + number) if n in found)
        after = lines.index("Share the Post:") if "Share the Post:" in lines else len(lines)
        titles = {found[n]["title"] for n in (10 + number, 20 + number) if n in found} | {"To News and Stories"}
        credits = {"April 20, 2023", "January 26, 2024", "Russian Defense Ministry"}
        assert [line for line in lines[:after] if line not in text and line not in titles | credits] == []
        assert [line for line in lines[after:] if line and line in text] == []
    figures = rows(home, "select article, count(*) as n from figures group by article")
    assert {row["article"]: row["n"] for row in figures} == {found[10]["id"]: 13, found[12]["id"]: 40}


def _by_file(home: Home, files: Sequence[Path]) -> list[tuple[int, dict[str, Any]]]:
    """Each article with the place of its file among these."""
    names = [path.name for path in files]
    with closing(Store(home.database)) as store:
        found = store.rows(
            "select a.*, c.warc_file, c.warc_offset from articles a join captures c on c.id = a.capture"
        )
    return [
        (names.index(warc.read(home.warc, Position(one["warc_file"], one["warc_offset"])).file or ""), one)
        for one in found
    ]
