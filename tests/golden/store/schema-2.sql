-- Written by the modelvane of 2026-11-23 (commit 6e476c0): a simulated minute, whose receiver was away.
PRAGMA application_id = 1297506670; PRAGMA user_version = 2;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE deliveries(
    sequence INTEGER NOT NULL REFERENCES events(sequence),
    webhook TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('pending', 'delivered', 'dead')),
    attempts INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    next_attempt_us INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    PRIMARY KEY(sequence, webhook)) STRICT, WITHOUT ROWID;
INSERT INTO "deliveries" VALUES(1,'oncall','pending',3,1795846641732796,1795846801566763,'no connection to 127.0.0.1 port 9: connection refused');
INSERT INTO "deliveries" VALUES(2,'oncall','pending',2,1795846650734103,1795846684758089,'no connection to 127.0.0.1 port 9: connection refused');
INSERT INTO "deliveries" VALUES(3,'oncall','pending',0,1795846659732828,1795846659732828,'');
INSERT INTO "deliveries" VALUES(4,'oncall','pending',0,1795846671733160,1795846671733160,'');
INSERT INTO "deliveries" VALUES(5,'oncall','pending',0,1795846673731977,1795846673731977,'');
INSERT INTO "deliveries" VALUES(6,'oncall','pending',0,1795846675736295,1795846675736295,'');
INSERT INTO "deliveries" VALUES(7,'oncall','pending',0,1795846680732634,1795846680732634,'');
INSERT INTO "deliveries" VALUES(8,'oncall','pending',0,1795846685731474,1795846685731474,'');
INSERT INTO "deliveries" VALUES(9,'oncall','pending',0,1795846701732365,1795846701732365,'');
CREATE TABLE endpoints(name TEXT PRIMARY KEY, checksum INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
INSERT INTO "endpoints" VALUES('simulated',3036109627,'{"aliases":{"internlm2.5-latest":{"evidence":"{\"id\":\"internlm2.5-latest\",\"object\":\"model\",\"ref_model\":\"internlm2.5-20b-0719\",\"created\":1722424576,\"owned_by\":\"SH-AILab\"}","rule":"field","since":1795846628731660,"status":"resolved","target":"internlm2.5-20b-0719"},"internlm3-latest":{"changes":3,"evidence":"{\"id\":\"internlm3-latest\",\"object\":\"model\",\"ref_model\":\"internlm3-20b-instruct\",\"created\":1722424576,\"owned_by\":\"SH-AILab\"}","last_move":{"at":1795846701732325,"event_id":"evt_01a220ce02a47730addfa83fe28d0689","from":"internlm3-8b-instruct"},"recent":["internlm3-8b-instruct","internlm3-20b-instruct","internlm3-20b-instruct","internlm3-20b-instruct"],"rule":"field","since":1795846700731837,"status":"resolved","target":"internlm3-20b-instruct"},"internvl2.5-latest":{"evidence":"{\"id\":\"internvl2.5-latest\",\"object\":\"model\",\"ref_model\":\"internvl2.5-78b\",\"created\":1722424576,\"owned_by\":\"SH-AILab\"}","rule":"field","since":1795846628731660,"status":"resolved","target":"internvl2.5-78b"}},"availability":"up","endings":{},"events_made":9,"has_baseline":true,"ids":["internlm2.5-latest",8,"3-20b-instruct",10,"8b-instruct",10,"latest",6,"vl2.5-78b",12,"latest"],"last_answer":1795846702733213,"last_good":1795846702733213,"version":2}');
CREATE TABLE event_counts(endpoint TEXT NOT NULL, type TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(endpoint, type)) STRICT, WITHOUT ROWID;
INSERT INTO "event_counts" VALUES('simulated','alias.moved',3);
INSERT INTO "event_counts" VALUES('simulated','catalog.accepted',1);
INSERT INTO "event_counts" VALUES('simulated','catalog.quarantined',1);
INSERT INTO "event_counts" VALUES('simulated','endpoint.down',2);
INSERT INTO "event_counts" VALUES('simulated','endpoint.up',2);
CREATE TABLE events(
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    alias TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    json TEXT NOT NULL) STRICT;
INSERT INTO "events" VALUES(1,'evt_01a220cd18447ae7a4ad88841f5b988a','alias.moved','simulated','internlm3-latest',1795846641732749,371494805,'{"specversion":"1.0","id":"evt_01a220cd18447ae7a4ad88841f5b988a","source":"urn:modelvane:prod-a","type":"io.modelvane.alias.moved","subject":"simulated/internlm3-latest","time":"2026-11-28T06:17:21.732Z","timestamp":"2026-11-28T06:17:21.732Z","sequence":"00000000000000000001","datacontenttype":"application/json","data":{"endpoint":"simulated","alias":"internlm3-latest","from":"internlm3-8b-instruct","to":"internlm3-20b-instruct","rule":"field","observed_between":["2026-11-28T06:17:19.732Z","2026-11-28T06:17:20.732Z"],"confirmed_by_polls":2,"evidence":{"before":{"id":"internlm3-latest","object":"model","ref_model":"internlm3-8b-instruct","created":1722424576,"owned_by":"SH-AILab"},"after":{"id":"internlm3-latest","object":"model","ref_model":"internlm3-20b-instruct","created":1722424576,"owned_by":"SH-AILab"},"request_id":"sim-15"},"pin":null,"reverts":null,"labels":{},"summary":"internlm3-latest moved from internlm3-8b-instruct to internlm3-20b-instruct","drill":false}}');
INSERT INTO "events" VALUES(2,'evt_01a220cd3b6e7dab8d0e700a9ae69398','endpoint.down','simulated','',1795846650734082,3516570742,'{"specversion":"1.0","id":"evt_01a220cd3b6e7dab8d0e700a9ae69398","source":"urn:modelvane:prod-a","type":"io.modelvane.endpoint.down","subject":"simulated","time":"2026-11-28T06:17:30.734Z","timestamp":"2026-11-28T06:17:30.734Z","sequence":"00000000000000000002","datacontenttype":"application/json","data":{"endpoint":"simulated","observed_between":["2026-11-28T06:17:27.734Z","2026-11-28T06:17:28.738Z"],"confirmed_by_polls":3,"reason":"http_5xx","detail":"the server answered with status 503","labels":{},"summary":"simulated is down: the server answered with status 503","drill":false}}');
INSERT INTO "events" VALUES(3,'evt_01a220cd5e94723aba9d4c9939331eb1','endpoint.up','simulated','',1795846659732799,3894460522,'{"specversion":"1.0","id":"evt_01a220cd5e94723aba9d4c9939331eb1","source":"urn:modelvane:prod-a","type":"io.modelvane.endpoint.up","subject":"simulated","time":"2026-11-28T06:17:39.732Z","timestamp":"2026-11-28T06:17:39.732Z","sequence":"00000000000000000003","datacontenttype":"application/json","data":{"endpoint":"simulated","observed_between":["2026-11-28T06:17:28.738Z","2026-11-28T06:17:38.732Z"],"confirmed_by_polls":2,"reason":"http_5xx","detail":"the server answered with status 503","lasted_seconds":9.993574,"labels":{},"summary":"simulated is up again after 9s (was: the server answered with status 503)","drill":false}}');
INSERT INTO "events" VALUES(4,'evt_01a220cd8d75744db03ac14878d22af3','endpoint.down','simulated','',1795846671733139,3374141364,'{"specversion":"1.0","id":"evt_01a220cd8d75744db03ac14878d22af3","source":"urn:modelvane:prod-a","type":"io.modelvane.endpoint.down","subject":"simulated","time":"2026-11-28T06:17:51.733Z","timestamp":"2026-11-28T06:17:51.733Z","sequence":"00000000000000000004","datacontenttype":"application/json","data":{"endpoint":"simulated","observed_between":["2026-11-28T06:17:48.733Z","2026-11-28T06:17:49.730Z"],"confirmed_by_polls":3,"reason":"empty","detail":"the list at /data is empty","labels":{},"summary":"simulated is down: the list at /data is empty","drill":false}}');
INSERT INTO "events" VALUES(5,'evt_01a220cd95437fffa09e743db8779845','endpoint.up','simulated','',1795846673731948,2392659110,'{"specversion":"1.0","id":"evt_01a220cd95437fffa09e743db8779845","source":"urn:modelvane:prod-a","type":"io.modelvane.endpoint.up","subject":"simulated","time":"2026-11-28T06:17:53.731Z","timestamp":"2026-11-28T06:17:53.731Z","sequence":"00000000000000000005","datacontenttype":"application/json","data":{"endpoint":"simulated","observed_between":["2026-11-28T06:17:49.730Z","2026-11-28T06:17:52.732Z"],"confirmed_by_polls":2,"reason":"empty","detail":"the list at /data is empty","lasted_seconds":3.001162,"labels":{},"summary":"simulated is up again after 3s (was: the list at /data is empty)","drill":false}}');
INSERT INTO "events" VALUES(6,'evt_01a220cd9d187ed8a255abff46cc5317','catalog.quarantined','simulated','',1795846675736267,237185100,'{"specversion":"1.0","id":"evt_01a220cd9d187ed8a255abff46cc5317","source":"urn:modelvane:prod-a","type":"io.modelvane.catalog.quarantined","subject":"simulated","time":"2026-11-28T06:17:55.736Z","timestamp":"2026-11-28T06:17:55.736Z","sequence":"00000000000000000006","datacontenttype":"application/json","data":{"endpoint":"simulated","observed_between":["2026-11-28T06:17:54.732Z","2026-11-28T06:17:55.736Z"],"confirmed_by_polls":1,"detail":"not believed until the list comes back or 6h have passed","models_before":6,"models_now":2,"labels":{},"summary":"simulated''s list shrank from 6 to 2 models at once: not believed until the list comes back or 6h have passed","drill":false}}');
INSERT INTO "events" VALUES(7,'evt_01a220cdb09c77c1ad4fe580849bdb57','catalog.accepted','simulated','',1795846680732604,2773130526,'{"specversion":"1.0","id":"evt_01a220cdb09c77c1ad4fe580849bdb57","source":"urn:modelvane:prod-a","type":"io.modelvane.catalog.accepted","subject":"simulated","time":"2026-11-28T06:18:00.732Z","timestamp":"2026-11-28T06:18:00.732Z","sequence":"00000000000000000007","datacontenttype":"application/json","data":{"endpoint":"simulated","observed_between":["2026-11-28T06:17:55.736Z","2026-11-28T06:18:00.732Z"],"confirmed_by_polls":1,"detail":"the list came back","lasted_seconds":4.996337,"models_before":6,"models_now":6,"labels":{},"summary":"simulated''s list of 6 models is believed again: the list came back","drill":false}}');
INSERT INTO "events" VALUES(8,'evt_01a220cdc4237e3ba5068c43503d3a3e','alias.moved','simulated','internlm3-latest',1795846685731434,2133758075,'{"specversion":"1.0","id":"evt_01a220cdc4237e3ba5068c43503d3a3e","source":"urn:modelvane:prod-a","type":"io.modelvane.alias.moved","subject":"simulated/internlm3-latest","time":"2026-11-28T06:18:05.731Z","timestamp":"2026-11-28T06:18:05.731Z","sequence":"00000000000000000008","datacontenttype":"application/json","data":{"endpoint":"simulated","alias":"internlm3-latest","from":"internlm3-20b-instruct","to":"internlm3-8b-instruct","rule":"field","observed_between":["2026-11-28T06:18:03.731Z","2026-11-28T06:18:04.732Z"],"confirmed_by_polls":2,"evidence":{"before":{"id":"internlm3-latest","object":"model","ref_model":"internlm3-20b-instruct","created":1722424576,"owned_by":"SH-AILab"},"after":{"id":"internlm3-latest","object":"model","ref_model":"internlm3-8b-instruct","created":1722424576,"owned_by":"SH-AILab"},"request_id":"sim-55"},"pin":null,"reverts":"evt_01a220cd18447ae7a4ad88841f5b988a","labels":{},"summary":"internlm3-latest moved from internlm3-20b-instruct to internlm3-8b-instruct (a move back)","drill":false}}');
INSERT INTO "events" VALUES(9,'evt_01a220ce02a47730addfa83fe28d0689','alias.moved','simulated','internlm3-latest',1795846701732325,1545401533,'{"specversion":"1.0","id":"evt_01a220ce02a47730addfa83fe28d0689","source":"urn:modelvane:prod-a","type":"io.modelvane.alias.moved","subject":"simulated/internlm3-latest","time":"2026-11-28T06:18:21.732Z","timestamp":"2026-11-28T06:18:21.732Z","sequence":"00000000000000000009","datacontenttype":"application/json","data":{"endpoint":"simulated","alias":"internlm3-latest","from":"internlm3-8b-instruct","to":"internlm3-20b-instruct","rule":"field","observed_between":["2026-11-28T06:18:19.736Z","2026-11-28T06:18:20.731Z"],"confirmed_by_polls":2,"evidence":{"before":{"id":"internlm3-latest","object":"model","ref_model":"internlm3-8b-instruct","created":1722424576,"owned_by":"SH-AILab"},"after":{"id":"internlm3-latest","object":"model","ref_model":"internlm3-20b-instruct","created":1722424576,"owned_by":"SH-AILab"},"request_id":"sim-71"},"pin":null,"reverts":"evt_01a220cdc4237e3ba5068c43503d3a3e","labels":{},"summary":"internlm3-latest moved from internlm3-8b-instruct to internlm3-20b-instruct (a move back)","drill":false}}');
CREATE TABLE good_marks(endpoint TEXT PRIMARY KEY, time_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('last_sequence',9);
CREATE TABLE pins(
    endpoint TEXT NOT NULL,
    alias TEXT NOT NULL,
    target TEXT NOT NULL,
    approved_us INTEGER NOT NULL,
    PRIMARY KEY(endpoint, alias, target)) STRICT, WITHOUT ROWID;
CREATE TABLE requests(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    made_us INTEGER NOT NULL,
    done_us INTEGER,
    result TEXT) STRICT;
CREATE TABLE webhook_states(
    webhook TEXT PRIMARY KEY,
    disabled_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    address INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_subject ON events(endpoint, alias, sequence);
CREATE INDEX events_by_time ON events(time_us);
CREATE INDEX deliveries_pending ON deliveries(sequence) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries(webhook) WHERE state = 'dead';
CREATE INDEX requests_open ON requests(id) WHERE done_us IS NULL;
DELETE FROM "sqlite_sequence";
COMMIT;
