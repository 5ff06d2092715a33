"""What a field of a record must be, whoever wrote it: types, lengths, times, addresses. Pure.

Each raises a ValueError that says what is wrong, by the field's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from archive.models import moment, stamp
from archive.urls import is_web, url_key

# characters of one field, and members of one list: more than any page has, and less than would fill the memory
LONGEST, MOST = 50_000_000, 200_000
_LARGEST = 1 << 53
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z")
# of a payload or an entry of the chain; and what a text without an address is called by
DIGEST, NAMED = re.compile(r"[0-9a-f]{64}"), re.compile(r"urn:sha256:[0-9a-f]{64}")


def object_of(value: object, name: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} is none")
    return value


def list_of(row: Mapping[str, Any], name: str) -> list[Any]:
    """A list of a bearable length; none is an empty one."""
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST:
        raise ValueError(f"{name} is no list, or too long a one")
    return value


def parsed(value: object, name: str) -> Any:
    """A list or an object, written as such or as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except RecursionError:
            raise ValueError(f"{name} is nested too deep") from None
    if not isinstance(value, list | dict) or len(value) > MOST:
        raise ValueError(f"{name} is neither a list nor an object, or too long")
    return value


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text of a bearable length, in whole characters."""
    value = row.get(name)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{name} is no text, or too long a one")
    value.encode()  # half a character: raises a ValueError that says so
    return value


def text_or_none(row: Mapping[str, Any], name: str) -> str | None:
    """A text, or nothing."""
    return None if row.get(name) is None else text_of(row, name)


def number_of(row: Mapping[str, Any], name: str) -> int:
    """A whole number from 0 on that JSON and SQLite hold exactly."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{name} is no number")
    return value


def number_or_none(row: Mapping[str, Any], name: str) -> int | None:
    """A number, or nothing."""
    return None if row.get(name) is None else number_of(row, name)


def time_of(row: Mapping[str, Any], name: str) -> str:
    """A moment as a stamp; one that is written as a stamp stays as it is."""
    try:
        text = text_of(row, name)
        at = moment(text)
        if at.tzinfo is None:
            raise ValueError
        return text if _STAMP.fullmatch(text) else stamp(at)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is no time") from None


def url_of(row: Mapping[str, Any], name: str) -> str:
    """An address that can be shown as a link: of the web, or the name that a text without one was given."""
    url = text_of(row, name)
    if not (is_web(url) or NAMED.fullmatch(url)):
        raise ValueError(f"{name} is no address")
    url_key(url)  # raises where nothing can be found by it
    return url


def web_or_none(url: str | None) -> str | None:
    """An address that a link can lead to, None where it is none."""
    return url if url is not None and is_web(url) else None


def slug_of(row: Mapping[str, Any], name: str) -> str:
    """The name of a source."""
    slug = text_of(row, name)
    if not _NAME.fullmatch(slug):
        raise ValueError(f"{name} is no name of a source")
    return slug
