"""What is asked of revisions: two of them with what proves each, and where an article went."""

from __future__ import annotations

from typing import Any

from archive.store_rows import Rows


class History(Rows):
    """Revisions as they are asked for, not as they are written."""

    def texts(self, article: int) -> list[dict[str, Any]]:
        """An article's revisions without the folded ones, the first first, each with the captures that prove it."""
        return self.rows(
            "select r.title, r.summary, r.text, r.text_sha256, r.words_added, r.words_removed, r.stated, p.*"
            " from revisions r join proofs p on p.revision = r.id where r.article = ? order by r.number",
            article,
        )

    def moved_to(self, article: int) -> int | None:
        """The article at the address to which one that is gone leads for good, None where it leads nowhere."""
        return self._one("select moved_to from gone where id = ?", article)  # type: ignore[no-any-return]
