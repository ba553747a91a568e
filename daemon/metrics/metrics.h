// The Prometheus text (format 0.0.4) of one snapshot: a pure rendering, but for the process_*
// families, which are read from /proc. Everything is made anew for each scrape, so that a moved
// alias leaves no stale series behind. Any thread. Every name, label and meaning stands in
// docs/METRICS.md; a test compares the two.
#pragma once

#include <string>

#include "daemon/engine/snapshot.h"

namespace modelvane {

std::string render_metrics(const Snapshot& snapshot);
// The series of these endpoints alone.
std::string render_endpoint_metrics(const Snapshot& snapshot);

}  // namespace modelvane
