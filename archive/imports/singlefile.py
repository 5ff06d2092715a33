"""Pages that a browser saved as one file: SingleFile's, whose comment says where and when, and others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from lxml import etree, html

from archive.dates import read_moment
from archive.fronts import HTML
from archive.imports.handing import contents, hand, written
from archive.imports.intake import Intake
from archive.payload import LIMIT
from archive.stated import Stated
from archive.urls import absolute, is_web

# bytes of a page in which it says where it is from; SingleFile's styles and images follow after
_HEAD = 256 << 10
# SingleFile's options can leave out the date; the address is always there
_SINGLEFILE = re.compile(
    rb"<!--\s{0,9}Page saved with SingleFile\s{0,9}url:\s{0,9}(?P<url>\S{8,4000})(?P<rest>.{0,600}?)-->", re.DOTALL
)
_SAVED = re.compile(rb"saved date:\s{0,9}([^\r\n(]{10,60})")
# the mark of the web, which other browsers leave
_MARK = re.compile(rb"<!--\s?saved from url=\(\d{4}\)(\S{8,4000})\s?-->")


class Saved(NamedTuple):
    """Where a page stood and when it was saved (as it states it); None: it does not say."""

    url: str | None = None
    at: str | None = None


def saved(head: bytes) -> Saved:
    """What a saved page says of itself at its beginning: the browser's word counts before its own."""
    if found := _SINGLEFILE.search(head):
        date = _SAVED.search(found["rest"])
        stated = date and read_moment(date[1].decode("ascii", "replace").strip(), "UTC", "file")
        if url := _address(found["url"].decode("utf-8", "replace")):
            return Saved(url, stated.at if stated else None)
    if (found := _MARK.search(head)) and (url := _address(found[1].decode("utf-8", "replace"))):
        return Saved(url)
    return Saved(_declared(head))


def _address(url: str) -> str | None:
    return absolute(url, url) if is_web(url) else None


def _declared(head: bytes) -> str | None:
    try:
        tree = html.document_fromstring(head)
    except (etree.LxmlError, ValueError):
        return None
    for path in ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content"):
        for value in tree.xpath(path)[:1]:
            if is_web(str(value)):
                return _address(str(value))
    return None


def read(path: Path, kind: str, intake: Intake) -> None:
    """Hand a saved page over as it is.

    Raises:
        RefusedError: it is longer than a page can be.
    """
    del kind
    data = contents(path, LIMIT)
    found = saved(data[:_HEAD])
    hand(intake, data, HTML, path.name, written(path), Stated(url=found.url, at=found.at))
    intake.progress(len(data))
