"""The copy that a migration makes of an older archive before it changes it."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from archive import custody, store_backup
from archive.checkup import CHECKS, Patient
from archive.errors import CommuniqueError
from archive.exports import parts
from archive.home import Home
from archive.models import moment
from archive.schema_custody import migrations
from archive.store import Store
from archive.warc import Writer
from crawler.cli import main
from tests.keeping import START, captured

Usage = namedtuple("Usage", "total used free")
FEED = captured("http://harbour.example/feed", b"<rss/>", kind="discovery")


@pytest.fixture
def old(home: Home) -> Home:
    """An archive of the version before the chain, with one feed that was kept without a hash."""
    home.path.mkdir()
    writer = Writer(home.warc, "tests")
    kept = writer.write(FEED, 1)
    writer.close()
    assert kept.position is not None
    with closing(sqlite3.connect(home.database)) as conn:
        db = Database(conn)
        db.enable_wal()
        migrations.apply(db, stop_before="m015_custody")
        db.table("sources").insert({"id": "harbour", "name": "Harbour", "kind": "news", "timezone": "UTC"})
        db.table("runs").insert({"id": 1, "started": "2031-04-20T06:00:00.000Z", "status": "done"})
        db.table("captures").insert({
            "id": 1, "url": FEED.url, "url_key": FEED.url, "source": "harbour", "run": 1, "kind": "discovery",
            "fetched_at": "2031-04-20T06:00:00.000Z", "status": 200, "outcome": "discovery",
            "warc_file": kept.position.file, "warc_offset": kept.position.offset,
        })  # fmt: skip
        conn.commit()
    return home


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a database holds."""
    with closing(sqlite3.connect(path)) as conn:
        names = [row[0] for row in conn.execute("select name from sqlite_master where type = 'table' order by 1")]
        return {name: conn.execute(f"select * from [{name}]").fetchall() for name in names}


def test_a_migration_leaves_a_copy_of_the_archive_as_it_was(old: Home, caplog: pytest.LogCaptureFixture) -> None:
    before = tables(old.database)
    with caplog.at_level(logging.WARNING):
        Store(old.database, write=True).close()
    [copy] = old.backup.iterdir()
    assert copy.name == "archive-m014_near.db"
    assert tables(copy) == before
    assert str(copy) in caplog.text
    assert "custody" in tables(old.database)
    stated = copy.read_bytes()
    Store(old.database, write=True).close()  # nothing is to be brought to this version any more
    assert [path.read_bytes() for path in old.backup.iterdir()] == [stated]


def test_the_copy_can_be_put_back(old: Home) -> None:
    before = tables(old.database)
    Store(old.database, write=True).close()
    [copy] = old.backup.iterdir()
    shutil.copy(copy, old.database)
    assert tables(old.database) == before
    Store(old.database, write=True).close()
    assert "custody" in tables(old.database)


def test_what_the_older_version_kept_is_hashed_and_adopted_by_the_next_run(old: Home) -> None:
    Store(old.database, write=True).close()
    assert custody.seal(old, START) == custody.Sealed(1, ())
    store = Store(old.database)
    [signed] = store.chain()
    assert signed.entry.event == "adopted"
    assert store.rows("select payload_sha256, custody from captures") == [
        {"payload_sha256": hashlib.sha256(b"<rss/>").hexdigest(), "custody": 1}
    ]
    store.close()


def test_where_the_disk_is_too_small_nothing_is_changed_and_it_is_one_line(
    old: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(old.database)
    size = old.database.stat().st_size
    monkeypatch.setattr(
        store_backup.shutil, "disk_usage", lambda _: Usage(1 << 40, 0, store_backup.RESERVE + size - 1)
    )
    with pytest.raises(CommuniqueError, match="MB are free"):
        Store(old.database, write=True)
    assert tables(old.database) == before
    assert list(old.backup.iterdir()) == []
    done = CliRunner().invoke(main, ["rebuild", "--home", str(old.path)])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    monkeypatch.undo()
    Store(old.database, write=True).close()
    assert "custody" in tables(old.database)


def test_where_no_copy_can_be_written_it_is_one_line(old: Home) -> None:
    old.backup.write_text("a file in its place")
    with pytest.raises(CommuniqueError, match="no copy can be made"):
        Store(old.database, write=True)


KILLED = """
import os, sys
from pathlib import Path
from archive import store_backup
from archive.store import Store

rename = Path.rename
Path.rename = lambda self, to: os._exit(9) if self.name.endswith(".part") else rename(self, to)
Store(Path(sys.argv[1]), write=True)
"""


def test_a_copy_that_was_not_finished_is_made_anew(old: Home) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(old.database)], timeout=60, check=False)
    assert done.returncode == 9
    assert [path.name for path in old.backup.iterdir()] == ["archive-m014_near.db.part"]
    (old.backup / "archive-m014_near.db.part").write_bytes(b"torn")
    before = tables(old.database)
    assert "custody" not in before
    Store(old.database, write=True).close()
    [copy] = old.backup.iterdir()
    assert tables(copy) == before


def test_a_migration_that_was_stopped_keeps_the_first_copy(old: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(old.database)
    with monkeypatch.context() as patch:
        patch.setattr(type(migrations), "apply", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Store(old.database, write=True)
    Store(old.database, write=True).close()
    [copy] = old.backup.iterdir()
    assert tables(copy) == before


def test_a_new_archive_makes_no_copy(home: Home) -> None:
    home.path.mkdir()
    Store(home.database, write=True).close()
    assert not home.backup.exists()


def test_doctor_tells_what_the_copies_take(old: Home) -> None:
    Store(old.database, write=True).close()
    patient = Patient(old, moment("2031-04-20T06:00:00.000Z"), False, None, False)
    found = {check.name: check for check in CHECKS["custody"](patient)}
    assert found["backup"].level == "ok"
    assert found["backup"].line.startswith("1 copy from before an upgrade")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, frozenset[str]]]:
    """What is put on the disk itself, in order: which file or folder, and the names that a folder had by then."""
    fsync, found = os.fsync, []

    def noted(descriptor: int) -> None:
        state = os.fstat(descriptor)
        found.append((state.st_ino, frozenset(os.listdir(descriptor) if stat.S_ISDIR(state.st_mode) else ())))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return found


def _is_on_the_disk(path: Path, synced: list[tuple[int, frozenset[str]]]) -> bool:
    """Whether a file was, then its name in its folder, and the folder's in the one above."""
    inodes = [inode for inode, _ in synced]
    after = synced[inodes.index(path.stat().st_ino) :] if path.stat().st_ino in inodes else []
    named = any(inode == path.parent.stat().st_ino and path.name in names for inode, names in after)
    return named and any(
        inode == path.parent.parent.stat().st_ino and path.parent.name in names for inode, names in synced
    )


def test_a_copy_has_its_name_on_the_disk_before_anything_is_changed(
    old: Home, synced: list[tuple[int, frozenset[str]]]
) -> None:
    with closing(sqlite3.connect(old.database)) as conn:
        copy = store_backup.back_up(conn, old.database, "m014_near")
    assert _is_on_the_disk(copy, synced)


def test_what_an_export_left_to_the_next_is_on_the_disk_when_it_ends(
    old: Home, synced: list[tuple[int, frozenset[str]]]
) -> None:
    parts.save(old, old.path / "news.jsonl", "jsonl", parts.State({}))
    [state] = (old.path / "exports").iterdir()
    assert _is_on_the_disk(state, synced)
