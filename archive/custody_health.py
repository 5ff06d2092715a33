"""How the custody chain is kept, as status and doctor tell it. Recomputes nothing: that is what verify does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from archive import signing
from archive.custody_head import contradicted
from archive.custody_keys import current_key
from archive.errors import ConfigurationError
from archive.home import Home
from archive.models import moment
from archive.store import Store

# an authority that was not reached for so long is more than a bad day
_LATE = timedelta(days=3)


def custody_line(state: dict[str, Any]) -> str:
    """The state of a chain (:meth:`Store.custody_state`) in a line."""
    if not state["entries"]:
        return "no run has ended yet"
    said = [f"{state['entries']} entr{'y' if state['entries'] == 1 else 'ies'}, the last of {state['at'][:16]}Z"]
    said.append(f"signed by {state['key'][:16]}…" if state["key"] else "not signed (`communique keys` makes a key)")
    said += [f"seen by {w['authority']} {w['at'][:16]}Z (entry {w['seq']})" for w in state["witnessed"]]
    return ", ".join(said)


def looked_at(home: Home, now: datetime) -> Iterator[tuple[Literal["ok", "warning", "problem"], str, str | None]]:
    """What there is to say of an archive's chain: level, line, what to do."""
    store = Store(home.database)
    try:
        state = store.custody_state()
        contradiction = contradicted(home, store)
        sound = True
        if contradiction:
            sound = False
            yield "problem", contradiction, "`communique verify` says what differs"
        private = home.keys / signing.PRIVATE
        if private.is_file() and private.stat().st_mode & 0o077:
            sound = False
            yield "problem", f"{private} can be read by others", f"chmod 600 {private}; then `communique keys --new`"
        try:
            key = current_key(home, store, settle=False)
            if key is None and store.last_entry("key") is not None:
                sound = False
                mend = f"bring {private} back, or make another one: `communique keys --new`"
                yield "warning", "entries are not signed any more: the key is not there", mend
        except ConfigurationError as error:
            sound = False
            yield "warning", f"entries are not signed: {error}", "see docs/custody.md, Keys"
        if home.witnesses.is_file():
            seen = {witness["authority"]: witness["seq"] for witness in state["witnessed"]}
            sound &= not (late := list(_late(home, store, seen, now)))
            yield from late
        if sound:
            yield "ok", custody_line(state), None
    finally:
        store.close()


def _late(
    home: Home, store: Store, seen: Mapping[str, int], now: datetime
) -> Iterator[tuple[Literal["warning", "problem"], str, str]]:
    """The authorities that have not seen what is old by now. ``seen``: by name, the last entry that each saw."""
    from archive.witness import configured

    try:
        authorities = configured(home)
    except ConfigurationError as error:
        yield "problem", str(error), f"mend {home.witnesses}"
        return
    for authority in authorities:
        last = seen.get(authority.name, 0)
        waiting = next(store.chain(last), None)
        if waiting is not None and now - moment(waiting.entry.at) > _LATE:
            line = f"{authority.name} has not seen the chain since entry {last}"
            yield "warning", line, f"see the log in {home.logs} for why, and the url in {home.witnesses}"


def backups(home: Home) -> tuple[int, int]:
    """How many copies from before a migration there are, and their bytes together."""
    sizes = [path.stat().st_size for path in home.backup.glob("archive-*") if path.is_file()]
    return len(sizes), sum(sizes)
