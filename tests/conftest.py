"""What several tests share."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from archive.home import Home
from crawler.demo.site import DemoSite
from crawler.demo.tour import tour
from tests.browsing import ARGUMENTS, CHROMIUM, Open, visiting

# how long an example takes says something of the machine; where a run decides, all runs try the same ones
settings.register_profile(
    "here", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("here")
# takes minutes by one test: begun last, it would leave the other processes without work
LONGEST = "test_kill.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long go first (with --no-loadscope-reorder), so that all processes end at about one time."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (item.path.name != LONGEST, -slow[item.path]))


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The archive of both days of the demo site; made once, so only to be read."""
    home = Home(tmp_path_factory.mktemp("demo") / "home")
    assert tour(home) == []
    return home


@pytest.fixture
def site() -> Iterator[DemoSite]:
    """A running demo site of the test's own."""
    with DemoSite() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path / "home")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An archive of three runs whose chain is signed, that nothing is wrong with; article 2 was edited.

    Only to be read, checked and exported; damage goes into a copy.
    """
    from tests.test_verify import fill  # a test module: not where plugins are loaded

    home = Home(tmp_path_factory.mktemp("kept") / "home")
    fill(home)
    return home


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium; by module, since its loop and those of other tests cannot run in one thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo_address(demo_home: Home) -> Iterator[str]:
    """The address at which the demo archive is served."""
    from tests.test_web import serving  # a test module: not where plugins are loaded

    with serving(demo_home.path) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, demo_address: str) -> Iterator[Open]:
    """Opens addresses of the demo archive; afterwards nothing may have gone to another host or to the console."""
    with visiting(browser, demo_address, "data:") as visit:
        yield visit
