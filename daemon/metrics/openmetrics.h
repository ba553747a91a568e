// The OpenMetrics text format 1.0 of a family, which prometheus-cpp does not know:
// https://prometheus.io/docs/specs/om/open_metrics_spec/. It differs from Prometheus's own in small
// things: a counter is called without _total, bounds of buckets are written as 1.0, and an end
// mark tells a whole text from one that was cut off. Only the types that Family makes.
#pragma once

#include <iosfwd>
#include <string_view>

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace modelvane {

// Comes after the last family.
inline constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

void write_openmetrics(std::ostream& out, const prometheus::MetricFamily& family);

}  // namespace modelvane
