"""Takes the pictures of the tour: ``python docs/pictures.py HOME``, of an archive made by ``communique demo``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.test_browser import ARGUMENTS  # noqa: E402
from tests.test_web import serving  # noqa: E402

# name: the address, or links to follow from one; width and height of the window; light or dark
PICTURES = {
    "home": (["/"], 1280, 1000, "light"),
    "search": (["/search?q=%D0%BF%D0%BE%D1%80%D0%BE%D0%BC%D0%B8"], 1280, 860, "light"),
    "article": (
        ["/search?q=shelf+missiles&source=tidewire", ".cq-results a[href*='/article/']"],
        1280,
        1040,
        "light",
    ),
    "changes": (["/changes"], 1280, 900, "light"),
    "diff": (["/changes?kind=silent", "main a[href*='/diff?']"], 1280, 700, "light"),
    "story": (["/", ".cq-carried li:nth-child(2) a"], 1280, 860, "light"),
    "source": (["/source/two-banks-digest"], 1280, 1000, "light"),
    "arabic": (["/search?q=%D8%A7%D9%84%D8%AC%D8%B3%D8%B1", ".cq-results a[href*='/article/']"], 390, 800, "dark"),
}


def main(home: Path) -> None:
    """Write all of them."""
    with serving(home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for name, (way, width, height, scheme) in PICTURES.items():
            _take(browser, address, way, {"width": width, "height": height}, scheme, HERE / f"{name}.png")
        browser.close()


def _take(browser: Browser, address: str, way: list[str], size: dict[str, int], scheme: str, path: Path) -> None:
    context = browser.new_context(base_url=address, viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(way[0])
    for link in way[1:]:
        page.goto(str(page.locator(link).first.get_attribute("href")))
    page.screenshot(path=path)
    print(path.name, page.url.removeprefix(address))  # noqa: T201
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
