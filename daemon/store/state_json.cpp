#include "daemon/store/state_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "daemon/text/labels.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

// Raised when an old program would misunderstand the text; new keys alone do not raise it.
constexpr int kStateVersion = 2;

// ---- writing -------------------------------------------------------------------------------

Json to_value(Time time) {
  return time.time_since_epoch().count();
}

// What is at its default is left out: 20,000 ordinary aliases stay small.
void put(Json& object, const char* key, const std::optional<Time>& time) {
  if (time) object[key] = to_value(*time);
}

void put(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

Json to_value(const Waiting& waiting) {
  Json value{{"first_seen", to_value(waiting.first_seen)}, {"polls", waiting.polls}};
  put(value, "last_seen", waiting.last_seen);
  return value;
}

Json to_value(const AliasState& alias) {
  Json value{{"status", label(alias.status())},
             {"rule", label(alias.rule)},
             {"since", to_value(alias.since)}};
  put(value, "last_seen", alias.last_seen);
  put(value, "target", alias.target());
  put(value, "evidence", alias.evidence);
  if (const auto& pending = alias.sighting.pending) {
    value["pending"] = to_value(static_cast<const Waiting&>(*pending));
    value["pending"]["status"] = label(pending->seen.status);
    value["pending"]["target"] = pending->seen.target;
  }
  if (!alias.recent.empty()) value["recent"] = alias.recent;
  if (alias.unstable) value["unstable"] = true;
  if (alias.unheard) value["unheard"] = true;
  if (alias.last_move) {
    const auto& move = *alias.last_move;
    value["last_move"] = {
        {"event_id", move.event_id}, {"from", move.from}, {"at", to_value(move.at)}};
  }
  if (alias.changes != 0) value["changes"] = alias.changes;
  const auto& [hints, pending_hints] = alias.hints;
  if (!hints.empty()) value["hints"] = hints;
  if (pending_hints) {
    value["pending_hints"] = to_value(static_cast<const Waiting&>(*pending_hints));
    value["pending_hints"]["values"] = pending_hints->seen;
  }
  if (alias.disagrees.known) value["disagrees"] = true;
  if (const auto& pending = alias.disagrees.pending)
    value["pending_disagrees"] = to_value(static_cast<const Waiting&>(*pending));
  if (alias.disagrees_served.known) value["disagrees_served"] = true;
  if (const auto& pending = alias.disagrees_served.pending)
    value["pending_disagrees_served"] = to_value(static_cast<const Waiting&>(*pending));
  if (alias.pin_ok) value["pin_ok"] = *alias.pin_ok;
  return value;
}

Json to_value(const Ending& ending) {
  Json value = Json::object();
  put(value, "at", ending.at);
  put(value, "replacement", ending.replacement);
  put(value, "source", ending.source);
  return value;
}

Json to_value(const EndingState& state) {
  Json value = Json::object();
  const auto& [known, pending] = state.ending;
  if (known) value["known"] = to_value(*known);
  if (state.near_days != 0) value["near_days"] = state.near_days;
  if (pending) {
    value["pending"] = to_value(static_cast<const Waiting&>(*pending));
    if (pending->seen) value["pending"]["seen"] = to_value(*pending->seen);
  }
  return value;
}

// Sorted ids have much in common with their neighbours: [..., "acme/large", 5, "small"] =
// acme/large, acme/small. A number counts the bytes that are shared with the id before; only ASCII
// is shared, so that no character is ever split.
Json to_value(const IdList& ids) {
  Json value = Json::array();
  std::string before;
  for (const auto& id : ids) {
    std::size_t shared = 0;
    while (shared < std::min(before.size(), id.size()) && id[shared] == before[shared] &&
           (id[shared] & 0x80) == 0)
      ++shared;
    if (shared != 0) value.push_back(shared);
    value.push_back(id.substr(shared));
    before = id;
  }
  return value;
}

// ---- reading -------------------------------------------------------------------------------

// The first of the set where the key is missing.
template <typename Enum, std::size_t Count>
Enum enum_at(const Json& object, const char* key, const Labelled<Enum, Count>& words) {
  const auto found = object.find(key);
  if (found == object.end()) return words.values().front();
  const auto value = words.parse(found->get_ref<const std::string&>());
  if (!value) throw std::invalid_argument("unknown word");
  return *value;
}

template <typename Integer>
Integer integer_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return 0;
  if (!found->is_number_integer()) throw std::invalid_argument("not a whole number");
  const bool fits = found->is_number_unsigned()
                        ? std::in_range<Integer>(found->get<std::uint64_t>())
                        : std::in_range<Integer>(found->get<std::int64_t>());
  if (!fits) throw std::invalid_argument("a number without measure");
  return found->get<Integer>();
}

Time time_at(const Json& object, const char* key) {
  return Time{Duration{integer_at<Duration::rep>(object, key)}};
}

std::optional<Time> optional_time_at(const Json& object, const char* key) {
  return object.contains(key) ? std::optional{time_at(object, key)} : std::nullopt;
}

std::string text_at(const Json& object, const char* key) {
  return object.value(key, std::string{});
}

std::vector<std::string> texts_at(const Json& object, const char* key) {
  return object.value(key, std::vector<std::string>{});
}

template <typename Value>
Pending<Value> pending_of(const Json& value, Value seen) {
  return {{.last_seen = optional_time_at(value, "last_seen"),
           .first_seen = time_at(value, "first_seen"),
           .polls = integer_at<int>(value, "polls")},
          std::move(seen)};
}

Pending<Sighting> pending_sighting_of(const Json& value, const AliasState& alias) {
  Sighting seen{enum_at(value, "status", kAliasStatuses), text_at(value, "target")};
  // Earlier versions wrote neither the known target nor when it was last seen.
  if (seen.status != AliasStatus::Resolved) seen.target = alias.target();
  auto pending = pending_of(value, std::move(seen));
  if (!pending.last_seen) pending.last_seen = alias.last_seen;
  return pending;
}

AliasState alias_of(const Json& value) {
  AliasState alias;
  alias.sighting.known = {enum_at(value, "status", kAliasStatuses), text_at(value, "target")};
  alias.rule = enum_at(value, "rule", kRules);
  alias.since = time_at(value, "since");
  alias.last_seen = optional_time_at(value, "last_seen");
  alias.evidence = text_at(value, "evidence");
  if (const auto pending = value.find("pending"); pending != value.end())
    alias.sighting.pending = pending_sighting_of(*pending, alias);
  alias.recent = texts_at(value, "recent");
  alias.unstable = value.value("unstable", false);
  alias.unheard = value.value("unheard", false);
  if (const auto move = value.find("last_move"); move != value.end()) {
    alias.last_move = LastMove{.event_id = text_at(*move, "event_id"),
                               .from = text_at(*move, "from"),
                               .at = time_at(*move, "at")};
  }
  alias.changes = integer_at<std::uint64_t>(value, "changes");
  alias.hints.known = texts_at(value, "hints");
  if (const auto pending = value.find("pending_hints"); pending != value.end())
    alias.hints.pending = pending_of(*pending, texts_at(*pending, "values"));
  alias.disagrees.known = value.value("disagrees", false);
  if (const auto pending = value.find("pending_disagrees"); pending != value.end())
    alias.disagrees.pending = pending_of(*pending, !alias.disagrees.known);
  alias.disagrees_served.known = value.value("disagrees_served", false);
  if (const auto pending = value.find("pending_disagrees_served"); pending != value.end())
    alias.disagrees_served.pending = pending_of(*pending, !alias.disagrees_served.known);
  if (const auto ok = value.find("pin_ok"); ok != value.end()) alias.pin_ok = ok->get<bool>();
  return alias;
}

std::optional<Ending> ending_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  return Ending{.at = optional_time_at(*found, "at"),
                .replacement = text_at(*found, "replacement"),
                .source = text_at(*found, "source")};
}

EndingState ending_of(const Json& value) {
  EndingState state;
  state.ending.known = ending_at(value, "known");
  state.near_days = integer_at<int>(value, "near_days");
  if (const auto pending = value.find("pending"); pending != value.end())
    state.ending.pending = pending_of(*pending, ending_at(*pending, "seen"));
  return state;
}

IdList ids_of(const Json& value) {
  std::vector<std::string> ids;
  std::size_t shared = 0;
  for (const auto& item : value) {
    if (item.is_number_unsigned()) {
      shared = item.get<std::size_t>();
      if (ids.empty() || shared > ids.back().size())
        throw std::invalid_argument("more is shared than there is");
      continue;
    }
    ids.push_back((ids.empty() ? "" : ids.back().substr(0, shared)) +
                  item.get_ref<const std::string&>());
    shared = 0;
  }
  return IdList::of(ids);
}

std::optional<Reason> reason_at(const Json& object, const char* key) {
  const auto text = text_at(object, key);
  if (text.empty()) return std::nullopt;
  const auto reason = kReasons.parse(text);
  if (!reason) throw std::invalid_argument("unknown reason");
  return reason;
}

// A streak of polls speaks against what is known: failures against "up", answers against "down".
void read_availability(const Json& value, EndpointState& state) {
  const auto known = enum_at(value, "availability", kAvailabilities);
  state.availability.known = known;
  state.last_answer = optional_time_at(value, "last_answer");
  const int streak = integer_at<int>(value, "streak");
  if (streak == 0) return;
  const auto seen = known == Availability::Down ? Availability::Up : Availability::Down;
  state.availability.pending = Pending<Availability>{
      {.last_seen = known == Availability::Down ? std::nullopt : state.last_answer,
       .first_seen = time_at(value, "streak_since"),
       .polls = streak},
      seen};
}

EndpointState state_of(const Json& value) {
  EndpointState state;
  state.has_baseline = value.value("has_baseline", false);
  state.last_good = optional_time_at(value, "last_good");
  if (const auto ids = value.find("ids"); ids != value.end()) state.ids = ids_of(*ids);
  if (const auto found = value.find("pending_models"); found != value.end()) {
    // What the last list showed of it differs from what is known of it.
    for (const auto& [id, model] : found->items()) {
      const bool is_there = state.ids.has(id);
      state.pending_models.emplace(
          id, Confirming<bool>{.known = !is_there, .pending = pending_of(model, is_there)});
    }
  }
  if (const auto found = value.find("endings"); found != value.end()) {
    auto& endings = state.endings.emplace();
    for (const auto& [id, ending] : found->items()) endings.emplace(id, ending_of(ending));
  }
  if (const auto found = value.find("aliases"); found != value.end()) {
    for (const auto& [id, stored] : found->items()) {
      AliasState alias = alias_of(stored);
      (alias.is_nothing() ? state.newcomers : state.aliases).emplace(id, std::move(alias));
    }
  }
  if (const auto found = value.find("quarantine"); found != value.end()) {
    auto& held = state.quarantine.emplace();
    held.since = time_at(*found, "since");
    held.last_seen = optional_time_at(*found, "last_seen");
    if (const auto ids = found->find("ids"); ids != found->end()) held.ids = ids_of(*ids);
    held.models_now = integer_at<std::size_t>(*found, "models_now");
  }
  state.restless.ids = value.value("restless", std::set<std::string, std::less<>>{});
  if (const auto found = value.find("departed"); found != value.end()) {
    for (const auto& [id, at] : found->items())
      state.restless.departed.emplace(id, time_at(*found, id.c_str()));
  }
  if (const auto found = value.find("taken_back"); found != value.end()) {
    for (const auto& entry : *found)
      state.restless.taken_back.push_back(
          {.at = time_at(entry, "at"),
           .early = Duration{integer_at<Duration::rep>(entry, "early")}});
  }
  read_availability(value, state);
  state.down_since = optional_time_at(value, "down_since");
  state.down_reason = reason_at(value, "down_reason");
  state.down_sentence = text_at(value, "down_sentence");
  state.is_unwatched = value.value("unwatched", false);
  if (const auto echo = value.find("echo"); echo != value.end()) {
    state.echo = {.day = integer_at<std::int64_t>(*echo, "day"),
                  .asked = integer_at<int>(*echo, "asked"),
                  .forms = {}};
    if (const auto forms = echo->find("forms"); forms != echo->end()) {
      for (const auto& [alias, form] : forms->items())
        state.echo.forms[alias] = integer_at<std::size_t>(*forms, alias.c_str());
    }
  }
  state.events_made = integer_at<std::uint64_t>(value, "events_made");
  return state;
}

}  // namespace

std::string to_json(const EndpointState& state) {
  Json value{{"version", kStateVersion},
             {"has_baseline", state.has_baseline},
             {"availability", label(state.availability.known)}};
  put(value, "last_good", state.last_good);
  if (state.ids.is_known()) value["ids"] = to_value(state.ids);
  for (const auto& [id, presence] : state.pending_models) {
    if (presence.pending)
      value["pending_models"][id] = to_value(static_cast<const Waiting&>(*presence.pending));
  }
  if (state.endings) {
    value["endings"] = Json::object();
    for (const auto& [id, ending] : *state.endings) value["endings"][id] = to_value(ending);
  }
  for (const auto& [id, alias] : state.aliases) value["aliases"][id] = to_value(alias);
  for (const auto& [id, alias] : state.newcomers) value["aliases"][id] = to_value(alias);
  if (const auto& held = state.quarantine) {
    value["quarantine"] = {{"since", to_value(held->since)}, {"models_now", held->models_now}};
    put(value["quarantine"], "last_seen", held->last_seen);
    if (held->ids.is_known()) value["quarantine"]["ids"] = to_value(held->ids);
  }
  if (!state.restless.ids.empty()) value["restless"] = state.restless.ids;
  for (const auto& [id, at] : state.restless.departed) value["departed"][id] = to_value(at);
  for (const auto& [at, early] : state.restless.taken_back)
    value["taken_back"].push_back({{"at", to_value(at)}, {"early", early.count()}});
  if (const auto& streak = state.availability.pending) {
    value["streak"] = streak->polls;
    value["streak_since"] = to_value(streak->first_seen);
  }
  put(value, "down_since", state.down_since);
  if (state.down_reason) value["down_reason"] = label(*state.down_reason);
  put(value, "down_sentence", state.down_sentence);
  put(value, "last_answer", state.last_answer);
  if (state.is_unwatched) value["unwatched"] = true;
  if (state.echo != EchoSpending{.day = state.echo.day}) {
    value["echo"] = {{"day", state.echo.day}, {"asked", state.echo.asked}};
    if (!state.echo.forms.empty()) value["echo"]["forms"] = state.echo.forms;
  }
  value["events_made"] = state.events_made;
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::expected<EndpointState, std::string> parse_state(std::string_view json) {
  const Json value = Json::parse(json, nullptr, false);
  if (!value.is_object()) return std::unexpected("the state is not a JSON object");
  try {
    if (integer_at<int>(value, "version") > kStateVersion)
      return std::unexpected("the state was written by a newer modelvane");
    return state_of(value);
  } catch (const std::exception& error) {
    return std::unexpected(std::string{"the state has a value of a wrong kind: "} + error.what());
  }
}

}  // namespace modelvane
