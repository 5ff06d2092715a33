"""The catalogue: a wrong entry is told with file, table and key, and never met in the middle of a crawl."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.errors import CatalogueError, ConfigurationError
from crawler.sources import DELAY, PAGES, Discovery, Outlet, built_in, catalogue, choose, demo

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
    outlets = built_in()
    assert len(outlets) >= 10
    for name, outlet in outlets.items():
        assert outlet.source.id == name
        assert outlet.delay >= 1, f"{name} is asked more often than once a second"
        assert outlet.discovery
        assert outlet.hosts


def test_the_built_in_catalogue_pauses_what_its_terms_keep_from_the_public() -> None:
    assert all(outlet.source.paused for outlet in built_in().values() if not outlet.source.public)


def test_the_demo_catalogue_loads_and_names_no_real_host() -> None:
    hosts = {host for outlet in demo().values() for host in outlet.hosts}
    assert hosts
    assert {host.rpartition(".")[2] for host in hosts} == {"example"}


def test_no_built_in_pattern_takes_its_own_listing_for_an_article() -> None:
    for name, outlet in built_in().items():
        for discovery in outlet.discovery:
            path = discovery.url.split("/", 3)[3] if discovery.url.count("/") > 2 else ""
            assert not any(pattern.search(f"/{path}") for pattern in outlet.articles), name


def test_an_entry_says_what_it_leaves_out_by_defaults(own: Path) -> None:
    outlet = load(own, GOOD)["harbour-news"]
    assert outlet.discovery == (Discovery("listing", "https://news.vardania.example/list", "body", None, PAGES),)
    assert (outlet.delay, outlet.articles) == (DELAY, ())
    assert (outlet.source.public, outlet.source.paused, outlet.source.language) == (True, False, None)
    assert outlet.hosts == {"news.vardania.example"}


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
        ('kind = "news"', 'kind = ["news"]', "kind", "must be a text"),
        ('timezone = "Europe/Kyiv"', "", "timezone", "is missing"),
        ("Europe/Kyiv", "Europe/Nowhere", "timezone", "no time zone 'Europe/Nowhere'"),
        ("Europe/Kyiv", "Europe", "timezone", "no time zone 'Europe'"),
        ("Europe/Kyiv", "../etc/passwd", "timezone", "no time zone"),
        ("Europe/Kyiv", "/etc/localtime", "timezone", "no time zone"),
        (HOME, "", "homepage", "must be an http"),
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
        (HOME, HOME + "\narticles = [1]", "articles", "must be a list"),
        (HOME, HOME + "\narticles = ['(']", "articles", "'('"),
        ('kind = "listing"', "", "discovery[0].kind", "is one of feed, listing"),
        ('kind = "listing"', 'kind = "guess"', "discovery[0].kind", "is one of feed, listing"),
        ('kind = "listing"', 'kind = ["feed"]', "discovery[0].kind", "is one of"),
        (URL, "", "discovery[0].url", "must be an http"),
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


def test_a_key_of_a_listing_is_wrong_for_a_feed(own: Path) -> None:
    with pytest.raises(CatalogueError, match=r"discovery\[0\].links: no such key for a feed"):
        load(own, GOOD.replace('"listing"', '"feed"') + 'links = ".x"\n')


@pytest.mark.parametrize("discovery", ["", "discovery = []", 'discovery = "feed"', "discovery = {}"])
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
