"""The archive's tables, as named migrations. The contract with everybody who reads ``archive.db``.

NULL means unknown unless a comment says otherwise. Times are ISO 8601, UTC, with ``Z``.
A migration that was released is never changed: the next change is a new one below it.
"""

from __future__ import annotations

import json

from sqlite_utils import Database, Migrations

from archive.diff import differences, stated_changed

migrations = Migrations("communique")

# whole words, case and accents folded; 2 also folds accents outside Latin-1 (SQLite FTS5 manual, 4.3.1)
TOKENIZE = "unicode61 remove_diacritics 2"

_SPINE = """
create table home (
    key text primary key,       -- fictional: 'yes' in a demo archive, which is never merged with a real one
    value text
);
create table sources (
    id text primary key,
    name text not null,
    publisher text,
    kind text not null,         -- official, news, aggregator
    country text,
    language text,
    homepage text,
    timezone text,
    licence text,
    public integer not null default 1,
    state text not null default 'ok',   -- ok, blocked, failing, stale, paused
    state_reason text,
    last_success text           -- NULL: never
);
create table runs (
    id integer primary key,
    started text not null,
    finished text,              -- NULL while it runs
    status text not null,       -- running, done, interrupted, died, failed
    sources text,               -- the slugs it was asked for, by comma
    fetched integer not null default 0,
    new integer not null default 0,
    revised integer not null default 0,
    unchanged integer not null default 0,
    not_modified integer not null default 0,
    failed integer not null default 0,
    exit_code integer,
    message text
);
create table captures (
    id integer primary key,
    url text not null,
    url_key text not null,
    source text not null references sources(id),
    fetched_from text,          -- NULL: from the source itself
    run integer references runs(id),    -- NULL: not by a crawl
    kind text not null,         -- page, discovery, robots, imported
    fetched_at text not null,
    status integer,             -- NULL: no answer
    etag text,
    last_modified text,
    payload_sha256 text,        -- of the body without Content-Encoding; NULL: no body, or not a page
    warc_file text,             -- NULL: nothing arrived, so nothing was written
    warc_offset integer,
    outcome text not null,
    message text,
    via text                    -- JSON list of the addresses that redirected here, NULL: none
);
create index captures_url_key on captures(url_key, fetched_at);
create index captures_source on captures(source, fetched_at);
create index captures_run on captures(run);
create index captures_outcome on captures(outcome);
create index captures_kind on captures(kind);
create index captures_fetched_at on captures(fetched_at);
create unique index captures_record on captures(warc_file, warc_offset) where warc_file is not null;
create table articles (
    id integer primary key,
    url text not null,          -- canonical address
    part integer not null default 1,
    position integer not null default 1,
    source text not null references sources(id),
    publisher text,
    title text not null,
    headline text,              -- the page's h1
    byline text,
    published text,
    published_printed text,     -- as it stood on the page
    published_from text,        -- json-ld, meta, time-element, url, text, feed
    published_day text,         -- in the source's zone
    modified text,
    modified_from text,
    first_seen text not null,
    last_checked text not null,
    gone_at text,               -- NULL: was there when last checked
    language text,
    section text,
    tags text,                  -- JSON list
    image text,
    summary text,
    text text not null,
    words integer not null,
    text_sha256 text not null,
    revisions integer not null,
    story integer,
    capture integer not null references captures(id),   -- the latest that carried the text shown
    extractor text not null
);
create unique index articles_url on articles(url, part);
create index articles_source on articles(source, published);
create index articles_source_seen on articles(source, first_seen);
create index articles_published on articles(published);
create index articles_published_day on articles(published_day);
create index articles_first_seen on articles(first_seen);
create index articles_last_checked on articles(last_checked);
create index articles_language on articles(language);
create index articles_title on articles(title);
create index articles_words on articles(words);
create index articles_revisions on articles(revisions);
create index articles_capture on articles(capture);
create table addresses (
    url_key text primary key,
    article integer not null references articles(id)    -- part 1 of the page
);
create index addresses_article on addresses(article);
create table readings (
    id integer primary key,
    article integer not null references articles(id),
    extractor text not null,
    payload_sha256 text not null,       -- of the first payload read to this content
    title text not null,
    metadata text not null,             -- JSON: the fields of a reading besides title and blocks
    content_sha256 text not null,       -- of title, metadata and blocks
    first_at text not null              -- the earliest capture that was read to it
);
create unique index readings_content on readings(article, extractor, content_sha256);
create table blocks (
    reading integer not null references readings(id),
    position integer not null,
    kind text not null,                 -- p, heading, li, quote, row, code, line
    text text not null,
    hash integer not null,
    link_share real not null,
    mark text,                          -- NULL: part of the text
    primary key (reading, position)
) without rowid;
create table capture_articles (
    capture integer not null references captures(id),
    article integer not null references articles(id),
    reading integer references readings(id),    -- NULL: the page said that the article is gone
    primary key (capture, article)
) without rowid;
create index capture_articles_article on capture_articles(article);
create index capture_articles_reading on capture_articles(reading);
create table revisions (
    id integer primary key,
    article integer not null references articles(id),
    number integer,                     -- NULL: folded
    first_capture integer not null references captures(id),
    seen_from text not null,
    seen_to text not null,
    title text not null,
    text text not null,
    text_sha256 text not null,
    words_added integer,                -- NULL: the first one, or folded
    words_removed integer,
    folded_into integer references revisions(id)    -- NULL: an edit by the outlet (or the first text)
);
create unique index revisions_capture on revisions(article, first_capture);
create index revisions_seen_from on revisions(seen_from);
create index revisions_first_capture on revisions(first_capture);
create index revisions_folded_into on revisions(folded_into);
create table derivations (
    article integer not null references articles(id),
    at text not null,
    cause text not null,                -- marks, extractor
    extractor text not null,
    text_sha256 text not null
);
create index derivations_article on derivations(article, at);
create table sightings (                -- which documents of a source carry a block, and since when
    source text not null,
    hash integer not null,
    at integer not null,                -- seconds since 1970 of the article's earliest capture with it
    article integer not null,
    primary key (source, hash, at, article)
) without rowid;
create table search_text (
    article integer primary key references articles(id),
    title text not null,
    text text not null,
    stems text not null
);
"""

_VIEWS = """
create view hidden_blocks as
select a.id as article, b.position, b.text, b.mark as reason,
    (select count(*) from sightings s where s.source = a.source and s.hash = b.hash) as documents
from articles a
join capture_articles ca on ca.capture = a.capture and ca.article = a.id
join blocks b on b.reading = ca.reading
where b.mark is not null;

create view latest as
select id, published, first_seen, source, title, language, words, revisions, gone_at, url
from articles
order by first_seen desc, id desc;

create view changes as
select r.id as revision, r.article, a.source, r.seen_from, r.number, r.title, r.words_added, r.words_removed,
    a.published, a.modified, a.url
from revisions r join articles a on a.id = r.article
where r.number > 1
order by r.seen_from desc, r.id desc;

create view source_health as
select s.id as source, s.name, s.state, s.state_reason, s.last_success,
    (select count(*) from articles a where a.source = s.id) as articles,
    (select max(a.first_seen) from articles a where a.source = s.id) as newest_seen,
    (select max(a.published) from articles a where a.source = s.id) as newest_published,
    (select count(*) from captures c where c.source = s.id) as captures,
    (select count(*) from captures c where c.source = s.id and c.outcome = 'failed') as failed,
    (select count(*) from captures c where c.source = s.id and c.outcome = 'blocked') as blocked
from sources s
order by s.id;
"""

# a column is added where NULL or its default is the truth about every row that was there before
_UNATTENDED = """
-- text-and-data-mining reservation as the outlet states it
alter table sources add column mining text;
-- JSON list: patterns of article addresses
alter table sources add column articles text not null default '[]';
-- all, changes
alter table sources add column keep text not null default 'all';
-- 24h; 12h where its pages print hours to twelve without AM or PM
alter table sources add column clock text not null default '24h';
-- runs in a row in which it blocked or failed
alter table sources add column failures integer not null default 0;
-- NULL: any time
alter table sources add column next_try text;
-- 1: the last run did not hear its lists to their end, or left pages for later; 2: a history crawl; 3: both
alter table sources add column unfinished integer not null default 0;
-- the capture whose text it carries
alter table captures add column confirms integer references captures(id);
create table hosts (                    -- hosts that asked for patience (429, 503, Retry-After)
    host text primary key,
    wait_until text not null,
    times integer not null,             -- in a row
    reason text not null
);
create table announced (                -- what an outlet's lists say of when a page changed last
    url_key text primary key,
    modified text not null,
    seen text not null                  -- when the list said so last
);
create table findings (                 -- what is unusual of a source against its own history, by the last run
    source text not null references sources(id),
    kind text not null,
    line text not null,
    since text not null,
    primary key (source, kind)
) without rowid;
update captures set confirms = (select e.id from captures e where e.url_key = captures.url_key
    and e.kind in ('page', 'imported') and e.status = 200 and e.outcome in ('new', 'revised', 'unchanged')
    and e.id < captures.id order by e.fetched_at desc, e.id desc limit 1) where outcome = 'not_modified';
drop view source_health;
create view source_health as
select s.id as source, s.name, s.state, s.state_reason, s.last_success, s.next_try,
    (select group_concat(line, '; ') from findings f where f.source = s.id) as findings,
    (select count(*) from articles a where a.source = s.id) as articles,
    (select max(a.first_seen) from articles a where a.source = s.id) as newest_seen,
    (select max(a.published) from articles a where a.source = s.id) as newest_published,
    (select count(*) from captures c where c.source = s.id) as captures,
    (select count(*) from captures c where c.source = s.id and c.outcome = 'failed') as failed,
    (select count(*) from captures c where c.source = s.id and c.outcome = 'blocked') as blocked
from sources s
order by s.id;
"""

_TEXT = """
-- JSON: CSS selectors by what they are for
alter table sources add column hints text not null default '{}';
-- JSON list of the people in the byline
alter table articles add column authors text not null default '[]';
-- the news agency it credits
alter table articles add column agency text;
-- the offset or zone stated with the time, NULL: the source's own
alter table articles add column published_zone text;
-- why the time is doubtful, NULL: nothing speaks against it
alter table articles add column published_doubt text;
alter table articles add column modified_printed text;
alter table articles add column modified_zone text;
alter table articles add column modified_doubt text;
-- NULL: as in language
alter table articles add column language_detected text;
alter table articles add column licence text;
-- the page's own description of itself, in its head
alter table articles add column description text;
-- the address of its own of a story among several on a page
alter table articles add column permalink text;
-- why nothing of the page was hidden although something repeats, NULL: what repeats is hidden
alter table articles add column spared text;
-- the standfirst of that time
alter table revisions add column summary text;
-- JSON: links, media, quotes and entries by the positions of the blocks
alter table readings add column extras text not null default '{}';
-- what the page's own structure says of a block: aside, twice, summary
alter table blocks add column role text;
-- the article's place among the stories of the page that was captured
alter table capture_articles add column position integer not null default 1;
create table links (                    -- within the text shown
    article integer not null references articles(id),
    position integer not null,          -- of its block
    url text not null,
    text text not null
);
create index links_article on links(article, position);
create index links_url on links(url);
create table media (
    article integer not null references articles(id),
    position integer not null,          -- of the block it stands before
    url text not null,
    alt text,
    caption text
);
create index media_article on media(article, position);
create table quotes (                   -- quotations set apart, and embedded posts
    article integer not null references articles(id),
    position integer not null,          -- of its first block; a post that the text is without: of the next one
    text text not null,                 -- empty: the page names a post alone
    speaker text,
    url text                            -- of a post
);
create index quotes_article on quotes(article, position);
create table entries (                  -- dated entries of live blogs
    article integer not null references articles(id),
    position integer not null,          -- of its first block
    at text,
    printed text,
    title text
);
create index entries_article on entries(article, position);
create table verdicts (                 -- blocks that somebody decided on for good
    source text not null references sources(id),
    hash integer not null,
    verdict text not null,              -- keep, hide
    text text not null,                 -- as it stood when that was decided
    at text not null,
    primary key (source, hash)
) without rowid;
create table rebuilds (
    id integer primary key,
    started text not null,
    finished text,                      -- NULL: under way, or stopped before its end: the next one goes on
    sources text,                       -- the slugs it is limited to, by comma; NULL: all
    since text,                         -- as it was asked for, a day or an age; NULL: all captures
    extractor text not null,
    pages integer not null default 0,   -- read again so far
    articles integer not null default 0,    -- brought in line so far
    changed text not null default '{}'  -- JSON: how many texts changed, by cause
);
create table unread (                   -- captures that a rebuild has still to read again
    article integer not null,           -- the first article it says something of: they are read by article; 0: none
    capture integer not null references captures(id),
    primary key (article, capture)
) without rowid;
create table unsettled (                -- articles that a rebuild has still to bring in line
    article integer primary key references articles(id),
    cause text not null                 -- marks; extractor or hints where its page was read to something else
);
create table removed (                  -- articles to which no page is read any more: no number is given twice
    article integer primary key,
    url text not null,
    part integer not null,
    other integer not null references articles(id)  -- the one that has what they had
);
create index removed_url on removed(url);
create index removed_other on removed(other);
create view boilerplate as              -- what repeats in a source, or was decided on; mark: where it stood last
select g.source, printf('%016x', g.hash) as block, g.documents,
    (select b.mark from articles a join capture_articles ca on ca.capture = a.capture and ca.article = a.id
        join blocks b on b.reading = ca.reading and b.hash = g.hash where a.id = g.article limit 1) as mark,
    v.verdict,
    coalesce((select b.text from readings r join blocks b on b.reading = r.id and b.hash = g.hash
        where r.article = g.article order by r.id desc limit 1), v.text) as text,
    g.article, g.hash
from (select source, hash, count(*) as documents, max(at), article from sightings s group by source, hash
    having count(*) > 1 or exists (select 1 from verdicts d where d.source = s.source and d.hash = s.hash)) g
left join verdicts v on v.source = g.source and v.hash = g.hash
union all
select source, printf('%016x', hash), 0, null, verdict, text, null, hash from verdicts v
where not exists (select 1 from sightings s where s.source = v.source and s.hash = v.hash);
"""

_HISTORY = """
-- as articles.source: edits are listed by outlet; NULL: not filled in yet
alter table revisions add column source text;
-- 1: a later text took its place
alter table revisions add column superseded integer not null default 0;
-- 1: when the page says that it was changed last changed with the text, 0: it did not; NULL: it does not say, the
-- first one, or folded
alter table revisions add column stated integer;
-- JSON list of {old, new}: numbers that are others now, as printed; NULL: none
alter table revisions add column numbers text;
create index revisions_number on revisions(article, number);
create index revisions_edits on revisions(seen_from) where number > 1;
create index revisions_source on revisions(source, seen_from) where number > 1;
create index revisions_unstated on revisions(seen_from) where stated = 0;
create index revisions_numbers on revisions(seen_from) where numbers is not null;
create index articles_gone_at on articles(gone_at) where gone_at is not null;

create view earlier_texts as
select id, article, number, source, seen_from, seen_to, title, summary, text
from revisions where superseded;

create virtual table earlier_texts_fts using fts5(
    title, summary, text, content='earlier_texts', content_rowid='id', tokenize='{tokenize}');

create trigger earlier_texts_ai after insert on revisions when new.superseded begin
    insert into earlier_texts_fts (rowid, title, summary, text)
    values (new.id, new.title, new.summary, new.text); end;

create trigger earlier_texts_ad after delete on revisions when old.superseded begin
    insert into earlier_texts_fts (earlier_texts_fts, rowid, title, summary, text)
    values ('delete', old.id, old.title, old.summary, old.text); end;

create trigger earlier_texts_au after update of superseded, title, summary, text on revisions
when (old.superseded or new.superseded) and (old.superseded, old.title, old.summary, old.text)
    is not (new.superseded, new.title, new.summary, new.text) begin
    insert into earlier_texts_fts (earlier_texts_fts, rowid, title, summary, text)
    select 'delete', old.id, old.title, old.summary, old.text where old.superseded; insert into
    earlier_texts_fts (rowid, title, summary, text) select new.id, new.title, new.summary, new.text
    where new.superseded; end;

create view proofs as
select r.id as revision, r.article, r.number, r.seen_from, r.seen_to,
    f.id as first_capture, f.outcome as first_outcome, f.url as first_url, f.warc_file as first_warc_file,
    f.warc_offset as first_warc_offset, f.payload_sha256 as first_payload_sha256, f.confirms as first_confirms,
    coalesce(json_extract(fr.metadata, '$.modified'), json_extract(fr.metadata, '$.published')) as first_stated,
    l.id as last_capture, l.outcome as last_outcome, l.url as last_url, l.warc_file as last_warc_file,
    l.warc_offset as last_warc_offset, l.payload_sha256 as last_payload_sha256, l.confirms as last_confirms,
    coalesce(json_extract(lr.metadata, '$.modified'), json_extract(lr.metadata, '$.published')) as last_stated
from revisions r
join captures f on f.id = r.first_capture
left join capture_articles fc on fc.capture = f.id and fc.article = r.article
left join readings fr on fr.id = fc.reading
left join captures l on l.id = (select id from (select c.id, max(c.fetched_at || printf(' %018d', c.id))
    from capture_articles s join captures c on c.id = s.capture
    where s.article = r.article and s.reading is not null and c.fetched_at <= r.seen_to))
left join capture_articles lc on lc.capture = l.id and lc.article = r.article
left join readings lr on lr.id = lc.reading
where r.number is not null;

drop view changes;

create view changes as
select r.id as revision, r.article, r.source, r.seen_from, r.number, r.title, r.words_added, r.words_removed,
    r.stated, r.numbers, p.id as before, p.seen_to as seen_before, a.published, a.modified, a.url
from revisions r cross join articles a on a.id = r.article
left join revisions p on p.article = r.article and p.number = r.number - 1
where r.number > 1
order by r.seen_from desc, r.id desc;

create view gone as
select a.id, a.gone_at, a.source, a.title, a.published, a.first_seen,
    (select r.seen_to from revisions r where r.article = a.id and r.number = a.revisions) as last_seen,
    (select max(o.article) from capture_articles g join captures c on c.id = g.capture
        join capture_articles o on o.capture = g.capture and o.reading is not null
        where g.article = a.id and g.reading is null and c.fetched_at >= a.gone_at) as moved_to,
    a.words, a.revisions, a.url
from articles a
where a.gone_at is not null
order by a.gone_at desc, a.id desc;
"""
# revisions filled in by one transaction of a migration: the write-ahead log of an old archive stays small
_STEP = 500

_COPIES = """
create table signatures (               -- what a text is compared by
    article integer primary key references articles(id),
    digest text not null,               -- of all that decides it
    at integer not null,                -- seconds since 1970: published, else first seen
    words integer not null,
    minhash blob not null,              -- 64 values of 32 bits; empty: too short to be looked up
    sentences blob not null,            -- keys, 64 bits each: its sentences
    quoted blob not null,               -- sentences of its quotations, and wide bands of their word stems
    stems blob not null,                -- narrow bands of those
    forms blob not null                 -- bands of what stands between its numbers
);
create table lookups (                  -- whose text has a key: a band of its MinHash, or one of the keys above
    key integer not null,
    at integer not null,                -- as in signatures
    article integer not null,           -- in articles; a check of each would take longer than its row
    primary key (key, at, article)
) without rowid;
create table copies (                   -- a pair of articles stands once
    article integer not null references articles(id),
    other integer not null references articles(id),
    relation text not null,             -- same_text, near_copy, contains, shared_quotes, template_series
    score real not null,
    reason text not null,
    primary key (article, other)
) without rowid;
create index copies_other on copies(other);
create index copies_relation on copies(relation, score);
create table shared_quotations (
    article integer not null references articles(id),
    other integer not null references articles(id),
    start integer not null,             -- offsets in characters of the articles' texts
    stop integer not null,
    other_start integer not null,
    other_stop integer not null,
    speaker text,                       -- NULL: neither text tells
    wording text not null,
    score real not null,
    primary key (article, other, start)
) without rowid;
create index shared_quotations_other on shared_quotations(other);
create index shared_quotations_speaker on shared_quotations(speaker);
create table stories (
    id integer primary key references articles(id),     -- its earliest article
    title text not null,
    first_published text not null,
    first_from text not null,           -- published, first_seen
    articles integer not null,
    sources integer not null
);
create index stories_first_published on stories(first_published);
create index stories_articles on stories(articles);
create index stories_sources on stories(sources);
create index articles_story on articles(story);
"""


@migrations()
def m001_spine(db: Database) -> None:
    """Everything from a capture to a text that can be searched."""
    for statement in _SPINE.split(";\n"):
        if statement.strip():
            db.execute(statement)
    db.table("search_text").enable_fts(["title", "text", "stems"], create_triggers=True, tokenize=TOKENIZE)


@migrations()
def m002_views(db: Database) -> None:
    """The views for people."""
    for statement in _VIEWS.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m003_unattended(db: Database) -> None:
    """What a crawl that is left alone must remember from run to run."""
    for statement in _UNATTENDED.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m004_text(db: Database) -> None:
    """What is kept of a text besides its words."""
    for statement in _TEXT.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m005_copies(db: Database) -> None:
    """Who carries the same text."""
    for statement in _COPIES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m006_history(db: Database) -> None:
    """What tells an edit, and the search over texts that others took the place of."""
    for statement in _HISTORY.replace("{tokenize}", TOKENIZE).split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations(transactional=False)
def m007_history_filled(db: Database) -> None:
    """The same for revisions that were there before, in steps; one that was stopped goes on where it was."""
    last = 0
    while True:
        rows = db.execute(
            "select r.id, a.source, r.number < a.revisions, n.first_stated, p.last_stated, p.number,"
            " r.title, r.summary, r.text, o.title, o.summary, o.text from revisions r"
            " join articles a on a.id = r.article left join proofs n on n.revision = r.id"
            " left join revisions o on o.article = r.article and o.number = r.number - 1"
            " left join proofs p on p.revision = o.id where r.id > ? and r.source is null order by r.id limit ?",
            [last, _STEP],
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        with db.atomic():
            db.conn.executemany(
                "update revisions set source = ?, superseded = ?, stated = ?, numbers = ? where id = ?",
                [_filled(*row) for row in rows],
            )


def _filled(
    revision: int,
    source: str,
    superseded: int | None,
    after: str | None,
    before: str | None,
    number: int | None,
    *texts: str,
) -> tuple[object, ...]:
    if number is None:  # the first one, or folded
        return source, superseded or 0, None, None, revision
    numbers = differences((texts[3], texts[4], texts[5]), (texts[0], texts[1], texts[2])).replaced
    stated = stated_changed(before, after)
    return source, superseded or 0, stated, json.dumps(numbers, ensure_ascii=False) if numbers else None, revision
