"""The migrations of custody: what shows that nothing kept was changed. See :mod:`archive.schema`.

Registered after those of :mod:`archive.schema_reading`; a migration that was released is never changed.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.schema import run
from archive.schema_reading import migrations

__all__ = ["migrations"]

_CUSTODY = """
create table custody (                  -- the hash chain: entries are added, never changed or taken out
    seq integer primary key,            -- from 1, without a gap
    at text not null,
    event text not null,                -- adopted, run, import, key, forgotten
    details text not null,              -- JSON in canonical form (archive/chain.py)
    previous_hash text not null,        -- of the entry before; of the first: 64 zeros
    hash text not null,                 -- SHA-256 of seq, at, event, details and previous_hash
    signature text,                     -- Ed25519 over the hash, base64; NULL: there was no key
    key text                            -- which key: SHA-256 of the public one
);
create index custody_event on custody(event, seq);
create table witnesses (                -- what others say of when they saw an entry's hash (RFC 3161)
    seq integer not null references custody(seq),
    authority text not null,
    at text not null,                   -- as the authority states it
    token blob not null,                -- the time-stamp response as it was sent
    primary key (seq, authority)
) without rowid;
create table forgotten (                -- addresses that are never kept again
    url_key_sha256 text primary key,
    seq integer not null references custody(seq)
) without rowid;
create table forgotten_articles (       -- numbers of articles that were removed for good: none is given again
    article integer primary key,
    seq integer not null references custody(seq)
);
-- the entry whose Merkle root stands for it, NULL: its run has not ended
alter table captures add column custody integer references custody(seq);
-- the entry that says that its payload and address were removed, NULL: they are there
alter table captures add column forgotten integer references custody(seq);
create index captures_custody on captures(custody, id);
-- crawl, save, import
alter table runs add column kind text not null default 'crawl';
-- page: its raw page is kept; file: a text file that somebody handed over; none: the text alone, from an export
alter table articles add column proof text not null default 'page';
-- captures up to here were kept before there was a chain; gone once entries cover them
insert into home select 'adopt', max(id) from captures having max(id) is not null;
"""


@migrations()
def m015_custody(db: Database) -> None:
    """The chain, its witnesses, what is never kept again, and what each text rests on."""
    run(db, _CUSTODY)
