#include "daemon/store/postgres_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/store/postgres_batch.h"
#include "daemon/store/postgres_rows.h"
#include "daemon/store/state_json.h"

namespace modelvane {
namespace {

// Old events are deleted so many at a time, so that nothing waits for them for long.
constexpr int kForgottenAtOnce = 2'000;

// What a standby may lag behind when it is promoted: seconds as a rule. Beyond it the states of
// endpoints go back, and what moved since is told once more.
constexpr Duration kRemembered = std::chrono::minutes{5};
constexpr std::size_t kRememberedBytes = 64U * 1024 * 1024;

}  // namespace

PostgresStore::PostgresStore(PostgresPlace place, ReplicaSettings settings,
                             std::function<std::uint64_t()> heartbeat, std::size_t events_max)
    : place_(place),
      deadline_(settings.lease / 2),
      events_max_(events_max),
      wall_(settings.wall),
      keeper_(std::move(place), std::move(settings), std::move(heartbeat)) {}

PostgresStore::~PostgresStore() = default;

std::optional<ClusterView> PostgresStore::cluster() const {
  auto view = keeper_.view();
  view.repeated = repeated_;
  view.rewound = rewound_;
  return view;
}

// A dead connection is closed, and with it all that it began.
PostgresConnection& PostgresStore::work() {
  if (!connection_ || !connection_->is_open()) {
    if (connection_) must_take_all_ = true;
    is_rewind_noted_ = false;  // another server may answer
    connection_ =
        std::make_unique<PostgresConnection>(place_, application_of(session_->number), deadline_);
  }
  return *connection_;
}

StoreError PostgresStore::ended() const {
  return {StoreError::Kind::Fenced,
          "this replica's session has ended, because it was not renewed in time; others own its "
          "endpoints and webhooks"};
}

// ---- loading
// -------------------------------------------------------------------------------------------------

std::expected<void, StoreError> PostgresStore::begin() {
  session_.reset();
  connection_.reset();
  handed_out_.clear();
  owned_.clear();
  regained_.clear();
  uncertain_.clear();
  requests_.clear();
  must_take_all_ = false;
  acknowledged_.clear();
  acknowledged_bytes_ = 0;
  is_fresh_ = false;
  auto begun = keeper_.begin();
  if (!begun) return std::unexpected(std::move(begun.error()));
  session_ = *begun;
  is_fresh_ = true;
  return {};
}

std::expected<Loaded, StoreError> PostgresStore::load() {
  if (!is_fresh_) {
    if (auto begun = begin(); !begun) return std::unexpected(std::move(begun.error()));
  }
  is_fresh_ = false;
  auto told = keeper_.take();
  if (told.has_ended) return std::unexpected(ended());
  auto loaded = load_shards(told.gained);
  if (!loaded) return std::unexpected(connection_->error());
  return std::move(*loaded);
}

std::optional<Loaded> PostgresStore::load_shards(const std::vector<Shard>& shards) {
  for (const Shard shard : shards) {
    if (!owned_.insert(shard).second) regained_.insert(shard);
  }
  // The engine begins anew with these.
  std::erase_if(handed_out_, [&](const auto& key) {
    return std::ranges::count(shards, shard_of_webhook(key.second, session_->shards)) > 0;
  });
  // One connection for all of it: after a failure a new one would answer the rest, and what was not
  // read would pass for what is not there.
  auto& connection = work();
  Loaded loaded{.session = session_->number, .shards = session_->shards, .owned = shards};
  const auto chosen = array_of(shards);
  load_endpoints(connection, loaded, chosen);
  load_past(connection, loaded, chosen);
  load_webhooks(connection, loaded, chosen);
  const auto rows = connection.query(
      "SELECT n.last_sequence, coalesce(c.reached_us, (SELECT time_us FROM @events ORDER BY "
      "sequence DESC LIMIT 1)) FROM @counter AS n, @cluster AS c");
  if (!connection.ok()) return std::nullopt;
  loaded.last_sequence = static_cast<std::uint64_t>(rows.integer(0, 0));
  seen_ = std::max(seen_, loaded.last_sequence);
  if (!rows.is_null(0, 1)) loaded.reached = rows.time(0, 1);
  // Last: what is handed out here must arrive. All of it, since the engine begins anew with these
  // shards; what it has of others is known.
  must_take_all_ = true;
  loaded.pending = take_deliveries();
  if (!connection.ok()) return std::nullopt;
  return loaded;
}

void PostgresStore::load_endpoints(PostgresConnection& connection, Loaded& loaded,
                                   const std::string& shards) {
  {
    const auto rows = connection.query(
        "SELECT e.name, e.state, m.time_us, (SELECT max(ordinal) FROM @events AS v WHERE "
        "v.endpoint = e.name) FROM @endpoints AS e LEFT JOIN @good_marks AS m ON m.endpoint = "
        "e.name WHERE e.shard = ANY($1::int[])",
        std::string_view{shards});
    for (int row = 0; row < rows.count(); ++row) {
      auto state = parse_state(rows.text(row, 1));
      if (!state) {
        return connection.fail(
            StoreError::Kind::Damaged,
            fmt::format("what is known about endpoint \"{0}\" is damaged ({1}); put a backup in "
                        "its place, or, to take what the next poll shows as the new baseline: "
                        "UPDATE events SET ordinal = NULL WHERE endpoint = '{0}'; DELETE FROM "
                        "endpoints WHERE name = '{0}'",
                        rows.text(row, 0), state.error()));
      }
      if (!rows.is_null(row, 2)) apply_good_mark(*state, rows.time(row, 2));
      // A number that is taken would stop this endpoint for ever.
      if (!rows.is_null(row, 3))
        state->events_made =
            std::max(state->events_made, static_cast<std::uint64_t>(rows.integer(row, 3)));
      loaded.endpoints.emplace(rows.text(row, 0), std::move(*state));
    }
  }
  const auto counts = connection.query(
      "SELECT endpoint, type, count FROM @event_counts WHERE shard = ANY($1::int[]) "
      "ORDER BY endpoint, type",
      std::string_view{shards});
  for (int row = 0; row < counts.count(); ++row) {
    if (const auto type = kEventTypes.parse(counts.text(row, 1)))
      loaded.event_counts.push_back(
          {counts.text(row, 0), *type, static_cast<std::uint64_t>(counts.integer(row, 2))});
  }
  const auto pins = connection.query(
      "SELECT endpoint, alias, target FROM @pins WHERE shard = ANY($1::int[]) "
      "ORDER BY endpoint, alias, target",
      std::string_view{shards});
  for (int row = 0; row < pins.count(); ++row)
    loaded.pins[pins.text(row, 0)][pins.text(row, 1)].push_back(pins.text(row, 2));
}

void PostgresStore::load_past(PostgresConnection& connection, Loaded& loaded,
                              const std::string& shards) {
  const auto seconds = connection.query(
      "SELECT endpoint, up_us, down_us, unknown_us, until_us FROM @endpoint_seconds WHERE "
      "shard = ANY($1::int[]) ORDER BY endpoint",
      std::string_view{shards});
  std::map<std::string, EndpointPast> all;
  for (int row = 0; row < seconds.count(); ++row) {
    EndpointPast past{.endpoint = seconds.text(row, 0),
                      .seconds = {.up = seconds.duration(row, 1),
                                  .down = seconds.duration(row, 2),
                                  .unknown = seconds.duration(row, 3)},
                      .until = seconds.time(row, 4),
                      .hours = {},
                      .days = {}};
    all.emplace(past.endpoint, std::move(past));
  }
  const auto spans = connection.query(
      "SELECT p.endpoint, p.step_us, p.from_us, p.up_us, p.down_us, p.unknown_us, p.longest_us, "
      "p.durations, p.failures FROM @past AS p JOIN @endpoint_seconds AS s ON s.endpoint = "
      "p.endpoint WHERE s.shard = ANY($1::int[]) AND p.from_us > s.until_us - "
      "CASE p.step_us WHEN $2::bigint THEN $3::bigint ELSE $4::bigint END ORDER BY p.from_us",
      std::string_view{shards}, kHour.count(), kHoursLoaded.count(), kDaysLoaded.count());
  for (int row = 0; row < spans.count(); ++row) {
    auto& past = all.at(spans.text(row, 0));
    (spans.duration(row, 1) == kHour ? past.hours : past.days).push_back(read_span(spans, row, 2));
  }
  for (auto& [name, past] : all) loaded.past.push_back(std::move(past));
}

void PostgresStore::load_webhooks(PostgresConnection& connection, Loaded& loaded,
                                  const std::string& shards) {
  const auto dead = connection.query(
      "SELECT webhook, count(*) FROM @deliveries WHERE state = 'dead' AND shard = ANY($1::int[]) "
      "GROUP BY webhook",
      std::string_view{shards});
  for (int row = 0; row < dead.count(); ++row)
    loaded.dead_letters[dead.text(row, 0)] = static_cast<std::uint64_t>(dead.integer(row, 1));
  const auto off = connection.query(
      "SELECT webhook, disabled_us, reason, address FROM @webhook_states WHERE "
      "shard = ANY($1::int[]) ORDER BY webhook",
      std::string_view{shards});
  for (int row = 0; row < off.count(); ++row)
    loaded.webhook_switches.push_back(
        {off.text(row, 0), off.time(row, 1), off.text(row, 2), off.integer(row, 3)});
  const auto told = connection.query(
      "SELECT DISTINCT ON (alias) alias, type FROM @events WHERE endpoint = '' AND alias <> '' "
      "AND type IN ($1, $2) ORDER BY alias, sequence DESC",
      name(EventType::WebhookFailing), name(EventType::WebhookRecovered));
  for (int row = 0; row < told.count(); ++row) {
    const auto webhook = told.text(row, 0);
    if (told.text(row, 1) == name(EventType::WebhookFailing) &&
        owned_.contains(shard_of_webhook(webhook, session_->shards)))
      loaded.failing_webhooks.insert(webhook);
  }
}

// Of what the engine knows to be its own: the keeper claims shards before they are loaded, and what
// is handed out of one of those would be forgotten when the engine begins anew with it.
std::vector<PendingDelivery> PostgresStore::take_deliveries() {
  auto& connection = work();
  const auto rows = connection.query(
      "SELECT * FROM @take_deliveries($1, $2::int[], $3::boolean, $4)", session_->number,
      std::string_view{array_of(std::vector<Shard>{owned_.begin(), owned_.end()})},
      std::string_view{must_take_all_ ? "true" : "false"}, wall_());
  if (!connection.ok()) return {};
  must_take_all_ = false;
  std::vector<PendingDelivery> taken;
  std::shared_ptr<const StoredEvent> event;  // of the row before: one event has many webhooks
  for (int row = 0; row < rows.count(); ++row) {
    Delivery delivery;
    delivery.sequence = static_cast<std::uint64_t>(rows.integer(row, 0));
    delivery.webhook = rows.text(row, 1);
    delivery.attempts = static_cast<int>(rows.integer(row, 2));
    delivery.created = rows.time(row, 3);
    delivery.next_attempt = rows.time(row, 4);
    delivery.last_error = rows.text(row, 5);
    if (!handed_out_.emplace(delivery.sequence, delivery.webhook).second) continue;
    // Its predecessor may have sent it, and died before that was durable.
    if (rows.integer(row, 12) > 0) ++repeated_;
    if (!event || event->sequence != delivery.sequence) {
      auto read = read_event(rows, row, delivery.sequence, 6);
      if (!read) continue;  // of a newer replica
      event = std::make_shared<const StoredEvent>(std::move(*read));
    }
    taken.push_back({std::move(delivery), event});
  }
  return taken;
}

std::uint64_t PostgresStore::last_sequence() {
  const auto rows = work().query("SELECT last_sequence, pg_is_in_recovery() FROM @counter");
  if (rows.count() == 0) return 0;
  const auto sequence = static_cast<std::uint64_t>(rows.integer(0, 0));
  seen_ = std::max(seen_, sequence);
  // A standby that nobody has promoted may lag behind.
  if (rows.text(0, 1) == "t") return sequence;
  if (sequence < std::exchange(last_sequence_, sequence)) note_rewind();
  return sequence;
}

// Found by a number that is gone, by a batch that is gone, or by both.
void PostgresStore::note_rewind() {
  if (!std::exchange(is_rewind_noted_, true)) ++rewound_;
}

// ---- committing
// -------------------------------------------------------------------------------------------------

std::expected<CommitReport, StoreError> PostgresStore::commit(const Batch& batch) {
  if (!session_) return std::unexpected(ended());
  auto document = to_document(batch, session_->shards);
  auto base = apply(batch.number, document);
  if (!base && connection_->code() == kBatchesLost) {
    note_rewind();
    if (apply_again(batch.number)) base = apply(batch.number, document);
  }
  if (!base) {
    must_take_all_ = true;
    uncertain_.insert(batch.released.begin(), batch.released.end());
    return std::unexpected(connection_->error());
  }
  remember(batch.number, {.at = steady_now(),
                          .document = std::move(document),
                          .base = *base < 0 ? base_of(batch) : *base});
  for (const auto& delivery : batch.deliveries) {
    const auto key = std::pair{delivery.sequence, delivery.webhook};
    if (delivery.state == DeliveryState::Pending) {
      handed_out_.insert(key);
    } else {
      handed_out_.erase(key);
    }
  }
  for (const auto& key : batch.dropped) handed_out_.erase({key.sequence, key.webhook});
  for (const auto& answer : batch.answers) requests_.erase(answer.request);
  for (const Shard shard : batch.released) {
    if (regained_.erase(shard) == 0) owned_.erase(shard);
    uncertain_.erase(shard);
  }
  if (!batch.released.empty()) {
    std::erase_if(handed_out_, [&](const auto& key) {
      return !owned_.contains(shard_of_webhook(key.second, session_->shards));
    });
  }
  // From here on the batch is durable: what fails now is done at the next look.
  CommitReport report;
  if (batch.forget_before) forget_before_ = batch.forget_before;
  forget();
  report.forgotten_dead = std::exchange(forgotten_dead_, {});
  report.deliveries = take_deliveries();
  report.last_sequence = last_sequence();
  return report;
}

std::optional<std::int64_t> PostgresStore::apply(std::uint64_t number, const std::string& document,
                                                 std::int64_t base) {
  auto& connection = work();
  const auto rows = connection.query(
      "SELECT @commit_batch($1, $2::uuid, $3, $4::jsonb, $5, nullif($6::bigint, $7), $8)",
      session_->number, std::string_view{session_->nonce}, number, std::string_view{document},
      seen_, base, kNoBase, wall_());
  if (!connection.ok()) return std::nullopt;
  // It was applied before: what it made ours to deliver was not read then.
  if (rows.integer(0, 0) < 0) must_take_all_ = true;
  return rows.integer(0, 0);
}

// Of a batch that was applied without our hearing of it.
std::int64_t PostgresStore::base_of(const Batch& batch) {
  if (batch.events.empty()) return 0;
  const auto rows = work().query("SELECT sequence - 1 FROM @events WHERE id = $1",
                                 std::string_view{batch.events.front().event.id});
  return rows.count() == 0 ? kNoBase : rows.integer(0, 0);
}

// The database went back in time, and our session is still there: what it acknowledged and has
// forgotten is written once more, in the order of before, with the same ids and numbers. A number
// that another replica has taken meanwhile ends the session (23505): the states that the database
// has are the truth then.
bool PostgresStore::apply_again(std::uint64_t before) {
  const auto rows =
      work().query("SELECT last_batch FROM @commits WHERE session = $1", session_->number);
  if (rows.count() == 0) {
    connection_->fail(StoreError::Kind::Fenced, ended().sentence);
    return false;
  }
  for (auto number = static_cast<std::uint64_t>(rows.integer(0, 0)) + 1; number < before;
       ++number) {
    const auto found = acknowledged_.find(number);
    if (found == acknowledged_.end()) {
      connection_->fail(StoreError::Kind::Fenced,
                        "the database has forgotten more than this replica remembers; it begins "
                        "anew with what the database has");
      return false;
    }
    if (!apply(number, found->second.document, found->second.base)) return false;
  }
  return true;
}

void PostgresStore::remember(std::uint64_t number, Acknowledged batch) {
  const Duration now = batch.at;
  acknowledged_bytes_ += batch.document.size();
  acknowledged_.insert_or_assign(number, std::move(batch));
  while (acknowledged_.begin()->second.at + kRemembered < now ||
         (acknowledged_bytes_ > kRememberedBytes && acknowledged_.size() > 1)) {
    acknowledged_bytes_ -= acknowledged_.begin()->second.document.size();
    acknowledged_.erase(acknowledged_.begin());
  }
}

// Also what is more than the limit: the oldest.
void PostgresStore::forget() {
  if (!forget_before_) return;
  const auto rows = work().query(
      "SELECT webhook, dead, gone FROM @forget(greatest($1::bigint, coalesce((SELECT e.time_us "
      "FROM @counter AS c JOIN @events AS e ON e.sequence = c.last_sequence - $2), 0)), $3)",
      *forget_before_, static_cast<std::uint64_t>(events_max_), kForgottenAtOnce);
  std::int64_t gone = 0;
  for (int row = 0; row < rows.count(); ++row) {
    const auto webhook = rows.text(row, 0);
    gone = rows.integer(row, 2);
    if (!webhook.empty() && owned_.contains(shard_of_webhook(webhook, session_->shards)))
      forgotten_dead_[webhook] += static_cast<std::uint64_t>(rows.integer(row, 1));
  }
  if (gone < kForgottenAtOnce) forget_before_.reset();
}

// ---- news
// -------------------------------------------------------------------------------------------------

std::expected<StoreNews, StoreError> PostgresStore::look() {
  if (!session_) return std::unexpected(ended());
  auto told = keeper_.take();
  if (told.has_ended || has_lost(told)) {
    session_.reset();
    return std::unexpected(ended());
  }
  StoreNews news;
  forget();
  if (!told.gained.empty()) {
    news.gained = load_shards(told.gained);
    if (!news.gained) {
      for (const Shard shard : told.gained) owned_.erase(shard);
      keeper_.give_back(told.gained);
    }
  }
  news.wanted = std::move(told.wanted);
  news.deliveries = take_deliveries();
  news.requests = take_requests();
  news.last_sequence = last_sequence();
  return news;  // what a failure left out comes at the next look
}

// Shards that are another's, though we did not give them up: the database went back to before we
// had them. Its owner decides about them; our session goes on with what the database has.
bool PostgresStore::has_lost(const PostgresKeeper::News& told) const {
  return std::ranges::any_of(told.lost, [&](Shard shard) {
    return owned_.contains(shard) && !uncertain_.contains(shard) &&
           std::ranges::count(told.gained, shard) == 0;
  });
}

std::vector<OperatorTask> PostgresStore::take_requests() {
  auto& connection = work();
  const auto rows = connection.query(
      "SELECT r.id, r.kind, r.body, r.made_us FROM @requests AS r JOIN @shards AS s ON s.shard = "
      "r.shard WHERE s.session = $1 AND r.done_us IS NULL ORDER BY r.id",
      session_->number);
  std::vector<OperatorTask> tasks;
  for (int row = 0; row < rows.count(); ++row) {
    const auto id = static_cast<std::uint64_t>(rows.integer(row, 0));
    if (!requests_.insert(id).second) continue;
    auto request = parse_operator_request(rows.text(row, 1), rows.text(row, 2));
    if (!request) {
      (void)connection.query(
          "UPDATE @requests SET done_us = made_us, result = $2 WHERE id = $1", id,
          std::string_view{
              to_json(OperatorResult{.ok = false, .sentence = request.error(), .event_id = ""})});
      continue;
    }
    request->id = id;
    OperatorTask task{.request = std::move(*request), .found = {}};
    for (const auto& [sequence, webhook] : task.request.deliveries) {
      const auto found = connection.query(
          "SELECT d.state, d.attempts, d.created_us, d.next_attempt_us - @ahead_of($3), "
          "d.last_error, e.id, "
          "e.type, e.endpoint, e.alias, e.time_us, e.json FROM @deliveries AS d JOIN @events AS e "
          "ON e.sequence = d.sequence WHERE d.sequence = $1 AND d.webhook = $2",
          sequence, std::string_view{webhook}, wall_());
      if (!connection.ok()) {
        requests_.erase(id);
        return tasks;
      }
      if (found.count() == 0) continue;
      const auto state = kDeliveryStates.parse(found.text(0, 0));
      auto event = read_event(found, 0, sequence, 5);
      if (!state || !event) continue;
      task.found.push_back({Delivery{.sequence = sequence,
                                     .webhook = webhook,
                                     .state = *state,
                                     .attempts = static_cast<int>(found.integer(0, 1)),
                                     .created = found.time(0, 2),
                                     .next_attempt = found.time(0, 3),
                                     .last_error = found.text(0, 4)},
                            std::make_shared<const StoredEvent>(std::move(*event))});
    }
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace modelvane
