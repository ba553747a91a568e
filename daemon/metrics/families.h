// The families by what they are about. Each function writes its families to the exposition, in the
// order of docs/METRICS.md.
#pragma once

#include <span>

#include "daemon/engine/snapshot.h"
#include "daemon/metrics/endpoint_series.h"
#include "daemon/metrics/family.h"

namespace modelvane {

void add_endpoint_families(std::span<const EndpointSeries> endpoints, Exposition& out);
void add_alias_families(std::span<const EndpointSeries> endpoints, Exposition& out);
void add_model_families(std::span<const EndpointSeries> endpoints, Exposition& out);
void add_webhook_families(const Snapshot& snapshot, Exposition& out);
void add_daemon_families(const Snapshot& snapshot, Exposition& out);
void add_discovery_families(const Snapshot& snapshot, Exposition& out);
// From /proc/self. What cannot be read is left out.
void add_process_families(Exposition& out);

}  // namespace modelvane
