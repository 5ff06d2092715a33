"""What is exported and imported into an empty home is there again: row by row, in every format that holds texts."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import figures
from archive.exports.chosen import Asked, choose, silent
from archive.exports.formats import FORMATS
from archive.exports.run import export
from archive.home import Home
from archive.imports.records import record_of
from archive.models import stamp
from archive.store import Store
from archive.urls import url_key
from tests import claiming, test_split
from tests.crawling import command
from tests.holding import CLOSED, exchanges
from tests.importing import bring, held, named, place
from tests.keeping import START, captured, keep, source
from tests.pages import own_div
from tests.prose import prose

TEXTS = ["jsonl", "jsonl.zst", "parquet", "parquet-by-month", "sqlite"]


def exported(home: Home, form: str, folder: Path, **asked: Any) -> Path:
    """An export of an archive, of all of it if nothing is asked."""
    target = folder / f"articles.{form}"
    export(home, FORMATS[form], target, Asked(**asked), False, silent)
    return target


LATER = START + timedelta(days=30)


@pytest.fixture(scope="session")
def edited_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An archive with texts that changed and came back, pages that went, several stories on a page, claims, copies."""
    home = Home(tmp_path_factory.mktemp("edited") / "home")
    ferry = [own_div("The harbour ferry", [prose(n, 4)], [prose(99, 3)]) for n in (1, 2, 1)]
    stories = [test_split.digest(*test_split.TITLES[:n]) for n in (2, 3)]
    pages = [
        *exchanges(),
        *(captured("http://courier.example/ferry", html, n) for n, html in enumerate(ferry)),
        captured("http://courier.example/pier", own_div("The harbour pier", [prose(5, 4)], [prose(99, 3)]), 5),
        captured("http://courier.example/ferry", b"", 9, status=410),
        *(captured("http://digest.example/day", html, 20 + n) for n, html in enumerate(stories)),
        captured("http://digest.example/day", b"", 25, status=304),
        captured("http://digest.example/late", stories[1], LATER),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "read_figures", claiming.read)
        keep(home, pages, dict(claiming.SOURCES) | {CLOSED: source(CLOSED, timezone="Asia/Kathmandu")})
    with closing(Store(home.database, write=True)) as store, store.transaction():
        store.set_fictional(False)
    return home


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are read as they were in the archive above."""
    monkeypatch.setattr(figures, "read_figures", claiming.read)


@pytest.mark.parametrize("form", TEXTS)
def test_texts_of_the_demo_come_back_as_they_were(demo_home: Home, home: Home, tmp_path: Path, form: str) -> None:
    path = exported(demo_home, form, tmp_path)
    account = bring(home, *([path] if path.is_file() else sorted(path.rglob("*.parquet"))))
    assert (account.damaged, account.problems) == (0, [])
    there, here = held(demo_home, raw=False), held(home, raw=False)
    for table in there:
        assert here[table] == there[table], table
    assert len(here["articles"]) > 100 and here["stories"] and here["copies"]
    with_proof = {row["proof"] for row in held(home)["articles"]}
    assert with_proof == {"none"}


@pytest.mark.usefixtures("claims")
@pytest.mark.parametrize("form", ["jsonl", "sqlite"])
def test_edits_returns_and_pages_that_went_come_back_as_they_were(
    edited_home: Home, home: Home, tmp_path: Path, form: str
) -> None:
    bring(home, exported(edited_home, form, tmp_path))
    there, here = held(edited_home, raw=False), held(home, raw=False)
    for table in there:
        assert here[table] == there[table], table
    for table in ("links", "media", "quotes", "figures", "shared_quotations", "hidden_blocks", "earlier"):
        assert here[table], table
    articles = {(row["url"], row["part"]): row for row in here["articles"]}
    ferry = articles["http://courier.example/ferry", 1]
    assert (ferry["revisions"], ferry["gone_at"] is None) == (3, False)
    assert [part for url, part in articles if url == "http://digest.example/day"] == [1, 2, 3]


# archives of invented rows: what no page was ever read to, and every column may hold nothing

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LINE = WORDS.filter(lambda text: bool(text.split()))
STAMPS = st.integers(915_148_800_000, 2_208_988_800_000).map(lambda n: stamp(datetime.fromtimestamp(n / 1000, UTC)))
ADDRESS = st.sampled_from(["pier", "гавань", "港", "a?b=1&a=2", "%C3%A9", "x/../y", "q;r"]).map(
    lambda path: f"https://harbour.example/{path}"
)


def _or_nothing(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | some


METADATA = st.fixed_dictionaries(
    {
        **{
            name: _or_nothing(WORDS)
            for name in (
                "headline", "byline", "agency", "publisher", "published_printed", "published_doubt", "modified_printed",
                "modified_doubt", "section", "licence", "description",
            )
        },
        "published": _or_nothing(STAMPS),
        "modified": _or_nothing(STAMPS),
        "published_from": st.sampled_from([None, "json-ld", "meta", "text", "feed"]),
        "modified_from": st.sampled_from([None, "json-ld", "meta", "text", "feed"]),
        "published_day": _or_nothing(st.dates().map(str)),
        "published_zone": st.sampled_from([None, "+05:45", "-11:00", "Europe/Kyiv", "Asia/Kathmandu"]),
        "modified_zone": st.sampled_from([None, "+14:00", "Z"]),
        "language": st.sampled_from([None, "uk", "en", "zh", "xx"]),
        "language_detected": st.sampled_from([None, "ru", "he"]),
        "image": _or_nothing(ADDRESS),
        "permalink": _or_nothing(ADDRESS),
        "authors": st.lists(WORDS, max_size=2),
        "tags": st.lists(WORDS, max_size=2),
        "steps": st.lists(st.sampled_from(["hints", "twice", "split"]), max_size=2),
    }
)  # fmt: skip
BLOCK = st.tuples(
    st.sampled_from(["p", "heading", "li", "quote", "row", "code", "line"]),
    WORDS,
    st.floats(0, 1),
    st.sampled_from([None, "aside", "twice", "summary"]),
    st.sampled_from([None, None, None, "repeated", "links", "headline", "credit", "aside", "summary", "hidden"]),
).map(list)
EXTRAS = st.fixed_dictionaries(
    {
        "links": st.lists(st.tuples(st.integers(0, 4), ADDRESS, WORDS).map(list), max_size=2),
        "media": st.lists(
            st.tuples(st.integers(0, 4), ADDRESS, _or_nothing(WORDS), _or_nothing(WORDS)).map(list), max_size=2
        ),
        "quotes": st.lists(
            st.tuples(st.integers(0, 4), WORDS, _or_nothing(WORDS), _or_nothing(ADDRESS)).map(list), max_size=2
        ),
        "entries": st.lists(
            st.tuples(st.integers(0, 4), _or_nothing(STAMPS), _or_nothing(WORDS), _or_nothing(WORDS)).map(list),
            max_size=2,
        ),
    }
)
READING = st.fixed_dictionaries(
    {"title": LINE, "metadata": METADATA, "extras": EXTRAS, "blocks": st.lists(BLOCK, min_size=1, max_size=5)}
)


@st.composite
def archives(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records of articles on several pages, some with several stories, seen on several days."""
    records: list[dict[str, Any]] = []
    captured_so_far = 0
    for page in range(draw(st.integers(1, 3))):
        url = f"https://harbour{page % 2}.example/{draw(st.sampled_from(['pier', 'гавань', '%C3%A9']))}/{page}"
        times = sorted(draw(st.lists(STAMPS, min_size=1, max_size=4, unique=True)))
        captures = [
            {
                "id": captured_so_far + n,
                "url": url,
                "source": f"harbour{page % 2}",
                "fetched_from": draw(_or_nothing(ADDRESS)),
                "fetched_at": at,
                "status": draw(st.sampled_from([200, 404, 410])),
                "etag": draw(_or_nothing(WORDS)),
                "last_modified": draw(_or_nothing(WORDS)),
                "payload_sha256": draw(_or_nothing(st.sampled_from(["0" * 64, "f" * 64]))),
                "message": draw(_or_nothing(WORDS)),
                "via": draw(_or_nothing(st.lists(ADDRESS, min_size=1, max_size=2))),
                "confirms": None,
            }
            for n, at in enumerate(times, 1)
        ]
        captured_so_far += len(times)
        for part in range(1, draw(st.integers(1, 2)) + 1):
            readings = [
                {**reading, "id": n, "payload_sha256": "", "extractor": "some 1"}
                for n, reading in enumerate(draw(st.lists(READING, min_size=1, max_size=3)))
            ]
            seen = []
            for n, capture in enumerate(captures):
                which = draw(_or_nothing(st.integers(0, len(readings) - 1))) if n else 0
                outcome = "gone" if which is None else "unchanged"
                seen.append({**capture, "outcome": outcome, "reading": which, "position": part})
            records.append(
                {
                    "format": "communique-article/1",
                    "id": len(records) + 1,
                    "url": url,
                    "part": part,
                    "source": f"harbour{page % 2}",
                    "addresses": [url_key(url)] if part == 1 else [],
                    "captures": seen,
                    "readings": readings,
                    "revisions": [],
                    "sources": [
                        {
                            "id": f"harbour{page % 2}",
                            "name": draw(LINE),
                            "kind": "news",
                            "country": None,
                            "timezone": draw(st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"])),
                        }
                    ],
                }
            )
    return records


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records=archives())
def test_whatever_an_archive_holds_comes_back(records: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        there, here = Home(Path(folder) / "there"), Home(Path(folder) / "here")
        place(there, *map(record_of, records))
        with choose(there, Asked()) as chosen:
            given = [*chosen.records()]
        assert len(given) == len(records)
        place(here, *map(record_of, given))
        first, second = held(there), held(here)
        for table in first:
            assert second[table] == first[table], table
        assert set(place(here, *map(record_of, given))) == {"known"}
        assert held(here) == second


@pytest.mark.parametrize("form", ["home", "bagit"])
def test_a_whole_archive_comes_back_with_its_pages(demo_home: Home, home: Home, tmp_path: Path, form: str) -> None:
    path = demo_home.path if form == "home" else exported(demo_home, form, tmp_path)
    account = bring(home, path)
    assert (account.damaged, account.problems) == (0, [])
    there, here = held(demo_home), held(home)
    for table in there:
        kept, found = (
            [{name: v for name, v in row.items() if not name.startswith("warc_")} for row in rows[table]]
            for rows in (there, here)
        )
        assert found == kept, table
    for sql in (_CAPTURES, _RUNS):
        assert counted(home, sql) == counted(demo_home, sql)
    again = held(home), counted(home, _CAPTURES)
    assert bring(home, path).damaged == 0
    assert (held(home), counted(home, _CAPTURES)) == again


# where a record lies is another place, and what was not read to an article has another number
_CAPTURES = (
    "select url, source, fetched_from, kind, fetched_at, status, etag, last_modified, payload_sha256, outcome, message,"
    " via, warc_file is null as bare, (select started from runs where id = run) as run from captures order by 1, 5, 6, 9"
)
_RUNS = (
    "select started, finished, status, sources, fetched, new, revised, unchanged, not_modified, failed, exit_code,"
    " message, kind from runs where kind <> 'import' order by started"
)


def counted(home: Home, sql: str) -> list[dict[str, Any]]:
    """The rows of a query over an archive."""
    with closing(Store(home.database)) as store:
        return store.rows(sql)


def test_pages_come_back_and_are_read_to_what_they_were_read_to(demo_home: Home, home: Home, tmp_path: Path) -> None:
    account = bring(home, exported(demo_home, "wacz", tmp_path))
    assert (account.damaged, account.problems) == (0, [])
    there, here = named(demo_home), named(home)
    for table in there:
        assert here[table] == there[table], table


def test_the_command_brings_an_export_back_and_the_chain_and_the_texts_verify(home: Home, tmp_path: Path) -> None:
    then = datetime(2024, 3, 1, tzinfo=UTC)
    other, target = Home(tmp_path / "other"), tmp_path / "articles.jsonl.zst"
    keep(other, [captured("http://courier.example/ferry", own_div("The ferry", [prose(1, 4)], []), then)])
    for words in (("export", "jsonl.zst", target, "--home", other.path), ("import", target, "--home", home.path)):
        done = command(*map(str, words))
        assert done.returncode == 0, done.stderr
    assert held(home, raw=False) == held(other, raw=False)
    verified = command("verify", "--home", str(home.path))
    assert verified.returncode == 0 and "1 text without a raw page" in verified.stdout, verified.stderr
    assert "already here" in command("import", str(target), "--home", str(home.path)).stdout


def test_one_that_was_stopped_goes_on(edited_home: Home, home: Home, tmp_path: Path) -> None:
    whole = exported(edited_home, "jsonl", tmp_path)
    lines = whole.read_bytes().splitlines(keepends=True)
    half = tmp_path / "half.jsonl"
    half.write_bytes(b"".join(lines[: len(lines) // 2]))
    bring(home, half)
    account = bring(home, whole)
    assert account.passed == {"already here": len(lines) // 2}
    assert held(home, raw=False)["revisions"] == held(edited_home, raw=False)["revisions"]
