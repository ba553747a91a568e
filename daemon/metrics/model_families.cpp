#include <unordered_set>

#include "daemon/metrics/families.h"
#include "daemon/metrics/label_text.h"

namespace modelvane {

void add_model_families(std::span<const EndpointSeries> endpoints, Exposition& out) {
  Family family{out, "modelvane_model_retirement_timestamp_seconds", FamilyType::Gauge,
                "When the model will end or has ended, in Unix time, as far as the list says; "
                "replacement may be empty."};
  for (const auto& endpoint : endpoints) {
    std::unordered_set<std::string> seen;
    for (const auto& retirement : endpoint.known->retirements) {
      auto model = label_text(retirement.model);
      if (!retirement.at || !seen.insert(model).second) continue;
      family.add(endpoint.labels,
                 {{"model", std::move(model)}, {"replacement", label_text(retirement.replacement)}},
                 to_seconds(*retirement.at));
    }
  }
  family.flush();
}

}  // namespace modelvane
