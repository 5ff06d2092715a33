"""What a file that was handed over is made of: its fields (front matter, header lines, a row) and its text. Pure.

Light: an import asks for the address that a file states before anything is read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from archive.dates import is_zone
from archive.models import Clock
from archive.stated import Stated, field_of, read_fields

PLAIN, MARKDOWN, HTML = "text/plain", "text/markdown", "text/html"
# a row with the line of names before it; a line of a file of JSON records
ROW, RECORD = "text/csv", "application/json"
# bytes of a text, or a row: a year of a newspaper in one file is none
LIMIT = 16 << 20
# characters of front matter that are looked at, and lines of "Title: …"
_FRONT, _LINES = 64 << 10, 12
_FENCED = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_NAMED = re.compile(r"([^\W\d_][\w -]{0,24}?)\s?:\s+(\S.*)")


class Kind(NamedTuple):
    """A Content-Type: its media type, and what it says of dates without a zone and of the language, None: nothing."""

    media: str
    zone: str | None = None
    language: str | None = None


def typed(media: str, zone: str | None, language: str | None) -> str:
    """A Content-Type that also says what was given with a text, so that it is read again to the same."""
    stated = (("zone", zone), ("language", language))
    return media + "".join(f"; {name}={value}" for name, value in stated if value)


def kind_of(content_type: str | None) -> Kind:
    """What a Content-Type says."""
    media, *rest = (part.strip() for part in (content_type or "").split(";"))
    stated = {name.strip().lower(): value.strip() for name, _, value in (one.partition("=") for one in rest)}
    zone, language = stated.get("zone"), stated.get("language")
    zone = zone if zone and is_zone(zone) else None
    return Kind(media.lower(), zone, language.lower() if language and language.isalpha() else None)


class _Loader(yaml.SafeLoader):
    """Plain values alone: a name that stands for another value is refused, for a few of them make millions."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As the loader does, without aliases."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def opened(text: str, kind: str, zone: str, clock: Clock = "24h") -> Stated | None:
    """What a file of that media type states, with its text; None where it is a row or record and cannot be one."""
    if kind in (ROW, RECORD):
        fields = record(text) if kind == RECORD else row(text)
        return None if fields is None else read_fields(fields, zone, clock)
    fields, rest = front_matter(text)
    if not fields and kind == PLAIN:
        fields, rest = header_lines(text)
    return read_fields(fields, zone, clock)._replace(text=rest, html=False)


def front_matter(text: str) -> tuple[Mapping[str, object], str]:
    """The fields of a file's front matter, none where it has none that can be read, and what follows it."""
    found = _FENCED.match(text[:_FRONT])
    if found is None:
        return {}, text
    try:
        fields = yaml.load(found[1], _Loader)  # noqa: S506  a safe loader, and stricter than that
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(fields, Mapping):
        return {}, text
    return {str(name): value for name, value in fields.items()}, text[found.end() :]


def header_lines(text: str) -> tuple[Mapping[str, object], str]:
    """The fields of "Title: …" lines at the head of a text, down to the first blank line, and what follows them.

    None where one of them is another line, or names nothing that is known, or there are fewer than two: texts begin
    with a word and a colon, too.
    """
    head = re.split(r"\r?\n[ \t]*\r?\n", text[:_FRONT].lstrip("\ufeff\r\n "), maxsplit=1)
    lines = head[0].splitlines()
    found = [_NAMED.fullmatch(line.strip()) for line in lines]
    if len(head) < 2 or not 2 <= len(lines) <= _LINES or not all(one and field_of(one[1]) for one in found):
        return {}, text
    fields = {one[1]: one[2] for one in found if one}
    if not {"title", "url", "published", "source"} & {field_of(name) for name in fields}:
        return {}, text
    start = text.index(head[0]) + len(head[0])
    return fields, text[start:]


def record(text: str) -> Mapping[str, object] | None:
    """A JSON record, None where it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def row(text: str) -> Mapping[str, object] | None:
    """The one row of a table, below its line of names; None where it is none."""
    text = text.lstrip("\ufeff")
    # of the whole process, and never lowered: a table may be half read
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text.partition("\n")[0]))
    try:
        rows = [cells for cells in found if any(cells)]
    except csv.Error:
        return None
    return dict(zip(rows[0], rows[1], strict=False)) if len(rows) == 2 else None


def delimiter(names: str) -> str:
    """What parts the fields of a table, by its line of names."""
    return max(",;\t|", key=lambda mark: (names.count(mark), mark == ","))
