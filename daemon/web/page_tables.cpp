#include "daemon/web/page_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <string_view>

#include "daemon/core/event_json.h"
#include "daemon/web/html.h"

namespace modelvane {
namespace {

using html::escape;

// A column's heading and, for narrow ones, its class.
struct Column {
  std::string_view heading;
  std::string_view style = "";
};

std::string section(std::string_view id, std::string_view title, std::string_view content) {
  return fmt::format("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n{2}</section>\n", id, title, content);
}

std::string table(std::string_view caption, std::span<const Column> columns, std::string_view rows) {
  std::string headings;
  for (const auto& [heading, style] : columns) headings += fmt::format("<th scope=\"col\" class=\"{}\">{}</th>", style, heading);
  return fmt::format("<table>\n<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n", caption,
                     headings, rows);
}

std::string empty_note(std::string_view sentence) {
  return fmt::format("<p class=\"empty\">{}</p>\n", sentence);
}

std::string badge(std::string_view style, std::string_view text) {
  return fmt::format("<span class=\"badge {}\">{}</span>", style, text);
}

std::string and_more(std::size_t all, std::string_view path) {
  if (all <= kPageRowsMax) return "";
  return fmt::format("<p class=\"more\">{} of {} shown, those in trouble first. <a href=\"{}\">All of them as JSON</a>.</p>\n",
                     kPageRowsMax, all, path);
}

const KnownView& known_of(const EndpointView& endpoint) {
  static const KnownView kNothing;
  return endpoint.known ? *endpoint.known : kNothing;
}

std::string milliseconds(Duration span) {
  return span < std::chrono::milliseconds{10} ? fmt::format("{:.1f} ms", to_seconds(span) * 1e3)
                                              : fmt::format("{:.0f} ms", to_seconds(span) * 1e3);
}

Duration total(const Phases& phases) {
  return phases.resolve + phases.connect + phases.tls + phases.processing + phases.transfer;
}

// 0 = nothing to worry about; higher comes first.
int trouble(const EndpointView& endpoint) {
  const auto& known = known_of(endpoint);
  if (known.availability == Availability::Down) return 3;
  if (endpoint.last_poll && !endpoint.last_ok) return 2;
  return known.quarantined ? 1 : 0;
}

std::string state_badges(const EndpointView& endpoint, Time now) {
  const auto& known = known_of(endpoint);
  std::string text;
  if (known.availability == Availability::Down) {
    text = badge("bad", "down");
    if (known.down_since) text += " <span class=\"note\">since " + html::ago(*known.down_since, now) + "</span>";
  } else if (!endpoint.last_poll) {
    text = badge("quiet", "not polled yet");
  } else if (!endpoint.last_ok) {
    text = badge("warn", "failing");
  } else {
    text = badge("good", "up");
  }
  if (known.quarantined) text += ' ' + badge("warn", "list not believed");
  if (!endpoint.last_ok && !endpoint.last_sentence.empty()) {
    const auto reason = endpoint.last_reason ? fmt::format("{}: ", label(*endpoint.last_reason)) : std::string{};
    text += fmt::format("<div class=\"sub\">{}{}</div>", reason, escape(endpoint.last_sentence));
  }
  return text;
}

std::string endpoint_row(const EndpointView& endpoint, Time now) {
  const auto& known = known_of(endpoint);
  const auto models = known.has_baseline ? fmt::format("{}<div class=\"sub\">{}</div>", known.models.size(),
                                                       html::count(known.aliases.size(), "alias", "aliases"))
                                         : std::string{"–"};
  const auto polled = endpoint.last_poll ? html::ago(*endpoint.last_poll, now) : std::string{"–"};
  const auto spent = total(endpoint.phases);
  // A failure before the first phase has no time to show.
  const auto latency =
      endpoint.last_poll && spent > Duration{0} ? fmt::format("<div class=\"sub\">{}</div>", milliseconds(spent)) : std::string{};
  return fmt::format(
      "<tr><th scope=\"row\">{}<div class=\"sub wide\">{}</div></th><td>{}</td><td class=\"number\">{}</td><td "
      "class=\"short\">{}{}</td></tr>\n",
      escape(endpoint.name), escape(endpoint.url), state_badges(endpoint, now), models, polled, latency);
}

struct AliasOf {
  const EndpointView* endpoint = nullptr;
  const AliasView* alias = nullptr;
};

int trouble(const AliasView& alias) {
  if (alias.pin && !alias.pin->ok) return 4;
  if (alias.unstable) return 3;
  if (alias.pending) return 2;
  return alias.status == AliasStatus::Resolved ? 0 : 1;
}

std::string target_cell(const AliasView& alias) {
  std::string text;
  switch (alias.status) {
    case AliasStatus::Resolved: text = fmt::format("<span class=\"id\">{}</span>", escape(alias.target)); break;
    case AliasStatus::Undisclosed: text = badge("quiet", "undisclosed"); break;
    case AliasStatus::Absent: text = badge("warn", "gone from the list"); break;
  }
  if (alias.pin) text += ' ' + (alias.pin->ok ? badge("good", "pin ok") : badge("bad", "pin broken"));
  if (alias.unstable) text += ' ' + badge("warn", "unstable");
  if (alias.pending) text += ' ' + badge("news", "pending");
  if (alias.pending && !alias.pending_target.empty()) {
    text += fmt::format("<div class=\"sub\">seen, not yet confirmed: <span class=\"id\">{}</span></div>",
                        escape(alias.pending_target));
  }
  if (alias.status != AliasStatus::Resolved && !alias.target.empty()) {
    text += fmt::format("<div class=\"sub\">last known: <span class=\"id\">{}</span></div>", escape(alias.target));
  }
  return text;
}

std::string alias_row(const AliasOf& row, Time now) {
  const auto& alias = *row.alias;
  const auto since = alias.since == Time{} ? std::string{"–"} : html::ago(alias.since, now);
  const auto moves = alias.changes == 0 ? std::string{}
                                        : fmt::format("<div class=\"sub\">{}</div>", html::count(alias.changes, "move", "moves"));
  return fmt::format(
      "<tr><th scope=\"row\"><span class=\"id\">{}</span><div class=\"sub\">{}</div></th><td>{}</td><td "
      "class=\"short\">{}{}</td></tr>\n",
      escape(alias.alias), escape(row.endpoint->name), target_cell(alias), since, moves);
}

std::string event_row(const StoredEvent& stored, Time now) {
  const auto event = parse_cloudevent(stored.json);
  const auto summary = event && !event->summary.empty() ? event->summary : stored.endpoint + " " + stored.alias;
  const auto type = name(stored.type);
  const std::string_view style = type.starts_with("endpoint.down") || type.starts_with("catalog.quarantined") ? "bad"
                                 : type.starts_with("endpoint.") || type.starts_with("catalog.")              ? "good"
                                                                                                              : "news";
  return fmt::format(
      "<tr><td class=\"short\">{}<div class=\"sub wide\">{}</div></td><td>{}<div class=\"sub\">{} {}</div></td></tr>\n",
      html::ago(stored.time, now), to_rfc3339(stored.time).substr(0, 16).replace(10, 1, 1, ' '), escape(summary),
      badge(style, type), escape(stored.endpoint));
}

std::string webhook_row(const WebhookView& webhook, Time now) {
  const auto waiting = webhook.oldest_pending
                           ? fmt::format("<div class=\"sub\">oldest {}</div>", html::ago(*webhook.oldest_pending, now))
                           : std::string{};
  const auto dead = webhook.dead_letters == 0 ? std::string{"0"} : badge("bad", std::to_string(webhook.dead_letters));
  const auto error =
      webhook.last_error.empty() ? std::string{} : fmt::format("<div class=\"sub\">{}</div>", escape(webhook.last_error));
  return fmt::format(
      "<tr><th scope=\"row\">{}<div class=\"sub\">{}</div>{}</th><td class=\"number\">{}</td><td class=\"number\">{}{}</td><td "
      "class=\"number\">{}</td></tr>\n",
      escape(webhook.name), escape(webhook.format), error, webhook.delivered, webhook.pending, waiting, dead);
}

}  // namespace

std::string endpoints_section(const Snapshot& snapshot) {
  std::vector<const EndpointView*> all;
  for (const auto& endpoint : snapshot.endpoints) {
    if (endpoint) all.push_back(endpoint.get());
  }
  if (all.empty()) return section("endpoints", "Endpoints", empty_note("No endpoint is configured."));
  std::ranges::stable_sort(all, std::greater{}, [](const EndpointView* endpoint) { return trouble(*endpoint); });
  std::string rows;
  for (std::size_t i = 0; i < std::min(all.size(), kPageRowsMax); ++i) rows += endpoint_row(*all[i], snapshot.at);
  constexpr std::array<Column, 4> kColumns{{{"Endpoint"}, {"State"}, {"Models", "number"}, {"Last poll", "short"}}};
  return section("endpoints", "Endpoints",
                 table("Models lists that are watched", kColumns, rows) + and_more(all.size(), "api/v1/endpoints"));
}

std::string aliases_section(const Snapshot& snapshot) {
  std::vector<AliasOf> all;
  for (const auto& endpoint : snapshot.endpoints) {
    if (!endpoint) continue;
    for (const auto& alias : known_of(*endpoint).aliases) all.push_back({endpoint.get(), &alias});
  }
  if (all.empty()) {
    return section("aliases", "Aliases",
                   empty_note("No alias is known yet. Aliases show up with the first good poll of a list that names them."));
  }
  std::ranges::stable_sort(all, std::greater{}, [](const AliasOf& row) { return trouble(*row.alias); });
  std::string rows;
  for (std::size_t i = 0; i < std::min(all.size(), kPageRowsMax); ++i) rows += alias_row(all[i], snapshot.at);
  constexpr std::array<Column, 3> kColumns{{{"Alias"}, {"Points to"}, {"Since", "short"}}};
  return section("aliases", "Aliases", table("Where each alias points", kColumns, rows) + and_more(all.size(), "api/v1/aliases"));
}

std::string events_section(const std::expected<std::vector<StoredEvent>, std::string>& events, Time now) {
  if (!events) return section("events", "Events", empty_note("Events cannot be shown: " + escape(events.error()) + "."));
  if (events->empty()) {
    return section("events", "Events", empty_note("Nothing has happened yet. The first good poll sets the baseline silently."));
  }
  std::string rows;
  for (const auto& event : *events) rows += event_row(event, now);
  constexpr std::array<Column, 2> kColumns{{{"When", "short"}, {"What"}}};
  return section("events", "Events",
                 table("The latest confirmed events, newest first", kColumns, rows) +
                     "<p class=\"more\"><a href=\"api/v1/events\">All events as JSON</a>.</p>\n");
}

std::string webhooks_section(const Snapshot& snapshot) {
  std::string rows;
  for (const auto& webhook : snapshot.webhooks) {
    if (webhook) rows += webhook_row(*webhook, snapshot.at);
  }
  if (rows.empty())
    return section("webhooks", "Webhooks", empty_note("No webhook is configured: events are stored, but nobody is told."));
  constexpr std::array<Column, 4> kColumns{{{"Webhook"}, {"Delivered", "number"}, {"Pending", "number"}, {"Dead", "number"}}};
  return section("webhooks", "Webhooks", table("Who is told", kColumns, rows));
}

}  // namespace modelvane
