"""The catalogue: a wrong entry is told with file, table and key, and never met in the middle of a crawl."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from archive.errors import CatalogueError, ConfigurationError
from archive.models import NO_HINTS, Hints
from archive.schedule import STEPS
from archive.store import Store
from archive.urls import is_article
from crawler.catalogue import CDX, DELAY, MAX_PAGES, PAGES, WAYS, merged
from crawler.sources import SHARED, Discovery, Outlet, built_in, catalogue, choose, demo

GOOD = """
[harbour-news]
name = "Harbour News"
kind = "news"
homepage = "https://news.vardania.example/"
timezone = "Europe/Kyiv"
[[harbour-news.discovery]]
kind = "listing"
url = "https://news.vardania.example/list"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "sources.toml"


def load(own: Path, text: str) -> dict[str, Outlet]:
    own.write_text(text, "utf-8")
    return catalogue(own)


def test_the_built_in_catalogue_loads_and_is_polite() -> None:
    for name, outlet in built_in().items():
        assert outlet.source.id == name
        assert outlet.delay >= 1, f"{name} is asked more often than once a second"
        assert outlet.hosts
        assert outlet.articles, f"{name} takes every page for an article"


def test_the_built_in_catalogue_says_where_it_knows_everything_from() -> None:
    for name, outlet in built_in().items():
        assert outlet.facts, name
        assert all(way.facts for way in (*outlet.discovery, *outlet.fallback)), name


def test_the_built_in_catalogue_has_every_outlet_of_the_seeds_and_their_neighbours() -> None:
    assert built_in().keys() >= {
        "mod-ua", "general-staff-ua", "president-ua", "mod-ru", "mod-ru-old", "kremlin", "nato", "war-ukraine",
        "bcfausa", "eastern-herald", "anews", "ukrinform", "ukrainska-pravda", "kyiv-independent",
        "interfax-ukraine", "tass", "mod-uk", "war-gov", "isw", "ap", "reuters", "kommersant",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["ap", "reuters", "kyiv-independent", "kommersant"])
def test_an_outlet_with_commercial_terms_waits_until_the_user_opts_in(name: str) -> None:
    outlet = built_in()[name]
    assert (outlet.source.paused, outlet.source.public) == (True, False)
    assert outlet.source.licence
    assert outlet.paused_because
    assert name not in choose(built_in(), ())


def test_what_is_paused_says_why() -> None:
    assert all(outlet.paused_because for outlet in built_in().values() if outlet.source.paused)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("mod-ua", "Europe/Kyiv"), ("general-staff-ua", "Europe/Kyiv"), ("mod-ru", "Europe/Moscow"),
        ("mod-ru-old", "Europe/Moscow"), ("kremlin", "Europe/Moscow"), ("tass", "Europe/Moscow"),
        ("anews", "Europe/Istanbul"), ("nato", "Europe/Brussels"), ("mod-uk", "Europe/London"),
        ("reuters", "Europe/London"), ("war-gov", "America/New_York"), ("isw", "America/New_York"),
        ("ap", "America/New_York"),
    ],
)  # fmt: skip
def test_an_outlets_dates_are_read_in_its_own_zone(name: str, zone: str) -> None:
    assert built_in()[name].source.timezone == zone


def test_official_pages_are_all_kept_and_others_where_their_text_changed() -> None:
    for outlet in built_in().values():
        assert outlet.keep == ("all" if outlet.source.kind == "official" else "changes")


def test_the_built_in_catalogue_pauses_what_its_terms_keep_from_the_public() -> None:
    assert all(outlet.source.paused for outlet in built_in().values() if not outlet.source.public)


def test_the_demo_catalogue_loads_and_names_no_real_host() -> None:
    hosts = {host for outlet in demo().values() for host in outlet.hosts}
    assert hosts
    assert {host.rpartition(".")[2] for host in hosts} == {"example"}


def test_no_built_in_pattern_takes_its_own_listing_for_an_article() -> None:
    for name, outlet in built_in().items():
        for discovery in (*outlet.discovery, *outlet.fallback):
            path = discovery.url.split("/", 3)[3] if discovery.url.count("/") > 2 else ""
            assert not any(pattern.search(f"/{path}") for pattern in outlet.articles), name


def test_an_entry_says_what_it_leaves_out_by_defaults(own: Path) -> None:
    outlet = load(own, GOOD)["harbour-news"]
    assert outlet.discovery == (Discovery("listing", "https://news.vardania.example/list", "body", None, PAGES),)
    assert (outlet.delay, outlet.articles) == (DELAY, ())
    assert (outlet.source.public, outlet.source.paused, outlet.source.language) == (True, False, None)
    assert outlet.hosts == {"news.vardania.example"}
    assert (outlet.fallback, outlet.max_pages, outlet.keep, outlet.revisit) == ((), MAX_PAGES, "changes", STEPS)
    assert (outlet.rewrite, outlet.proxy, outlet.mining, outlet.paused_because, outlet.facts) == ((), *[None] * 4)


def test_an_entry_is_read_with_all_its_keys(own: Path) -> None:
    text = GOOD.replace(
        'kind = "news"',
        'kind = "news"\npublisher = "V"\ncountry = "XV"\nlanguage = "uk"\nlicence = "CC BY"\npublic = false\n'
        "paused = true\ndelay = 0.5\narticles = ['^/a/', '\\d+$']",
    ).replace('/list"', '/list"\nlinks = ".news"\nnext = "a.next"\npages = 7')
    outlet = load(own, text)["harbour-news"]
    source = outlet.source
    assert (source.publisher, source.country, source.language, source.licence) == ("V", "XV", "uk", "CC BY")
    assert (source.public, source.paused, outlet.delay) == (False, True, 0.5)
    assert outlet.articles == (re.compile("^/a/"), re.compile(r"\d+$"))
    assert outlet.discovery[0] == Discovery("listing", "https://news.vardania.example/list", ".news", "a.next", 7)


def test_the_users_own_file_goes_over_the_built_in_table_by_table(own: Path) -> None:
    name = next(iter(built_in()))
    outlets = load(own, GOOD + GOOD.replace("harbour-news", name))
    assert outlets.keys() == built_in().keys() | {"harbour-news"}
    assert outlets[name].source.name == "Harbour News"
    others = built_in().keys() - {name}
    assert all(outlets[other] == built_in()[other] for other in others)


def test_without_a_file_of_the_users_own_there_is_the_built_in(own: Path) -> None:
    assert catalogue(own).keys() == built_in().keys()
    assert load(own, "").keys() == built_in().keys()


HOME = 'homepage = "https://news.vardania.example/"'
URL = 'url = "https://news.vardania.example/list"'


@pytest.mark.parametrize(
    ("before", "after", "key", "problem"),
    [
        ('name = "Harbour News"', "", "name", "is missing"),
        ('"Harbour News"', '""', "name", "must be a text"),
        ('"Harbour News"', "7", "name", "must be a text"),
        ('kind = "news"', "", "kind", "is missing"),
        ('kind = "news"', 'kind = "blog"', "kind", "is one of"),
        ('kind = "news"', 'kind = ["news"]', "kind", "is one of"),
        ('timezone = "Europe/Kyiv"', "", "timezone", "is missing"),
        ("Europe/Kyiv", "Europe/Nowhere", "timezone", "no time zone 'Europe/Nowhere'"),
        ("Europe/Kyiv", "Europe", "timezone", "no time zone 'Europe'"),
        ("Europe/Kyiv", "../etc/passwd", "timezone", "no time zone"),
        ("Europe/Kyiv", "/etc/localtime", "timezone", "no time zone"),
        (HOME, "", "homepage", "is missing"),
        (HOME, 'homepage = "/news"', "homepage", "must be an http"),
        (HOME, 'homepage = "ftp://news.vardania.example/"', "homepage", "must be an http"),
        (HOME, 'homepage = "http:///news"', "homepage", "must be an http"),
        (HOME, "homepage = 7", "homepage", "must be an http"),
        (HOME, 'homepage = "http://[::1"', "homepage", "must be an http"),
        (HOME, 'homepage = "http://v:x/"', "homepage", "must be an http"),
        (HOME, HOME + '\ncolour = "red"', "colour", "no such key"),
        (HOME, HOME + '\nlanguage = ""', "language", "must be a text"),
        (HOME, HOME + "\nlicence = false", "licence", "must be a text"),
        (HOME, HOME + "\ndelay = -1", "delay", "seconds from 0"),
        (HOME, HOME + "\ndelay = 3601", "delay", "seconds from 0"),
        (HOME, HOME + "\ndelay = nan", "delay", "seconds from 0"),
        (HOME, HOME + "\ndelay = inf", "delay", "seconds from 0"),
        (HOME, HOME + "\ndelay = true", "delay", "seconds from 0"),
        (HOME, HOME + '\ndelay = "2"', "delay", "seconds from 0"),
        (HOME, HOME + '\npublic = "no"', "public", "must be true or false"),
        (HOME, HOME + "\npaused = 1", "paused", "must be true or false"),
        (HOME, HOME + '\narticles = "^/a"', "articles", "must be a list"),
        (HOME, HOME + "\narticles = [1]", "articles", "must be a regular expression"),
        (HOME, HOME + "\narticles = ['(']", "articles", "'('"),
        ('kind = "listing"', "", "discovery[0].kind", "is one of feed, sitemap, listing"),
        ('kind = "listing"', 'kind = "guess"', "discovery[0].kind", "is one of feed, sitemap, listing"),
        ('kind = "listing"', 'kind = ["feed"]', "discovery[0].kind", "is one of"),
        (URL, "", "discovery[0].url", "is missing"),
        (URL, 'url = "news.vardania.example"', "discovery[0].url", "must be an http"),
        (URL, URL + "\npages = 0", "discovery[0].pages", "whole number"),
        (URL, URL + "\npages = 10001", "discovery[0].pages", "whole number"),
        (URL, URL + "\npages = 1.5", "discovery[0].pages", "whole number"),
        (URL, URL + "\npages = true", "discovery[0].pages", "whole number"),
        (URL, URL + "\ndepth = 3", "discovery[0].depth", "no such key for a listing"),
        (URL, URL + "\nlinks = 3", "discovery[0].links", "must be a CSS selector"),
        (URL, URL + "\nnext = 3", "discovery[0].next", "must be a CSS selector"),
        (URL, URL + '\nlinks = "div["', "discovery[0].links", "must be a CSS selector"),
        (URL, URL + '\nnext = ""', "discovery[0].next", "must be a CSS selector"),
        ("[[harbour-news.discovery]]", "[[harbour-news.other]]", "other", "no such key"),
        (
            HOME,
            HOME + "\ncolour = 1",
            "colour",
            "there are articles, clock, country, delay, discovery, facts, fallback",
        ),
        *((HOME, f"{HOME}\n{key} = 7", key, "must be a text") for key in ("mining", "paused_because", "facts")),
        (HOME, HOME + "\nproxy = 7", "proxy", "must be an http"),
        (HOME, HOME + '\nproxy = "socks5://proxy.example:1080"', "proxy", "must be an http"),
        (HOME, HOME + '\nproxy = "proxy.example:8080"', "proxy", "must be an http"),
        (HOME, HOME + "\nmax_pages = 0", "max_pages", "whole number from 1 to 100000"),
        (HOME, HOME + "\nmax_pages = 100001", "max_pages", "whole number"),
        (HOME, HOME + "\nmax_pages = 10.0", "max_pages", "whole number"),
        (HOME, HOME + "\nmax_pages = true", "max_pages", "whole number"),
        (HOME, HOME + '\nkeep = "none"', "keep", "is one of all, changes"),
        (HOME, HOME + '\nkeep = ["all"]', "keep", "is one of all, changes"),
        (HOME, HOME + '\nrevisit = "1h"', "revisit", "must be a list"),
        (HOME, HOME + '\nrevisit = ["1h", "1h"]', "revisit", "must rise"),
        (HOME, HOME + '\nrevisit = ["1d", "3h"]', "revisit", "must rise"),
        (HOME, HOME + '\nrevisit = ["1w"]', "revisit", "'1w' is no age"),
        (HOME, HOME + '\nrevisit = ["0m"]', "revisit", "'0m' is no age"),
        (HOME, HOME + "\nrevisit = [60]", "revisit", "must be a text"),
        (HOME, HOME + "\nrewrite = '/amp'", "rewrite", "must be a list"),
        (HOME, HOME + "\nrewrite = ['/amp', '']", "rewrite", "pairs"),
        (HOME, HOME + "\nrewrite = [['/amp']]", "rewrite", "pairs"),
        (HOME, HOME + "\nrewrite = [['/amp', 1]]", "rewrite", "pairs"),
        (HOME, HOME + "\nrewrite = [['(', '']]", "rewrite", "'('"),
        (HOME, HOME + "\nrewrite = [['^(a)/b', '\\2']]", "rewrite", "invalid group reference 2"),
        (HOME, HOME + "\nrewrite = [['^(a)/b', '\\g<end>']]", "rewrite", "unknown group name 'end'"),
        (HOME, HOME + "\nrewrite = [['^(a)/b', '\\q']]", "rewrite", "bad escape"),
        (HOME, HOME + "\nfallback = 1", "fallback", "must be a list"),
        (HOME, HOME + "\nfallback = [1]", "fallback[0].kind", "is one of feed"),
        (HOME, HOME + "\nfallback = [{kind = 'feed'}]", "fallback[0].url", "is missing"),
        (HOME, HOME + "\nfallback = [{kind = 'blog'}]", "fallback[0].kind", "is one of feed"),
        (URL, URL + "\nevery = 15", "discovery[0].every", "must be a text"),
        (URL, URL + '\nevery = "soon"', "discovery[0].every", "'soon' is no age"),
        (URL, URL + "\nfacts = 15", "discovery[0].facts", "must be a text"),
        (URL, URL + "\npage = 2", "discovery[0].page", "must be a text"),
        (URL, URL + '\npage = "?page=2"', "discovery[0].page", "with {n}"),
        (URL, URL + '\npage = "?page={n}&again={n}"', "discovery[0].page", "with {n}"),
        (URL, URL + '\npage = "?page={n}&day={day}"', "discovery[0].page", "with {n}"),
        (URL, URL + '\npage = "ftp://news.vardania.example/{n}"', "discovery[0].page", "with {n}"),
        (URL, 'url = "https://news.vardania.example/{day}"', "discovery[0].url", "{year} and {month}"),
        ("/list", "/{year", "discovery[0].url", "{year} and {month}"),
        (HOME, HOME + '\nhints = "div.story"', "hints", "must be a table"),
        (HOME, HOME + '\nhints = {body = "div"}', "hints.body", "there are container, drop, split"),
        (HOME, HOME + '\nhints = {container = ""}', "hints.container", "must be a CSS selector or a list"),
        (HOME, HOME + "\nhints = {drop = 7}", "hints.drop", "must be a CSS selector or a list"),
        (HOME, HOME + '\nhints = {drop = ["p", 7]}', "hints.drop", "must be a CSS selector or a list"),
        (HOME, HOME + '\nhints = {split = "div["}', "hints.split", "'div[' is no CSS selector"),
        (HOME, HOME + '\nhints = {split = ["p", "a::text"]}', "hints.split", "'a::text' is no CSS selector"),
        (HOME, HOME + '\nhints = {split = "a:nth-child(x)"}', "hints.split", "is no CSS selector"),
        (HOME, HOME + '\nhints = {split = "p:hover(3)"}', "hints.split", "is no CSS selector"),
    ],
)
def test_a_wrong_entry_is_told_by_table_and_key_in_one_line(
    own: Path, before: str, after: str, key: str, problem: str
) -> None:
    assert before in GOOD
    with pytest.raises(CatalogueError) as caught:
        load(own, GOOD.replace(before, after))
    error = caught.value
    assert (error.file, error.table, error.key) == (str(own), "harbour-news", key)
    assert problem in error.problem
    assert error.exit_code == 2
    assert str(error).startswith(f"{own}: [harbour-news] {key}: ")
    assert "\n" not in str(error)


OF_ONE_KIND = {
    "match": "'-news'", "links": '"div"', "next": '"a.next"', "page": '"?page={n}"', "pages": "7", "locale": '"en"',
    "address": '"https://news.vardania.example/{slug}"', "original": '"news.vardania.example/*"',
}  # fmt: skip
WHOSE: dict[str, set[str]] = {
    "feed": set(), "sitemap": {"match"}, "listing": {"links", "next", "page", "pages"}, "wordpress": set(),
    "search": {"locale", "address"}, "telegram": set(), "wayback": {"original"},
}  # fmt: skip


def way(kind: str, *keys: str) -> str:
    """An entry with one way of discovery, of a kind, with some of the keys that belong to single kinds."""
    return GOOD.replace('"listing"', f'"{kind}"') + "".join(f"{key} = {OF_ONE_KIND[key]}\n" for key in keys)


def test_every_kind_of_discovery_is_tested() -> None:
    assert WAYS.keys() == WHOSE.keys()


@pytest.mark.parametrize(("kind", "key"), [(k, key) for k in WHOSE for key in sorted(OF_ONE_KIND.keys() - WHOSE[k])])
def test_a_key_of_another_kind_of_discovery_is_wrong(own: Path, kind: str, key: str) -> None:
    there = ", ".join(sorted({"kind", "url", "every", "facts"} | WHOSE[kind]))
    with pytest.raises(CatalogueError) as caught:
        load(own, way(kind, *sorted(WHOSE[kind]), key))
    assert (caught.value.table, caught.value.key) == ("harbour-news", f"discovery[0].{key}")
    assert caught.value.problem == f"no such key for a {kind} (there are {there})"


@pytest.mark.parametrize(
    ("kind", "every"),
    [
        ("feed", timedelta(minutes=15)), ("listing", timedelta(minutes=30)), ("sitemap", timedelta(hours=1)),
        ("wordpress", timedelta(minutes=30)), ("search", timedelta(minutes=30)),
        ("telegram", timedelta(minutes=30)), ("wayback", timedelta(days=7)),
    ],
)  # fmt: skip
def test_each_kind_of_discovery_is_read_and_asked_as_often_as_suits_it(
    own: Path, kind: str, every: timedelta
) -> None:
    [read] = load(own, way(kind, *WHOSE[kind]))["harbour-news"].discovery
    assert (read.kind, read.every) == (kind, every)
    values = {
        "match": re.compile("-news"), "links": "div", "next": "a.next", "page": "?page={n}", "pages": 7,
        "locale": "en", "address": "https://news.vardania.example/{slug}", "original": "news.vardania.example/*",
    }  # fmt: skip
    default = Discovery("listing", "")
    for key, value in values.items():
        assert getattr(read, key) == (value if key in WHOSE[kind] else getattr(default, key)), key


@pytest.mark.parametrize(
    ("kind", "key", "value", "problem"),
    [
        ("sitemap", "match", "'('", "'('"),
        ("sitemap", "match", "7", "must be a regular expression"),
        ("search", "locale", "", "is missing"),
        ("search", "address", "", "is missing"),
        ("search", "address", '"https://news.vardania.example/"', "with {slug}"),
        ("search", "address", '"/news/{slug}"', "must be an http"),
        ("search", "address", '"https://news.vardania.example/{slug}/{id}"', "with {slug}"),
        ("wayback", "original", "", "is missing"),
        ("wayback", "original", '"https://news.vardania.example/*"', "without a scheme"),
        ("wayback", "original", '"/news/*"', "a host and a path"),
        ("wayback", "original", '"news.vardania.example/*/2031"', "* at its end"),
        ("wayback", "original", '"news.vardania.example/a b"', "a host and a path"),
    ],
)
def test_a_wrong_value_of_one_kind_is_told(own: Path, kind: str, key: str, value: str, problem: str) -> None:
    text = way(kind, *(WHOSE[kind] - {key})) + (f"{key} = {value}\n" if value else "")
    with pytest.raises(CatalogueError) as caught:
        load(own, text)
    assert caught.value.key == f"discovery[0].{key}"
    assert problem in caught.value.problem


def test_the_web_archive_is_asked_at_its_own_address(own: Path) -> None:
    text = way("wayback", "original").replace(URL, "")
    assert load(own, text)["harbour-news"].discovery[0].url == CDX


def test_the_page_of_a_month_is_that_of_the_day_it_is_asked_on() -> None:
    discovery = Discovery("listing", "https://news.vardania.example/{year}/{month}/")
    assert discovery.start(date(2031, 3, 9)) == "https://news.vardania.example/2031/03/"
    assert Discovery("feed", "https://news.vardania.example/f").start(date(2031, 3, 9)).endswith("/f")


def test_an_entry_is_read_with_its_ways_of_behaving(own: Path) -> None:
    text = GOOD.replace(
        'kind = "news"',
        'kind = "news"\nmining = "reserved"\npaused_because = "terms"\nfacts = "survey"\n'
        'proxy = "http://proxy.example:8080"\nmax_pages = 100000\nkeep = "all"\nrevisit = ["15m", "1h", "2d"]\n'
        "rewrite = [['/amp$', ''], ['^http:', 'https:']]",
    ) + (
        'every = "2h"\nfacts = "survey too"\n'
        '[[harbour-news.fallback]]\nkind = "telegram"\nurl = "https://t.me/s/harbour"\n'
        '[[harbour-news.fallback]]\nkind = "wayback"\noriginal = "news.vardania.example/*"\n'
        '[[harbour-news.fallback]]\nkind = "feed"\nurl = "http://mirror.vardania.example/feed"\n'
    )
    outlet = load(own, text)["harbour-news"]
    assert (outlet.mining, outlet.paused_because, outlet.facts) == ("reserved", "terms", "survey")
    assert (outlet.proxy, outlet.max_pages, outlet.keep) == ("http://proxy.example:8080", 100_000, "all")
    assert outlet.revisit == (timedelta(minutes=15), timedelta(hours=1), timedelta(days=2))
    assert outlet.rewrite == ((re.compile("/amp$"), ""), (re.compile("^http:"), "https:"))
    assert (outlet.discovery[0].every, outlet.discovery[0].facts) == (timedelta(hours=2), "survey too")
    assert [way.kind for way in outlet.fallback] == ["telegram", "wayback", "feed"]
    assert outlet.hosts == {"news.vardania.example", "mirror.vardania.example"}


def test_the_archive_knows_what_of_an_entry_it_needs(own: Path) -> None:
    more = 'kind = "news"\nmining = "reserved"\narticles = ["^/a/", "^/b/"]'
    source = load(own, GOOD.replace('kind = "news"', more))["harbour-news"].source
    assert (source.mining, source.articles, source.keep) == ("reserved", ("^/a/", "^/b/"), "changes")


def test_hints_are_selectors_alone_or_several(own: Path) -> None:
    text = GOOD + '[harbour-news.hints]\ncontainer = "div.story > p"\ndrop = [".share", "aside[role=note]"]\n'
    hints = load(own, text)["harbour-news"].source.hints
    assert hints == Hints(container=("div.story > p",), drop=(".share", "aside[role=note]"))
    assert load(own, GOOD)["harbour-news"].source.hints == NO_HINTS


def test_the_users_own_hints_go_over_the_built_in_one_by_one() -> None:
    below = {"a": {"name": "A", "hints": {"container": "main", "drop": ".x"}}, "b": {"name": "B"}}
    over = {"a": {"hints": {"drop": [], "split": "article"}}, "b": {"hints": {"drop": ".y"}}}
    found = merged(over, below)
    assert found["a"] == {"name": "A", "hints": {"container": "main", "drop": [], "split": "article"}}
    assert found["b"] == {"name": "B", "hints": {"drop": ".y"}}
    assert below["a"]["hints"] == {"container": "main", "drop": ".x"}


def test_hints_reach_the_archive_and_come_back(own: Path, tmp_path: Path) -> None:
    source = load(own, GOOD + '[harbour-news.hints]\nsplit = ["article"]\n')["harbour-news"].source
    store = Store(tmp_path / "archive.db", write=True)
    store.sync_sources([source])
    assert store.source("harbour-news").hints == Hints(split=("article",))
    store.close()


def test_an_article_may_be_looked_at_never_again(own: Path) -> None:
    assert load(own, GOOD.replace('kind = "news"', 'kind = "news"\nrevisit = []'))["harbour-news"].revisit == ()


def test_a_host_of_many_outlets_has_a_delay_of_its_own_and_belongs_to_none() -> None:
    assert min(SHARED.values()) >= DELAY
    assert not any(outlet.hosts & SHARED.keys() for outlet in built_in().values())
    ways = [way for outlet in built_in().values() for way in (*outlet.discovery, *outlet.fallback)]
    for kind in ("telegram", "wayback"):
        assert {way.url.split("/")[2] for way in ways if way.kind == kind} <= SHARED.keys()


def test_a_key_alone_changes_a_built_in_entry_and_leaves_the_rest(own: Path) -> None:
    before = built_in()["ap"]
    after = load(own, "[ap]\npaused = false\ndelay = 30")["ap"]
    assert before.source.paused
    assert not after.source.paused
    assert after.delay == 30
    assert (after.discovery, after.fallback, after.articles) == (before.discovery, before.fallback, before.articles)
    assert after.source.name == before.source.name
    assert "ap" in choose(load(own, "[ap]\npaused = false"), ())


def test_a_built_in_entry_can_be_paused_by_one_key(own: Path) -> None:
    assert "tass" not in choose(load(own, "[tass]\npaused = true"), ())


def test_discovery_of_the_users_own_takes_the_place_of_the_built_in(own: Path) -> None:
    before = built_in()["mod-ru"]
    text = '[[mod-ru.discovery]]\nkind = "feed"\nurl = "https://mil.vardania.example/feed"\n'
    after = load(own, text)["mod-ru"]
    assert [way.url for way in after.discovery] == ["https://mil.vardania.example/feed"]
    assert (after.fallback, after.rewrite) == (before.fallback, before.rewrite)
    assert load(own, "[mod-ru]\nfallback = []")["mod-ru"].fallback == ()


def test_a_whole_entry_of_the_users_own_keeps_nothing_of_the_built_in(own: Path) -> None:
    after = load(own, GOOD.replace("harbour-news", "mod-ru"))["mod-ru"]
    assert (after.articles, after.rewrite, after.fallback, after.facts) == ((), (), (), None)


def test_a_wrong_key_over_a_built_in_entry_is_told_in_the_users_file(own: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(own, "[ap]\npaused = 0")
    assert (caught.value.file, caught.value.table, caught.value.key) == (str(own), "ap", "paused")


def test_a_key_alone_is_no_entry_where_there_is_none_built_in(own: Path) -> None:
    with pytest.raises(CatalogueError, match=r"\[harbour-news\] name: is missing"):
        load(own, "[harbour-news]\npaused = false")


def test_a_source_that_says_nothing_of_discovery_is_wrong(own: Path) -> None:
    with pytest.raises(CatalogueError, match=r"\] discovery: is missing"):
        load(own, GOOD.partition("[[")[0])


@pytest.mark.parametrize("discovery", ["discovery = []", 'discovery = "feed"', "discovery = {}"])
def test_a_source_without_a_way_to_find_its_pages_is_wrong(own: Path, discovery: str) -> None:
    with pytest.raises(CatalogueError, match="needs one entry at least"):
        load(own, GOOD.partition("[[")[0] + discovery)


@pytest.mark.parametrize("name", ["Harbour", "harbour_news", "-harbour", "a" * 64, "гавань", "a b"])
def test_a_source_has_a_name_that_files_and_addresses_can_bear(own: Path, name: str) -> None:
    with pytest.raises(CatalogueError, match="is named with lower-case letters"):
        load(own, GOOD.replace("harbour-news", f'"{name}"'))


@pytest.mark.parametrize("text", ["harbour = 1", "harbour = [1]", "[[harbour]]\nname = 'x'"])
def test_what_is_no_table_is_wrong(own: Path, text: str) -> None:
    with pytest.raises(CatalogueError, match="is no table"):
        load(own, text)


@pytest.mark.parametrize("text", ["[harbour", "a = = b", GOOD + GOOD, "\ufeff[a"])
def test_a_file_that_is_no_toml_is_told_by_its_name_in_one_line(own: Path, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(own, text)
    assert str(caught.value).startswith(f"{own}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_told_by_its_name(own: Path) -> None:
    own.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot read"):
        catalogue(own)


def test_without_names_all_are_chosen_that_are_not_paused() -> None:
    outlets = built_in()
    chosen = choose(outlets, ())
    assert chosen.keys() == {name for name, outlet in outlets.items() if not outlet.source.paused}


def test_a_paused_outlet_is_chosen_by_name(own: Path) -> None:
    outlets = load(own, GOOD.replace('kind = "news"', 'kind = "news"\npaused = true'))
    assert "harbour-news" not in choose(outlets, ())
    assert choose(outlets, ("harbour-news", "harbour-news")).keys() == {"harbour-news"}


def test_every_unknown_name_is_told() -> None:
    with pytest.raises(ConfigurationError, match="no such source: nobody, nothing "):
        choose(built_in(), ("nobody", *built_in(), "nothing"))


UUID = "8563d99d-64cb-4375-96a9-b5b5e51e2ecd"
TAKEN = {
    "mod-ua": [
        "https://mod.gov.ua/en/news/total-russian-combat-losses-in-ukraine-as-of-april-12-2026",
        "https://mod.gov.ua/en/news/combat-losses-of-the-enemy-as-of-february-18-2026",
        "https://mod.gov.ua/en/news/the-estimated-combat-losses-of-russians-over-the-last-day-880-persons",
        "https://mod.gov.ua/news/bojovi-vtrati-voroga-na-5-lyutogo-2026-roku",
        "https://mod.gov.ua/en/news/placeholder-story-one/",
    ],
    "general-staff-ua": ["https://t.me/GeneralStaffZSU/12345"],
    "president-ua": [
        "https://www.president.gov.ua/en/news/placeholder-story-one-94505",
        "https://t.me/V_Zelenskiy_official/12345",
    ],
    "war-ukraine": [
        "https://war.ukraine.ua/news/07-05-2022/",
        "https://war.ukraine.ua/articles/placeholder-story/",
        "https://war.ukraine.ua/placeholder-story-number-one/",
    ],
    "mod-ru": [
        f"https://mil.ru/news/{UUID}",
        f"https://z.mil.ru/news/{UUID}",
        "https://t.me/mod_russia_en/12345",
        "https://t.me/mod_russia/12345",
    ],
    "mod-ru-old": [
        "https://function.mil.ru/news_page/country/more.htm?id=12345678@egNews",
        "https://function.mil.ru/news_page/country/more.htm?id=12345678%40egNews",
        "https://eng.mil.ru/en/news_page/country/more.htm?id=12345678@egNews",
    ],
    "kremlin": [
        "http://en.kremlin.ru/events/president/news/79449",
        "http://en.kremlin.ru/events/president/transcripts/speeches/21355",
        "http://en.kremlin.ru/events/security-council/68454",
    ],
    "nato": [
        "https://www.nato.int/en/news-and-events/articles/news/2026/02/24/placeholder-story-one",
        "https://www.nato.int/en/news-and-events/events/transcripts/2026/08/31/placeholder-remarks",
        "https://www.nato.int/cps/en/natohq/news_212345.htm",
        "https://www.nato.int/cps/en/natohq/news_212345.htm?selectedLocale=en",
    ],
    "bcfausa": [
        "https://bcfausa.org/briefing-of-the-ministry-of-defense-of-russia-4/",
        "https://bcfausa.org/briefing-by-russian-defence-ministry-2",
        "https://bcfausa.org/?p=13884",
    ],
    "eastern-herald": [
        "https://easternherald.com/2023/06/13/placeholder-story-one/",
        "https://www.easternherald.com/2023/06/13/placeholder-story-one",
    ],
    "anews": ["https://www.anews.com.tr/world/2023/06/13/placeholder-story-one"],
    "ukrinform": ["https://www.ukrinform.net/rubric-ato/4167255-placeholder-story-one.html"],
    "ukrainska-pravda": ["https://www.pravda.com.ua/eng/news/2023/05/28/7404123/"],
    "kyiv-independent": ["https://kyivindependent.com/placeholder-story-one/"],
    "interfax-ukraine": ["https://en.interfax.com.ua/news/general/820123.html"],
    "tass": ["https://tass.com/defense/2197955", "https://tass.com/politics/1448123"],
    "mod-uk": [
        "https://www.gov.uk/government/news/placeholder-story-one",
        "https://www.gov.uk/government/speeches/placeholder-speech",
        "https://www.gov.uk/government/fatalities/placeholder-notice",
    ],
    "war-gov": [
        "https://www.war.gov/News/News-Stories/Article/Article/4575018/placeholder-story-one/",
        "https://www.war.gov/News/Releases/Release/Article/4575019/placeholder-release/",
        "https://www.war.gov/News/Contracts/Contract/Article/4594054",
    ],
    "isw": [
        "https://understandingwar.org/research/russia-ukraine/"
        "russian-offensive-campaign-assessment-september-27-2026/",
        "https://www.understandingwar.org/backgrounder/russian-offensive-campaign-assessment-may-31-2024",
    ],
    "ap": [
        "https://apnews.com/article/placeholder-story-4ad99ea3975a8b62d37bd04961feda55",
        "https://apnews.com/article/6d16af58493da565f8ea5d4553a9aed7",
    ],
    "reuters": ["https://www.reuters.com/world/europe/placeholder-story-one-2026-10-09/"],
    "kommersant": ["https://www.kommersant.ru/doc/8294535"],
}
LEFT = {
    "mod-ua": ["/", "/en", "/en/news", "/en/news/", "/news", "/en/news?page=2", "/news/tag-vidsich-agresoru",
               "/en/news/tag-army", "/en/about-us", "/en/news/a-story/gallery"],
    "general-staff-ua": ["/", "/s/GeneralStaffZSU", "/GeneralStaffZSU", "/s/GeneralStaffZSU?before=100",
                         "/another/12345"],
    "president-ua": ["/en", "/en/news/all", "/en/news/speeches", "/en/news/all?page=2", "/en/news/last",
                     "/en/documents/all", "/s/V_Zelenskiy_official", "/en/news/speeches?date-from=01-06-2023"],
    "war-ukraine": ["/", "/news/", "/news", "/donate/", "/support-ukraine/", "/russia-war-crimes", "/news/page/2/",
                    "/tag/placeholder/", "/feed/"],
    "mod-ru": ["/", "/news", "/news?page=2", f"/news/{UUID}/photo", "/news/archive", "/s/mod_russia",
               f"/files/{UUID}"],
    "mod-ru-old": ["/", "/news_page/country.htm", "/en/news_page/country.htm", "/news_page/country/more.htm",
                   "/news_page/country.htm?objInBlock=25", "/news_page/country/more.htm?id=12345678@other"],
    "kremlin": ["/", "/events/president/news", "/events/president/news/page/2", "/events/all/feed",
                "/events/president/news/71104/videos", "/events/president/news/by-date/03.03.2022"],
    "nato": ["/", "/en/news-and-events/articles/news", "/en/news-and-events/articles/news/2026/02",
             "/cps/en/natohq/news.htm", "/cps/en/natohq/topics_50090.htm", "/en/what-we-do"],
    "bcfausa": ["/", "/2026/11/", "/2026/11/page/2/", "/about-us/", "/contact/", "/category/a-b-c/",
                "/author/a-b-c/", "/terms-of-use/", "/feed/", "/?s=war", "/wp-sitemap.xml"],
    "eastern-herald": ["/", "/2023/06/13/", "/2023/06/", "/2023/06/13/page/2/", "/tag/war/", "/author/editor/",
                       "/feed/"],
    "anews": ["/", "/world", "/rss/world", "/world/2023/06/13", "/world/2023/06/13/story/amp", "/tag/war"],
    "ukrinform": ["/", "/rubric-ato", "/rubric-ato?page=2", "/block-lastnews", "/rss/block-lastnews",
                  "/tag-war"],
    "ukrainska-pravda": ["/eng/", "/eng/news/", "/eng/news/date_28052023/", "/news/2023/05/28/7404123/",
                         "/rus/news/2023/05/28/7404123/", "/eng/tags/war/", "/eng/authors/placeholder/"],
    "kyiv-independent": ["/", "/news-archive/", "/news-archive/rss/", "/tag/war-in-ukraine/",
                         "/author/placeholder-author-name/", "/membership/"],
    "interfax-ukraine": ["/", "/news/latest.html", "/news/general.html", "/news/last.rss", "/news/economic/"],
    "tass": ["/", "/defense", "/rss/v2.xml", "/defense/page/2", "/search?query=1234567"],
    "mod-uk": ["/government/organisations/ministry-of-defence", "/search/news-and-communications",
               "/government/collections/placeholder", "/government/news",
               "/government/organisations/ministry-of-defence.atom"],
    "war-gov": ["/", "/News/", "/News/Releases/", "/News/Contracts/", "/News/Releases/?Page=2",
                "/About/Biographies/Biography/Article/1234567/placeholder/", "/Multimedia/Photos/"],
    "isw": ["/", "/research/", "/research/russia-ukraine/", "/team/placeholder/",
            "/research/russia-ukraine/russian-offensive-campaign-assessment-updates-2",
            "/wp-json/wp/v2/posts", "/feed/?post_type=post"],
    "ap": ["/", "/hub/russia-ukraine", "/world-news", "/article", "/sitemap.xml", "/video/placeholder-4ad99ea3975a"],
    "reuters": ["/", "/world/", "/world/europe/", "/authors/placeholder/", "/2026-10-09/",
                "/arc/outboundfeeds/sitemap-index/?outputType=xml"],
    "kommersant": ["/", "/theme/1234", "/archive/rubric/3", "/RSS/news.xml", "/doc/", "/gallery/8294535"],
}  # fmt: skip


def test_the_patterns_of_every_built_in_outlet_are_tried() -> None:
    assert built_in().keys() == TAKEN.keys() == LEFT.keys()


@pytest.mark.parametrize(("name", "url"), [(name, url) for name, urls in TAKEN.items() for url in urls])
def test_a_story_of_an_outlet_is_taken(name: str, url: str) -> None:
    assert is_article(url, built_in()[name].articles)


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in LEFT.items() for path in paths])
def test_a_list_or_a_standing_page_of_an_outlet_is_left(name: str, path: str) -> None:
    assert not is_article(f"https://outlet.example{path}", built_in()[name].articles)


@pytest.mark.parametrize(
    ("name", "url", "one"),
    [
        ("mod-ru", f"https://z.mil.ru/news/{UUID}", f"https://mil.ru/news/{UUID}"),
        ("mod-ru", f"http://eng.mil.ru/news/{UUID}/", f"https://mil.ru/news/{UUID}"),
        ("mod-ru", f"https://mil.ru./news/{UUID}?from=main#top", f"https://mil.ru/news/{UUID}"),
        ("mod-ru", f"https://mil.ru/news/{UUID}", f"https://mil.ru/news/{UUID}"),
        ("mod-ru", f"https://z.mil.ru.example/news/{UUID}", f"https://z.mil.ru.example/news/{UUID}"),
        ("mod-ru", f"https://z.mil.ru/news/{UUID}0", f"https://z.mil.ru/news/{UUID}0"),
        ("mod-ru", "https://t.me/mod_russia/12345", "https://t.me/mod_russia/12345"),
        (
            "eastern-herald",
            "https://www.easternherald.com/2023/06/13/story/",
            "https://easternherald.com/2023/06/13/story/",
        ),
        (
            "anews",
            "https://www.anews.com.tr/world/2023/06/13/story/amp",
            "https://www.anews.com.tr/world/2023/06/13/story",
        ),
        (
            "anews",
            "https://www.anews.com.tr/world/2023/06/13/amplifiers",
            "https://www.anews.com.tr/world/2023/06/13/amplifiers",
        ),
        (
            "ukrinform",
            "https://www.ukrinform.net/amp/rubric-ato/4167255-story.html",
            "https://www.ukrinform.net/rubric-ato/4167255-story.html",
        ),
    ],
)
def test_one_story_has_one_address_on_all_its_hosts_and_in_all_its_forms(name: str, url: str, one: str) -> None:
    for pattern, replacement in built_in()[name].rewrite:
        url = pattern.sub(replacement, url)
    assert url == one
