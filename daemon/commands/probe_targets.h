// What `modelvane probe` is to ask: endpoints of the configuration, providers by name without one,
// or bare URLs.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/commands/commands.h"
#include "daemon/config/config.h"

namespace modelvane {

struct ProbeTargets {
  std::vector<EndpointConfig> endpoints;
  EgressRules egress;
};

// The error is a sentence, or several, one on each line. A key of a preset whose variable is not
// set is not sent; standard error says so.
std::expected<ProbeTargets, std::string> probe_targets(const ProbeOptions& options);

}  // namespace modelvane
