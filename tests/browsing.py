"""The Chromium that tests look through, and what has to hold of every page that they open in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# it neither phones home nor needs a display
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
Open = Callable[..., Page]


@contextmanager
def visiting(browser: Browser, *own: str) -> Iterator[Open]:
    """Opens addresses of a server; afterwards nothing may have gone to another host or to the console.

    ``own``: what the address of a request may begin with, that of the server first.
    """
    contexts, requests, said = [], [], []

    def visit(path: str, width: int = 1280, **options: object) -> Page:
        context = browser.new_context(base_url=own[0], viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [url for url in requests if not url.startswith(own)] == []
    assert said == []


def follow(link: Locator) -> None:
    """Click, and wait until the page that comes is there with its style: counts and measures wait for nothing."""
    with link.page.expect_navigation():
        link.click()


def width_of(page: Page) -> int:
    """How many pixels wide the page is that has been loaded."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert isinstance(width, int)
    return width
