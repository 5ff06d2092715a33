"""What an outlet states of its rights: reservations of text and data mining, and its licence. Pure.

What is stated is said as it stands, with where it stands; what it means for whom is for readers and their lawyers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from parsel import Selector

from archive.urls import absolute

# where the two files lie that hold nothing else
AI_TXT = "/ai.txt"
TDMREP = "/.well-known/tdmrep.json"
# tokens of robots.txt by which crawlers that gather for language models are told from those of search engines, as
# their operators document them
_CRAWLERS = (
    "GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "Claude-Web", "Bytespider",
    "Applebot-Extended", "PerplexityBot", "meta-externalagent", "FacebookBot", "Amazonbot", "cohere-ai",
)  # fmt: skip
_KNOWN = {name.lower(): name for name in _CRAWLERS}
# directives of meta robots and X-Robots-Tag that speak of learning machines
_DIRECTIVES = ("noai", "noimageai", "noml")
# lines of robots.txt and response headers that say what may be done with what was fetched (Cloudflare's content
# signals; the IETF's AI preferences), each use followed by yes or no, y or n
_USES = {"content-signal": "Content-Signal", "content-usage": "Content-Usage"}
_NO = ("no", "n")
_EVERYTHING = ("/", "*", "/*")
# names of meta elements that hold a licence, the most telling first
_LICENCES = ("dcterms.license", "dc.rights.license", "dc.license", "dcterms.rights", "dc.rights")
# schema.org types whose licence is a picture's or a film's own, not the site's
_MEDIA = frozenset(("ImageObject", "Photograph", "VideoObject", "AudioObject", "MediaObject", "Dataset"))

# characters of a file that are read: RFC 9309 asks a crawler for 500 KiB of robots.txt, and the others are shorter
_FILE = 1 << 19
# rules of a tdmrep.json and letters of a location: each rule is compared with those before it
_RULES, _LOCATION = 200, 500
# elements of a page, items of a list that is said, letters of one of them and of the whole
_ELEMENTS, _ITEMS, _TEXT, _LINE = 2_000, 20, 200, 1_500

_Group = tuple[list[str], list[tuple[str, str]]]  # user agents, and lines by name and value


def reservations(
    front: Selector, headers: Iterable[tuple[str, str]], robots: str, ai_txt: str | None, tdmrep: str | None
) -> str | None:
    """What reserves text and data mining, and where it is stated: one line, None where nothing does.

    ``front``: the front page; ``headers``: those it came with; ``robots``: the site's robots.txt, empty where there
    is none; ``ai_txt`` and ``tdmrep``: the text of ``AI_TXT`` and ``TDMREP``, None where there is none. Never raises
    for what they hold.
    """
    meta = list(_meta(front))
    sent = [(name.strip().lower(), value) for name, value in headers]
    parts = [
        *_tdm("meta tdm-reservation", meta),
        *_tdm("header TDM-Reservation", sent),
        *_located(tdmrep),
        *_directives("meta robots", meta, "robots"),
        *_directives("header X-Robots-Tag", sent, "x-robots-tag"),
        *_uses("header", [(["*"], sent)]),
        *_of_robots(robots),
        *_of_ai_txt(ai_txt),
    ]
    return _cut("; ".join(parts), _LINE) or None


def licence(front: Selector, url: str) -> str | None:
    """The licence that the front page at ``url`` states for the site, as printed, with its address.

    A link with ``rel=license``, else JSON-LD's ``license``, else a meta element (Dublin Core). Never raises.
    """
    for link in front.xpath("(//a | //link)[contains(translate(@rel, 'LICENS', 'licens'), 'license')][@href]")[
        :_ITEMS
    ]:
        if "license" in (link.xpath("@rel").get() or "").lower().split():
            target = absolute(url, link.xpath("@href").get())
            if said := _with_address(_line(link.xpath("string()").get() or ""), target):
                return said
    for thing in _things(front):
        if said := _licence(thing.get("license"), url):
            return said
    meta = dict(reversed(list(_meta(front))))  # of two with one name the first
    return next((text for name in _LICENCES if (text := _line(meta.get(name, "")))), None)


def _line(text: str) -> str:
    """One line of what somebody wrote, without characters that are not to be seen."""
    return _cut("".join(c for c in " ".join(text[:5_000].split()) if c.isprintable()).strip(), _TEXT)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _some(items: Iterable[str]) -> str:
    """A list in words, each once, in its order."""
    said = list(dict.fromkeys(filter(None, map(_line, items))))
    more = f" and {len(said) - _ITEMS} more" if len(said) > _ITEMS else ""
    return ", ".join(said[:_ITEMS]) + more


def _meta(front: Selector) -> Iterator[tuple[str, str]]:
    """Name (in lower case) and content of the page's meta elements, in its order."""
    for element in front.xpath("//meta[@content][@name or @property]")[:_ELEMENTS]:
        name = element.xpath("@name").get() or element.xpath("@property").get() or ""
        yield name.strip().lower(), element.xpath("@content").get() or ""


# the W3C's TDM Reservation Protocol


def _tdm(where: str, pairs: list[tuple[str, str]]) -> Iterator[str]:
    if any(name == "tdm-reservation" and value.strip() == "1" for name, value in pairs):
        yield f"{where}: 1{_policy(next((value for name, value in pairs if name == 'tdm-policy'), ''))}"


def _policy(address: object) -> str:
    said = _line(address) if isinstance(address, str) else ""
    return f" (tdm-policy {said})" if said else ""


def _located(tdmrep: str | None) -> Iterator[str]:
    """Where tdmrep.json reserves. Of the rules that fit an address the first holds: one that others cover is void."""
    if tdmrep is None or len(tdmrep) > _FILE:
        return
    try:
        data = json.loads(tdmrep)
    except (ValueError, RecursionError):  # no JSON, as where a site has one page for all that it has not
        return
    before: list[str] = []
    reserved: dict[str, list[str]] = {}
    for rule in (data if isinstance(data, list) else [data])[:_RULES]:
        if not isinstance(rule, dict):
            continue
        location, value = rule.get("location"), rule.get("tdm-reservation")
        value = str(value) if isinstance(value, str | int) else ""
        if not isinstance(location, str) or not 0 < len(location) <= _LOCATION or value not in ("0", "1"):
            continue
        whole = re.sub(r"\*+", "*", location[:-1] if location.endswith("$") else f"{location}*")
        if value == "1" and not any(_covers(one, whole) for one in before):
            reserved.setdefault(_policy(rule.get("tdm-policy")), []).append(location)
        before.append(whole)
    said = [f"1 for {_some(locations)}{policy}" for policy, locations in reserved.items()]
    if said:
        yield f"tdmrep.json tdm-reservation: {', '.join(said[:_ITEMS])}"


def _covers(one: str, other: str) -> bool:
    """Whether a pattern (``*``: any characters) fits all addresses that another one fits."""
    first, *rest = one.split("*")
    if not rest:
        return one == other
    if not other.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = other.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(other) - at >= len(rest[-1]) and other.endswith(rest[-1])


# words for robots


def _directives(where: str, pairs: list[tuple[str, str]], wanted: str) -> Iterator[str]:
    """Directives among others, each for all robots or, behind a colon, for the one that is named."""
    words = {
        word.rpartition(":")[2].strip().lower()
        for name, value in pairs
        if name == wanted
        for word in value[:5_000].split(",")
    }
    found = [word for word in _DIRECTIVES if word in words]
    if found:
        yield f"{where}: {', '.join(found)}"


def _uses(where: str, groups: Iterable[_Group]) -> Iterator[str]:
    """What may not be done with what was fetched, as it is written."""
    said: dict[str, None] = {}
    for agents, lines in groups:
        whom = _for(agents)
        for name, value in lines:
            if name in _USES and any(_refused(use) for use in value[:5_000].split(",")):
                said[f"{where} {_USES[name]}: {_line(value)}{whom}"] = None
    yield from list(said)[:_ITEMS]


def _refused(use: str) -> bool:
    _, sign, answer = use.rpartition("=")
    return bool(sign) and answer.strip().lower() in _NO


def _for(agents: list[str]) -> str:
    return "" if "*" in agents else f" for {_some(agents)}"


def _of_robots(robots: str) -> Iterator[str]:
    groups = _groups(robots)
    yield from _uses("robots.txt", groups)
    rules: dict[str, set[tuple[str, str]]] = {}
    for agents, lines in groups:
        for token in {agent.partition("/")[0].strip().lower() for agent in agents} & _KNOWN.keys():
            rules.setdefault(token, set()).update(lines)  # groups of one crawler are one (RFC 9309 2.2.1)
    closed = [
        _KNOWN[token]
        for token in _KNOWN
        if any(("disallow", path) in rules.get(token, ()) for path in _EVERYTHING)
        and not any(("allow", path) in rules[token] for path in _EVERYTHING)
    ]
    if closed:
        yield f"robots.txt Disallow: / for {', '.join(closed)}"


def _of_ai_txt(ai_txt: str | None) -> Iterator[str]:
    """What ai.txt (Spawning's, in the form of a robots.txt) disallows: everything, or kinds of files."""
    if ai_txt is None or ai_txt.lstrip("\ufeff \t\r\n").startswith("<"):  # a page that says that there is none
        return
    said: dict[str, list[str]] = {}
    for agents, lines in _groups(ai_txt):
        paths = [value for name, value in lines if name == "disallow" and value]
        if paths:
            said.setdefault(_for(agents), []).extend(paths)
    for agent, paths in list(said.items())[:_ITEMS]:
        yield f"ai.txt Disallow: {_some(paths)}{agent}"


def _groups(text: str) -> list[_Group]:
    """The groups of a robots.txt; lines before the first are for everybody."""
    groups: list[_Group] = []
    naming = False
    for line in text[:_FILE].removeprefix("\ufeff").splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon or name in ("sitemap", "host"):
            continue  # these stand in no group
        if name == "user-agent":
            if not naming:
                groups.append(([], []))
            groups[-1][0].append(value)
        else:
            if not groups:
                groups.append((["*"], []))
            groups[-1][1].append((name, value))
        naming = name == "user-agent"
    return groups


# licences


def _things(front: Selector) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD that speak of the site or the page."""
    scripts = front.xpath("//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'ld+json')]")[:_ITEMS]
    for script in scripts:
        try:
            data = json.loads(script.xpath("string()").get() or "", strict=False)
        except (ValueError, RecursionError):
            continue  # a broken script says nothing; others, and the meta elements, are next
        for thing in data[:_ELEMENTS] if isinstance(data, list) else [data]:
            graph = thing.get("@graph") if isinstance(thing, dict) else None
            for one in [thing, *(graph[:_ELEMENTS] if isinstance(graph, list) else [])]:
                if isinstance(one, dict) and not any(kind in _MEDIA for kind in _strings(one.get("@type"))):
                    yield one


def _strings(value: object) -> list[str]:
    return [one for one in (value[:_ITEMS] if isinstance(value, list) else [value]) if isinstance(one, str)]


def _licence(value: object, url: str) -> str | None:
    """A licence of JSON-LD: its name, its address, or an object that has both."""
    for one in value[:_ITEMS] if isinstance(value, list) else [value]:
        if isinstance(one, str) and (said := _line(one)):
            return said
        if isinstance(one, dict):
            name = next(iter(_strings(one.get("name"))), "")
            address = next(iter(_strings(one.get("url")) + _strings(one.get("@id"))), None)
            if both := _with_address(_line(name), absolute(url, address)):
                return both
    return None


def _with_address(name: str, address: str | None) -> str | None:
    target = _line(address or "")
    return f"{name} ({target})" if name and target else name or target or None
