#include "daemon/store/event_filter_terms.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/text/glob.h"

namespace modelvane {

std::string matching_types(const std::vector<std::string>& globs) {
  std::string types = ",";
  for (const auto type : kEventTypes.labels()) {
    if (std::any_of(globs.begin(), globs.end(),
                    [&](const auto& glob) { return glob_matches(glob, type); }))
      types += fmt::format("{},", type);
  }
  return types;
}

}  // namespace modelvane
