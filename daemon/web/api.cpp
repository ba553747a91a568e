#include "daemon/web/api.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "daemon/web/list_reply.h"
#include "daemon/web/or_null.h"
#include "daemon/web/shown.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kEndpointList = 'e';
constexpr char kAliasList = 'a';
constexpr char kModelList = 'm';
constexpr PageLimits kStatePages{.usual = 1000, .max = 1000};  // about 1 MB of endpoints

// Names come from other people's servers: what is not UTF-8 becomes U+FFFD instead of an exception.
std::string to_text(const Json& row) {
  return without_markup(row.dump(-1, ' ', false, Json::error_handler_t::replace));
}

const KnownView& known_of(const EndpointView& endpoint) {
  static const KnownView kNothing;
  return endpoint.known ? *endpoint.known : kNothing;
}

Json failures_json(const EndpointView& endpoint) {
  auto failures = Json::object();
  for (std::size_t i = 0; i < kReasons.size(); ++i)
    failures[std::string{kReasons.labels()[i]}] = endpoint.failures[i];
  return failures;
}

Json last_poll_json(const EndpointView& endpoint) {
  if (!endpoint.last_poll) return nullptr;
  const auto& phases = endpoint.phases;
  return {
      {"time", time_or_null(endpoint.last_poll)},
      {"ok", endpoint.last_ok},
      {"reason", endpoint.last_reason ? Json(label(*endpoint.last_reason)) : Json(nullptr)},
      {"error", text_or_null(endpoint.last_sentence)},
      {"http_status_code", endpoint.status_code == 0 ? Json(nullptr) : Json(endpoint.status_code)},
      {"body_bytes", endpoint.body_bytes},
      {"phase_seconds",
       {{"resolve", to_seconds(phases.resolve)},
        {"connect", to_seconds(phases.connect)},
        {"tls", to_seconds(phases.tls)},
        {"processing", to_seconds(phases.processing)},
        {"transfer", to_seconds(phases.transfer)}}}};
}

Json retirements_json(const std::vector<Retirement>& retirements) {
  auto all = Json::array();
  for (const auto& one : retirements) {
    all.push_back({{"model", one.model},
                   {"at", time_or_null(one.at)},
                   {"replacement", text_or_null(one.replacement)},
                   {"source", text_or_null(one.source)}});
  }
  return all;
}

// Six digits: a second of a month.
Json ratio_or_null(const std::optional<double>& ratio) {
  return ratio ? Json(std::round(*ratio * 1e6) / 1e6) : Json(nullptr);
}

Json uptime_json(const EndpointView& endpoint, Time now) {
  static const PastView kNone;
  const auto& past = endpoint.past ? *endpoint.past : kNone;
  const Time day = floor_to(now, kHour) - (kDay - kHour);
  const Time month = floor_to(now, kDay) - 29 * kDay;
  return {{"day", ratio_or_null(sum_since(past.hours, day).availability())},
          {"month", ratio_or_null(sum_since(past.days, month).availability())}};
}

// The last 24 hours in columns, for lists with small pictures: the present hour stands last.
Json hours_json(const EndpointView& endpoint, Time now) {
  constexpr std::size_t kHours = 24;
  const Time first = floor_to(now, kHour) - kHour * (kHours - 1);
  std::vector<Json> availability(kHours);
  std::vector<Json> p50(kHours);
  if (endpoint.past) {
    for (const auto& hour : endpoint.past->hours) {
      if (hour.from < first || hour.from > now) continue;
      const auto i = static_cast<std::size_t>((hour.from - first) / kHour);
      availability[i] = ratio_or_null(hour.seconds.availability());
      if (hour.p50) p50[i] = to_seconds(std::chrono::round<std::chrono::milliseconds>(*hour.p50));
    }
  }
  return {{"from", to_rfc3339(first)}, {"availability", availability}, {"p50", p50}};
}

Json slowed_json(const EndpointView& endpoint) {
  if (!endpoint.slowed) return nullptr;
  return {{"reason", label(endpoint.slowed->reason)},
          {"asked_for", endpoint.slowed->is_asked_for},
          {"because", sentence_of(*endpoint.slowed)}};
}

Json warnings_json(const EndpointView& endpoint) {
  Json warnings = Json::array();
  for (const auto& note : endpoint.notes) warnings.push_back(note.sentence);
  return warnings;
}

Json endpoint_json(const EndpointView& endpoint, Time now) {
  const auto& known = known_of(endpoint);
  return {{"name", endpoint.name},
          {"provider", text_or_null(endpoint.provider)},
          {"url", endpoint.url},
          {"labels", endpoint.labels},
          {"compare", text_or_null(endpoint.compare)},
          {"interval_seconds", to_seconds(endpoint.interval)},
          {"availability", label(known.availability)},
          {"down_since", time_or_null(known.down_since)},
          {"has_baseline", known.has_baseline},
          {"quarantined", known.quarantined},
          {"models", known.models.size()},
          {"aliases", known.aliases.size()},
          {"retirements", retirements_json(known.retirements)},
          {"last_poll", last_poll_json(endpoint)},
          {"last_good_poll", time_or_null(endpoint.last_good_poll)},
          {"next_poll", time_or_null(endpoint.next_poll)},
          {"slowed", slowed_json(endpoint)},
          {"warnings", warnings_json(endpoint)},
          {"maintenance", text_or_null(endpoint.maintenance)},
          {"paused", endpoint.is_paused},
          {"certificate_expiry", time_or_null(endpoint.certificate_expiry)},
          {"uptime", uptime_json(endpoint, now)},
          {"polls_total", endpoint.polls},
          {"failures", failures_json(endpoint)}};
}

// Whose it is, where several replicas share the work.
Json replica_json(const ShownEndpoint& one, const Snapshot& snapshot) {
  if (one.remote != nullptr)
    return {{"name", one.remote->replica},
            {"address", text_or_null(one.remote->address)},
            {"as_of", to_rfc3339(one.remote->at)}};
  if (!snapshot.daemon.cluster) return nullptr;
  return {{"name", snapshot.daemon.cluster->replica}, {"address", nullptr}, {"as_of", nullptr}};
}

Json pin_json(const AliasView& alias) {
  if (!alias.pin) return nullptr;
  return {{"approved", alias.pin->approved}, {"state", alias.pin->ok ? "ok" : "broken"}};
}

// What the traffic said last of the alias; null where it says nothing.
Json served_json(const EndpointView& endpoint, const std::string& alias) {
  if (!endpoint.served) return nullptr;
  const auto found = std::ranges::lower_bound(*endpoint.served, alias, {}, &ServedView::alias);
  if (found == endpoint.served->end() || found->alias != alias) return nullptr;
  auto shares = Json::array();
  for (const auto& [target, share] : found->shares)
    shares.push_back({{"target", target}, {"share", ratio_or_null(share)}});
  return {{"answers", std::round(found->answers)}, {"shares", std::move(shares)}};
}

// By group and alias. Of a compare group one endpoint judges for all, and what it says is told of
// each.
using Disagreements = std::set<std::pair<std::string_view, std::string_view>>;

Disagreements disagreements_in(const std::vector<ShownEndpoint>& shown) {
  Disagreements found;
  for (const auto& [endpoint, remote] : shown) {
    if (endpoint->compare.empty()) continue;
    for (const auto& alias : known_of(*endpoint).aliases) {
      if (alias.disagrees.value_or(false)) found.emplace(endpoint->compare, alias.alias);
    }
  }
  return found;
}

Json disagrees_json(const EndpointView& endpoint, const AliasView& alias,
                    const Disagreements& disagreements) {
  if (!alias.disagrees) return nullptr;
  return *alias.disagrees || disagreements.contains({endpoint.compare, alias.alias});
}

// The target of an alias that is no longer resolved is the last one known, not a guess: it goes by
// another name.
Json alias_json(const EndpointView& endpoint, const AliasView& alias,
                const Disagreements& disagreements) {
  const bool is_resolved = alias.status == AliasStatus::Resolved;
  auto pending = Json(nullptr);
  if (alias.pending) pending = {{"target", text_or_null(alias.pending_target)}};
  return {{"endpoint", endpoint.name},
          {"alias", alias.alias},
          {"status", label(alias.status)},
          {"target", is_resolved ? text_or_null(alias.target) : Json(nullptr)},
          {"last_known_target", text_or_null(alias.target)},
          {"rule", is_resolved ? Json(label(alias.rule)) : Json(nullptr)},
          {"since", alias.since == Time{} ? Json(nullptr) : Json(to_rfc3339(alias.since))},
          {"pending", std::move(pending)},
          {"unstable", alias.unstable},
          {"changes", alias.changes},
          {"last_change", time_or_null(alias.last_change)},
          {"pin", pin_json(alias)},
          {"last_seen", time_or_null(alias.last_seen ? alias.last_seen : endpoint.last_good_poll)},
          {"served", served_json(endpoint, alias.alias)},
          {"disagrees", disagrees_json(endpoint, alias, disagreements)},
          {"labels", endpoint.labels}};
}

Json polls_json(const EndpointView& endpoint) {
  auto polls = Json::array();
  for (std::size_t i = 0; endpoint.history && i < endpoint.history->size(); ++i) {
    const auto poll = endpoint.history->at(i);
    polls.push_back({{"at", to_rfc3339(poll.at)},
                     {"ok", !poll.reason},
                     {"reason", poll.reason ? Json(label(*poll.reason)) : Json(nullptr)},
                     {"seconds", to_seconds(poll.total)}});
  }
  return polls;
}

Json model_json(const EndpointView& endpoint, const std::string& model) {
  auto aliases = Json::array();
  for (const auto& alias : known_of(endpoint).aliases) {
    if (alias.status == AliasStatus::Resolved && alias.target == model)
      aliases.push_back(alias.alias);
  }
  return {{"endpoint", endpoint.name}, {"model", model}, {"aliases", std::move(aliases)}};
}

bool matches(const std::string& wanted, const std::string& name) {
  return wanted.empty() || wanted == name;
}

// The endpoints that a list goes through: all, or the one asked for, from the one at which the page
// before ended.
struct Range {
  std::string endpoint;  // "" = any
  std::size_t first = 0;
};

Range read_range(const std::vector<ShownEndpoint>& shown, Parameters& parameters,
                 const Page& page) {
  Range range{.endpoint = parameters.text("endpoint")};
  if (!range.endpoint.empty() && find_shown(shown, range.endpoint) == nullptr) {
    parameters.refuse(404, fmt::format("there is no endpoint \"{}\"; /api/v1/endpoints lists them",
                                       range.endpoint));
  }
  if (page.after.empty()) return range;
  const auto* const first = find_shown(shown, page.after.front());
  if (first == nullptr) {
    parameters.refuse(
        400, "the endpoint at which the page before ended has gone; begin again without cursor");
    return range;
  }
  range.first = static_cast<std::size_t>(first - shown.data());
  return range;
}

// Offers the endpoints of the range to visit(endpoint, whether it is the one at which the page
// before ended) until that is false.
template <typename Visit>
void each_endpoint(const std::vector<ShownEndpoint>& shown, const Range& range, const Page& page,
                   Visit visit) {
  for (auto i = range.first; i < shown.size(); ++i) {
    if (!matches(range.endpoint, shown[i].view->name)) continue;
    if (!visit(shown[i], !page.after.empty() && i == range.first)) return;
  }
}

// Adds a row, or notes after a full page that there is another one. False = enough.
bool offer(ListReply& reply, std::vector<std::string>& last, std::vector<std::string> key,
           const Json& row) {
  if (reply.is_full()) {
    reply.continue_after(last);
    return false;
  }
  reply.add(to_text(row));
  last = std::move(key);
  return true;
}

}  // namespace

Reply endpoints_api(const Snapshot& snapshot, const Query& query) {
  Parameters parameters{query};
  const auto page = parameters.page(kEndpointList, 1, kStatePages);
  const auto shown = shown_endpoints(snapshot);
  const auto range = read_range(shown, parameters, page);
  const auto provider = parameters.text("provider");
  const auto state = parameters.choice("state", kAvailabilities);
  const bool with_polls = parameters.flag("polls").value_or(false);
  const bool with_hours = parameters.flag("hours").value_or(false);
  if (with_polls && range.endpoint.empty())
    parameters.refuse(400, "polls=true wants parameter endpoint, too");
  if (auto refusal = parameters.refusal()) return *refusal;
  ListReply reply{"endpoints", kEndpointList, page.limit};
  std::vector<std::string> last;
  each_endpoint(shown, range, page, [&](const ShownEndpoint& one, bool is_seen) {
    const auto& endpoint = *one.view;
    if (is_seen || !matches(provider, endpoint.provider)) return true;
    if (state && known_of(endpoint).availability != *state) return true;
    auto row = endpoint_json(endpoint, snapshot.at);
    row["replica"] = replica_json(one, snapshot);
    if (with_polls) row["polls"] = polls_json(endpoint);
    if (with_hours) row["hours"] = hours_json(endpoint, snapshot.at);
    return offer(reply, last, {endpoint.name}, row);
  });
  return reply.finish();
}

Reply aliases_api(const Snapshot& snapshot, const Query& query) {
  Parameters parameters{query};
  const auto page = parameters.page(kAliasList, 2, kStatePages);
  const auto shown = shown_endpoints(snapshot);
  const auto range = read_range(shown, parameters, page);
  const auto name = parameters.text("alias");
  const auto status = parameters.choice("status", kAliasStatuses);
  const auto pending = parameters.flag("pending");
  const auto unstable = parameters.flag("unstable");
  if (auto refusal = parameters.refusal()) return *refusal;
  const auto disagreements = disagreements_in(shown);
  ListReply reply{"aliases", kAliasList, page.limit};
  std::vector<std::string> last;
  each_endpoint(shown, range, page, [&](const ShownEndpoint& one, bool is_seen) {
    const auto& endpoint = *one.view;
    for (const auto& alias : known_of(endpoint).aliases) {
      if ((is_seen && alias.alias <= page.after.back()) || !matches(name, alias.alias)) continue;
      if (status && alias.status != *status) continue;
      if (alias.pending != pending.value_or(alias.pending) ||
          alias.unstable != unstable.value_or(alias.unstable))
        continue;
      if (!offer(reply, last, {endpoint.name, alias.alias},
                 alias_json(endpoint, alias, disagreements)))
        return false;
    }
    return true;
  });
  return reply.finish();
}

Reply models_api(const Snapshot& snapshot, const Query& query) {
  Parameters parameters{query};
  const auto page = parameters.page(kModelList, 2, kStatePages);
  const auto shown = shown_endpoints(snapshot);
  const auto range = read_range(shown, parameters, page);
  const auto name = parameters.text("model");
  if (auto refusal = parameters.refusal()) return *refusal;
  ListReply reply{"models", kModelList, page.limit};
  std::vector<std::string> last;
  each_endpoint(shown, range, page, [&](const ShownEndpoint& one, bool is_seen) {
    const auto& endpoint = *one.view;
    for (const auto& model : known_of(endpoint).models) {
      if ((is_seen && model <= page.after.back()) || !matches(name, model)) continue;
      if (!offer(reply, last, {endpoint.name, model}, model_json(endpoint, model))) return false;
    }
    return true;
  });
  return reply.finish();
}

}  // namespace modelvane
