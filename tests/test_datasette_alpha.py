"""The archive under the alpha of Datasette 1.0, started as its documentation says: with ``-m`` and ``-c``.

It cannot stand beside the Datasette of the lock, so it is looked for where it has a place of its own: its folder of
commands in COMMUNIQUE_DATASETTE_ALPHA (``python3 -m venv F && F/bin/pip install datasette==1.0a41``, then F/bin).
Who may see what is held back is told by hooks that 1.0 no longer has: until it is released, this is no way to publish.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import lxml.html
import pytest

from archive.home import Home
from archive.web.policy import STRICT
from archive.web.server import metadata_path
from tests.test_web import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
# our own libraries behind its own: of what both have, its own counts
START = """
import sys
sys.path += sys.argv[1:3]
del sys.argv[1:3]
from datasette.cli import cli
cli()
"""
# seconds until it answers; it takes five
PATIENCE = 60.0


@pytest.fixture(scope="module")
def alpha(demo_home: Home) -> Iterator[httpx.Client]:
    """A client of the demo archive under the alpha."""
    folder = os.environ.get("COMMUNIQUE_DATASETTE_ALPHA")
    python = Path(folder, "python") if folder else None
    if python is None or not python.is_file():
        pytest.skip("no alpha of Datasette 1.0: COMMUNIQUE_DATASETTE_ALPHA names no folder of commands")
    port, metadata = free_port(), str(metadata_path())
    command = [str(python), "-c", START, str(ROOT), sysconfig.get_path("purelib"), str(demo_home.database)]
    with subprocess.Popen(
        [*command, "-m", metadata, "-c", metadata, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            until = time.monotonic() + PATIENCE
            try:
                while True:
                    assert server.poll() is None, server.stderr.read()
                    assert time.monotonic() < until
                    try:
                        client.get("/-/versions.json")
                        break
                    except httpx.TransportError:
                        time.sleep(0.2)
                yield client
            finally:
                server.send_signal(signal.SIGINT)
                server.stderr.read()


def test_it_is_the_alpha(alpha: httpx.Client) -> None:
    assert alpha.get("/-/versions.json").json()["datasette"]["version"].startswith("1.0")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Newest"),
        ("/article/1", "SHA-256"),
        ("/search?q=harbour", "harbour"),
        ("/losses", "claimed"),
        ("/changes", "changes"),
        ("/about", "archive"),
    ],
)
def test_our_pages_answer(alpha: httpx.Client, path: str, words: str) -> None:
    answer = alpha.get(path)
    assert answer.status_code == 200
    assert words.lower() in lxml.html.fromstring(answer.text).text_content().lower()
    assert answer.headers["content-security-policy"] == STRICT


def test_a_table_a_row_and_its_data_answer(alpha: httpx.Client, demo_home: Home) -> None:
    connection = sqlite3.connect(demo_home.database)
    title, number = connection.execute(
        "select title, (select count(*) from articles) from articles where id = 1"
    ).fetchone()
    connection.close()
    table = lxml.html.fromstring(alpha.get("/archive/articles").text)
    assert table.xpath('//td//a[starts-with(@href, "/article/")]')
    assert f"{number} rows" in table.text_content()
    assert alpha.get("/archive/articles/1.json?_shape=array").json()[0]["title"] == title
    assert alpha.get("/archive/articles?_search=harbour").status_code == 200
    assert alpha.get("/archive/articles.csv?_size=2").text.count("\r\n") >= 3


def test_a_canned_query_answers(alpha: httpx.Client) -> None:
    assert alpha.get("/archive/by_day").status_code == 200
    assert alpha.get("/archive/by_day.json?_shape=array").json()[0].keys() >= {"day", "source", "articles"}
    found = alpha.get("/archive/search.json?q=harbour&_shape=array").json()
    assert found and "harbour" in json.dumps(found).lower()


def test_the_feed_answers(alpha: httpx.Client) -> None:
    assert alpha.get("/feed.json").json()["items"]
