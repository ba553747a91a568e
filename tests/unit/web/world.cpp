#include "tests/unit/web/world.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "daemon/events/event_json.h"
#include "daemon/text/glob.h"
#include "tests/unit/metrics/sample_snapshot.h"

namespace modelvane::web_test {

std::expected<std::vector<StoredEvent>, StoreError> FakeLog::events(const EventFilter& filter) {
  std::unique_lock lock{mutex_};
  ++inside_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !hangs_; });
  --inside_;
  last_filter = filter;
  if (error) return std::unexpected(*error);
  auto ordered = stored_;
  if (!filter.after_sequence) std::ranges::reverse(ordered);
  std::vector<StoredEvent> found;
  for (auto event = ordered.begin(); event != ordered.end() && found.size() < filter.limit;
       ++event) {
    const auto matches_type = [&](const std::string& pattern) {
      return glob_matches(pattern, name(event->type));
    };
    if (!filter.endpoint.empty() && event->endpoint != filter.endpoint) continue;
    if (!filter.alias.empty() && event->alias != filter.alias) continue;
    if (!filter.types.empty() && std::ranges::none_of(filter.types, matches_type)) continue;
    if (filter.since && event->time < *filter.since) continue;
    if (filter.until && event->time >= *filter.until) continue;
    if (filter.after_sequence && event->sequence <= *filter.after_sequence) continue;
    if (filter.before_sequence && event->sequence >= *filter.before_sequence) continue;
    found.push_back(*event);
  }
  return found;
}

std::expected<std::vector<DeliveryRow>, StoreError> FakeLog::deliveries(
    const DeliveryFilter& filter) {
  if (error) return std::unexpected(*error);
  std::vector<DeliveryRow> found;
  for (const auto& row : rows) {
    if (found.size() == filter.limit) break;
    if (!filter.webhook.empty() && row.webhook != filter.webhook) continue;
    if (filter.state && row.state != *filter.state) continue;
    if (!filter.event_id.empty() && row.event_id != filter.event_id) continue;
    const auto is_behind = [&] {
      return row.sequence < filter.after->sequence ||
             (row.sequence == filter.after->sequence && row.webhook > filter.after->webhook);
    };
    if (filter.after && !is_behind()) continue;
    found.push_back(row);
  }
  return found;
}

std::expected<std::vector<PastSpan>, StoreError> FakeLog::past(const PastFilter& filter) {
  if (error) return std::unexpected(*error);
  last_past = filter;
  return spans;
}

void FakeLog::add(Event event) {
  const std::scoped_lock lock{mutex_};
  event.sequence = stored_.size() + 1;
  event.id = "evt_" + std::to_string(event.sequence);
  stored_.push_back({.sequence = event.sequence,
                     .id = event.id,
                     .type = event.type,
                     .endpoint = event.endpoint,
                     .alias = event.alias,
                     .time = event.time,
                     .json = to_cloudevent(event, "urn:modelvane:test")});
}

Pulse FakeLog::pulse() {
  const std::scoped_lock lock{mutex_};
  return {.at = sample::noon(), .version = version, .last_event = stored_.size(), .endpoints = 3};
}

void FakeLog::hang() {
  const std::scoped_lock lock{mutex_};
  hangs_ = true;
}

void FakeLog::go_on() {
  const std::scoped_lock lock{mutex_};
  hangs_ = false;
  changed_.notify_all();
}

void FakeLog::wait_for_queries(int count) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return inside_ >= count; });
}

World::World(std::vector<std::string> addresses, std::string external_url)
    : World(WebOptions{.listen_addresses = std::move(addresses),
                       .external_url = std::move(external_url)}) {}

World::World(WebOptions options)
    : snapshot(sample::snapshot()),
      server(
          std::move(options),
          {.snapshot = [this] { return snapshot; },
           .reload = [this] { return reload(); },
           .poll = [this](const auto& name) { polled.push_back(name); },
           .operate = [this](const auto& asked) { return operate(asked); },
           .config =
               [] {
                 return R"({"instance":"<prod>","storage":{},"web":{},"include":[],"service_discovery":[],)"
                        R"("endpoints":[],"webhooks":[]})";
               },
           .failed_login = [this](const auto& failed) { failed_logins.push_back(failed); },
           .events = &log,
           .pulse = [this] { return log.pulse(); }}) {
  const auto started = server.start();
  REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error()));
}

World::~World() {
  log.go_on();
  server.stop();
}

BareFront::BareFront(FrontLimits limits, std::function<Reply(const RequestHead&)> answer,
                     std::shared_ptr<const TlsContext> tls)
    : front(limits, {},
            {.answer =
                 [answer = std::move(answer)](const RequestHead& head) {
                   return Response{.reply = answer(head), .stream = std::nullopt};
                 },
             .tls = [tls = std::move(tls)] { return tls; }}) {
  const auto started = front.start({"127.0.0.1:0"});
  REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error()));
}

Event moved_event(const std::string& alias, const std::string& from, const std::string& to) {
  Event event{.type = EventType::AliasMoved,
              .time = sample::noon() - std::chrono::hours{1},
              .endpoint = "internlm",
              .alias = alias};
  event.from = from;
  event.to = to;
  event.summary = alias + " moved from " + from + " to " + to;
  return event;
}

}  // namespace modelvane::web_test
