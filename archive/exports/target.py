"""Where an export is written: a file or a folder that takes its name when it is whole.

It is made beside the target, in a folder that is locked while somebody writes there; what a killed export left there
is removed by the next one to the same target.
"""

from __future__ import annotations

import fcntl
import filecmp
import glob
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import CommuniqueError, ConfigurationError
from archive.exports import manifest
from archive.warc import synced

_MARK = ".exporting-"
_BEFORE = "before"
_ONE_BY_ONE = 256


class Staging:
    """A place to write an export to: at ``path``, which is not there yet."""

    def __init__(self, target: Path, place: Path, folder: bool) -> None:
        self._target, self._place, self._folder = target, place, folder
        self.path = place / target.name

    def keep_same(self) -> int:
        """Take a folder's files that are as they were from the folder that is replaced; returns how many.

        A backup, or a program that watches the folder, sees only what changed.
        """
        same = 0
        for new in sorted(self.path.rglob("*")) if self._folder and self._target.is_dir() else ():
            old = self._target / new.relative_to(self.path)
            if new.is_file() and old.is_file() and not old.is_symlink() and filecmp.cmp(new, old, shallow=False):
                kept = new.with_name(new.name + ".kept")
                try:
                    kept.hardlink_to(old)
                except OSError:  # a file system without links: the new one is as good
                    return same
                kept.replace(new)
                same += 1
        return same

    def commit(self, said: bytes) -> None:
        """Give the export its name, with its manifest; before that nothing of it is there, afterwards all."""
        note = manifest.path_of(self.path, self._folder)
        note.write_bytes(said)
        if self._folder:
            _sync_all(self.path)
            if self._target.is_dir():
                self._target.rename(self._place / _BEFORE)  # a folder cannot be renamed over another one
            self.path.rename(self._target)
        else:
            synced(self.path)
            synced(note)
            self.path.replace(self._target)
            note.replace(manifest.path_of(self._target, False))
        synced(self._target.parent)


@contextmanager
def staged(target: Path, folder: bool) -> Iterator[Staging]:
    """A place for an export to a target, removed in the end.

    Raises:
        ConfigurationError: the target is something that no export made, or cannot be written.
        CommuniqueError: the disk is full, or fails.
    """
    target = target.absolute()
    try:
        clear(target)
        _check(target, folder)
        place = Path(tempfile.mkdtemp(prefix=f".{target.name}{_MARK}", dir=target.parent))
        held = _hold(place)
    except OSError as error:
        raise ConfigurationError(f"cannot write to {target}: {error.strerror}") from error
    try:
        yield Staging(target, place, folder)
    except OSError as error:
        raise CommuniqueError(f"the export to {target} could not be written: {error.strerror or error}") from error
    except sqlite3.OperationalError as error:  # a database that is written; what is wrong with ours is told as that
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
        raise CommuniqueError(f"the export to {target} could not be written: {error}") from error
    finally:
        _undo(target, place)
        os.close(held)


def check_note(path: Path) -> None:
    """Make sure that a manifest can be written, and over nothing but another one.

    Raises:
        ConfigurationError: it cannot.
    """
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file() or not manifest.names(path.read_bytes())):
        raise ConfigurationError(f"{path} is there and no manifest: take another name")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ConfigurationError(f"cannot write to {path}: {path.parent} is no folder that can be written to")


def write_note(path: Path, said: bytes) -> None:
    """Write a manifest, whole or not at all.

    Raises:
        CommuniqueError: the disk is full, or fails.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}{_MARK}", dir=path.parent) as place:
            new = Path(place) / path.name
            new.write_bytes(said)
            synced(new)
            new.replace(path)
        synced(path.parent)
    except OSError as error:
        raise CommuniqueError(f"the manifest {path} could not be written: {error.strerror or error}") from error


def clear(target: Path) -> None:
    """Remove what killed exports to a target left behind."""
    for place in target.parent.glob(f".{glob.escape(target.name)}{_MARK}*"):
        try:
            held = _hold(place)
        except OSError:  # somebody writes there now, or it has gone
            continue
        _undo(target, place)
        os.close(held)


def _undo(target: Path, place: Path) -> None:
    """Remove a place; a folder that was there before takes its name again where no new one has it."""
    if (place / _BEFORE).exists() and not target.exists():
        (place / _BEFORE).rename(target)
    shutil.rmtree(place, ignore_errors=True)


def _hold(place: Path) -> int:
    """Lock a folder until the descriptor is closed; a process that dies closes it."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        place.stat()
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check(target: Path, folder: bool) -> None:
    """Refuse to replace what no export of ours made: a folder may be somebody's documents."""
    if not folder and not _is_text(target.name):
        raise ConfigurationError(f"{target}: its manifest cannot state a name that is not UTF-8")
    if not os.path.lexists(target):
        return
    ours = manifest.path_of(target, folder)
    if target.is_dir() != folder or target.is_symlink():
        kind = "a folder" if target.is_dir() else "a link" if target.is_symlink() else "a file"
        raise ConfigurationError(f"{target} is {kind}, and the export makes {'a folder' if folder else 'a file'}")
    if folder and not any(target.iterdir()):
        return
    if not ours.is_file():
        raise ConfigurationError(f"{target} is there and no export of ours (it has no manifest): remove it first")
    if folder and (foreign := _foreign(target, ours)):
        raise ConfigurationError(f"{target} holds {foreign}, which no export wrote there: move it elsewhere first")


def _is_text(name: str) -> bool:
    """Whether a file's name can be written as UTF-8: to the system names are bytes, of any value."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _foreign(target: Path, note: Path) -> str | None:
    """A file in an exported folder that its manifest does not name."""
    known = manifest.names(note.read_bytes()) | {manifest.NAME}
    for file in sorted(target.rglob("*")):
        name = file.relative_to(target).as_posix()
        if not file.is_dir() and name not in known:
            return name
    return None


def _sync_all(folder: Path) -> None:
    """Bring a folder's files to the disk: a few one by one, thousands with all else that waits."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    if len(files) > _ONE_BY_ONE:
        os.sync()
        return
    for file in files:
        synced(file)
