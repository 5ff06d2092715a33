"""Texts that come as records, without their pages: where they are put, what they give way to, what is not believed."""

from __future__ import annotations

import copy
import json
import random
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import RefusedError
from archive.exports.chosen import Asked, choose
from archive.forget import forget
from archive.home import Home
from archive.imports import rows as rows_of
from archive.imports.records import record_of
from archive.models import Exchange
from archive.rebuild import rebuild
from archive.show_cli import show
from archive.store import Store
from tests.holding import Reader
from tests.importing import NOW, bring, held, place
from tests.keeping import captured, keep, source
from tests.pages import own_div
from tests.prose import prose
from tests.test_split import TITLES, digest

FERRY, DAY = "http://courier.example/ferry", "http://digest.example/day"


def ferry(number: int = 1) -> str:
    return own_div("The harbour ferry", [prose(number, 4)], [prose(99, 3)])


def records(home: Home, **asked: Any) -> list[dict[str, Any]]:
    """The records of an archive, as they are exported."""
    with choose(home, Asked(**asked)) as chosen:
        return [*chosen.records()]


def rows(home: Home, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(Store(home.database)) as store:
        return [tuple(row) for row in store.conn.execute(sql, values)]


@pytest.fixture
def other(tmp_path: Path) -> Home:
    """The archive that exports."""
    return Home(tmp_path / "other")


def moved(home: Home, other: Home, exchanges: list[Exchange]) -> list[dict[str, Any]]:
    """Keep pages in the other archive, and their texts in this one; the records."""
    keep(other, exchanges)
    found = records(other)
    place(home, *map(record_of, found))
    return found


def test_a_later_crawl_brings_the_page_and_the_text_rests_on_it(home: Home, other: Home) -> None:
    moved(home, other, [captured(FERRY, ferry())])
    [(article, proof)] = rows(home, "select id, proof from articles")
    assert proof == "none"
    keep(home, [captured(FERRY, ferry(), 90)])
    assert rows(home, "select id, proof, revisions, last_checked from articles") == [
        (article, "page", 1, "2031-04-20T07:30:00.000Z")
    ]
    assert rows(home, "select outcome, kind from captures order by fetched_at") == [
        ("new", "imported"),
        ("unchanged", "page"),
    ]


def test_a_conditional_request_is_never_made_from_a_page_that_is_not_here(home: Home, other: Home) -> None:
    headers = (("Content-Type", "text/html"), ("ETag", '"1"'))
    moved(home, other, [captured(FERRY, ferry(), headers=headers)])
    with closing(Store(home.database)) as store, closing(Store(other.database)) as there:
        assert list(there.known(["courier.example/ferry"])) == ["courier.example/ferry"]
        assert store.known(["courier.example/ferry"]) == {}
        assert list(store.visits(["courier.example/ferry"])) == ["courier.example/ferry"]


def test_the_page_of_the_same_capture_takes_the_place_of_the_text(home: Home, other: Home) -> None:
    pages = [captured(FERRY, ferry(n), minute) for minute, n in enumerate((1, 2, 1))]
    pages += [captured(FERRY, b"", 8, status=410), captured(DAY, digest(*TITLES[:3]), 20)]
    moved(home, other, pages)
    before = held(home, raw=False)
    keep(home, pages[1:])
    assert held(home, raw=False) == before
    proofs = rows(home, "select url, part, proof, extractor = 'imported' from articles order by url, part")
    assert proofs == [(FERRY, 1, "page", 0), (DAY, 1, "page", 0), (DAY, 2, "page", 0), (DAY, 3, "page", 0)]
    assert rows(home, "select kind, warc_file is null from captures order by fetched_at") == [
        ("imported", 1),
        ("page", 0),
        ("page", 0),
        ("page", 0),
        ("page", 0),
    ]
    keep(home, pages[:1])
    assert held(home) == held(other) | {"captures": held(home)["captures"]}
    assert rows(home, "select count(*) from readings where extractor = 'imported'") == [(0,)]


def test_another_page_of_that_moment_is_another_capture(home: Home, other: Home) -> None:
    moved(home, other, [captured(FERRY, ferry())])
    keep(home, [captured(FERRY, ferry(2))])
    assert rows(home, "select count(*), count(warc_file) from captures") == [(2, 1)]
    assert rows(home, "select revisions, proof from articles") == [(2, "page")]


def test_a_rebuild_leaves_texts_without_pages_alone(home: Home, other: Home) -> None:
    moved(home, other, [captured(FERRY, ferry(n), n) for n in (1, 2)] + [captured(DAY, digest(*TITLES[:2]), 5)])
    before = held(home)
    done = rebuild(home)
    assert done.problems == () and done.summary.startswith("0 pages read again, 3 articles, 0 texts changed")
    assert held(home) == before


def test_what_repeats_is_known_from_texts_without_pages_too(home: Home, other: Home) -> None:
    sidebar = prose(99, 3).splitlines()
    moved(home, other, [captured(f"http://courier.example/{n}", ferry(n), n) for n in (1, 2, 3)])
    keep(home, [captured("http://courier.example/4", ferry(4), 30)])
    [(text,)] = rows(home, "select text from articles where url like '%/4'")
    assert sidebar[0] not in text
    marked = rows(
        home, "select reason, h.text from hidden_blocks h join articles a on a.id = h.article where url like '%4'"
    )
    assert ("repeated", sidebar[0]) in marked


def test_texts_into_an_archive_that_has_others_double_nothing(home: Home, other: Home) -> None:
    keep(home, [captured("http://courier.example/pier", ferry(7)), captured(FERRY, ferry(), 1)])
    pages = [captured(FERRY, ferry(), 1), captured(FERRY, ferry(2), 9), captured(DAY, digest(*TITLES[:2]), 3)]
    found = moved(home, other, pages)
    assert rows(home, "select url, part, revisions, proof from articles order by id") == [
        ("http://courier.example/pier", 1, 1, "page"),
        (FERRY, 1, 2, "none"),
        (DAY, 1, 1, "none"),
        (DAY, 2, 1, "none"),
    ]
    assert rows(home, "select count(*), count(warc_file) from captures") == [(4, 2)]
    before = held(home)
    assert set(place(home, *map(record_of, found))) == {"known"}
    assert held(home) == before


def test_stories_of_a_page_come_one_by_one_in_any_order(home: Home, other: Home) -> None:
    keep(other, [captured(DAY, digest(*TITLES[:3]), n) for n in range(2)])
    for record in reversed(records(other)):
        place(home, record_of(record))
    for table, kept in held(other, raw=False).items():
        assert held(home, raw=False)[table] == kept, table
    assert rows(home, "select article from addresses") == [(1,)]


def test_stories_with_one_title_stay_apart(home: Home, other: Home) -> None:
    keep(other, [captured(DAY, digest(*TITLES[:2]))])
    found = records(other)
    for record in found:
        record["title"] = "Report"
        for reading in record["readings"]:
            reading["title"] = "Report"
            reading["metadata"] |= {"headline": "Report", "permalink": None, "published_day": None}
    for record in found:
        place(home, record_of(record))
    assert rows(home, "select part, title from articles order by id") == [(1, "Report"), (2, "Report")]


def test_what_is_exported_anew_after_marks_changed_takes_the_place_of_what_came_before(
    home: Home, other: Home
) -> None:
    moved(home, other, [captured("http://courier.example/1", ferry(1))])
    [(before,)] = rows(home, "select text from articles")
    keep(other, [captured(f"http://courier.example/{n}", ferry(n), n) for n in (2, 3)])
    place(home, *map(record_of, records(other)))
    [(after,)] = rows(home, "select text from articles where url like '%/1'")
    assert after != before and len(after) < len(before)
    assert held(home, raw=False)["revisions"] == held(other, raw=False)["revisions"]


def test_what_is_shown_to_nobody_stays_so(home: Home, other: Home) -> None:
    keep(other, [captured(FERRY, ferry())])
    with closing(Store(other.database, write=True)) as store, store.transaction():
        store.restrict([1], "2031-05-01T00:00:00.000Z", "an order of the court")
    assert records(other) == []
    place(home, *map(record_of, records(other, restricted=True)))
    assert rows(home, "select * from restricted") == [(1, "2031-05-01T00:00:00.000Z", "an order of the court")]


def test_a_record_of_somebody_takes_no_article_off_the_web(home: Home, other: Home, tmp_path: Path) -> None:
    keep(home, [captured(FERRY, ferry())])
    keep(other, [captured(FERRY, ferry(), 5), captured("http://courier.example/pier", ferry(7))])
    said = {"at": "2031-05-01T00:00:00.000Z", "reason": "because I say so"}
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(json.dumps({**record, "restricted": said}) + "\n" for record in records(other)), "utf-8")
    account = bring(home, file)
    assert rows(home, "select a.url from restricted r join articles a on a.id = r.article") == [
        ("http://courier.example/pier",)
    ]
    [(number,)] = rows(home, "select id from articles where url = ?", FERRY)
    assert account.problems == [
        f"{file}: article {number} is restricted there, and stays shown here (`communique restrict` hides it)"
    ]


def test_what_was_forgotten_does_not_come_back(home: Home, other: Home) -> None:
    pages = [captured(FERRY, ferry()), captured("http://courier.example/pier", ferry(7))]
    keep(home, pages[1:])
    keep(home, pages[:1])
    with closing(Store(home.database)) as store:
        [number] = [row["id"] for row in store.articles() if row["url"] == FERRY]
    forget(home, number, "an order of the court", NOW)
    keep(other, pages)
    assert sorted(place(home, *map(record_of, records(other)))) == ["forgotten", "known"]
    assert rows(home, "select url from articles") == [("http://courier.example/pier",)]


def test_invented_outlets_and_real_ones_never_meet(home: Home, other: Home, tmp_path: Path) -> None:
    keep(other, [captured(FERRY, ferry())])
    file = tmp_path / "demo.jsonl"
    [record] = records(other)
    file.write_text(json.dumps({**record, "fictional": True}) + "\n", "utf-8")
    bring(home, file)
    assert rows(home, "select value from home where key = 'fictional'") == [("yes",)]
    file.write_text(json.dumps(record) + "\n", "utf-8")
    with pytest.raises(RefusedError, match="never merged"):
        bring(home, file)


def test_damaged_lines_are_counted_with_their_offset_and_cost_themselves(
    home: Home, other: Home, tmp_path: Path
) -> None:
    keep(other, [captured(f"http://courier.example/{n}", ferry(n), n) for n in range(3)])
    good = [json.dumps(record, ensure_ascii=False).encode() for record in records(other)]
    wrong = good[1].replace(b'"url":', b'"uri":', 1)
    lines = [good[0], b'{"torn', b"[1]", wrong, b"", b'{"format": "communique-article/2"}', good[2], b"\xff\xfe"]
    file = tmp_path / "articles.jsonl"
    file.write_bytes(b"\n".join(lines))
    account = bring(home, file)
    offsets = [sum(len(line) + 1 for line in lines[:n]) for n in (1, 2, 3, 5, 7)]
    assert account.damaged == 5
    assert "another version of Communique (communique-article/2;" in account.problems[3]
    assert [line.split(":")[0] for line in account.problems] == [f"articles.jsonl at {at}" for at in offsets]
    assert rows(home, "select url from articles order by id") == [
        ("http://courier.example/0",),
        ("http://courier.example/2",),
    ]


def test_a_line_that_would_take_much_memory_costs_itself(
    home: Home, other: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pier = "http://courier.example/pier"
    keep(other, [captured(FERRY, ferry()), captured(pier, ferry(7))])
    first, last = (json.dumps(record).encode() for record in records(other))
    monkeypatch.setattr(rows_of, "LONGEST", 4 << 20)
    monkeypatch.setattr(rows_of, "_MADE", 64 << 20)
    lines = [first, b'{"a": [' + b"{}," * 300_000 + b"0]}", b'{"a": "' + b"x" * (5 << 20) + b'"}', last]
    file = tmp_path / "articles.jsonl"
    file.write_bytes(b"\n".join(lines))
    account = bring(home, file)
    assert [line.partition(": ")[2] for line in account.problems] == [
        "so many parts that they would take more than 64 MB of memory",
        "a line of more than 4 MB",
    ]
    assert rows(home, "select url from articles order by url") == [(FERRY,), (pier,)]


def packed(path: Path, data: bytes) -> Path:
    """Data packed as its file's name says."""
    with pa.output_stream(str(path)) as out:
        out.write(data)
    return path


@pytest.mark.parametrize("ending", ["gz", "zst"])
@pytest.mark.parametrize("filling", [b"\n" * (4 << 20), b'{"a": [' + b"{}," * 1_500_000 + b"0]}\n"])
def test_records_that_are_packed_too_densely_are_refused_whatever_is_made_of_them(
    home: Home, other: Home, tmp_path: Path, ending: str, filling: bytes
) -> None:
    keep(other, [captured(FERRY, ferry())])
    [good] = [json.dumps(record).encode() + b"\n" for record in records(other)]
    file = packed(tmp_path / f"articles.jsonl.{ending}", good + filling)
    with pytest.raises(RefusedError, match="packed more than 200 to 1: no export is"):
        bring(home, file)


def parquet(path: Path, columns: int, value: str) -> Path:
    """Sixteen rows of so many columns, all of one value, which stands once in each."""
    once = pa.DictionaryArray.from_arrays(pa.array([0] * 16, pa.int32()), pa.array([value]))
    pq.write_table(pa.table({f"column {n}": once for n in range(columns)}), path, compression="zstd")
    return path


def test_a_parquet_file_that_grows_costs_itself(home: Home, tmp_path: Path) -> None:
    dense = bring(home, parquet(tmp_path / "dense.parquet", 1, "x" * (8 << 20)))
    assert dense.problems == ["dense.parquet at 0: packed more than 200 to 1: no export is"]
    # as dense as any text: 50 MB of values, and 800 MB of rows
    grown = bring(home, parquet(tmp_path / "grown.parquet", 12, random.Random(1).randbytes(4 << 20).hex()))
    assert len(grown.problems) == 1 and grown.problems[0].startswith("grown.parquet at 0: ")
    once = pa.DictionaryArray.from_arrays(pa.array([0] * 400, pa.int32()), pa.array([random.Random(2).randbytes(4 << 20).hex()]))  # fmt: skip
    nested = pa.ListArray.from_arrays(pa.array([0, 400], pa.int32()), once)
    pq.write_table(pa.table({"captures": nested}), tmp_path / "nested.parquet", compression="zstd")
    if sys.platform == "linux":  # 3 GB in a row
        [said] = bring(home, tmp_path / "nested.parquet").problems
        assert said == "nested.parquet at 0: cannot be read from here on (it takes more than 1024 MB of memory)"
    torn = tmp_path / "torn.parquet"
    torn.write_bytes((tmp_path / "dense.parquet").read_bytes()[:-50])
    assert "cannot be read from here on" in bring(home, torn).problems[0]


def test_a_bare_record_is_a_text_seen_from_when_to_when(home: Home, other: Home) -> None:
    keep(other, [captured(FERRY, ferry(), n) for n in (0, 60)])
    [bare] = records(other, bare=True)
    place(home, record_of({**bare, "summary": "Of the harbour."}))
    [there], [here] = held(other, raw=False)["articles"], held(home, raw=False)["articles"]
    assert here == {**there, "summary": "Of the harbour.", "capture": here["capture"]}
    assert rows(home, "select seen_from, seen_to from revisions") == [
        ("2031-04-20T06:00:00.000Z", "2031-04-20T07:00:00.000Z")
    ]


def test_an_outlet_that_is_known_stays_as_it_is_known(home: Home, other: Home) -> None:
    keep(home, [captured("http://courier.example/pier", ferry(7))], {"courier": source("courier", timezone="UTC")})
    keep(other, [captured(FERRY, ferry())], {"courier": source("courier", timezone="Asia/Kathmandu", public=True)})
    [record] = records(other)
    place(home, record_of(record))
    assert rows(home, "select timezone from sources") == [("UTC",)]


# what is not believed

TEXT = {
    "format": "communique-article/1", "id": 1, "url": FERRY, "part": 1, "source": "courier", "addresses": [],
    "captures": [{"id": 1, "url": FERRY, "source": "courier", "fetched_at": "2031-04-20T06:00:00.000Z", "status": 200,
        "outcome": "new", "reading": 1, "position": 1}],
    "readings": [{"id": 1, "title": "A ferry", "metadata": {}, "extras": {}, "payload_sha256": "", "extractor": "x",
        "blocks": [["p", "At the harbour.", 0.0, None, None]]}],
    "revisions": [], "sources": [{"id": "courier", "name": "Courier", "kind": "news", "timezone": "UTC"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("url",), "javascript:alert(1)", "url is no address"),
        (("captures", 0, "url"), "http://", "url is no address"),
        (("readings", 0, "extras", "links"), [[0, FERRY]], "links: one is none"),
        (("readings", 0, "blocks", 0, 0), "script", "a block is none"),
        (("readings", 0, "blocks", 0, 2), float("nan"), "a block is none"),
        (("readings", 0, "blocks", 0, 1), "half \ud800", "surrogates"),
        (("readings", 0, "metadata", "published"), "yesterday", "published is no time"),
        (("captures", 0, "fetched_at"), "2031-04-20T06:00:00", "fetched_at is no time"),
        (("captures", 0, "outcome"), "blocked", "outcome 'blocked' is none"),
        (("captures", 0, "payload_sha256"), "00", "payload_sha256 is none"),
        (("captures", 0, "reading"), 7, "its reading 7 is missing"),
        (("captures", 0, "reading"), None, "no capture has a text"),
        (("id",), True, "id is no number"),
        (("id",), 1 << 70, "id is no number"),
        (("source",), "../courier", "source is no name"),
        (("sources", 0, "timezone"), "../../etc/passwd", "no such time zone"),
        (("sources", 0, "timezone"), "Vardania/Ostrand", "no such time zone"),
        (("sources", 0, "hints"), "[" * 20_000, "hints is nested too deep"),
        (("sources", 0, "articles"), ["("], "a pattern is none"),
        (("addresses",), {}, "addresses is no list"),
    ],
)
def test_nothing_is_believed_that_is_not_as_it_must_be(where: tuple[Any, ...], value: object, said: str) -> None:
    record_of(copy.deepcopy(TEXT))
    record = copy.deepcopy(TEXT)
    inside: Any = record
    for step in where[:-1]:
        inside = inside[step]
    inside[where[-1]] = value
    with pytest.raises(ValueError, match=said):
        record_of(record)


def _places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, one in inner for found in _places(one, (*path, name)))]


def test_what_leads_nowhere_on_the_web_is_left_out() -> None:
    record: Any = copy.deepcopy(TEXT)
    record["readings"][0]["metadata"] = {"image": "data:text/html,x", "permalink": FERRY}
    bad = "javascript:alert(1)"
    record["readings"][0]["extras"] = {
        "links": [[0, bad, "x"], [0, FERRY, "y"]],
        "media": [[0, bad, None, None]],
        "quotes": [[0, "words", "who", bad]],
    }
    reading = record_of(record).readings[1].reading
    assert (reading.image, reading.permalink) == (None, FERRY)
    assert [link.url for link in reading.links] == [FERRY] and reading.media == ()
    assert [(quote.text, quote.url) for quote in reading.quotes] == [("words", None)]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(place=st.sampled_from(_places(TEXT)[1:]), value=ANYTHING)
def test_whatever_stands_in_a_record_it_is_one_or_it_is_said_what_is_wrong(
    place: tuple[Any, ...], value: object
) -> None:
    record: Any = copy.deepcopy(TEXT)
    inside = record
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    try:
        found = record_of(record)
    except ValueError as error:
        assert str(error)
    else:
        assert found.captures and found.readings


def test_a_text_without_its_page_is_shown_as_unproven(home: Home, other: Home) -> None:
    moved(home, other, [captured(FERRY, ferry(n), n) for n in (1, 2)])
    shown = Reader({}, files=[str(home.database)]).one("/article/1")
    assert shown.status == 200 and "<strong>Unproven</strong>: its page is not kept here" in shown.text
    assert "Read by the archive that it came from" in shown.text and "warcio extract" not in shown.text
    said = CliRunner().invoke(show, ["1", "--home", str(home.path)]).output
    assert "rests on: nothing: its page is not kept here\n" in said
    assert "capture 1: 2031-04-20T06:01:00.000Z new, no record\n" in said
    keep(home, [captured(FERRY, ferry(2), 9)])
    assert "Unproven" not in Reader({}, files=[str(home.database)]).one("/article/1").text
    assert "rests on" not in CliRunner().invoke(show, ["1", "--home", str(home.path)]).output
