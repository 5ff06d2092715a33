"""What repeats can be seen and overruled; otherwise a mistake of ours stays in every text of a source."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from archive import overrule as overruling
from archive.errors import ConfigurationError, NoArchiveError
from archive.fingerprint import block_hash
from archive.home import Home
from archive.overrule import overrule
from archive.rebuild import rebuild
from archive.store import Store
from archive.store_verdicts import from_id
from tests.crawling import command, contents, rows
from tests.keeping import START, captured, keep, texts
from tests.pages import own_div
from tests.test_revise import SENTENCES, SIDE, URL, story
from tests.test_web import serve_in_process

SHARE, SHOP = SIDE[0], SIDE[4]


def block_id(text: str) -> str:
    return f"{block_hash(text) & (1 << 64) - 1:016x}"


def boilerplate(home: Home, *options: str) -> list[dict[str, Any]]:
    done = command("boilerplate", "ferries", *options, "--json", "--home", str(home.path))
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def ferries(home: Home) -> Home:
    keep(home, [captured(URL.format(n), story(n), n) for n in range(5)])
    return home


def test_what_repeats_is_listed_with_its_documents_and_the_latest_examples(ferries: Home) -> None:
    listed = boilerplate(ferries)
    assert {row["text"] for row in listed} == set(SIDE)
    assert {(row["documents"], row["mark"], row["verdict"]) for row in listed} == {(5, "repeated", None)}
    assert [e["url"] for e in listed[0]["examples"]] == [URL.format(n) for n in (4, 3, 2)]
    assert {row["id"] for row in listed} == set(map(block_id, SIDE))
    assert listed == boilerplate(ferries), "ids are stable"


def test_what_repeats_within_the_texts_is_listed_and_kept(home: Home) -> None:
    middle = (
        "The harbour office reminds everybody that the ice is not to be walked upon before the feast of lanterns."
    )
    for n in range(3):
        body = [sentence.format(n + 3, n + 30) for sentence in SENTENCES]
        keep(home, [captured(URL.format(n), own_div(f"Ferry {n}", [body[0], middle, *body[1:]], []), n)])
    assert all(middle in text for text in texts(home).values())
    assert [(r["text"], r["documents"], r["mark"]) for r in boilerplate(home)] == [(middle, 3, None)]


def test_the_list_is_a_table_for_people_and_csv_for_machines(ferries: Home) -> None:
    shown = command("boilerplate", "ferries", "--home", str(ferries.path)).stdout
    assert block_id(SHARE) in shown and "Share the Post:" in shown and URL.format(4) in shown
    printed = command("boilerplate", "ferries", "--csv", "--home", str(ferries.path)).stdout
    rows_ = list(csv.DictReader(io.StringIO(printed)))
    assert len(rows_) == len(SIDE) and rows_[0]["examples"].count("\n") == 2
    assert len(boilerplate(ferries, "--limit", "2")) == 2


def test_a_block_that_is_to_be_kept_comes_back_into_every_text_and_stays_after_a_rebuild(ferries: Home) -> None:
    before = texts(ferries)
    [first, *_] = boilerplate(ferries, "--keep", block_id(SHOP))
    assert (first["text"], first["verdict"], first["mark"]) == (SHOP, "keep", None), "what was decided on comes first"
    kept = texts(ferries)
    assert all(SHOP in text for text in kept.values())
    assert {row["cause"] for row in rows(ferries, "select cause from derivations order by rowid desc limit 5")} == {
        "verdict"
    }
    assert rows(ferries, "select * from changes") == [], "no edit by the outlet"
    with ferries.writing():
        rebuild(ferries)
    assert texts(ferries) == kept
    keep(ferries, [captured(URL.format(9), story(9), 9)])
    assert SHOP in texts(ferries)[URL.format(9)], "it holds for pages to come"
    boilerplate(ferries, "--forget", block_id(SHOP))
    assert {url: text for url, text in texts(ferries).items() if url in before} == before


def test_a_block_that_is_to_be_hidden_goes_wherever_it_stands(home: Home) -> None:
    advert = "Buy the almanac of all landing stages, bound in sailcloth, at the office of the harbour."
    body = [sentence.format(5, 50) for sentence in SENTENCES]
    keep(home, [captured(URL.format(1), own_div("Ferry", [*body[:2], advert, *body[2:]], []))])
    [row] = boilerplate(home, "--hide", block_id(advert))
    assert (row["documents"], row["mark"], row["verdict"]) == (1, "hidden", "hide")
    [text] = texts(home).values()
    assert advert not in text and all(sentence in text for sentence in body)
    assert rows(home, "select reason from hidden_blocks") == [{"reason": "hidden"}]


def test_a_verdict_holds_in_its_source_alone(home: Home) -> None:
    pages = [
        captured(URL.replace("ferries", name).format(n), story(n), n) for name in ("ferries", "mills") for n in (1, 2)
    ]
    keep(home, pages)
    before = texts(home)
    with home.writing():
        overrule(home, "ferries", keep=[block_id(SHOP)])
    changed = {url for url, text in texts(home).items() if text != before[url]}
    assert changed == {URL.format(1), URL.format(2)}


def test_only_the_articles_that_carry_the_block_are_looked_at_and_in_batches(
    ferries: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(ferries, [captured(URL.format("bare"), own_div("Bare", [s.format(8, 81) for s in SENTENCES], []), 20)])
    monkeypatch.setattr(overruling, "BATCH", 2)
    with ferries.writing():
        done = overrule(ferries, "ferries", keep=[block_id(SHOP), block_id(SHARE)])
    assert (done.articles, done.changed) == (5, 5)


def test_a_verdict_gives_the_archive_that_a_crawl_under_it_gives(ferries: Home) -> None:
    with ferries.writing():
        overrule(ferries, "ferries", hide=[block_id(SIDE[2])], keep=[block_id(SHARE)])
    decided = contents(ferries)
    with ferries.writing():
        rebuild(ferries)
    assert contents(ferries) == decided


def test_a_verdict_on_what_is_gone_from_the_pages_can_be_seen_and_withdrawn(ferries: Home) -> None:
    store = Store(ferries.database, write=True)
    with store.transaction():
        store.put_verdict("ferries", -1, "hide", "an advert of another time", START.isoformat())
    store.close()
    [row] = [row for row in boilerplate(ferries) if row["verdict"]]
    assert (row["id"], row["documents"], row["examples"]) == ("f" * 16, 0, [])
    boilerplate(ferries, "--forget", "f" * 16)
    assert rows(ferries, "select * from verdicts") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "there is no source 'nowhere' in this archive"),
        (["ferries", "--keep", "0000000000000001"], "source 'ferries' has no block '0000000000000001'"),
        (["ferries", "--hide", "rubbish"], "source 'ferries' has no block 'rubbish'"),
        (
            ["ferries", "--keep", block_id(SHARE), "--hide", block_id(SHARE)],
            f"block {block_id(SHARE)} is named twice",
        ),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(ferries: Home, arguments: list[str], message: str) -> None:
    done = command("boilerplate", *arguments, "--home", str(ferries.path))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"communique: {message}\n")
    assert rows(ferries, "select * from verdicts") == []


def test_deciding_waits_for_nobody_and_reading_goes_on(ferries: Home) -> None:
    with ferries.writing():
        done = command("boilerplate", "ferries", "--keep", block_id(SHARE), "--home", str(ferries.path))
        assert done.returncode == 75
        assert len(boilerplate(ferries)) == len(SIDE)


def test_errors_of_the_function_are_ours(ferries: Home) -> None:
    with pytest.raises(NoArchiveError):
        overrule(ferries, "nowhere")
    with pytest.raises(ConfigurationError):
        overrule(ferries, "ferries", keep=[block_id(SHARE)] * 2)


def test_datasette_shows_the_same(ferries: Home) -> None:
    with ferries.writing():
        overrule(ferries, "ferries", keep=[block_id(SHOP)])
    listed = boilerplate(ferries)
    get = serve_in_process(ferries.database)
    viewed = get("/archive/boilerplate.json?source=ferries&_shape=array").json()
    asked = get("/archive/repeats.json?source=ferries&_shape=array").json()
    for shown in (viewed, asked):
        assert {row["block"]: (row["documents"], row["mark"], row["verdict"], row["text"]) for row in shown} == {
            row["id"]: (row["documents"], row["mark"], row["verdict"], row["text"]) for row in listed
        }
        assert {row["article"] for row in shown} == {listed[0]["examples"][0]["id"]}
    assert (
        get("/archive/boilerplate?source=ferries").status_code
        == get("/archive/repeats?source=ferries").status_code
        == 200
    )
    page = get(f"/article/{listed[0]['examples'][0]['id']}").text
    assert "/archive/repeats?source=ferries" in page


def test_what_repeats_in_a_source_is_found_by_an_index(ferries: Home) -> None:
    plan = rows(ferries, "explain query plan select * from boilerplate where source = 'ferries' and hash = 7")
    steps = {step["detail"] for step in plan}
    assert {
        "SEARCH s USING PRIMARY KEY (source=? AND hash=?)",
        "SEARCH v USING PRIMARY KEY (source=? AND hash=?)",
    } < steps
    assert not {step for step in steps if step.startswith("SCAN")} - {"SCAN g", "SCAN boilerplate"}


@pytest.mark.parametrize("text", ["", "12", "g" * 16, "0" * 17, "-000000000000001"])
def test_what_is_no_id_names_no_block(text: str) -> None:
    assert from_id(text) is None


def test_an_id_names_its_hash() -> None:
    assert from_id(block_id(SHARE)) == block_hash(SHARE) == from_id(block_id(SHARE).upper())
