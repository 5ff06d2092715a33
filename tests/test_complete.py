"""What a text adds to what its page states, on the way from bytes to an article's row."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.extract import read
from archive.home import Home
from archive.models import Reading
from archive.store import Store
from tests.keeping import captured, keep
from tests.test_language import TEXTS

URL = "https://news.vardania.example/2031/04/harbour"


def page(text: str, head: str = "", root: str = "<html>", line: str = "") -> bytes:
    title = "<title>Harbour</title>"
    body = f"<article><h1>Harbour of Vardania reopens</h1>{line}<p>{text}</p><p>{text[::-1]}</p></article>"
    return f"{root}<head>{title}{head}</head><body>{body}</body></html>".encode()


def reading(body: bytes, url: str = URL, announced: str | None = None) -> Reading:
    [found] = read(body, None, "text/html; charset=utf-8", url, "Europe/Kyiv", "xx", announced=announced).readings
    return found


@pytest.mark.parametrize(
    ("root", "text", "language", "detected"),
    [
        ('<html lang="uk">', "uk", "uk", None),
        ('<html lang="en">', "uk", "en", "uk"),
        ("<html>", "uk", "uk", None),
        ('<html lang="bg">', "ru", "bg", None),
    ],
)
def test_the_declared_language_is_kept_and_the_detected_one_beside_it_where_they_differ(
    root: str, text: str, language: str, detected: str | None
) -> None:
    found = reading(page(TEXTS[text], root=root))
    assert (found.language, found.language_detected) == (language, detected)


def test_the_sources_language_stands_where_nothing_tells() -> None:
    assert reading(page("Short text of no language. " * 3)).language == "xx"


def test_the_agency_of_the_dateline_is_credited() -> None:
    found = reading(page("PORT MERIDIAN, April 20 (Reuters) - " + TEXTS["en"]))
    assert (found.agency, found.authors, found.byline) == ("Reuters", (), None)


def test_times_are_kept_with_their_printed_form_and_zone() -> None:
    head = (
        '<meta property="article:published_time" content="2031-04-20T10:00:00+03:00">'
        '<meta property="article:modified_time" content="2031-04-20 09:30:00">'
    )
    found = reading(page(TEXTS["en"], head))
    assert (found.published_zone, found.published_printed) == ("+03:00", "2031-04-20T10:00:00+03:00")
    assert (found.modified, found.modified_printed, found.modified_zone, found.modified_from) == (
        "2031-04-20T06:30:00Z",
        "2031-04-20 09:30:00",
        None,
        "meta",
    )


@pytest.mark.parametrize(
    ("date", "line", "url", "announced", "doubt"),
    [
        ("2031-04-20", "", URL, None, None),
        ("2032-04-20", "", URL, None, "the address says 2031-04, the page 2032-04-20"),
        (
            "2031-04-20",
            "<p>April 4, 2031</p>",
            URL,
            None,
            "by its headline the page prints 2031-04-04, but declares 2031-04-20",
        ),
        (
            "2031-04-20",
            "<p>Ships in the harbour as of April 4, 2030</p>",
            URL,
            None,
            "its figures are those of 2030-04-04",
        ),
        ("2031-04-20", "", URL, "2034-04-20T08:00:00.000Z", "the list that announced it says 2034-04-20"),
    ],
)
def test_a_doubtful_date_is_kept_and_explained(
    date: str, line: str, url: str, announced: str | None, doubt: str | None
) -> None:
    head = f'<meta property="article:published_time" content="{date}T10:00:00Z">'
    found = reading(page(TEXTS["en"], head, line=line), url, announced)
    assert found.published == f"{date}T10:00:00Z"
    if doubt is None:
        assert found.published_doubt is None
    else:
        assert doubt in (found.published_doubt or "")


def test_a_date_after_its_capture_is_doubted_in_the_articles_row(tmp_path: Path) -> None:
    home = Home(tmp_path)
    pages = {
        name: page(TEXTS["en"] + name, f'<meta property="article:published_time" content="{date}T10:00:00Z">')
        for name, date in (("early", "2031-04-20"), ("late", "2031-05-20"))
    }
    keep(home, [captured(f"http://v.example/{name}", body) for name, body in pages.items()])
    store = Store(home.database)
    rows = store.rows("select published, published_doubt, modified_doubt from articles order by published")
    store.close()
    assert [tuple(row) if not isinstance(row, dict) else tuple(row.values()) for row in rows] == [
        ("2031-04-20T10:00:00Z", None, None),
        ("2031-05-20T10:00:00Z", "dated 2031-05-20, but captured on 2031-04-20 already", None),
    ]
