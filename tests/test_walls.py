"""Pages that are no article are told apart from short, odd and mistaken pages that are."""

from __future__ import annotations

import pytest

from archive.extract import read
from archive.models import Page
from archive.walls import header_wall

URL = "http://outlet.example/news/ferry-runs-again"
FERRY = (
    "The ferry between the two banks of the Morvina ran again on Monday after a week of storms, its master said.",
    "About four hundred people crossed before noon, most of them to the market on the eastern side.",
)
MENU = "<nav><a href='/'>Home</a> <a href='/news'>News</a> <a href='/about'>About</a></nav>"


def look(html: str, url: str = URL) -> Page:
    return read(html.encode(), None, "text/html; charset=utf-8", url, "UTC", None)


def page(title: str, body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def story(headline: str, *texts: str, head: str = "", more: str = "") -> str:
    paragraphs = "".join(f"<p>{text}</p>" for text in texts or FERRY)
    body = f"{MENU}<article><h1>{headline}</h1>{paragraphs}</article>{more}<footer>An outlet that is none.</footer>"
    return page(f"{headline} | Outlet", body, head)


CHALLENGES = {
    "Cloudflare": page(
        "Just a moment...",
        "<div class='main-wrapper'><h1>outlet.example</h1><p>Checking that the connection is secure.</p></div>"
        "<noscript>Enable JavaScript and cookies to continue</noscript><script>window._cf_chl_opt={cvId:'3'};</script>",
        '<meta name="robots" content="noindex,nofollow">',
    ),
    "Akamai": page(
        "&nbsp;",
        '<div id="sec-if-cpt-container"><p>Placeholder: please wait while the page is tested.</p>'
        "<p>Powered and protected by a vendor</p></div><script src='/x'></script>",
    ),
    "DataDome": page(
        "outlet.example",
        "<p id='cmsg'>Please enable JS and disable any ad blocker</p>"
        "<script src='https://ct.captcha-delivery.com/c.js'></script>",
    ),
    "Imperva": "<html><head><script src='/_Incapsula_Resource?SWJIYLWA=1'></script></head><body></body></html>",
    "HUMAN": page(
        "Access to this page has been denied",
        "<h1>Before we continue</h1><p>Press and hold the button.</p><div id='px-captcha'></div>",
    ),
    "DDoS-Guard": page(
        "DDoS-Guard",
        "<h1>Checking your browser before accessing outlet.example</h1>"
        "<script src='/.well-known/ddos-guard/js-challenge/index.js'></script>",
    ),
    "Qrator": page("", "<script src='/__qrator/qauth_utm_v2.js'></script><noscript>No scripts</noscript>"),
    "Sucuri": page("You are being redirected", "<script>var s='sucuri_cloudproxy_js';</script>"),
    "AWS WAF": page("", "<div id='challenge-container'></div><script>window.gokuProps = {};</script>"),
}


@pytest.mark.parametrize("vendor", CHALLENGES)
def test_a_script_challenge_is_a_block_that_names_its_vendor(vendor: str) -> None:
    seen = look(CHALLENGES[vendor])
    assert (seen.readings, seen.outcome) == ((), "blocked")
    assert seen.reason and f"script challenge ({vendor})" in seen.reason and "\n" not in seen.reason


BLOCKED = {
    "a captcha alone": page(
        "Outlet", "<h1>Are you a robot?</h1><form><div class='g-recaptcha' data-sitekey='x'></div></form>"
    ),
    "a Russian captcha": page(
        "Проверка", "<p>Подтвердите, что вы не робот</p><div id='captcha-container' class='smart-captcha'></div>"
    ),
    "a firewall's refusal": page("Access Denied", "<h1>Access Denied</h1><p>Reference #18.placeholder</p>"),
    "a consent form": page(
        "Outlet",
        "<form action='https://outlet.example/collectConsent' method='post'><h1>Your privacy is worth asking for</h1>"
        "<p>We and our partners keep placeholders on your device. Do you agree to that?</p>"
        "<button>Agree</button><button>Refuse</button></form><a href='/terms'>Terms</a>",
    ),
    "a login page": page(
        "Sign in | Outlet", "<h1>Welcome back</h1><form><input name='u'><input type='password' name='p'></form>"
    ),
    "a login in Ukrainian": page("Outlet", "<h1>Вхід</h1><form><input type='password' name='p'></form>"),
    "a paywall without a text": page(
        "Subscribe to read | Outlet", f"{MENU}<h1>Choose a plan</h1><p>Four placeholders a week.</p>"
    ),
    "a mount point": page("Outlet", "<div id='root'></div><script src='/app.js'></script>"),
    "a plea for scripts": page(
        "Outlet",
        "<noscript><p>You need to enable JavaScript to run this app, which has nothing to say without it, and"
        " it says so in a sentence that is longer than the page of anybody who has something to say.</p></noscript>"
        "<script src='/app.js'></script><app-shell></app-shell>",
    ),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_what_stands_between_us_and_the_story_is_a_block(name: str) -> None:
    seen = look(BLOCKED[name])
    assert (seen.readings, seen.outcome) == ((), "blocked"), seen


def test_a_consent_host_is_a_block_however_long_its_text() -> None:
    long = page("Before you continue", f"<h1>Before you continue</h1>{'<p>' + FERRY[0] + '</p>' * 20}")
    assert look(long, "https://consent.outlet.example/m?continue=x").outcome == "blocked"
    assert look(story("Consent"), "https://consent.example/news/1").outcome is None


def test_a_login_address_with_a_password_field_is_a_block() -> None:
    form = page("Outlet", "<h1>Outlet</h1><p>Members of the placeholder only.</p><input type='password'>")
    assert look(form, "http://outlet.example/login?next=/news/1").outcome == "blocked"
    assert look(form, "http://outlet.example/news/login-fails").outcome is None


NOT_THERE = (
    "Page not found", "404 Not Found", "Error 404", "Oops! The page you are looking for doesn't exist",
    "Sorry, this page could not be found", "This article is no longer available", "Сторінку не знайдено",
    "Помилка 404: сторінку не знайдено", "На жаль, такої сторінки не існує", "Страница не найдена", "Ошибка 404",
    "Материал удалён", "Seite nicht gefunden", "Page introuvable", "SAYFA BULUNAMADI", "Página no encontrada", "404",
)  # fmt: skip


@pytest.mark.parametrize("words", NOT_THERE)
def test_a_page_whose_headline_says_there_is_none_is_gone(words: str) -> None:
    about = "<p>Perhaps the address was mistyped. The newest placeholders are on the front page.</p>"
    seen = look(page("Outlet", f"{MENU}<h1>{words}</h1>{about}"))
    assert (seen.readings, seen.outcome) == ((), "gone")
    assert seen.reason and seen.reason.startswith("soft 404")


@pytest.mark.parametrize(
    "title", ["Page not found - Outlet", "Outlet | 404 Not Found", "Сторінку не знайдено — Outlet"]
)
def test_where_there_is_no_headline_the_title_says_it(title: str) -> None:
    for h1 in ("", "<h1>Oops!</h1>", "<h1><a href='/'>Outlet</a></h1>"):
        site = '<meta property="og:site_name" content="Outlet">'
        assert look(page(title, f"{MENU}{h1}<p>Go back to the front page, please.</p>", site)).outcome == "gone"


ARTICLES = {
    "on captchas": story("Why captchas fail", "A g-recaptcha widget asks whether you are a robot, a reader writes."),
    "on a vendor's marker": story("How captcha-delivery.com works", "It loads px-captcha and captcha-delivery.com."),
    "on missing pages": story("Page not found: how ministries lose their archives", *FERRY),
    "on missing pages, with a dash": story("Page not found - how ministries lose their archives", *FERRY),
    "on a moment": story("Just a moment of silence in Vellmora", *FERRY),
    "whose headline is a number": story("Losses as of today – 404", *FERRY),
    "whose headline ends with a figure": story("Day 410", *FERRY),
    "with a captcha in its comments": story(
        "Ferry runs again",
        more="<form><h3>Write a comment to the editors of this outlet, who read every one</h3>"
        "<div class='g-recaptcha'></div></form>",
        head='<meta property="og:type" content="article">',
    ),
    "with a login in its menu": story("Ferry runs again", more="<form><a>Log in</a><input type='password'></form>"),
    "with a cookie banner": story(
        "Ferry runs again",
        more=f"<form class='gdpr-consent'><p>{'We keep placeholders on your device. ' * 20}</p></form>",
    ),
    "behind a firewall that let us through": story(
        "Ferry runs again", more="<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"
    ),
    "under a firewall's resource": story(
        "Ferry runs again", more="<script src='/_Incapsula_Resource?SWJIYLWA=1&ns=2'></script>"
    ),
    "on members": story(
        "Members only", head='<meta property="article:published_time" content="2031-04-01T08:00:00Z">'
    ),
    "in an application's mount point": page(
        "Ferry", f"<div id='root'><h1>Ferry runs again</h1><p>{FERRY[0]}</p><p>{FERRY[1]}</p></div><script></script>"
    ),
}


@pytest.mark.parametrize("name", ARTICLES)
def test_a_short_article_stays_one(name: str) -> None:
    seen = look(ARTICLES[name])
    assert seen.outcome is None and len(seen.readings) == 1, seen


def test_a_long_article_that_bears_every_mark_stays_one() -> None:
    text = [f"Sentence {n} of a text on how pages are kept from crawlers, written for nobody." for n in range(30)]
    marks = (
        "<div id='px-captcha'></div><div class='g-recaptcha'></div><script>_cf_chl_opt</script><input type=password>"
    )
    seen = look(story("Page not found", *text, more=marks))
    assert seen.outcome is None and len(seen.readings) == 1


def front(h1: str, head: str = "", teaser: str = "A short teaser of it.") -> str:
    items = "".join(
        f"<div class='item'><h2><a href='/news/{n}'>Placeholder story number {n} of this outlet's day</a></h2>"
        f"<p>{teaser}</p></div>"
        for n in range(12)
    )
    return page("Outlet", f"<header>{h1}</header>{MENU}<main>{items}</main>", head)


ROOT = '<link rel="canonical" href="http://outlet.example/"><meta property="og:type" content="website">'


def test_a_front_page_under_an_articles_address_is_no_article() -> None:
    for h1 in ("", "<h1><a href='/'>Outlet of placeholders</a></h1>"):
        for head in (ROOT, '<meta property="og:url" content="/">'):
            seen = look(front(h1, head))
            assert (seen.readings, seen.outcome) == ((), "not_article"), seen
            assert seen.reason and "front page" in seen.reason


def test_an_article_whose_template_calls_it_the_front_page_stays_one() -> None:
    related = "".join(f"<li><a href='/news/{n}'>Placeholder story number {n} of the day</a></li>" for n in range(9))
    for one in (
        story("Ferry runs again", head=ROOT, more=f"<ul>{related}</ul>"),  # it has a headline
        page("Outlet", f"<div><b>Ferry</b><p>{FERRY[0] * 4}</p><ul>{related}</ul></div>", ROOT),  # it has a text
        page(  # it has one that is no h1
            "Ferry runs again | Outlet",
            f"<b>Ferry runs again</b><p>{FERRY[0]}</p><h3>{related.replace('</li><li>', '</h3><h3>')}</h3>",
            ROOT,
        ),
        front("<h1></h1>", ROOT + '<meta property="article:published_time" content="2031-04-01T08:00:00Z">'),
        front("", ROOT + '<meta property="og:url" content="http://outlet.example/news/ferry">'),
    ):
        assert look(one).outcome is None


def test_a_list_of_stories_at_its_own_address_is_left_to_the_marks() -> None:
    assert look(front("", ROOT), "http://outlet.example/").outcome is None


def test_headers_that_stand_on_challenges_name_who_turned_us_away() -> None:
    for status, name, value, vendor in (
        (403, "CF-Mitigated", "challenge", "Cloudflare"),
        (200, "cf-mitigated", "challenge", "Cloudflare"),
        (202, "x-amzn-waf-action", "challenge", "AWS WAF"),
        (405, "x-amzn-waf-action", "captcha", "AWS WAF"),
        (429, "X-Vercel-Mitigated", "challenge", "Vercel"),
        (403, "X-DataDome", "protected", "DataDome"),
        (403, "Server", "ddos-guard", "DDoS-Guard"),
        (401, "Server", "QRATOR", "Qrator"),
    ):
        said = header_wall(status, (("Content-Type", "text/html"), (name, value)))
        assert said and vendor in said and f"HTTP {status}" in said


def test_headers_of_outages_and_of_pages_that_came_through_name_nobody() -> None:
    for status, name, value in (
        (503, "Server", "cloudflare"),
        (429, "Server", "ddos-guard"),
        (200, "X-DataDome", "protected"),
        (200, "X-Iinfo", "1-2-3"),
        (403, "Server", "nginx"),
        (200, "x-amzn-waf-action", "allow"),
    ):
        assert header_wall(status, ((name, value),)) is None
    assert header_wall(403, ()) is None
