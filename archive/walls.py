"""Pages that answer 200 and are no article: challenges, captchas, consent, logins, shells, soft 404s. Pure.

A real article taken for one of these is lost, so what is looked at is first of all how little text a page has: who
writes about captchas has more of it. Then come marks in the page's markup that its vendor alone puts there, or words
that are the whole of its headline. What is not sure stays an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from archive.fingerprint import letters
from archive.metadata import Metadata
from archive.models import Block


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands in an article's place. ``reason``: one line that names the evidence."""

    outcome: Literal["blocked", "not_article", "gone"]
    reason: str


# A page with more text of its own (characters of its blocks that are no links) is an article. 76 of 862 real articles
# have less and go on to the marks, which none of them bears: not even where these limits are lifted.
SHORT = 600
# letters that stand on the whole page, menus too (the smallest of those 862 pages has 346)
_CHALLENGE, _EMPTY, _CAPTCHA, _LOGIN = 1500, 100, 400, 1500
# a marker is looked for in so many characters of a page, its scripts too: challenges are known to bring 200,000
_MARKUP = 300_000
# of a page's letters, that many stand in a consent page's form
_FORM = 0.6

# in markup of the vendor's own page alone; the scripts that it leaves on pages it lets through have other names
_CHALLENGES = {
    "_cf_chl_opt": "Cloudflare", "cf-browser-verification": "Cloudflare", "/orchestrate/chl_page": "Cloudflare",
    "sec-if-cpt-container": "Akamai", "/_sec/cp_challenge/": "Akamai", "triggerInterstitialChallenge": "Akamai",
    "captcha-delivery.com": "DataDome",
    "_Incapsula_Resource?SWUDNSAI": "Imperva",
    "px-captcha": "HUMAN", "captcha.px-cdn.net": "HUMAN", "captcha.px-cloud.net": "HUMAN",
    "/ddos-guard/js-challenge": "DDoS-Guard", "/ddos-guard/ddg-captcha-page": "DDoS-Guard",
    "sucuri_cloudproxy_js": "Sucuri",
    "gokuProps": "AWS WAF",
    "/vercel/security/static/challenge": "Vercel",
    "anubis_challenge": "Anubis",
}  # fmt: skip
# also on pages that were let through: evidence on a page that holds nothing else
_TRACES = {
    "_Incapsula_Resource": "Imperva",
    "/__qrator/": "Qrator",
    "check.ddos-guard.net": "DDoS-Guard",
    "/.well-known/ddos-guard/": "DDoS-Guard",
    "/cdn-cgi/challenge-platform/": "Cloudflare",
    "bm-verify=": "Akamai",
    "AwsWafIntegration": "AWS WAF",
    "KPSDK": "Kasada",
    "/TSPD/": "F5",
}
_WORD = re.compile(r"[^\W_]+")


def _words(text: str) -> str:
    """A text's words alone, case folded (the Turkish ı is an i: capitals do not tell them apart)."""
    return " ".join(_WORD.findall(text.casefold().replace("ı", "i").replace("ё", "е")))


def _phrases(text: str) -> frozenset[str]:
    return frozenset(_words(phrase) for phrase in text.split("|"))


# whole titles of pages that test the browser or turn it away
_TITLES = _phrases(
    "just a moment | attention required | attention required! Cloudflare | checking your browser"
    "| pardon our interruption | access denied | access to this page has been denied | DDoS-Guard"
    "| human verification | robot check | are you a robot? | security check | vercel security checkpoint"
    "| making sure you're not a bot | sucuri website firewall | access denied - sucuri website firewall"
)
_WIDGETS = ("g-recaptcha", "h-captcha", "cf-turnstile", "smart-captcha", "frc-captcha", "captcha-container")
_HUMAN = re.compile(
    r"captcha|robot|human|browser|капч|робот|людин|челове|бот[аиів]?\b|mensch|humain|humano|insan|umano|człowiek",
    re.IGNORECASE,
)
# the first label of hosts that hold consent pages and nothing else
_CONSENT_HOSTS = ("consent", "guce", "myprivacy")
_CONSENT = re.compile(r"consent|gdpr|privacy-?gate", re.IGNORECASE)
_LOGIN_PATH = re.compile(r"/(?:log-?in|sign-?in|sso|auth)(?:[/.]|$)", re.IGNORECASE)
_LOGINS = _phrases(
    "log in | login | sign in | signin | log in to continue | sign in to continue | please log in"
    "| увійти | вхід | авторизація | войти | вход | авторизация | anmelden | anmeldung | einloggen"
    "| connexion | se connecter | iniciar sesión | acceder | giriş | giriş yap | accedi | zaloguj się | logowanie"
)
_PAYWALLS = _phrases(
    "subscribe to read | subscribe to continue | subscribe to continue reading | subscription required"
    "| subscribers only | members only | register to read | register to continue reading"
)
# where applications are mounted by their scripts
_MOUNTS = ("root", "app", "__next", "__nuxt", "___gatsby", "svelte", "main-app", "react-root", "app-root")
# the story is in them: for a reading of its data, not for a browser
_DATA = ("__NEXT_DATA__", "articleBody", "__NUXT_DATA__")

# an address of a site's front page, or of one of its languages
_ROOT = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:index\.[a-z]{3,5})?", re.IGNORECASE)
# a front page has so many links to stories at the least, a headline so many letters, and no paragraph more characters
_ITEMS, _TITLE, _TEASER = 5, 8, 300

# words that stand beside the words for a missing page
_NUMBERS = frozenset(("404", "410"))
_FILLERS = _NUMBERS | _phrases(
    "error | http | oops | ops | ups | whoops | sorry | the | this | that | requested | we | are | re"
    "| ошибка | упс | извините | к | сожалению | помилка | ой | вибачте | на | жаль | fehler | leider"
    "| erreur | désolé | hata | hatası | üzgünüz | errore | erro | lo | sentimos | błąd"
)
_NOT_THERE = _phrases(
    "not found | nothing found | nothing was found | page doesn't exist | no longer available"
    "| can't find page you looking for | couldn't find page you looking for | can't find page"
    "| сторінку не знайдено | сторінка не знайдена | сторінка не існує | сторінки не існує"
    "| такої сторінки не існує | статтю не знайдено | новину не знайдено | матеріал не знайдено"
    "| матеріал видалено | сторінку видалено | не знайдено | нічого не знайдено"
    "| страница не найдена | страница не существует | страницы не существует"
    "| такой страницы не существует | статья не найдена | новость не найдена | материал не найден"
    "| материал удалён | страница удалена | не найдено | ничего не найдено"
    "| Seite nicht gefunden | die Seite wurde nicht gefunden | Seite existiert nicht | nicht gefunden"
    "| page introuvable | page non trouvée | page inexistante | cette page n'existe pas"
    "| sayfa bulunamadı | aradığınız sayfa bulunamadı | bulunamadı"
    "| página no encontrada | no encontrado | la página no existe | página não encontrada | não encontrado"
    "| pagina non trovata | strona nie istnieje | nie znaleziono strony | strona nie została znaleziona"
)
_ENGLISH = re.compile(
    r"(?:page|article|story|content|document|post|news|url|file|item|resource)"
    r"(?: you [a-z ]{3,40})? (?:(?:was|is|could|can|has|been|be|no|longer) ){0,4}"
    r"(?:not found|not be found|cannot be found|can t be found|not available|no longer available|unavailable"
    r"|does not exist|doesn t exist|not exist|removed|deleted)"
)
# a headline that is one of these is no longer than this, in characters
_HEADLINE = 120
_SEPARATOR = re.compile(r"\s+[-–—]+\s+|\s*[|·•»«]\s*")

_TEXT = etree.XPath("//body//text()[not(parent::script or parent::style)]")
_UNLINKED = etree.XPath("//body//text()[not(parent::script or parent::style or parent::a)]")
_HEADLINES = etree.XPath("//h2//a | //h3//a | //h4//a")
_PASSWORD = etree.XPath("boolean(//input[@type='password'])")


def wall(tree: HtmlElement, html: str, url: str, meta: Metadata, blocks: tuple[Block, ...]) -> Wall | None:
    """What the page at ``url`` is where it is no article; None where it may be one.

    ``tree`` and ``html``: the page parsed and as text (the tree may have lost its scripts). ``meta`` and ``blocks``:
    what was read from it.
    """
    host = urlsplit(url).hostname or ""
    if host.partition(".")[0] in _CONSENT_HOSTS and host.count(".") > 1:
        return Wall("blocked", f"consent page: {host}")
    own = sum(len(block.text) * (1 - block.link_share) for block in blocks)
    if own > SHORT and meta.canonical and not _is_root(meta.canonical, url):
        return None
    head = _Head(tree)
    if found := _front_page(tree, head, url, meta, blocks):
        return found
    if own > SHORT:
        return None
    page = _Short(tree, html, url, head, meta)
    return page.challenge() or page.captcha() or page.consent() or page.login() or page.missing() or page.shell()


# headers that stand on challenges alone, and the values they have there (none: any)
_MITIGATED: tuple[tuple[str, frozenset[str], str], ...] = (
    ("cf-mitigated", frozenset(("challenge",)), "Cloudflare"),
    ("x-amzn-waf-action", frozenset(("challenge", "captcha")), "AWS WAF"),
    ("x-vercel-mitigated", frozenset(("challenge", "deny")), "Vercel"),
    ("x-dd-b", frozenset(("1", "2", "3")), "DataDome"),
    ("x-sucuri-block", frozenset(), "Sucuri"),
)
# statuses of a refusal; an outage of the server behind (429, 503) bears its protector's name too, and is no block
_REFUSALS = (401, 403)
_BEHIND = (
    ("x-datadome", "", "DataDome"),
    ("x-kpsdk-ct", "", "Kasada"),
    ("x-iinfo", "", "Imperva"),
    ("x-sucuri-id", "", "Sucuri"),
    ("server", "ddos-guard", "DDoS-Guard"),
    ("server", "qrator", "Qrator"),
    ("server", "akamaighost", "Akamai"),
    ("server", "cloudflare", "Cloudflare"),
)


def header_wall(status: int, headers: Iterable[tuple[str, str]]) -> str | None:
    """The line that says who turned a request away, as the answer's headers state it; None where they state nothing.

    ``headers``: names in any case. A challenge comes with any status: 200, 202, 403, 405, 429 and 503 are known.
    """
    sent = {name.lower(): " ".join(value.split()).lower()[:60] for name, value in headers}
    for name, values, vendor in _MITIGATED:
        if name in sent and (not values or sent[name] in values):
            return f"{vendor} challenge (HTTP {status}, {name}: {sent[name]})"
    if status not in _REFUSALS:
        return None
    for name, mark, vendor in _BEHIND:
        if name in sent and mark in sent[name]:
            return f"refused by {vendor} (HTTP {status}, {name}: {sent[name]})"
    return None


class _Head:
    """What a page's head says of it that :class:`Metadata` does not keep."""

    def __init__(self, tree: HtmlElement) -> None:
        self.type = self.url = ""
        self.title = ""
        head = tree.find("head")
        for element in head if head is not None else ():
            if element.tag == "title" and not self.title:
                self.title = " ".join(str(element.text or "").split())
            elif element.tag == "meta":
                name = (element.get("property") or element.get("name") or "").lower()
                if name == "og:type" and not self.type:
                    self.type = (element.get("content") or "").strip().lower()
                elif name == "og:url" and not self.url:
                    self.url = (element.get("content") or "").strip()


def _front_page(tree: HtmlElement, head: _Head, url: str, meta: Metadata, blocks: tuple[Block, ...]) -> Wall | None:
    """A page that calls itself its site's front page under another address, and looks like it.

    Some templates declare the front page on every article, so the page must also state no date, have no headline of
    its own, and hold links to stories without a paragraph between them.
    """
    declared = [address for address in (meta.canonical, head.url) if address]
    if not declared or _is_story(head, meta) or not all(_is_root(address, url) for address in declared):
        return None
    if _ROOT.fullmatch(urlsplit(url).path) or not _is_logo(tree, url, meta):
        return None
    if any(len(block.text) > _TEASER and block.link_share < 0.5 for block in blocks):
        return None
    links = {link.get("href") for link in _HEADLINES(tree) if len(letters(str(link.text_content()))) > _TITLE}
    if max(len(links), sum(block.link_share > 0.5 for block in blocks)) < _ITEMS or _names_itself(tree, head, meta):
        return None
    itself = " ".join(declared[0].split())[:100]
    return Wall("not_article", f"a front page under an article's address: it calls itself {itself}")


def _names_itself(tree: HtmlElement, head: _Head, meta: Metadata) -> bool:
    """Whether a part of the page's title stands on it as a line of its own, in whatever element, and is no link."""
    titles = [letters(title) for title in (head.title, meta.title) if title]
    lines = {line for text in _UNLINKED(tree) if _TITLE <= len(line := letters(text)) <= _HEADLINE}
    return any(line in title for title in titles for line in lines - {letters(meta.publisher or "")})


def _is_root(declared: str, url: str) -> bool:
    try:
        there, here = urlsplit(urljoin(url, declared)), urlsplit(url)
    except ValueError:
        return False
    same = (there.hostname or "").removeprefix("www.") == (here.hostname or "").removeprefix("www.")
    return same and not there.query and _ROOT.fullmatch(there.path) is not None


def _is_logo(tree: HtmlElement, url: str, meta: Metadata) -> bool:
    """Whether a page's headline is none: there is no h1, or it is the outlet's name or a link to the front page."""
    words = _words(meta.headline or "")
    if not words or words == _words(meta.publisher or ""):
        return True
    h1 = next((h1 for h1 in tree.iter("h1") if str(h1.text_content()).strip()), None)
    links = [*h1.iter("a"), *h1.iterancestors("a")] if h1 is not None else []
    return any(_is_root(link.get("href") or "?", url) for link in links)


def _is_story(head: _Head, meta: Metadata) -> bool:
    """Whether a page says of itself that it is an article: none of the kinds here does, but for shells."""
    return head.type == "article" or (meta.published is not None and meta.published.found in ("json-ld", "meta"))


class _Short:
    """A page with next to no text of its own. Counts are of letters and digits."""

    def __init__(self, tree: HtmlElement, html: str, url: str, head: _Head, meta: Metadata) -> None:
        self.tree, self.html, self.url = tree, html[:_MARKUP], url
        self.visible = " ".join(_TEXT(tree))
        self.noscript = " ".join(str(noscript.text_content()) for noscript in tree.iter("noscript"))
        self.size = max(0, len(letters(self.visible)) - len(letters(self.noscript)))
        self.is_story = _is_story(head, meta)
        self.headline = _words((meta.headline or "")[:_HEADLINE])
        # titles have the outlet's name appended
        titles = [title[:_HEADLINE] for title in (head.title, meta.title) if title]
        self.titles = {_words(part) for title in titles for part in (title, *_SEPARATOR.split(title))} - {""}
        self.name = _words(meta.publisher or "")

    def challenge(self) -> Wall | None:
        """A script that tests the browser, or a firewall's refusal."""
        if self.is_story:
            return None
        for markers, limit in ((_CHALLENGES, _CHALLENGE), (_TRACES, _EMPTY)):
            for marker, vendor in markers.items():
                # a text that speaks of the marker holds it where it can be seen
                if self.size <= limit and marker in self.html and marker not in self.visible:
                    return Wall("blocked", f"script challenge ({vendor}): {marker}")
        title = _one(self.titles & _TITLES)
        if title and self.size <= _CAPTCHA:
            return Wall("blocked", f"challenge or refusal: its title is {title!r}")
        return None

    def captcha(self) -> Wall | None:
        """A captcha as the page's only content; many forms of real pages hold one."""
        if self.size > _CAPTCHA or self.is_story:
            return None
        widget = next((name for name in _WIDGETS if name in self.html and name not in self.visible), None)
        if widget is None or not _HUMAN.search(f"{' '.join(self.titles)} {self.visible}"):
            return None
        return Wall("blocked", f"captcha page: {widget}")

    def consent(self) -> Wall | None:
        """A form that asks for consent, and no headline outside it."""
        if self.is_story:
            return None
        for form in self.tree.iter("form"):
            named = " ".join(form.get(name) or "" for name in ("action", "id", "class", "name"))
            inside = len(letters(str(form.text_content())))
            if _CONSENT.search(named) and inside >= _FORM * self.size and not self._headline_outside(form):
                return Wall("blocked", f"consent page: a form {' '.join(named.split())[:80]!r}")
        return None

    def _headline_outside(self, form: HtmlElement) -> bool:
        inside = set(form.iter("h1"))
        return any(h1 not in inside and str(h1.text_content()).strip() for h1 in self.tree.iter("h1"))

    def login(self) -> Wall | None:
        """A login or a subscription in the story's place; real pages hold login forms in their menus."""
        if self.is_story or self.size > _LOGIN:
            return None
        if headline := _one({*self.titles, self.headline} & _PAYWALLS):
            return Wall("blocked", f"paywall without a text: {headline!r}")
        if not _PASSWORD(self.tree):
            return None
        path = urlsplit(self.url).path
        if _LOGIN_PATH.search(path):
            return Wall("blocked", f"login page: {path[:100]} asks for a password")
        headline = _one({*self.titles, self.headline} & _LOGINS)
        return Wall("blocked", f"login page: {headline!r} and a password field") if headline else None

    def missing(self) -> Wall | None:
        """A page that says in its headline that there is none; in its title where it has no headline."""
        if self.is_story:
            return None
        if self.headline == "404":
            return Wall("gone", "soft 404: its headline is 404, with status 200")
        own = self.headline and self.headline != self.name and not set(self.headline.split()) <= _FILLERS
        said = _one({name for name in ({self.headline} if own else self.titles) if _says_missing(name)})
        return Wall("gone", f"soft 404: {said!r} with status 200") if said else None

    def shell(self) -> Wall | None:
        """An application's page before its scripts ran."""
        if self.size > _EMPTY or "<script" not in self.html or any(mark in self.html for mark in _DATA):
            return None
        mount = next((name for name in _MOUNTS if self._is_bare(name)), None)
        if mount is not None:
            return Wall("blocked", f"needs a browser: nothing in #{mount} but by script")
        if "javascript" in self.noscript.lower():
            return Wall("blocked", "needs a browser: a page without text asks for JavaScript")
        return None

    def _is_bare(self, name: str) -> bool:
        element = next(iter(self.tree.xpath("//*[@id=$name]", name=name)), None)
        return element is not None and len(letters(str(element.text_content()))) <= _EMPTY // 2


def _one(names: set[str]) -> str | None:
    """The first of them, the same one on every machine."""
    return min(names, default=None)


def _says_missing(words: str) -> bool:
    """Whether these words say that there is no page; a number alone does not (it may be a figure)."""
    rest = " ".join(word for word in words.split() if word not in _FILLERS)
    if not rest:
        return len(words.split()) > 1 and not _NUMBERS.isdisjoint(words.split())
    return any(text in _NOT_THERE or _ENGLISH.fullmatch(text) for text in (words, rest))
