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

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace modelvane
