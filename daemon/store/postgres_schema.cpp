#include "daemon/store/postgres_schema.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace modelvane {
namespace {

// Making indexes of a large table takes its time; nobody else waits for it.
constexpr Duration kMigrateWithin = std::chrono::minutes{10};

// Entry n brings a schema of version n to n + 1. Never changed once released. Times are whole
// microseconds since 1970, spans of time too; leases alone go by the server's clock.
constexpr std::array<const char*, 2> kPostgresMigrations{R"(
  CREATE TABLE @cluster(
    one boolean PRIMARY KEY DEFAULT true CHECK(one),
    instance text NOT NULL,
    shards int NOT NULL,
    schema_version int NOT NULL,
    reached_us bigint);

  -- One life of one replica. Its number is the fencing token: given once, rising. The nonce guards
  -- against a database that went back in time and gives a number twice.
  CREATE TABLE @sessions(
    session bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nonce uuid NOT NULL,
    replica text COLLATE "C" NOT NULL,
    host text NOT NULL,
    address text NOT NULL,
    version text NOT NULL,
    config_hash text NOT NULL,
    started timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires timestamptz NOT NULL) WITH (fillfactor = 50);
  -- Apart from sessions: a renewal must never wait for a commit, nor a commit for a renewal.
  CREATE TABLE @commits(
    session bigint PRIMARY KEY REFERENCES @sessions ON DELETE CASCADE,
    last_batch bigint NOT NULL) WITH (fillfactor = 50);
  -- No session = to be had. The tenure rises with each owner and tells a later one from an earlier.
  CREATE TABLE @shards(
    shard int PRIMARY KEY,
    session bigint REFERENCES @sessions ON DELETE SET NULL,
    tenure bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);
  -- A row and no sequence: whoever adds events holds it until the commit, so numbers appear in
  -- order and without gaps, and a reader that goes by them misses none.
  CREATE TABLE @counter(
    one boolean PRIMARY KEY DEFAULT true CHECK(one),
    last_sequence bigint NOT NULL) WITH (fillfactor = 10);
  INSERT INTO @counter VALUES(true, 0);

  CREATE TABLE @endpoints(
    name text COLLATE "C" PRIMARY KEY,
    shard int NOT NULL,
    tenure bigint NOT NULL,
    state text NOT NULL) WITH (fillfactor = 85);
  CREATE INDEX endpoints_by_shard ON @endpoints(shard);
  CREATE TABLE @good_marks(
    endpoint text COLLATE "C" PRIMARY KEY,
    time_us bigint NOT NULL) WITH (fillfactor = 50);

  -- json is text: receivers get and sign these very bytes. The n-th event of an endpoint exists
  -- once, should the fence ever have a hole.
  CREATE TABLE @events(
    sequence bigint PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    ordinal bigint,
    type text COLLATE "C" NOT NULL,
    endpoint text COLLATE "C" NOT NULL,
    alias text COLLATE "C" NOT NULL,
    time_us bigint NOT NULL,
    json text NOT NULL,
    UNIQUE(endpoint, ordinal));
  CREATE INDEX events_by_subject ON @events(endpoint, alias, sequence);
  CREATE INDEX events_by_time ON @events(time_us);

  -- The shard is that of the webhook; `claimed` the tenure whose owner has the row in memory.
  CREATE TABLE @deliveries(
    sequence bigint NOT NULL REFERENCES @events,
    webhook text COLLATE "C" NOT NULL,
    shard int NOT NULL,
    state text NOT NULL CHECK(state IN ('pending', 'delivered', 'dead')),
    attempts int NOT NULL,
    created_us bigint NOT NULL,
    next_attempt_us bigint NOT NULL,
    last_error text NOT NULL,
    claimed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY(sequence, webhook)) WITH (fillfactor = 70);
  CREATE INDEX deliveries_pending ON @deliveries(shard, claimed) WHERE state = 'pending';
  CREATE INDEX deliveries_dead ON @deliveries(webhook) WHERE state = 'dead';

  CREATE TABLE @event_counts(
    endpoint text COLLATE "C",
    type text COLLATE "C",
    shard int NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY(endpoint, type));
  CREATE TABLE @pins(
    endpoint text COLLATE "C",
    alias text COLLATE "C",
    target text COLLATE "C",
    shard int NOT NULL,
    approved_us bigint NOT NULL,
    PRIMARY KEY(endpoint, alias, target));
  CREATE TABLE @webhook_states(
    webhook text COLLATE "C" PRIMARY KEY,
    shard int NOT NULL,
    disabled_us bigint NOT NULL,
    reason text NOT NULL,
    address bigint NOT NULL);

  CREATE TABLE @endpoint_seconds(
    endpoint text COLLATE "C" PRIMARY KEY,
    shard int NOT NULL,
    up_us bigint NOT NULL,
    down_us bigint NOT NULL,
    unknown_us bigint NOT NULL,
    until_us bigint NOT NULL) WITH (fillfactor = 50);
  CREATE TABLE @past(
    endpoint text COLLATE "C",
    step_us bigint,
    from_us bigint,
    up_us bigint NOT NULL,
    down_us bigint NOT NULL,
    unknown_us bigint NOT NULL,
    longest_us bigint NOT NULL,
    durations text NOT NULL,
    failures text NOT NULL,
    PRIMARY KEY(endpoint, step_us, from_us));
  CREATE INDEX past_by_time ON @past(step_us, from_us);

  -- One wish of an operator may concern several owners: each gets a row, `part_of` names the first.
  CREATE TABLE @requests(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    part_of bigint NOT NULL,
    shard int NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    made_us bigint NOT NULL,
    done_us bigint,
    result text);
  CREATE INDEX requests_open ON @requests(shard, id) WHERE done_us IS NULL;
  CREATE INDEX requests_by_part ON @requests(part_of);
)",
                                                         R"(
  -- What owners show of their endpoints, for the others to show (postgres_views.h).
  CREATE TABLE @views(
    endpoint text COLLATE "C" PRIMARY KEY,
    shard int NOT NULL,
    replica text COLLATE "C" NOT NULL,
    at_us bigint NOT NULL,
    body text NOT NULL) WITH (fillfactor = 50);
)"};

// Made anew by each migration: they hold no data. `p` is the batch (postgres_store.cpp).
constexpr std::string_view kFunctions = R"(
  -- Wakes the others (PostgresKeeper): what counts is in the tables. Called last, since it makes
  -- commits wait for each other. p_session: whose doing it is; 0: nobody's who listens.
  CREATE OR REPLACE FUNCTION @tell(p_session bigint, p_what text)
  RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('modelvane', p_session || ' ' || p_what)
  $$;

  -- How far this clock is ahead of a replica's, which says what it shows. What an answer takes on
  -- its way, and what clocks differ by that are kept right, is none.
  CREATE OR REPLACE FUNCTION @ahead_of(p_wall bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT CASE WHEN abs(x.us) < 5000000 THEN 0 ELSE x.us END FROM (
      SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - p_wall AS us) AS x
  $$;

  -- Never an event that somebody still has to be told.
  CREATE OR REPLACE FUNCTION @forget(p_before bigint, p_most int)
  RETURNS TABLE(webhook text, dead bigint, gone bigint) LANGUAGE plpgsql AS $$
  DECLARE v_gone bigint[];
  BEGIN
    SELECT array_agg(sequence) INTO v_gone FROM (
      SELECT e.sequence FROM @events AS e WHERE e.time_us < p_before AND NOT EXISTS(
        SELECT 1 FROM @deliveries AS d WHERE d.sequence = e.sequence AND d.state = 'pending')
      ORDER BY e.sequence LIMIT p_most FOR UPDATE SKIP LOCKED) AS chosen;
    RETURN QUERY SELECT d.webhook, count(*), coalesce(cardinality(v_gone), 0)::bigint
      FROM @deliveries AS d WHERE d.sequence = ANY(v_gone) AND d.state = 'dead' GROUP BY d.webhook;
    RETURN QUERY SELECT ''::text, 0::bigint, coalesce(cardinality(v_gone), 0)::bigint;
    DELETE FROM @deliveries AS d WHERE d.sequence = ANY(v_gone);
    DELETE FROM @events AS e WHERE e.sequence = ANY(v_gone);
  END $$;

  -- Of these shards, as far as they are ours, what no owner of the present tenure has in memory;
  -- all that waits when we cannot know what we have.
  -- owners_before: not 0 when an owner before had it in memory. p_wall: what the replica's clock
  -- shows, by which it will read when the next attempt is due.
  DROP FUNCTION IF EXISTS @take_deliveries(bigint, boolean);
  DROP FUNCTION IF EXISTS @take_deliveries(bigint, int[], boolean);
  CREATE OR REPLACE FUNCTION @take_deliveries(p_session bigint, p_shards int[], p_all boolean,
    p_wall bigint)
  RETURNS TABLE(sequence bigint, webhook text, attempts int, created_us bigint,
    next_attempt_us bigint, last_error text, id text, type text, endpoint text, alias text,
    time_us bigint, body text, owners_before bigint) LANGUAGE sql AS $$
    WITH found AS (
      SELECT d.sequence, d.webhook, d.claimed, s.tenure FROM @deliveries AS d
        JOIN @shards AS s ON s.shard = d.shard
      WHERE s.session = p_session AND s.shard = ANY(p_shards) AND d.state = 'pending'
        AND (p_all OR d.claimed < s.tenure)
      FOR UPDATE OF d),
    taken AS (
      UPDATE @deliveries AS d SET claimed = f.tenure FROM found AS f
      WHERE d.sequence = f.sequence AND d.webhook = f.webhook RETURNING d.*, f.claimed AS before)
    SELECT t.sequence, t.webhook, t.attempts, t.created_us,
      t.next_attempt_us - @ahead_of(p_wall), t.last_error, e.id, e.type, e.endpoint, e.alias,
      e.time_us, e.json, t.before
    FROM taken AS t JOIN @events AS e ON e.sequence = t.sequence ORDER BY t.sequence, t.webhook
  $$;

  -- The whole batch in one statement: the server has all of it before it takes the first lock, so
  -- no client that stops holds one. Returns the number before that of its first event; -1: the
  -- batch was applied before.
  -- p_seen: the highest number that its replica has heard of. p_base: it is written once more,
  -- after the database went back in time, and returned that before. p_wall: what its replica's
  -- clock shows: attempts are due by the clock here, or one that is an hour ahead would make others
  -- wait.
  DROP FUNCTION IF EXISTS @commit_batch(bigint, uuid, bigint, jsonb);
  CREATE OR REPLACE FUNCTION @commit_batch(p_session bigint, p_nonce uuid, p_batch bigint, p jsonb,
    p_seen bigint, p_base bigint, p_wall bigint)
  RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE v_base bigint; v_events int := jsonb_array_length(p->'events'); v_rows bigint;
  BEGIN
    -- A renewal passes beside this lock, a takeover's DELETE waits for it.
    PERFORM 1 FROM @sessions WHERE session = p_session AND nonce = p_nonce FOR KEY SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'session % has ended', p_session USING ERRCODE = 'MV001';
    END IF;
    UPDATE @commits SET last_batch = p_batch WHERE session = p_session AND last_batch = p_batch - 1;
    IF NOT FOUND THEN
      PERFORM 1 FROM @commits WHERE session = p_session AND last_batch = p_batch;
      IF FOUND THEN RETURN -1; END IF;
      RAISE EXCEPTION 'batches of session % before % are not here any more', p_session, p_batch
        USING ERRCODE = 'MV002';
    END IF;

    INSERT INTO @endpoints AS e(name, shard, tenure, state)
      SELECT n.name, n.shard, s.tenure, n.state
      FROM jsonb_to_recordset(p->'states') AS n(name text, shard int, state text)
        JOIN @shards AS s ON s.shard = n.shard AND s.session = p_session
      ON CONFLICT(name) DO UPDATE SET shard = excluded.shard, tenure = excluded.tenure,
        state = excluded.state WHERE e.tenure <= excluded.tenure;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p->'states') THEN
      RAISE EXCEPTION 'an endpoint of the batch is another session''s' USING ERRCODE = 'MV001';
    END IF;
    -- An older mark must not touch the new state.
    DELETE FROM @good_marks AS m USING jsonb_to_recordset(p->'states') AS n(name text)
      WHERE m.endpoint = n.name;
    INSERT INTO @good_marks SELECT * FROM jsonb_to_recordset(p->'marks')
        AS n(endpoint text, time_us bigint)
      ON CONFLICT(endpoint) DO UPDATE SET time_us = excluded.time_us;

    INSERT INTO @endpoint_seconds SELECT * FROM jsonb_to_recordset(p->'seconds')
        AS n(endpoint text, shard int, up_us bigint, down_us bigint, unknown_us bigint,
          until_us bigint)
      ON CONFLICT(endpoint) DO UPDATE SET up_us = excluded.up_us, down_us = excluded.down_us,
        unknown_us = excluded.unknown_us, until_us = excluded.until_us;
    INSERT INTO @past SELECT * FROM jsonb_to_recordset(p->'spans')
        AS n(endpoint text, step_us bigint, from_us bigint, up_us bigint, down_us bigint,
          unknown_us bigint, longest_us bigint, durations text, failures text)
      ON CONFLICT(endpoint, step_us, from_us) DO UPDATE SET up_us = excluded.up_us,
        down_us = excluded.down_us, unknown_us = excluded.unknown_us,
        longest_us = excluded.longest_us, durations = excluded.durations,
        failures = excluded.failures;

    DELETE FROM @deliveries AS d
      USING jsonb_to_recordset(p->'dropped') AS n(sequence bigint, webhook text)
      WHERE d.sequence = n.sequence AND d.webhook = n.webhook;
    UPDATE @deliveries AS d SET state = n.state, attempts = n.attempts, created_us = n.created_us,
        next_attempt_us = n.next_attempt_us + @ahead_of(p_wall), last_error = n.last_error,
        claimed = s.tenure
      FROM jsonb_to_recordset(p->'deliveries') AS n(sequence bigint, webhook text, shard int,
          state text, attempts int, created_us bigint, next_attempt_us bigint, last_error text)
        JOIN @shards AS s ON s.shard = n.shard AND s.session = p_session
      WHERE d.sequence = n.sequence AND d.webhook = n.webhook;

    DELETE FROM @pins AS x USING jsonb_to_recordset(p->'pins') AS n(endpoint text, alias text)
      WHERE x.endpoint = n.endpoint AND x.alias = n.alias;
    INSERT INTO @pins(endpoint, alias, target, shard, approved_us)
      SELECT n.endpoint, n.alias, t.target, n.shard, n.approved_us
      FROM jsonb_to_recordset(p->'pins')
          AS n(endpoint text, alias text, shard int, approved_us bigint, targets jsonb),
        jsonb_array_elements_text(n.targets) AS t(target)
      ON CONFLICT DO NOTHING;
    DELETE FROM @webhook_states AS x
      USING jsonb_to_recordset(p->'switches') AS n(webhook text) WHERE x.webhook = n.webhook;
    INSERT INTO @webhook_states SELECT n.webhook, n.shard, n.disabled_us, n.reason, n.address
      FROM jsonb_to_recordset(p->'switches')
        AS n(webhook text, shard int, disabled_us bigint, reason text, address bigint)
      WHERE n.disabled_us IS NOT NULL;
    UPDATE @requests AS r SET done_us = n.done_us, result = n.result
      FROM jsonb_to_recordset(p->'answers') AS n(id bigint, done_us bigint, result text)
      WHERE r.id = n.id AND r.done_us IS NULL;

    IF p ? 'reached_us' THEN
      UPDATE @cluster SET reached_us = greatest(reached_us, (p->>'reached_us')::bigint);
    END IF;
    IF p ? 'forget_hours_before_us' THEN
      DELETE FROM @past WHERE step_us = (p->>'hour_us')::bigint
        AND from_us < (p->>'forget_hours_before_us')::bigint;
    END IF;
    IF p ? 'forget_days_before_us' THEN
      DELETE FROM @past WHERE step_us = (p->>'day_us')::bigint
        AND from_us < (p->>'forget_days_before_us')::bigint;
      DELETE FROM @requests WHERE done_us < (p->>'forget_before_us')::bigint;
    END IF;
    UPDATE @shards SET session = NULL WHERE session = p_session
      AND shard IN (SELECT value::int FROM jsonb_array_elements_text(p->'released'));
    IF FOUND THEN
      PERFORM @tell(p_session, 'shards');
    END IF;

    -- Last: from here on the events of others wait. A number that somebody was told is never given
    -- to another event, not even when the database has forgotten it.
    IF p_base IS NULL THEN
      UPDATE @counter SET last_sequence = greatest(last_sequence, p_seen) + v_events
        WHERE v_events > 0 RETURNING last_sequence - v_events INTO v_base;
    ELSE
      UPDATE @counter SET last_sequence = greatest(last_sequence, p_base + v_events)
        WHERE v_events > 0;
      v_base := p_base;
    END IF;
    IF v_events = 0 THEN
      SELECT last_sequence INTO v_base FROM @counter;
      RETURN v_base;
    END IF;
    INSERT INTO @events(sequence, id, ordinal, type, endpoint, alias, time_us, json)
      SELECT v_base + n.place, n.id, nullif(n.ordinal, 0), n.type, n.endpoint, n.alias, n.time_us,
        n.head || lpad((v_base + n.place)::text, 20, '0') || n.tail
      FROM jsonb_to_recordset(p->'events') AS n(place int, id text, ordinal bigint, type text,
        endpoint text, alias text, time_us bigint, head text, tail text);
    INSERT INTO @event_counts AS c SELECT n.endpoint, n.type, n.shard, count(*)
      FROM jsonb_to_recordset(p->'events') AS n(endpoint text, type text, shard int)
      GROUP BY n.endpoint, n.type, n.shard
      ON CONFLICT(endpoint, type) DO UPDATE SET count = c.count + excluded.count;
    INSERT INTO @deliveries(sequence, webhook, shard, state, attempts, created_us,
        next_attempt_us, last_error)
      SELECT v_base + n.place, n.webhook, n.shard, 'pending', 0, (p->>'at_us')::bigint,
        (p->>'at_us')::bigint + @ahead_of(p_wall), ''
      FROM jsonb_to_recordset(p->'told') AS n(place int, webhook text, shard int);
    PERFORM @tell(p_session, 'events');
    RETURN v_base;
  END $$;
)";

constexpr auto kPostgresVersion = static_cast<std::int64_t>(kPostgresMigrations.size());

struct Found {
  std::int64_t version = 0;  // 0: there is none
  ShardCount shards = 0;
  std::string instance;
};

Found find(PostgresConnection& connection, const PostgresPlace& place) {
  const auto exists =
      connection.query("SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'cluster'",
                       std::string_view{place.schema});
  if (exists.count() == 0) return {};
  const auto rows = connection.query("SELECT schema_version, shards, instance FROM @cluster");
  if (rows.count() == 0) return {};
  return {.version = rows.integer(0, 0),
          .shards = static_cast<ShardCount>(rows.integer(0, 1)),
          .instance = rows.text(0, 2)};
}

void refuse_newer(PostgresConnection& connection, const PostgresPlace& place, const Found& found) {
  if (found.version <= kPostgresVersion) return;
  connection.fail(StoreError::Kind::Newer,
                  fmt::format("schema {} of the database was made by a newer modelvane (version "
                              "{}, this one knows {}); start that version",
                              place.schema, found.version, kPostgresVersion));
}

void refuse_other(PostgresConnection& connection, const PostgresPlace& place, const Found& found,
                  const std::string& instance) {
  if (found.version == 0 || instance.empty() || found.instance == instance) return;
  connection.fail(
      StoreError::Kind::Unavailable,
      fmt::format("schema {} of the database is that of instance \"{}\", and this configuration "
                  "says instance: \"{}\"; all replicas have one, and each cluster its own schema",
                  place.schema, found.instance, instance));
}

std::string grants_for(const std::string& role, const std::string& schema) {
  const auto name = quoted_name(schema);
  return fmt::format(
      "GRANT USAGE ON SCHEMA {0} TO {1}; "
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {0} TO {1}; "
      "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {0} TO {1}; "
      "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {0} TO {1};",
      name, quoted_name(role));
}

}  // namespace

std::expected<std::string, StoreError> migrate(const PostgresPlace& place, const SchemaWish& wish) {
  PostgresConnection connection{place, "modelvane store migrate", kMigrateWithin};
  const auto found = find(connection, place);
  refuse_newer(connection, place, found);
  refuse_other(connection, place, found, wish.instance);
  // One transaction: all of it or nothing, and two at once wait for each other.
  std::string sql = fmt::format("BEGIN; SELECT pg_advisory_xact_lock({}); ", 0x6d6f64656cLL);
  if (found.version == 0)
    sql += fmt::format("CREATE SCHEMA IF NOT EXISTS {};", quoted_name(place.schema));
  for (auto step = static_cast<std::size_t>(found.version); step < kPostgresMigrations.size();
       ++step)
    sql += kPostgresMigrations[step];
  sql += kFunctions;
  if (found.version == 0)
    sql +=
        fmt::format("INSERT INTO @shards(shard) SELECT generate_series(0, {} - 1);", wish.shards);
  if (!wish.role.empty()) sql += grants_for(wish.role, place.schema);
  if (!connection.run(sql)) return std::unexpected(connection.error());
  if (found.version == 0) {
    (void)connection.query(
        "INSERT INTO @cluster(instance, shards, schema_version) VALUES($1, $2, $3)",
        std::string_view{wish.instance}, wish.shards, kPostgresVersion);
  } else {
    (void)connection.query("UPDATE @cluster SET schema_version = $1", kPostgresVersion);
  }
  if (!connection.run("COMMIT")) return std::unexpected(connection.error());
  if (found.version == kPostgresVersion)
    return fmt::format("schema {} is up to date (version {})", place.schema, kPostgresVersion);
  if (found.version == 0)
    return fmt::format("schema {} made (version {}, {} shards, instance {})", place.schema,
                       kPostgresVersion, wish.shards, wish.instance);
  return fmt::format("schema {} brought from version {} to {}", place.schema, found.version,
                     kPostgresVersion);
}

ShardCount check_schema(PostgresConnection& connection, const PostgresPlace& place,
                        const std::string& instance) {
  const auto found = find(connection, place);
  if (!connection.ok()) return 0;
  if (found.version < kPostgresVersion) {
    connection.fail(StoreError::Kind::Unavailable,
                    fmt::format("the database has {} schema {}; run `modelvane store migrate` "
                                "once, as its owner",
                                found.version == 0 ? "no" : "an older", place.schema));
  }
  refuse_newer(connection, place, found);
  refuse_other(connection, place, found, instance);
  return found.shards;
}

}  // namespace modelvane
