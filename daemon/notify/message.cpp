#include "daemon/notify/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// The longest ids in use have about 100 characters.
constexpr std::size_t kValueCharactersMax = 200;
constexpr std::size_t kSummaryCharactersMax = 300;
// Of names in a digest beside the new target. A line must fit into one block of each format, with
// every character escaped.
constexpr std::size_t kDigestNameCharactersMax = 120;
// A list of more names is not read in a message; the page has them all.
constexpr std::size_t kNamesMax = 10;
constexpr std::size_t kLinesMax = 30;
constexpr std::size_t kShortIdBytes = 8;

// Keys of `data` that have a line of their own, or that no message needs.
constexpr std::array kKnownKeys{
    std::string_view{"endpoint"},
    std::string_view{"alias"},
    std::string_view{"model"},
    std::string_view{"webhook"},
    std::string_view{"from"},
    std::string_view{"to"},
    std::string_view{"rule"},
    std::string_view{"targets"},
    std::string_view{"aliases"},
    std::string_view{"changed"},
    std::string_view{"retirement"},
    std::string_view{"evidence"},
    std::string_view{"observed_between"},
    std::string_view{"pin"},
    std::string_view{"reverts"},
    std::string_view{"confirmed_by_polls"},
    std::string_view{"reason"},
    std::string_view{"detail"},
    std::string_view{"lasted_seconds"},
    std::string_view{"isolated"},
    std::string_view{"models_before"},
    std::string_view{"models_now"},
    std::string_view{"ids"},
    std::string_view{"ids_count"},
    std::string_view{"ended"},
    std::string_view{"labels"},
    std::string_view{"summary"},
    std::string_view{"drill"},
    std::string_view{"retirement_before"},
    std::string_view{"operator"},
    std::string_view{"between"},
    std::string_view{"group"},
    std::string_view{"views"},
    std::string_view{"action"},
    std::string_view{"subject"},
};

std::string one_line(std::string_view text) {
  return plain_text(text, kValueCharactersMax);
}

// "alias.pin_broken" -> "Alias pin broken": a new type reads well without a table.
std::string words(std::string_view name) {
  std::string text{name};
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
  if (!text.empty())
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

std::string heading_of(const Event& event) {
  if (event.type == EventType::Drill) return "DRILL: this is a test";
  const auto words_of_type = event.type == EventType::AliasMoved && event.reverts
                                 ? "Alias moved back"
                                 : words(name(event.type));
  return event.drill ? "DRILL: " + words_of_type : words_of_type;
}

std::string short_id_of(const Event& event) {
  const auto& id = event.id;
  return one_line(id.size() > kShortIdBytes ? std::string_view{id}.substr(id.size() - kShortIdBytes)
                                            : std::string_view{id});
}

// "2026-11-22 10:00:05"
std::string date_and_time(Time time) {
  auto text = to_rfc3339(time).substr(0, 19);
  text[10] = ' ';
  return text;
}

// "2026-11-22 10:00:05", or both ends of a span.
std::string moment(std::optional<Time> start, Time end, const TimeZone& zone) {
  const auto local = [&](Time time) { return date_and_time(time + zone.offset_at(time)); };
  const auto last = local(end);
  if (!start) return last;
  const auto first = local(*start);
  const bool is_same_day = first.substr(0, 10) == last.substr(0, 10);
  return fmt::format("{} and {}", first, is_same_day ? last.substr(11) : last);
}

// "2026-11-22 10:00:05 UTC", or "2026-11-22 11:00:05 Europe/Berlin (2026-11-22 10:00:05 UTC)".
std::string moment(std::optional<Time> start, Time end, const NotifyContext& context) {
  const auto utc = moment(start, end, TimeZone{}) + " UTC";
  if (context.zone == nullptr) return utc;
  return fmt::format("{} {} ({})", moment(start, end, *context.zone), context.zone_name, utc);
}

std::string when(const Event& event, const NotifyContext& context) {
  if (!event.observed_between) return moment({}, event.time, context);
  const auto& [before, after] = *event.observed_between;
  return (before ? "between " : "not later than ") + moment(before, after, context);
}

std::string how_sure(const Event& event) {
  auto text = event.confirmed_by_polls == 1
                  ? "1 poll"
                  : fmt::format("{} polls in a row", event.confirmed_by_polls);
  if (event.rule) text += fmt::format(", rule {}", label(*event.rule));
  return text;
}

// `names` are the first of `count`.
std::string joined(const std::vector<std::string>& names, std::size_t count) {
  const auto shown = std::min(names.size(), kNamesMax);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : ", ") + one_line(names[i]);
  if (count > shown) text += fmt::format(" and {} more", count - shown);
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  return joined(names, names.size());
}

std::string retirement_text(const Retirement& retirement) {
  auto text = retirement.at ? "ends on " + to_rfc3339(*retirement.at).substr(0, 10)
                            : std::string{"deprecated, no date named"};
  if (retirement.days_left) text += fmt::format(" ({} days left)", *retirement.days_left);
  if (!retirement.replacement.empty()) text += "; replacement: " + one_line(retirement.replacement);
  if (!retirement.source.empty()) text += ", says " + one_line(retirement.source);
  return retirement.model.empty() ? text : one_line(retirement.model) + " " + text;
}

// The lines of one message; a value that is empty makes none.
class Lines {
 public:
  void foreign(std::string label, std::string value) {
    add(std::move(label), std::move(value), true);
  }
  void own(std::string label, std::string value) { add(std::move(label), std::move(value), false); }
  std::vector<MessageLine> take() {
    if (lines_.size() > kLinesMax) {
      const auto left_out = lines_.size() - kLinesMax;
      lines_.resize(kLinesMax);
      own("More", fmt::format("{} lines that do not fit here", left_out));
    }
    return std::move(lines_);
  }

 private:
  void add(std::string label, std::string value, bool is_foreign) {
    if (!value.empty()) lines_.push_back({std::move(label), std::move(value), is_foreign});
  }
  std::vector<MessageLine> lines_;
};

void add_whom(const Event& event, Lines& lines) {
  lines.foreign("Alias", one_line(event.alias));
  lines.foreign("Model", one_line(event.model));
  lines.own("Webhook", one_line(event.webhook));
  lines.own("Endpoint", one_line(event.endpoint));
}

std::string ids_label(EventType type) {
  if (type == EventType::CatalogGrew) return "New";
  return type == EventType::CatalogFlooded ? "Aliases" : "Doubted";
}

void add_change(const Event& event, Lines& lines) {
  lines.foreign("From", one_line(event.from.value_or("")));
  lines.foreign("To", one_line(event.to.value_or("")));
  lines.foreign("Targets", joined(event.targets));
  lines.foreign("Group", one_line(event.group));
  for (const auto& view : event.views)
    lines.foreign(one_line(view.endpoint), one_line(view.target));
  lines.foreign("Aliases", joined(event.aliases));
  for (const auto& change : event.changed) {
    const auto text = [](const std::string& value) {
      return value.empty() ? std::string{"nothing"} : value;
    };
    lines.foreign("Changed", one_line(fmt::format("{} from {} to {}", change.pointer,
                                                  text(change.from), text(change.to))));
  }
  if (event.models_before && event.models_now)
    lines.own("Models", fmt::format("{} before, {} now", *event.models_before, *event.models_now));
  lines.foreign(ids_label(event.type),
                joined(event.ids, event.ids_count.value_or(event.ids.size())));
}

void add_standing(const Event& event, Lines& lines) {
  if (event.pin)
    lines.foreign("Pin", fmt::format("{}, approved: {}", event.pin->ok ? "ok" : "broken",
                                     joined(event.pin->approved)));
  if (event.retirement) lines.foreign("Retirement", retirement_text(*event.retirement));
  if (event.retirement_before) lines.foreign("Before", retirement_text(*event.retirement_before));
  if (event.reason) lines.own("Reason", std::string{label(*event.reason)});
  lines.foreign("Detail", one_line(event.detail));
  if (event.lasted)
    lines.own("Lasted", to_text(std::chrono::floor<std::chrono::seconds>(*event.lasted)));
  if (event.is_isolated) lines.own("Isolated", "most hosts are out of reach from here");
  std::vector<std::string> ended;
  for (const auto type : event.ended) ended.emplace_back(name(type));
  lines.own("Ended", joined(ended));
  if (event.act) {
    lines.own("Operator", one_line(event.act->who));
    lines.own("Action", one_line(event.act->action));
    lines.foreign("Subject", one_line(event.act->subject));
  }
  lines.foreign("Takes back", one_line(event.reverts.value_or("")));
  std::string labels;
  for (const auto& [name, value] : event.labels)
    labels += fmt::format("{}{}={}", labels.empty() ? "" : ", ", name, value);
  lines.foreign("Labels", one_line(labels));
}

std::string value_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  const bool is_list = value.is_array() && std::ranges::all_of(value, [](const Json& item) {
                         return item.is_string();
                       });
  return is_list ? joined(value.get<std::vector<std::string>>())
                 : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What this version does not know by name still reads as "Some key: value".
void add_rest(const std::string& text, Lines& lines) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("data") || !json["data"].is_object()) return;
  for (const auto& [key, value] : json["data"].items()) {
    if (std::ranges::find(kKnownKeys, key) != kKnownKeys.end()) continue;
    // In `data` keys are modelvane's; still, a label must not carry more than words.
    const bool is_word =
        std::ranges::all_of(key, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (is_word) lines.foreign(words(key), one_line(value_text(value)));
  }
}

std::string summary_of(const Event& event) {
  auto text = plain_text(event.summary, kSummaryCharactersMax);
  if (!text.empty()) return text;
  return plain_text(fmt::format("{}: {}", words(name(event.type)), event.subject()),
                    kSummaryCharactersMax);
}

std::string without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string{url};
}

// What a move is about is its new target: names are cut one by one, never the end of the sentence.
std::string digest_line(const Event& event) {
  if (!event.to || event.to->empty()) return summary_of(event);
  const auto from = event.from.value_or("");
  return fmt::format("{}: {}{}{}", plain_text(event.about(), kDigestNameCharactersMax),
                     plain_text(from, kDigestNameCharactersMax), from.empty() ? "" : " → ",
                     one_line(*event.to));
}

// "3 events" or, when all are alike, "3 × Alias moved"
std::string digest_heading(std::span<const ReadEvent> events) {
  const auto first = heading_of(events.front().event);
  const bool are_alike = std::ranges::all_of(
      events, [&](const auto& read) { return heading_of(read.event) == first; });
  return are_alike ? fmt::format("{} × {}", events.size(), first)
                   : fmt::format("{} events", events.size());
}

std::string digest_about(std::span<const ReadEvent> events) {
  std::map<std::string, int> endpoints;
  for (const auto& read : events) ++endpoints[one_line(read.event.endpoint)];
  return endpoints.size() == 1 ? endpoints.begin()->first
                               : fmt::format("{} endpoints", endpoints.size());
}

// What the daemon tells of itself is about the installation.
std::string about_of(const Event& event, const NotifyContext& context) {
  if (!event.about().empty()) return one_line(event.about());
  return one_line(event.endpoint.empty() ? context.instance : event.endpoint);
}

}  // namespace

std::string_view severity_label(Severity severity) {
  constexpr std::array kLabels{std::string_view{"info"}, std::string_view{"info"},
                               std::string_view{"warning"}, std::string_view{"critical"}};
  return kLabels[static_cast<std::size_t>(severity)];
}

Severity severity_of(const Event& event) {
  switch (event.type) {
    case EventType::EndpointDown:
    case EventType::StoreRewound:
    case EventType::AliasPinBroken: return Severity::Critical;
    case EventType::AliasMoved:
      return event.pin && !event.pin->ok ? Severity::Critical : Severity::Warning;
    case EventType::AliasUnstable:
    case EventType::AliasVanished:
    case EventType::AliasUndisclosed:
    case EventType::ModelRemoved:
    case EventType::ModelRetirementSet:
    case EventType::ModelRetirementChanged:
    case EventType::ModelRetirementNear:
    case EventType::AliasDisagrees:
    case EventType::DaemonIsolated:
    case EventType::WebhookFailing:
    case EventType::CatalogFlooded:
    case EventType::CatalogQuarantined: return Severity::Warning;
    case EventType::EndpointUp:
    case EventType::WebhookRecovered:
    case EventType::AliasAgrees:
    case EventType::DaemonRejoined:
    case EventType::AliasSettled:
    case EventType::AliasPinRestored:
    case EventType::ModelRetirementCleared:
    case EventType::CatalogAccepted: return Severity::Good;
    default: return Severity::Info;
  }
}

std::string link_to(const Event& event, const NotifyContext& context) {
  return context.external_url.empty()
             ? ""
             : fmt::format("{}/#/events/{}", without_slash(context.external_url), event.id);
}

Message make_message(const ReadEvent& read, const NotifyContext& context) {
  const Event& event = read.event;
  Lines lines;
  add_whom(event, lines);
  add_change(event, lines);
  lines.own("When", when(event, context));
  if (event.confirmed_by_polls > 0) lines.own("Confirmed by", how_sure(event));
  add_standing(event, lines);
  add_rest(read.stored->json, lines);
  return {.severity = severity_of(event),
          .heading = heading_of(event),
          .about = about_of(event, context),
          .summary = summary_of(event),
          .lines = lines.take(),
          .link = link_to(event, context),
          .short_id = short_id_of(event)};
}

Message make_digest(std::span<const ReadEvent> events, const NotifyContext& context) {
  Message digest;
  digest.severity = Severity::Good;
  for (const auto& read : events) {
    digest.severity = std::max(digest.severity, severity_of(read.event));
    digest.lines.push_back(
        {heading_of(read.event),
         fmt::format("{}; {} ({})", digest_line(read.event), moment({}, read.event.time, context),
                     short_id_of(read.event)),
         true});
  }
  digest.heading = digest_heading(events);
  digest.about = digest_about(events);
  digest.summary = fmt::format("{} ({})", digest.heading, digest.about);
  if (!context.external_url.empty())
    digest.link = without_slash(context.external_url) + "/#/events";
  digest.short_id = short_id_of(events.front().event) + ".." + short_id_of(events.back().event);
  return digest;
}

}  // namespace modelvane
