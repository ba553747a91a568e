#include "daemon/store/postgres_batch.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "daemon/events/event_json.h"
#include "daemon/store/postgres.h"
#include "daemon/store/postgres_rows.h"
#include "daemon/store/state_json.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

// Of changes to one row the last counts, as where they are made one after the other: an UPDATE that
// meets a row twice takes any of the two.
template <typename Change, typename Key>
std::vector<Change> last_of_each(const std::vector<Change>& changes, Key key) {
  std::set<decltype(key(changes.front()))> seen;
  std::vector<Change> last;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (seen.insert(key(*change)).second) last.push_back(*change);
  }
  return last;
}

Json states_of(const Batch& batch, ShardCount shards) {
  Json states = Json::array();
  for (const auto& [name, state] : batch.states)
    states.push_back({{"name", postgres_text(name)},
                      {"shard", shard_of_endpoint(name, shards)},
                      {"state", postgres_text(to_json(state))}});
  return states;
}

Json marks_of(const Batch& batch) {
  Json marks = Json::array();
  for (const auto& [name, at] : batch.good_marks)
    marks.push_back({{"endpoint", postgres_text(name)}, {"time_us", micros(at)}});
  return marks;
}

Json seconds_of(const Batch& batch, ShardCount shards) {
  Json seconds = Json::array();
  for (const auto& past : batch.past)
    seconds.push_back({{"endpoint", postgres_text(past.endpoint)},
                       {"shard", shard_of_endpoint(past.endpoint, shards)},
                       {"up_us", past.seconds.up.count()},
                       {"down_us", past.seconds.down.count()},
                       {"unknown_us", past.seconds.unknown.count()},
                       {"until_us", micros(past.until)}});
  return seconds;
}

void add_spans(Json& all, const std::string& endpoint, Duration step,
               const std::vector<PastSpan>& spans) {
  for (const auto& span : spans)
    all.push_back({{"endpoint", postgres_text(endpoint)},
                   {"step_us", step.count()},
                   {"from_us", micros(span.from)},
                   {"up_us", span.seconds.up.count()},
                   {"down_us", span.seconds.down.count()},
                   {"unknown_us", span.seconds.unknown.count()},
                   {"longest_us", span.longest.count()},
                   {"durations", span.durations.text()},
                   {"failures", span.failures.text()}});
}

Json spans_of(const Batch& batch) {
  Json spans = Json::array();
  for (const auto& past : batch.past) {
    add_spans(spans, past.endpoint, kHour, past.hours);
    add_spans(spans, past.endpoint, kDay, past.days);
  }
  return spans;
}

// The server puts the number between head and tail: nobody else knows it.
void add_events(Json& document, const Batch& batch, ShardCount shards) {
  auto& events = document["events"] = Json::array();
  auto& told = document["told"] = Json::array();
  for (const auto& [event, ordinal, webhooks] : batch.events) {
    const auto place = events.size() + 1;
    const auto digits = std::min(place_of_sequence(event.json), event.json.size());
    const auto rest = std::min(digits + kSequenceDigits, event.json.size());
    events.push_back({{"place", place},
                      {"id", event.id},
                      {"ordinal", ordinal},
                      {"type", name(event.type)},
                      {"endpoint", postgres_text(event.endpoint)},
                      {"alias", postgres_text(event.alias)},
                      {"shard", shard_of_endpoint(event.endpoint, shards)},
                      {"time_us", micros(event.time)},
                      {"head", event.json.substr(0, digits)},
                      {"tail", event.json.substr(rest)}});
    for (const auto& webhook : webhooks)
      told.push_back({{"place", place},
                      {"webhook", postgres_text(webhook)},
                      {"shard", shard_of_webhook(webhook, shards)}});
  }
}

void add_deliveries(Json& document, const Batch& batch, ShardCount shards) {
  auto& deliveries = document["deliveries"] = Json::array();
  const auto last = last_of_each(batch.deliveries, [](const Delivery& delivery) {
    return std::pair{delivery.sequence, delivery.webhook};
  });
  for (const auto& delivery : last)
    deliveries.push_back({{"sequence", delivery.sequence},
                          {"webhook", postgres_text(delivery.webhook)},
                          {"shard", shard_of_webhook(delivery.webhook, shards)},
                          {"state", label(delivery.state)},
                          {"attempts", delivery.attempts},
                          {"created_us", micros(delivery.created)},
                          {"next_attempt_us", micros(delivery.next_attempt)},
                          {"last_error", postgres_text(delivery.last_error)}});
  auto& dropped = document["dropped"] = Json::array();
  for (const auto& key : batch.dropped)
    dropped.push_back({{"sequence", key.sequence}, {"webhook", postgres_text(key.webhook)}});
}

void add_what_operators_did(Json& document, const Batch& batch, ShardCount shards) {
  auto& pins = document["pins"] = Json::array();
  const auto last = last_of_each(
      batch.pins, [](const PinApproval& pin) { return std::pair{pin.endpoint, pin.alias}; });
  for (const auto& pin : last) {
    Json targets = Json::array();
    for (const auto& target : pin.targets) targets.push_back(postgres_text(target));
    pins.push_back({{"endpoint", postgres_text(pin.endpoint)},
                    {"alias", postgres_text(pin.alias)},
                    {"shard", shard_of_endpoint(pin.endpoint, shards)},
                    {"approved_us", micros(pin.approved)},
                    {"targets", std::move(targets)}});
  }
  auto& answers = document["answers"] = Json::array();
  for (const auto& answer : batch.answers)
    answers.push_back({{"id", answer.request},
                       {"done_us", micros(answer.at)},
                       {"result", to_json(answer.result)}});
}

Json switches_of(const Batch& batch, ShardCount shards) {
  Json switches = Json::array();
  const auto last = last_of_each(batch.webhook_switches,
                                 [](const WebhookSwitch& change) { return change.webhook; });
  for (const auto& change : last)
    switches.push_back(
        {{"webhook", postgres_text(change.webhook)},
         {"shard", shard_of_webhook(change.webhook, shards)},
         {"disabled_us", change.disabled ? Json(micros(*change.disabled)) : Json(nullptr)},
         {"reason", postgres_text(change.reason)},
         {"address", change.address}});
  return switches;
}

}  // namespace

std::string to_document(const Batch& batch, ShardCount shards) {
  Json document{{"at_us", micros(batch.at)},  {"states", states_of(batch, shards)},
                {"marks", marks_of(batch)},   {"seconds", seconds_of(batch, shards)},
                {"spans", spans_of(batch)},   {"switches", switches_of(batch, shards)},
                {"released", batch.released}, {"hour_us", kHour.count()},
                {"day_us", kDay.count()}};
  add_events(document, batch, shards);
  add_deliveries(document, batch, shards);
  add_what_operators_did(document, batch, shards);
  if (batch.reached) document["reached_us"] = micros(*batch.reached);
  if (batch.forget_hours_before)
    document["forget_hours_before_us"] = micros(*batch.forget_hours_before);
  if (batch.forget_before) {
    document["forget_before_us"] = micros(*batch.forget_before);
    document["forget_days_before_us"] = micros(floor_to(*batch.forget_before, kDay));
  }
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modelvane
