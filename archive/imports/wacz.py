"""WACZ files: the WARC files in them, read where they lie; nothing is unpacked to the disk.

Whose pages they are is said by our own manifest, where one of ours wrote the file.
"""

from __future__ import annotations

import zipfile
import zlib
from io import RawIOBase
from pathlib import Path
from typing import IO, cast

from archive.errors import RefusedError
from archive.imports import warcs
from archive.imports.intake import Intake
from archive.imports.kinds import open_zip
from archive.imports.manifests import LONGEST, introduce
from archive.imports.streams import BEHIND, DENSITY

_MANIFEST = "communique/manifest.json"


def read(path: Path, kind: str, intake: Intake) -> None:
    """Hand the exchanges of all WARC files in a WACZ file to the intake.

    Raises:
        RefusedError: it is damaged or hostile, or no WACZ.
    """
    with path.open("rb") as file, open_zip(path, file) as archive:
        names = [i for i in archive.infolist() if i.filename.startswith("archive/") and _is_warc(i.filename)]
        if not names:
            raise RefusedError(str(path), "no WARC file in it")
        for info in archive.infolist():
            # WARC files in it are packed already
            if info.file_size > max(BEHIND, DENSITY * info.compress_size):
                raise RefusedError(str(path), f"{info.filename[:80]!r} is packed more than {DENSITY} to 1")
            if info.flag_bits & 1:
                raise RefusedError(str(path), f"{info.filename[:80]!r} is encrypted")
        try:
            if _MANIFEST in archive.namelist():
                with archive.open(_MANIFEST) as stream:
                    introduce(path, stream.read(LONGEST + 1), intake)
            for info in sorted(names, key=lambda info: info.filename):
                with _opened(archive, file, info) as stream:
                    warcs.read_stream(f"{path}/{info.filename}", stream, intake)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
            raise RefusedError(str(path), f"a damaged zip ({error})") from error


def _is_warc(name: str) -> bool:
    return name.lower().endswith((".warc", ".warc.gz"))


def _opened(archive: zipfile.ZipFile, file: IO[bytes], info: zipfile.ZipInfo) -> IO[bytes]:
    """A file of a zip; one that is stored as it is, as WACZ asks, can be gone through from any place at no cost."""
    stream = archive.open(info)  # looks at its own header, and whether it lies over another one
    if info.compress_type != zipfile.ZIP_STORED:
        return stream
    stream.close()
    file.seek(info.header_offset + 26)
    lengths = file.read(4)
    start = info.header_offset + 30 + sum(int.from_bytes(lengths[n : n + 2], "little") for n in (0, 2))
    return cast("IO[bytes]", _Slice(file, start, info.file_size))


class _Slice(RawIOBase):
    """A stretch of a file, as a file of its own."""

    def __init__(self, file: IO[bytes], start: int, length: int) -> None:
        self._file, self._start, self._length, self._at = file, start, length, 0

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte of it."""
        base = {0: 0, 1: self._at, 2: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        left = max(0, self._length - self._at)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data
