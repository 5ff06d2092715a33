"""Takes the pictures of the tour: ``python docs/pictures.py HOME``, of an archive made by ``communique demo``."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.browsing import ARGUMENTS, CHROMIUM  # noqa: E402
from tests.test_reading_browser import opened  # noqa: E402
from tests.test_web import serving  # noqa: E402

# name: the address, or links to follow from one; width and height of the window; light or dark
PICTURES = {
    "home": (["/"], 1280, 1000, "light"),
    "search": (["/search?q=%D0%BF%D0%BE%D1%80%D0%BE%D0%BC%D0%B8"], 1280, 860, "light"),
    "article": (
        ["/search?q=shelf&source=tidewire", ".cq-results a[href*='/article/']"],
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
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (way, width, height, scheme) in PICTURES.items():
            page = opened(browser, address, way, width, scheme, height)
            page.screenshot(path=HERE / f"{name}.png")
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
