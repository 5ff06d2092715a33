"""Errors a caller can meet. Expected outcomes (blocked, not an article, unchanged) are values, not errors.

CommuniqueError            one line for the user, with an exit code
├── ConfigurationError     2: an option, a catalogue entry or a home folder is wrong
│   ├── CatalogueError     a source is wrong: names table and key
│   └── NoArchiveError     there is no archive (or no such article) where one is needed, or none of this version
│       └── EarlierArchiveError    the archive has to be brought to this version
├── UpgradingError         75: another command brings the archive to this version
├── WitnessError           1: a time-stamping authority gave no time stamp that can be used
├── BusyError              75: another command holds the lock
├── DamagedError           1: a kept record cannot be read back
└── RefusedError           1: a file cannot be imported
"""

from __future__ import annotations

from pathlib import Path


class CommuniqueError(Exception):
    """Base of all errors of this project.

    Attributes:
        exit_code: what the command line ends with.
    """

    exit_code = 1


class ConfigurationError(CommuniqueError):
    """An option, a setting or a home folder cannot be used."""

    exit_code = 2


class CatalogueError(ConfigurationError):
    """An entry of a sources.toml is wrong."""

    def __init__(self, file: str, table: str, key: str, problem: str) -> None:
        self.file, self.table, self.key, self.problem = file, table, key, problem
        super().__init__(f"{file}: [{table}] {key}: {problem}")


class NoArchiveError(ConfigurationError):
    """Nothing is kept where something was asked for."""


class EarlierArchiveError(NoArchiveError):
    """An archive of an earlier version; the next command that writes brings it to this one.

    Attributes:
        database: its file.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        super().__init__(f"{database} was made by an earlier version: run `communique crawl` or `rebuild` once")


class UpgradingError(CommuniqueError):
    """The archive is between two versions, and another command is at it (sysexits.h EX_TEMPFAIL)."""

    exit_code = 75

    def __init__(self, database: Path) -> None:
        self.database = database
        super().__init__(f"another command is bringing {database} to this version: wait until it has ended")


class WitnessError(CommuniqueError):
    """A time-stamping authority could not be asked, or gave no answer that holds.

    Attributes:
        authority: its name, as it was configured.
    """

    def __init__(self, authority: str, problem: str) -> None:
        self.authority = authority
        super().__init__(f"no time stamp of {authority}: {problem}")


class BusyError(CommuniqueError):
    """Another command is writing to this home folder (sysexits.h EX_TEMPFAIL)."""

    exit_code = 75

    def __init__(self, lock: Path) -> None:
        self.lock = lock
        super().__init__(f"another command is writing to this archive (lock {lock})")


class DamagedError(CommuniqueError):
    """A record that the archive points to cannot be read back.

    Attributes:
        file: the WARC file's name; offset: bytes from its start.
    """

    def __init__(self, file: str, offset: int, problem: str) -> None:
        self.file, self.offset, self.problem = file, offset, problem
        super().__init__(f"{file} at {offset}: {problem}")


class RefusedError(CommuniqueError):
    """A file that cannot be imported: not what it says, hostile, or of no kind that can be read.

    Attributes:
        file: its name.
    """

    def __init__(self, file: str, problem: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(f"{file}: {problem}")
