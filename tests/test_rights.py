"""What an outlet states of its rights: each form of a reservation, each form of a licence, and what is none."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from crawler.rights import licence, reservations

URL = "https://ferry.example/en/"
NOTHING = Selector(text="<html><body><p>Placeholder</p></body></html>", type="html")


def front(head: str) -> Selector:
    return Selector(
        text=f"<!DOCTYPE html><html><head>{head}</head><body><p>Placeholder</p></body></html>", type="html"
    )


def robots(text: str) -> str | None:
    return reservations(NOTHING, (), text, None, None)


def tdmrep(*rules: object) -> str | None:
    return reservations(NOTHING, (), "", None, json.dumps(rules))


def rule(location: str, value: object = 1, **more: object) -> dict[str, object]:
    return {"location": location, "tdm-reservation": value, **more}


# --- reservations ---


def test_a_site_that_states_nothing() -> None:
    assert (
        reservations(NOTHING, [("Content-Type", "text/html")], "User-agent: *\nDisallow: /admin/\n", None, None)
        is None
    )


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("<meta name='tdm-reservation' content='1'>", "meta tdm-reservation: 1"),
        (
            "<meta name='TDM-Reservation' content=' 1 '><meta name='tdm-policy' content='https://ferry.example/p'>",
            "meta tdm-reservation: 1 (tdm-policy https://ferry.example/p)",
        ),
        ("<meta name='tdm-reservation' content='0'><meta name='tdm-policy' content='/p'>", None),
        ("<meta name='tdm-reservation' content='yes'>", None),
        ("<meta name='tdm-policy' content='/p'>", None),
        ("<meta name='robots' content='noindex, NoAI, noimageai'>", "meta robots: noai, noimageai"),
        ("<meta name='robots' content='index'><meta name='Robots' content='noimageai'>", "meta robots: noimageai"),
        ("<meta name='robots' content='index, follow, max-image-preview:large'>", None),
        ("<meta name='description' content='noai'>", None),
    ],
)
def test_meta_elements(head: str, said: str | None) -> None:
    assert reservations(front(head), (), "", None, None) == said


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([("TDM-Reservation", "1")], "header TDM-Reservation: 1"),
        (
            [("tdm-policy", "https://ferry.example/p"), ("Tdm-Reservation", "1")],
            "header TDM-Reservation: 1 (tdm-policy https://ferry.example/p)",
        ),
        ([("TDM-Reservation", "0")], None),
        ([("X-Robots-Tag", "noarchive"), ("X-Robots-Tag", "gptbot: noai, noimageai")], "header X-Robots-Tag: noai, noimageai"),
        ([("X-Robots-Tag", "unavailable_after: 25 Jun 2030 15:00:00 GMT")], None),
        ([("Content-Usage", "train-ai=n")], "header Content-Usage: train-ai=n"),
        ([("Content-Signal", "search=yes, ai-train=yes")], None),
    ],
)  # fmt: skip
def test_response_headers(headers: list[tuple[str, str]], said: str | None) -> None:
    assert reservations(NOTHING, headers, "", None, None) == said


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([rule("/")], "1 for /"),
        ([rule("/", "1", **{"tdm-policy": "https://ferry.example/p.json"})], "1 for / (tdm-policy https://ferry.example/p.json)"),
        ([rule("/news/"), rule("/*.pdf$"), rule("/a/", 0)], "1 for /news/, /*.pdf$"),
        ([rule("/a", **{"tdm-policy": "/p"}), rule("/b"), rule("/c", **{"tdm-policy": "/p"})], "1 for /a, /c (tdm-policy /p), 1 for /b"),
        # the first rule that fits holds
        ([rule("/news/", 0), rule("/")], "1 for /"),
        ([rule("/", 0), rule("/news/")], None),
        ([rule("/*", 0), rule("/news/")], None),
        ([rule("/news/*", 0), rule("/news/a$"), rule("/new")], "1 for /new"),
        ([rule("/news$", 0), rule("/news")], "1 for /news"),
        ([rule("/*.pdf$", 0), rule("/a.pdf$"), rule("/a.pdf")], "1 for /a.pdf"),
        ([rule("/a*b*c", 0), rule("/axbxcx"), rule("/axc")], "1 for /axc"),
        ([rule("/"), rule("/news/")], "1 for /"),
        # and what is no rule holds nothing
        ([rule("/", 0)], None),
        ([rule("/", 2), rule("/a", True), rule("", 1), rule("/b", None), {"location": "/c"}, {"tdm-reservation": 1}, 7, "x"], None),
        ([{"location": ["/"], "tdm-reservation": 1}, rule("/d", [1]), rule("/e", 1, **{"tdm-policy": {}})], "1 for /e"),
    ],
)  # fmt: skip
def test_the_file_of_the_reservation_protocol(rules: list[object], said: str | None) -> None:
    assert tdmrep(*rules) == (said and f"tdmrep.json tdm-reservation: {said}")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", "<!DOCTYPE html>", "[" * 100_000, "[1", "1" * 9_000, '[{"location":']
)
def test_a_file_that_is_none(text: str) -> None:
    assert reservations(NOTHING, (), "", None, text) is None


def test_one_rule_without_its_list_is_read() -> None:
    assert reservations(NOTHING, (), "", None, json.dumps(rule("/"))) == "tdmrep.json tdm-reservation: 1 for /"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("User-agent: *\nContent-Signal: search=yes,ai-train=no\nAllow: /\n", "robots.txt Content-Signal: search=yes,ai-train=no"),
        ("content-signal: ai-input = NO # a comment", "robots.txt Content-Signal: ai-input = NO"),
        ("User-agent: *\nContent-Usage: /news/ train-ai=n\n", "robots.txt Content-Usage: /news/ train-ai=n"),
        ("User-agent: Someone\nContent-Signal: ai-train=no\n", "robots.txt Content-Signal: ai-train=no for Someone"),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=yes\n", None),
        ("# Content-Signal: ai-train=no\n", None),
        ("Content-Signal: no\n", None),
        ("User-agent: GPTBot\nDisallow: /\n", "robots.txt Disallow: / for GPTBot"),
        (
            "User-Agent: ccbot\nUSER-AGENT: gptbot/1.1 # both\n\nSitemap: https://ferry.example/s.xml\nDisallow:/*\n",
            "robots.txt Disallow: / for GPTBot, CCBot",
        ),
        ("User-agent: CCBot\nDisallow: /a\n\nUser-agent: CCBot\nDisallow: *\n", "robots.txt Disallow: / for CCBot"),
        ("User-agent: GPTBot\nDisallow: /\nAllow: /\n", None),
        ("User-agent: GPTBot\nDisallow: /\nAllow: /press/\n", "robots.txt Disallow: / for GPTBot"),
        ("User-agent: GPTBot\nDisallow: /private/\nDisallow:\n", None),
        ("User-agent: Googlebot\nDisallow: /\n", None),
        ("User-agent: *\nDisallow: /\n", None),
        # a line of rules ends the list of names, whatever it says
        ("User-agent: GPTBot\nCrawl-delay: 2\nUser-agent: CCBot\nDisallow: /\n", "robots.txt Disallow: / for CCBot"),
        (
            "\ufeffUser-agent: *\nContent-Signal: ai-train=no\n\nUser-agent: Bytespider\nUser-agent: meta-externalagent\nDisallow: /",
            "robots.txt Content-Signal: ai-train=no; robots.txt Disallow: / for Bytespider, meta-externalagent",
        ),
    ],
)  # fmt: skip
def test_robots_txt(text: str, said: str | None) -> None:
    assert robots(text) == said


@pytest.mark.parametrize("name", [
    "GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "Bytespider", "Applebot-Extended", "PerplexityBot",
    "meta-externalagent",
])  # fmt: skip
def test_each_crawler_is_named(name: str) -> None:
    assert robots(f"User-agent: {name.upper()}\nDisallow: /") == f"robots.txt Disallow: / for {name}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("User-Agent: *\nDisallow: *\n", "ai.txt Disallow: *"),
        ("# for data sets\nUser-Agent: *\nDisallow: *.txt\nDisallow: *.pdf\nAllow: *.jpg\nDisallow: *.txt\n", "ai.txt Disallow: *.txt, *.pdf"),
        ("Disallow: /\n", "ai.txt Disallow: /"),
        ("User-agent: GPTBot\nDisallow: /\n", "ai.txt Disallow: / for GPTBot"),
        ("User-Agent: *\nAllow: /\nDisallow:\n", None),
        ("# Placeholder\n\nWhat this site is about.\n", None),
        ("\n<!DOCTYPE html>\n<script>\ndisallow: 'x'\n</script>", None),
    ],
)  # fmt: skip
def test_ai_txt(text: str, said: str | None) -> None:
    assert reservations(NOTHING, (), "", text, None) == said


def test_all_that_is_stated_is_one_line_in_one_order() -> None:
    page = front("<meta name='robots' content='noai'><meta name='tdm-reservation' content='1'>")
    headers = [("X-Robots-Tag", "noai"), ("TDM-Reservation", "1")]
    assert reservations(page, headers, "User-agent: CCBot\nDisallow: /", "Disallow: *", json.dumps([rule("/")])) == (
        "meta tdm-reservation: 1; header TDM-Reservation: 1; tdmrep.json tdm-reservation: 1 for /; meta robots: noai;"
        " header X-Robots-Tag: noai; robots.txt Disallow: / for CCBot; ai.txt Disallow: *"
    )


# --- what the web may send ---

WORDS = st.sampled_from([
    "User-agent", "Disallow", "Content-Signal", "Allow", ":", "=", "no", "*", "/", "GPTBot", "\n", "\r", ",", "#", " ",
    "\x00", "\ud800", "\u202e", "1", "ї", '"', "{", "}", "[", "]", "location", "tdm-reservation", "<", "<meta name=robots",
    " content=noai>", "<a rel=license href=", "<script type='application/ld+json'>", "</script>", "license", "@graph",
])  # fmt: skip
TEXT = st.lists(WORDS | st.text(max_size=5), max_size=60).map("".join)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["/", "1", "/*$", "license", "ImageObject"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["location", "tdm-reservation", "tdm-policy", "license", "@graph", "@type", "name", "url"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(
    TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3), TEXT, TEXT, TEXT | JSON.map(json.dumps), JSON.map(json.dumps)
)
def test_nothing_breaks_it(
    html: str, headers: list[tuple[str, str]], robots: str, ai_txt: str, tdmrep: str, data: str
) -> None:
    for page in (html, f"<script type='application/ld+json'>{data}</script>"):
        selector = Selector(text=page.encode("utf-8", "replace").decode(), type="html")
        for said in (reservations(selector, headers, robots, ai_txt, tdmrep), licence(selector, URL)):
            assert said is None or (said.isprintable() and 0 < len(said) <= 1_500 and said == said.strip())


def test_what_is_long_is_cut_and_takes_no_time() -> None:
    size = 1 << 19
    many = "".join(f"User-agent: bot{n}\n" for n in range(20_000)) + "Content-Signal: ai-train=no\n" * 20_000
    star = json.dumps([rule(f"/{'*a' * 240}{n}") for n in range(2_000)])
    started = time.process_time()
    said = [
        robots("User-agent: " + "a" * size),
        robots(many),
        robots("User-agent: CCBot\n" * 20_000 + "Disallow: /\n" * 20_000),
        robots("Content-Signal: " + "ai-train=no," * 40_000),
        reservations(NOTHING, [("X-Robots-Tag", "a:" * size + "noai")], "", "Disallow: " + "*" * size, star),
        reservations(NOTHING, (), "", "".join(f"Disallow: *.{n}\n" for n in range(20_000)), "[" + "[" * size),
        reservations(front("<meta name='robots' content='a'>" * 20_000), (), "", None, None),
        licence(front("<link rel='license' href='/" + "a" * size + "'>"), URL),
        licence(front("<a rel='license'>" * 20_000), URL),
    ]
    assert time.process_time() - started < 10  # it takes 0.3
    assert all(one is None or len(one) <= 1_500 for one in said)
    assert said[1] is not None and said[1].endswith("bot19 and 19980 more")
    assert said[2] == "robots.txt Disallow: / for CCBot"
    assert said[5] is not None and said[5].endswith("*.19 and 19980 more")


# --- licences ---

CC = "https://creativecommons.org/licenses/by/4.0/"


def ld(**thing: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps(thing)}</script>"


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (f"<a rel='license' href='{CC}'>Placeholder\n Licence 4.0</a>", f"Placeholder Licence 4.0 ({CC})"),
        (f"<link rel='License' href='{CC}'>", CC),
        (f"<a rel='license noopener' href='{CC}'><img src='x.png'></a>", CC),
        ("<a rel='license' href='/terms'>Terms</a>", "Terms (https://ferry.example/terms)"),
        ("<a rel='license' href='javascript:show()'>Terms</a>", "Terms"),
        ("<a rel='license' href='javascript:show()'></a>", None),
        (f"<a rel='sublicense' href='{CC}'>x</a><a href='{CC}'>x</a>", None),
        (ld(**{"@type": "WebSite", "license": CC}), CC),
        (ld(**{"@graph": [{"@type": "NewsMediaOrganization"}, {"@type": "WebPage", "license": [CC]}]}), CC),
        (ld(license={"@type": "CreativeWork", "name": "Open Placeholder", "url": CC}), f"Open Placeholder ({CC})"),
        (ld(license={"@id": CC}), CC),
        (ld(**{"@type": ["Thing", "ImageObject"], "license": CC}), None),
        (ld(**{"@type": "NewsMediaOrganization", "license": CC}), CC),
        (ld(license={}) + "<script type='application/ld+json'>{broken</script>" + ld(license="Placeholder"), "Placeholder"),
        ("<meta name='DCTERMS.license' content='Open  Placeholder'>", "Open Placeholder"),
        ("<meta name='dc.rights' content='All reserved'><meta name='DC.rights' content='Other'>", "All reserved"),
        ("<meta name='dc.rights' content='b'><meta name='dcterms.license' content='a'>", "a"),
        ("<meta name='dc.rights' content=' '>", None),
        (f"<meta name='dc.rights' content='c'>{ld(license='b')}<link rel='license' href='{CC}'>", CC),
        (f"<meta name='dc.rights' content='c'>{ld(license='b')}", "b"),
        ("<p>Licence: Placeholder</p>", None),
    ],
)  # fmt: skip
def test_licences_as_printed(html: str, said: str | None) -> None:
    assert licence(front(html), URL) == said
