"""The raw records: what is lost or changed here is lost for good."""

from __future__ import annotations

import gc
import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archive import warc
from archive.errors import DamagedError
from archive.models import Exchange, Kept, Position
from archive.warc import Writer

WARCIO = Path(sys.executable).parent / "warcio"
BODY = gzip.compress(b"<p>The harbour is open.</p>", mtime=0)
PAGE = Exchange(
    url="http://news.vardania.example/a?p=1",
    source="vardania",
    kind="page",
    fetched_at=datetime(2031, 4, 25, 10, 0, 0, 123000, tzinfo=UTC),
    status=200,
    headers=(
        ("Content-Type", "text/html"),
        ("Content-Encoding", "gzip"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("X-Empty", ""),
        ("X-Colon", "a: b: c"),
    ),
    body=BODY,
    request_headers=(("User-Agent", "communique"), ("Accept", "text/html")),
)


def bug(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, reason=reason)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "warc"


@pytest.fixture
def writer(folder: Path) -> Iterator[Writer]:
    writer = Writer(folder, "communique/test")
    yield writer
    writer.close()


def write(writer: Writer, exchange: Exchange, run: int | None = 7) -> Position:
    position = writer.write(exchange, run).position
    assert position is not None
    return position


def page(n: int, body: bytes = BODY) -> Exchange:
    return replace(PAGE, url=f"http://news.vardania.example/{n}", body=body)


def check(folder: Path) -> None:
    """The installed tool finds every digest right."""
    files = sorted(str(path) for path in folder.iterdir())
    done = subprocess.run([WARCIO, "check", *files], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def records(path: Path) -> list[tuple[str, str | None]]:
    """Type and address of each record."""
    with path.open("rb") as file:
        return [
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI")) for record in ArchiveIterator(file)
        ]


def plain(folder: Path) -> bytes:
    return b"".join(gzip.decompress(path.read_bytes()) for path in sorted(folder.iterdir()))


def as_read(exchange: Exchange) -> Exchange:
    return replace(exchange, request_headers=(), error=None)


@pytest.mark.parametrize(
    "exchange",
    [
        PAGE,
        replace(PAGE, headers=()),
        replace(PAGE, body=b""),
        replace(PAGE, body=bytes(range(256)) * 500),
        replace(PAGE, body=b"\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        replace(PAGE, headers=(("Content-Length", "99999"), ("Transfer-Encoding", "chunked"))),
        replace(PAGE, status=301, headers=(("Location", "https://news.vardania.example/b"),), body=b""),
        replace(PAGE, status=404),
        replace(PAGE, status=503, body=b"later"),
        replace(PAGE, status=299),
        replace(PAGE, kind="robots", url="http://news.vardania.example/robots.txt"),
        replace(PAGE, kind="discovery"),
        replace(PAGE, via=("http://v.example/1", "http://v.example/2?a=1,2")),
        replace(PAGE, source="джерело"),
        replace(PAGE, url="http://news.vardania.example/%D0%BD%D0%BE"),
        replace(PAGE, url="http://news.vardania.example"),
        replace(PAGE, url="http://news.vardania.example?p=1"),
        replace(PAGE, url="http://[2001:db8::1]:8080/a"),
        pytest.param(
            replace(PAGE, headers=(("X-Name", "caf\xe9"),)),
            marks=bug("warc.py: warcio percent-encodes header bytes beyond ASCII: what was sent is not what is kept"),
        ),
        replace(PAGE, url="http://news.vardania.example/новини"),
    ],
)
def test_an_exchange_is_read_back_as_it_was_written(writer: Writer, folder: Path, exchange: Exchange) -> None:
    kept = writer.write(exchange, 7)
    assert kept.position is not None
    assert (kept.exchange, kept.run) == (exchange, 7)
    assert warc.read(folder, kept.position) == as_read(exchange), "while the file is open"
    writer.close()
    assert warc.read(folder, kept.position) == as_read(exchange), "when it is finished"
    check(folder)


HEADERS = st.lists(
    st.tuples(
        st.from_regex(r"X-[A-Za-z0-9-]{1,12}", fullmatch=True),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
    ),
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(body=st.binary(max_size=400), headers=HEADERS, status=st.integers(200, 599).filter(lambda s: s != 304))
def test_any_body_and_headers_come_back_and_stay_where_they_were(
    writer: Writer, folder: Path, body: bytes, headers: list[tuple[str, str]], status: int
) -> None:
    exchange = replace(PAGE, body=body, headers=tuple(headers), status=status)
    first, second = write(writer, exchange), write(writer, PAGE)
    assert warc.read(folder, first) == as_read(exchange)
    assert warc.read(folder, second) == as_read(PAGE)


def test_many_records_pass_the_check_of_warcio(writer: Writer, folder: Path) -> None:
    for n in range(20):
        write(writer, page(n))
    write(writer, replace(PAGE, status=301, body=b""))
    writer.write(replace(PAGE, status=304, body=b""), 7, (PAGE.url, "2031-04-24T10:00:00.000Z"))
    writer.close()
    check(folder)


def test_response_and_request_stand_together_and_redirects_are_kept(writer: Writer, folder: Path) -> None:
    moved = replace(PAGE, url="http://v.example/old", status=301, headers=(("Location", "/new"),), body=b"")
    write(writer, moved)
    write(writer, PAGE)
    writer.close()
    (path,) = folder.iterdir()
    assert records(path) == [
        ("warcinfo", None),
        ("response", moved.url),
        ("request", moved.url),
        ("response", PAGE.url),
        ("request", PAGE.url),
    ]
    assert b"GET /a?p=1 HTTP/1.1\r\n" in plain(folder)


def test_secrets_of_a_request_are_not_kept(writer: Writer, folder: Path) -> None:
    secret = (("Cookie", "sess=hidden"), ("AUTHORIZATION", "Basic hidden"), ("proxy-authorization", "hidden"))
    write(writer, replace(PAGE, request_headers=(*PAGE.request_headers, *secret)))
    writer.close()
    text = plain(folder)
    assert b"hidden" not in text
    assert b"User-Agent: communique\r\n" in text


def test_a_304_is_a_revisit_without_http_headers_that_names_what_it_confirms(writer: Writer, folder: Path) -> None:
    unchanged = replace(PAGE, status=304, headers=(("ETag", "x"), ("Content-Type", "text/html")), body=b"")
    position = writer.write(unchanged, 7, ("http://v.example/first", "2031-04-24T10:00:00.000Z")).position
    assert position is not None
    writer.close()
    read = warc.read(folder, position)
    assert (read.status, read.headers, read.body, read.url) == (304, (), b"", PAGE.url)
    (path,) = folder.iterdir()
    with path.open("rb") as file:
        record = next(r for r in ArchiveIterator(file) if r.rec_type == "revisit")
        assert record.http_headers is None
        assert record.rec_headers.get_header("WARC-Refers-To-Target-URI") == "http://v.example/first"
        assert record.rec_headers.get_header("WARC-Refers-To-Date") == "2031-04-24T10:00:00.000Z"
        assert record.rec_headers.get_header("WARC-Profile").endswith("/server-not-modified")
    assert [kind for kind, _ in records(path)] == ["warcinfo", "revisit"]
    check(folder)


def test_a_304_of_something_unknown_refers_to_nothing(writer: Writer, folder: Path) -> None:
    write(writer, replace(PAGE, status=304, body=b""))
    writer.close()
    assert b"WARC-Refers-To" not in plain(folder)


@pytest.mark.filterwarnings("always::ResourceWarning")
def test_a_revisit_leaves_no_temporary_file_open(writer: Writer, recwarn: pytest.WarningsRecorder) -> None:
    write(writer, replace(PAGE, status=304, body=b""))
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


def test_an_exchange_without_an_answer_is_kept_without_a_record(writer: Writer, folder: Path) -> None:
    failed = replace(PAGE, status=None, headers=(), body=b"", error="DNS lookup failed")
    assert writer.write(failed, 7) == Kept(failed, None, 7)
    writer.close()
    assert list(folder.iterdir()) == []


def test_a_full_file_gives_way_to_the_next(folder: Path) -> None:
    writer = Writer(folder, "t", rotate=6_000)
    positions = [write(writer, page(n, os.urandom(1_000))) for n in range(8)]
    suffixes = sorted(path.suffix for path in folder.iterdir())
    assert set(suffixes) == {".open"}, "a file has its name before the rows of its records can be there"
    assert 3 <= len(suffixes) <= 5
    writer.close()
    assert {p.file for p in positions} == {f"communique-{n:06d}.warc.gz" for n in range(1, len(suffixes) + 1)}
    assert all(path.stat().st_size <= 6_000 for path in folder.iterdir())
    for n, position in enumerate(positions):
        assert warc.read(folder, position).url == page(n).url
    check(folder)


def test_a_record_larger_than_a_file_gets_a_file_of_its_own(folder: Path) -> None:
    writer = Writer(folder, "t", rotate=1_000)
    positions = [write(writer, page(n, os.urandom(3_000))) for n in range(3)]
    writer.close()
    assert len({p.file for p in positions}) == 3
    for n, position in enumerate(positions):
        assert warc.read(folder, position).url == page(n).url


def test_names_are_never_used_twice(folder: Path) -> None:
    names = []
    for n in range(3):
        writer = Writer(folder, "t")
        names.append(write(writer, page(n)).file)
        writer.close()
    assert names == [f"communique-{n:06d}.warc.gz" for n in (1, 2, 3)]
    (folder / names[0]).unlink()
    writer = Writer(folder, "t")
    assert write(writer, PAGE).file == "communique-000004.warc.gz"
    other = Writer(folder, "t")  # the first is still open
    assert write(other, PAGE).file == "communique-000005.warc.gz"
    writer.close()
    other.close()


def test_a_foreign_name_in_the_folder_keeps_nobody_from_writing(folder: Path) -> None:
    folder.mkdir()
    for name in ("communique-000001 copy.warc.gz", "communique-copy.warc.gz", "communique-"):
        (folder / name).touch()
    writer = Writer(folder, "t")
    write(writer, PAGE)
    writer.close()


# --- after a crash ---


def cut_anywhere(folder: Path) -> tuple[list[Position], bytes]:
    """An unfinished file of three exchanges: positions and bytes."""
    writer = Writer(folder, "t")
    positions = [write(writer, page(n, b"body %d" % n)) for n in range(2)]
    positions.append(write(writer, replace(page(2), status=304, body=b"")))
    positions.append(write(writer, page(3, b"the last body")))
    writer.sync()
    (path,) = folder.iterdir()
    data = path.read_bytes()
    writer.close()
    return positions, data


def recover(folder: Path) -> list[Kept]:
    (file,) = warc.unfinished(folder)
    found = list(file.records())
    file.finish()
    return found


def test_a_file_cut_at_every_byte_of_its_last_exchange_gives_back_exactly_the_whole_records(tmp_path: Path) -> None:
    positions, data = cut_anywhere(tmp_path / "made")
    last = positions[-1].offset
    response_end = last + len(data[last:]) - len(data[last:].split(b"\x1f\x8b\x08")[-1]) - 3
    for cut in range(last, len(data) + 1):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / "communique-000001.warc.gz.open").write_bytes(data[:cut])
        found = recover(folder)
        whole = 4 if cut >= response_end else 3
        assert [kept.position for kept in found] == positions[:whole], cut
        assert [kept.exchange.url for kept in found] == [page(n).url for n in range(whole)]
        assert {kept.run for kept in found} == {7}
        path = folder / "communique-000001.warc.gz"
        ends = [size for size in (last, response_end, len(data)) if size <= cut]
        assert path.read_bytes() == data[: ends[-1]], "something other than the torn record was cut"
    # every file above holds one of three contents: one of each is looked at by the tool
    for cut in (last, response_end, len(data)):
        check(tmp_path / f"cut{cut}")


def test_a_recovered_exchange_is_the_one_that_was_written(tmp_path: Path) -> None:
    made, folder = tmp_path / "made", tmp_path / "warc"
    writer = Writer(made, "t")
    exchange = replace(PAGE, via=("http://v.example/1",), kind="discovery")
    position = write(writer, exchange, None)
    shutil.copytree(made, folder)  # as a killed process leaves it
    writer.close()
    assert recover(folder) == [Kept(as_read(exchange), position, None)]
    assert warc.read(folder, position) == as_read(exchange)


@pytest.mark.parametrize("content", [b"", b"\x1f", b"\x1f\x8b\x08\0\0\0\0\0", bytes(500)])
def test_an_unfinished_file_without_a_whole_record_is_removed(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "communique-000001.warc.gz.open").write_bytes(content)
    assert recover(folder) == []
    assert list(folder.iterdir()) == []


def test_unfinished_files_come_oldest_first_and_finished_ones_not_at_all(folder: Path) -> None:
    folder.mkdir()
    for name in ("communique-000003.warc.gz.open", "communique-000001.warc.gz", "communique-000002.warc.gz.open"):
        (folder / name).touch()
    assert [file.path.name[:17] for file in warc.unfinished(folder)] == ["communique-000002", "communique-000003"]


def test_damage_within_an_unfinished_file_does_not_take_what_stands_after_it(tmp_path: Path) -> None:
    positions, data = cut_anywhere(tmp_path / "made")
    folder = tmp_path / "damaged"
    folder.mkdir()
    damaged = bytearray(data)
    damaged[positions[0].offset + 40] ^= 0xFF
    (folder / "communique-000001.warc.gz.open").write_bytes(damaged)
    recover(folder)
    assert warc.read(folder, positions[1]).body == b"body 1"


FULL = """
import resource, signal, sys
from pathlib import Path
from archive import warc
from archive.errors import DamagedError
from tests.test_warc import page
import random

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
made = random.Random(1).randbytes
folder = Path(sys.argv[1])
writer = warc.Writer(folder, "t")
kept = [writer.write(page(0, made(3000)), 7)]
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
refused = 0
for n in range(1, 4):
    try:
        kept.append(writer.write(page(n, made(4000)), 7))
    except OSError:
        refused += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
kept.append(writer.write(page(9, made(500)), 7))  # somebody made room
writer.close()
for one in kept:
    assert warc.read(folder, one.position).body == one.exchange.body, one.position
assert refused
"""


def fill(folder: Path, limit: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FULL, folder, str(limit)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_full_disk_refuses_the_record_and_leaves_the_file_whole(folder: Path) -> None:
    done = fill(folder, 12_000)
    assert done.returncode == 0, done.stderr
    check(folder)


# --- reading ---


def test_a_place_without_a_record_is_damage_with_its_place(writer: Writer, folder: Path) -> None:
    position = write(writer, PAGE)
    writer.close()
    size = (folder / position.file).stat().st_size
    for offset in (0, 1, position.offset - 1, position.offset + 1, size - 1, size, size + 1000):
        with pytest.raises(DamagedError) as caught:
            warc.read(folder, Position(position.file, offset))
        assert (caught.value.file, caught.value.offset) == (position.file, offset)
    with pytest.raises(DamagedError):
        warc.read(folder, Position("communique-000009.warc.gz", 0))


def test_a_flipped_byte_gives_damage_or_the_same_exchange_and_no_other_error(writer: Writer, folder: Path) -> None:
    position = write(writer, PAGE)
    writer.close()
    path = folder / position.file
    data = path.read_bytes()
    for at in range(position.offset, len(data), 3):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x15]) + data[at + 1 :])
        with suppress(DamagedError):
            assert warc.read(folder, position) == as_read(PAGE)


def test_a_record_cut_anywhere_is_damage(writer: Writer, folder: Path) -> None:
    position = write(writer, replace(PAGE, body=os.urandom(3000)))
    writer.close()
    path = folder / position.file
    data = path.read_bytes()
    for cut in range(position.offset, len(data) - 300, 7):
        path.write_bytes(data[:cut])
        with suppress(DamagedError):
            assert len(warc.read(folder, position).body) == 3000


def test_bodiless_drops_the_body_and_the_request_and_nothing_else() -> None:
    kept = Kept(PAGE, Position("x", 1), 7)
    assert warc.bodiless(kept) == Kept(replace(PAGE, body=b"", request_headers=()), Position("x", 1), 7)
