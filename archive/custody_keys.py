"""Which key signs the chain, and how another one follows it.

A new key is made beside the one before, is named by the chain, and then takes its place: whenever a process dies, one
of the two is whole and named.
"""

from __future__ import annotations

import json

from archive import signing
from archive.errors import ConfigurationError
from archive.home import Home
from archive.store import Store
from archive.store_custody import Signer

# a key that is made lies here until the chain has it
_NEW = signing.PRIVATE + ".new"


def current_key(home: Home, store: Store, settle: bool = True) -> signing.Key | None:
    """The key that signs: the one that the chain names last; None where there is none.

    ``settle``: put one in its place that a process died over.

    Raises:
        ConfigurationError: a file cannot be read, or holds another key than the one that the chain names.
    """
    last = store.last_entry("key")
    named = json.loads(last.entry.details)["key"] if last else None
    new = signing.load(home.keys, _NEW)
    if new is not None and new.fingerprint == named:
        if not settle:
            return new
        signing.take_up(home.keys, _NEW, new.public)
    key = signing.load(home.keys)
    if key is not None and key.fingerprint != named:
        raise ConfigurationError(
            f"{home.keys / signing.PRIVATE} is not the key that the chain names: put that one there, or none"
        )
    return key


def signer_of(home: Home, store: Store) -> tuple[Signer | None, list[str]]:
    """What signs an entry, and what is to be said where nothing can."""
    try:
        key = current_key(home, store)
    except ConfigurationError as error:
        return None, [f"the chain is not signed: {error}"]
    return (key.signer if key else None), []


def follow(home: Home, store: Store, at: str) -> signing.Key:
    """Make a key that signs from now on, the first or one that another one endorses; its entry is the last.

    Raises:
        ConfigurationError: the key that is there cannot be used.
    """
    before = current_key(home, store)
    key = signing.make(home.keys, _NEW)
    details = {"key": key.fingerprint, "public": key.public}
    if before is not None:
        details |= {"by": before.fingerprint, "endorsement": before.sign(key.fingerprint)}
    with store.transaction():
        store.append(at, "key", details, key.signer)
    signing.take_up(home.keys, _NEW, key.public)
    return key
