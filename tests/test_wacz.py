"""WACZ and WARC exports as their readers see them: wacz, warcio, pywb and ReplayWeb.page.

``wacz`` and pywb are looked for beside each other (COMMUNIQUE_PYWB, see tests/test_replay.py), wacz beside Python too;
ReplayWeb.page comes from its npm package, in the version below, and the test of it is skipped where npm cannot get it.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from archive.exports import cdxj, wacz
from archive.exports.chosen import Asked, silent
from archive.exports.formats import FORMATS
from archive.exports.members import Record, Shelf
from archive.exports.run import export
from archive.home import Home
from archive.store_health import reading
from archive.store_held import captures_of
from tests.crawling import rows
from tests.keeping import captured, keep
from tests.pages import page, paragraphs
from tests.prose import prose
from tests.test_replay import EDITED, HOST, MOVED, OLD, STILL, Replay, command, crawl_twice, replaying, times_of

REPLAYWEB = "replaywebpage@2.4.6"


def tool(name: str) -> str:
    """A command of a tool whose requirements do not agree with ours."""
    places = [os.environ.get("COMMUNIQUE_PYWB"), str(Path(sys.executable).parent), os.environ.get("PATH")]
    found = shutil.which(name, path=os.pathsep.join(place for place in places if place))
    if found is None:
        pytest.skip(f"there is no {name} (see COMMUNIQUE_PYWB in tests/test_replay.py)")
    return found


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, arguments)), capture_output=True, text=True, check=False, timeout=120, cwd=cwd
    )


def written(home: Home, form: str, folder: Path, asked: Asked = Asked()) -> Path:  # noqa: B008  # it is frozen
    target = folder / f"export{FORMATS[form].suffix}"
    export(home, FORMATS[form], target, asked, False, silent)
    return target


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An archive of two crawls: redirects, pages that a 304 confirms, edits, other encodings."""
    home = Home(tmp_path_factory.mktemp("twice") / "home")
    crawl_twice(home)
    return home


@pytest.fixture(scope="module")
def packed(twice: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(twice, "wacz", tmp_path_factory.mktemp("packed"))


def lines(data: bytes) -> list[dict[str, str]]:
    """The index of a WACZ."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = gzip.decompress(archive.read("indexes/index.cdx.gz")).decode()
    return [
        {"key": line.split(" ")[0], "ts": line.split(" ")[1], **json.loads(line.split(" ", 2)[2])}
        for line in text.splitlines()
    ]


# what is in it


def test_every_line_of_the_index_leads_to_its_record(packed: Path) -> None:
    found = lines(packed.read_bytes())
    with zipfile.ZipFile(packed) as archive:
        warc = archive.read("archive/data.warc.gz")
        index = archive.read("indexes/index.idx").decode().splitlines()
        blocks = archive.read("indexes/index.cdx.gz")
    assert [line["key"] + line["ts"] for line in found] == sorted(line["key"] + line["ts"] for line in found)
    assert len(found) > 10
    for line in found:
        member = warc[int(line["offset"]) : int(line["offset"]) + int(line["length"])]
        head = gzip.decompress(member).split(b"\r\n\r\n")[0].decode()
        assert f"WARC-Target-URI: {line['url']}\r\n" in head + "\r\n"
        assert f"WARC-Type: {'revisit' if line['mime'] == 'warc/revisit' else 'response'}" in head
    where = json.loads(index[1].partition("{")[1] + index[1].partition("{")[2])
    assert len(gzip.decompress(blocks[where["offset"] :][: where["length"]]).splitlines()) == len(found)


def test_an_index_of_many_blocks_finds_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdxj, "_BLOCK", 10)
    monkeypatch.setattr(cdxj, "_SORTED", 7)
    sorter = cdxj.Sorter()
    for n in range(95):
        sorter.add(f"com,example)/{n * 37 % 95:03} 20310420060000 {{}}\n")
    blocks = io.BytesIO()
    index = cdxj.write(sorter.lines(), blocks, "index.cdx.gz")
    assert len(index) == 11
    for n, line in enumerate(index[1:]):
        said = json.loads(line[line.index("{") :])
        text = gzip.decompress(blocks.getvalue()[said["offset"] :][: said["length"]]).decode().splitlines()
        assert [int(one.split("/")[1][:3]) for one in text] == list(range(n * 10, min(n * 10 + 10, 95)))
        assert line.startswith(text[0].partition("{")[0])


def test_pages_have_the_titles_and_texts_that_the_archive_shows(packed: Path, twice: Home) -> None:
    with zipfile.ZipFile(packed) as archive:
        header, *pages = map(json.loads, archive.read("pages/pages.jsonl").decode().splitlines())
    assert header == {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}
    shown = rows(
        twice,
        "select c.url, c.fetched_at as ts, r.title, r.text from revisions r join captures c on c.id = r.first_capture"
        " where r.number is not null order by c.fetched_at, c.id",
    )
    assert [{name: one[name] for name in ("url", "ts", "title", "text")} for one in pages] == shown
    assert len({one["id"] for one in pages}) == len(pages) > 4
    moments = {(line["url"], line["ts"]) for line in lines(packed.read_bytes())}
    assert {(one["url"], re.sub(r"\D", "", one["ts"])[:14]) for one in pages} <= moments


def test_a_file_of_captures_holds_what_proves_a_page_and_opens_at_it(twice: Home, tmp_path: Path) -> None:
    article = rows(twice, "select id from articles where url like '%/still'")[0]["id"]
    with reading(twice.database) as conn:
        captures = captures_of(conn, [article])
        counts = wacz.of_captures(conn, twice.warc, captures, tmp_path / "page.wacz", [article])
    assert (counts["captures"], counts["pages"]) == (2, 1)
    found = lines((tmp_path / "page.wacz").read_bytes())
    assert [(line["url"], line["mime"]) for line in found] == [
        (f"{HOST}/still", "text/html"),
        (f"{HOST}/still", "warc/revisit"),
    ]
    with zipfile.ZipFile(tmp_path / "page.wacz") as archive:
        package = json.loads(archive.read("datapackage.json"))
    assert package["mainPageUrl"] == f"{HOST}/still"
    assert run(tool("wacz"), "validate", "-f", tmp_path / "page.wacz").returncode == 0


def test_redirects_that_led_to_a_page_for_a_while_come_with_it(twice: Home, tmp_path: Path) -> None:
    article = rows(twice, "select id from articles where url like '%/moved%'")[0]["id"]
    found = lines(written(twice, "wacz", tmp_path, Asked(article=article)).read_bytes())
    assert sorted(line["url"].removeprefix(HOST) for line in found if line.get("status") != "200") == [
        *["/gone-before?a=1&b=%C3%A9"] * 2,
        *["/on?to=b&c"] * 2,
    ]
    assert {line["url"].removeprefix(HOST) for line in found if line.get("status") == "200"} == {"/moved?x=1&y=%20"}


def test_a_page_that_holds_a_withheld_article_stays_out_of_a_file_of_captures(home: Home, tmp_path: Path) -> None:
    keep(home, [captured("http://courier.example/1", page("One", paragraphs([prose(1, 5)])))])
    with reading(home.database) as conn:
        counts = wacz.of_captures(conn, home.warc, [1], tmp_path / "page.wacz", [1], withheld=[1])
    assert (counts["captures_withheld"], counts["records"], counts["pages"]) == (1, 0, 0)
    assert lines((tmp_path / "page.wacz").read_bytes()) == []


KEYS = [
    ("http://Example.com", "com,example)/"),
    ("https://www2.example.com:443/A//b/../c/./d/?b=2&a=1&a", "com,example)/a/c/d?a&a=1&b=2"),
    ("http://example.com:8080/a%2520b?x=%C3%A9#part", "com,example:8080)/a%20b?x=%c3%a9"),
    ("http://пример.рф/путь", "xn--p1ai,xn--e1afmkfd)/%d0%bf%d1%83%d1%82%d1%8c"),
    ("http://u:p@example.com./x?", "com,example)/x"),
    ("http://example.com/x?y=1&sid=0123456789abcdef0123456789abcdef", "com,example)/x?&y=1"),
    ("urn:sha256:ab", "urn:sha256:ab"),
]


@pytest.mark.parametrize(("url", "key"), KEYS)
def test_an_address_has_the_key_by_which_replay_tools_look_it_up(url: str, key: str) -> None:
    assert cdxj.sort_key(url) == key


def test_the_keys_are_those_of_the_library_that_these_tools_use(demo_home: Home) -> None:
    surt = pytest.importorskip("surt", reason="the library surt, which pywb and wacz bring along, is not installed")
    urls = [url for url, _ in KEYS if not url.startswith("urn:")]
    urls += [row["url"] for row in rows(demo_home, "select distinct url from captures")]
    assert {url: cdxj.sort_key(url) for url in urls} == {url: surt.surt(url) for url in urls}


def test_a_record_and_its_request_are_found_where_the_row_says(twice: Home) -> None:
    row = rows(twice, "select * from captures where status = 200 and kind = 'page' order by id")[0]
    with closing(Shelf(twice.warc)) as shelf:
        found: list[Record] = shelf.records(row["warc_file"], row["warc_offset"])
    assert [record.type for record in found] == ["response", "request"]
    assert (found[0].url, found[0].status) == (row["url"], 200)
    assert found[1].offset == found[0].offset + found[0].length


# the tools of others


def test_warcio_finds_every_digest_right(twice: Home, tmp_path: Path) -> None:
    path = written(twice, "warc", tmp_path)
    done = run(sys.executable, "-c", "from warcio.cli import main; main()", "check", path)
    assert (done.returncode, done.stderr) == (0, "")
    data = bytearray(path.read_bytes())
    middle = data.index(b"\x1f\x8b", len(data) // 2)
    data[middle + 200] ^= 1
    path.write_bytes(data)
    assert run(sys.executable, "-c", "from warcio.cli import main; main()", "check", path).returncode != 0


def test_wacz_validates_the_file_and_not_one_with_another_byte(packed: Path, tmp_path: Path) -> None:
    done = run(tool("wacz"), "validate", "-f", packed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "valid" in done.stdout
    with zipfile.ZipFile(packed) as archive, zipfile.ZipFile(tmp_path / "changed.wacz", "w") as other:
        for name in archive.namelist():
            data = archive.read(name)
            other.writestr(name, data.replace(b"Morvina", b"Morvine") if name.startswith("pages/") else data)
    assert run(tool("wacz"), "validate", "-f", tmp_path / "changed.wacz").returncode == 1


@pytest.fixture(scope="module")
def replay(twice: Home, packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """pywb over a WARC export (/all/) and over what a WACZ holds (/packed/)."""
    manager, wayback = command("wb-manager"), command("wayback")
    folder = tmp_path_factory.mktemp("replay")
    for name, path in (("all", written(twice, "warc", folder)), ("packed", packed)):
        more = ["--unpack-wacz"] if name == "packed" else []
        for arguments in (["init", name], ["add", *more, name, str(path)]):
            done = run(manager, *arguments, cwd=folder)
            assert done.returncode == 0, done.stderr
    with replaying(wayback, folder, times_of(twice)) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("collection", ["all", "packed"])
def test_pywb_replays_pages_redirects_and_what_a_304_confirms(replay: Replay, collection: str) -> None:
    def at(turn: int, path: str, form: str = "id_") -> tuple[int, dict[str, str], bytes]:
        return replay.get(f"/{collection}/{replay.times[path][turn]}{form}/{HOST}{path}")

    for path, body in (("/still", STILL), ("/moved?x=1&y=%20", MOVED), ("/old", OLD)):
        for turn in (0, 1):
            assert at(turn, path)[::2] == (200, body), (path, turn)
    assert [at(turn, "/edited")[2] for turn in (0, 1)] == list(EDITED)
    for path, target in (("/gone-before?a=1&b=%C3%A9", "/on?to=b&c"), ("/on?to=b&c", "/moved?x=1&y=%20")):
        status, headers, _ = at(0, path, "mp_")
        assert status in (301, 302) and headers["location"].endswith(f"mp_/{HOST}{target}")


@pytest.fixture(scope="module")
def viewer(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], str]]:
    """The address of a page that shows an address of the archive, as of a moment, in ReplayWeb.page."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to get ReplayWeb.page with")
    folder = tmp_path_factory.mktemp("viewer")
    got = run(npm, "pack", "--silent", REPLAYWEB, cwd=folder)
    if got.returncode:
        pytest.skip(f"npm could not get {REPLAYWEB}: {got.stderr.strip()[-200:]}")
    run("tar", "xzf", got.stdout.strip().splitlines()[-1], cwd=folder)
    (folder / "site/replay").mkdir(parents=True)
    shutil.copy(folder / "package/ui.js", folder / "site/ui.js")
    shutil.copy(folder / "package/sw.js", folder / "site/replay/sw.js")
    shutil.copy(packed, folder / "site/export.wacz")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    handler = functools.partial(Quiet, directory=str(folder / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def shown(path: str, ts: str) -> str:
        name = f"{len(list((folder / 'site').iterdir()))}.html"
        (folder / "site" / name).write_text(
            '<!doctype html><meta charset="utf-8"><script src="/ui.js"></script><replay-web-page'
            f' source="/export.wacz" replayBase="/replay/" url="{HOST}{path}" ts="{ts}"></replay-web-page>'
        )
        return f"http://127.0.0.1:{server.server_port}/{name}"

    yield shown
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_replayweb_page_shows_pages_and_what_a_304_confirms(
    viewer: Callable[[str, str], str], browser: Browser, twice: Home
) -> None:
    times = times_of(twice)
    for path, turn, words in (
        ("/still", 0, "The ferry between the two banks of the Morvina"),
        ("/still", 1, "The ferry between the two banks of the Morvina"),
        ("/old", 1, "Паром"),
        ("/edited", 0, "About four hundred people"),
        ("/edited", 1, "About five hundred people"),
    ):
        assert any(seen(browser, viewer(path, times[path][turn]), words) for _ in range(3)), (path, turn)


def seen(browser: Browser, address: str, words: str) -> bool:
    """Whether the viewer shows words, in a browser of its own: the viewer keeps what it loaded.

    On a machine that is busy it now and then shows an empty frame at first, whatever the file: asked for anew.
    """
    with closing(browser.new_context()) as context:
        tab = context.new_page()
        tab.goto(address)
        replayed: FrameLocator = tab.frame_locator("replay-web-page iframe").frame_locator("iframe").first
        try:
            expect(replayed.locator("article")).to_contain_text(words, timeout=20_000)
        except AssertionError:
            return False
        return True
