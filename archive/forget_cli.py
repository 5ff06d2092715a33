"""The command that removes an article, or all that is kept of an address, for good."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from archive.cli import for_terminal, home_option, listing
from archive.cli import progress as shown_progress
from archive.errors import CommuniqueError, ConfigurationError, EarlierArchiveError
from archive.home import Home
from archive.restrict_cli import one_line
from archive.store import Store
from archive.urls import is_web, url_key

if TYPE_CHECKING:
    from archive.forget import Done
    from archive.holdings import Found

# what is listed of one kind before it is summed up
_SOME = 20


@click.command()
@home_option
@click.argument("target", metavar="[ARTICLE|URL]", required=False)
@click.option("--reason", metavar="TEXT", callback=one_line, help="Why, in a line; everybody may read it.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@listing("seq", "at", "reason", "articles", "captures")
def forget(home: Home, target: str | None, reason: str | None, yes: bool) -> list[dict[str, Any]]:
    """Remove an article, or everything of an address, for good: a removal that the law asks for.

    Its text leaves every table, the indexes, the notes' quotations, the logs, the raw pages in warc/, and the
    back-ups in backup/; its addresses are never kept again. A tombstone in the custody chain says when and why, and
    its page says the same (410). Other stories of the same page keep their texts and lose their raw page. What else
    carries its text, and which exports may hold it, is said and left as it is. To keep it and show it to nobody,
    there is `communique restrict`.

    Without ARTICLE or URL, what was forgotten is listed, after a removal that was stopped has been completed.

    Exit codes: 0; 1 where a file may still hold a part of it (it is named), the disk is full or the database is
    damaged; 2 where there is no archive or no such article, or an option is wrong; 75 another command is writing to
    the archive; 130 it was not confirmed, or stopped by Ctrl-C: the next `communique forget` completes it.
    """
    home.require()
    if bool(target) != bool(reason):
        raise ConfigurationError("give an article or an address with --reason TEXT, or neither to list what is gone")
    gone: int | None = None
    try:
        if target is None:
            _complete(home)
        else:
            gone = _forget(home, _read(target), reason or "", yes)
    except KeyboardInterrupt:
        click.echo("communique: stopped; `communique forget` completes what was begun", err=True)
        raise SystemExit(130) from None
    except OSError as error:
        raise CommuniqueError(f"not completed, run `communique forget`: {error}") from error
    store = Store(home.database)
    try:
        return [row for row in store.tombstones() if gone in (None, row["seq"])]
    finally:
        store.close()


def _read(target: str) -> int | str:
    if target.isascii() and target.isdigit():
        return int(target[:19])
    if not is_web(target):
        raise ConfigurationError(f"{target} is neither the number of an article nor an http or https address")
    return target


def _complete(home: Home) -> None:
    """Do what a removal has still to do."""
    from archive import forget as service

    store = _opened(home)
    left = store.left()
    store.close()
    if left is None:
        return
    with home.writing(), shown_progress() as progress:
        done = service.complete(home, datetime.now(UTC), progress)
    if done is not None:
        _end(done[1])


def _opened(home: Home) -> Store:
    """The archive; one of an earlier version is brought to this one, as by every command that writes."""
    try:
        return Store(home.database)
    except EarlierArchiveError:
        with home.writing():
            Store(home.database, write=True).close()
        return Store(home.database)


def _forget(home: Home, target: int | str, reason: str, yes: bool) -> int:
    """Remove it; returns the number of its tombstone, also where it was removed before."""
    from archive import forget as service
    from archive.holdings import find

    _complete(home)
    store = Store(home.database)
    try:
        seq = _gone(store, target)
        if seq is not None:
            return seq
        found = find(home, store, target)
    finally:
        store.close()
    _say(found, target)
    if home.backup.is_dir():
        _aloud(f"the copies in {home.backup}, made before a new version, go as a whole")
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigurationError("there is nobody to ask: give --yes")
        if not click.confirm("communique: remove all of it for good?", err=True):
            raise SystemExit(130)
    with home.writing(), shown_progress() as progress:
        done = service.forget(home, target, reason, datetime.now(UTC), progress)
    _tell(done, found.exports)
    return done.seq


def _gone(store: Store, target: int | str) -> int | None:
    """The tombstone of what was forgotten already; None where anything of it is there."""
    if isinstance(target, int):
        return next((int(row["seq"]) for row in store.tombstones(target)), None)
    key = url_key(target)
    if store.article_at(key) is not None:  # of its page one story was removed, and others stayed
        return None
    return next((int(row["seq"]) for row in store.are_forgotten([key]).values()), None)


def _say(found: Found, target: int | str) -> None:
    """What is about to go, and what is not."""
    for article in found.articles:
        _aloud(f"article {article['id']} goes: {article['title']} ({article['source']}, {article['url']})")
    if not found.articles:
        _aloud(f"no article is kept of {target}: what was asked of it goes, and it is never kept again")
    _aloud(f"records and addresses go of {_count(len(found.captures), 'capture')}")
    if found.lists:
        _aloud(f"so do {_count(len(found.lists), 'feed or list', 'feeds and lists')} with words of it")
    if found.staying:
        ids = ", ".join(str(row["id"]) for row in found.staying)
        _aloud(f"on the same page: article {ids}; their texts stay, unproven, and the page is not asked for again")
    for article_id, how in found.carried[:_SOME]:
        _aloud(f"article {article_id} {how}, and stays")
    if len(found.carried) > _SOME:
        _aloud(f"and {len(found.carried) - _SOME} articles more")
    _say_exports(found.exports)


def _say_exports(exports: Iterable[Mapping[str, Any]]) -> None:
    for made in exports:
        _aloud(f"an export of {made['at']} may hold it: {made['format']} {made['target']}")


def _tell(done: Done, said: Collection[Mapping[str, Any]]) -> None:
    _say_exports(made for made in done.exports if made not in said)
    if done.unproven:
        _aloud(f"shown as unproven from now on: article {', '.join(map(str, done.unproven))}")
    if done.notes:
        _aloud(f"{_count(done.notes, 'note')} lost what they quoted of it")
    _end(done.problems)


def _end(problems: tuple[str, ...]) -> None:
    for problem in problems:
        _aloud(problem)
    if problems:
        raise SystemExit(1)


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _aloud(line: str) -> None:
    click.echo(for_terminal(f"communique: {line}"), err=True)
