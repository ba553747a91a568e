// Grafana annotations: a vertical line where something happened; for an outage that has ended, its
// whole region. Dashboards show them by the tag `modelvane`. Grafana shows the text as HTML, so
// others' text is escaped.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : slack_escaped(text))
    html += c == '"' ? "&quot;" : c == '\'' ? "&#39;" : std::string{c};
  return html;
}

// When it happened rather than when it was confirmed: the first poll that saw it.
Time moment(const Event& event) {
  return event.observed_between ? event.observed_between->second : event.time;
}

}  // namespace

Payload render_grafana_annotation(const Occasion& occasion) {
  const auto message = occasion.message();
  const auto& event = occasion.first().event;
  const auto end = moment(event);
  const auto start =
      event.type == EventType::EndpointUp && event.lasted ? end - *event.lasted : end;
  Json tags = Json::array({"modelvane", name(event.type), event.endpoint});
  if (!event.about().empty()) tags.push_back(message.about);
  if (event.drill) tags.push_back("drill");
  auto text = escaped((event.drill ? "DRILL: " : "") + harmless(message.summary));
  if (!message.link.empty())
    text += fmt::format(" <a href=\"{}\">{}</a>", escaped(message.link), message.short_id);
  Json body{{"time", milliseconds(start)}};
  if (start != end) body["timeEnd"] = milliseconds(end);
  body["tags"] = tags;
  body["text"] = text;
  return {.body = text_of(body), .path = "/api/annotations"};
}

}  // namespace modelvane
