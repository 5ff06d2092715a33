"""What is asked of copies and stories: whose text an article has, who quotes the same, which report came before."""

from __future__ import annotations

from typing import Any

from archive.store_rows import Rows

# links of an article that are listed; a wire text may have as many
_LINKS = 500
_LINKED = (
    "select c.relation, c.score, c.reason, c.holder, o.id as article, o.source, o.title, o.published, o.first_seen,"
    " o.url from (select other as id, relation, score, reason, article as holder from copies where article = ?1"
    " union all select article, relation, score, reason, article from copies where other = ?1) c"
    " join articles o on o.id = c.id order by c.relation <> 'template_series',"
    " min(coalesce(o.published, o.first_seen), o.first_seen), o.url, o.part limit ?2"
)


class Stories(Rows):
    """Copies and stories as they are asked for, not as they are written."""

    def shared(self, article: int) -> dict[str, Any]:
        """An article's story (None: no other article carries its text), its links, the earliest first, and the
        reports of its form before and after it.

        ``holder`` of a link of kind contains: the article that holds the other one, else None.
        """
        story = self.rows("select s.* from articles a join stories s on s.id = a.story where a.id = ?", article)
        links = self.rows(_LINKED, article, _LINKS)
        series = [link for link in links if link["relation"] == "template_series"]
        # of a series, the later report stands first in the link
        previous = [_report(link) for link in series if link["holder"] == article]
        following = [_report(link) for link in series if link["holder"] != article]
        for link in links:
            link["holder"] = link["holder"] if link["relation"] == "contains" else None
        return {
            "story": story[0] if story else None,
            "copies": [link for link in links if link["relation"] != "template_series"],
            "previous": previous[0] if previous else None,
            "next": following,
        }


def _report(link: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in link.items() if name not in ("holder", "relation")}
