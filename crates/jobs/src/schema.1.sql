-- Format 1. Moments are whole microseconds since 1970 in UTC; documents are JSON text.

create table runs (
    id        integer primary key autoincrement,
    kind      text not null,
    subject   text not null,
    trigger   text not null,
    started   integer not null,
    heartbeat integer not null,
    finished  integer,
    outcome   text,
    report    text,
    instance  text not null
) strict;
create index runs_by_subject on runs (kind, subject, id);
create index runs_open on runs (id) where finished is null;

-- A row stays when its lease is let go, so that tokens only ever grow.
create table leases (
    name    text primary key,
    holder  text,
    token   integer not null,
    expires integer not null,
    instance text not null
) strict;

create table slots (
    source text primary key,
    cron   text not null,
    due    integer not null,
    taken  integer
) strict;

create table jobs (
    id       integer primary key autoincrement,
    kind     text not null,
    subject  text not null,
    payload  text not null,
    state    text not null check (state in ('waiting', 'running', 'done')),
    joined   integer not null default 0,
    enqueued integer not null,
    started  integer,
    finished integer,
    run      integer references runs (id),
    instance text
) strict;
create index jobs_open on jobs (kind, subject) where state <> 'done';

create table documents (
    kind  text not null,
    key   text not null,
    value text not null,
    at    integer not null,
    primary key (kind, key)
) strict, without rowid;

create table decisions (
    id        integer primary key autoincrement,
    pipeline  text not null,
    candidate text not null,
    interest  text not null,
    body      text not null,
    at        integer not null
) strict;
create index decisions_by_candidate on decisions (pipeline, candidate, id);

create table tries (
    id   integer primary key autoincrement,
    url  text not null,
    body text not null,
    at   integer not null
) strict;
create index tries_by_url on tries (url, at, id);

create table tombstones (
    source  text not null,
    iri     text not null,
    content text not null,
    reason  text not null,
    run     integer,
    at      integer not null,
    primary key (source, iri)
) strict;
create index tombstones_by_iri on tombstones (iri);
