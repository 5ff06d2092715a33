"""Custody: what was kept goes into a chain that nobody can change unseen, is signed, and seen by others."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive import chain, custody, signing, warc, witness
from archive.custody_health import looked_at
from archive.der import with_certificates_sorted
from archive.errors import ConfigurationError, WitnessError
from archive.home import Home
from archive.models import Exchange
from archive.store import Store
from archive.warc import OPEN
from crawler import run as crawl_run
from crawler.cli import main
from tests.crawling import rows
from tests.keeping import START, captured, keep
from tests.pages import page, paragraphs
from tests.witnessing import Stamper, openssl

NOW = START + timedelta(hours=6)
URL = "http://harbour.example/"


def story(n: int) -> str:
    return page(
        f"Pier {n} reopens", paragraphs([f"Pier {n} was closed for three weeks after the storm of that year."] * 3)
    )


def exchanges() -> list[Exchange]:
    """A page, a feed that was sent compressed, a redirect with a body, a 304, an error, and no answer at all."""
    feed = gzip.compress(b"<rss/>", mtime=0)
    return [
        captured(URL + "1", story(1), 0),
        captured(URL + "feed", feed, 1, kind="discovery", headers=(("Content-Encoding", "gzip"),)),
        captured(URL + "old", b"moved", 2, status=301, headers=(("Location", URL + "1"),)),
        captured(URL + "1", b"", 3, status=304, headers=()),
        captured(URL + "2", b"sorry", 4, status=500, headers=()),
        captured(URL + "3", b"", 5, status=None, headers=(), error="DNS"),
        captured(URL + "torn", b"no gzip", 6, headers=(("Content-Type", "text/html"), ("Content-Encoding", "gzip"))),
    ]


def write(home: Home, *statements: str) -> None:
    store = Store(home.database, write=True)
    for statement in statements:
        store.conn.execute(statement)
    store.close()


def entries(home: Home) -> list[dict[str, Any]]:
    """The chain, with what each entry states."""
    found = rows(home, "select * from custody order by seq")
    return [{**row, "details": json.loads(row["details"])} for row in found]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture
def kept(home: Home) -> Home:
    """An archive of one run that is not in the chain yet."""
    keep(home, exchanges())
    return home


# the chain


def test_the_tree_is_that_of_rfc_9162() -> None:
    def by_the_rfc(leaves: list[bytes]) -> bytes:
        if len(leaves) < 2:
            return leaves[0] if leaves else hashlib.sha256(b"").digest()
        k = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + by_the_rfc(leaves[:k]) + by_the_rfc(leaves[k:])).digest()

    for size in range(40):
        leaves = [chain.leaf(f"{URL}{n}", "2031-04-20T06:00:00.000Z", 200, None) for n in range(size)]
        assert chain.root(leaves) == by_the_rfc([bytes.fromhex(leaf) for leaf in leaves]).hex()


def test_a_run_is_covered_by_an_entry_that_states_each_capture_and_file(kept: Home) -> None:
    assert custody.seal(kept, NOW) == custody.Sealed(1, ())
    [entry] = entries(kept)
    assert (entry["seq"], entry["event"], entry["previous_hash"]) == (1, "run", chain.START)
    details = entry["details"]
    assert (details["run"], details["kind"], details["captures"]) == (1, "crawl", 7)
    captures = rows(kept, "select * from captures order by id")
    assert {row["custody"] for row in captures} == {1}
    leaves = [chain.leaf(row["url"], row["fetched_at"], row["status"], row["payload_sha256"]) for row in captures]
    assert details["root"] == chain.root(leaves)
    [(name, (size, digest))] = details["files"].items()
    data = (kept.warc / name).read_bytes()
    assert (size, digest) == (len(data), hashlib.sha256(data).hexdigest())


def test_an_entry_can_be_checked_by_a_stranger_with_json_and_sha_256(kept: Home) -> None:
    custody.seal(kept, NOW)
    keep(kept, [captured(URL + "4", story(4), 60)])
    custody.seal(kept, NOW + timedelta(hours=1))
    before = "0" * 64
    for row in rows(kept, "select * from custody order by seq"):
        assert row["previous_hash"] == before
        listed = [row["seq"], row["at"], row["event"], row["details"], before]
        text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        assert row["hash"] == before


def test_every_payload_is_hashed_without_its_encoding_or_as_it_was_sent(kept: Home) -> None:
    found = {(row["url"], row["status"]): row["payload_sha256"] for row in rows(kept, "select * from captures")}
    wanted = {("1", 200): story(1).encode(), ("feed", 200): b"<rss/>", ("old", 301): b"moved", ("2", 500): b"sorry",
              ("torn", 200): b"no gzip"}  # fmt: skip
    assert found == {
        **{(URL + path, status): hashlib.sha256(body).hexdigest() for (path, status), body in wanted.items()},
        (URL + "1", 304): None,
        (URL + "3", None): None,
    }


def test_what_a_killed_run_kept_is_hashed_and_covered_by_the_next(kept: Home) -> None:
    custody.seal(kept, NOW)
    store = Store(kept.database, write=True)
    dead = store.begin_run("2031-04-20T07:00:00.000Z", ["harbour"])
    store.close()
    writer = warc.Writer(kept.warc, "tests")
    writer.write(captured(URL + "feed", b"<rss>2</rss>", 60, kind="discovery"), dead)
    writer.write(captured(URL + "9", story(9), 61), dead)
    writer.leave()
    assert custody.seal(kept, NOW) == custody.Sealed(0, ())  # no row names what it kept yet
    keep(kept, [captured(URL + "4", story(4), 120)])
    assert custody.seal(kept, NOW).entries == 2
    assert [(e["details"]["run"], e["details"]["captures"]) for e in entries(kept)] == [
        (1, 7),
        (dead, 2),
        (dead + 1, 1),
    ]
    bodies = [row["payload_sha256"] for row in rows(kept, "select * from captures where run = ? order by id", dead)]
    assert bodies == [hashlib.sha256(body).hexdigest() for body in (b"<rss>2</rss>", story(9).encode())]


def test_sealing_once_more_adds_nothing(kept: Home) -> None:
    custody.seal(kept, NOW)
    before = kept.head.read_bytes()
    assert custody.seal(kept, NOW + timedelta(days=1)) == custody.Sealed(0, ())
    assert kept.head.read_bytes() == before


def test_runs_go_in_by_their_order_and_an_import_says_where_it_came_from(kept: Home) -> None:
    keep(kept, [captured(URL + "4", story(4), 60)])
    keep(kept, [captured(URL + "5", story(5), 61)])
    write(kept, "update runs set kind = 'import' where id = 3")
    origin = {"head": "ab" * 32, "seq": 7, "key": None}
    assert custody.seal(kept, NOW, {3: origin}).entries == 3
    assert [(e["event"], e["details"]["run"], e["details"].get("origin")) for e in entries(kept)] == [
        ("run", 1, None), ("run", 2, None), ("import", 3, origin),
    ]  # fmt: skip
    files = [name for e in entries(kept) for name in e["details"]["files"]]
    assert files == sorted(path.name for path in kept.warc.iterdir())


def test_captures_in_a_file_that_a_killed_run_left_open_wait_until_it_is_whole(kept: Home) -> None:
    [file] = kept.warc.iterdir()
    open_file = file.rename(file.with_name(file.name + OPEN))
    assert custody.seal(kept, NOW).entries == 1
    [entry] = entries(kept)
    assert (entry["details"]["captures"], entry["details"]["files"]) == (1, {})  # the one without an answer
    open_file.rename(file)
    custody.seal(kept, NOW)
    assert [(e["details"]["captures"], list(e["details"]["files"])) for e in entries(kept)][1:] == [(6, [file.name])]


def test_a_file_that_is_not_there_is_told_and_stops_nothing(kept: Home) -> None:
    [file] = kept.warc.iterdir()
    file.unlink()
    sealed = custody.seal(kept, NOW)
    assert [line for line in sealed.problems if line.startswith(f"{file.name} is not there")]
    assert entries(kept)[0]["details"]["files"] == {}
    assert custody.seal(kept, NOW) == custody.Sealed(0, ())  # told once


def test_a_file_with_pages_of_captures_that_are_covered_is_stated_once(kept: Home) -> None:
    custody.seal(kept, NOW)
    [file] = kept.warc.iterdir()
    added = file.with_name("communique-000002.warc.gz")
    shutil.copy(file, added)
    write(
        kept,
        "update runs set kind = 'import'",
        f"update captures set warc_file = '{added.name}' where status = 500",
    )
    assert custody.seal(kept, NOW) == custody.Sealed(1, ())
    last = entries(kept)[-1]
    assert (last["event"], last["details"]["captures"], last["details"]["run"]) == ("import", 0, 1)
    assert last["details"]["root"] == hashlib.sha256(b"").hexdigest()
    assert list(last["details"]["files"]) == [added.name]
    assert custody.seal(kept, NOW) == custody.Sealed(0, ())


def test_a_file_that_also_holds_a_page_of_a_covered_capture_is_stated_with_its_run(kept: Home) -> None:
    custody.seal(kept, NOW)
    keep(kept, [captured(URL + "4", story(4), 60)])
    names = sorted(path.name for path in kept.warc.iterdir())
    write(kept, f"update captures set warc_file = '{names[1]}', warc_offset = 1 where status = 500")
    assert custody.seal(kept, NOW).entries == 1
    assert list(entries(kept)[-1]["details"]["files"]) == [names[1]]


def test_what_was_kept_before_the_chain_is_hashed_and_adopted_in_parts(
    kept: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = "select id, payload_sha256 from captures order by id"
    before = rows(kept, hashes)
    write(
        kept,
        "update captures set payload_sha256 = null where outcome not in ('new', 'revised', 'unchanged')",
        "insert into home select 'adopt', max(id) from captures",
    )
    keep(kept, [captured(URL + "4", story(4), 60)])
    monkeypatch.setattr(custody, "ADOPTED", 3)
    monkeypatch.setattr(custody, "_BATCH", 2)
    assert custody.seal(kept, NOW) == custody.Sealed(4, ())
    assert rows(kept, hashes)[: len(before)] == before
    found = entries(kept)
    assert [(e["event"], e["details"]["captures"]) for e in found] == [
        ("adopted", 3),
        ("adopted", 3),
        ("adopted", 1),
        ("run", 1),
    ]
    assert [len(e["details"]["files"]) for e in found] == [1, 0, 0, 1]
    assert rows(kept, "select * from home where key = 'adopt'") == []


def test_a_record_that_cannot_be_hashed_any_more_is_told_and_covered_by_its_row(kept: Home) -> None:
    write(kept, "update captures set payload_sha256 = null where status = 500")
    [(file, offset)] = [
        (row["warc_file"], row["warc_offset"]) for row in rows(kept, "select * from captures where status = 500")
    ]
    with (kept.warc / file).open("r+b") as damaged:
        damaged.seek(offset)
        damaged.write(b"\0" * 40)
    sealed = custody.seal(kept, NOW)
    assert len(sealed.problems) == 1
    assert f"{file} at {offset}" in sealed.problems[0]
    assert rows(kept, "select payload_sha256, custody from captures where status = 500") == [
        {"payload_sha256": None, "custody": 1}
    ]


def test_a_payload_that_an_entry_rests_on_is_never_written_again(kept: Home) -> None:
    custody.seal(kept, NOW)
    before = rows(kept, "select id, url, fetched_at, status, payload_sha256, custody from captures order by id")
    store = Store(kept.database, write=True)
    for row in before:
        store.set_payload(row["id"], "00" * 32)
    store.close()
    assert run("rebuild", "--home", kept.path).exit_code == 0
    assert (
        rows(kept, "select id, url, fetched_at, status, payload_sha256, custody from captures order by id") == before
    )


# the head


def test_the_head_is_the_last_entry(kept: Home) -> None:
    custody.seal(kept, NOW)
    [last] = rows(kept, "select * from custody order by seq desc limit 1")
    assert custody.head(kept) == {name: last[name] for name in ("seq", "hash", "signature", "key")}


def test_a_head_that_fell_behind_is_caught_up(kept: Home) -> None:
    custody.seal(kept, NOW)
    old = kept.head.read_bytes()
    keep(kept, [captured(URL + "4", story(4), 60)])
    custody.seal(kept, NOW)
    kept.head.write_bytes(old)  # as a process leaves it that dies before it writes the file
    assert custody.seal(kept, NOW).problems == ()
    head = custody.head(kept)
    assert head is not None
    assert head["seq"] == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update captures set custody = null where custody = 2; delete from custody where seq = 2", "states entry 2"),
        ("update custody set hash = replace(hash, substr(hash, 1, 1), 'x') where seq = 2", "states another hash"),
    ],
)
def test_a_head_that_the_chain_contradicts_is_told_by_each_run_and_kept(kept: Home, change: str, said: str) -> None:
    custody.seal(kept, NOW)
    keep(kept, [captured(URL + "4", story(4), 60)])
    custody.seal(kept, NOW)
    before = kept.head.read_bytes()
    write(kept, *change.split("; "))
    [(level, line, _)] = looked_at(kept, NOW)
    assert level == "problem"
    assert said in line
    for day in (1, 2):
        keep(kept, [captured(URL + "5", story(5), 60 + day)])
        [problem] = custody.seal(kept, NOW + timedelta(days=day)).problems
        assert "states another hash of entry 2" in problem  # entries that follow change nothing in that
    assert kept.head.read_bytes() == before
    assert [level for level, _, _ in looked_at(kept, NOW)] == ["problem"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\udcff", '{"seq": "x"}'])
def test_a_damaged_head_is_a_line(kept: Home, text: str) -> None:
    custody.seal(kept, NOW)
    kept.head.write_bytes(text.encode("utf-8", "surrogateescape"))
    [problem] = custody.seal(kept, NOW).problems
    assert "cannot be read" in problem


# keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_private_from_the_first_byte_and_signs_what_follows(kept: Home) -> None:
    custody.seal(kept, NOW)
    old = os.umask(0)
    try:
        key = custody.make_key(kept, NOW)
    finally:
        os.umask(old)
    assert mode(kept.keys) == 0o700
    assert mode(kept.keys / "custody.pem") == 0o600
    assert sorted(path.name for path in kept.keys.iterdir()) == ["custody.pem", "custody.pub"]
    keep(kept, [captured(URL + "4", story(4), 60)])
    custody.seal(kept, NOW)
    first, introduced, last = entries(kept)
    assert first["signature"] is None
    assert introduced["details"] == {"key": key.fingerprint, "public": key.public}
    for entry in (introduced, last):
        assert entry["key"] == key.fingerprint == signing.fingerprint(key.public)
        assert signing.verifies(key.public, entry["hash"], entry["signature"])
        assert not signing.verifies(key.public, entry["previous_hash"], entry["signature"])
    head = custody.head(kept)
    assert head is not None
    assert head["signature"] == last["signature"]


def test_openssl_alone_verifies_a_signature_and_the_key_by_its_fingerprint(kept: Home, tmp_path: Path) -> None:
    custody.make_key(kept, NOW)
    [entry] = entries(kept)
    (tmp_path / "hash").write_text(entry["hash"])
    (tmp_path / "signature").write_bytes(base64.b64decode(entry["signature"]))
    public = kept.keys / "custody.pub"
    said = openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", tmp_path / "hash",
                   "-sigfile", tmp_path / "signature")  # fmt: skip
    assert "Verified Successfully" in said
    openssl("pkey", "-pubin", "-in", public, "-outform", "DER", "-out", tmp_path / "der")
    assert hashlib.sha256((tmp_path / "der").read_bytes()).hexdigest() == entry["key"]


def test_another_spelling_of_a_signature_is_none(kept: Home) -> None:
    key = custody.make_key(kept, NOW)
    [entry] = entries(kept)
    signature = entry["signature"]
    assert signature.endswith("==")
    last = signature[-3]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = signature[:-3] + letters[letters.index(last) ^ 1] + "=="
    for wrong in (other, signature + "\n", " " + signature, signature[:-1], "", "ä"):
        assert not signing.verifies(key.public, entry["hash"], wrong)
    assert not signing.verifies("no key", entry["hash"], signature)


def test_a_new_key_is_endorsed_by_the_one_before(kept: Home) -> None:
    old = custody.make_key(kept, NOW)
    new = custody.make_key(kept, NOW)
    assert new.fingerprint != old.fingerprint
    details = entries(kept)[1]["details"]
    assert (details["key"], details["by"]) == (new.fingerprint, old.fingerprint)
    assert signing.verifies(old.public, new.fingerprint, details["endorsement"])
    assert entries(kept)[1]["key"] == new.fingerprint
    assert (kept.keys / "custody.pub").read_text() == new.public


def test_a_process_that_dies_between_chain_and_file_leaves_one_key(
    kept: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    custody.make_key(kept, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(signing, "take_up", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            custody.make_key(kept, NOW)
    named = entries(kept)[-1]["details"]["key"]
    custody.seal(kept, NOW)
    assert entries(kept)[-1]["key"] == named
    key = signing.load(kept.keys)
    assert key is not None
    assert key.fingerprint == named
    assert not (kept.keys / "custody.pem.new").exists()


def test_a_process_that_dies_before_the_chain_has_the_key_leaves_the_old_one(kept: Home) -> None:
    old = custody.make_key(kept, NOW)
    signing.make(kept.keys, "custody.pem.new")
    custody.seal(kept, NOW)
    assert entries(kept)[-1]["key"] == old.fingerprint
    custody.make_key(kept, NOW)
    assert len(entries(kept)) == 3


@pytest.mark.parametrize("content", ["", "no key", "other"])
def test_a_key_that_cannot_sign_is_told_and_the_run_goes_on_unsigned(kept: Home, content: str) -> None:
    custody.make_key(kept, NOW)
    keep(kept, [captured(URL + "4", story(4), 60)])
    path = kept.keys / "custody.pem"
    good = path.read_bytes()
    if content == "other":
        signing.make(kept.keys, "custody.pem")
    else:
        path.write_text(content)
    sealed = custody.seal(kept, NOW)
    assert sealed.entries == 2
    assert [line for line in sealed.problems if "not signed" in line]
    assert entries(kept)[-1]["signature"] is None
    assert "warning" in [level for level, _, _ in looked_at(kept, NOW)]
    path.write_bytes(good)  # the end of the chain is signed as soon as it can be
    assert custody.seal(kept, NOW) == custody.Sealed(0, ())
    last = entries(kept)[-1]
    assert signing.verifies((kept.keys / "custody.pub").read_text(), last["hash"], last["signature"])


def test_the_command_makes_one_key_lists_it_and_prints_its_public_half(kept: Home) -> None:
    none = run("keys", "--home", kept.path, "--public")
    assert (none.exit_code, none.stderr.count("\n")) == (2, 1)
    made = run("keys", "--home", kept.path, "--json")
    assert made.exit_code == 0
    assert "signs from now on" in made.stderr
    [row] = json.loads(made.stdout)
    assert (row["signs"], row["endorsed_by"], row["entry"]) == ("yes", None, 2)  # the run was covered first
    assert json.loads(run("keys", "--home", kept.path, "--json").stdout) == [row]
    assert run("keys", "--home", kept.path, "--public").stdout == (kept.keys / "custody.pub").read_text()
    [old, new] = json.loads(run("keys", "--home", kept.path, "--new", "--json").stdout)
    assert (old["signs"], new["signs"], new["endorsed_by"]) == ("no", "yes", old["key"])
    assert run("keys", "--home", kept.path, "--new", "--public").exit_code == 2
    private = (kept.keys / "custody.pem").read_text().splitlines()[1]
    for command in (["keys", "--json"], ["keys", "--public"], ["status", "--json"], ["doctor", "--json"]):
        assert private not in run(*command, "--home", kept.path).output


def test_the_command_makes_no_archive(tmp_path: Path) -> None:
    done = run("keys", "--home", tmp_path / "none")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "none").exists()


# witnesses


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stamper]:
    """An authority that answers on this machine."""
    stamper = Stamper(tmp_path_factory.mktemp("authority") / "tsa")
    yield stamper
    stamper.close()


@pytest.fixture
def stamper(authority: Stamper) -> Iterator[Stamper]:
    authority.asked.clear()
    yield authority
    authority.answer, authority.hold = None, False
    authority.go.set()


def test_an_authority_sees_the_hash_and_openssl_verifies_what_it_says(
    kept: Home, stamper: Stamper, tmp_path: Path
) -> None:
    stamper.configure(kept.path)
    assert custody.seal(kept, NOW) == custody.Sealed(1, ())
    [entry] = entries(kept)
    [seen] = rows(kept, "select * from witnesses")
    assert (seen["seq"], seen["authority"]) == (1, "test")
    token = tmp_path / "token"
    token.write_bytes(seen["token"])
    said = openssl("ts", "-verify", "-digest", entry["hash"], "-in", token, "-CAfile", stamper.ca)
    assert "Verification: OK" in said
    [one] = witness.configured(kept)
    assert witness.stamped_at(seen["token"], entry["hash"], one.certificates).isoformat()[:19] == seen["at"][:19]
    with pytest.raises(ValueError, match="Mismatch"):
        witness.stamped_at(seen["token"], entry["previous_hash"], one.certificates)
    assert custody.seal(kept, NOW).problems == ()
    assert len(stamper.asked) == 1  # it saw this entry already
    assert bytes.fromhex(entry["hash"]) in stamper.asked[0]


def test_one_that_is_away_is_no_problem_and_is_caught_up_by_the_next_run(
    kept: Home, stamper: Stamper, caplog: pytest.LogCaptureFixture
) -> None:
    stamper.configure(kept.path, url="http://127.0.0.1:9/tsr")
    assert custody.seal(kept, NOW) == custody.Sealed(1, ())
    assert "no time stamp of test" in caplog.text
    assert rows(kept, "select * from witnesses") == []
    stamper.configure(kept.path)
    assert custody.seal(kept, NOW) == custody.Sealed(0, ())
    assert [row["seq"] for row in rows(kept, "select * from witnesses")] == [1]


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (500, b"", "HTTP 500"),
        (302, b"", "HTTP 302"),
        (200, b"", "parse"),
        (200, b"<html>", "parse"),
        (200, b"\x30\x80", "parse"),
        (200, b"x" * (witness.LIMIT + 1), "more than"),
        (200, b"\x30\x05\x30\x03\x02\x01\x02", "refused"),
    ],
)
def test_an_answer_that_does_not_hold_is_not_kept(
    kept: Home, stamper: Stamper, caplog: pytest.LogCaptureFixture, status: int, answer: bytes, said: str
) -> None:
    stamper.configure(kept.path)
    stamper.answer = status, answer
    assert custody.seal(kept, NOW) == custody.Sealed(1, ())
    assert said in caplog.text
    assert rows(kept, "select * from witnesses") == []


def test_an_answer_to_another_question_is_refused(kept: Home, stamper: Stamper) -> None:
    stamper.configure(kept.path)
    [one] = witness.configured(kept)
    entry = chain.follow(None, "2031-04-20T06:00:00.000Z", "run", {})
    witness.ask(one, entry)
    stamper.answer = 200, stamper.stamp(stamper.asked[0])  # of the same hash, to the question before
    with pytest.raises(WitnessError, match="Nonce"):
        witness.ask(one, entry)


def test_a_stamp_of_an_authority_that_nobody_vouches_for_is_refused(
    kept: Home, stamper: Stamper, tmp_path: Path
) -> None:
    stamper.configure(kept.path)
    new = ("req", "-config", stamper.configuration, "-newkey", "rsa:2048", "-nodes", "-x509", "-days", "2")
    openssl(*new, "-keyout", tmp_path / "key", "-out", kept.path / "authority.pem", "-subj", "/CN=Other",
            "-extensions", "authority")  # fmt: skip
    [one] = witness.configured(kept)
    with pytest.raises(WitnessError):
        witness.ask(one, chain.follow(None, "2031-04-20T06:00:00.000Z", "run", {}))


def test_an_authority_that_never_answers_holds_a_run_for_so_long_and_no_longer(
    kept: Home, stamper: Stamper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stamper.configure(kept.path)
    stamper.go.clear()
    stamper.hold = True
    monkeypatch.setattr(witness, "DEADLINE", 0.3)
    began = time.monotonic()
    assert custody.seal(kept, NOW).problems == ()
    assert time.monotonic() - began < 10
    assert "no time stamp of test" in caplog.text


def test_a_private_address_is_refused_unless_it_is_meant(kept: Home, stamper: Stamper) -> None:
    entry = chain.follow(None, "2031-04-20T06:00:00.000Z", "run", {})
    for host in ("127.0.0.1", "localhost", "[::1]", "0x7f.1"):
        stamper.configure(kept.path, url=f"http://{host}:{stamper.port}/tsr", private=False)
        [one] = witness.configured(kept)
        with pytest.raises(WitnessError, match="private address"):
            witness.ask(one, entry)
    assert stamper.asked == []


def test_over_tls_it_is_asked_by_its_name_at_the_address_that_was_looked_at(
    kept: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamper = Stamper(tmp_path / "tsa", "stamps.example")
    looked: list[str] = []

    def leads_here(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        looked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    entry = chain.follow(None, "2031-04-20T06:00:00.000Z", "run", {})
    try:
        stamper.configure(kept.path, url=f"https://stamps.example:{stamper.port}/tsr")
        [one] = witness.configured(kept)
        context = witness.ssl.create_default_context
        with monkeypatch.context() as patch:
            patch.setattr(witness.socket, "getaddrinfo", leads_here)
            with pytest.raises(WitnessError, match=r"(?i)certificate"):  # nobody vouches for it
                witness.ask(one, entry)
            patch.setattr(witness.ssl, "create_default_context", lambda: context(cafile=str(stamper.ca)))
            assert witness.ask(one, entry).seq == 1
            other = one._replace(url=f"https://other.example:{stamper.port}/tsr")
            with pytest.raises(WitnessError, match=r"(?i)hostname"):
                witness.ask(other, entry)
    finally:
        stamper.close()
    assert stamper.hosts == [f"stamps.example:{stamper.port}"]
    # httpx connects to a number: what it looks up is that
    assert {host for host in looked if not host.startswith("127.")} == {"stamps.example", "other.example"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[witness]", "custody.toml"),
        ("witness = 1", "tables"),
        ("[[witness]]\nurl = 'http://a.example/'", "name"),
        ("[[witness]]\nname = 'a'\nurl = 'ftp://a.example/'", "url"),
        ("[[witness]]\nname = 'a'\nurl = 'http://a.example:99999/'", "url"),
        ("[[witness]]\nname = 'a'\nurl = 'http://a.example/'", "certificates"),
        ("[[witness]]\nname = 'a'\nurl = 'http://a.example/'\ncertificates = 'none.pem'", "none.pem"),
        ("[[witness]]\nname = 'a'\nurl = 'http://a.example/'\ncertificates = 'custody.toml'", "certificates"),
        ("[[witness]]\nname = 'a'\nhref = 'http://a.example/'", "unknown key 'href'"),
    ],
)
def test_a_wrong_file_is_a_problem_in_one_line(kept: Home, text: str, said: str) -> None:
    kept.witnesses.write_text(text)
    [problem] = custody.seal(kept, NOW).problems
    assert said in problem
    assert "problem" in [level for level, _, _ in looked_at(kept, NOW)]


def test_doctor_tells_when_an_authority_has_not_seen_the_chain_for_days(kept: Home, stamper: Stamper) -> None:
    stamper.configure(kept.path, url="http://127.0.0.1:9/tsr")
    custody.seal(kept, NOW)
    assert [level for level, _, _ in looked_at(kept, NOW + timedelta(days=1))] == ["ok"]
    [(level, line, mend)] = looked_at(kept, NOW + timedelta(days=4))
    assert (level, mend is not None) == ("warning", True)
    assert "test has not seen the chain since entry 0" in line


def test_certificates_are_sorted_and_nothing_else_is_touched(stamper: Stamper, kept: Home) -> None:
    stamper.configure(kept.path)
    custody.seal(kept, NOW)
    [seen] = rows(kept, "select token from witnesses")
    token = seen["token"]
    ordered = with_certificates_sorted(token)
    assert sorted(ordered) == sorted(token)
    assert with_certificates_sorted(ordered) == ordered
    assert ordered != token
    assert ordered[:100] == token[:100]
    for wrong in (b"", b"\x30", token[:50], token[:-1], b"\x30\x84\xff\xff\xff\xff", token[1:]):
        assert with_certificates_sorted(wrong) == wrong


# the run


def test_a_crawl_puts_what_it_kept_into_the_chain(demo_home: Home) -> None:
    found = entries(demo_home)
    assert [(e["event"], e["details"]["run"]) for e in found] == [("run", 1), ("run", 2)]
    assert rows(demo_home, "select * from captures where custody is null") == []
    bare = rows(demo_home, "select distinct status from captures where payload_sha256 is null order by 1")
    assert [row["status"] for row in bare] == [None, 304]
    head = custody.head(demo_home)
    assert head is not None
    assert (head["seq"], head["hash"]) == (2, found[1]["hash"])
    assert "Custody: 2 entries" in run("status", "--home", demo_home.path).stdout


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), sqlite3.OperationalError("disk I/O error")]
)
def test_a_run_whose_end_cannot_be_sealed_says_so_and_the_next_makes_up_for_it(
    kept: Home, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("archive.store_custody.Custody.append", fail)
        [line] = crawl_run._sealed(kept, NOW)
    assert line.startswith("not put into the custody chain: ")
    assert entries(kept) == []
    assert rows(kept, "select * from captures where custody is not null") == []
    assert crawl_run._sealed(kept, NOW) == []
    assert len(entries(kept)) == 1


def test_doctor_tells_of_a_private_key_that_others_can_read(kept: Home) -> None:
    custody.make_key(kept, NOW)
    assert [level for level, _, _ in looked_at(kept, NOW)] == ["ok"]
    (kept.keys / "custody.pem").chmod(0o644)
    assert [level for level, _, _ in looked_at(kept, NOW)] == ["problem"]
    (kept.keys / "custody.pem").unlink()
    assert [level for level, _, _ in looked_at(kept, NOW)] == ["warning"]


def test_a_current_key_of_another_archive_is_an_error_for_whoever_makes_one(kept: Home) -> None:
    custody.make_key(kept, NOW)
    shutil.rmtree(kept.keys)
    signing.make(kept.keys, "custody.pem")
    with pytest.raises(ConfigurationError, match="not the key that the chain names"):
        custody.make_key(kept, NOW)


# the document


def documented(section: str, language: str) -> str:
    """The code of a section of docs/custody.md."""
    text = (Path(__file__).parent.parent / "docs" / "custody.md").read_text("utf-8")
    [found] = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", found, re.DOTALL))


def test_what_the_document_says_of_checking_by_hand_is_so(kept: Home, stamper: Stamper, tmp_path: Path) -> None:
    if missing := [name for name in ("sqlite3", "xxd", "openssl") if shutil.which(name) is None]:
        pytest.skip(f"{' and '.join(missing)} not installed")
    custody.make_key(kept, NOW)
    toml = tomllib.loads(documented("Witnesses", "toml"))["witness"][0]
    stamper.configure(kept.path)
    shutil.copy(stamper.ca, kept.path / toml["certificates"])
    for n in range(4, 10):
        keep(kept, [captured(f"{URL}{n}", story(n), n)])
        custody.seal(kept, NOW + timedelta(days=n))
    (tmp_path / "data").symlink_to(kept.path)

    def shell(command: Sequence[str]) -> str:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    last = entries(kept)[-1]
    assert shell([sys.executable, "-c", documented("The chain", "python")]).split()[-1] == last["hash"]
    said = shell(["sh", "-ec", documented("Keys", "sh")])
    assert "Verified Successfully" in said
    assert last["key"] in said
    assert "Verification: OK" in shell(["sh", "-ec", documented("Witnesses", "sh")])


def test_a_key_is_on_the_disk_with_its_name_before_the_chain_names_it(
    kept: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, append, replace = os.fsync, Store.append, Path.replace
    synced: list[int] = []
    before: list[int] = []

    def noted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def appended(self: Store, *given: Any) -> Any:
        before.extend(synced)
        return append(self, *given)

    def replaced(self: Path, target: Path) -> Path:
        if target.name == signing.PRIVATE:
            assert (target.parent / signing.PUBLIC).stat().st_ino in synced
            synced.clear()
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Store, "append", appended)
    monkeypatch.setattr(Path, "replace", replaced)
    key = custody.make_key(kept, NOW)
    private, folder = (path.stat().st_ino for path in (kept.keys / signing.PRIVATE, kept.keys))
    assert private in before and folder in before[before.index(private) :] and kept.path.stat().st_ino in before
    assert folder in synced  # and once more after the file has its name
    assert (kept.keys / signing.PUBLIC).read_text() == key.public


def test_a_process_that_dies_over_the_public_half_leaves_both_to_the_next(
    kept: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            custody.make_key(kept, NOW)
    custody.seal(kept, NOW)
    key = signing.load(kept.keys)
    assert key is not None and (kept.keys / signing.PUBLIC).read_text() == key.public
