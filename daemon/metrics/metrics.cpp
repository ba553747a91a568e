#include "daemon/metrics/metrics.h"

#include "daemon/metrics/families.h"

namespace modelvane {

namespace {

void add_endpoints(const Snapshot& snapshot, Exposition& out) {
  const auto endpoints = endpoint_series(snapshot);
  add_endpoint_families(endpoints, out);
  add_alias_families(endpoints, out);
  add_model_families(endpoints, out);
}

}  // namespace

std::string render_endpoint_metrics(const Snapshot& snapshot, MetricsFormat format) {
  Exposition out{format};
  add_endpoints(snapshot, out);
  return out.take_text();
}

std::string render_metrics(const Snapshot& snapshot, MetricsFormat format) {
  Exposition out{format};
  add_endpoints(snapshot, out);
  add_webhook_families(snapshot, out);
  add_daemon_families(snapshot, out);
  add_discovery_families(snapshot, out);
  add_process_families(out);
  return out.take_text();
}

}  // namespace modelvane
