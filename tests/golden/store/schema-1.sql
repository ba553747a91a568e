-- Written by a modelvane of schema 1.
PRAGMA application_id = 1297506670; PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('last_sequence',2);
CREATE TABLE events(
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    alias TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    json TEXT NOT NULL) STRICT;
INSERT INTO events VALUES(1,'evt_00000000000000000000000000000001','alias.moved','internlm','internlm3-latest',1795341660000000,210446356,'{"id":"evt_00000000000000000000000000000001","data":{"number":1}}');
INSERT INTO events VALUES(2,'evt_00000000000000000000000000000002','alias.moved','internlm','internlm3-latest',1795341720000000,3412464615,'{"id":"evt_00000000000000000000000000000002","data":{"number":2}}');
CREATE TABLE deliveries(
    sequence INTEGER NOT NULL REFERENCES events(sequence),
    webhook TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('pending', 'delivered', 'dead')),
    attempts INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    next_attempt_us INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    PRIMARY KEY(sequence, webhook)) STRICT, WITHOUT ROWID;
INSERT INTO deliveries VALUES(1,'chat','dead',0,1795341660000000,1795341660000000,'');
INSERT INTO deliveries VALUES(1,'oncall','delivered',0,1795341660000000,1795341660000000,'');
INSERT INTO deliveries VALUES(2,'oncall','pending',0,1795341720000000,1795341720000000,'');
CREATE TABLE endpoints(name TEXT PRIMARY KEY, checksum INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
INSERT INTO endpoints VALUES('internlm',3115909509,'{"aliases":{"internlm3-latest":{"last_seen":1795341600000000,"rule":"field","since":1795341600000000,"status":"resolved","target":"internlm3-8b"}},"availability":"unknown","events_made":0,"has_baseline":true,"ids":["internlm3-8b","internlm3-latest"],"last_good":1795341600000000,"version":1}');
CREATE TABLE good_marks(endpoint TEXT PRIMARY KEY, time_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE event_counts(endpoint TEXT NOT NULL, type TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(endpoint, type)) STRICT, WITHOUT ROWID;
INSERT INTO event_counts VALUES('internlm','alias.moved',2);
CREATE INDEX events_by_subject ON events(endpoint, alias, sequence);
CREATE INDEX events_by_time ON events(time_us);
CREATE INDEX deliveries_pending ON deliveries(sequence) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries(webhook) WHERE state = 'dead';
COMMIT;
