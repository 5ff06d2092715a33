"""The command that makes the key which signs the custody chain, and lists the keys that did."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from archive.cli import home_option, listing
from archive.errors import ConfigurationError
from archive.home import Home
from archive.store import Store


@click.command()
@home_option
@click.option("--new", is_flag=True, help="Make another key, which signs from now on; the one before endorses it.")
@click.option("--public", is_flag=True, help="Print the public key that signs now (PEM), to be published elsewhere.")
@listing("key", "since", "entry", "endorsed_by", "signs")
def keys(home: Home, new: bool, public: bool) -> list[dict[str, Any]]:
    """Make the key that signs the custody chain, where there is none; list those that did.

    The private key is keys/custody.pem in the home folder, readable by its owner alone, and leaves it in no export.
    Whoever has the public one can tell that an entry of the chain was signed with it.

    Exit codes: 0; 2 where there is no archive, or a key that cannot be used, or none to be printed; 75 another
    command is writing to the archive.
    """
    from archive import custody, signing

    home.require()
    if new and public:
        raise ConfigurationError("give --new or --public")
    if public:
        listed = _listed(home)
        if not listed:
            raise ConfigurationError("there is no key yet: `communique keys` makes one")
        click.echo(listed[-1]["public"], nl=False)
        raise SystemExit(0)
    if new or not (_listed(home) or signing.load(home.keys)):
        with home.writing():
            for problem in custody.seal(home, datetime.now(UTC)).problems:
                click.echo(f"communique: {problem}", err=True)
            key = custody.make_key(home, datetime.now(UTC))
        private = home.keys / signing.PRIVATE
        click.echo(f"communique: {key.fingerprint[:16]}… signs from now on", err=True)
        click.echo(f"communique: keep a copy of {private} apart from the archive", err=True)
    return _listed(home)


def _listed(home: Home) -> list[dict[str, Any]]:
    from archive import signing

    store = Store(home.database)
    try:
        found = [(signed.entry, json.loads(signed.entry.details)) for signed in store.entries("key")]
        own = signing.load(home.keys)
    finally:
        store.close()
    return [
        {
            "key": details["key"],
            "since": entry.at,
            "entry": entry.seq,
            "endorsed_by": details.get("by"),
            "signs": "yes" if own is not None and own.fingerprint == details["key"] else "no",
            "public": details["public"],
        }
        for entry, details in found
    ]
