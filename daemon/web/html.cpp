#include "daemon/web/html.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "daemon/metrics/label_text.h"

namespace modelvane::html {

std::string escape(std::string_view text) {
  std::string escaped;
  // The same cleaning as for label values, so that page and metrics name things alike.
  for (const char c : label_text(text)) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string rough(Duration span) {
  using namespace std::chrono;
  constexpr std::array kUnits{std::pair{"d", Duration{days{1}}}, std::pair{"h", Duration{hours{1}}},
                              std::pair{"min", Duration{minutes{1}}}, std::pair{"s", Duration{seconds{1}}}};
  for (const auto& [unit, length] : kUnits) {
    if (span >= length) return fmt::format("{} {}", span / length, unit);
  }
  return "0 s";
}

std::string ago(Time time, Time now) {
  const auto exact = to_rfc3339(time);
  // A clock that was set back makes "in the future" of the past; that is no news here.
  const auto text = now - time < std::chrono::seconds{1} ? "just now" : rough(now - time) + " ago";
  return fmt::format(R"(<time datetime="{0}" title="{0}">{1}</time>)", exact, text);
}

std::string count(std::size_t number, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", number, number == 1 ? singular : plural);
}

}  // namespace modelvane::html
