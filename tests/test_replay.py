"""pywb, the common replay tool, shows what was written: pages to the byte, redirects, and pages that only a 304 confirms.

pywb's dependencies clash with the lock, so it is looked for where it has a place of its own: its folder of commands
in COMMUNIQUE_PYWB (``python3 -m venv F && F/bin/pip install pywb``, then F/bin), or on PATH.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from archive.home import Home
from archive.models import moment
from crawler.demo.site import Answer, DemoSite
from tests.crawling import catalogue, crawl, outlet, rows, warc_files

pytestmark = pytest.mark.slow

STORY = (
    "<html lang='en'><head><meta charset='{1}'><meta property='og:title' content='{0}'></head><body><article>"
    "<h1>{0}</h1><p>The ferry between the two banks of the {0} ran again on Monday after a week of storms.</p>"
    "<p>About four hundred people crossed before noon, most of them to the market on the eastern side.</p>"
    "</article></body></html>"
)
HOST = "http://ferry.example"
# seconds until it answers; it takes two
START = 60.0


def story(title: str, charset: str = "utf-8") -> bytes:
    return STORY.format(title, charset).encode(charset)


STILL = story("Morvina")  # answers 304 the second time
MOVED = story("Tolmir")  # where two redirects lead
OLD = story("Паром", "windows-1251")
SMALL = b"<html><title>Low tide</title><p>The ferry waits for the tide, and so does everybody on it.</p></html>"
EDITED = (story("Lower Vard"), story("Lower Vard").replace(b"four hundred", b"five hundred"))
TURNING = (STILL + b"<!-- 1 -->", STILL + b"<!-- 2 -->")  # other bytes, the same text: kept as a note
DEFLATED = story("Deflated")


@dataclass(frozen=True)
class Replay:
    """A replay server, and when each of the two crawls asked for each address, as its addresses name it."""

    port: int
    times: dict[str, list[str]]

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body without its encoding, of an address of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={"Accept-Encoding": "identity"})
            answer = connection.getresponse()
            body = answer.read()
            headers = {name.lower(): value for name, value in answer.getheaders()}
        encoding = headers.get("content-encoding")
        body = gzip.decompress(body) if encoding == "gzip" else body
        return answer.status, headers, zlib.decompress(body) if encoding == "deflate" else body

    def at(self, turn: int, page: str, form: str = "id_") -> tuple[int, dict[str, str], bytes]:
        """A page as of one of the crawls: as it was sent (``id_``) or made to be looked at (``mp_``)."""
        return self.get(f"/all/{self.times[page][turn]}{form}/{HOST}{page}")


def command(name: str) -> str:
    folder = os.environ.get("COMMUNIQUE_PYWB")
    found = shutil.which(name, path=folder) if folder else shutil.which(name)
    if found is None:
        pytest.skip(f"this needs pywb: there is no {name} in {folder or 'PATH'} (see COMMUNIQUE_PYWB)")
    return found


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    manager, wayback = command("wb-manager"), command("wayback")
    folder = tmp_path_factory.mktemp("replay")
    home = Home(folder / "home")
    crawl_twice(home)
    for arguments in (["init", "all"], ["add", "all", *map(str, warc_files(home))]):
        done = subprocess.run([manager, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    with replaying(wayback, folder, times_of(home)) as server:
        yield server


def times_of(home: Home) -> dict[str, list[str]]:
    """When each page was asked for, by its address without the host, as addresses of the replay name it."""
    times: dict[str, list[str]] = {}
    for row in rows(home, "select url, fetched_at from captures where kind = 'page' order by fetched_at, id"):
        times.setdefault(row["url"].removeprefix(HOST), []).append(f"{moment(row['fetched_at']):%Y%m%d%H%M%S}")
    return times


@contextmanager
def replaying(wayback: str, folder: Path, times: dict[str, list[str]]) -> Iterator[Replay]:
    """pywb over the collections of a folder."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (folder / "wayback.log").open("wb") as log:
        server = subprocess.Popen([wayback, "-b", "127.0.0.1", "-p", str(port)], cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(server, port, folder / "wayback.log")
            yield Replay(port, times)
        finally:
            server.terminate()
            server.wait(30)


def crawl_twice(home: Home) -> None:
    catalogue(home, outlet("ferry"))
    with DemoSite() as site:
        pages = ("/still", "/gone-before?a=1&b=%C3%A9", "/old", "/small", "/edited", "/turning", "/deflated")
        site.add("ferry.example", "/", "".join(f"<a href='{page}'>x</a>" for page in pages).encode())
        site.add("ferry.example", "/still", STILL)
        site.add("ferry.example", "/old", OLD, "text/html; charset=windows-1251")
        site.add("ferry.example", "/small", SMALL)
        site.add("ferry.example", pages[1], b"", status=301, headers={"Location": "/on?to=b&c"})
        site.add("ferry.example", "/on?to=b&c", b"", status=302, headers={"Location": f"{HOST}/moved?x=1&y=%20"})
        site.add("ferry.example", "/moved?x=1&y=%20", MOVED)
        headers = {"content-type": "text/html", "content-encoding": "deflate"}
        site.respond("ferry.example", "/deflated", lambda _: Answer(200, headers, zlib.compress(DEFLATED)))
        for n in (0, 1):
            site.add("ferry.example", "/edited", EDITED[n])
            site.add("ferry.example", "/turning", TURNING[n])
            done = crawl(home, site.address, "ferry")
            assert (done.returncode, done.stderr) == (0, "")
            time.sleep(1.1)  # an address of the replay names a moment to the second


def wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the replay did not start: {log.read_text('utf-8', 'replace')[-1000:]}")


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("/still", STILL),
        ("/moved?x=1&y=%20", MOVED),
        ("/old", OLD),
        ("/small", SMALL),
        ("/edited", EDITED[0]),
        ("/turning", TURNING[0]),
        ("/deflated", DEFLATED),
    ],
)
def test_a_page_replays_to_the_byte(replay: Replay, page: str, body: bytes) -> None:
    status, headers, replayed = replay.at(0, page)
    assert (status, replayed) == (200, body)
    assert headers["memento-datetime"]


def test_a_page_that_was_edited_replays_as_of_each_crawl(replay: Replay) -> None:
    assert [replay.at(n, "/edited")[2] for n in (0, 1)] == list(EDITED)


@pytest.mark.parametrize(("page", "body"), [("/still", STILL), ("/old", OLD), ("/small", SMALL)])
def test_a_page_that_a_304_confirms_replays_in_full_at_that_time(replay: Replay, page: str, body: bytes) -> None:
    first, second = replay.times[page]
    assert first < second
    status, _, replayed = replay.at(1, page)
    assert (status, replayed) == (200, body)


def test_a_304_is_a_capture_of_its_own_time(replay: Replay) -> None:
    _, _, listed = replay.get(f"/all/cdx?url={HOST}/still&output=json")
    assert [json.loads(line)["timestamp"] for line in listed.splitlines()] == replay.times["/still"]
    for turn, stated in enumerate(replay.times["/still"]):
        shown = parsedate_to_datetime(replay.at(turn, "/still")[1]["memento-datetime"])
        assert f"{shown:%Y%m%d%H%M%S}" == stated


@pytest.mark.parametrize(
    ("page", "status", "target"),
    [("/gone-before?a=1&b=%C3%A9", 301, "/on?to=b&c"), ("/on?to=b&c", 302, "/moved?x=1&y=%20")],
)
@pytest.mark.parametrize("turn", [0, 1])
def test_a_redirect_replays_as_a_redirect(replay: Replay, turn: int, page: str, status: int, target: str) -> None:
    got, headers, _ = replay.at(turn, page, "mp_")
    assert got == status
    assert headers["location"].endswith(f"mp_/{HOST}{target}")


@pytest.mark.parametrize("turn", [0, 1])
def test_redirects_followed_in_the_replay_lead_to_the_page(replay: Replay, turn: int) -> None:
    path = f"/all/{replay.times['/on?to=b&c'][turn]}mp_/{HOST}/gone-before?a=1&b=%C3%A9"
    for _ in range(8):
        status, headers, body = replay.get(path)
        if status == 200:
            break
        path = re.sub(r"^https?://[^/]+", "", headers["location"])
    assert status == 200 and b"The ferry between the two banks of the Tolmir" in body


def test_a_page_kept_as_a_note_replays_as_what_it_repeats(replay: Replay) -> None:
    status, _, replayed = replay.at(1, "/turning")
    assert (status, replayed) == (200, TURNING[0])
