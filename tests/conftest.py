"""What several tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.home import Home
from crawler.demo.site import DemoSite
from crawler.demo.tour import tour


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
