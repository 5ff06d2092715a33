"""The archive's tables, as named migrations. The contract with everybody who reads ``archive.db``.

NULL means unknown unless a comment says otherwise. Times are ISO 8601, UTC, with ``Z``.
A migration that was released is never changed: the next change is a new one below it.
"""

from __future__ import annotations

import json
import re
import sqlite3

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

_FIGURES = """
-- what its figures were read from and with, SHA-256; NULL: not read yet, or folded
alter table revisions add column figures_sha256 text;
create table figures (                  -- one number that a text states
    id integer primary key,             -- stays where the same text states the same claim
    article integer not null references articles(id),
    revision integer not null references revisions(id),
    claimed_by text not null,           -- ukraine, russia: from the text, whoever prints it
    about text not null,                -- whose losses it says they are
    series text not null,               -- total; day, week, period: of those days alone; else a region's own sums
    category text not null,
    as_of text not null,
    period_start text,                  -- NULL: since the beginning
    period_end text,
    direction text,                     -- NULL: of all, or one that is not known (direction_printed)
    formation text,
    total integer,                      -- NULL: none is printed
    delta integer,
    qualifier text,
    precision integer not null,         -- half the width of what was rounded, 0: printed to the last digit
    definition text,
    sentence text not null,             -- as printed
    position integer not null,          -- of its block, -1: the title
    direction_printed text,
    formation_printed text,
    source text not null default '',    -- as articles.source
    official integer not null default 0,    -- 1: of an official source of the side that claims
    known_from text not null default '',    -- revisions.seen_from
    known_until text,                   -- when the next text of the article was seen first; NULL: its latest one
    standing text,                      -- taken, agrees, differs; NULL: of an earlier text
    taken integer                       -- the figure that stands for the day: itself, or of another page
);
create index figures_article on figures(article, claimed_by, series, as_of, revision, known_until);
create index figures_revision on figures(revision);
create index figures_day on figures(as_of, claimed_by, series);
create index figures_claim on figures(claimed_by, series, category, as_of);
create index figures_category on figures(category, as_of);
create index figures_series on figures(series, as_of);
create index figures_source on figures(source, as_of);
create index figures_known_from on figures(known_from);
create index figures_total on figures(total);
create index figures_delta on figures(delta);
create index figures_taken on figures(taken, standing, article);
-- what is charted, with what the views over all days read of it
create index figures_headlines on figures(as_of desc, claimed_by, series, category, total, delta)
    where standing = 'taken' and {headline};
create index figures_lines
    on figures(claimed_by, series, category, as_of, total, delta, precision, article, revision)
    where standing = 'taken' and {headline};
create index figures_parts on figures(as_of desc, claimed_by, series, category)
    where standing = 'taken' and not {headline};
create index figures_differ on figures(as_of desc) where standing = 'differs';
create table figures_unread (           -- sentences that state losses and were not read for sure
    article integer not null references articles(id),
    revision integer not null references revisions(id),
    position integer not null,          -- of its block, -1: the title
    sentence text not null,
    reason text not null
);
create index figures_unread_article on figures_unread(article);
create index figures_unread_revision on figures_unread(revision);
create index figures_unread_reason on figures_unread(reason);

create view claimed_losses as           -- what each side claims for a day: one row for all pages that state it
select f.as_of, f.claimed_by, f.about, f.series, f.category, f.period_start, f.period_end,
    f.total as claimed_total, f.delta as claimed_delta, f.qualifier, f.precision, f.definition,
    (select count(distinct o.article) from figures o
        where o.taken = f.id and o.standing = 'agrees' and o.article <> f.article) as reprints_agreeing,
    (select count(distinct o.article) from figures o
        where o.taken = f.id and o.standing = 'differs' and o.article <> f.article) as reprints_differing,
    (select min(o.known_from) from figures o where o.claimed_by = f.claimed_by and o.series = f.series
        and o.category = f.category and o.as_of = f.as_of and o.total is f.total
        and (o.about, o.period_start, o.period_end, o.direction, o.direction_printed, o.formation,
            o.formation_printed) is (f.about, f.period_start, f.period_end, null, null, null, null)) as first_held,
    f.source, f.official, f.article, f.revision, f.id as figure, f.sentence, a.url
from figures f left join articles a on a.id = f.article
where f.standing = 'taken' and {headline f}
order by f.as_of desc, f.claimed_by, f.series, f.category;

create view claimed_losses_by_direction as      -- the same for one direction or group of forces
select f.as_of, f.claimed_by, f.about, f.series, f.category, f.period_start, f.period_end,
    f.direction, f.direction_printed, f.formation, f.formation_printed,
    f.total as claimed_total, f.delta as claimed_delta, f.qualifier, f.precision, f.definition,
    (select count(distinct o.article) from figures o
        where o.taken = f.id and o.standing = 'agrees' and o.article <> f.article) as reprints_agreeing,
    (select count(distinct o.article) from figures o
        where o.taken = f.id and o.standing = 'differs' and o.article <> f.article) as reprints_differing,
    f.source, f.official, f.article, f.revision, f.id as figure, f.sentence, a.url
from figures f left join articles a on a.id = f.article
where f.standing = 'taken' and not {headline f}
order by f.as_of desc, f.claimed_by, f.series, f.category;

create view disagreements as            -- two pages that state one claim of one side with other numbers
select d.as_of, d.claimed_by, d.about, d.series, d.category, d.period_start, d.period_end,
    coalesce(d.direction, d.direction_printed) as direction, coalesce(d.formation, d.formation_printed) as formation,
    t.total as claimed_total, d.total as other_claimed_total, t.delta as claimed_delta,
    d.delta as other_claimed_delta, t.source, d.source as other_source, t.article, d.article as other,
    t.revision, d.revision as other_revision, t.sentence, d.sentence as other_sentence,
    ta.url, da.url as other_url
from figures d join figures t on t.id = d.taken
left join articles ta on ta.id = t.article left join articles da on da.id = d.article
where d.standing = 'differs'
order by d.as_of desc;

create view loss_checks as              -- what does not add up in what one side claims: shown, never corrected
with numbered as (
    select f.as_of, f.claimed_by, f.series, f.category, f.total, f.delta, f.precision, f.article, f.revision,
        dense_rank() over (partition by f.claimed_by, f.series order by f.as_of) as report
    from figures f indexed by figures_lines
    where f.standing = 'taken' and f.series not in ('day', 'week', 'period') and f.total is not null
        and {headline f}),
lines as materialized (
    select *, lag(report) over line as report_before, lag(as_of) over line as day_before,
        lag(total) over line as total_before, lag(precision) over line as precision_before,
        lag(article) over line as article_before, lead(total) over line as total_after
    from numbered window line as (partition by claimed_by, series, category order by as_of)),
days as (
    select claimed_by, series, as_of, article, revision,
        lag(as_of) over (partition by claimed_by, series order by as_of) as day_before,
        lag(article) over (partition by claimed_by, series order by as_of) as article_before
    from (select claimed_by, series, as_of, min(article) as article, revision    -- of the same row
        from numbered group by claimed_by, series, as_of))
select as_of, claimed_by, series, category, 'delta' as finding, total as claimed_total, delta as claimed_delta,
    total_before + delta as expected, null as days_missing, day_before as other_day, total_before as other_total,
    article, revision, article_before as other
from lines
where delta is not null and day_before = date(as_of, '-1 day') and not precision and not precision_before
    and total <> total_before + delta
union all
select as_of, claimed_by, series, category, 'decrease', total, delta, null, null, day_before, total_before,
    article, revision, article_before
from lines where total + precision < total_before - precision_before
union all
select as_of, claimed_by, series, null, 'no report', null, null, null,
    cast(julianday(as_of) - julianday(day_before) as integer) - 1, day_before, null, article, revision, article_before
from days where day_before < date(as_of, '-1 day')
union all
select as_of, claimed_by, series, category, 'no category', total, delta, null,
    cast(julianday(as_of) - julianday(day_before) as integer) - 1, day_before, total_before,
    article, revision, article_before
from lines where report_before < report - 1
union all
select h.as_of, h.claimed_by, h.series, h.category, 'sum', h.total, h.delta, sum(p.total), null, null, null,
    h.article, h.revision, null
from figures h cross join figures p indexed by figures_revision on p.revision = h.revision
    and (p.claimed_by, p.about, p.series, p.category, p.period_start, p.period_end)
        is (h.claimed_by, h.about, h.series, h.category, h.period_start, h.period_end)
where h.standing = 'taken' and h.series in ('day', 'week', 'period') and h.total is not null
    and {headline h} and not {headline p}
group by h.id having count(*) > 1 and abs(sum(p.total) - h.total) > h.precision + sum(p.precision)
union all
select p.as_of, p.claimed_by, p.series, null, 'year of the date', null, null, null, null, a.published_day, null,
    p.article, p.revision, null
from (select distinct article, claimed_by, series, as_of, revision from figures where known_until is null) p
join articles a on a.id = p.article
where abs(julianday(p.as_of) - julianday(a.published_day)) between 300 and 430
union all
select o.as_of, o.claimed_by, o.series, null, 'year of the totals', null, null, null, null, date(o.as_of, o.shift),
    null, o.article, o.revision, null
from (select w.*, s.shift,
        (select n.total from figures n indexed by figures_lines where n.standing = 'taken' and {headline n}
            and n.claimed_by = w.claimed_by and n.series = w.series and n.category = w.category
            and n.as_of <= date(w.as_of, s.shift) order by n.as_of desc limit 1) as low,
        (select n.total from figures n indexed by figures_lines where n.standing = 'taken' and {headline n}
            and n.claimed_by = w.claimed_by and n.series = w.series and n.category = w.category
            and n.as_of >= date(w.as_of, s.shift) order by n.as_of limit 1) as high
    from (select as_of, claimed_by, series, category, total, article, revision from lines
            where total < total_before or total > total_after
        union all select d.as_of, d.claimed_by, d.series, d.category, d.total, d.article, d.revision from figures d
            where d.standing = 'differs' and d.series not in ('day', 'week', 'period') and {headline d}) w
    cross join (select '-1 year' as shift union all select '+1 year') s) o
where o.total between o.low and o.high
group by o.article, o.claimed_by, o.series, o.as_of, o.shift having count(distinct o.category) > 2;

create view claimed_losses_wide as      -- one row a day; every column names the side that claims
select f.as_of, {columns}
from figures f indexed by figures_headlines
where f.standing = 'taken' and {headline f} and f.series = 'total'
group by f.as_of
order by f.as_of desc;
"""
# the categories of each side's totals, each a column of the view above; another one is a migration of its own
_CLAIMED = {
    "ukraine": (
        "personnel", "tanks", "armoured_vehicles", "artillery", "mlrs", "air_defence", "aircraft", "helicopters",
        "uavs", "cruise_missiles", "ships", "submarines", "vehicles_and_fuel_tanks", "vehicles", "fuel_tanks",
        "special_equipment", "ground_robotic_systems", "mobile_srbm",
    ),
    "russia": (
        "aircraft", "helicopters", "uavs", "air_defence", "tanks_and_armoured_vehicles", "mlrs",
        "artillery_and_mortars", "special_vehicles",
    ),
}  # fmt: skip


def _figures() -> str:
    """The statements with what is written once: that a figure is a headline, and each side's categories."""
    parts = ("direction", "direction_printed", "formation", "formation_printed")
    headline = re.compile(r"\{headline ?(\w*)\}")
    sql = headline.sub(
        lambda of: f"coalesce({', '.join(f'{of[1]}.{part}'.lstrip('.') for part in parts)}) is null", _FIGURES
    )
    columns = ",\n    ".join(
        f"max(case when f.claimed_by = '{side}' and f.category = '{category}' then f.{column} end)"
        f" as claimed_by_{side}_{category}{suffix}"
        for side, categories in _CLAIMED.items()
        for category in categories
        for column, suffix in (("total", ""), ("delta", "_delta"))
        if side == "ukraine" or column == "total"  # Russia's totals come without the day's
    )
    return sql.replace("{columns}", columns)


def run(db: Database, script: str) -> None:
    """Execute a script's statements, each of which ends a line; executescript would end the transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
    if statement.strip():
        db.execute(statement)


@migrations()
def m001_spine(db: Database) -> None:
    """Everything from a capture to a text that can be searched."""
    run(db, _SPINE)
    db.table("search_text").enable_fts(["title", "text", "stems"], create_triggers=True, tokenize=TOKENIZE)


@migrations()
def m002_views(db: Database) -> None:
    """The views for people."""
    run(db, _VIEWS)


@migrations()
def m003_unattended(db: Database) -> None:
    """What a crawl that is left alone must remember from run to run."""
    run(db, _UNATTENDED)


@migrations()
def m004_text(db: Database) -> None:
    """What is kept of a text besides its words."""
    run(db, _TEXT)


@migrations()
def m005_copies(db: Database) -> None:
    """Who carries the same text."""
    run(db, _COPIES)


@migrations()
def m006_history(db: Database) -> None:
    """What tells an edit, and the search over texts that others took the place of."""
    run(db, _HISTORY.replace("{tokenize}", TOKENIZE))


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


@migrations()
def m008_figures(db: Database) -> None:
    """What each side claims, by page and by day; texts that were kept before are read by a rebuild."""
    run(db, _figures())
