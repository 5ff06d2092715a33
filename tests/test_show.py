"""`communique show`: what was kept of a page, what is hidden of it and why."""

from __future__ import annotations

import json

from archive.home import Home
from archive.store import Store
from tests.crawling import command, rows
from tests.keeping import captured, keep
from tests.test_revise import SENTENCES, SIDE, URL, season, story


def show(home: Home, *options: str) -> str:
    done = command("show", "1", *options, "--home", str(home.path))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_blocks_say_what_is_hidden_why_and_on_how_many_documents_each_stands(home: Home) -> None:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(4)])
    [extractor] = {row["extractor"] for row in rows(home, "select extractor from articles")}
    shown = show(home, "--blocks")
    assert f"extractor: {extractor}\n" in shown
    hidden = [line for line in shown.splitlines() if " repeated " in line]
    assert len(hidden) == len(SIDE) and all(" 4 " in line for line in hidden)
    blocks = json.loads(show(home, "--blocks", "--json"))["blocks"]
    assert [block["position"] for block in blocks] == list(range(len(blocks)))
    assert {block["documents"] for block in blocks if block["mark"] == "repeated"} == {4}
    assert {block["documents"] for block in blocks if block["mark"] is None} == {1}
    assert {"kind", "role", "verdict", "link_share", "text"} <= blocks[0].keys()


def test_what_is_doubtful_or_stated_twice_is_said(home: Home) -> None:
    keep(home, [captured(URL.format(1), story(1))])
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute(
            "update articles set byline = 'By A. Ferrier and B. Banks', authors = '[\"A. Ferrier\", \"B. Banks\"]',"
            " agency = 'Harbour Wire', licence = 'CC BY 4.0', published = '2041-04-20T06:00:00Z',"
            " published_doubt = 'ten years after the capture', language = 'en', language_detected = 'uk',"
            " spared = 'most of the page', summary = 'A ferry runs.'"
        )
        store.conn.execute("insert into links values (1, 1, 'http://ferries.example/2', 'another')")
    store.close()
    shown = show(home)
    for line in (
        "authors: A. Ferrier, B. Banks",
        "agency: Harbour Wire",
        "licence: CC BY 4.0",
        "published: 2041-04-20T06:00:00Z (doubtful: ten years after the capture)",
        "language: en (its text looks like uk)",
        "nothing is hidden: most of the page",
        "\nA ferry runs.\n",
    ):
        assert f"{line}\n" in shown
    assert "extractor" not in shown
    found = json.loads(show(home, "--json"))
    assert found["links"] == [{"position": 1, "url": "http://ferries.example/2", "text": "another"}]
    assert (found["authors"], found["media"], found["quotes"], found["entries"]) == (
        ["A. Ferrier", "B. Banks"],
        [],
        [],
        [],
    )
    assert isinstance(found["steps"], list) and "blocks" not in found


def test_a_block_somebody_decided_on_says_so(home: Home) -> None:
    keep(home, season())
    [block] = rows(
        home, "select hash, text from blocks where reading = 1 and text like ? limit 1", f"{SENTENCES[0][:10]}%"
    )
    store = Store(home.database, write=True)
    with store.transaction():
        store.conn.execute(
            "insert into verdicts (source, hash, verdict, text, at) values ('ferries', ?, 'keep', ?, '2031')",
            (block["hash"], block["text"]),
        )
    store.close()
    assert "kept (keep)" in show(home, "--blocks")
