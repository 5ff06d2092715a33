"""The migrations of the reading room: what its pages and its search ask of the archive. See :mod:`archive.schema`.

Registered after those of :mod:`archive.schema`; a migration that was released is never changed.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.schema import migrations

__all__ = ["migrations"]

# an article counts on the day of its publication by its source's clock or, where none is stated, on that of our
# first capture: no page counts articles, and every page that says how many there are asks here
_READING = """
create table restricted (               -- kept, and shown to nobody
    article integer primary key references articles(id),
    at text not null,
    reason text not null
);;
create table days (                     -- articles a day
    source text not null,
    day text not null,
    articles integer not null,
    primary key (source, day)
) without rowid;;
create index days_day on days(day, source, articles);;
insert into days
    select source, coalesce(published_day, substr(first_seen, 1, 10)), count(*) from articles group by 1, 2;;
create trigger days_ai after insert on articles begin
    insert into days values (new.source, coalesce(new.published_day, substr(new.first_seen, 1, 10)), 1)
        on conflict do update set articles = articles + 1;
end;;
create trigger days_ad after delete on articles begin
    update days set articles = articles - 1
        where source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
    delete from days where articles = 0
        and source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
end;;
create trigger days_au after update of source, published_day, first_seen on articles
    when (old.source, coalesce(old.published_day, substr(old.first_seen, 1, 10)))
        <> (new.source, coalesce(new.published_day, substr(new.first_seen, 1, 10))) begin
    update days set articles = articles - 1
        where source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
    delete from days where articles = 0
        and source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
    insert into days values (new.source, coalesce(new.published_day, substr(new.first_seen, 1, 10)), 1)
        on conflict do update set articles = articles + 1;
end;;
"""


@migrations()
def m009_reading(db: Database) -> None:
    """What the pages ask for at once: how many articles on which day, and which ones are restricted."""
    for statement in _READING.split(";;\n"):
        if statement.strip():
            db.execute(statement)


# the search page: what its filters and counts ask of each hit, beside the articles' wide rows (0.8 µs a hit instead of
# 3), the articles by when they came, and which article an earlier text is of
_SEARCH = """
create index articles_facets on articles(id, source, language, published_day, first_seen, published);;
create index articles_newest on articles(min(coalesce(published, first_seen), first_seen));;
create index revisions_earlier on revisions(id, article, number, seen_from, seen_to) where superseded;;
-- the pages of changes and of sources: edits of a source by what is odd of them, pages of it that went or changed
create index revisions_source_unstated on revisions(source, seen_from) where stated = 0;;
create index revisions_source_numbers on revisions(source, seen_from) where numbers is not null;;
create index articles_source_gone on articles(source, gone_at) where gone_at is not null;;
create index articles_source_revised on articles(source) where revisions > 1;;
"""


@migrations()
def m010_search(db: Database) -> None:
    """Indexes for the search page."""
    for statement in _SEARCH.split(";;\n"):
        if statement.strip():
            db.execute(statement)
