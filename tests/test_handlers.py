"""Where a request may go: a page must never lead the crawler into the network it runs in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from twisted.internet.error import DNSLookupError

from archive import warc
from archive.errors import ConfigurationError
from archive.models import Position
from archive.private import is_private
from crawler.demo.site import Answer, DemoSite
from crawler.handlers import GuardedResolver, PrivateAddressError, _refuse, parse_connect_to
from tests.test_robots import Crawled, crawl, page


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("news.example=192.0.2.1:80", {"news.example": "192.0.2.1:80"}),
        ("*.Example=127.0.0.1:8123", {"*.example": "127.0.0.1:8123"}),
        ("a.example=[::1]:65535", {"a.example": "[::1]:65535"}),
    ],
)
def test_connect_to_takes_a_pattern_and_an_address(value: str, wanted: dict[str, str]) -> None:
    assert parse_connect_to([value]) == wanted


def test_connect_to_keeps_the_order_it_was_given() -> None:
    assert list(parse_connect_to(["b.example=192.0.2.1:1", "*.example=192.0.2.2:2"])) == ["b.example", "*.example"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a.example",
        "=192.0.2.1:1",
        "a.example=",
        "a.example=192.0.2.1",
        "a.example=:1",
        "a.example=192.0.2.1:",
        "a.example=192.0.2.1:0",
        "a.example=192.0.2.1:65536",
        "a.example=192.0.2.1:+8",
        "a.example=192.0.2.1:-1",
        "a.example=192.0.2.1:http",
        "a.example=192.0.2.1:²",
        "a.example=http://192.0.2.1:80",
        "a.example=192.0.2.1 :80",
        "a.example=192.0.2:80",
        "a.example=0x7f000001:80",
        "a.example=::1:80",
        "a.example=[::1:80",
        "a.example=[::1]",
        "a.example=[]:80",
        "a.example=proxy:1",
        "a.example=localhost:80",
    ],
)
def test_connect_to_of_another_form_is_refused_in_one_line(value: str) -> None:
    with pytest.raises(ConfigurationError, match="--connect-to takes HOST=ADDRESS:PORT") as caught:
        parse_connect_to([value])
    assert "\n" not in str(caught.value)


# one address of each entry of IANA's special-purpose registries that is not globally reachable
PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.0.1
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 100::1 2001::1 2001:db8::1 fc00::1 fd00:ec2::254
fe80::1 fe80::1%eth0 ff02::1
""".split()  # noqa: SIM905
# addresses that carry an IPv4 address, and newer entries
EMBEDDED = [
    "::127.0.0.1",  # IPv4-compatible (RFC 4291 2.5.5.1)
    "2002:7f00:1::",  # 6to4 (RFC 3056)
    "2002:a00:1::",
    "64:ff9b::7f00:1",  # NAT64 (RFC 6052)
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",  # local-use NAT64 (RFC 8215)
    "fec0::1",  # site-local (RFC 3879)
    "3fff::1",  # documentation (RFC 9637)
    "5f00::1",  # segment routing (RFC 9602)
]


@pytest.mark.parametrize("address", [*PRIVATE, *EMBEDDED])
def test_special_purpose_addresses_are_private(address: str) -> None:
    assert is_private(address)


# the neighbours of the private ones
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.255.255
172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 223.255.255.255 2606:4700:4700::1111 2a00:1450::1
::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::
""".split()  # noqa: SIM905


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_not(address: str) -> None:
    assert not is_private(address)


def host(url: str) -> str:
    """As the handler takes it from a request."""
    return (urlsplit(url).hostname or "").rstrip(".")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://LOCALHOST:8080/",
        "http://localhost./",
        "http://a.localhost/",
        "http://metadata.google.internal/",
        "http://printer.local/",
        "http://router.lan/",
        "http://nas.home.arpa/",
        "http://wiki.intranet/",
        "http://10.1.2.3/",
        "http://127.0.0.1:80/",
        "http://127.0.0.1./",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://user:secret@127.0.0.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0X7F.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0/",
        "http:///nowhere",
        "http://home.arpa/",
        "http://127.0x0.0.1/",
    ],
)
def test_a_host_that_means_this_network_is_refused_by_name(url: str) -> None:
    with pytest.raises(PrivateAddressError):
        _refuse(host(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://news.vardania.example/",
        "http://localhost.vardania.example/",
        "http://local.vardania.example/",
        "http://10.vardania.example/",
        "http://1.1.1.1/",
        "http://[2606:4700:4700::1111]/",
        "http://127.0.0.1.vardania.example/",
        "http://internal-news.example/",
        "http://124.example/",
        "http://0xvardania.example/",
        "http://nothome.arpa/",
    ],
)
def test_a_public_name_is_left_to_the_resolver(url: str) -> None:
    _refuse(host(url))


@pytest.fixture
def resolver() -> GuardedResolver:
    resolver = object.__new__(GuardedResolver)
    resolver.allowed = {"127.0.0.1"}
    return resolver


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "127.0.0.2", "::1", "0.0.0.0"])
def test_a_name_that_leads_to_a_private_address_is_refused(resolver: GuardedResolver, address: str) -> None:
    with pytest.raises(DNSLookupError, match=f"leads to the private address {address}"):
        resolver._check(address, "rebound.vardania.example")


def test_a_name_that_leads_to_a_public_address_passes(resolver: GuardedResolver) -> None:
    assert resolver._check("1.1.1.1", "news.vardania.example") == "1.1.1.1"
    assert resolver._check("127.0.0.1", "127.0.0.1") == "127.0.0.1"


# --- over real HTTP ---

OTHER = """decimal=2130706433 hex=0x7f.1 short=127.1 octal=0177.0.0.1 inner=127.0x0.0.1 localhost=localhost
wide=127。0。0。1 circled=①②⑦.⓪.⓪.①"""
SPELLINGS = dict(pair.split("=") for pair in OTHER.split())


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crawled, Path, str]:
    """A crawl that may connect to 127.0.0.1 for some hosts, whose pages lead there by other names."""
    with DemoSite() as site:
        port = site.address.rpartition(":")[2]
        site.add("news.example", "/list", page("/story", "/to-private", "/to-loopback", "/to-name"))
        site.add("news.example", "/story", page())
        targets = {
            "/to-private": "http://10.1.2.3/secret",
            "/to-loopback": f"http://127.0.0.1:{port}/secret",
            "/to-name": f"http://rebound.test:{port}/secret",
        }
        for path, target in targets.items():
            site.respond("news.example", path, lambda _, t=target: Answer(302, {"location": t}, b""))
        site.add("secure.example", "/list", page("/story"))
        site.add("secure.example", "/story", page())
        site.add("ported.example", "/list", page())
        for name in ("127.0.0.1", "rebound.test"):
            site.add(name, "/secret", page())
        outlets = {
            "news": ["http://news.example/list"],
            "secure": ["https://secure.example/list"],
            "ported": ["http://ported.example:8080/list"],
        }
        folder = tmp_path_factory.mktemp("allowed")
        found = crawl(folder, site, outlets, {"*.example": site.address}, {"rebound.test": "127.0.0.1"})
        return found, folder, port


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """A crawl that may not connect to any private address, of listings that all stand at one."""
    with DemoSite() as site:
        port = site.address.rpartition(":")[2]
        outlets = {name: [f"http://{spelling}:{port}/list"] for name, spelling in SPELLINGS.items()}
        outlets["loopback"] = [f"http://127.0.0.1:{port}/list"]
        outlets["six"] = [f"http://[::1]:{port}/list"]
        outlets["rebound"] = [f"http://rebound.test:{port}/list"]
        return crawl(tmp_path_factory.mktemp("guarded"), site, outlets, {}, {"rebound.test": "127.0.0.1"})


def test_connect_to_sends_the_original_host_and_keeps_the_original_address(
    allowed: tuple[Crawled, Path, str],
) -> None:
    crawled, folder, _ = allowed
    (row,) = crawled.of("http://news.example/story")
    assert "/story" in crawled.asked("news.example")
    assert (row["outcome"], row["status"]) == ("new", 200)
    exchange = warc.read(folder / "warc", Position(row["warc_file"], row["warc_offset"]))
    assert exchange.url == "http://news.example/story"


def test_connect_to_reaches_https_hosts_over_plain_http_under_their_own_address(
    allowed: tuple[Crawled, Path, str],
) -> None:
    crawled, _, _ = allowed
    assert set(crawled.asked("secure.example")) == {"/list", "/story"}
    assert crawled.of("https://secure.example/story")[0]["outcome"] == "new"
    assert crawled.of("http://secure.example/story") == []


def test_connect_to_reaches_hosts_on_other_ports(allowed: tuple[Crawled, Path, str]) -> None:
    crawled, _, _ = allowed
    assert crawled.of("http://ported.example:8080/list")[0]["outcome"] == "discovery"


def test_a_redirect_to_a_private_address_is_kept_and_not_followed(allowed: tuple[Crawled, Path, str]) -> None:
    crawled, _, _ = allowed
    for path in ("/to-private", "/to-loopback"):
        assert crawled.of(f"http://news.example{path}")[0]["outcome"] == "redirect"
    assert crawled.asked("127.0.0.1") == []
    refused = {row["url"]: row["message"] for row in crawled.captures if row["outcome"] == "failed"}
    assert any(url.startswith("http://10.1.2.3/") and "PrivateAddressError" in refused[url] for url in refused)
    assert any(url.startswith("http://127.0.0.1:") and "PrivateAddressError" in refused[url] for url in refused)


def test_a_redirect_to_a_name_that_leads_to_the_allowed_address_is_not_followed(
    allowed: tuple[Crawled, Path, str],
) -> None:
    crawled, _, _ = allowed
    assert crawled.of("http://news.example/to-name")[0]["outcome"] == "redirect"
    assert [hit.path for hit in crawled.hits if hit.host == "rebound.test"] == []


def test_no_spelling_of_a_private_address_is_ever_asked(guarded: Crawled) -> None:
    assert guarded.hits == ()


@pytest.mark.parametrize("name", [*SPELLINGS, "loopback", "six", "rebound"])
def test_a_source_at_a_private_address_fails_and_says_why(guarded: Crawled, name: str) -> None:
    (line,) = [line for line in guarded.problems if line.startswith(f"{name}: failing: ")]
    # the resolver's reason does not reach the request: Twisted makes "no results" of it
    assert ("CannotResolveHostError" if name == "rebound" else "is a private address") in line
    assert guarded.exit_code == 1


def test_the_rebound_name_was_looked_up(guarded: Crawled) -> None:
    assert "rebound.test" in guarded.looked_up
