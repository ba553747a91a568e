#include "daemon/web/metrics_page.h"

#include <algorithm>
#include <charconv>

#include "daemon/http/gzip.h"
#include "daemon/text/ascii.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

// RFC 9110 12.4.2: what cannot be read is not wanted.
double weight_of(std::string_view text) {
  double weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  return error == std::errc{} && end == text.data() + text.size() ? weight : 0;
}

struct MediaRange {
  std::string type;
  std::string version;  // "" = any
  double weight = 1;
};

MediaRange read_range(std::string_view text) {
  MediaRange range{.type = to_lower(trimmed(take_until(text, ";")))};
  while (!text.empty()) {
    auto value = take_until(text, ";");
    const auto name = to_lower(trimmed(take_until(value, "=")));
    if (name == "q") range.weight = weight_of(trimmed(value));
    if (name == "version") range.version = trimmed(value);
  }
  return range;
}

}  // namespace

// Versions from: Prometheus's scrape/scrape.go, and the specification. 0.0.1 was its draft; what is
// written here is the same in both.
MetricsFormat wanted_format(std::string_view accept) {
  double text = 0;
  double open_metrics = 0;
  while (!accept.empty()) {
    const auto range = read_range(take_until(accept, ","));
    if (range.type == "application/openmetrics-text") {
      const bool is_known =
          range.version.empty() || range.version == "1.0.0" || range.version == "0.0.1";
      if (is_known) open_metrics = std::max(open_metrics, range.weight);
    } else if (range.type == "text/plain") {
      text = std::max(text, range.weight);
    }
  }
  return open_metrics > 0 && open_metrics >= text ? MetricsFormat::OpenMetrics
                                                  : MetricsFormat::Text;
}

Reply metrics_reply(SharedText text, MetricsFormat format) {
  const bool is_text = format == MetricsFormat::Text;
  return {.content_type = is_text ? "text/plain; version=0.0.4; charset=utf-8"
                                  : "application/openmetrics-text; version=1.0.0; charset=utf-8",
          .body = std::move(text),
          .headers = {{"Vary", "Accept"}}};
}

Reply MetricsPage::plain(MetricsFormat format) {
  auto text = texts_[static_cast<std::size_t>(format)].plain.get(
      [&] { return SharedText{render_metrics(snapshot_(), format)}; });
  return metrics_reply(std::move(text), format);
}

Reply MetricsPage::reply(MetricsFormat format, bool accepts_gzip) {
  if (accepts_gzip) {
    return texts_[static_cast<std::size_t>(format)].packed.get([&] {
      auto reply = plain(format);
      compress(true, reply);
      return reply;
    });
  }
  auto reply = plain(format);
  compress(false, reply);
  return reply;
}

}  // namespace modelvane
