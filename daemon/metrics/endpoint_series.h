// What the series of one endpoint have in common: its labels, made once per scrape, and its aliases
// under the names that labels show.
#pragma once

#include <string>
#include <vector>

#include "daemon/engine/snapshot.h"
#include "daemon/metrics/family.h"

namespace modelvane {

struct AliasSeries {
  const AliasView* view = nullptr;  // borrowed from the snapshot
  Labels labels;                    // those of the endpoint, and `alias`
};

struct EndpointSeries {
  const EndpointView* view = nullptr;  // borrowed from the snapshot
  const KnownView* known = nullptr;    // never null
  Labels labels;                       // `endpoint` and the user's own
  std::vector<AliasSeries> aliases;
};

// Where cleaning makes two endpoints, or two aliases of one endpoint, look alike, the first stays
// and the other is left out: two equal series in one scrape are an error that Prometheus does not
// report.
std::vector<EndpointSeries> endpoint_series(const Snapshot& snapshot);

}  // namespace modelvane
