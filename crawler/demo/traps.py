"""What a hostile web does, on two of the demo's outlets: charsets undeclared, feeds broken, pages that are none.

Each trap is linked where the outlet's stories are and looks like one from outside; `outcome` is what the archive
should say of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from crawler.demo.shapes import html, notice
from crawler.demo.stories import MARK

ENDLESS = -1  # for `length`: the body goes on until the client has had enough
HUGE = 40 << 20  # bytes; above what a crawler of news should take, and below what a test can send

# Where no charset is declared at all, and where an old kind of declaration stands; elsewhere <meta charset>.
CHARSETS = {
    "/novosti/muzey-uzlov.html": "",
    "/novosti/lyod-soshyol.html": '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">\n',
}


@dataclass(frozen=True, slots=True)
class Trap:
    """An address that no article stands at. `length`: bytes that the body is repeated to, 0 as it is."""

    source: str
    path: str
    title: str
    outcome: str
    body: bytes = b""  # empty: the outlet's front page
    length: int = 0


def _page(title: str, body: str, head: str = "") -> bytes:
    return html("en", title, head, f"{notice('en')}\n{body}")


def _endless(title: str) -> bytes:
    """The beginning of a page, and a paragraph that is repeated with it."""
    rows = "".join(f"<p>FICTIONAL: ship number {number} waits for a berth, and so does the next.</p>\n"
                   for number in range(800))  # fmt: skip
    return _page(title, f"<h1>{MARK}{escape(title)}</h1>\n{rows}").removesuffix(b"\n</body>\n</html>\n")


TRAPS = (
    Trap("harbour-post", "/news/every-ship-that-ever-waited", "Every ship that ever waited", "failed",
         _endless("Every ship that ever waited"), ENDLESS),
    Trap("harbour-post", "/news/all-tides-of-the-century", "All tides of the century", "failed",
         _endless("All tides of the century"), HUGE),
    Trap("harbour-post", "/news/what-the-breakwater-hides", "What the breakwater hides", "blocked",
         _page("Just a moment...", "<p>The harbour wants to know first whether you are a browser.</p>\n"
               "<noscript><p>Enable JavaScript and cookies to continue.</p></noscript>\n"
               "<script>window._cf_chl_opt = {cType: 'non-interactive'};</script>",
               '<meta name="robots" content="noindex,nofollow">\n<meta http-equiv="refresh" content="390">\n')),
    Trap("harbour-post", "/news/the-mole-that-was-taken-away", "The mole that was taken away", "gone",
         _page("Page not found", "<p>There is nothing at this address. Perhaps the tide took it.</p>\n"
               '<p><a href="/">Back to the front page</a></p>')),
    Trap("harbour-post", "/news/the-harbour-today", "The harbour today", "not_article"),
)  # fmt: skip


def traps(source: str) -> tuple[Trap, ...]:
    """The traps of one outlet."""
    return tuple(trap for trap in TRAPS if trap.source == source)


def break_feed(body: bytes) -> bytes:
    """A feed as hand-made systems send it: a bare ampersand, an element that is never closed, no end."""
    opened = body.replace(b"</link><description>", b"</link><description>Tides & times of the roads <br>", 1)
    return opened.removesuffix(b"</channel></rss>\n")


def recode(page: bytes, path: str) -> bytes:
    """A page in windows-1251 that says so in a meta element, an old or none."""
    declared = CHARSETS.get(path, '<meta charset="windows-1251">\n')
    text = page.decode().replace('<meta charset="utf-8">\n', declared, 1)
    return text.encode("windows-1251", "xmlcharrefreplace")
