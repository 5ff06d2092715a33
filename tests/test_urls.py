"""Which addresses are one page: an error here makes two articles of one story, or one of two."""

from __future__ import annotations

import re
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.urls import absolute, canonical, clean, is_article, is_web, site, url_key

PAGE = "http://news.vardania.example/2031/04/harbour"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://news.vardania.example/a/b?p=2&q=x",
        "HTTP://News.Vardania.EXAMPLE/a/b?p=2&q=x",
        "http://news.vardania.example:80/a/b?p=2&q=x",
        "https://news.vardania.example:443/a/b?p=2&q=x",
        "http://news.vardania.example./a/b?p=2&q=x",
        "http://news.vardania.example./a/b/?p=2&q=x",
        "http://news.vardania.example/a/b?q=x&p=2",
        "http://news.vardania.example/a/b?p=2&q=x#comments",
        "http://news.vardania.example/a/b?utm_source=feed&p=2&utm_medium=rss&q=x",
        "http://news.vardania.example/a/b?p=2&fbclid=IwAR0&q=x&gclid=1&_ga=2.1",
        "http://news.vardania.example/%61/b?p=2&q=x",
        "http://news.vardania.example/c/../a/./b?p=2&q=x",
        "  http://news.vardania.example/a/b?p=2&q=x ",
        "http://news.vardania.example/a/b/amp?p=2&q=x",
        "http://news.vardania.example/a/b/amp/?p=2&q=x",
        "http://news.vardania.example/a/b?p=2&amp=1&q=x",
    ],
)
def test_spellings_of_one_page_have_one_key(spelling: str) -> None:
    assert url_key(spelling) == "news.vardania.example/a/b?p=2&q=x"


@pytest.mark.parametrize("host", ["mil.ru", "z.mil.ru", "eng.mil.ru"])
def test_the_russian_ministrys_hosts_hold_one_document_under_one_uuid(host: str) -> None:
    path = "/news/0a1b2c3d-0000-4000-8000-0123456789ab"
    assert url_key(f"https://{host}{path}") == f"mil.ru{path}"
    assert url_key(f"https://{host}{path[:-1]}") == f"{host}{path[:-1]}"  # no UUID
    assert url_key(f"https://not-{host}{path}") == f"not-{host}{path}" if host == "mil.ru" else True


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://v.example/amp", "http://v.example/"),
        ("http://v.example/amp/b", "http://v.example/b"),
        ("http://v.example/camp", "http://v.example/"),
        ("http://v.example/?p=12", "http://v.example/?p=13"),
        ("http://v.example/?p=12", "http://v.example/"),
        ("http://v.example/more.htm?id=1@egNews", "http://v.example/more.htm?id=2@egNews"),
        ("http://v.example/more.htm?id=1@egNews", "http://v.example/more.htm"),
        ("http://v.example/News", "http://v.example/news"),
        ("http://v.example/a?p=1&p=2", "http://v.example/a?p=1"),
        ("http://v.example:8080/a", "http://v.example/a"),
        ("http://www.v.example/a", "http://v.example/a"),
        ("http://v.example/a%2Fb", "http://v.example/a/b"),
        ("http://v.example/a?q=%26x", "http://v.example/a?q=&x"),
        ("http://v.example/a?ref=home", "http://v.example/a"),
    ],
)
def test_different_pages_keep_different_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://вісті.example/новини", "http://xn--b1a4ad2fc.example/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"),
        ("http://v.example/%d0%bd%d0%be", "http://v.example/но"),
        ("http://v.example/a?тема=порт", "http://v.example/a?%D1%82%D0%B5%D0%BC%D0%B0=%D0%BF%D0%BE%D1%80%D1%82"),
        ("http://v.example/more.htm?id=1@egNews", "http://v.example/more.htm?id=1%40egNews"),
        ("http://v.example/a b", "http://v.example/a%20b"),
        ("http://v.example/a?q=a+b", "http://v.example/a?q=a%20b"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
        ("http://v.example", "http://v.example/?"),
        ("http://reader@v.example/a", "http://v.example/a"),
    ],
)
def test_encodings_of_one_page_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


def test_an_ipv6_host_keeps_its_brackets_and_port() -> None:
    assert url_key("http://[2001:DB8::1]:8080/a/") == "[2001:db8::1]:8080/a"


SEGMENT = st.text(alphabet=ascii_letters + digits + "-_.~%+@:;,=&'()!*$ /яіüñ中", max_size=12)
HOST = st.sampled_from(["v.example", "V.Example.", "www.v.example:8080", "вісті.example", "[2001:db8::1]"])
ADDRESS = st.builds("{}://{}/{}?{}".format, st.sampled_from(["http", "https"]), HOST, SEGMENT, SEGMENT)


@given(ADDRESS)
def test_the_key_of_a_key_is_itself(url: str) -> None:
    key = url_key(url)
    assert url_key(f"http://{key}") == key


@given(ADDRESS)
def test_cleaning_and_case_of_the_host_never_change_the_key(url: str) -> None:
    key = url_key(url)
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    assert url_key(clean(url)) == key
    assert url_key(f"{scheme.upper()}://{host.upper()}/{path}#top") == key


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://v.example/a?utm_source=x&id=1@egNews#top", "http://v.example/a?id=1@egNews"),
        ("http://v.example/a?b=2&b=1&a=3", "http://v.example/a?b=2&b=1&a=3"),
        ("http://v.example/?p=12", "http://v.example/?p=12"),
        ("http://v.example/a?q=%D1%8F+b", "http://v.example/a?q=%D1%8F+b"),
        ("http://v.example/a?x=a=b&utm_id=1", "http://v.example/a?x=a=b"),
        ("http://v.example/a/", "http://v.example/a/"),
        ("http://v.example/a?fbclid=1", "http://v.example/a"),
    ],
)
def test_cleaning_takes_only_what_never_names_a_page(url: str, wanted: str) -> None:
    assert clean(url) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://www.v.example/a", "v.example"),
        ("http://WWW.V.example.:80/", "v.example"),
        ("http://wwwest.example/", "wwwest.example"),
        ("/a", ""),
    ],
)
def test_the_site_is_the_host_without_www(url: str, wanted: str) -> None:
    assert site(url) == wanted


@pytest.mark.parametrize(
    ("declared", "wanted"),
    [
        ("/harbour", "http://news.vardania.example/harbour"),
        ("harbour-2", "http://news.vardania.example/2031/04/harbour-2"),
        ("//www.news.vardania.example/h#x", "http://www.news.vardania.example/h"),
        (" https://news.vardania.example/h ", "https://news.vardania.example/h"),
        ("https://NEWS.vardania.example./h", "https://NEWS.vardania.example./h"),
        ("/?p=12", "http://news.vardania.example/?p=12"),
    ],
)
def test_a_canonical_address_on_the_site_is_believed(declared: str, wanted: str) -> None:
    assert canonical(PAGE, declared) == wanted


@pytest.mark.parametrize(
    "declared",
    [
        None,
        "",
        "https://other.example/harbour",
        "https://news.vardania.example.evil.example/h",
        "javascript:void(0)",
        "ftp://news.vardania.example/h",
        "/",
        "http://news.vardania.example",
        "http://news.vardania.example/#top",
        "http://[::1",
        "http://news.vardania.example:bad/h",
        "http://news.vardania.example:99999/h",
    ],
)
def test_a_canonical_address_that_cannot_be_is_not_believed(declared: str | None) -> None:
    assert canonical(PAGE, declared) is None


def test_the_front_page_may_declare_itself() -> None:
    assert canonical("http://v.example/", "/") == "http://v.example/"


@pytest.mark.parametrize(
    ("page", "declared"),
    [
        ("http://v.example/?p=12", "http://v.example/"),
        ("http://v.example?p=12", "/"),
        ("http://v.example/more.htm?id=1@egNews", "/more.htm"),
        ("http://v.example/news/more.php?id=1", "/news/more.php#top"),
    ],
)
def test_an_address_without_a_query_is_not_believed_for_a_page_named_by_its_query(page: str, declared: str) -> None:
    assert canonical(page, declared) is None


@pytest.mark.parametrize(
    ("page", "declared", "wanted"),
    [
        ("http://v.example/news/slug?x=1", "/news/slug", "http://v.example/news/slug"),
        ("http://v.example/news/slug/?x=1", "/news/slug/", "http://v.example/news/slug/"),
        ("http://v.example/more.htm?id=1&x=2", "/more.htm?id=1", "http://v.example/more.htm?id=1"),
        ("http://v.example/more.htm?id=1", "/news/slug", "http://v.example/news/slug"),
        ("http://v.example/?p=12", "/news/slug", "http://v.example/news/slug"),
    ],
)
def test_another_address_is_believed_for_a_page_with_a_query(page: str, declared: str, wanted: str) -> None:
    assert canonical(page, declared) == wanted


@given(st.text(max_size=40))
def test_what_is_believed_always_has_a_key(declared: str) -> None:
    """Ingest makes a key of it without asking: one page must not be able to end a crawl."""
    if (url := canonical(PAGE, declared)) is not None:
        assert url_key(url)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://v.example", True),
        ("HTTPS://v.example/a", True),
        ("http://v.example:8080/a", True),
        ("http://[2001:db8::1]/a", True),
        ("", False),
        ("/a", False),
        ("//v.example/a", False),
        ("http:///a", False),
        ("http:v.example", False),
        ("javascript:alert(1)", False),
        ("mailto:press@v.example", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("ftp://v.example/a", False),
        ("http://[::1", False),
        ("http://v.example:bad/", False),
        ("http://v.example:0/", False),
        ("http://v.example:65536/", False),
    ],
)
def test_a_web_address_is_one_that_can_be_asked_for(url: str, wanted: bool) -> None:
    assert is_web(url) is wanted


@pytest.mark.parametrize(
    ("href", "wanted"),
    [
        ("/a", "http://news.vardania.example/a"),
        ("b?x=1#top", "http://news.vardania.example/2031/04/b?x=1"),
        ("?page=2", "http://news.vardania.example/2031/04/harbour?page=2"),
        ("#top", PAGE),
        (" /a\n", "http://news.vardania.example/a"),
        ("//v.example/a", "http://v.example/a"),
        ("https://other.example/a", "https://other.example/a"),
        ("/новини", "http://news.vardania.example/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"),
        ("/%d0%bd?q=a+b", "http://news.vardania.example/%d0%bd?q=a+b"),
        ("/a b", "http://news.vardania.example/a%20b"),
        (None, None),
        ("", None),
        ("javascript:open()", None),
        ("tel:+380441234567", None),
        ("http://[bad", None),
        ("http://v.example:bad/", None),
    ],
)
def test_a_link_leads_to_a_web_address_or_to_none(href: str | None, wanted: str | None) -> None:
    assert absolute(PAGE, href) == wanted


@given(st.text(max_size=40))
def test_where_a_link_leads_always_has_a_key(href: str) -> None:
    if (url := absolute(PAGE, href)) is not None:
        assert url_key(url)
        assert url.isascii()


@pytest.mark.parametrize(
    ("url", "patterns", "wanted"),
    [
        (PAGE, [], True),
        (PAGE, [r"^/\d{4}/\d\d/[^/?]+$"], True),
        (PAGE, [r"^/en/"], False),
        (PAGE, [r"^/en/", "harbour"], True),
        (PAGE, ["vardania"], False),
        ("http://v.example/more.htm?id=1@egNews", [r"\?id=\d+@egNews$"], True),
        ("http://v.example/a?", [r"\?"], False),
        ("http://v.example/a#b", ["b"], False),
    ],
)
def test_an_article_is_told_by_path_and_query_alone(url: str, patterns: list[str], wanted: bool) -> None:
    compiled = (re.compile(pattern) for pattern in patterns)
    assert is_article(url, compiled) is wanted
