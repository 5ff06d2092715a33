"""A bag holds all that an archive is made of again, and nothing that is nobody else's business."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import bagit
import pytest

from archive import custody, signing, warc
from archive.exports.bagit import PART
from archive.exports.chosen import Asked, choose, silent
from archive.exports.formats import FORMATS
from archive.exports.run import export
from archive.home import Home
from archive.models import Position
from archive.store import Store
from archive.verify import verify
from tests.crawling import contents, rows
from tests.keeping import captured, keep, source
from tests.pages import page, paragraphs
from tests.prose import prose

NOW = datetime(2031, 5, 2, 6, 0, tzinfo=UTC)


def harbour(home: Home) -> Home:
    """An archive of two runs, signed, with everything beside it that a home may hold."""
    first = [
        captured(f"http://courier.example/{n}", page(f"One {n}", paragraphs([prose(n, 5)])), n) for n in range(3)
    ]
    keep(home, first)
    custody.make_key(home, NOW)
    custody.seal(home, NOW)
    again = captured("http://digest.example/1", page("Two", paragraphs([prose(9, 5)])), 60)
    keep(home, [again, captured("http://courier.example/lost", b"", 61, status=404)])
    custody.seal(home, NOW)
    home.sources.write_text('[courier]\nname = "Courier"\n', "utf-8")
    (home.path / "notes.db").write_bytes(b"what a reader thought")
    (home.path / "datasette.json").write_text('{"plugins": "password"}', "utf-8")
    home.logs.mkdir()
    (home.logs / "run.log").write_text("a log", "utf-8")
    return home


def bagged(home: Home, target: Path, asked: Asked = Asked()) -> Path:  # noqa: B008  # it is frozen
    export(home, FORMATS["bagit"], target, asked, False, silent)
    return target


def files(bag: Path) -> set[str]:
    return {file.relative_to(bag).as_posix() for file in bag.rglob("*") if file.is_file()}


def test_the_library_validates_the_bag_and_not_one_with_another_byte(home: Home, tmp_path: Path) -> None:
    bag = bagged(harbour(home), tmp_path / "bag")
    bagit.Bag(str(bag)).validate()
    arguments = [sys.executable, "-m", "bagit", "--validate"]
    done = subprocess.run([*arguments, str(bag)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    chance = random.Random(8)
    for name in sorted(files(bag) - {"manifest.json", "tagmanifest-sha256.txt"}):
        path = bag / name
        data = path.read_bytes()
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        with pytest.raises((bagit.BagError, UnicodeDecodeError)):
            bagit.Bag(str(bag)).validate()
        path.write_bytes(data)
    bagit.Bag(str(bag)).validate()


def test_a_bag_is_everything_but_keys_notes_passwords_and_logs(home: Home, tmp_path: Path) -> None:
    bag = bagged(harbour(home), tmp_path / "bag")
    warcs = {f"data/warc/{path.name}" for path in home.warc.iterdir()}
    assert len(warcs) == 2
    assert files(bag) == warcs | {
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "manifest.json",
        "data/archive.db",
        "data/sources.toml",
        "data/custody.head",
        "data/keys/custody.pub",
    }
    private = (home.keys / signing.PRIVATE).read_bytes()
    body = b"".join(private.splitlines()[1:-1])
    data = {name: (bag / name).read_bytes() for name in files(bag)}
    assert not any(b"PRIVATE" in one or body in one for one in data.values())
    assert data["data/keys/custody.pub"] == (home.keys / signing.PUBLIC).read_bytes()
    assert json.loads(data["data/custody.head"]) == json.loads(home.head.read_bytes())
    for path in home.warc.iterdir():
        assert data[f"data/warc/{path.name}"] == path.read_bytes()
    assert json.loads(data["manifest.json"])["custody"]["hash"] == json.loads(home.head.read_bytes())["hash"]


def test_what_is_in_a_bag_is_a_home_that_goes_on(home: Home, tmp_path: Path) -> None:
    bag = bagged(harbour(home), tmp_path / "bag")
    restored = Home(tmp_path / "restored")
    shutil.copytree(bag / "data", restored.path)
    assert contents(restored) == contents(home)
    with closing(Store(restored.database)) as store:
        assert custody.contradicted(restored, store) is None
        assert [signed.entry for signed in store.chain()]
        held = store.rows("select url, warc_file, warc_offset from captures where warc_file is not null")
    assert len(held) == 5
    for row in held:
        assert warc.read(restored.warc, Position(row["warc_file"], row["warc_offset"])).url == row["url"]
    keep(restored, [captured("http://courier.example/7", page("Seven", paragraphs([prose(7, 5)])), 90)])
    assert custody.seal(restored, NOW).problems == ()
    assert len(rows(restored, "select id from articles")) == 5


def test_a_bag_of_a_query_is_a_home_of_its_own(home: Home, tmp_path: Path) -> None:
    bag = bagged(harbour(home), tmp_path / "bag", Asked(sources=("courier",)))
    assert files(bag) >= {"data/archive.db", f"data/warc/{PART}", "data/keys/custody.pub"}
    assert "data/sources.toml" not in files(bag)
    bagit.Bag(str(bag)).validate()
    restored = Home(tmp_path / "restored")
    shutil.copytree(bag / "data", restored.path)
    held = rows(restored, "select url, warc_file, warc_offset from captures")
    assert [row["url"] for row in held] == [f"http://courier.example/{n}" for n in range(3)]
    for row in held:
        assert warc.read(restored.warc, Position(row["warc_file"], row["warc_offset"])).url == row["url"]
    texts = "select url, text from articles where source = 'courier' order by url"
    assert rows(restored, texts) == rows(home, texts)
    keep(restored, [captured("http://courier.example/7", page("Seven", paragraphs([prose(7, 5)])), 90)])
    assert len(rows(restored, "select id from articles")) == 4


def test_a_source_that_is_not_public_makes_a_bag_of_the_rest(home: Home, tmp_path: Path) -> None:
    keep(
        home,
        [
            captured(f"http://{name}.example/1", page(name, paragraphs([prose(n, 5)])), n)
            for n, name in enumerate("ab")
        ],
        {"a": source("a"), "b": source("b", public=False)},
    )
    home.sources.write_text("[b]\n", "utf-8")
    bag = bagged(home, tmp_path / "bag")
    assert f"data/warc/{PART}" in files(bag) and "data/sources.toml" not in files(bag)
    assert json.loads((bag / "manifest.json").read_bytes())["counts"]["complete"] == 0
    [difference] = verify(Home(bag / "data")).differences
    assert "a part of an archive" in difference.what and "verify --export" in difference.what
    both = bagged(home, tmp_path / "both", Asked(sources=("a", "b")))
    assert "data/sources.toml" in files(both)
    assert json.loads((both / "manifest.json").read_bytes())["counts"]["complete"] == 1


def test_a_bag_that_is_filled_while_a_crawl_goes_on_ends_with_the_last_record_it_has_a_row_of(
    home: Home, tmp_path: Path
) -> None:
    pages = [
        captured(f"http://courier.example/{n}", page(f"One {n}", paragraphs([prose(n, 5)])), n) for n in range(2)
    ]
    keep(home, pages)
    finished = next(home.warc.glob("*.warc.gz"))
    size = finished.stat().st_size
    going_on = finished.rename(finished.with_name(finished.name + warc.OPEN))
    with choose(home, Asked()) as chosen:
        with going_on.open("ab") as file:
            file.write(b"\x1f\x8b\x08 half of the next record")
        FORMATS["bagit"].writer.write(chosen, tmp_path / "bag", silent)
    copied = tmp_path / "bag/data/warc" / finished.name
    assert copied.read_bytes() == going_on.read_bytes()[:size]
    bagit.Bag(str(tmp_path / "bag")).validate()
