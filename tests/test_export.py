"""`communique export`: whole or not at all, the same bytes each time, nothing lost and nothing held back told."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archive import custody, signing
from archive.errors import CommuniqueError, ConfigurationError
from archive.export_cli import export as command_export
from archive.exports import blocks, manifest, parquet, prose
from archive.exports.chosen import Asked, choose, silent
from archive.exports.formats import FORMATS
from archive.exports.run import Exported, export, ranges
from archive.holdings import find
from archive.home import Home
from archive.store import Store
from archive.store_export import LISTS, PARTS
from tests import holding
from tests.crawling import COMMAND, command, rows
from tests.keeping import captured, keep, source
from tests.pages import page
from tests.prose import prose as words
from tests.test_revise import URL, story

OURS = ("jsonl", "jsonl.zst", "csv", "parquet", "parquet-by-month", "markdown")
FILES = ("jsonl", "jsonl.zst", "csv", "parquet")
NOW = datetime(2031, 6, 2, 6, 0, tzinfo=UTC)
ODD = '=HYPERLINK("x")\u2028"quoted" \\ back\x00slash\x85 \U0001f6a2 ﻿ę\x1b[31m\x7f'
SOURCES = {
    "ferries": source("ferries", language="en"),
    "gulls": source("gulls", language="uk", kind="official"),
    "closed": source("closed", public=False),
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Four articles of the ferries (one edited, one gone), one of the gulls with a text of theirs, one that is closed."""
    home = Home(tmp_path_factory.mktemp("shelf") / "home")
    keep(home, [captured(URL.format(n), story(n), n) for n in range(1, 4)], SOURCES)
    keep(
        home,
        [
            captured(URL.format(1), story(1, timber="quayside"), 60),
            captured("http://gulls.example/3", story(3), 70),
            captured("http://closed.example/x", page("Closed waters", f"<article><p>{words(3)}</p></article>"), 80),
            captured(URL.format(2), "", 90, status=410),
            captured(
                URL.format(4), page("Fourth", f"<article><p>{words(9)}</p><p>{words(8)}</p></article>"), 60 * 24 * 40
            ),
        ],
        SOURCES,
    )
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update articles set headline = ?, tags = ? where id = 2", (ODD, json.dumps([ODD, "b"])))
    store.close()
    return home


@pytest.fixture
def home(shelf: Home, tmp_path: Path) -> Home:
    """A copy of it, to which a test may do what it likes."""
    return Home(Path(shutil.copytree(shelf.path, tmp_path / "home")))


def out(home: Home, form: str, target: Path, incremental: bool = False, **asked: Any) -> Exported:
    """Export in this process."""
    return export(home, FORMATS[form], target, Asked(**asked), incremental, silent)


def ids(home: Home, **asked: Any) -> list[int]:
    """The articles that are chosen."""
    with choose(home, Asked(**asked)) as chosen:
        return list(chosen.ids)


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file of JSONL."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def unpacked(path: Path) -> bytes:
    with pa.input_stream(str(path), compression="zstd") as stream:
        return bytes(stream.read())


def tree(path: Path) -> dict[str, bytes]:
    """Every file of an export, with its manifest."""
    found = {str(file.relative_to(path.parent)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    if path.is_file():
        found = {file.name: file.read_bytes() for file in (path, manifest.path_of(path, False))}
    return found


# what is in it


def test_a_record_says_all_that_the_tables_say(home: Home, tmp_path: Path) -> None:
    out(home, "jsonl", tmp_path / "x.jsonl")
    records = lines(tmp_path / "x.jsonl")
    assert [record["id"] for record in records] == ids(home) == [1, 2, 3, 4, 6]
    for record in records:
        [row] = rows(home, "select * from articles where id = ?", record["id"])
        for name in LISTS["articles"]:
            row[name] = json.loads(row[name] or "[]")
        row.pop("revisions")
        assert {name: record[name] for name in row} == row
        for table, order in (("revisions", "number"), ("links", "position, rowid"), ("figures", "id")):
            extra = " and number is not null" if table == "revisions" else ""
            kept = rows(home, f"select * from {table} where article = ?{extra} order by {order}", record["id"])
            for one in kept:
                del one["article"]
                if one.get("numbers"):
                    one["numbers"] = json.loads(one["numbers"])
            assert record[table] == kept
        kept = rows(
            home,
            "select c.*, ca.reading, ca.position from captures c join capture_articles ca on ca.capture = c.id"
            " where ca.article = ? order by c.fetched_at, c.id",
            record["id"],
        )
        told = [{name: value for name, value in one.items() if name != "revision"} for one in record["captures"]]
        assert [{**one, "via": one["via"] and json.loads(one["via"])} for one in kept] == told
        for reading in record["readings"]:
            stored = rows(
                home,
                "select kind, text, link_share, role, mark from blocks where reading = ? order by position",
                reading["id"],
            )
            assert [list(block.values()) for block in stored] == reading["blocks"]
        hidden = rows(home, "select position, text, reason from hidden_blocks where article = ?", record["id"])
        assert record["hidden"] == hidden
        assert [one["id"] for one in record["sources"]] == [record["source"]]
    first, second = records[:2]
    assert [one["number"] for one in first["revisions"]] == [1, 2]
    assert [one["revision"] for one in first["captures"]] == [1, 2]
    assert [one["revision"] for one in second["captures"]] == [1, None]
    assert second["headline"] == ODD and second["tags"] == [ODD, "b"]
    copy = {"article": 3, "other": 4}
    assert any(copy.items() <= one.items() for one in records[2]["copies"])
    assert [one for one in records[2]["copies"] if one["other"] == 4] == records[3]["copies"]


def test_every_share_of_links_is_read_again_as_it_was(home: Home) -> None:
    store = Store(home.database, write=True)
    shares = [n / d for d in range(1, 40) for n in range(d + 1)]
    reading = store.shown_reading(1)
    with store.transaction():
        for n, share in enumerate(shares):
            store.conn.execute(
                "insert into blocks (reading, position, kind, text, hash, link_share) values (?, ?, 'p', 'x', 1, ?)",
                (reading, 1000 + n, share),
            )
    store.close()
    with choose(home, Asked(article=1)) as chosen:
        [record] = chosen.records()
    [found] = [one for one in record["readings"] if one["id"] == reading]
    assert [block[2] for block in found["blocks"]][-len(shares) :] == shares


def test_all_formats_hold_the_same_articles_and_values(home: Home, tmp_path: Path) -> None:
    for form in OURS:
        done = out(home, form, tmp_path / form)
        assert (done.articles, done.target) == (5, tmp_path / form)
    records = lines(tmp_path / "jsonl")
    assert unpacked(tmp_path / "jsonl.zst") == (tmp_path / "jsonl").read_bytes()
    columns = pq.read_table(tmp_path / "parquet").to_pylist()
    for record, row in zip(records, columns, strict=True):
        row["readings"] = json.loads(row["readings"])
        assert row == {"restricted": None, "fictional": None, **record}
    months = pd.read_parquet(tmp_path / "parquet-by-month" / "articles")
    assert sorted(months["id"]) == [record["id"] for record in records]
    assert dict(zip(months["id"], months["text"], strict=True)) == {r["id"]: r["text"] for r in records}
    assert {*months["month"]} == {"2031-04", "2031-05"}
    table = list(csv.DictReader(io.StringIO((tmp_path / "csv").read_text("utf-8-sig"), newline="")))
    assert [row["text"] for row in table] == [record["text"] for record in records]
    assert table[1]["headline"] == f"'{ODD}"
    assert table[1]["tags"] == f"'{ODD}; b"


def test_duckdb_and_pandas_read_what_is_written(home: Home, tmp_path: Path) -> None:
    for form in FILES:
        out(home, form, tmp_path / f"x.{form}", bare=form == "jsonl")
    out(home, "parquet-by-month", tmp_path / "months", bare=True)
    readers = {
        "x.jsonl": "read_json",
        "x.jsonl.zst": "read_json",
        "x.csv": "read_csv",
        "x.parquet": "read_parquet",
        "months/articles/*/*.parquet": "read_parquet",
    }
    wanted = [
        (row["id"], row["text"]) for row in rows(home, "select id, text from articles where source <> 'closed'")
    ]
    for name, reader in readers.items():
        found = duckdb.sql(f"select id, text from {reader}('{tmp_path / name}') order by id").fetchall()
        assert found == wanted, name
    sql = f"select sum(len(captures)), max(captures[1].fetched_at) from '{tmp_path}/x.parquet'"
    assert duckdb.sql(sql).fetchall() == [(7, "2031-05-30T06:00:00.000Z")]
    assert list(pd.read_parquet(tmp_path / "x.parquet")["id"]) == [n for n, _ in wanted]
    assert list(pd.read_json(tmp_path / "x.jsonl", lines=True)["text"]) == [text for _, text in wanted]
    assert len(pd.read_csv(tmp_path / "x.csv")) == len(wanted)


def test_a_compressed_export_is_one_frame_that_zstd_reads(home: Home, tmp_path: Path, monkeypatch: Any) -> None:
    if shutil.which("zstd") is None:
        pytest.skip("needs the program zstd")
    monkeypatch.setattr(blocks.blocks, "__defaults__", (100,))
    out(home, "jsonl.zst", tmp_path / "x.zst")
    out(home, "jsonl", tmp_path / "x")
    read = subprocess.run(["zstd", "-dcq", tmp_path / "x.zst"], capture_output=True, check=True).stdout
    assert read == (tmp_path / "x").read_bytes()
    said = subprocess.run(["zstd", "-lv", tmp_path / "x.zst"], capture_output=True, text=True, check=True).stdout
    assert "Number of Frames: 1\n" in said or "# Zstandard Frames: 1\n" in said


# who is chosen


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [1, 2, 3, 4, 6]),
        ({"sources": ("gulls",)}, [4]),
        ({"sources": ("gulls", "closed")}, [4, 5]),
        ({"sources": ("closed",)}, [5]),
        ({"kind": "official"}, [4]),
        ({"since": "2031-05-01"}, [6]),
        ({"until": "2031-04-30", "sources": ("ferries",)}, [1, 2, 3]),
        ({"since": "2031-04-20", "until": "2031-04-20"}, [1, 2, 3, 4]),
        ({"story": 3}, [3, 4]),
        ({"article": 6}, [6]),
        ({"search": "zebra"}, []),
        ({"search": "title:number -story"}, [1, 2, 3, 4]),
        ({"search": "fourth"}, [6]),
        ({"language": "en", "search": "fourth", "until": "2031-05-01"}, []),
    ],
)
def test_what_is_asked_for_is_chosen(home: Home, asked: dict[str, Any], found: list[int]) -> None:
    assert ids(home, **asked) == found


@pytest.mark.parametrize(
    "query", ["ferries", "quayside OR frost", '"ferry report" -quayside', "repor*", "title:fourth", "-x"]
)
def test_the_search_finds_what_the_command_finds(home: Home, query: str) -> None:
    done = command("search", "--home", str(home.path), "--nl", "--limit", "1000", "--", query)
    found = {json.loads(line)["id"] for line in done.stdout.splitlines()} - {5}
    assert set(ids(home, search=query)) == found


def test_a_restricted_article_comes_only_when_it_is_asked_for(home: Home, tmp_path: Path) -> None:
    store = Store(home.database, write=True)
    store.restrict([3], "2031-05-01T12:00:00Z", "An order")
    store.close()
    assert ids(home) == [1, 2, 4, 6]
    with choose(home, Asked(article=3)) as chosen:
        assert list(chosen.ids) == []
        assert chosen.notes == ("article 3 stays out: it is restricted, or its source is not public",)
    assert ids(home, restricted=True) == [1, 2, 3, 4, 6]
    out(home, "jsonl", tmp_path / "x", restricted=True)
    assert [record.get("restricted") for record in lines(tmp_path / "x")][2] == {
        "at": "2031-05-01T12:00:00Z",
        "reason": "An order",
    }
    out(home, "jsonl", tmp_path / "y", sources=("gulls",))
    assert [record["copies"] for record in lines(tmp_path / "y")] == [[]]


def test_nothing_that_is_held_back_stands_in_any_export(tmp_path: Path) -> None:
    plain = Home(tmp_path / "plain")
    plain.path.mkdir()
    Store(plain.database, write=True).close()
    home = holding.hold(Home(tmp_path / "home"), plain)
    holding.decide(home, closed=True, restricted=True)
    for form in OURS:
        target = tmp_path / form
        done = out(home, form, target)
        assert done.articles == len(ids(home)) > 3
        texts = {name: data.decode("utf-8", "replace") for name, data in tree(target).items()}
        if form == "jsonl.zst":
            texts["x"] = unpacked(target).decode()
        if form.startswith("parquet"):
            for file in [target] if target.is_file() else target.rglob("*.parquet"):
                texts[f"{file} read"] = repr(pq.read_table(file).to_pylist())
        for name, text in texts.items():
            for mark, probe in holding.PROBES.items():
                assert not probe.search(text), f"{mark} in {form}, {name}"
    holding.decide(home, closed=False, restricted=False)
    out(home, "jsonl", tmp_path / "open")
    text = (tmp_path / "open").read_text("utf-8")
    assert all(probe.search(text) for probe in holding.PROBES.values())


# the same bytes, and what says so


@pytest.mark.parametrize("form", OURS)
def test_the_same_archive_gives_the_same_bytes(home: Home, tmp_path: Path, form: str) -> None:
    found = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        copy = Home(Path(shutil.copytree(home.path, tmp_path / f"home-{place}")))
        out(copy, form, tmp_path / place / "x", since="2031-01-01")
        found.append(tree(tmp_path / place / "x"))
    assert found[0] == found[1]
    assert len(found[0]) > 1


@pytest.mark.parametrize("form", OURS)
def test_the_manifest_says_what_is_there(home: Home, tmp_path: Path, form: str) -> None:
    custody.make_key(home, NOW)
    custody.seal(home, NOW)
    key = signing.load(home.keys)
    target = tmp_path / "x"
    out(home, form, target, sources=("ferries", "gulls"), language="en")
    said = json.loads(manifest.path_of(target, FORMATS[form].folder).read_bytes())
    assert said["format"] == form
    assert {"sources": ["ferries", "gulls"], "language": "en"}.items() <= said["query"].items()
    assert said["counts"]["articles"] == 5
    files = {name: manifest.File(one["bytes"], one["sha256"]) for name, one in said["files"].items()}
    assert files == manifest.measured(target)
    assert said["sha256"] == manifest.digest(said)
    assert key is not None and signing.verifies(key.public, said["sha256"], said["signed"])
    assert said["signer"] == {"key": key.fingerprint, "public": key.public}
    [head] = rows(home, "select seq, hash, signature, key from custody order by seq desc limit 1")
    assert said["custody"] == {**head, "public": key.public}
    assert manifest.written(said) == manifest.path_of(target, FORMATS[form].folder).read_bytes()
    [noted] = [json.loads(line) for line in (home.path / "exports.jsonl").read_text("utf-8").splitlines()]
    assert (noted["target"], noted["articles"], noted["ids"]) == (str(target), 5, [[1, 4], [6, 6]])


def test_what_was_chosen_before_a_removal_does_not_leave_after_it(home: Home, tmp_path: Path) -> None:
    def removed(_what: str, _of: int, _left: int) -> None:
        with closing(Store(home.database, write=True)) as store, store.transaction():
            if not store.last_removal():
                custody.append(home, store, "2031-05-01T00:00:00.000Z", "forgotten", {"captures": [], "articles": []})

    with pytest.raises(CommuniqueError, match="removed by law meanwhile"):
        export(home, FORMATS["jsonl"], tmp_path / "x.jsonl", Asked(), False, removed)
    assert [path.name for path in tmp_path.iterdir() if path != home.path] == []
    assert (home.path / "exports.jsonl").read_text("utf-8").count("x.jsonl") == 1
    out(home, "jsonl", tmp_path / "x.jsonl")
    assert (tmp_path / "x.jsonl").exists()


@given(st.sets(st.integers(1, 60)))
def test_ranges_hold_the_numbers_and_no_others(numbers: set[int]) -> None:
    found = ranges(sorted(numbers))
    assert [n for first, last in found for n in range(first, last + 1)] == sorted(numbers)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(found))


def test_a_pipe_gets_the_bytes_of_the_file(home: Home, tmp_path: Path) -> None:
    for form in FILES:
        out(home, form, tmp_path / form)
        arguments = ["export", form, "-", "--home", str(home.path), "--manifest", str(tmp_path / "note")]
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, check=True)
        assert done.stdout == (tmp_path / form).read_bytes()
        [file] = json.loads((tmp_path / "note").read_bytes())["files"].values()
        assert file == manifest.measured(tmp_path / form)[form]._asdict()


def test_a_reader_who_has_enough_ends_the_export_in_one_line(home: Home) -> None:
    arguments = ["export", "jsonl", "-", "--home", str(home.path)]
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    assert process.stderr.read() == b"communique: the pipe was closed before the export ended\n"
    process.stderr.close()
    assert process.wait() == 1


def test_a_manifest_takes_the_place_of_nothing_but_a_manifest(home: Home, tmp_path: Path) -> None:
    kept = home.database.read_bytes()
    (tmp_path / "precious.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "none")
    for note in (
        home.database,
        home.head,
        home.path / "new",
        *(tmp_path / n for n in ("precious.txt", "link", "no/m")),
    ):
        done = command("export", "jsonl", "-", "--home", str(home.path), "--manifest", str(note))
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), note
    assert (home.database.read_bytes(), (tmp_path / "precious.txt").read_text()) == (kept, "mine")
    for _ in range(2):  # over one of its own
        done = command("export", "jsonl", "-", "--home", str(home.path), "--manifest", str(tmp_path / "m.json"))
        assert (done.returncode, manifest.names((tmp_path / "m.json").read_bytes())) == (0, {"stdout.jsonl"})


def test_what_went_through_a_pipe_is_verified_beside_its_manifest(home: Home, tmp_path: Path) -> None:
    note, target = tmp_path / "news.jsonl.manifest.json", tmp_path / "news.jsonl"
    arguments = ["export", "jsonl", "-", "--home", str(home.path), "--manifest", str(note)]
    target.write_bytes(subprocess.run([*COMMAND, *arguments], capture_output=True, check=True).stdout)
    assert list(json.loads(note.read_bytes())["files"]) == ["news.jsonl"]
    assert command("verify", "--export", str(target), "--home", str(home.path)).returncode == 0


@pytest.mark.parametrize(
    ("redirected", "code", "line"),
    [
        (">/dev/full", 1, "communique: the export could not be written: No space left on device\n"),
        (">&-", 2, "communique: stdout is closed: there is nothing to write to\n"),
    ],
)
def test_a_stdout_that_takes_nothing_is_one_line(home: Home, redirected: str, code: int, line: str) -> None:
    arguments = ["sh", "-c", f'exec "$@" {redirected}', "sh", *COMMAND, "export", "jsonl", "-", "--home"]
    done = subprocess.run([*arguments, str(home.path)], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (code, line)


# whole or not at all


@pytest.mark.parametrize("form", ["jsonl.zst", "markdown", "parquet"])
def test_an_export_that_fails_leaves_what_was_there(home: Home, tmp_path: Path, form: str, monkeypatch: Any) -> None:
    target = tmp_path / "place" / "x"
    target.parent.mkdir()
    out(home, form, target)
    before = tree(target)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"archive.exports.{FORMATS[form].module}.write", full)
    with pytest.raises(CommuniqueError, match=r"could not be written: No space left"):
        out(home, form, target)
    assert tree(target) == before
    assert {file.name for file in target.parent.iterdir()} == {name.partition("/")[0] for name in before}


@pytest.mark.parametrize("form", ["sqlite", "bagit"])
def test_a_database_that_does_not_fit_is_not_called_damaged(home: Home, tmp_path: Path, form: str) -> None:
    asked = shlex.join([*COMMAND, "export", form, str(tmp_path / "x"), "--home", str(home.path)])
    done = subprocess.run(["sh", "-c", f"ulimit -f 64; exec {asked}"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"the export to {tmp_path / 'x'} could not be written: " in done.stderr
    assert done.stderr.count("\n") == 1 and list(tmp_path.glob(".x*")) == list(tmp_path.glob("x*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("form", ["jsonl", "markdown"])
def test_after_kill_9_nothing_has_the_name_and_the_next_export_clears_up(
    home: Home, tmp_path: Path, form: str
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / ".x.exporting-of-somebody").write_text("a file")
    slow = (
        "import sys, time; from pathlib import Path; from archive.exports import run, markdown, jsonl\n"
        "from archive.exports.formats import FORMATS; from archive.exports.chosen import Asked, Chosen, silent\n"
        "from archive.home import Home\n"
        "whole = Chosen.lines\n"
        "def slowly(self, *a):\n"
        "    for n, line in enumerate(whole(self, *a)):\n"
        "        yield line\n"
        "        if n == 2: print('half', flush=True); time.sleep(60)\n"
        "Chosen.lines = slowly\n"
        "run.export(Home(Path(sys.argv[1])), FORMATS[sys.argv[2]], Path(sys.argv[3]), Asked(), False, silent)\n"
    )
    arguments = [COMMAND[0], "-c", slow, str(home.path), form, str(place / "x")]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    assert process.stdout and process.stdout.readline() == b"half\n"
    left = [path for path in place.iterdir() if path.is_dir()]
    assert len(left) == 1, "it writes beside the target"
    assert not (place / "x").exists()
    out(home, form, place / "x")
    assert left[0].exists(), "somebody still writes there"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    before = tree(place / "x")
    assert left[0].exists()
    out(home, form, place / "x")
    assert not left[0].exists()
    assert tree(place / "x") == before
    assert (place / ".x.exporting-of-somebody").read_text() == "a file"


def test_a_folder_that_was_put_aside_takes_its_name_again(home: Home, tmp_path: Path, monkeypatch: Any) -> None:
    """`kill -9` between the two renames: the old folder is there once more before anything is written."""
    target = tmp_path / "x"
    out(home, "markdown", target)
    before = tree(target)
    left = tmp_path / ".x.exporting-abc"
    left.mkdir()
    target.rename(left / "before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(CommuniqueError, match="No space left"):
        patch.setattr("archive.exports.markdown.write", full)
        out(home, "markdown", target)
    assert tree(target) == before
    assert not left.exists()
    out(home, "markdown", target, sources=("ferries",))
    assert 2 < len(tree(target)) < len(before)


def test_what_no_export_made_is_not_replaced(home: Home, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear harbour master")
    with pytest.raises(ConfigurationError, match="no export of ours"):
        out(home, "jsonl", letter)
    papers = tmp_path / "papers"
    papers.mkdir()
    out(home, "markdown", papers)
    (papers / "ferries" / "mine.md").write_text("my own")
    with pytest.raises(ConfigurationError, match=r"holds ferries/mine\.md, which no export wrote"):
        out(home, "markdown", papers)
    with pytest.raises(ConfigurationError, match="is a folder"):
        out(home, "jsonl", papers)
    link = tmp_path / "link"
    link.symlink_to(papers)
    with pytest.raises(ConfigurationError, match="is a "):
        out(home, "markdown", link)
    for within in (home.path, home.path / "x", home.path / "exports.jsonl", home.path / "warc" / "x"):
        with pytest.raises(ConfigurationError, match="is within the home folder"):
            out(home, "jsonl", within)
    with pytest.raises(ConfigurationError, match="cannot write to"):
        out(home, "jsonl", tmp_path / "nowhere" / "x")
    assert letter.read_text() == "Dear harbour master"
    assert (papers / "ferries" / "mine.md").read_text() == "my own"


def test_an_option_that_is_no_text_is_one_line(home: Home) -> None:
    done = command("export", "jsonl", "-", "--source", os.fsdecode(b"a\xff"), "--home", str(home.path))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "communique: 'a\\udcff' is no UTF-8\n")


def test_a_target_whose_name_is_no_text_is_refused_or_named_as_it_is(home: Home, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff\xe2\x80\xa8")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        out(home, "jsonl", odd, incremental=True)
    assert not odd.exists()
    out(home, "markdown", odd)
    with closing(Store(home.database)) as store:
        [noted] = find(home, store, 1).exports
    assert noted["target"] == str(odd)


def test_an_export_while_a_crawl_writes_shows_one_moment(home: Home) -> None:
    with choose(home, Asked()) as chosen:
        found = chosen.lines()
        first = next(found)
        keep(home, [captured(URL.format(6), story(6, timber="grain"), 999)], SOURCES)
        keep(home, [captured(URL.format(n), story(n, timber="grain"), 1000 + n) for n in (3, 1)], SOURCES)
        records = [json.loads(line) for line in (first, *found)]
    assert [record["id"] for record in records] == [1, 2, 3, 4, 6]
    assert [len(record["revisions"]) for record in records] == [2, 1, 1, 1, 1]
    assert len(ids(home)) == 6


# what changed since


@pytest.mark.parametrize("form", FILES)
def test_an_incremental_export_adds_what_is_new_and_what_changed(home: Home, tmp_path: Path, form: str) -> None:
    suffix = FORMATS[form].suffix
    target, second = tmp_path / f"news{suffix}", tmp_path / f"news.0002{suffix}"
    assert out(home, form, target, incremental=True).articles == 5
    whole = tree(target)
    assert out(home, form, target, incremental=True) == Exported(0, 0, None)
    keep(
        home,
        [captured(URL.format(3), story(3, timber="grain"), 1000), captured(URL.format(7), story(7), 1001)],
        SOURCES,
    )
    store = Store(home.database, write=True)
    store.restrict([6], "2031-05-01T12:00:00Z", "An order")
    store.close()
    done = out(home, form, target, incremental=True)
    assert (done.target, done.withdrawn) == (second, 1)
    assert tree(target) == whole
    said = json.loads(manifest.path_of(second, False).read_bytes())
    assert (said["part"], said["withdrawn"]) == (2, [6])
    with choose(home, Asked()) as chosen:
        assert list(chosen.ids) == [1, 2, 3, 4, 7]
    if form == "jsonl":
        found = {record["id"] for record in lines(second)}
        assert {3, 7} <= found and 1 not in found, "what did not change is not told again"
    with pytest.raises(ConfigurationError, match="was of another query"):
        out(home, form, target, incremental=True, language="en")
    assert out(home, form, target).articles == 5, "without --incremental all is written anew"
    assert out(home, form, target, incremental=True).articles == 5


def test_a_crawl_that_finds_nothing_new_at_a_source_changes_no_record(home: Home, tmp_path: Path) -> None:
    out(home, "jsonl", tmp_path / "x", incremental=True)
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute("update sources set last_success = '2031-06-01T00:00:00Z', failures = 3")
    store.close()
    assert out(home, "jsonl", tmp_path / "x", incremental=True).target is None


def test_a_state_that_is_damaged_is_said_in_one_line(home: Home, tmp_path: Path) -> None:
    out(home, "jsonl", tmp_path / "x", incremental=True)
    [state] = (home.path / "exports").iterdir()
    state.write_bytes(state.read_bytes()[:-3])
    with pytest.raises(ConfigurationError, match="is damaged"):
        out(home, "jsonl", tmp_path / "x", incremental=True)


@pytest.mark.parametrize("form", ["markdown", "parquet-by-month"])
def test_a_folder_keeps_the_files_that_are_as_they_were(home: Home, tmp_path: Path, form: str) -> None:
    target = tmp_path / "x"
    out(home, form, target)
    before = {path: path.stat().st_ino for path in target.rglob("*") if path.is_file()}
    keep(
        home,
        [captured(URL.format(4), page("Fourth", f"<article><p>{words(99)}</p></article>"), 60 * 24 * 41)],
        SOURCES,
    )
    done = out(home, form, target, incremental=True)
    after = {path: path.stat().st_ino for path in target.rglob("*") if path.is_file()}
    changed = {path for path in after if after[path] != before.get(path)}
    assert len(changed) == 2 and target / "manifest.json" in changed
    assert done.same == len(after) - 2 > 0
    fresh = tmp_path / "fresh" / "x"
    fresh.parent.mkdir()
    out(home, form, fresh)
    assert tree(fresh) == tree(target)


# Markdown


def test_a_file_of_markdown_says_what_the_article_is(home: Home, tmp_path: Path) -> None:
    out(home, "markdown", tmp_path / "x")
    [path] = (tmp_path / "x" / "ferries" / "2031-04").glob("2031-04-20-1-*.md")
    assert path.name == "2031-04-20-1-ferry-report-number-1.md"
    _, front, body = path.read_text("utf-8").split("---\n", 2)
    said = yaml.safe_load(front)
    [row] = rows(home, "select * from articles where id = 1")
    assert {name: said[name] for name in ("id", "url", "title", "words", "revisions")} == {
        name: row[name] for name in ("id", "url", "title", "words", "revisions")
    }
    assert said["capture"]["fetched_at"] == "2031-04-20T07:00:00.000Z"
    plain = body.replace("\\", "")
    for paragraph in row["text"].split("\n\n"):
        assert paragraph in plain
    assert "timetables" not in body, "what is hidden is no part of the text"


@given(st.text(), st.lists(st.text()))
@settings(deadline=None)
def test_any_text_can_stand_in_front_matter(text: str, many: list[str]) -> None:
    front = f"a: {prose.quoted(text)}\nb: {prose.quoted(many)}\n"
    assert yaml.safe_load(front) == {"a": text, "b": many}


def record(*drawn: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """A record of an article with these blocks."""
    names = [name for name in prose._FIELDS if name not in ("authors", "tags")]
    return {
        **dict.fromkeys(names),
        "id": 1,
        "authors": [],
        "tags": [],
        "title": "A title",
        "source": "harbour",
        "published_day": None,
        "first_seen": "2031-04-20T06:00:00Z",
        "summary": None,
        "text": "",
        "capture": 5,
        "captures": [
            {
                "id": 5,
                "reading": 7,
                "fetched_at": "",
                "url": "",
                "payload_sha256": "",
                "warc_file": "",
                "warc_offset": 0,
            }
        ],
        "readings": [{"id": 7, "blocks": [[kind, text, 0.0, None, None] for kind, text in drawn]}],
        "links": [],
        "media": [],
        "revisions": [{}],
        **fields,
    }


def body(*drawn: tuple[str, str], **fields: Any) -> str:
    return prose.document(record(*drawn, **fields)).split("# A title\n", 1)[1].strip()


def test_blocks_become_what_they_are() -> None:
    found = body(
        ("p", "One"), ("line", "two"), ("heading", "Then"), ("li", "first"), ("line", "more"), ("li", "second"),
        ("quote", "said"), ("row", "ship | 12"), ("row", "crane |"), ("code", "a ``` b"), ("p", "End"),
    )  # fmt: skip
    assert found == (
        "One\\\ntwo\n\n## Then\n\n- first\\\n  more\n- second\n\n> said\n\n|   |   |\n| --- | --- |\n| ship | 12 |\n"
        "| crane |  |\n\n````\na ``` b\n````\n\nEnd"
    )


def test_links_stand_on_their_words_and_pictures_are_named() -> None:
    link = {"position": 0, "url": "https://quay.example/a b>", "text": "the quay"}
    assert body(("p", "At the quay * now"), links=[link]) == "At [the quay](<https://quay.example/a%20b%3E>) \\* now"
    bad = {**link, "url": "javascript:alert(1)"}
    assert body(("p", "At the quay"), links=[bad]) == "At the quay"
    media = [{"url": "https://p.example/1.jpg", "alt": None, "caption": "A [crane]"}]
    assert body(("p", "x"), media=media).endswith("Pictures:\n\n- [A \\[crane\\]](<https://p.example/1.jpg>)")


@pytest.mark.parametrize(
    "text",
    ["# no heading", "- no item", "+ no", "12. no", "3) no", "> no", "---", "===", "<script>x</script>", "| a | b |",
     "    no code", "*no*", "[no](http://x)", "&copy;", "~~~", "```", "$x$", "%%x%%", "![x](y)", "\\n"],
)  # fmt: skip
def test_no_text_is_taken_for_markup(text: str) -> None:
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(body(("p", text)))
    assert html.unescape(rendered) == f"<p>{' '.join(text.split())}</p>\n", rendered


def test_an_article_without_readings_is_its_text(home: Home, tmp_path: Path) -> None:
    out(home, "markdown", tmp_path / "x", bare=True)
    [path] = (tmp_path / "x" / "gulls").rglob("*.md")
    [row] = rows(home, "select text from articles where id = 4")
    assert row["text"].split("\n\n")[0] in path.read_text("utf-8").replace("\\", "")


@given(st.text(max_size=200), st.text(max_size=30))
@settings(deadline=None)
def test_no_title_leads_out_of_the_folder(title: str, name: str) -> None:
    parts = prose.name_of(
        {"published_day": None, "first_seen": "2031-04-20", "id": 9, "title": title, "source": name}
    )
    assert all(part and part not in (".", "..") and "/" not in part and "\0" not in part for part in parts)
    assert parts[2].startswith("2031-04-20-9") and parts[2].endswith(".md")
    assert all(len(part.encode()) <= 255 for part in parts)


# the rest


def test_the_schema_of_parquet_is_that_of_the_tables(home: Home) -> None:
    with choose(home, Asked()) as chosen:
        form = parquet.schema(chosen)
        columns = [column.name for column in chosen.store.table_columns("articles") if column.name != "revisions"]
    assert form.names[1 : 1 + len(columns)] == columns
    assert form.field("words").type == pa.int64()
    assert form.field("authors").type == pa.list_(pa.string())
    assert form.field("captures").type.value_type.field("warc_offset").type == pa.int64()
    assert not [field for field in form if pa.types.is_null(field.type)]


def test_blocks_end_where_the_lines_say(home: Home) -> None:
    with choose(home, Asked()) as chosen:
        told: list[int] = []
        found = list(blocks.blocks(chosen, chosen.lines(), lambda _w, _of, left: told.append(left), 1))
        assert len(found) == 5 and told == [4, 3, 2, 1, 0, 0]
        assert b"".join(found) == b"".join(line + b"\n" for line in chosen.lines())


def test_what_a_writer_raises_beside_ends_the_export() -> None:
    def fail(_: bytes) -> None:
        raise OSError(28, "full")

    with pytest.raises(OSError, match="full"), blocks.beside(fail) as put:
        put(b"x")


def refused() -> Iterator[tuple[list[str], str]]:
    yield ["jsonl", "x", "--source", "nobody"], "there is no source nobody in this archive"
    yield ["jsonl", "x", "--story", "99"], "there is no story 99"
    yield ["jsonl", "x", "--article", "99"], "there is no article 99"
    yield ["markdown", "-"], "markdown makes a folder, which cannot be written to a pipe"
    yield ["jsonl", "-", "--incremental"], "there is no last export to a pipe: --incremental needs a file"
    yield ["jsonl", "x", "--manifest", "y"], "--manifest goes with -: elsewhere it lies beside the export"
    yield ["wacz", "x", "--bare"], "wacz is not made of records: there is no bare one"
    yield ["sqlite", "x", "--incremental"], "sqlite is always written as a whole"


@pytest.mark.parametrize(("arguments", "line"), list(refused()))
def test_what_cannot_be_done_is_said_in_one_line(
    home: Home, tmp_path: Path, arguments: list[str], line: str, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    done = command("export", *arguments, "--home", str(home.path))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"communique: {line}\n")
    assert not (tmp_path / "x").exists()


def test_the_command_says_what_it_did(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    done = command("export", "jsonl", str(target), "--home", str(home.path), "--search", "ferry OR")
    assert done.returncode == 0
    first, last = done.stderr.splitlines()
    assert first == "communique: OR needs a word on either side and was left out."
    assert last.startswith("4 articles, 0.") and last.endswith(f" MB to {target}")
    assert command("export", "jsonl", str(target), "--home", str(tmp_path)).returncode == 2


def test_no_temporary_file_outlives_an_interrupt(home: Home, tmp_path: Path) -> None:
    slow = (
        "import sys; from archive.exports.chosen import Chosen\nimport time\n"
        "whole = Chosen.lines\n"
        "def slowly(self, *a):\n"
        "    yield from whole(self, *a)\n"
        "    print('half', flush=True); time.sleep(60)\n"
        "Chosen.lines = slowly\n"
        "from crawler.cli import main; main()\n"
    )
    place = tmp_path / "place"
    place.mkdir()
    arguments = [COMMAND[0], "-c", slow, "export", "jsonl.zst", str(place / "x"), "--home", str(home.path)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr and process.stdout.readline() == b"half\n"
    time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, b"communique: stopped; nothing was exported\n")
    assert list(place.iterdir()) == []


def test_the_document_names_every_format_and_option() -> None:
    text = (Path(__file__).parent.parent / "docs" / "export.md").read_text("utf-8")
    assert [name for name in FORMATS if f"| `{name}` |" not in text] == []
    options = [option for parameter in command_export.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}" not in text and option != "--home"] == []
    assert [part for part in PARTS if f"`{part}`" not in text] == []


def test_the_queries_of_the_document_run(home: Home, tmp_path: Path, monkeypatch: Any) -> None:
    out(home, "parquet", tmp_path / "news.parquet")
    out(home, "parquet-by-month", tmp_path / "months")
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parent.parent / "docs" / "export.md").read_text("utf-8")
    queries = re.findall(r'^duckdb -c "(.*)"$', text, re.MULTILINE)
    assert len(queries) == 3
    found = [duckdb.sql(query).fetchall() for query in queries]
    assert sorted(row[:2] for row in found[0]) == [("ferries", 4), ("gulls", 1)]
    assert [row[0] for row in found[1]] == ["Ferry report number 1"]
    assert sorted(found[2]) == [("2031-04", 4), ("2031-05", 1)]
