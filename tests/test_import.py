"""Files of other crawlers go the way of a page: once, as they are, by their own time; what is wrong costs only itself."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from archive import warc as archive_warc
from archive.custody import head as chain_head
from archive.custody import seal
from archive.errors import RefusedError
from archive.exports.chosen import Asked, silent
from archive.exports.formats import FORMATS
from archive.exports.run import export
from archive.home import Home
from archive.imports.exchanges import answer
from archive.imports.kinds import kind_of
from archive.imports.streams import Records, Torn
from archive.models import Found, Position, Record, stamp
from archive.payload import payload_sha256
from archive.store import Store
from tests.crawling import catalogue, command, outlet, rows
from tests.foreign import HTML, START, Answered, Hosts, at, brought, records, story, wacz, warc
from tests.importing import held
from tests.keeping import captured, keep, source, texts

A, B = "https://harbour.example/a/1", "https://harbour.example/a/2"
PAGES = [Answered(f"https://harbour.example/a/{n}", story(n), n) for n in range(6)]


def outcomes(home: Home) -> list[tuple[str, str]]:
    return [(row["url"], row["outcome"]) for row in rows(home, "select * from captures order by fetched_at, id")]


@pytest.mark.parametrize("name", ["foreign.warc", "foreign.warc.gz"])
def test_pages_are_kept_by_the_time_of_their_records(home: Home, tmp_path: Path, name: str) -> None:
    result = brought(home, warc(tmp_path / name, *PAGES))
    assert (result.exit_code, result.problems) == (0, ())
    found = rows(home, "select * from captures order by id")
    assert {row["fetched_at"] for row in found} == {stamp(at(n)) for n in range(6)}
    assert {row["kind"] for row in found} == {"imported"}
    assert {row["payload_sha256"] for row in found} == {payload_sha256(p.body.encode(), None) for p in PAGES}  # type: ignore[union-attr]
    assert len(texts(home)) == 6
    [run] = rows(home, "select * from runs")
    assert (run["kind"], run["status"], run["fetched"], run["new"], run["sources"]) == (
        "import",
        "done",
        6,
        6,
        "harbour",
    )
    [entry] = rows(home, "select * from custody")
    assert entry["event"] == "import"


def test_an_older_capture_opens_the_earlier_revision(home: Home, tmp_path: Path) -> None:
    keep(home, [captured(A, story(2, "The ferry ran again"), at(60), "harbour")])
    brought(home, warc(tmp_path / "old.warc.gz", Answered(A, story(1, "The ferry is to run"), 0)))
    found = rows(home, "select number, title, seen_from from revisions order by number")
    assert [(r["number"], r["title"], r["seen_from"]) for r in found] == [
        (1, "The ferry is to run", stamp(at(0))),
        (2, "The ferry ran again", stamp(at(60))),
    ]
    [article] = rows(home, "select title, first_seen from articles")
    assert article == {"title": "The ferry ran again", "first_seen": stamp(at(0))}


def test_only_articles_of_known_sources_come_in_unless_all_are_asked_for(home: Home, tmp_path: Path) -> None:
    file = warc(
        tmp_path / "f.warc.gz",
        PAGES[0],
        Answered("https://harbour.example/about", story(7), 1),
        Answered("https://elsewhere.example/a/1", story(8), 2),
        Answered("https://harbour.example/a/logo", b"\x89PNG", 3, headers=[("Content-Type", "image/png")]),
        Answered("dns:harbour.example", "192.0.2.1", 4),
    )
    result = brought(home, file, sources=Hosts("harbour", below="/a/"))
    assert [url for url, _ in outcomes(home)] == [PAGES[0].url]
    assert "2 of no known source" in result.summary
    assert "1 no pages" in result.summary
    assert "1 no web addresses" in result.summary
    brought(home, file, sources=Hosts("harbour", below="/a/"), every=True)
    assert len(texts(home)) == 3
    assert {row["id"] for row in rows(home, "select id from sources")} >= {"site-elsewhere", "site-harbour"}


def test_records_are_copied_as_they_are(home: Home, tmp_path: Path) -> None:
    page = Answered(A, gzip.compress(story(1).encode()), 1,
                    headers=[*HTML, ("Content-Encoding", "gzip"), ("X-Odd", "a  b;c")],
                    more={"WARC-IP-Address": "192.0.2.7", "X-Crawler": "other"},
                    request=[("Host", "harbour.example"), ("User-Agent", "other")])  # fmt: skip
    secret = Answered(B, story(2), 2, request=[("Host", "harbour.example"), ("Cookie", "session=1")])
    brought(home, warc(tmp_path / "f.warc.gz", page, secret))
    [file] = home.warc.iterdir()
    original = {r.rec_headers.get_header("WARC-Record-ID"): r for r in _all(tmp_path / "f.warc.gz")}
    copied = _all(file)
    assert [r.rec_type for r in copied] == ["warcinfo", "response", "request", "response"]
    for record in copied[1:]:
        first = original[record.rec_headers.get_header("WARC-Record-ID")]
        theirs = record.rec_headers.headers
        assert [pair for pair in theirs if not pair[0].startswith("Communique-")] == first.rec_headers.headers
        assert record.block == first.block
    stated = dict(copied[1].rec_headers.headers)
    assert (stated["Communique-Source"], stated["Communique-Kind"], stated["Communique-Run"]) == (
        "harbour",
        "imported",
        "1",
    )
    assert "Communique-Source" not in dict(copied[2].rec_headers.headers)
    assert "session=1" not in gzip.decompress(file.read_bytes()).decode("latin-1")
    checker = Checker(type("Options", (), {"inputs": [str(file)], "verbose": False})())
    checker.process_all()
    assert checker.exit_value == 0
    [row] = rows(home, "select * from captures where url = ?", A)
    again = archive_warc.read(home.warc, Position(row["warc_file"], row["warc_offset"]))
    assert again.body == page.body
    assert texts(home)[A]


def _all(path: Path) -> list[Any]:
    found = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            record.block = record.raw_stream.read()
            found.append(record)
    return found


def test_the_same_twice_is_kept_once(home: Home, tmp_path: Path) -> None:
    one = warc(tmp_path / "one.warc.gz", *PAGES)
    two = warc(tmp_path / "two.warc", *PAGES, PAGES[0])
    brought(home, one, two)
    before = contents(home)
    result = brought(home, two, one)
    assert "13 already here" in result.summary
    assert contents(home) == before
    # another payload at the same time, and the same payload at another time, are other captures
    brought(home, warc(tmp_path / "x.warc", PAGES[0]._replace(minutes=30), PAGES[1]._replace(body=story(20))))
    assert len(outcomes(home)) == len(PAGES) + 2


def contents(home: Home) -> object:
    return {name: table for name, table in held(home).items() if name != "sources"}


def stopped(home: Home, file: Path, by: signal.Signals) -> tuple[int, str]:
    """Import a file, and send a signal once pages are kept; returns the exit code and what was said."""
    arguments = [sys.executable, "-m", "crawler", "import", "--home", str(home.path), str(file)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not any(p.stat().st_size > 5_000 for p in home.warc.glob("*.open")):
            time.sleep(0.02)
        process.send_signal(by)
        said, _ = process.communicate(timeout=60)
    return process.returncode, said


def test_what_was_killed_goes_on(home: Home, tmp_path: Path) -> None:
    catalogue(home, outlet("harbour"))
    pages = [Answered(f"https://harbour.example/a/{n}", story(n), n) for n in range(60)]
    file = warc(tmp_path / "f.warc.gz", *pages)
    stopped(home, file, signal.SIGKILL)
    result = command("import", "--home", str(home.path), str(file))
    assert result.returncode == 0, result.stderr
    assert len(texts(home)) == 60
    assert len(outcomes(home)) == 60
    [died, done] = rows(home, "select status, kind from runs order by id")
    assert (died["status"], done["status"]) == ("died", "done")
    other = Home(tmp_path / "other")
    catalogue(other, outlet("harbour"))
    assert command("import", "--home", str(other.path), str(file)).returncode == 0
    assert texts(other) == texts(home)


def test_one_that_is_told_to_end_says_so_and_goes_on_later(home: Home, tmp_path: Path) -> None:
    catalogue(home, outlet("harbour"))
    file = warc(
        tmp_path / "f.warc.gz", *(Answered(f"https://harbour.example/a/{n}", story(n), n) for n in range(300))
    )
    code, said = stopped(home, file, signal.SIGTERM)
    assert (code, "Traceback" in said, "interrupted" in said) == (130, False, True), said
    [died] = rows(home, "select status from runs")
    assert died["status"] == "interrupted"
    assert command("import", "--home", str(home.path), str(file)).returncode == 0
    assert len(texts(home)) == 300


def test_our_own_file_comes_in_as_it_was(home: Home, tmp_path: Path) -> None:
    hidden = captured("https://harbour.example/list", "<rss/>", at(0), "harbour", kind="discovery")
    exchanges = [
        hidden,
        captured(A, story(1), at(1), "harbour", via=("https://harbour.example/?p=1",), announced=stamp(at(-5))),
        captured("https://harbour.example/?p=1", "", at(1), "harbour", status=301, headers=(("Location", A),)),
        captured(B, story(2), at(2), "harbour"),
        captured(A, "", at(10), "harbour", status=304, headers=()),
        captured(B, story(3), at(20), "harbour"),
        captured(B, "", at(30), "harbour", status=304, headers=()),
        captured(B, "", at(40), "harbour", status=410, headers=()),
    ]
    keep(home, exchanges)
    other = Home(tmp_path / "other")
    result = brought(other, *home.warc.iterdir())
    assert result.exit_code == 0, result.problems
    kept = "select url, kind, status, outcome, fetched_at, etag, payload_sha256, via from captures order by fetched_at, url"
    assert rows(other, kept) == rows(home, kept)
    ids = "select (select fetched_at from captures d where d.id = c.confirms) as of from captures c order by fetched_at, url"
    assert rows(other, ids) == rows(home, ids)
    revisions = (
        "select url, number, r.title, r.text, seen_from, seen_to from revisions r"
        " join articles on articles.id = article order by url, number"
    )
    assert rows(other, revisions) == rows(home, revisions)
    articles = "select url, text, first_seen, last_checked, gone_at, published, source from articles order by url"
    assert rows(other, articles) == rows(home, articles)
    assert rows(other, "select url_key from addresses order by 1") == rows(
        home, "select url_key from addresses order by 1"
    )


def test_notes_of_pages_that_did_not_change_come_in(home: Home, tmp_path: Path) -> None:
    spare = {"harbour": source("harbour", keep="changes")}
    keep(home, [captured(A, story(1), at(n), "harbour") for n in (0, 10, 20)], spare)
    assert [o for _, o in outcomes(home)] == ["new", "unchanged", "unchanged"]
    other = Home(tmp_path / "other")
    brought(other, *home.warc.iterdir())
    same = "select url, outcome, status, fetched_at, payload_sha256, confirms from captures order by fetched_at"
    assert rows(other, same) == rows(home, same)


def _revisit(url: str, minutes: int, of: Answered, **more: str) -> Answered:
    refers = {
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "WARC-Refers-To-Target-URI": of.url,
        "WARC-Refers-To-Date": stamp(at(of.minutes)).replace(".000", ""),
    }
    return Answered(url, b"", minutes, type="revisit", more={**refers, **more})


def test_a_revisit_has_the_page_it_refers_to(home: Home, tmp_path: Path) -> None:
    first = PAGES[1]
    unchanged = Answered(A, b"", 5, "", type="revisit", more={
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/server-not-modified"})  # fmt: skip
    lost = _revisit(B, 6, PAGES[5])
    file = warc(tmp_path / "f.warc.gz", first, _revisit(A, 3, first), unchanged, _revisit(B, 4, first), lost)
    result = brought(home, file)
    assert result.exit_code == 0, result.problems
    assert "1 of pages that are not here" in result.summary
    found = rows(home, "select * from captures order by fetched_at")
    assert [(r["url"], r["status"], r["outcome"]) for r in found] == [
        (A, 200, "new"), (A, 200, "unchanged"), (B, 200, "new"), (A, 304, "not_modified"),
    ]  # fmt: skip
    page, same, elsewhere, not_modified = found
    assert same["confirms"] == not_modified["confirms"] == page["id"]
    assert same["payload_sha256"] == elsewhere["payload_sha256"] == page["payload_sha256"]
    assert elsewhere["confirms"] is None
    whole = archive_warc.read(home.warc, Position(elsewhere["warc_file"], elsewhere["warc_offset"]))
    assert whole.body == str(first.body).encode()
    assert len(texts(home)) == 2
    [article] = rows(home, "select last_checked from articles where url = ?", A)
    assert article["last_checked"] == stamp(at(5))
    before = contents(home)
    brought(home, file)
    assert contents(home) == before
    said = command("verify", "--home", str(home.path))
    assert said.returncode == 0, said.stdout


def test_an_earlier_confirmation_confirms_what_was_there_then(home: Home, tmp_path: Path) -> None:
    keep(home, [captured(A, story(1), at(0), "harbour"), captured(A, story(2), at(60), "harbour")])
    unchanged = Answered(A, b"", 30, "", type="revisit", more={
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/server-not-modified"})  # fmt: skip
    brought(home, warc(tmp_path / "f.warc", unchanged))
    assert [(r["number"], r["seen_from"], r["seen_to"]) for r in rows(home, "select * from revisions order by number")] == [
        (1, stamp(at(0)), stamp(at(30))), (2, stamp(at(60)), stamp(at(60))),
    ]  # fmt: skip


def test_a_redirect_of_another_crawler_leads_to_the_article(home: Home, tmp_path: Path) -> None:
    short = Answered("https://harbour.example/?p=7", b"", 0, "301 Moved Permanently", [("Location", "/a/1")])
    brought(home, warc(tmp_path / "f.warc", short, Answered(A, story(1), 1)))
    assert [row["url_key"] for row in rows(home, "select url_key from addresses order by 1")] == [
        "harbour.example/?p=7", "harbour.example/a/1",
    ]  # fmt: skip


def test_answers_are_read_as_they_were_sent(home: Home, tmp_path: Path) -> None:
    body = story(1).encode()
    chunked = (
        b"".join(f"{len(p):x};ext=1\r\n".encode() + p + b"\r\n" for p in (body[:100], body[100:])) + b"0\r\n\r\n"
    )
    pages = [
        Answered(A, chunked, 1, headers=[*HTML, ("Transfer-Encoding", "chunked")]),
        Answered(B, story(2), 2, headers=[*HTML, ("Transfer-Encoding", "chunked")]),  # said, and not so
    ]
    two = records([Answered("https://harbour.example/a/3", story(3), 3)])
    odd = two[1].replace(b"HTTP/1.1 200 OK", b"HTTP/2 200 \t\t  ")
    file = tmp_path / "f.warc"
    file.write_bytes(
        b"".join(
            [
                *records(pages),
                odd.replace(b"WARC-Block-Digest", b"X-Digest"),
            ]
        )
    )
    brought(home, file)
    found = rows(home, "select payload_sha256 from captures order by fetched_at")
    assert [r["payload_sha256"] for r in found] == [
        hashlib.sha256(story(n).encode()).hexdigest() for n in (1, 2, 3)
    ]  # fmt: skip
    [row] = rows(home, "select * from captures where url = ?", A)
    assert archive_warc.read(home.warc, Position(row["warc_file"], row["warc_offset"])).body == body


# damage


def _members(data: bytes) -> list[int]:
    """Where the gzip members of a file begin."""
    starts, at = [], 0
    while at < len(data):
        starts.append(at)
        unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
        unpacker.decompress(data[at:])
        at = len(data) - len(unpacker.unused_data)
    return starts


def test_a_damaged_record_is_named_and_costs_only_itself(home: Home, tmp_path: Path) -> None:
    file = warc(tmp_path / "f.warc.gz", *PAGES)
    data = bytearray(file.read_bytes())
    starts = _members(bytes(data))
    data[starts[3] + 400] ^= 0xFF
    file.write_bytes(data)
    result = brought(home, file)
    assert result.exit_code == 1
    [problem] = result.problems
    assert problem.startswith(f"{file} at {starts[3]}: ")
    assert "; 1 damaged" in result.summary
    assert {url for url, _ in outcomes(home)} == {page.url for page in PAGES} - {PAGES[2].url}


@pytest.mark.parametrize("name", ["f.warc", "f.warc.gz"])
def test_any_byte_may_be_damaged(tmp_path: Path, name: str) -> None:
    data = warc(tmp_path / name, *PAGES).read_bytes()
    chance = random.Random(8)
    lost = 0
    for _ in range(300):
        broken = bytearray(data)
        broken[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        read, torn = _read(bytes(broken))
        assert read >= len(PAGES) - 1  # the warcinfo and all but one of the pages, or all of them
        assert len(torn) <= 2
        lost += bool(torn)
    assert lost > 200  # a flip in what no digest covers (a header's name, a time in gzip's header) changes no page


def _read(data: bytes) -> tuple[int, list[Torn]]:
    found = Records("f", BytesIO(data))
    read, torn = 0, []
    for head in found:
        if isinstance(head, Torn):
            torn.append(head)
            continue
        try:
            found.block()
            read += 1
        except Torn as error:
            torn.append(error)
    return read, torn


@pytest.mark.parametrize("name", ["f.warc", "f.warc.gz"])
def test_a_file_that_is_cut_off_has_what_stands_before(home: Home, tmp_path: Path, name: str) -> None:
    file = warc(tmp_path / name, *PAGES)
    file.write_bytes(file.read_bytes()[:-200])
    result = brought(home, file)
    assert result.exit_code == 1
    assert len(outcomes(home)) == 5
    assert len(result.problems) == 1


def test_what_stands_between_records_is_passed_over(tmp_path: Path) -> None:
    parts = [gzip.compress(one) for one in records(PAGES)]
    read, torn = _read(parts[0] + parts[1] + b"\x00" * 5000 + b"WARC/1.0\r\njunk" + b"".join(parts[2:]))
    assert (read, len(torn)) == (7, 1)
    one = gzip.compress(b"".join(records(PAGES)))  # a file that was packed as a whole
    assert _read(one) == (7, [])


LIES: dict[str, Callable[[bytes], bytes]] = {
    "longer than the file": lambda one: _length(one, b"999999999999"),
    "a little longer": lambda one: _length(one, b"%d" % (_stated(one) + 7)),
    "shorter": lambda one: _length(one, b"%d" % (_stated(one) - 300)),
    "nothing": lambda one: _length(one, b"0"),
    "negative": lambda one: _length(one, b"-5"),
    "no number": lambda one: _length(one, b"many"),
    "a hundred digits": lambda one: _length(one, b"9" * 100),
    "no type": lambda one: one.replace(b"WARC-Type:", b"X-Type:"),
    "no date": lambda one: one.replace(b"WARC-Date:", b"X-Date:"),
    "a date to come": lambda one: one.replace(b"WARC-Date: 2025", b"WARC-Date: 2925"),
    "a head without an end": lambda one: one.replace(b"\r\n\r\n", b"\r\nX: y\r\n") * 2,
    "no answer": lambda one: one.replace(b"HTTP/1.1 200", b"HTTP/1.1 abc").replace(b"WARC-Block-Digest", b"X-Digest"),
}


def _stated(one: bytes) -> int:
    return int(one.split(b"Content-Length: ", 1)[1].split(b"\r\n", 1)[0])


def _length(one: bytes, value: bytes) -> bytes:
    return one.replace(b"Content-Length: %d" % _stated(one), b"Content-Length: " + value, 1)


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_record_that_lies_costs_only_itself(tmp_path: Path, lie: str, packed: bool) -> None:
    whole = records(PAGES)
    whole[3] = LIES[lie](whole[3])
    assert whole[3] != records(PAGES)[3]
    file = tmp_path / "f.warc"
    file.write_bytes(b"".join(gzip.compress(one) if packed else one for one in whole))
    home = Home(tmp_path / "home")
    result = brought(home, file)
    assert result.exit_code == 1
    assert {url for url, _ in outcomes(home)} == {page.url for page in PAGES} - {PAGES[2].url}
    assert all(str(file) in problem for problem in result.problems)


# hostile files


def bomb(path: Path) -> Path:
    """A gigabyte of zeros in one record."""
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://harbour.example/a/1\r\n" \
        b"WARC-Date: 2025-04-20T06:00:00Z\r\nContent-Length: 1073741824\r\n\r\n"  # fmt: skip
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    with path.open("wb") as file:
        file.write(packer.compress(head))
        for _ in range(1024):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    return path


def _bombed_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("archive/data.warc", "w") as file:
        for _ in range(600):
            file.write(bytes(1 << 20))
    return path


def _traversal(name: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.warc.gz", gzip.compress(b"".join(records(PAGES[:1]))))
            archive.writestr(name, "x")
        return path

    return make


def _overlapping(path: Path) -> Path:
    """A list of files that names the same bytes a thousand times."""
    wacz(path, b"".join(gzip.compress(one) for one in records(PAGES)))
    data = path.read_bytes()
    at = data.rindex(b"PK\x05\x06")
    size, start = struct.unpack("<II", data[at + 12 : at + 20])
    listed = data[start : start + size]
    entry = listed[listed.rindex(b"PK\x01\x02") :]
    many = b"".join(entry.replace(b"archive/data.warc.gz", b"archive/%04d.warc.gz" % n) for n in range(1000))
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1000, 1000, len(many), start, 0)
    path.write_bytes(data[:start] + many + end)
    return path


def _long_list(path: Path) -> Path:
    wacz(path, gzip.compress(b"".join(records(PAGES))))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<I", 0xF0000000)
    path.write_bytes(data)
    return path


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "packed too dense": bomb,
    "packed too dense in a zip": _bombed_zip,
    "out of the folder": _traversal("../../etc/cron.d/x"),
    "out of the folder, backwards": _traversal("..\\x"),
    "an absolute path": _traversal("/tmp/x"),
    "a drive": _traversal("C:/x"),
    "one stretch of bytes a thousand times": _overlapping,
    "a list longer than the file": _long_list,
    "no WARC": lambda path: (path.write_bytes(gzip.compress(b"WARC/1.0\r\nnothing of the kind\r\n")), path)[1],
    "a zip of something else": lambda path: (_traversal("readme.txt")(path), _only(path))[1],
    "nothing": lambda path: (path.write_bytes(b""), path)[1],
    "nested without end": lambda path: (path.write_bytes(b'{"a":' + b"[" * 20_000 + b"\n\x00"), path)[1],
    "noise": lambda path: (path.write_bytes(random.Random(1).randbytes(5000)), path)[1],
}


def _only(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    return path


@pytest.mark.parametrize("trap", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(home: Home, tmp_path: Path, trap: str) -> None:
    file = HOSTILE[trap](tmp_path / "file.bin")
    good = warc(tmp_path / "good.warc.gz", PAGES[0])
    before = sorted(tmp_path.rglob("*"))
    result = brought(home, file, good)
    assert result.exit_code == 1
    assert any(str(file) in line and "\n" not in line for line in result.problems)
    assert [url for url, _ in outcomes(home)].count(PAGES[0].url) == 1  # the next file is read nevertheless
    assert [
        path for path in sorted(tmp_path.rglob("*")) if home.path not in path.parents and path != home.path
    ] == before


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["archive/data.warc.gz", "archive/data.warc"])
def test_a_wacz_file_is_read_where_it_lies(home: Home, tmp_path: Path, name: str, packed: bool) -> None:
    whole = records(PAGES)
    inner = b"".join(gzip.compress(one) if name.endswith(".gz") else one for one in whole)
    file = wacz(tmp_path / "f.wacz", inner, name, packed)
    assert kind_of(file) == "wacz"
    result = brought(home, file)
    assert (result.exit_code, len(texts(home))) == (0, 6)


def test_a_damaged_record_in_a_wacz_file_costs_only_itself(home: Home, tmp_path: Path) -> None:
    inner = bytearray(b"".join(gzip.compress(one) for one in records(PAGES)))
    inner[_members(bytes(inner))[2] + 300] ^= 0x55
    result = brought(home, wacz(tmp_path / "f.wacz", bytes(inner)))
    assert (result.exit_code, len(texts(home))) == (1, 5)
    assert "archive/data.warc.gz at " in result.problems[0]


class _Endless(BytesIO):
    """A file of so many records, made while it is read."""

    def __init__(self, one: bytes, times: int) -> None:
        super().__init__()
        self._one, self._length, self._at = one, len(one) * times, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset if whence == 0 else self._length
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        size = min(size or 0, self._length - self._at)
        start = self._at % len(self._one)
        self._at += size
        many = self._one * (size // len(self._one) + 2)
        return many[start : start + size]


@pytest.mark.parametrize("packed", [False, True])
def test_a_long_file_takes_no_more_memory_than_a_short_one(packed: bool) -> None:
    one = records([Answered(A, random.Random(3).randbytes(40_000), 1)])[1]
    one = gzip.compress(one) if packed else one
    peaks = []
    for megabytes in (4, 64):
        tracemalloc.start()
        count = 0
        found = Records("f", _Endless(one, (megabytes << 20) // len(one)))
        for head in found:
            assert not isinstance(head, Torn)
            count += len(found.block()) > 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == (megabytes << 20) // len(one)
    assert peaks[1] < peaks[0] * 1.2
    assert peaks[1] < 4 << 20


def test_a_record_that_is_too_long_is_passed_over(home: Home, tmp_path: Path) -> None:
    long = Answered(A, b"<p>" + b" " * (33 << 20), 1)
    result = brought(home, warc(tmp_path / "f.warc.gz", long, Answered(B, story(2), 2)))
    assert (result.exit_code, [url for url, _ in outcomes(home)]) == (0, [B])
    assert "1 longer than 32 MB" in result.summary


# the command


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    catalogue(home, outlet("harbour"))
    missing = command("import", "--home", str(home.path), str(tmp_path / "no.warc"))
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    assert not home.database.exists()
    file = warc(tmp_path / "f.warc.gz", PAGES[0])
    (tmp_path / "noise").write_bytes(b"\x00\x01\x02")
    result = command("import", "--home", str(home.path), str(tmp_path / "noise"), str(file))
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"communique: {tmp_path / 'noise'}: of no kind that can be imported"
    assert texts(home).keys() == {PAGES[0].url}
    with home.writing():
        assert command("import", "--home", str(home.path), str(file)).returncode == 75
    assert command("import", "--home", str(home.path), "--source", "harbor", str(file)).returncode == 2
    again = command("import", "--home", str(home.path), str(file))
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "run 2 done: 0 kept; passed over: 1 other records, 1 already here\n"


def test_a_folder_is_read_file_by_file(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "crawls" / "2031"
    folder.mkdir(parents=True)
    warc(folder / "b.warc.gz", PAGES[1])
    warc(folder / "a.warc", PAGES[0])
    (folder / ".hidden").write_bytes(b"\x00")
    result = brought(home, tmp_path / "crawls")
    assert (result.exit_code, len(outcomes(home))) == (0, 2)
    (tmp_path / "void").mkdir()
    assert brought(home, tmp_path / "void").problems == (f"{tmp_path / 'void'}: a folder with no files",)


def test_foreign_pages_do_not_come_into_a_demo(home: Home, tmp_path: Path) -> None:
    home.path.mkdir()
    store = Store(home.database, write=True)
    with store.transaction():
        store.set_fictional(True)
    store.close()
    result = brought(home, warc(tmp_path / "f.warc.gz", PAGES[0]))
    assert (result.exit_code, outcomes(home)) == (1, [])


def test_a_file_of_a_demo_says_so_wherever_it_goes(tmp_path: Path) -> None:
    demo, real, empty, other = (Home(tmp_path / name) for name in ("demo", "real", "empty", "other"))
    demo.path.mkdir()
    store = Store(demo.database, write=True)
    with store.transaction():
        store.set_fictional(True)
    store.close()
    url = "http://harbour.example/a/1"
    keep(
        demo, [captured(url, story(1), START), captured(url, "", START + timedelta(hours=1), status=304, headers=())]
    )
    file = next(demo.warc.iterdir())
    with file.open("rb") as stream:
        said = [(r.rec_type, r.rec_headers.get_header("Communique-Fictional")) for r in ArchiveIterator(stream)]
    assert said == [("warcinfo", None), ("response", "yes"), ("request", None), ("revisit", "yes")]
    assert brought(real, warc(tmp_path / "real.warc.gz", PAGES[0])).exit_code == 0
    refused = brought(real, file, every=True)
    assert refused.problems == (f"{file}: a real archive and a demo are never merged",)
    assert (refused.exit_code, len(outcomes(real))) == (1, 1)
    assert brought(empty, file).exit_code == 0  # a copy that began with it is a demo's, and so is a copy of its file
    assert brought(other, next(empty.warc.iterdir())).exit_code == 0
    for home in (empty, other):
        assert rows(home, "select value from home where key = 'fictional'") == [{"value": "yes"}]
        assert len(outcomes(home)) == 2


KINDS = {
    "warc": b"WARC/1.1\r\nWARC-Type: warcinfo\r\n",
    "sqlite": b"SQLite format 3\x00" + bytes(84),
    "parquet": b"PAR1" + bytes(20),
    "records": b'{"format": "communique-article/1", "id": 1}\n',
    "jsonl": b'{"title": "The ferry", "text": "It ran."}\n{"title": "x"}\n',
    "csv": b"date;title;text;url\n2031-04-20;The ferry;It ran.;https://harbour.example/a\n",
    "markdown": b"---\ntitle: The ferry\n---\nIt ran again.\n",
    "singlefile": b"<!DOCTYPE html> <html><!--\n Page saved with SingleFile\n url: https://harbour.example/a\n-->",
    "text": "Паром знову ходить.\n\nВін ходив у понеділок, сказав капітан.\n".encode(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_known_by_its_content(tmp_path: Path, kind: str, packed: bool) -> None:
    file = tmp_path / "file"
    file.write_bytes(gzip.compress(KINDS[kind]) if packed else KINDS[kind])
    assert kind_of(file) == kind


def test_a_folder_that_is_an_archive_or_a_bag_is_one_thing(tmp_path: Path) -> None:
    for name, marker in (("home", "archive.db"), ("bag", "bagit.txt")):
        (tmp_path / name).mkdir()
        (tmp_path / name / marker).write_bytes(b"x")
        assert kind_of(tmp_path / name) == name
    with pytest.raises(RefusedError):
        kind_of(tmp_path)


def test_time_goes_on_from_the_records_not_from_the_import(home: Home, tmp_path: Path) -> None:
    """Marks are of a page's own time: nothing depends on when it was imported."""
    pages = [captured(p.url, p.body, at(p.minutes), "harbour") for p in PAGES]
    keep(home, pages)
    other = Home(tmp_path / "other")
    brought(other, warc(tmp_path / "f.warc.gz", *reversed(PAGES)))
    assert texts(other) == texts(home)
    first = "select url, first_seen, last_checked from articles order by url"
    assert rows(other, first) == rows(home, first)


def test_a_source_that_is_named_narrows_what_comes_in(tmp_path: Path) -> None:
    text = outlet("harbour", articles=["^/a/"]) + outlet("tides")
    pages = [
        PAGES[0],
        Answered("https://harbour.example/about", story(7), 1),
        Answered("https://tides.example/1", story(8), 2),
    ]
    file = warc(tmp_path / "f.warc.gz", *pages)
    found = {}
    for name in ("harbour", "tides", "another"):
        home = Home(tmp_path / name)
        catalogue(home, text)
        assert command("import", "--home", str(home.path), "--source", name, str(file)).returncode == 0
        found[name] = {(row["source"], row["url"]) for row in rows(home, "select source, url from articles")}
    assert found == {
        "harbour": {("harbour", pages[0].url)},
        "tides": {("tides", pages[2].url)},
        "another": {("another", page.url) for page in pages},
    }


def test_an_export_brings_its_sources_and_names_its_chain(home: Home, tmp_path: Path) -> None:
    keep(home, [captured(p.url, p.body, at(p.minutes), "harbour") for p in PAGES])
    seal(home, at(60))
    custody = chain_head(home)
    assert custody is not None
    for name in ("all.warc.gz", "all.wacz"):
        file = tmp_path / name
        export(home, FORMATS["wacz" if "wacz" in name else "warc"], file, Asked(), False, silent)
        other = Home(tmp_path / f"home-{name}")
        result = brought(other, file, sources=Hosts())
        assert (result.exit_code, result.problems) == (0, ())
        assert texts(other) == texts(home)
        same = "select id, name, kind, timezone, homepage, language from sources"
        assert rows(other, same) == rows(home, same)
        [entry] = rows(other, "select details from custody")
        origin = json.loads(entry["details"])["origin"]
        assert origin == {"head": custody["hash"], "seq": custody["seq"], "key": custody["key"]}


@pytest.mark.parametrize(
    "told",
    [
        b"no JSON", b"[]", b'{"sources": [5]}', b'{"sources": [{"id": "../x"}]}',
        b'{"sources": [{"id": "x", "name": "X", "hints": "' + b"[" * 20_000 + b'"}]}',
    ],
    ids=["no JSON", "a list", "a number", "out of the folder", "nested without end"],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(home: Home, tmp_path: Path, told: bytes) -> None:
    file = wacz(tmp_path / "f.wacz", gzip.compress(b"".join(records(PAGES[:1]))))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("communique/manifest.json", told)
    result = brought(home, file)
    assert (result.exit_code, outcomes(home)) == (1, [])
    assert str(file) in result.problems[0]


@given(st.binary(max_size=200), st.sampled_from([b"", b"\r\n", b"\n", b" "]), st.integers(0, 4))
@settings(max_examples=300)
def test_what_is_taken_in_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, end: bytes, place: int
) -> None:
    """Any head of an answer that an import bears is one that the archive can read again, to the same body."""
    parts = [b"HTTP/1.1 200 OK", b"\r\nContent-Type: text/html", b"\r\nX: y", b"\r\n\r\n", b"<p>body</p>\r\n\r\nmore"]
    parts.insert(place, end + junk)
    block = b"".join(parts)
    try:
        got = answer(0, block)
    except Torn:
        return
    folder = tmp_path_factory.getbasetemp() / "read-back"
    writer = archive_warc.Writer(folder, "tests")
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://x.example/\r\nWARC-Date: 2025-04-20T06:00:00Z" \
        b"\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Type: application/http; msgtype=response" \
        b"\r\nContent-Length: %d" % len(block)  # fmt: skip
    one = captured("http://x.example/", got.body, at(0), "x", headers=got.headers, status=got.status)
    kept = writer.copy(one, Found((Record(head, block),), None), 1)
    assert kept.position is not None
    writer.sync()
    again = archive_warc.read(folder, kept.position)
    writer.leave()
    assert (again.status, again.body) == (got.status, got.body)
    assert again.header("content-encoding") == got.header("content-encoding")
