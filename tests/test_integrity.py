"""The integrity record: what it says, that a stranger can check it, and that nobody sees more by it than they may."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archive import custody
from archive.chain import leaf, node, root
from archive.home import Home
from archive.inclusion import Beside, path
from archive.store import Store
from archive.web import integrity
from tests import holding
from tests.crawling import rows
from tests.holding import Reader
from tests.keeping import captured, keep
from tests.test_revise import URL, story
from tests.test_verify import NOW, change
from tests.witnessing import Stamper


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An archive that holds back a source and an article."""
    place = tmp_path_factory.mktemp("held")
    home = holding.hold(Home(place / "home"), Home(place / "none"))
    custody.seal(home, NOW)
    holding.decide(home, closed=True, restricted=True)
    return home


def get(reader: Reader, path: str) -> tuple[int, bytes]:
    """What an address answers, in bytes."""

    async def ask() -> tuple[int, bytes]:
        response = await reader.datasette.client.get(path, cookies=reader.cookies)
        return response.status_code, response.content

    return asyncio.run(ask())


def answered(wacz: bytes) -> list[str]:
    """The addresses of the answers in a WACZ file."""
    with zipfile.ZipFile(BytesIO(wacz)) as archive:
        return [
            record.rec_headers.get_header("WARC-Target-URI")
            for record in ArchiveIterator(BytesIO(archive.read("archive/data.warc.gz")))
            if record.rec_type == "response"
        ]


def climb(leaf: str, beside: Sequence[Beside]) -> str:
    """The root to which a path leads from a leaf."""
    here = bytes.fromhex(leaf)
    for side, other in beside:
        here = node(bytes.fromhex(other), here) if side == "left" else node(here, bytes.fromhex(other))
    return here.hex()


@given(st.integers(1, 300), st.data())
def test_a_path_leads_from_each_leaf_to_the_root_of_all(count: int, data: st.DataObject) -> None:
    leaves = [f"{n:064x}" for n in range(count)]
    place = data.draw(st.integers(0, count - 1))
    beside = path(leaves, place)
    assert climb(leaves[place], beside) == root(leaves)
    assert len(beside) <= (count - 1).bit_length()
    if beside:
        other = [beside[0]._replace(hash="f" * 64), *beside[1:]]
        assert climb(leaves[place], other) != root(leaves)


def test_a_record_says_what_was_captured_when_and_where_it_stands(kept: Home) -> None:
    text = Reader(kept.database).one("/article/2/integrity.txt").text
    [article] = rows(kept, "select * from articles where id = 2")
    captures = rows(kept, "select c.* from capture_articles join captures c on c.id = capture where article = 2")
    for said in (article["url"], article["text_sha256"], article["extractor"]):
        assert said in text
    assert len(captures) == 2
    for capture in captures:
        assert f"{capture['id']}: {capture['fetched_at']} {capture['url']}" in text
        assert f"payload SHA-256 {capture['payload_sha256']}" in text
        assert f"{capture['warc_file']} at {capture['warc_offset']}; entry {capture['custody']} of the chain" in text
    assert "WHAT THIS DOES NOT SHOW\n- That the server really sent this" in text
    page = Reader(kept.database).one("/article/2/integrity")
    assert page.status == 200
    for capture in captures:
        assert capture["payload_sha256"] in page.text
    assert "What it does not show" in page.text
    assert 'href="/article/2/integrity"' in Reader(kept.database).one("/article/2").text


class Step(NamedTuple):
    """A step of a record: what it does, its commands and what they print."""

    what: str
    commands: str
    prints: str


def steps(text: str) -> Iterator[Step]:
    part = text.partition("HOW TO CHECK IT\n")[2].partition("\nWHAT THIS SHOWS")[0]
    for match in re.finditer(r"(?ms)^# (.*?):\n(.*?)^# prints (.*?)$", part):
        yield Step(match[1], match[2], match[3])


def test_the_commands_of_a_record_print_what_it_says(kept: Home, tmp_path: Path) -> None:
    """As a stranger runs them: a shell, coreutils, xxd, openssl and warcio."""
    if not all(map(shutil.which, ("bash", "xxd", "openssl", "sha256sum"))):
        pytest.skip("bash, xxd, openssl and sha256sum are not all installed")
    (tmp_path / "warc").symlink_to(kept.warc)
    text = Reader(kept.database).one("/article/2/integrity.txt").text
    found = list(steps(text))
    assert [step.what.split()[1] for step in found] == ["payload,", "WARC", "the", "entry", "signature"]
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    for step in found:
        done = subprocess.run(
            ["bash", "-c", step.commands], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.split(" ")[0].strip() == step.prints.split(" ")[0], step
    # and nothing of it is printed whatever stands there
    [row] = rows(kept, "select hash from custody order by seq desc limit 1")
    forged = found[-1].commands.replace(row["hash"], "0" * 64)
    assert forged != found[-1].commands
    done = subprocess.run(["bash", "-c", forged], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode != 0


def test_a_time_stamp_is_checked_by_the_commands_of_a_record(kept: Home, tmp_path: Path) -> None:
    home, stamper = Home(tmp_path / "home"), Stamper(tmp_path / "authority")
    shutil.copytree(kept.path, home.path)
    try:
        stamper.configure(home.path)
        custody.seal(home, NOW)
    finally:
        stamper.close()
    [row] = rows(home, "select * from witnesses")
    [capture] = rows(home, f"select min(article) as article from capture_articles join captures c on c.id = capture"
                           f" where custody = {row['seq']}")  # fmt: skip
    [step] = [
        step
        for step in steps(Reader(home.database).one(f"/article/{capture['article']}/integrity.txt").text)
        if step.what.startswith("The time stamp by test")
    ]
    done = subprocess.run(["bash", "-c", step.commands], cwd=home.path, capture_output=True, text=True, check=False)
    assert (done.returncode, step.prints) == (0, "Verification: OK"), done.stderr
    assert "OK" in done.stdout + done.stderr


def test_exact_words_are_found_in_the_revisions_that_have_them_or_said_to_be_in_none(kept: Home) -> None:
    reader = Reader(kept.database)
    for words, said in (
        ("a load of timber for the", "revision 1 of 2"),
        ("a load of coal for the", "revision 2 of 2"),
        ("Its%20%20master,%0Awho%20has%20served", "revision 1, 2 of 2"),  # white space is all one
        ("its master, who has served", None),
        ("The council of the whole ward", None),
    ):
        text = reader.one(f"/article/2/integrity.txt?quote={words}").text
        html = reader.one(f"/article/2/integrity?quote={words}").text
        if said is None:
            assert "These exact words stand in none of the 2 revisions that are kept" in text
            assert "These exact words stand in none of the 2 revisions that are kept" in html
            captures = [
                row["id"] for row in rows(kept, "select capture as id from capture_articles where article = 2")
            ]
            assert captures and all(f"\n{capture}: 20" in text for capture in captures)
        else:
            assert f"These exact words stand in {said}." in text
            assert "none of the" not in html
    # and what is proved is the capture that had them first
    first = reader.one("/article/2/integrity.txt?quote=a load of timber for the").text
    [capture] = rows(kept, "select first_capture as id from revisions where article = 2 and number = 1")
    assert f"Capture {capture['id']} is one of " in first


def test_words_that_are_markup_stay_words(kept: Home) -> None:
    reader = Reader(kept.database)
    quote = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    assert "<script" not in reader.one(f"/article/2/integrity?quote={quote}").text
    assert len(reader.one(f"/article/2/integrity.txt?quote={'x' * 50_000}").text) < 20_000


def test_the_raw_pages_beside_it_are_those_that_it_names(kept: Home, tmp_path: Path) -> None:
    status, data = get(Reader(kept.database), "/article/2/integrity.wacz")
    assert status == 200
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        pages = [json.loads(line) for line in archive.read("pages/pages.jsonl").splitlines()[1:]]
    assert answered(data) == [URL.format(1)] * 2
    assert [page["title"] for page in pages] == ["Ferry report number 1"] * 2
    (tmp_path / "page.wacz").write_bytes(data)
    wacz = Path(sys.executable).with_name("wacz")
    if not wacz.is_file():
        pytest.skip("wacz is not installed")
    done = subprocess.run(
        [wacz, "validate", "-f", tmp_path / "page.wacz"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_text_that_no_entry_covers_yet_says_so(home: Home) -> None:
    keep(home, [captured(URL.format(1), story(1))])
    reader = Reader(home.database)
    for form, said in (
        ("", "The capture that this rests on is not in the chain yet"),
        (".txt", "No capture that this rests on is in the chain yet"),
    ):
        answer = reader.one(f"/article/1/integrity{form}")
        assert answer.status == 200
        assert said in answer.text
    # and its raw page is handed out all the same
    status, data = get(reader, "/article/1/integrity.wacz")
    assert (status, answered(data)) == (200, [URL.format(1)])


def test_the_root_is_proved_also_where_other_captures_of_the_run_were_forgotten(kept: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(kept.path, home.path)
    [row] = rows(home, "select * from captures where run = 1 order by id limit 1")
    tombstone = [row["id"], leaf(row["url"], row["fetched_at"], row["status"], row["payload_sha256"])]
    store = Store(home.database, write=True)
    with store.transaction():
        details = {"captures": [tombstone], "articles": [], "files": {}, "reason": "a test"}
        custody.append(home, store, "2031-05-01T00:00:00.000Z", "forgotten", details)
    store.close()
    change(
        home,
        "update captures set url = 'forgotten:x', url_key = 'forgotten:x',"
        " forgotten = (select max(seq) from custody) where id = ?",
        row["id"],
    )
    text = Reader(home.database).one("/article/3/integrity.txt").text
    [way] = [step for step in steps(text) if step.what.startswith("From the capture")]
    [entry] = rows(home, "select details from custody where event = 'run' order by seq limit 1")
    assert way.prints == json.loads(entry["details"])["root"]
    done = subprocess.run(["bash", "-c", way.commands], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == way.prints


def test_a_capture_that_still_stands_is_proved_by_itself_whatever_an_entry_says_of_it(
    kept: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(kept.path, home.path)
    [row] = rows(home, "select id from captures where run = 1 order by id limit 1")
    store = Store(home.database, write=True)
    with store.transaction():
        details = {"captures": [[row["id"], "0" * 64]], "articles": [], "files": {}, "reason": "a test"}
        custody.append(home, store, "2031-05-01T00:00:00.000Z", "forgotten", details)
    store.close()
    texts = [Reader(one.database).one("/article/3/integrity.txt").text for one in (kept, home)]
    ways = [next(step for step in steps(text) if step.what.startswith("From the capture")) for text in texts]
    assert ways[0] == ways[1]


def test_commands_in_sentences_are_code_on_the_page_and_stay_as_they_are_in_the_text(kept: Home) -> None:
    reader = Reader(kept.database)
    page, text = (reader.one(f"/article/1/integrity{form}").text for form in ("", ".txt"))
    assert "<code>communique verify</code> reads them again" in page and "`" not in page.split("<main")[1]
    assert "`communique verify` reads them again" in text
    assert integrity.coded("a <b> `c <d>`") == "a &lt;b&gt; <code>c &lt;d&gt;</code>"


# what is held back


def test_what_is_held_back_has_no_record_and_gives_no_pages(held: Home) -> None:
    closed, restricted = holding.numbers(held)
    for form in ("", ".txt", ".wacz"):
        for actor, article, status in (
            (None, restricted, 451),
            ("editor", restricted, 451),
            (None, closed, 403),
            ("editor", closed, 200),
        ):
            found, data = get(Reader(held.database, actor), f"/article/{article}/integrity{form}")
            assert found == status, (form, actor, article)
            if status != 200:
                for mark in holding.PROBES.values():
                    assert not mark.search(data.decode("utf-8", "replace"))


def test_the_pages_of_a_closed_source_go_to_whoever_has_signed_in(held: Home) -> None:
    closed, _ = holding.numbers(held)
    _, data = get(Reader(held.database, "editor"), f"/article/{closed}/integrity.wacz")
    assert answered(data)


def test_an_article_that_is_not_there_has_no_record(kept: Home) -> None:
    reader = Reader(kept.database)
    for form in ("", ".txt", ".wacz"):
        assert reader.one(f"/article/99/integrity{form}").status == 404
        assert reader.one(f"/article/x/integrity{form}").status == 404
    assert reader.one("/article/2/integrity.exe").status == 404
