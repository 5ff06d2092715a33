"""What is stated beside a text: in the front matter of a Markdown file, in a row of a table, in a JSON record. Pure.

Columns are known by the names that exports of other archives, scrapers and data sets use; letters alone count, so
``published_at``, ``Published At`` and ``publishedAt`` are one. Half a character (a lone surrogate, which JSON and
YAML can spell and nothing can write) is taken for one that cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import NamedTuple

from archive.dates import Moment, read_moment, read_printed
from archive.fingerprint import letters
from archive.models import Clock

_NAMES = {
    "title": "title headline heading titel titre titolo título tytuł заголовок назва",
    "text": "text body content article fulltext articletext articlebody bodytext maintext plaintext contenttext"
    " textcontent rawtext markdown",
    "html": "html contenthtml bodyhtml articlehtml",
    "url": "url link address permalink canonical canonicalurl articleurl weburl uri href sourceurl pageurl",
    "published": "published date publishedat publishdate datepublished pubdate publicationdate publisheddate"
    " datetime datepublish publishedon publicationtime publicationdatetime createdat created timestamp day",
    "modified": "modified updated updatedat datemodified modifiedat lastmod lastmodified datemodify dateupdated",
    "byline": "byline author authors creator by writer writers",
    "source": "source outlet site domain sourcename sourcedomain publication newspaper sitename website medium",
    "publisher": "publisher",
    "language": "language lang",
    "section": "section category categories rubric",
    "tags": "tags keywords topics",
    "description": "description summary standfirst lead lede abstract subtitle dek excerpt",
    "image": "image imageurl topimage thumbnail urltoimage",
    "licence": "licence license rights",
    "at": "fetchedat capturedat scrapedat crawledat downloadedat datedownload retrieved retrievedat accessed"
    " accessdate crawldate fetched captured downloaddate firstseen",
    "part": "part",
    "fictional": "fictional",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
# characters of a field besides text, and members of a list
_LONG, _MANY = 2000, 50
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:$|[-_])")
# what our own exports say of a text and nobody else does
_DIGEST = "text_sha256"
_SHA256, _NAMED = re.compile(r"[0-9a-f]{64}"), re.compile(r"urn:sha256:[0-9a-f]{64}")
_HALVES = re.compile("[\ud800-\udfff]")
# seconds, or milliseconds, since 1970: from 2001 to 2286
_EPOCH = re.compile(r"[1-9]\d{9}(?:\d{3})?(?:\.\d+)?")


class Given(NamedTuple):
    """What is known of a text beside the text: by its front matter or its row in a table. None: not stated."""

    title: str | None = None
    byline: str | None = None
    publisher: str | None = None
    published: Moment | None = None
    modified: Moment | None = None
    language: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    licence: str | None = None
    description: str | None = None
    standfirst: str | None = None


NOTHING = Given()


class Stated(NamedTuple):
    """A record as its fields state it; None where they do not. ``html``: the text is in markup.

    ``given``: what goes with the text. ``at``: when somebody took it from where it stood, as stated. ``part``: which
    story of its page it is. ``digest``: SHA-256 of the text that it is of, in an export of ours. ``fictional``: it is
    a demo's.
    """

    given: Given = NOTHING
    text: str | None = None
    html: bool = False
    url: str | None = None
    source: str | None = None
    at: str | None = None
    part: int = 1
    digest: str | None = None
    fictional: bool = False


def field_of(name: str) -> str | None:
    """What a column of that name holds, None where that is not known."""
    return _FIELDS.get(letters(name))


def read_fields(fields: Mapping[str, object], zone: str, clock: Clock = "24h") -> Stated:
    """What a row states. ``zone``: of times without one. The first field with a value counts, of several for one."""
    found: dict[str, object] = {}
    ours = _matched(_SHA256, fields.get(_DIGEST))
    for name, value in fields.items():
        # anybody else's summary need not be of the outlet
        field = "standfirst" if ours and name == "summary" else field_of(str(name))
        if field and field not in found and value not in (None, "", [], {}):
            found[field] = value
    text = _text(found.get("text"), None) or _text(found.get("html"), None)
    names = _list(found.get("byline"))
    language = _LANGUAGE.match(_text(found.get("language")) or "")
    return Stated(
        Given(
            title=_text(found.get("title")),
            byline=", ".join(names) or None,
            publisher=_text(found.get("publisher")),
            published=_moment(found.get("published"), zone, clock),
            modified=_moment(found.get("modified"), zone, clock),
            language=language[1].lower() if language else None,
            section=", ".join(_list(found.get("section"))) or None,
            tags=tuple(dict.fromkeys(tag for one in _list(found.get("tags")) for tag in _parted(one)))[:_MANY],
            image=_address(found.get("image")),
            licence=_text(found.get("licence")),
            description=_text(found.get("description")),
            standfirst=_text(found.get("standfirst"), None),
        ),
        text,
        text is not None and ("text" not in found or _is_markup(text)),
        _address(found.get("url")) or (_matched(_NAMED, found.get("url")) if ours else None),
        _text(found.get("source")),
        _text(found.get("at")),
        _part(found.get("part")),
        ours if text is None or _is_of(ours, text) else None,
        str(found.get("fictional")).lower() == "true",
    )


def _matched(form: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) else None


def _is_of(digest: str | None, text: str) -> bool:
    """Whether a text, or what stands behind its apostrophe, is what its digest says: somebody may have changed it."""
    return digest in {hashlib.sha256(one.encode()).hexdigest() for one in (text, text.removeprefix("'"))}


def _part(value: object) -> int:
    text = _text(value) or ""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,5}", text) else 1


def _text(value: object, most: int | None = _LONG) -> str | None:
    """A field as text; of an object what it is called."""
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("title") or value.get("url")
    if isinstance(value, list | tuple):
        value = next(iter(value), None)
    if isinstance(value, datetime | date):
        value = value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = _HALVES.sub("\ufffd", str(value))
    return (text if most is None else " ".join(text[:most].split())) if text.strip() else None


def _list(value: object) -> list[str]:
    """A field's members: of a list, of a list as CSV files hold it in one cell, or the field itself."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]") and len(value) <= _LONG:
        try:
            value = json.loads(value.replace("'", '"'))
        except ValueError:
            return []
    members = value if isinstance(value, list | tuple) else [value]
    return [text for member in members[:_MANY] if (text := _text(member))]


def _parted(tags: str) -> list[str]:
    return [tag for one in re.split(r"[;|]" if re.search("[;|]", tags) else ",", tags) if (tag := one.strip())]


def _address(value: object) -> str | None:
    text = _text(value)
    return text if text and re.match(r"https?://", text, re.IGNORECASE) else None


def _moment(value: object, zone: str, clock: Clock) -> Moment | None:
    text = _text(value)
    if text is None:
        return None
    if _EPOCH.fullmatch(text):
        seconds = float(text) / (1000 if len(text.partition(".")[0]) > 10 else 1)
        found = read_moment(datetime.fromtimestamp(seconds, UTC).isoformat(), zone, "file")
        return found and replace(found, printed=text)
    if found := read_moment(text, zone, "file"):
        return found
    printed = read_printed(text, zone, clock)
    return printed and replace(printed, printed=text, found="file")


def _is_markup(text: str) -> bool:
    return re.search(r"</(?:p|div|h[1-6]|li|span)>|<br\s*/?>|<p[ >]", text, re.IGNORECASE) is not None
