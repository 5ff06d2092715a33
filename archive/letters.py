"""The letters of a page in order, and where in them its links, pictures and blocks stand. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from lxml import etree
from lxml.html import HtmlElement

# noncharacters: a link begins, a link ends, another of MARKED begins; no page may hold them
LINK, END, MARK = "\ufdd0", "\ufdd1", "\ufdd2"
# the elements whose places are known; a div with such an attribute is where a script puts a post
MARKED = ("a", "h1", "img", "blockquote", "video", "div[@data-href]", "script", "iframe")
# a block of so many letters stands once on nearly every page: shorter ones are looked for between these
_ANCHOR = 30
# and one above the first of them stands no more letters above it than this
_BEFORE = 5000
# places of a line that is printed over and over are looked at for a free one
_TRIES = 50
# letters by which a block is known that was cut
_BEGINS = 15
# letters that are searched in vain on a page before it is given up: a tenth of a second
_PATIENCE = 200_000_000

# the page's text with the places of those elements, made in C: a walk in Python costs 2 ms a page. What is in an
# element that shows no text is marked too: the nth mark is the nth element
_ALL = "|".join(f".//{path}" for path in MARKED)
_marked = etree.XPath(_ALL)
_TAGS = tuple(path for path in MARKED if path.isalnum())
_SHEET = etree.XSLT(
    etree.XML(f"""
    <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
      <xsl:output method="text"/>
      <xsl:template match="/"><xsl:apply-templates select="*[1]"/></xsl:template>
      <xsl:template match="a">{LINK}<xsl:apply-templates/>{END}</xsl:template>
      <xsl:template match="{"|".join(MARKED[1:-2])}">{MARK}<xsl:apply-templates/></xsl:template>
      <xsl:template match="style|noscript|template|head|textarea|select|svg|object|comment()" name="silent">
        <xsl:for-each select="{_ALL}">
          <xsl:choose>
            <xsl:when test="self::a">{LINK}{END}</xsl:when><xsl:otherwise>{MARK}</xsl:otherwise>
          </xsl:choose>
        </xsl:for-each>
      </xsl:template>
      <xsl:template match="{"|".join(MARKED[-2:])}">{MARK}<xsl:call-template name="silent"/></xsl:template>
    </xsl:stylesheet>""")
)
_NOT_LETTER = re.compile(rf"[^\w{LINK}{END}{MARK}]+")
_SPLIT = re.compile(f"([{LINK}{END}{MARK}])")


class PageLetters:
    """The letters of a page: its text without what is no letter or digit, case folded.

    ``starts`` and ``ends``: the stretches of them within ``<a>``. ``marks``: where each of :meth:`elements`
    begins, and where it ends if it is a link, else -1.
    """

    def __init__(self, tree: HtmlElement) -> None:
        try:
            # whitespace is two thirds of a page; without it the slower step has less to do
            text = _NOT_LETTER.sub("", " ".join(str(_SHEET(tree)).split())).replace("_", "").casefold()
        except etree.XSLTApplyError:  # nested deeper than a page is: no shares, nothing is hidden for its links
            text = ""
        pieces = _SPLIT.split(text)
        self.page = "".join(pieces[::2])
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.marks: list[tuple[int, int]] = []
        open_links: list[int] = []
        at = len(pieces[0])
        for sign, piece in zip(pieces[1::2], pieces[2::2], strict=True):
            if sign == MARK:
                self.marks.append((at, -1))
            elif sign == LINK:
                if not open_links:
                    self.starts.append(at)
                open_links.append(len(self.marks))
                self.marks.append((at, at))
            else:
                own = open_links.pop()
                self.marks[own] = (self.marks[own][0], at)
                if not open_links:
                    self.ends.append(at)
            at += len(piece)
        self.cursor = 0
        self.patience = _PATIENCE

    def elements(self, tree: HtmlElement) -> list[HtmlElement]:
        """The elements that ``marks`` are of; none where the page is nested too deep to say."""
        found = list(tree.iter(*_TAGS))
        if self.marks and len(found) != len(self.marks):  # there are such divs; the path takes twice as long
            found = _marked(tree)
        return found if len(found) == len(self.marks) else []

    def share(self, wanted: str) -> float:
        """The share of a block's letters within links, 0 to 1; blocks are asked in page order.

        0 where the page does not hold the block as one run of letters (trafilatura cut something out of it).
        """
        start = self._find(wanted, self.cursor, len(self.page))
        if start < 0:
            start = self._find(wanted, 0, len(self.page))
        if start < 0 or not wanted:
            return 0.0
        end = self.cursor = start + len(wanted)
        i = max(0, bisect_right(self.starts, start) - 1)
        linked = 0
        while i < len(self.starts) and self.starts[i] < end:
            linked += max(0, min(end, self.ends[i]) - max(start, self.starts[i]))
            i += 1
        return linked / len(wanted)

    def places(self, keys: Sequence[str]) -> list[int]:
        """Where on the page each of a text's blocks begins, by their letters; -1 where it is no run of letters.

        Long blocks first, each after the one before; then each as late as the next one allows (a text may be printed
        ahead of the headline, in a teaser); then the short ones between them.
        """
        found = [-1] * len(keys)
        cursor = 0
        for i, key in enumerate(keys):
            if len(key) >= _ANCHOR and (start := self._find(key, cursor, len(self.page))) >= 0:
                found[i], cursor = start, start + len(key)
        end = len(self.page)
        for i in range(len(keys) - 1, -1, -1):
            start, key = found[i], keys[i]
            if start >= 0:
                if start + len(key) < end < len(self.page):
                    found[i] = start = self.page.rfind(key, start, end)
                end = start
        return self._between(keys, found)

    def in_order(self, keys: Sequence[str]) -> list[int]:
        """The indices of a text's blocks in the order in which they stand on the page.

        A block that stands nowhere but within what others hold already (an extractor said it twice) is left out; one
        that is no run of letters stays behind the one before it.
        """
        cursor = 0
        for key in keys:
            start = self._find(key, cursor, len(self.page))
            if start >= 0:
                cursor = start + len(key)
            elif key in self.page:
                return self._sorted(keys)
        return list(range(len(keys)))

    def _sorted(self, keys: Sequence[str]) -> list[int]:
        first = [self._find(key, 0, len(self.page)) for key in keys]
        single = {i for i, at in enumerate(first) if at >= 0 and self.page.find(keys[i], at + 1) < 0}
        starts: list[int] = []  # of what is taken, and below where it ends
        ends: list[int] = []
        place: dict[int, int] = {}

        def take(i: int, at: int) -> bool:
            n = bisect_right(starts, at)
            if (n and ends[n - 1] > at) or (n < len(starts) and starts[n] < at + len(keys[i])):
                return False
            starts.insert(n, at)
            ends.insert(n, at + len(keys[i]))
            place[i] = at
            return True

        for i in sorted(single, key=lambda i: (-len(keys[i]), i)):
            take(i, first[i])
        before = -1
        for i, key in enumerate(keys):
            if first[i] < 0:  # something was cut out of it: by how it begins
                after = self.page.find(key[:_BEGINS], max(0, before))
                place[i] = after if after >= 0 else max(before, self.page.find(key[:_BEGINS]))
            elif i not in single:  # next after the one before it, else wherever it is free
                at = self.page.find(key, max(0, before))
                wanted = (at, first[i]) if at >= 0 else (first[i],)
                for start in wanted:
                    tries = 0
                    while start >= 0 and tries < _TRIES and not take(i, start):
                        start, tries = self.page.find(key, start + 1), tries + 1
                    if i in place:
                        break
            before = place.get(i, before)
        return sorted(place, key=lambda i: (place[i], i))

    def _find(self, key: str, start: int, stop: int) -> int:
        """Where a block begins, -1 where it does not, or where a huge page was searched in vain too often."""
        if self.patience < 0:
            return -1
        found = self.page.find(key, start, stop)
        if found < 0:
            self.patience -= max(0, stop - start)
        return found

    def _between(self, keys: Sequence[str], found: list[int]) -> list[int]:
        """The short blocks between the long ones: each next to the one that is known."""
        known = [i for i, start in enumerate(found) if start >= 0]
        first = known[0] if known else 0
        end = found[first] if known else len(self.page)
        for i in range(first - 1, -1, -1):  # before the first, from it backwards
            start = self.page.rfind(keys[i], max(0, end - _BEFORE), end) if keys[i] else -1
            if start >= 0:
                found[i] = end = start
        cursor = 0
        for i in range(first, len(keys)):
            if found[i] < 0 and keys[i]:
                n = bisect_left(known, i)
                stop = found[known[n]] if n < len(known) else len(self.page)
                found[i] = self._find(keys[i], cursor, stop)
            if found[i] >= 0:
                cursor = found[i] + len(keys[i])
        return found
