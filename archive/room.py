"""Whether the disk, or what an archive may use of it, still has room for what comes."""

from __future__ import annotations

import shutil
import time

from archive.home import Home
from archive.models import RESERVE

# seconds between two looks at the size of a home that has a quota: it is the sum of all its files
SIZED = 10.0


class Room:
    """That of one home. ``quota``: bytes that its files may take, None: as many as there are."""

    def __init__(self, home: Home, quota: int | None) -> None:
        self._home, self._quota = home, quota
        self._sized = -SIZED

    def problem(self) -> str | None:
        """Why no more should be handed over, while what is pending still fits; None: there is room."""
        free = shutil.disk_usage(self._home.path).free
        if free < RESERVE:
            return f"{free >> 20} MB are free on the disk and {RESERVE >> 20} are kept free"
        if self._quota is None or time.monotonic() < self._sized + SIZED:
            return None
        used, self._sized = self._home.size(), time.monotonic()
        if used < self._quota:
            return None
        return f"the archive uses {used >> 20} MB of a quota of {self._quota >> 20}"
