"""The migrations of the reading room: what its pages and its search ask of the archive. See :mod:`archive.schema`.

Registered after those of :mod:`archive.schema`; a migration that was released is never changed.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.query import indexed
from archive.schema import migrations, run

__all__ = ["migrations"]

# an article counts on the day of its publication by its source's clock or, where none is stated, on that of our
# first capture: no page counts articles, and every page that says how many there are asks here
_READING = """
create table restricted (               -- kept, and shown to nobody
    article integer primary key references articles(id),
    at text not null,
    reason text not null
);
create table days (                     -- articles a day
    source text not null,
    day text not null,
    articles integer not null,
    primary key (source, day)
) without rowid;
create index days_day on days(day, source, articles);
insert into days
    select source, coalesce(published_day, substr(first_seen, 1, 10)), count(*) from articles group by 1, 2;
create trigger days_ai after insert on articles begin
    insert into days values (new.source, coalesce(new.published_day, substr(new.first_seen, 1, 10)), 1)
        on conflict do update set articles = articles + 1;
end;
create trigger days_ad after delete on articles begin
    update days set articles = articles - 1
        where source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
    delete from days where articles = 0
        and source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
end;
create trigger days_au after update of source, published_day, first_seen on articles
    when (old.source, coalesce(old.published_day, substr(old.first_seen, 1, 10)))
        <> (new.source, coalesce(new.published_day, substr(new.first_seen, 1, 10))) begin
    update days set articles = articles - 1
        where source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
    delete from days where articles = 0
        and source = old.source and day = coalesce(old.published_day, substr(old.first_seen, 1, 10));
    insert into days values (new.source, coalesce(new.published_day, substr(new.first_seen, 1, 10)), 1)
        on conflict do update set articles = articles + 1;
end;
"""


@migrations()
def m009_reading(db: Database) -> None:
    """What the pages ask for at once: how many articles on which day, and which ones are restricted."""
    run(db, _READING)


# the search page asks what its filters need of each hit, and the source, month and language of all of them: from an
# index that is 0.3 µs a hit, from the wide rows of the articles 3. Then the articles by when they came, and which
# article an earlier text is of
_SEARCH = """
create index articles_facets on articles(id, source, language, published_day, first_seen, published);
create index articles_groups on articles(id, source || char(31) || substr(coalesce(published_day, first_seen), 1, 7)
    || char(31) || coalesce(language, 'und'), source);
create index articles_newest on articles(min(coalesce(published, first_seen), first_seen));
create index revisions_earlier on revisions(id, article, number, seen_from, seen_to) where superseded;
"""


@migrations()
def m010_search(db: Database) -> None:
    """Indexes for the search page."""
    run(db, _SEARCH)


# articles whose stems are written in one transaction: half a second, in which no crawl can write
_STEMMED = 200


@migrations(transactional=False)
def m011_stems(db: Database) -> None:
    """The stems of articles that were kept before, in steps; one that was stopped goes on where it was."""
    last = 0
    while True:
        rows = db.execute(
            "select s.article, a.title, coalesce(a.summary || char(10, 10), '') || a.text,"
            " coalesce(a.language_detected, a.language) from search_text s join articles a on a.id = s.article"
            " where s.article > ? and s.stems = '' order by s.article limit ?",
            [last, _STEMMED],
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        with db.atomic():
            db.conn.executemany(
                "update search_text set title = ?, text = ?, stems = ? where article = ?",
                [(*indexed(title, text, language), article) for article, title, text, language in rows],
            )


# the pages of changes and of sources: the edits of a source by what is odd of them, its pages that went, those that
# changed; when it publishes and whose texts it has are read from indexes, for a row of an article is wide (1,000 of
# them take 27 ms, of the index 1)
_PAGES = """
create index revisions_source_unstated on revisions(source, seen_from) where stated = 0;
create index revisions_source_numbers on revisions(source, seen_from) where numbers is not null;
create index articles_source_gone on articles(source, gone_at) where gone_at is not null;
create index articles_source_revised on articles(source, revisions) where revisions > 1;
create index articles_source_shared on articles(source, first_seen, story) where story is not null;
create index articles_shared on articles(first_seen, story) where story is not null;
drop index articles_source;
create index articles_source on articles(source, published, published_printed);
drop index articles_story;
create index articles_story on articles(story, source);
create table totals (                   -- articles of a source, all of its days together
    source text primary key,
    articles integer not null
) without rowid;
insert into totals select source, sum(articles) from days group by source;
create trigger totals_ai after insert on days begin
    insert into totals values (new.source, new.articles) on conflict do update set articles = articles + new.articles;
end;
create trigger totals_au after update of articles on days begin
    update totals set articles = articles + new.articles - old.articles where source = new.source;
end;
create trigger totals_ad after delete on days begin
    update totals set articles = articles - old.articles where source = old.source;
end;
"""


@migrations()
def m012_pages(db: Database) -> None:
    """Indexes and totals for the pages of changes and of sources."""
    run(db, _PAGES)


@migrations()
def m013_detected(db: Database) -> None:
    """The few articles whose language is not the one that their page states: a search asks for theirs too."""
    db.execute("create index articles_detected on articles(language_detected) where language_detected is not null")


# an article's page walks the articles of its days: what it asks of each stands behind the text in its row, two or
# three pages of the file further on
_NEAR = """
drop index articles_published;
create index articles_published on articles(published, language, story);
create index articles_undated on articles(first_seen, language, story) where published is null;
"""


@migrations()
def m014_near(db: Database) -> None:
    """Indexes for the articles that came out near another one; few state no time."""
    run(db, _NEAR)
