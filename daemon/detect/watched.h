// Who is watched, and by which numbers: constant between reloads.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/detect/policy.h"
#include "daemon/events/event.h"

namespace modelvane {

struct Watched {
  std::string endpoint;
  std::string instance;  // makes event ids of two installations differ
  Policy policy;
  std::map<std::string, std::vector<std::string>> pins;  // alias -> approved targets
  std::map<std::string, std::string> labels;
  bool is_in_maintenance = false;  // it may be down without anybody being told
  std::string compare;             // the group whose endpoints are compared; "" = none
  std::vector<std::string> hints;  // the watched pointers, in the order of HintRow::values
};

}  // namespace modelvane
