#include "daemon/web/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/core/schedule.h"
#include "daemon/web/html.h"
#include "daemon/web/page_tables.h"
#include "style_css.h"

namespace modelvane {
namespace {

constexpr std::size_t kEventsOnPage = 20;

// The address of the style sheet changes with its content, so that browsers may keep it and still never show an old one.
std::string style_version() {
  return fmt::format("{:016x}", stable_hash(kStyleCss));
}

// A configuration's errors come one per line; the first ones are enough to start mending.
constexpr std::size_t kBannerLinesMax = 10;

std::string banner(std::string_view title, std::string_view sentences) {
  std::string lines;
  for (std::size_t i = 0; i < kBannerLinesMax && !sentences.empty(); ++i) {
    const auto end = sentences.find('\n');
    lines += (i == 0 ? "" : "<br>") + html::escape(sentences.substr(0, end));
    sentences.remove_prefix(end == std::string_view::npos ? sentences.size() : end + 1);
  }
  if (!sentences.empty()) lines += "<br>…";
  return fmt::format("<div class=\"banner\" role=\"alert\"><strong>{}</strong> {}</div>\n", title, lines);
}

std::string banners(const DaemonView& daemon) {
  std::string text;
  if (!daemon.store_ok) text += banner("The store does not work.", daemon.store_sentence);
  if (!daemon.reload_ok)
    text += banner("The changed configuration was not taken over; the one before is in use.", daemon.reload_sentence);
  return text;
}

std::string tile(std::string_view number, std::string_view text, bool is_bad) {
  return fmt::format("<li class=\"{}\"><b>{}</b> {}</li>\n", is_bad ? "bad" : "", number, text);
}

std::string tiles(const Snapshot& snapshot) {
  std::size_t up = 0;
  std::size_t aliases = 0;
  std::size_t unsettled = 0;
  std::size_t broken_pins = 0;
  for (const auto& endpoint : snapshot.endpoints) {
    if (!endpoint) continue;
    up += endpoint->last_ok ? 1 : 0;
    if (!endpoint->known) continue;
    for (const auto& alias : endpoint->known->aliases) {
      ++aliases;
      unsettled += alias.pending || alias.unstable ? 1 : 0;
      broken_pins += alias.pin && !alias.pin->ok ? 1 : 0;
    }
  }
  std::uint64_t pending = 0;
  std::uint64_t dead = 0;
  for (const auto& webhook : snapshot.webhooks) {
    pending += webhook ? webhook->pending : 0;
    dead += webhook ? webhook->dead_letters : 0;
  }
  return "<ul class=\"tiles\">\n" +
         tile(fmt::format("{}/{}", up, snapshot.endpoints.size()), "endpoints up", up < snapshot.endpoints.size()) +
         tile(std::to_string(aliases), "aliases", false) + tile(std::to_string(unsettled), "pending or unstable", false) +
         tile(std::to_string(broken_pins), broken_pins == 1 ? "broken pin" : "broken pins", broken_pins > 0) +
         tile(std::to_string(pending), "deliveries pending", false) +
         tile(std::to_string(dead), dead == 1 ? "dead letter" : "dead letters", dead > 0) + "</ul>\n";
}

constexpr std::string_view kFrame = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="10">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css?v={style}">
</head>
<body>
<header>
<h1>modelvane</h1>
<p>a weather vane for model aliases</p>
<nav aria-label="Machine-readable"><a href="metrics">Metrics</a> <a href="api/v1/endpoints">Endpoints</a>
<a href="api/v1/aliases">Aliases</a> <a href="api/v1/events">Events</a> <a href="api/v1/status">Status</a></nav>
</header>
<main>
{content}</main>
<footer>{instance}modelvane {version} · up {uptime} · as of {now} · renews itself every 10 s</footer>
</body>
</html>
)";

std::string title(const Snapshot& snapshot) {
  const auto& instance = snapshot.daemon.instance;
  return instance.empty() ? "modelvane" : "modelvane · " + html::escape(instance);
}

}  // namespace

Reply page(const Snapshot& snapshot, EventQuery& events) {
  const auto latest = events.events({.limit = kEventsOnPage});
  const auto& daemon = snapshot.daemon;
  const auto content = banners(daemon) + tiles(snapshot) + aliases_section(snapshot) + events_section(latest, snapshot.at) +
                       endpoints_section(snapshot) + webhooks_section(snapshot);
  const auto instance = daemon.instance.empty() ? std::string{} : html::escape(daemon.instance) + " · ";
  auto body =
      fmt::format(kFrame, fmt::arg("title", title(snapshot)), fmt::arg("style", style_version()), fmt::arg("content", content),
                  fmt::arg("instance", instance), fmt::arg("version", html::escape(daemon.version)),
                  fmt::arg("uptime", html::rough(snapshot.at - daemon.started)), fmt::arg("now", to_rfc3339(snapshot.at)));
  return {
      .content_type = "text/html; charset=utf-8",
      .body = std::move(body),
      .headers = {
          {"Content-Security-Policy",
           "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}}};
}

std::optional<Reply> page_file(std::string_view path) {
  if (path != "/style.css") return std::nullopt;
  return Reply{.content_type = "text/css; charset=utf-8",
               .body = std::string{kStyleCss},
               .headers = {{"Cache-Control", "public, max-age=86400"}}};
}

}  // namespace modelvane
