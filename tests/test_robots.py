"""robots.txt over real HTTP: a page that an outlet closed to robots must never be asked for, not even the first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive.store import Store
from crawler.demo.site import Answer, DemoSite, Hit

# a reactor runs once in a process: each crawl has one of its own
CRAWL = """
import json, socket, sys
from pathlib import Path
from archive.home import Home
from crawler.run import crawl
from crawler.sources import catalogue, choose

home, given = Home(Path(sys.argv[1])), json.loads(sys.argv[2])
ask, looked_up = socket.gethostbyname, []


def gethostbyname(name):
    looked_up.append(name)
    return given["names"][name] if name in given["names"] else ask(name)


socket.gethostbyname = gethostbyname
known = catalogue(home.sources)
outlets = choose(known, tuple(given["sources"]))
with home.writing():
    result = crawl(home, outlets, known, connect_to=given["connect_to"])
print(json.dumps({"exit_code": result.exit_code, "problems": result.problems, "looked_up": looked_up}))
"""


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawl left behind. ``hits``: what the server was asked for; ``looked_up``: what the resolver was."""

    exit_code: int
    problems: tuple[str, ...]
    hits: tuple[Hit, ...]
    captures: tuple[dict[str, Any], ...]
    looked_up: tuple[str, ...]

    def asked(self, host: str) -> list[str]:
        """The paths a host was asked for, robots.txt left out."""
        return [hit.path for hit in self.hits if hit.host == host and hit.path != "/robots.txt"]

    def asked_for_robots(self, host: str) -> int:
        return sum(hit.host == host and hit.path == "/robots.txt" for hit in self.hits)

    def of(self, url: str) -> list[dict[str, Any]]:
        return [row for row in self.captures if row["url"] == url]


def crawl(
    folder: Path,
    site: DemoSite,
    outlets: Mapping[str, Sequence[str]],
    connect_to: Mapping[str, str],
    names: Mapping[str, str] | None = None,
) -> Crawled:
    """Crawl outlets, given as slug → addresses of listings, in a process of its own.

    ``names``: what the operating system's resolver is made to answer.
    """
    folder.mkdir(exist_ok=True)
    tables = []
    for slug, urls in outlets.items():
        tables.append(
            f'[{slug}]\nname = "{slug}"\nkind = "news"\nhomepage = "{urls[0]}"\ntimezone = "UTC"\ndelay = 0'
        )
        tables += [f'[[{slug}.discovery]]\nkind = "listing"\nurl = "{url}"' for url in urls]
    (folder / "sources.toml").write_text("\n".join(tables))
    site.log.clear()
    given = {"sources": list(outlets), "connect_to": dict(connect_to), "names": dict(names or {})}
    done = subprocess.run(
        [sys.executable, "-c", CRAWL, folder, json.dumps(given)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout)
    store = Store(folder / "archive.db")
    captures = store.rows("select * from captures order by id")
    store.close()
    return Crawled(
        result["exit_code"], tuple(result["problems"]), tuple(site.log), tuple(captures), tuple(result["looked_up"])
    )


STORY = "<p>The harbour of Vardania reopened on Monday after engineers cleared the wreckage from its basin.</p>"


def page(*links: str) -> bytes:
    anchors = "".join(f'<a href="{link}">Harbour</a>' for link in links)
    return (
        f"<html><head><title>Harbour</title></head><body><h1>Harbour</h1>{STORY * 2}{anchors}</body></html>".encode()
    )


PLAIN = {"content-type": "text/plain"}
SIX = [f"http://six.example/closed/{n}" for n in range(6)]
ROBOTS = {
    "open.example": b"",
    "closed.example": b"User-agent: *\nDisallow: /\n",
    "named.example": b"User-agent: communique\nDisallow: /\n\nUser-agent: *\nAllow: /\n",
    "others.example": b"User-agent: otherbot\nDisallow: /\n",
    "part.example": b"User-agent: *\nDisallow: /closed\nAllow: /closed/but-this\nDisallow: /*.pdf$\n",
    "junk.example": bytes(range(256)),
    "html.example": b"<html><body>Not here</body></html>",
    "moved.example": b"moved",
}
STATUSES = {"s401": 401, "s403": 403, "s404": 404, "s410": 410, "s500": 500, "s502": 502, "s503": 503}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    outlets = {host.partition(".")[0]: [f"http://{host}/list"] for host in (*ROBOTS, "slow.example")}
    outlets |= {name: [f"http://{name}.example/list"] for name in STATUSES}
    outlets["six"] = SIX
    outlets["silent"] = ["http://silent.example/list"]
    with DemoSite() as site:
        site.respond(
            "six.example", "/robots.txt", lambda _: Answer(200, PLAIN, b"User-agent: *\nDisallow: /closed\n", 0.5)
        )
        for url in SIX:
            site.add("six.example", url.removeprefix("http://six.example"), page())
        for host, robots in ROBOTS.items():
            site.add(host, "/robots.txt", robots, "text/plain")
        for name, status in STATUSES.items():
            site.respond(
                f"{name}.example", "/robots.txt", lambda _, s=status: Answer(s, PLAIN, b"User-agent: *\nDisallow: /")
            )
        site.respond(
            "moved.example", "/robots.txt", lambda _: Answer(301, {"location": "http://moved.example/rules.txt"}, b"")
        )
        site.add("moved.example", "/rules.txt", b"User-agent: *\nDisallow: /closed\n", "text/plain")
        site.respond(
            "slow.example", "/robots.txt", lambda _: Answer(200, PLAIN, b"User-agent: *\nDisallow: /closed", 0.5)
        )
        for host in (*ROBOTS, "slow.example", *(f"{name}.example" for name in STATUSES)):
            site.add(host, "/list", page("/story", "/closed", "/closed/but-this", "/report.pdf", "/report.pdf?x=1"))
            for path in ("/story", "/closed", "/closed/but-this", "/report.pdf", "/report.pdf?x=1"):
                site.add(host, path, page())
        # nobody listens at the discard port
        targets = {"silent.example": "127.0.0.1:9", "*.example": site.address}
        return crawl(tmp_path_factory.mktemp("robots"), site, outlets, targets)


def test_of_six_first_requests_at_once_none_passes_a_closed_door(crawled: Crawled) -> None:
    assert crawled.asked("six.example") == []


def test_six_first_requests_at_once_ask_for_robots_once(crawled: Crawled) -> None:
    assert crawled.asked_for_robots("six.example") == 1


def test_every_host_was_asked_for_its_robots_first_and_once(crawled: Crawled) -> None:
    for host in ("open.example", "closed.example", "part.example", "slow.example"):
        paths = [hit.path for hit in crawled.hits if hit.host == host]
        assert paths[0] == "/robots.txt"
        assert paths.count("/robots.txt") == 1


def test_the_crawler_names_itself_in_every_request(crawled: Crawled) -> None:
    assert {hit.user_agent.partition("/")[0] for hit in crawled.hits} == {"communique"}


EVERYTHING = {"/list", "/story", "/closed", "/closed/but-this", "/report.pdf", "/report.pdf?x=1"}


@pytest.mark.parametrize(
    ("host", "paths"),
    [
        ("open.example", EVERYTHING),
        ("closed.example", set()),
        ("named.example", set()),
        ("others.example", EVERYTHING),
        ("part.example", {"/list", "/story", "/closed/but-this", "/report.pdf?x=1"}),
        ("slow.example", {"/list", "/story", "/report.pdf", "/report.pdf?x=1"}),
        ("moved.example", {"/list", "/story", "/report.pdf", "/report.pdf?x=1"}),
        ("junk.example", EVERYTHING),
        ("html.example", EVERYTHING),
    ],
)
def test_what_robots_says_is_what_is_fetched(crawled: Crawled, host: str, paths: set[str]) -> None:
    assert set(crawled.asked(host)) - {"/rules.txt"} == paths


@pytest.mark.parametrize("name", ["s500", "s502", "s503"])
def test_a_server_error_for_robots_means_that_nothing_is_fetched(crawled: Crawled, name: str) -> None:
    assert crawled.asked(f"{name}.example") == []
    assert any(line.startswith(f"{name}: failing: ") and "robots.txt answers 50" in line for line in crawled.problems)


@pytest.mark.parametrize("name", ["s401", "s403", "s404", "s410"])
def test_a_refused_or_missing_robots_means_that_all_is_free(crawled: Crawled, name: str) -> None:
    assert set(crawled.asked(f"{name}.example")) == EVERYTHING


def test_no_answer_for_robots_means_that_nothing_is_fetched_and_says_so(crawled: Crawled) -> None:
    (line,) = [line for line in crawled.problems if line.startswith("silent: ")]
    assert "http://silent.example/robots.txt could not be read" in line
    assert {row["kind"] for row in crawled.captures if row["source"] == "silent"} == {"robots"}


def test_an_outlet_closed_to_robots_is_blocked_and_no_capture_pretends_otherwise(crawled: Crawled) -> None:
    assert any(line.startswith("closed: blocked: robots.txt disallows") for line in crawled.problems)
    assert {row["kind"] for row in crawled.captures if row["source"] == "closed"} == {"robots"}
    assert crawled.exit_code == 1


def test_robots_files_are_kept_as_captures_of_their_own(crawled: Crawled) -> None:
    (row,) = crawled.of("http://part.example/robots.txt")
    assert (row["kind"], row["outcome"], row["source"], row["status"]) == ("robots", "discovery", "part", 200)
    assert row["warc_file"]
