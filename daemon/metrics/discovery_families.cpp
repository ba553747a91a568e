#include "daemon/metrics/families.h"
#include "daemon/metrics/label_text.h"

namespace modelvane {

void add_discovery_families(const Snapshot& snapshot, Exposition& out) {
  Family ok{out, "modelvane_service_discovery_up", FamilyType::Gauge,
            "1 when the last look at the source gave a list of targets, 0 when it did not: the "
            "last good one counts."};
  Family failures{out, "modelvane_service_discovery_failures_total", FamilyType::Counter,
                  "Looks at the source that gave no list that could be used."};
  Family endpoints{out, "modelvane_service_discovery_endpoints", FamilyType::Gauge,
                   "Endpoints made of the source's last good list."};
  Family success{out, "modelvane_service_discovery_last_success_timestamp_seconds",
                 FamilyType::Gauge, "When the source last gave a list of targets, in Unix time."};
  for (const auto& source : snapshot.discovery) {
    const Labels labels{{"source", label_text(source.name)}};
    ok.add(labels, source.is_ok ? 1 : 0);
    failures.add(labels, static_cast<double>(source.failures));
    endpoints.add(labels, static_cast<double>(source.endpoints));
    if (source.last_success) success.add(labels, to_seconds(*source.last_success));
  }
  for (auto* family : {&ok, &failures, &endpoints, &success}) family->flush();
}

}  // namespace modelvane
