"""The demo site over real HTTP: what the crawler's tests rest on must itself hold."""

from __future__ import annotations

import gzip
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import partial
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import httpx
import pytest
from lxml import html

from crawler.demo import CHANGES, Answer, DemoSite, Story, stories
from crawler.demo import pages as demo_pages
from crawler.demo.outlets import OUTLETS
from crawler.demo.shapes import NOTICE
from crawler.demo.traps import HUGE, TRAPS

CATALOGUE = tomllib.loads((Path(demo_pages.__file__).parent / "sources.toml").read_text("utf-8"))
MOD = "mod.vardania.example"
PRESIDENT = "president.vardania.example"
KARSIA = "mfa.karsia.example"
HARBOUR = "http://www.harbourpost.example"
MOVED = "http://newsroom.meridian.example/news/2031/412-relief-corridor"


@pytest.fixture(scope="module")
def running() -> Iterator[DemoSite]:
    with DemoSite() as site:
        yield site


@pytest.fixture
def site(running: DemoSite) -> Iterator[DemoSite]:
    running.day = 0
    running.log.clear()
    yield running
    running.day = 0


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as client:
        yield client


class Reader:
    """Fetches the outlets' own addresses from the site, plain unless told otherwise."""

    def __init__(self, site: DemoSite, client: httpx.Client) -> None:
        self.site, self.client = site, client

    def get(self, url: str, **headers: str) -> httpx.Response:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"Host": parts.netloc, "Accept-Encoding": "identity", **named}
        return self.client.get(f"http://{self.site.address}{path}", headers=given)

    def follow(self, url: str) -> tuple[str, httpx.Response]:
        answer = self.get(url)
        while answer.status_code == 301:
            url = answer.headers["location"]
            answer = self.get(url)
        if answer.status_code in (429, 500):
            answer = self.get(url)
        return url, answer

    def links(self, slug: str) -> set[str]:
        """What a crawler finds by the catalogue's feeds and listings, as far as `articles` lets it through."""
        found = set()
        for way in CATALOGUE[slug]["discovery"]:
            url, left = way["url"], way.get("pages", 1)
            while url and left:
                answer, left = self.get(url), left - 1
                if way["kind"] == "feed":
                    found |= {entry.link for entry in feedparser.parse(answer.content).entries}
                    break
                tree = html.fromstring(answer.content)
                found |= {urljoin(url, link.get("href")) for link in tree.cssselect("a[href]")}
                following = tree.cssselect(way["next"]) if "next" in way else []
                url = urljoin(url, following[0].get("href")) if following else ""
        wanted = [re.compile(pattern) for pattern in CATALOGUE[slug]["articles"]]
        return {url for url in found if any(rule.search(urlsplit(url).path) for rule in wanted)}


@pytest.fixture
def reader(site: DemoSite, client: httpx.Client) -> Reader:
    return Reader(site, client)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def decoded(answer: httpx.Response) -> str:
    """A page's text, told apart as the two encodings can be: what is no UTF-8 is the herald's windows-1251."""
    try:
        return answer.content.decode("utf-8")
    except UnicodeDecodeError:
        return answer.content.decode("windows-1251")


def visible(answer: httpx.Response) -> str:
    tree = html.fromstring(decoded(answer))
    for code in tree.xpath("//script|//style"):
        code.getparent().remove(code)
    return squeezed(tree.text_content())


def test_there_are_fourteen_outlets_and_a_hundred_stories() -> None:
    told = stories(0)
    assert len(OUTLETS) == 14
    assert set(OUTLETS) == set(CATALOGUE)
    assert len(told) >= 100
    assert {story.source for story in told} == set(OUTLETS) - {"karsia-mfa"}
    assert {story.language for story in told} == {"en", "uk", "ru", "tr", "pl", "de", "ar", "el"}
    assert len({(story.url, story.title) for story in told}) == len(told)


def test_the_host_header_chooses_the_outlet(reader: Reader) -> None:
    titles = {reader.get(f"http://{outlet.host}/robots.txt").text for outlet in OUTLETS.values() if outlet.sitemap}
    assert len(titles) == sum(outlet.sitemap for outlet in OUTLETS.values())
    assert reader.get(f"http://{MOD}:8008/en/news").content == reader.get(f"http://{MOD.upper()}/en/news").content
    assert reader.get("http://nobody.example/en/news").status_code == 404
    assert "mod.vardania.example" in reader.get("http://127.0.0.1/").text


@pytest.mark.parametrize("url", [f"http://{MOD}/en/news", f"http://{MOD}/feed.xml", f"http://{PRESIDENT}/feed.atom"])
def test_an_unchanged_page_is_a_304_by_tag_and_by_date(reader: Reader, url: str) -> None:
    first = reader.get(url)
    assert first.headers["etag"].startswith('"')
    for named in (
        {"If_None_Match": first.headers["etag"]},
        {"If_None_Match": f'"other", {first.headers["etag"]}'},
        {"If_Modified_Since": first.headers["last-modified"]},
        {"If_Modified_Since": "Wed, 01 Jan 2200 00:00:00 GMT"},
    ):
        again = reader.get(url, **named)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    for named in (
        {"If_None_Match": '"other"'},
        {"If_None_Match": '"other"', "If_Modified_Since": first.headers["last-modified"]},
        {"If_Modified_Since": "Wed, 01 Jan 2020 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
    ):
        assert reader.get(url, **named).status_code == 200
    assert [hit.conditional for hit in reader.site.log] == [False] + [True] * 8


def test_gzip_is_sent_where_it_is_accepted_and_has_its_own_tag(reader: Reader) -> None:
    url = f"http://{MOD}/en/news"
    plain = reader.get(url)
    packed = reader.get(url, Accept_Encoding="br, gzip;q=0.8")
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in reader.get(url, Accept_Encoding="gzip;q=0").headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert reader.get(url, Accept_Encoding="gzip", If_None_Match=packed.headers["etag"]).status_code == 304


def test_an_old_address_moves_twice_and_only_the_old_one_is_in_the_feed(reader: Reader) -> None:
    feed = reader.get("http://newsroom.meridian.example/feed.atom").text
    first = reader.get(MOVED)
    second = reader.get(first.headers["location"])
    last = reader.get(second.headers["location"])
    assert [answer.status_code for answer in (first, second, last)] == [301, 301, 200]
    assert MOVED in feed
    assert second.headers["location"] not in feed
    assert second.headers["location"] in {story.url for story in stories(0)}


def test_missing_and_removed_pages_are_linked_and_say_so(reader: Reader) -> None:
    for slug, path, status in (
        ("vardania-mod", "/en/news/minister-inspects-flood-wall", 404),
        ("sarmia-mod", "/en/news/40988-statement-on-grain-transit", 410),
    ):
        url = OUTLETS[slug].url(path)
        assert url in reader.links(slug)
        assert reader.get(url).status_code == status


def test_one_page_fails_once_per_start_and_heals() -> None:
    url = "http://visti.nadmorvia.example/novyny/porom-do-ocheretianoho.html"
    site = DemoSite()
    with httpx.Client(timeout=60) as client:
        for _ in range(2):
            with site:
                reader = Reader(site, client)
                assert [reader.get(url).status_code for _ in range(3)] == [500, 200, 200]
                assert len(site.log) == 3


def test_one_page_asks_for_patience_once_and_says_for_how_long() -> None:
    url = "http://www.polderbulletin.example/news/geese-are-counted-from-a-balloon"
    with DemoSite() as site, httpx.Client(timeout=60) as client:
        first, *later = [Reader(site, client).get(url) for _ in range(3)]
        assert (first.status_code, first.headers["retry-after"]) == (429, "1")
        assert [(answer.status_code, "retry-after" in answer.headers) for answer in later] == [(200, False)] * 2


def test_the_herald_is_in_windows_1251_and_declares_it_or_not(reader: Reader) -> None:
    declared = []
    for story in (story for story in stories(0) if story.source == "estuary-herald"):
        page = reader.get(story.url)
        assert page.headers["content-type"] == "text/html"
        with pytest.raises(UnicodeDecodeError):
            page.content.decode("utf-8")
        assert story.title in page.content.decode("windows-1251")
        declared.append(b"charset" in page.content)
    assert sorted(declared) == [False, True, True]


def test_an_endless_page_goes_on_until_the_client_goes_away(reader: Reader) -> None:
    [endless] = [trap for trap in TRAPS if trap.length < 0]
    host = OUTLETS[endless.source].host
    taken = 0
    with reader.client.stream("GET", f"http://{reader.site.address}{endless.path}", headers={"Host": host}) as answer:
        assert "content-length" not in answer.headers and answer.headers["transfer-encoding"] == "chunked"
        for part in answer.iter_raw():
            if not taken:
                assert b"FICTIONAL" in part
            taken += len(part)
            if taken > HUGE:
                break
    assert taken > HUGE
    assert reader.get(f"http://{host}/feed.xml").status_code == 200  # the server is not taken up by it


def test_a_huge_page_is_as_long_as_it_says(reader: Reader) -> None:
    [huge] = [trap for trap in TRAPS if trap.length > 0]
    url = OUTLETS[huge.source].url(huge.path)
    answer = reader.get(url, Accept_Encoding="gzip")
    assert (len(answer.content), answer.headers["content-length"]) == (HUGE, str(HUGE))
    assert b"FICTIONAL" in answer.content[:2000] and "etag" not in answer.headers
    head = reader.client.head(f"http://{reader.site.address}{huge.path}", headers={"Host": OUTLETS[huge.source].host})
    assert (head.status_code, head.content) == (200, b"")


def test_traps_answer_200_and_hold_no_story(reader: Reader) -> None:
    told = {story.url for story in stories(0)}
    for trap in TRAPS:
        url = OUTLETS[trap.source].url(trap.path)
        assert url not in told
        if not trap.length:
            answer = reader.get(url)
            assert answer.status_code == 200
            assert trap.title not in visible(answer)
    [front] = [trap for trap in TRAPS if trap.outcome == "not_article"]
    assert reader.get(f"{HARBOUR}{front.path}").content == reader.get(f"{HARBOUR}/").content


def test_the_blocked_outlet_answers_403_to_everything(reader: Reader) -> None:
    for path in ("/", "/robots.txt", "/feed.xml", "/news/anything"):
        answer = reader.get(f"http://{KARSIA}{path}")
        assert answer.status_code == 403
        assert "Access denied" in answer.text


@pytest.mark.parametrize("slug", sorted(set(OUTLETS) - {"karsia-mfa"}))
def test_robots_forbid_a_page_that_exists_and_is_linked(reader: Reader, slug: str) -> None:
    outlet = OUTLETS[slug]
    robots = reader.get(outlet.url("/robots.txt"))
    assert robots.headers["content-type"].startswith("text/plain")
    assert "Disallow: /internal/" in robots.text
    start = outlet.url(next(iter(outlet.prefixes.values())) + outlet.listing if outlet.listing else "/")
    linked = re.findall(r'href="(/internal/[^"]+)"', reader.get(start).text)
    assert linked
    assert all(reader.get(outlet.url(path)).status_code == 200 for path in linked)
    assert any(re.search(pattern, linked[0]) for pattern in CATALOGUE[slug]["articles"])
    assert not any("/internal/" in story.url for story in stories(0))


@pytest.mark.parametrize("day", [0, 1])
@pytest.mark.parametrize("slug", sorted(OUTLETS))
def test_feeds_and_listings_reach_every_story(reader: Reader, slug: str, day: int) -> None:
    reader.site.day = day
    traps = {OUTLETS[slug].url(trap.path) for trap in TRAPS if trap.source == slug}
    links = reader.links(slug)
    assert traps <= links
    reached = {reader.follow(url.split("?utm_")[0])[0] for url in links - traps}
    told = {story.url for story in stories(day) if story.source == slug}
    assert told <= reached
    strangers = {url for url in reached - told if "/internal/" not in url and reader.get(url).status_code == 200}
    assert not strangers


def test_listings_have_several_pages_that_end(reader: Reader) -> None:
    assert reader.get(f"http://{MOD}/en/news?page=4").status_code == 200
    assert reader.get(f"http://{MOD}/en/news?page=5").status_code == 404
    assert reader.get("http://www.twobanksdigest.example/archive/page/2/").status_code == 200


@pytest.mark.parametrize("day", [0, 1])
def test_every_story_stands_on_its_page(reader: Reader, day: int) -> None:
    reader.site.day = day
    for story in stories(day):
        page = reader.follow(story.url)[1]
        assert page.status_code == 200, story.url
        text = visible(page)
        assert squeezed(story.title) in text
        assert story.title.startswith("FICTIONAL")
        assert story.has, story.url
        for phrase in story.has:
            assert squeezed(phrase) in text, (story.url, phrase)
        assert not set(story.has) & set(story.hasnot)


def test_what_must_not_be_in_a_text_is_on_the_page_around_it(reader: Reader) -> None:
    seen: dict[str, set[str]] = {}
    for story in stories(1):
        reader.site.day = 1
        text = visible(reader.follow(story.url)[1])
        seen.setdefault(story.source, set()).update(phrase for phrase in story.hasnot if squeezed(phrase) in text)
    for story in stories(1):
        assert set(story.hasnot) <= seen[story.source], set(story.hasnot) - seen[story.source]


def test_the_digest_repeats_one_essay_that_outweighs_its_short_reports(reader: Reader) -> None:
    urls = {story.url for story in stories(0) if story.source == "two-banks-digest"}
    bodies = [visible(reader.get(url)) for url in urls]
    essays = {re.search(r"Share the Post:.*any clause\.", body)[0] for body in bodies}  # type: ignore[index]
    assert len(essays) == 1
    assert len(essays.pop()) > 2000
    assert sum(story.url in urls for story in stories(0)) > len(urls)  # some pages hold two stories
    short = [body for body in bodies if body.index("Share the Post:") < 1000]
    assert len(short) >= 5


@pytest.mark.parametrize("day", [0, 1])
def test_every_page_and_every_title_says_that_it_is_fiction(reader: Reader, day: int) -> None:
    reader.site.day = day
    for (host, path), page in demo_pages.pages(day).items():
        if page.length:
            continue
        answer = reader.follow(f"http://{host or '127.0.0.1'}{path}")[1]
        if page.content_type.startswith("text/html"):
            tree = html.fromstring(decoded(answer))
            assert "FICTIONAL" in str(tree.findtext(".//title")), path
            assert all("FICTIONAL" in heading.text_content() for heading in tree.xpath("//h1")), path
            assert all("FICTIONAL" in title for title in tree.xpath('//meta[@property="og:title"]/@content'))
            assert any(notice in visible(answer) for notice in NOTICE.values()), path
    for status in (reader.get("http://nobody.example/"), reader.get(f"http://{KARSIA}/")):
        assert "– FICTIONAL</title>" in status.text


FEEDS = [way["url"] for entry in CATALOGUE.values() for way in entry["discovery"]
         if way["kind"] == "feed" and KARSIA not in way["url"]]  # fmt: skip


@pytest.mark.parametrize("url", FEEDS)
def test_feeds_parse_and_their_titles_say_fiction(reader: Reader, url: str) -> None:
    answer = reader.get(url)
    feed = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
    assert bool(feed.bozo) == url.startswith(HARBOUR)  # what is broken can still be read
    assert feed.version == ("atom10" if "atom" in url else "rss20")
    assert feed.entries
    assert all("FICTIONAL" in entry.title and entry.published_parsed.tm_year == 2031 for entry in feed.entries)
    if "tidewire" in url:
        assert all(entry.link.endswith("?utm_source=rss") for entry in feed.entries)
        assert reader.get(feed.entries[0].link).status_code == 200


def test_sitemaps_list_every_story_of_their_outlet(reader: Reader) -> None:
    for outlet in OUTLETS.values():
        if not outlet.sitemap:
            continue
        index = reader.get(outlet.url("/sitemap.xml")).text
        maps = re.findall("<loc>([^<]+)</loc><lastmod>2031-", index)
        listed = {loc for url in maps for loc in re.findall("<loc>([^<]+)</loc>", reader.get(url).text)}
        assert listed == {story.url for story in stories(0) if story.source == outlet.slug}


def test_the_second_day_changes_exactly_the_pages_it_says(reader: Reader) -> None:
    said = {*CHANGES.silent, *CHANGES.corrected, *CHANGES.sidebar, *CHANGES.withdrawn}
    told = {story.url for story in stories(0)}
    first = {url: reader.follow(url)[1] for url in told}
    reader.site.day = 1
    changed = set()
    for url, before in first.items():
        by_tag = reader.get(url, If_None_Match=before.headers["etag"])
        by_date = reader.get(url, If_Modified_Since=before.headers["last-modified"])
        assert by_tag.status_code == by_date.status_code
        if by_tag.status_code != 304:
            changed.add(url)
    assert changed == said
    assert all(reader.get(url).status_code == 410 for url in CHANGES.withdrawn)
    assert len(CHANGES.new) >= 6
    assert set(CHANGES.new) == {story.url for story in stories(1)} - told
    reader.site.day = 0
    assert all(reader.get(url).status_code == 404 for url in CHANGES.new)


def test_the_changes_are_of_the_kind_they_are_named(reader: Reader) -> None:
    def both(url: str) -> list[httpx.Response]:
        found = []
        for day in (0, 1):
            reader.site.day = day
            found.append(reader.follow(url)[1])
        return found

    (silent,), (corrected,) = CHANGES.silent, CHANGES.corrected
    before, after = both(silent)
    stated = partial(re.findall, r'"date(?:Published|Modified)": "[^"]+"')
    assert stated(before.text) == stated(after.text) != []
    assert visible(before) != visible(after)
    assert "expected to leave up to twice a week" in visible(after)
    before, after = both(corrected)
    assert "article:modified_time" not in before.text
    assert 'article:modified_time" content="2031-05-01T06:00:00Z' in after.text
    figures = [re.findall(r"\d+ \(\+\d+\)", visible(answer)) for answer in (before, after)]
    assert sum(old != new for old, new in zip(*figures, strict=True)) == 1
    by_url: dict[str, Story] = {story.url: story for story in stories(0)}
    assert {by_url[url].source for url in CHANGES.sidebar} == {"vardania-gov", "nadmorvia-visti"}
    for url in CHANGES.sidebar:
        before, after = both(url)
        lines = [unescape(answer.text).splitlines() for answer in (before, after)]
        added = [line for line in lines[1] if line not in lines[0]]
        assert len(added) == 1
        assert not [line for line in lines[0] if line not in lines[1]]


def test_only_places_that_list_stories_change_beside_the_stories(site: DemoSite) -> None:
    before, after = demo_pages.pages(0), demo_pages.pages(1)
    moved = {key for key in before if before[key].body != after[key].body or before[key].status != after[key].status}
    addresses = {f"http://{host}{path}" for host, path in moved}
    rest = addresses - {*CHANGES.silent, *CHANGES.corrected, *CHANGES.sidebar, *CHANGES.withdrawn}
    places = r"(/|/news|/en/news|/articles/|/novyny/|/archive/|/archive/page/\d/|[?]page=\d|feed/?|\.xml|\.atom)$"
    assert all(re.search(places, url) for url in rest), rest
    assert set(before) <= set(after)


def test_a_withdrawn_story_leaves_feed_and_sitemap(reader: Reader) -> None:
    (url,) = CHANGES.withdrawn
    for place in ("/feed/", "/sitemap-2031-04.xml"):
        listing = urljoin(url, place)
        reader.site.day = 0
        assert url in reader.get(listing).text
        reader.site.day = 1
        assert url not in reader.get(listing).text


def test_daily_totals_grow_but_for_the_slip(reader: Reader) -> None:
    reader.site.day = 1
    names = [story for story in stories(1) if "/combat-losses-" in story.url]
    assert len(names) == 31
    totals = []
    for story in sorted(names, key=lambda story: story.published or ""):
        lines = re.findall(r"<li>(.+?) [‒–] (?:about |more than )?(\d+) \(\+(\d+)\)", reader.get(story.url).text)
        assert len(lines) == 13
        totals.append([(int(total), int(daily)) for _, total, daily in lines])
    for before, after in pairwise(totals):
        assert all(old + daily == new for (old, _), (new, daily) in zip(before, after, strict=True))


def test_no_page_differs_between_two_starts() -> None:
    script = (
        "import hashlib; from crawler.demo.pages import pages\n"
        "for day in (0, 1):\n"
        "    for key, page in sorted(pages(day).items()):\n"
        "        print(day, *key, page.status, page.modified, page.location, hashlib.sha256(page.body).hexdigest())"
    )
    runs = []
    for seed in ("1", "2"):  # another order of sets and dictionaries would show here
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True,
                             cwd=Path(__file__).parents[1], env={"PYTHONHASHSEED": seed, "LC_ALL": "C"})  # fmt: skip
        runs.append(run.stdout)
    assert runs[0] == runs[1]
    assert runs[0].count(b"\n") > 300


def test_tests_may_put_pages_of_their_own_on_it(reader: Reader) -> None:
    url = "http://bench.example/a?b=1"
    body = b"<p>" + b"one " * 200
    reader.site.add("bench.example", "/a?b=1", body, headers={"X-Kind": "test"})
    first = reader.get(url, Accept_Encoding="gzip")
    assert (first.status_code, first.content, first.headers["x-kind"]) == (200, body, "test")
    assert reader.get(url, If_None_Match=first.headers["etag"]).status_code == 304
    reader.site.add("bench.example", "/a?b=1", body)
    assert reader.get(url, If_Modified_Since=first.headers["last-modified"]).status_code == 304
    reader.site.add("bench.example", "/a?b=1", b"two", status=200)
    assert reader.get(url, If_None_Match=first.headers["etag"]).content == b"two"
    assert reader.get(url, If_Modified_Since=first.headers["last-modified"]).content == b"two"
    reader.site.add("bench.example", "/a?b=1", b"bare", headers={"ETag": "", "Last-Modified": ""})
    assert not {"etag", "last-modified"} & set(reader.get(url).headers)
    packed = gzip.compress(body)
    reader.site.add("bench.example", "/a?b=1", packed, headers={"Content-Encoding": "gzip"})
    assert reader.get(url).content == body


def test_tests_may_compute_answers(reader: Reader) -> None:
    def answer(headers: object) -> Answer:
        assert isinstance(headers, dict)
        return Answer(503, {"Retry-After": "1"}, headers["user-agent"].encode(), delay=0.01)

    reader.site.respond("fault.example", "/f", answer)
    found = reader.get("http://fault.example/f", User_Agent="tester")
    assert (found.status_code, found.headers["retry-after"], found.text) == (503, "1", "tester")
    hit = reader.site.log[-1]
    assert (hit.host, hit.path, hit.status, hit.user_agent) == ("fault.example", "/f", 503, "tester")
    reader.site.add("fault.example", "/f", b"healed")
    assert reader.get("http://fault.example/f").text == "healed"


def test_the_clock_can_be_set_over_http_but_only_at_the_sites_own_address(reader: Reader) -> None:
    base = f"http://{reader.site.address}"
    assert reader.client.post(f"{base}/day/1").status_code == 204
    assert reader.site.day == 1
    assert reader.client.post(f"{base}/day/0", headers={"Host": MOD}).status_code == 405
    assert reader.site.day == 1
    with pytest.raises(ValueError, match="day 0 and day 1"):
        reader.site.day = 2


def test_an_answer_on_a_kept_connection_does_not_wait_for_an_acknowledgement(reader: Reader) -> None:
    reader.get(f"http://{MOD}/en/news")
    waits = [reader.get(f"http://{MOD}/en/news").elapsed.total_seconds() for _ in range(20)]
    assert sorted(waits)[10] < 0.03  # 0.001 here; 0.040 and more where Nagle's delay is left on


def test_a_bad_or_taken_port_is_one_line_and_exit_code_2(site: DemoSite) -> None:
    for port in ("seventy", "70000", str(site.port)):
        run = subprocess.run([sys.executable, "-m", "crawler.demo", "--port", port], capture_output=True, text=True,
                             cwd=Path(__file__).parents[1], check=False, timeout=30)  # fmt: skip
        assert run.returncode == 2
        assert run.stdout == ""
        assert run.stderr.count("\n") == 1
    with pytest.raises(OSError), DemoSite(site.port):
        pass


def test_it_stops_while_connections_are_open() -> None:
    site = DemoSite()
    site.start()
    with socket.create_connection(("127.0.0.1", site.port)):
        site.stop()
    site.stop()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", site.port), timeout=1)
