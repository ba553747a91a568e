#include "daemon/events/event_json.h"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kTypePrefix = "io.modelvane.";
// The name of the JSON Schema that `data` keeps to; /schemas/event.json holds it. A new number
// comes when a field changes its meaning or goes; new fields and types are no reason.
constexpr std::string_view kDataSchema = "urn:modelvane:schema:event-data:1";

// A row kept as evidence is JSON text that read_catalog wrote; anything else would be a bug, and is
// shown as a string.
Json evidence_value(const std::string& text) {
  if (text.empty()) return nullptr;
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

Json optional_text(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json pin_value(const std::optional<PinState>& pin) {
  if (!pin) return nullptr;
  return {{"approved", pin->approved}, {"state", pin->ok ? "ok" : "broken"}};
}

void add_alias_facts(Json& data, const Event& event) {
  data["alias"] = event.alias;
  data["from"] = optional_text(event.from);
  data["to"] = optional_text(event.to);
  if (event.rule) data["rule"] = label(*event.rule);
  if (!event.targets.empty()) data["targets"] = event.targets;
  if (event.between.empty()) return;
  data["between"] = event.between;
  data["group"] = event.group;
  data["views"] = Json::array();
  for (const auto& view : event.views) {
    data["views"].push_back(
        {{"endpoint", view.endpoint}, {"rule", label(view.rule)}, {"target", view.target}});
  }
}

Json retirement_value(const std::optional<Retirement>& retirement) {
  if (!retirement) return nullptr;
  Json value{{"model", retirement->model},
             {"at", retirement->at ? Json(to_rfc3339(*retirement->at)) : Json(nullptr)},
             {"replacement",
              retirement->replacement.empty() ? Json(nullptr) : Json(retirement->replacement)},
             {"days_left", retirement->days_left ? Json(*retirement->days_left) : Json(nullptr)}};
  if (!retirement->source.empty()) value["source"] = retirement->source;
  return value;
}

void add_model_facts(Json& data, const Event& event) {
  data["model"] = event.model;
  data["aliases"] = event.aliases;
  if (event.retirement_before)
    data["retirement_before"] = retirement_value(event.retirement_before);
}

void add_changes(Json& data, const std::vector<HintChange>& changed) {
  for (const auto& change : changed) {
    data["changed"][change.pointer] = {{"from", evidence_value(change.from)},
                                       {"to", evidence_value(change.to)}};
  }
}

void add_shared_facts(Json& data, const Event& event) {
  if (event.observed_between) {
    const auto& [before, after] = *event.observed_between;
    data["observed_between"] =
        Json::array({before ? Json(to_rfc3339(*before)) : Json(nullptr), to_rfc3339(after)});
  }
  data["confirmed_by_polls"] = event.confirmed_by_polls;
}

void add_endpoint_facts(Json& data, const Event& event) {
  if (event.reason) data["reason"] = label(*event.reason);
  if (!event.detail.empty()) data["detail"] = event.detail;
  if (event.is_isolated) data["isolated"] = true;
  if (event.lasted) data["lasted_seconds"] = to_seconds(*event.lasted);
  if (event.models_before) data["models_before"] = *event.models_before;
  if (event.models_now) data["models_now"] = *event.models_now;
  if (!event.ids.empty()) data["ids"] = event.ids;
  if (event.ids_count) data["ids_count"] = *event.ids_count;
  if (is_unwatched(event.type)) data["ended"] = Json::array();
  for (const auto type : event.ended) data["ended"].push_back(name(type));
  if (!event.act) return;
  data["operator"] = event.act->who;
  data["action"] = event.act->action;
  data["subject"] = event.act->subject;
}

Json data_of(const Event& event) {
  Json data{{"endpoint", event.endpoint}};
  if (!event.alias.empty()) add_alias_facts(data, event);
  if (!event.model.empty()) add_model_facts(data, event);
  if (!event.webhook.empty()) data["webhook"] = event.webhook;
  if (event.retirement) data["retirement"] = retirement_value(event.retirement);
  add_changes(data, event.changed);
  add_shared_facts(data, event);
  add_endpoint_facts(data, event);
  if (!event.alias.empty()) {
    data["evidence"] = {
        {"before", evidence_value(event.evidence_before)},
        {"after", evidence_value(event.evidence_after)},
        {"request_id", event.request_id.empty() ? Json(nullptr) : Json(event.request_id)}};
    data["pin"] = pin_value(event.pin);
    data["reverts"] = optional_text(event.reverts);
  }
  data["labels"] = event.labels;
  data["summary"] = event.summary;
  data["drill"] = event.drill;
  return data;
}

std::string text_or(const Json& object, const char* key, std::string_view otherwise = "") {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string{otherwise};
}

std::optional<std::string> optional_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

const Json* value_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// Throws when there is something else than a whole number that the type can hold.
template <typename Integer>
std::optional<Integer> whole_at(const Json& object, const char* key) {
  const Json* value = value_at(object, key);
  if (value == nullptr) return std::nullopt;
  const bool fits =
      value->is_number_unsigned()  ? std::in_range<Integer>(value->get<std::uint64_t>())
      : value->is_number_integer() ? std::in_range<Integer>(value->get<std::int64_t>())
                                   : false;
  if (!fits) throw std::invalid_argument(key);
  return value->get<Integer>();
}

// The same for seconds with fractions that are a sensible span of time.
std::optional<Duration> seconds_at(const Json& object, const char* key) {
  constexpr double kCenturySeconds = 100.0 * 365 * 24 * 3600;
  const Json* value = value_at(object, key);
  if (value == nullptr) return std::nullopt;
  const double seconds = value->is_number() ? value->get<double>() : -1;
  if (!(seconds >= 0 && seconds < kCenturySeconds)) throw std::invalid_argument(key);
  return std::chrono::round<Duration>(std::chrono::duration<double>{seconds});
}

std::string evidence_text(const Json& data, const char* key) {
  const auto evidence = data.find("evidence");
  if (evidence == data.end() || !evidence->is_object()) return "";
  const auto row = evidence->find(key);
  if (row == evidence->end() || row->is_null()) return "";
  return row->dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Enum, std::size_t Count>
std::optional<Enum> enum_at(const Json& object, const char* key,
                            const Labelled<Enum, Count>& words) {
  const auto text = optional_at(object, key);
  return text ? words.parse(*text) : std::nullopt;
}

std::vector<std::string> texts_at(const Json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& item : *found) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::optional<Retirement> retirement_at(const Json& data, const char* key) {
  const auto found = data.find(key);
  if (found == data.end() || !found->is_object()) return std::nullopt;
  Retirement retirement{.model = text_or(*found, "model"),
                        .replacement = text_or(*found, "replacement")};
  retirement.at = parse_rfc3339(text_or(*found, "at"));
  retirement.days_left = whole_at<int>(*found, "days_left");
  retirement.source = text_or(*found, "source");
  return retirement;
}

void read_changes(const Json& data, Event& event) {
  const auto found = data.find("changed");
  if (found == data.end() || !found->is_object()) return;
  const auto text = [](const Json& change, const char* key) {
    const auto value = change.find(key);
    if (value == change.end() || value->is_null()) return std::string{};
    return value->dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  for (const auto& [pointer, change] : found->items()) {
    event.changed.push_back(
        {.pointer = pointer, .from = text(change, "from"), .to = text(change, "to")});
  }
}

void read_bounds(const Json& data, Event& event) {
  const auto found = data.find("observed_between");
  if (found == data.end() || !found->is_array() || found->size() != 2 || !(*found)[1].is_string())
    return;
  const auto after = parse_rfc3339((*found)[1].get<std::string>());
  if (!after) return;
  const auto before =
      (*found)[0].is_string() ? parse_rfc3339((*found)[0].get<std::string>()) : std::nullopt;
  event.observed_between = {before, *after};
}

void read_views(const Json& data, Event& event) {
  const auto found = data.find("views");
  if (found == data.end() || !found->is_array()) return;
  for (const auto& view : *found) {
    if (!view.is_object()) continue;
    event.views.push_back({.endpoint = text_or(view, "endpoint"),
                           .rule = enum_at(view, "rule", kRules).value_or(Rule::Field),
                           .target = text_or(view, "target")});
  }
}

void read_data(const Json& data, Event& event) {
  event.endpoint = text_or(data, "endpoint");
  event.alias = text_or(data, "alias");
  event.model = text_or(data, "model");
  event.webhook = text_or(data, "webhook");
  event.aliases = texts_at(data, "aliases");
  event.retirement = retirement_at(data, "retirement");
  event.retirement_before = retirement_at(data, "retirement_before");
  read_changes(data, event);
  event.from = optional_at(data, "from");
  event.to = optional_at(data, "to");
  event.rule = enum_at(data, "rule", kRules);
  event.targets = texts_at(data, "targets");
  event.between = text_or(data, "between");
  event.group = text_or(data, "group");
  read_views(data, event);
  read_bounds(data, event);
  event.confirmed_by_polls = whole_at<int>(data, "confirmed_by_polls").value_or(0);
  event.evidence_before = evidence_text(data, "before");
  event.evidence_after = evidence_text(data, "after");
  if (data.contains("evidence")) event.request_id = text_or(data["evidence"], "request_id");
  if (const auto pin = data.find("pin"); pin != data.end() && pin->is_object()) {
    event.pin = PinState{texts_at(*pin, "approved"), text_or(*pin, "state") == "ok"};
  }
  event.reverts = optional_at(data, "reverts");
  event.reason = enum_at(data, "reason", kReasons);
  event.detail = text_or(data, "detail");
  if (const auto isolated = data.find("isolated"); isolated != data.end() && isolated->is_boolean())
    event.is_isolated = isolated->get<bool>();
  event.lasted = seconds_at(data, "lasted_seconds");
  event.models_before = whole_at<std::size_t>(data, "models_before");
  event.models_now = whole_at<std::size_t>(data, "models_now");
  event.ids = texts_at(data, "ids");
  event.ids_count = whole_at<std::size_t>(data, "ids_count");
  for (const auto& text : texts_at(data, "ended")) {
    if (const auto type = kEventTypes.parse(text)) event.ended.push_back(*type);
  }
  if (const auto who = optional_at(data, "operator"))
    event.act = OperatorAct{*who, text_or(data, "action"), text_or(data, "subject")};
  if (const auto labels = data.find("labels"); labels != data.end() && labels->is_object()) {
    for (const auto& [key, value] : labels->items()) {
      if (value.is_string()) event.labels.emplace(key, value.get<std::string>());
    }
  }
  event.summary = text_or(data, "summary");
  event.drill = data.value("drill", false);
}

}  // namespace

std::string to_cloudevent(const Event& event, std::string_view source) {
  const std::string time = to_rfc3339(event.time);
  const Json json{
      {"specversion", "1.0"},
      {"id", event.id},
      {"source", source},
      {"type", fmt::format("{}{}", kTypePrefix, name(event.type))},
      {"subject", event.subject()},
      {"time", time},
      // Standard Webhooks asks for `timestamp`, CloudEvents for `time`; one body satisfies both.
      {"timestamp", time},
      // Zero-padded, because CloudEvents' `sequence` is compared as text.
      {"sequence", fmt::format("{:0{}}", event.sequence, kSequenceDigits)},
      {"datacontenttype", "application/json"},
      {"dataschema", kDataSchema},
      {"data", data_of(event)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// No text before it can hold the key: a quote within a text has a backslash before it.
std::size_t place_of_sequence(std::string_view cloudevent) {
  constexpr std::string_view kKey = R"(,"sequence":")";
  const auto found = cloudevent.find(kKey);
  return found == cloudevent.npos ? found : found + kKey.size();
}

std::string with_sequence(std::string cloudevent, std::uint64_t sequence) {
  const auto place = place_of_sequence(cloudevent);
  if (place == cloudevent.npos) return cloudevent;
  return cloudevent.replace(place, kSequenceDigits,
                            fmt::format("{:0{}}", sequence, kSequenceDigits));
}

std::expected<Event, std::string> parse_cloudevent(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::unexpected("the event is not a JSON object");
  const std::string type_text = text_or(json, "type");
  const auto type = type_text.starts_with(kTypePrefix)
                        ? kEventTypes.parse(type_text.substr(kTypePrefix.size()))
                        : std::nullopt;
  if (!type) return std::unexpected("the event's type is none that this version knows");
  const auto time = parse_rfc3339(text_or(json, "time"));
  if (!time) return std::unexpected("the event has no valid time");
  const auto data = json.find("data");
  if (data == json.end() || !data->is_object()) return std::unexpected("the event has no data");
  Event event;
  event.id = text_or(json, "id");
  event.type = *type;
  event.time = *time;
  event.sequence = std::strtoull(text_or(json, "sequence", "0").c_str(), nullptr, 10);
  try {
    read_data(*data, event);
  } catch (const std::exception&) {
    return std::unexpected("the event's data has a field of a wrong type");
  }
  return event;
}

std::string without_evidence(const std::string& cloudevent) {
  Json json = Json::parse(cloudevent, nullptr, false);
  if (!json.is_object() || !json.contains("data") || !json["data"].is_object()) return cloudevent;
  if (json["data"].erase("evidence") == 0) return cloudevent;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modelvane
