"""CSV that is safe in a spreadsheet: a scraped text that would be run as a formula has an apostrophe before it.

Spreadsheets take a cell for a formula by how it begins. A number may begin so too, and stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

# ASCII and full-width = + - @, behind blanks of any kind and characters of no width; a tab or a CR at the very
# beginning is taken off by some spreadsheets, and what follows it run
_FORMULA = re.compile(r"[\t\r]|[\s\0-\x1f\u200b-\u200f\u2060-\u2064\ufeff]*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,4})?\Z")
_SPECIAL = re.compile('[",\n]')
# a row in which no cell can begin with a formula goes on as it is: nearly all do
_SUSPECT = re.compile('(?:\\A|[,\n])"?' + f"(?:{_FORMULA.pattern})")


def inert(value: Any) -> Any:
    """A value for a CSV file; texts that a spreadsheet would run have an apostrophe before them."""
    return f"'{value}" if isinstance(value, str) and _runs(value) else value


def _runs(text: str) -> bool:
    return _FORMULA.match(text) is not None and _NUMBER.match(text) is None


class InertRows:
    """Makes a CSV text inert that comes in pieces, cut anywhere; holds no more of it than one cell.

    Takes what Python's csv module writes: comma, quotation marks doubled within quoted cells, CR LF.
    """

    def __init__(self) -> None:
        self._cell: list[str] = []
        self._quoted = False

    def feed(self, text: str) -> str:
        """As much of the text as is known to the end of a cell."""
        whole = not self._cell and not self._quoted and text.endswith("\n") and not text.count('"') % 2
        if whole and not _SUSPECT.search(text):
            return text
        out: list[str] = []
        start = 0
        for found in _SPECIAL.finditer(text):
            if found[0] == '"':
                self._quoted = not self._quoted
            elif not self._quoted:
                self._cell.append(text[start : found.start()])
                start = found.end()
                out.append(self.close() + found[0])
        if start < len(text):
            self._cell.append(text[start:])
        return "".join(out)

    def close(self) -> str:
        """The cell that is held, which ends here."""
        cell = "".join(self._cell)
        self._cell.clear()
        if cell.startswith('"'):
            text = cell.rstrip("\r")[1:-1].replace('""', '"')
            return f"\"'{cell[1:]}" if _runs(text) else cell
        return f"'{cell}" if _runs(cell.removesuffix("\r")) else cell
