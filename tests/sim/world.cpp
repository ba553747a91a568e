#include "tests/sim/world.h"

#include <algorithm>

#include "daemon/events/event_json.h"
#include "daemon/log/log.h"

namespace modelvane::sim {

using namespace std::chrono_literals;

bool chance(Random& random, double probability) {
  return std::uniform_real_distribution<double>{0, 1}(random) < probability;
}

namespace {

constexpr std::string_view kList = "/v1/models";
constexpr std::string_view kPage = "?page=";
constexpr std::size_t kRowsOfPage = 6;

}  // namespace

HttpReply Upstream::answer(std::string_view path) const {
  if (path.starts_with(kList) && path.substr(kList.size()).starts_with('/')) {
    const auto found = truth.find(std::string{path.substr(kList.size() + 1)});
    if (found == truth.end()) return {.status = 404};
    return {.status = 200, .body = R"({"id":")" + found->second + R"("})"};
  }
  std::vector<std::string> rows;
  // Concrete models beside the aliases, so that one missing alias is no shrunken list.
  for (int i = 0; i < 12; ++i) rows.push_back(R"({"id":"model-)" + std::to_string(i) + R"("})");
  for (const auto& [alias, target] : truth) {
    rows.push_back(R"({"id":")" + alias +
                   (way == Way::Lookup ? "\"}" : R"(","ref_model":")" + target + "\"}"));
  }
  const auto at = path.find(kPage);
  const std::size_t page =
      at == std::string_view::npos ? 0 : std::stoul(std::string{path.substr(at + kPage.size())});
  const std::size_t begin = way == Way::Pages ? page * kRowsOfPage : 0;
  const std::size_t end =
      way == Way::Pages ? std::min(begin + kRowsOfPage, rows.size()) : rows.size();
  std::string text = R"({"object":"list","data":[)";
  for (std::size_t i = begin; i < end; ++i) text += (i == begin ? "" : ",") + rows[i];
  text += "]";
  if (end < rows.size()) text += R"(,"next":")" + std::to_string(page + 1) + "\"";
  return {.status = 200, .body = text + "}"};
}

void Upstream::move(const std::string& alias, const std::string& target, Time at) {
  truth[alias] = target;
  past.emplace_back(at, truth);
}

void Receiver::accept(const std::string& id, const std::string& body) {
  const auto [entry, is_new] = body_by_id.emplace(id, body);
  if (is_new) {
    order.push_back(id);
  } else if (entry->second != body) {
    saw_changed_body = true;
  }
}

std::optional<StoreError> DiskStore::problem() const {
  if (disk_.broken || is_cut_off) return StoreError{StoreError::Kind::Full, "the disk is full"};
  if (!disk_.sessions.contains(session_) && !disk_.has_no_fence)
    return StoreError{StoreError::Kind::Fenced, "the session has ended"};
  return std::nullopt;
}

void DiskStore::renew() {
  const auto found = disk_.sessions.find(session_);
  if (found == disk_.sessions.end()) return;
  found->second.expires = clock_.now + lease_;
  trusted_until_ = clock_.steady() + lease_ - lease_ / 10;
}

std::vector<std::string> DiskStore::live() const {
  std::vector<std::string> live;
  for (const auto& [number, session] : disk_.sessions) live.push_back(session.replica);
  return live;
}

// Ends sessions that have expired, and takes what is free and wanted here.
std::vector<Shard> DiskStore::claim() {
  std::erase_if(disk_.sessions, [&](const auto& entry) {
    if (entry.second.expires >= clock_.now) return false;
    for (auto& owner : disk_.owners) {
      if (owner.session == entry.first) owner.session = 0;
    }
    return true;
  });
  std::vector<ShardOwner> owners;
  for (Shard shard = 0; shard < disk_.shards(); ++shard) {
    const auto session = disk_.owners[shard].session;
    owners.push_back({shard, session == 0 ? "" : disk_.sessions.at(session).replica});
  }
  auto plan = plan_ownership(replica_, owners, live());
  for (const Shard shard : plan.claim)
    disk_.owners[shard] = {session_, disk_.owners[shard].tenure + 1};
  return plan.claim;
}

std::expected<Loaded, StoreError> DiskStore::load() {
  if (disk_.broken || is_cut_off)
    return std::unexpected(StoreError{StoreError::Kind::Unavailable, "no disk"});
  // What a crash left of this replica.
  for (auto& [number, session] : disk_.sessions) {
    if (session.replica == replica_) session.expires = Time{};
  }
  session_ = ++disk_.last_session;
  disk_.sessions[session_] = {.replica = replica_, .expires = clock_.now + lease_};
  renew();
  return load(claim());
}

Loaded DiskStore::load(const std::vector<Shard>& shards) {
  const auto is_one = [&](Shard shard) { return std::ranges::count(shards, shard) > 0; };
  const auto has_endpoint = [&](const std::string& name) {
    return is_one(shard_of_endpoint(name, disk_.shards()));
  };
  Loaded part = disk_.loaded;
  part.session = session_;
  part.shards = disk_.shards();
  part.owned = shards;
  std::erase_if(part.endpoints, [&](const auto& entry) { return !has_endpoint(entry.first); });
  std::erase_if(part.pins, [&](const auto& entry) { return !has_endpoint(entry.first); });
  std::erase_if(part.past, [&](const auto& past) { return !has_endpoint(past.endpoint); });
  std::erase_if(part.event_counts, [&](const auto& row) { return !has_endpoint(row.endpoint); });
  for (const auto& [key, delivery] : disk_.deliveries) {
    if (delivery.state == DeliveryState::Dead &&
        is_one(shard_of_webhook(delivery.webhook, disk_.shards())))
      ++part.dead_letters[delivery.webhook];
  }
  std::erase_if(part.webhook_switches, [&](const auto& row) {
    return !is_one(shard_of_webhook(row.webhook, disk_.shards()));
  });
  part.pending = take_deliveries();
  return part;
}

// Of our webhooks, what nobody of the present tenure has.
std::vector<PendingDelivery> DiskStore::take_deliveries() {
  std::vector<PendingDelivery> taken;
  for (const auto& [key, delivery] : disk_.deliveries) {
    const auto& owner = disk_.owners[shard_of_webhook(delivery.webhook, disk_.shards())];
    auto& claimed = disk_.claimed[key];
    const auto claim = disk_.claims_by_session ? session_ : owner.tenure;
    if (delivery.state != DeliveryState::Pending || owner.session != session_ || claimed >= claim)
      continue;
    claimed = claim;
    taken.push_back({delivery, std::make_shared<StoredEvent>(disk_.events.at(key.first))});
  }
  return taken;
}

std::expected<CommitReport, StoreError> DiskStore::commit(const Batch& batch) {
  if (auto error = problem()) return std::unexpected(*error);
  if (takes_nothing) return std::unexpected(StoreError{StoreError::Kind::Unavailable, "no answer"});
  if (!disk_.sessions.contains(session_)) return apply(batch);  // there is no fence
  auto& session = disk_.sessions.at(session_);
  if (batch.number <= session.last_batch) return session.last_report;
  session.last_batch = batch.number;
  session.last_report = apply(batch);
  if (loses_release && !batch.released.empty()) {
    loses_release = false;
    loses_answer = takes_nothing = true;
  }
  if (std::exchange(loses_answer, false))
    return std::unexpected(StoreError{StoreError::Kind::Unavailable, "the answer was lost"});
  return session.last_report;
}

std::expected<StoreNews, StoreError> DiskStore::look() {
  if (auto error = problem()) return std::unexpected(*error);
  renew();
  StoreNews news;
  if (const auto claimed = claim(); !claimed.empty()) news.gained = load(claimed);
  std::vector<ShardOwner> owners;
  for (Shard shard = 0; shard < disk_.shards(); ++shard)
    owners.push_back({shard, disk_.owners[shard].session == session_ ? replica_ : "another"});
  news.wanted = plan_ownership(replica_, owners, live()).release;
  news.deliveries = take_deliveries();
  news.last_sequence = disk_.loaded.last_sequence;
  return news;
}

CommitReport DiskStore::apply(const Batch& batch) {
  auto& loaded = disk_.loaded;
  for (const auto& [name, state] : batch.states) loaded.endpoints[name] = state;
  for (const auto& [name, at] : batch.good_marks) apply_good_mark(loaded.endpoints[name], at);
  for (const auto& past : batch.past) {
    auto& kept = loaded.past;
    auto found = std::ranges::find(kept, past.endpoint, &EndpointPast::endpoint);
    if (found == kept.end()) found = kept.insert(found, EndpointPast{.endpoint = past.endpoint});
    found->seconds = past.seconds;
    found->until = past.until;
    for (const auto& hour : past.hours) {
      std::erase_if(found->hours, [&](const auto& old) { return old.from == hour.from; });
      found->hours.push_back(hour);
    }
  }
  for (const auto& key : batch.dropped) disk_.deliveries.erase({key.sequence, key.webhook});
  for (const auto& pin : batch.pins) {
    loaded.pins[pin.endpoint][pin.alias] = pin.targets;
    if (pin.targets.empty()) loaded.pins[pin.endpoint].erase(pin.alias);
  }
  for (const auto& change : batch.webhook_switches) {
    std::erase_if(loaded.webhook_switches,
                  [&](const auto& known) { return known.webhook == change.webhook; });
    if (change.disabled) loaded.webhook_switches.push_back(change);
  }
  for (const auto& delivery : batch.deliveries) {
    const auto& key = std::pair{delivery.sequence, delivery.webhook};
    disk_.deliveries[key] = delivery;
    disk_.claimed[key] = disk_.owners[shard_of_webhook(delivery.webhook, disk_.shards())].tenure;
  }
  for (const auto& [event, ordinal, webhooks] : batch.events) {
    const auto sequence = ++loaded.last_sequence;
    disk_.events[sequence] = numbered(event, sequence);
    if (ordinal != 0 && !disk_.ordinals.emplace(event.endpoint, ordinal).second) ++disk_.doubled;
    for (const auto& webhook : webhooks)
      disk_.deliveries[{sequence, webhook}] = new_delivery(sequence, webhook, batch.at);
    auto count = std::ranges::find_if(loaded.event_counts, [&](const auto& row) {
      return row.endpoint == event.endpoint && row.type == event.type;
    });
    if (count == loaded.event_counts.end())
      count = loaded.event_counts.insert(count, {event.endpoint, event.type, 0});
    ++count->count;
  }
  CommitReport report;
  if (batch.forget_before) {
    std::erase_if(disk_.events, [&](const auto& entry) {
      const auto of_event = [&](const auto& delivery) {
        return delivery.first.first == entry.first;
      };
      const bool is_waited_for = std::ranges::any_of(disk_.deliveries, [&](const auto& delivery) {
        return of_event(delivery) && delivery.second.state == DeliveryState::Pending;
      });
      if (entry.second.time >= *batch.forget_before || is_waited_for) return false;
      std::erase_if(disk_.deliveries, [&](const auto& delivery) {
        if (!of_event(delivery)) return false;
        if (delivery.second.state == DeliveryState::Dead)
          ++report.forgotten_dead[delivery.second.webhook];
        return true;
      });
      return true;
    });
  }
  if (batch.reached) loaded.reached = batch.reached;
  for (const Shard shard : batch.released) {
    if (disk_.owners[shard].session == session_) disk_.owners[shard].session = 0;
  }
  report.last_sequence = loaded.last_sequence;
  report.deliveries = take_deliveries();
  return report;
}

void SimTransport::start(std::uint64_t ticket, HttpRequest request) {
  const auto host_begin = request.url.find("//") + 2;
  const auto path_begin = request.url.find('/', host_begin);
  const auto host = request.url.substr(host_begin, path_begin - host_begin);
  Duration latency{
      static_cast<Duration::rep>(random_() % static_cast<std::uint64_t>(latency_max.count()))};
  HttpResult result =
      std::unexpected(HttpFailure{.reason = Reason::Dns, .sentence = "no such host"});
  if (const auto upstream = upstreams.find(host); upstream != upstreams.end()) {
    ++polls;
    last_poll = request;
    result = poll(upstream->second, std::string_view{request.url}.substr(path_begin), request);
    if (lacks) {
      result = std::unexpected(HttpFailure{
          .reason = Reason::Connect, .sentence = "there is none left", .shortage = lacks});
    }
  } else if (const auto receiver = receivers.find(host);
             receiver != receivers.end() && !is_cut_off) {
    result = deliver(receiver->second, request);
  }
  if (is_cut_off)
    result = std::unexpected(HttpFailure{.reason = Reason::Connect, .sentence = "unreachable"});
  if (!result && result.error().reason == Reason::Timeout) latency = request.timeout;
  under_way_.push_back({clock_.now + latency, {ticket, std::move(result)}});
}

HttpResult SimTransport::poll(Upstream& upstream, std::string_view path,
                              const HttpRequest& request) {
  HttpReply too_many{.status = 429, .body = "", .headers = {{"retry-after", upstream.retry_after}}};
  if (upstream.throttles) return too_many;
  if (upstream.refusal != 0) return HttpReply{.status = upstream.refusal};
  if (upstream.hangs)
    return std::unexpected(
        HttpFailure{.reason = Reason::Timeout, .sentence = "no complete answer"});
  if (!chance(random_, upstream.fault_rate)) {
    if (upstream.lies && request.has_header("If-None-Match")) return HttpReply{.status = 304};
    auto reply = upstream.answer(path);
    if (upstream.lies) reply.headers.emplace_back("etag", "\"always\"");
    return reply;
  }
  switch (random_() % 7) {
    case 0: return HttpReply{.status = 503, .body = "busy"};
    case 1: return HttpReply{.status = 200, .body = R"({"object":"list","data":[]})"};
    case 2:
      return HttpReply{.status = 200, .body = R"({"object":"list","data":[{"id":"model-1"}]})"};
    case 3: return HttpReply{.status = 200, .body = "<html>"};
    case 4: return too_many;
    case 5:
      return std::unexpected(
          HttpFailure{.reason = Reason::Connect, .sentence = "connection refused"});
    default:
      return std::unexpected(
          HttpFailure{.reason = Reason::Timeout, .sentence = "no complete answer"});
  }
}

HttpResult SimTransport::deliver(Receiver& receiver, const HttpRequest& request) {
  std::string id;
  for (const auto& [name, value] : request.headers) {
    if (name == "webhook-id") id = value;
  }
  if (receiver.hangs)
    return std::unexpected(
        HttpFailure{.reason = Reason::Timeout, .sentence = "no complete answer"});
  if (receiver.refuses) {
    if (auto refusal = receiver.refuses(id, request.body)) {
      ++receiver.refusals[id];
      return std::move(*refusal);
    }
  }
  if (!chance(random_, receiver.fault_rate)) {
    receiver.accept(id, request.body);
    return HttpReply{.status = 204};
  }
  ++receiver.refusals[id];
  switch (random_() % 4) {
    case 0: return HttpReply{.status = 500};
    case 1: return HttpReply{.status = 404};
    case 2:
      return std::unexpected(
          HttpFailure{.reason = Reason::Timeout, .sentence = "no complete answer"});
    default:
      // Taken, but the answer was lost on the way back.
      receiver.accept(id, request.body);
      return std::unexpected(HttpFailure{.reason = Reason::Other, .sentence = "connection reset"});
  }
}

void SimTransport::cancel(std::uint64_t ticket) {
  std::erase_if(under_way_,
                [ticket](const auto& exchange) { return exchange.completion.ticket == ticket; });
}

void SimTransport::wait(Duration timeout, std::vector<Completion>& completed) {
  Time until = clock_.now + (has_news && has_news() ? Duration{0} : timeout);
  for (const auto& exchange : under_way_)
    until = std::min(until, std::max(exchange.done, clock_.now));
  clock_.now = until;
  const auto done = std::stable_partition(under_way_.begin(), under_way_.end(),
                                          [&](const auto& e) { return e.done > clock_.now; });
  for (auto exchange = done; exchange != under_way_.end(); ++exchange)
    completed.push_back(std::move(exchange->completion));
  under_way_.erase(done, under_way_.end());
}

void SimCommitQueue::submit(std::shared_ptr<const Batch> batch) {
  waiting_ = std::move(batch);
}

std::vector<CommitQueueResult> SimCommitQueue::take() {
  std::vector<CommitQueueResult> results;
  const auto fail = [&](StoreError error) {
    if (error.kind == StoreError::Kind::Fenced) is_open_ = false;
    results.emplace_back(std::move(error));
  };
  if (!is_open_) {
    auto loaded = store.load();
    if (!loaded) return {};
    is_open_ = true;
    session_ = loaded->session;
    results.emplace_back(std::move(*loaded));
  }
  if (waiting_) {
    clock_.now += commit_time;
    const auto batch = std::exchange(waiting_, nullptr);
    if (batch->session == session_) {
      if (auto report = store.commit(*batch)) {
        results.emplace_back(BatchCommitted{commit_time, std::move(*report)});
      } else {
        fail(std::move(report.error()));
      }
    }
  }
  if (disk_.shards() == 1 || !is_open_ || clock_.steady() < next_look_) return results;
  next_look_ = clock_.steady() + 1s;
  if (auto news = store.look()) {
    results.emplace_back(std::move(*news));
  } else if (news.error().kind == StoreError::Kind::Fenced) {
    fail(std::move(news.error()));
  }
  return results;
}

void SimCommitQueue::crash(bool batch_made_it) {
  if (waiting_ && batch_made_it && waiting_->session == session_) (void)store.commit(*waiting_);
  waiting_.reset();
}

World::World(std::uint64_t seed) : random(seed) {
  log::set_up(log::Level::Error, false);  // thousands of storms say nothing new
  config.instance = "sim";
}

void World::add_endpoint(const std::string& name, std::map<std::string, std::string> aliases,
                         Upstream::Way way) {
  EndpointConfig endpoint;
  endpoint.name = name;
  endpoint.url = "http://" + name + "/v1/models";
  endpoint.reading.edit().rules = {AliasRule{Rule::Field, "/ref_model"}};
  if (way == Upstream::Way::Pages) {
    endpoint.reading.edit().shape.pagination = {
        .kind = Pagination::Kind::Token, .next = "/next", .query = "page"};
  } else if (way == Upstream::Way::Lookup) {
    endpoint.reading.edit().rules = {AliasRule{
        .kind = Rule::Lookup, .pointer = "/id", .url = endpoint.url + "/{id}", .interval = 10min}};
    for (const auto& [alias, target] : aliases)
      endpoint.reading.edit().alias_names.ids.push_back(alias);
  }
  endpoint.policy.vanished.for_at_least = 0s;
  config.endpoints.push_back(std::move(endpoint));
  auto& upstream = transport.upstreams[name];
  upstream.way = way;
  upstream.truth = std::move(aliases);
  upstream.past.emplace_back(clock.now, upstream.truth);
}

void World::add_webhook(const std::string& name) {
  WebhookConfig webhook;
  webhook.name = name;
  webhook.url = {SecretRef::From::Inline, "http://" + name + "/hook"};
  config.webhooks.push_back(std::move(webhook));
  transport.receivers[name];
}

void World::start() {
  commit_queue = std::make_unique<SimCommitQueue>(disk, clock);
  board = std::make_unique<Board>();
  transport.has_news = [this] { return commit_queue->has_news() && !disk.broken; };
  engine = std::make_unique<Engine>(Engine::Ports{clock, transport, *commit_queue, *board}, config,
                                    random());
}

void World::crash() {
  commit_queue->crash(chance(random, 0.5));
  transport.crash();
  engine.reset();
}

void World::run_for(Duration span) {
  const Time end = clock.now + span;
  while (clock.now < end) engine->turn(std::min<Duration>(1min, end - clock.now));
}

std::vector<Event> World::stored_events() const {
  std::vector<Event> events;
  for (const auto& [sequence, stored] : disk.events)
    events.push_back(*parse_cloudevent(stored.json));
  return events;
}

std::vector<std::string> types(const World& world) {
  std::vector<std::string> names;
  for (const auto& event : world.stored_events()) names.emplace_back(name(event.type));
  return names;
}

}  // namespace modelvane::sim
