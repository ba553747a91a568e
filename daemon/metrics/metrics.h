// The text of one snapshot for Prometheus, in its own format (0.0.4) or in that of OpenMetrics
// (1.0): a pure rendering, but for the process_* families, which are read from /proc. Everything is
// made anew for each scrape, so that a moved alias leaves no stale series behind. Any thread. Every
// name, label and meaning stands in docs/METRICS.md; a test compares the two.
#pragma once

#include <string>

#include "daemon/engine/snapshot.h"
#include "daemon/metrics/family.h"

namespace modelvane {

std::string render_metrics(const Snapshot& snapshot, MetricsFormat format = MetricsFormat::Text);
// The series of these endpoints alone.
std::string render_endpoint_metrics(const Snapshot& snapshot,
                                    MetricsFormat format = MetricsFormat::Text);

}  // namespace modelvane
