"""``communique add``: looks at an outlet nobody described, and writes its entry of the catalogue."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from archive.errors import ConfigurationError
from archive.home import Home
from archive.private import is_private
from archive.urls import clean, is_web, site
from crawler import guess
from crawler.catalogue import DELAY, entry, tables
from crawler.probe import ProbeSpider, run
from crawler.sources import SHARED, Outlet, catalogue
from crawler.survey import Explorer, Survey, channel

# requests, robots.txt and redirects among them, after which no further question is asked
REQUESTS = 25


def describe(
    home: Home,
    url: str,
    *,
    given: Mapping[str, Any],
    slug: str | None,
    connect_to: Mapping[str, str],
    contact: str | None,
    say: Callable[[str], None],
) -> tuple[str, str]:
    """The slug and the entry (TOML) for the outlet at ``url``, as the home's catalogue can take it.

    Nothing is written. ``given``: name, kind, timezone, delay, as the user wants them. ``say``: told what was tried,
    a line each.

    Raises:
        ConfigurationError: an address that cannot be asked, an outlet or a name that is there already, an option.
        CommuniqueError: nothing was found.
    """
    url = url if "://" in url else f"https://{url}"
    if not is_web(url) or not _public(urlsplit(url).hostname or "", connect_to):
        raise ConfigurationError(f"{url} is no address of an outlet")
    url = clean(url)
    if not urlsplit(url).path:
        url = urlsplit(url)._replace(path="/").geturl()
    known = catalogue(home.sources)
    named = guess.channel(url)
    if site(url) in SHARED and named is None:
        raise ConfigurationError(f"{url} is no address of an outlet (a channel's is https://t.me/CHANNEL)")
    name = slug or guess.slug(f"https://{named.replace('_', '-')}" if named else url)
    _free(known, name, url, named, chosen=slug is not None)
    # what the user gave is looked at before anything is asked
    skeleton = {"name": "x", "kind": "news", "timezone": "UTC", "homepage": url}
    entry(str(home.sources), name, skeleton | dict(given) | {"discovery": [{"kind": "feed", "url": url}]})
    now = datetime.now(UTC)

    async def work(spider: ProbeSpider) -> Survey:
        if named:
            return await channel(spider, named, given, now, say)
        return await Explorer(spider, url, now, say).explore(given)

    delay = given.get("delay", DELAY)
    survey = run(work, connect_to=connect_to, contact=contact, delay=delay, limit=REQUESTS)
    if slug is None and not named:
        _free(known, name, survey.table["homepage"], None, chosen=False)
    text = written(name, survey.table)
    entry(str(home.sources), name, tables(text, str(home.sources))[name])
    for note in survey.notes:
        say(note)
    return name, text


def append(home: Home, slug: str, text: str) -> None:
    """Put an entry behind what stands in the home's own catalogue, which stays as it is to the byte.

    Raises:
        ConfigurationError: the name is there, the catalogue would not load, or the file cannot be written.
        BusyError: another command is writing to this home.
    """
    with home.writing():
        if slug in catalogue(home.sources):
            raise ConfigurationError(f"there is a source {slug} already")
        target = home.sources.resolve()
        new = target.with_name(target.name + ".new")
        try:
            before = target.read_bytes() if target.is_file() else b""
            between = b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
            with new.open("wb") as file:
                file.write(before + between + text.encode())
                file.flush()
                os.fsync(file.fileno())
            if slug not in catalogue(new):
                raise ConfigurationError(f"{target} would not hold {slug}")
            if before:
                shutil.copymode(target, new)
            new.replace(target)
        except OSError as error:
            raise ConfigurationError(f"cannot write {target}: {error.strerror}") from error
        finally:
            new.unlink(missing_ok=True)


def written(slug: str, table: Mapping[str, Any]) -> str:
    """An entry as TOML."""
    lines = [f"[{slug}]"]
    ways = {name: value for name, value in table.items() if name in ("discovery", "fallback")}
    lines += [f"{key} = {_value(value)}" for key, value in table.items() if key not in ways]
    for name, them in ways.items():
        for way in them:
            lines += [f"[[{slug}.{name}]]", *(f"{key} = {_value(value)}" for key, value in way.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        if "\\" in value and "'" not in value and value.isprintable():
            return f"'{value}'"  # an expression reads better without doubled backslashes
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def _free(known: Mapping[str, Outlet], slug: str, url: str, named: str | None, chosen: bool) -> None:
    if slug in known:
        raise ConfigurationError(f"there is a source {slug} already (--slug gives this one another name)")
    if chosen:
        return
    for name, outlet in known.items():
        ways = (*outlet.discovery, *outlet.fallback)
        if named and any(way.kind == "telegram" and _same(guess.channel(way.url), named) for way in ways):
            raise ConfigurationError(f"the channel is of the source {name} already (--slug adds it all the same)")
        if not named and site(url) in {host.removeprefix("www.") for host in outlet.hosts}:
            raise ConfigurationError(f"{site(url)} is of the source {name} already (--slug adds it all the same)")


def _public(host: str, connect_to: Mapping[str, str]) -> bool:
    """Whether a host can be an outlet's; where its name leads is seen when it is asked."""
    if any(fnmatchcase(host, pattern) for pattern in connect_to):
        return True
    try:
        return not is_private(host)
    except ValueError:  # a name, and not one of this network's machines
        return "." in host.strip(".")


def _same(channel: str | None, other: str) -> bool:
    return channel is not None and channel.lower() == other.lower()  # Telegram's names are of no case
