"""A home folder: where its files lie, and who may write to it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from archive.errors import BusyError, ConfigurationError, NoArchiveError


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one archive. Nothing is written outside its folder."""

    path: Path

    @property
    def database(self) -> Path:
        """``archive.db``; the name is pinned because Datasette names the database after it."""
        return self.path / "archive.db"

    @property
    def warc(self) -> Path:
        """The folder of the WARC files."""
        return self.path / "warc"

    @property
    def logs(self) -> Path:
        """The folder of the crawl's logs."""
        return self.path / "logs"

    @property
    def keys(self) -> Path:
        """The folder of the key that signs the chain."""
        return self.path / "keys"

    @property
    def head(self) -> Path:
        """The last entry of the chain, outside of the database: whether its end was taken away is seen by it."""
        return self.path / "custody.head"

    @property
    def witnesses(self) -> Path:
        """Which authorities are asked for time stamps; written by the user, mostly not there."""
        return self.path / "custody.toml"

    @property
    def backup(self) -> Path:
        """The folder of the copies that were made before a migration."""
        return self.path / "backup"

    @property
    def sources(self) -> Path:
        """The user's own catalogue, beside the built-in one."""
        return self.path / "sources.toml"

    def size(self) -> int:
        """The bytes of its files (a file that goes while it is looked at counts nothing)."""
        total = 0
        for path in self.path.rglob("*"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size if path.is_file() else 0
        return total

    def require(self) -> Home:
        """This home, where it holds an archive.

        Raises:
            NoArchiveError: it holds none.
        """
        if not self.database.is_file():
            raise NoArchiveError(f"no archive in {self.path}: run `communique crawl` or `communique demo` first")
        return self

    def busy(self) -> bool:
        """Whether another command writes to it now."""
        lock = self.path / "crawl.lock"
        if not lock.is_file():
            return False
        with lock.open("rb") as file:
            try:
                # shared, and let go at once: a writer takes it alone
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of this home, made where it is not there yet.

        Raises:
            BusyError: another command holds it. ConfigurationError: the folder cannot be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / "crawl.lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise BusyError(self.path / "crawl.lock") from None
        except OSError as error:
            raise ConfigurationError(f"cannot write to {self.path}: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()
