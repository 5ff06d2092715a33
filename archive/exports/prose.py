"""An article as Markdown (CommonMark) with YAML front matter. Pure.

Texts are somebody else's: every character that Markdown, HTML or a note-taking program would take for markup is
escaped, so that it reads as it stood. Pictures are named by links, for a reader's program would fetch them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

# fields of the front matter, in this order; what is not known is left out
_FIELDS = (
    "id", "title", "source", "publisher", "url", "part", "permalink", "published", "published_printed",
    "published_from", "published_doubt", "modified", "first_seen", "last_checked", "gone_at", "language", "authors",
    "byline", "agency", "section", "tags", "licence", "story", "words", "text_sha256", "proof", "extractor",
)  # fmt: skip
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&$%=^]")
# what makes a list or a rule of a line, by its beginning
_BEGINNING = re.compile(r"(?:[-+]|\d{1,9}(?=[.)]))")
# YAML 1.1 folds or refuses these where JSON lets them stand
_UNQUOTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_WEB = re.compile(r"https?://", re.IGNORECASE)
# between two cells of a row
_CELL = re.compile(r"(?<!\S)\|(?!\S)")
# of an address in angle brackets
_UNSAFE = re.compile(r"[\x00-\x20<>\\\x7f]")
# letters of a title in a file's name, which may have 255 bytes: a letter takes up to four
_NAME = 30


def name_of(record: Mapping[str, Any]) -> tuple[str, str, str]:
    """Folder, folder and file of an article: its source, its month, its day with its number and its title."""
    day = (record["published_day"] or record["first_seen"])[:10]
    parts = (_slug(day) or "undated", str(record["id"]), _slug(record["title"]))
    return _slug(record["source"]) or "source", _slug(day[:7]) or "undated", "-".join(filter(None, parts)) + ".md"


def document(record: Mapping[str, Any]) -> str:
    """The file of an article."""
    return "\n".join((*_front(record), "", f"# {escaped(record['title'])}", "", *_body(record), ""))


def escaped(text: str) -> str:
    """A text on one line that reads in Markdown as it stands."""
    line = _marked(text)
    if found := _BEGINNING.match(line):
        cut = found.end() if found[0].isdigit() else 0
        line = f"{line[:cut]}\\{line[cut:]}"
    return line


def _marked(text: str) -> str:
    """A text on one line, with what would be markup within a line escaped."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def quoted(value: Any) -> str:
    """A value as YAML of any version reads it: JSON, in which what YAML minds is escaped."""
    return _UNQUOTED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _slug(text: str) -> str:
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower().replace("_", " "))
    cut = "-".join(words)[: _NAME + 1]
    return (cut.rpartition("-")[0] if len(cut) > _NAME and "-" in cut else cut[:_NAME]).strip("-")


def _front(record: Mapping[str, Any]) -> Iterator[str]:
    yield "---"
    for name in _FIELDS:
        if record[name] not in (None, []):
            yield f"{name}: {quoted(record[name])}"
    shown = _shown(record)
    if isinstance(record["revisions"], int):
        yield f"revisions: {record['revisions']}"
    else:
        yield f"revisions: {len(record['revisions'])}"
        if shown:
            of_it = {
                name: shown[name] for name in ("fetched_at", "url", "payload_sha256", "warc_file", "warc_offset")
            }
            yield f"capture: {quoted(of_it)}"
    for name in ("restricted", "fictional"):
        if record.get(name):
            yield f"{name}: {quoted(record[name])}"
    yield "---"


def _shown(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The capture whose text is shown."""
    return next((capture for capture in record.get("captures", ()) if capture["id"] == record["capture"]), None)


def _body(record: Mapping[str, Any]) -> Iterator[str]:
    if record["summary"]:
        for paragraph in record["summary"].split("\n\n"):
            yield from (f"*{escaped(paragraph)}*", "")
    shown = _shown(record)
    readings = {reading["id"]: reading for reading in record.get("readings", ())}
    if shown and shown["reading"] in readings:
        yield from _blocks(readings[shown["reading"]]["blocks"], record["links"])
    else:
        for paragraph in record["text"].split("\n\n"):
            yield from ("\\\n".join(escaped(line) for line in paragraph.split("\n")), "")
    named = {media["url"]: media["caption"] or media["alt"] for media in record.get("media", ())}
    pictures = [f"- {_linked(words or url, url)}" for url, words in named.items() if _WEB.match(url)]
    if pictures:
        yield from ("Pictures:", "", *pictures, "")


def _blocks(blocks: Sequence[Sequence[Any]], links: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The blocks of a text, each ``kind, text, link_share, role, mark``."""
    by_block: dict[int, list[Mapping[str, Any]]] = {}
    for link in links:
        by_block.setdefault(link["position"], []).append(link)
    table: list[list[str]] = []
    lines: list[str] = []
    before = ""
    for position, (kind, text, _, _, mark) in enumerate(blocks):
        if mark is not None:
            continue
        if lines and kind != "line" and not (kind == before == "li"):
            yield from ("\n".join(lines), "")
            lines = []
        if table and kind != "row":
            yield from (*_table(table), "")
            table = []
        if kind == "row":
            table.append([escaped(cell) for cell in _CELL.split(text)])
        elif kind == "code":
            lines = _code(text)
        else:
            said = _with_links(text, by_block.get(position, ()))
            if kind == "line" and lines:
                lines[-1] += "\\"
                lines.append(("  " if before == "li" else "> " if before == "quote" else "") + said)
            else:
                lines.append({"li": "- ", "quote": "> ", "heading": "## "}.get(kind, "") + said)
        before = before if kind == "line" and before in ("li", "quote") else kind
    if lines:
        yield from ("\n".join(lines), "")
    if table:
        yield from (*_table(table), "")


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table; Markdown has none without a head, so that of ours is empty."""
    width = max(map(len, rows))
    yield "|" + "   |" * width
    yield "|" + " --- |" * width
    for row in rows:
        yield "| " + " | ".join([*row, *[""] * (width - len(row))]) + " |"


def _code(text: str) -> list[str]:
    """Lines of code between fences that do not stand in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *text.splitlines(), fence]


def _with_links(text: str, links: Iterable[Mapping[str, Any]]) -> str:
    """A block with its links; one whose words do not stand behind the last one's is left out."""
    parts: list[str] = []
    rest = " ".join(text.split())
    for link in links:
        words = " ".join(link["text"].split())
        before, found, after = rest.partition(words) if words and _WEB.match(link["url"]) else (rest, "", "")
        if found:
            parts += [_inner(before, not parts), _linked(words, link["url"])]
            rest = after
    return "".join((*parts, _inner(rest, not parts)))


def _inner(text: str, first: bool) -> str:
    """A piece of a line with the blanks at its ends."""
    said = escaped(text) if first else _marked(text)
    if not said:
        return " " if text and not first else ""
    return (" " if text[0] == " " and not first else "") + said + (" " if text[-1] == " " else "")


def _linked(words: str, url: str) -> str:
    address = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", url)
    return f"[{_marked(words)}](<{address}>)"
