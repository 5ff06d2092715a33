"""The options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from archive.cli import F

connect_to = click.option(
    "--connect-to",
    multiple=True,
    metavar="HOST=ADDRESS:PORT",
    help="Reach hosts that match HOST (with *) at this address, over plain HTTP. The only way to a private address.",
)
contact = click.option(
    "--contact",
    envvar="COMMUNIQUE_CONTACT",
    show_envvar=True,
    help="Role mailbox or page that the user agent names, for outlets to reach you.",
)
quota = click.option(
    "--quota",
    type=click.IntRange(1, 1_000_000),
    envvar="COMMUNIQUE_QUOTA",
    show_envvar=True,
    metavar="GB",
    help="A crawl stops before the home folder is larger than this.",
)
dead_man = click.option(
    "--dead-man",
    envvar="COMMUNIQUE_DEAD_MAN",
    show_envvar=True,
    metavar="URL",
    help="Ask for this address at the end of each run, so that a service can miss it.",
)
webhook = click.option(
    "--webhook",
    envvar="COMMUNIQUE_WEBHOOK",
    show_envvar=True,
    metavar="URL",
    help="Post the run's end to this address as JSON.",
)
verbose = click.option("-v", "--verbose", is_flag=True, help="Say how it goes even where nobody seems to watch.")


def together(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Several options as one decorator, in this order in the help."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


# of the commands that fetch and keep, and of those that ask outlets and keep nothing
fetching = together(connect_to, contact, quota, dead_man, webhook, verbose)
asking = together(connect_to, contact)
