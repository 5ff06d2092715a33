"""How single values look: cells of Datasette's tables, times, links and the marks of a search.

Takes scraped values and returns escaped markup, or None to leave a cell to Datasette, which escapes it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from datasette.utils import tilde_encode
from markupsafe import Markup, escape

from archive.query import parse
from archive.snippets import END, HIT, highlight, snippet

# a text in a table is cut here, in characters: a few lines of a cell
_CELL = 240
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# languages written from right to left unless their tag names another script, and the scripts that are
_RTL = re.compile(
    r"(?i)(ar|arc|azb|ckb|dv|fa|he|iw|ji|ks|nqo|ps|sd|syr|ug|ur|yi)(?!.*-(latn|cyrl|deva))(-|$)"
    r"|[a-z]+-(arab|hebr|syrc|thaa)(-|$)"
)


def escape_fts(text: str | None) -> str:
    """A search as the index of current texts takes it, with inflected forms; no search finds nothing.

    Over Datasette's own function of the name: the plain search box of a table asks by it too.
    """
    return parse(text or "").match


def escape_fts_history(text: str | None) -> str:
    """The same as the index of earlier texts takes it."""
    return parse(text or "").history


def search_title(query: str | None, title: str | None, language: str | None) -> str:
    """A title with the hits of a search marked, inflected forms too."""
    return highlight(parse(query or ""), title or "", language)


def search_snippet(query: str | None, text: str | None, language: str | None) -> str:
    """The stretch of a text that holds most of a search, with the hits marked."""
    return snippet(parse(query or ""), text or "", language)


def prepare_connection(conn: sqlite3.Connection) -> None:
    """Register the SQL functions of a search."""
    for function in (escape_fts, escape_fts_history, search_title, search_snippet):
        arguments = function.__code__.co_argcount
        conn.create_function(function.__name__, arguments, function, deterministic=True)


def http(url: object) -> bool:
    """Whether a scraped address may be linked."""
    return isinstance(url, str) and re.match(r"(?i)https?://[^\s/]", url) is not None


def link(url: str | None, words: str | None = None) -> Markup:
    """A scraped address, or words that stand for it: a link where it is http or https, else plain text."""
    if url is None:
        return Markup("<span>{}</span>").format(words) if words else Markup("")
    if not http(url):
        return Markup("<span>{}</span>").format(words or url)
    return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(url, words or url)


def marked(text: str | None) -> Markup:
    """A snippet, escaped, with its hits marked."""
    html = re.sub(f"{HIT}([^{HIT}{END}]*){END}", r"<mark>\1</mark>", str(escape(text or "")))
    return Markup(re.sub(f"[{HIT}{END}]", "", html))  # noqa: S704  escaped above


def direction(language: str | None) -> str:
    """The ``dir`` of a text in this language; the browser looks itself where none is known."""
    if not language:
        return "auto"
    return "rtl" if _RTL.match(language) else "ltr"


# the home page has 70, most of which were on it before: each takes 0.1 ms to make
@lru_cache(4_096)
def time(stamp: str | None, zone: str | None = None) -> Markup:
    """A stamp for people, in UTC or in the zone of a source; empty where there is none."""
    if not stamp:
        return Markup("")
    try:
        place = ZoneInfo(zone) if zone else UTC
    except (KeyError, ValueError):  # no such zone
        zone, place = None, UTC
    try:
        at = datetime.fromisoformat(stamp).astimezone(place)
    except (ValueError, OverflowError):
        return Markup("<span>{}</span>").format(stamp)
    offset = at.strftime("%z")
    named = f"({zone}, UTC{offset[:3]}:{offset[3:]})" if zone and zone != "UTC" else "UTC"
    return Markup('<time datetime="{}">{}</time>').format(
        stamp, f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} {named}"
    )


def day(date: str | None) -> str:
    """A day (YYYY-MM-DD) for people."""
    try:
        at = datetime.fromisoformat(date or "")
    except ValueError:
        return date or ""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def is_day(printed: str | None) -> bool:
    """Whether a time as printed is a day without a time."""
    return bool(printed) and not re.search(r":|\dT\d|\d ?[ap]\.?m\b", printed or "", re.IGNORECASE)


def columns(lines: Iterable[str]) -> list[str]:
    """The cells of a table's row; an empty one stands between two bars."""
    return [cell.strip() for cell in re.split(r"(?<!\S)\|(?!\S)", " ".join(lines))]


def prepare_jinja2_environment(env: Any) -> None:
    """The filters of our templates."""
    env.filters.update(
        cq_time=time,
        cq_day=day,
        cq_link=link,
        cq_marked=marked,
        cq_dir=direction,
        cq_is_day=is_day,
        cq_columns=columns,
        cq_tilde=tilde_encode,
    )


def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any) -> Markup | None:
    """Cells that lead to the readable page, and hashes and addresses that do no harm."""
    if database != "archive" or value is None:
        return None
    article = _article(row, table)
    if column in ("article", "other", "story") or (column == "id" and table in ("articles", "latest", "gone")):
        number, label = (value["value"], value["label"]) if isinstance(value, Mapping) else (value, value)
        if not isinstance(number, int):
            return None
        path = _path(datasette, number, "story" if column == "story" else "article")
        return Markup('<a href="{}">{}</a>').format(path, label)
    target = None if article is None else _path(datasette, article) + _revision(row, table)
    if article is None and (story := _story(row, table)) is not None:
        target = _path(datasette, story, "story")
    if column == "numbers" and isinstance(value, str):
        return replaced(value)
    if column == "number" and target and "?" in target and table in (None, "changes"):
        return Markup('<a href="{}">{}</a>').format(target.replace("?", "/diff?"), value)
    if target and isinstance(value, int) and (column == "revision" or (column == "id" and table == "revisions")):
        return Markup('<a href="{}">{}</a>').format(target, value)
    if not isinstance(value, str):
        return None
    if column.endswith("sha256"):
        return Markup('<code class="cq-hash">{}</code>').format(value)
    shown = marked(value) if HIT in value else None
    if column == "title" and target:
        return Markup('<a href="{}">{}</a>').format(target, shown or value)
    if http(value) and not re.search(r"\s", value):
        return link(value)
    if column == "text" and target and len(value) > _CELL:
        return Markup('{}… <a href="{}">read it all</a>').format(value[:_CELL].rsplit(None, 1)[0], target)
    return shown


def replaced(numbers: str) -> Markup | None:
    """Numbers that changed (``revisions.numbers``), one pair a line."""
    try:
        pairs = [(", ".join(pair["old"]), ", ".join(pair["new"])) for pair in json.loads(numbers)]
    except (ValueError, TypeError, KeyError):
        return None
    return Markup("<br>").join(Markup("{} → {}").format(old, new) for old, new in pairs)


def _article(row: Any, table: str | None) -> int | None:
    """The article that a row is about."""
    keys = row.keys()
    name = (
        "article" if "article" in keys else "id" if table in ("articles", "latest", "gone") and "id" in keys else None
    )
    value = row[name] if name else None
    value = value["value"] if isinstance(value, Mapping) else value
    return value if isinstance(value, int) else None


def _story(row: Any, table: str | None) -> int | None:
    """The story that a row without an article is about."""
    name = "id" if table == "stories" else "story"
    value = row[name] if name in row.keys() else None  # noqa: SIM118
    value = value["value"] if isinstance(value, Mapping) else value
    return value if isinstance(value, int) else None


def _revision(row: Any, table: str | None) -> str:
    """The part of an address that names the revision a row is about."""
    name = "id" if table == "revisions" else "revision"
    return f"?revision_id={row[name]}" if name in row.keys() and isinstance(row[name], int) else ""  # noqa: SIM118


def _path(datasette: Any, number: int, page: str = "article") -> str:
    return str(datasette.urls.path(f"/{page}/{number}"))
