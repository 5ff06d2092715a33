"""``custody.head``: the last entry of the chain, stated outside of the database. Owns this file.

A chain that was cut short or written anew is found by it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from archive.errors import ConfigurationError
from archive.home import Home
from archive.store import Store
from archive.store_custody import Signed
from archive.warc import synced


def head(home: Home) -> dict[str, Any] | None:
    """What ``custody.head`` says: seq, hash, signature, key; None where there is no such file.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        found = json.loads(home.head.read_text("utf-8"))
        return {"seq": int(found["seq"]), "hash": str(found["hash"]), **{n: found[n] for n in ("signature", "key")}}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{home.head} cannot be read: {error}") from error


def contradicted(home: Home, store: Store) -> str | None:
    """How the chain contradicts its head, in a line; None where it does not."""
    try:
        stated = head(home)
    except ConfigurationError as error:
        return str(error)
    if stated is None:
        return None
    entry = store.entry(stated["seq"])
    if entry is None:
        last = store.last_entry()
        how = f"states entry {stated['seq']}, and the chain ends with {last.entry.seq if last else 0}"
    elif entry.entry.hash != stated["hash"]:
        how = f"states another hash of entry {stated['seq']} than the chain"
    else:
        return None
    return f"{home.head.name} {how}: where archive.db was restored, restore that file of the same copy too"


def write_head(home: Home, last: Signed) -> None:
    """State the last entry, whole or not at all."""
    stated = {"seq": last.entry.seq, "hash": last.entry.hash, "signature": last.signature, "key": last.key}
    _replace(home.head, json.dumps(stated) + "\n")


def _replace(path: Path, text: str) -> None:
    """Write a file so that there is either the one before or this one, whole."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    synced(path.parent)
