"""Pages named by the search endpoint of mod.gov.ua, an Elasticsearch index that takes its queries by POST. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from crawler.discovery import Brought, Found, Further
from crawler.spiders.answer import address, from_json, moment, once

# hits asked for at once
SIZE = 50
# Elasticsearch refuses to count further than this (index.max_result_window)
_WINDOW = 10_000
_SLUG = re.compile(r"[\w-]{1,500}")


def query(url: str, locale: str, start: int, size: int = SIZE) -> Further:
    """The request for the news of a locale ("uk", "en"), newest first, from the ``start``-th on (from 0)."""
    must = [{"term": {"locale": locale}}, {"term": {"type": "news"}}]
    body = {
        "query": {"bool": {"must": must}},
        "sort": [{"publishedAt": {"order": "desc"}}],
        "_source": ["slug", "publishedAt", "locale", "type"],
        "from": start,
        "size": size,
    }
    return Further(url, json.dumps(body, separators=(",", ":")))


def endpoint(body: bytes, url: str, template: str, start: int, locale: str) -> Brought:
    """The articles of an answer, in its order, and the request for those after them.

    ``template``: an article's address with ``{slug}`` where its slug stands. ``start``: as this answer was asked for.
    """
    answer = from_json(body)
    outer = answer.get("hits") if isinstance(answer, dict) else None
    hits = outer.get("hits") if isinstance(outer, dict) else None
    if not isinstance(outer, dict) or not isinstance(hits, list):
        return Brought()
    after = start + len(hits)
    total = outer.get("total")  # {"value": …} since Elasticsearch 7
    total = total.get("value") if isinstance(total, dict) else total
    more = after < total if isinstance(total, int) else len(hits) >= SIZE
    further = (query(url, locale, after),) if hits and more and after + SIZE <= _WINDOW else ()
    return Brought(once(_articles(hits, url, template, locale)), further)


def _articles(hits: list[object], url: str, template: str, locale: str) -> Iterator[Found]:
    for hit in hits:
        source = hit.get("_source") if isinstance(hit, dict) else None
        if not isinstance(source, dict) or source.get("locale", locale) != locale:
            continue
        slug = source.get("slug")
        if (
            isinstance(slug, str)
            and _SLUG.fullmatch(slug)
            and (target := address(url, template.replace("{slug}", slug)))
        ):
            yield Found(target, published=moment(source.get("publishedAt")))
