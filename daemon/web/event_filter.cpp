#include "daemon/web/event_filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/text/glob.h"

namespace modelvane {
namespace {

// More patterns than there are types say nothing new, and each costs the store a comparison per
// row.
constexpr std::size_t kTypesMax = 32;

// A pattern that no type can match is a spelling mistake, not an empty result.
std::vector<std::string> read_types(Parameters& parameters) {
  auto types = parameters.list("type");
  if (types.size() > kTypesMax)
    parameters.refuse(400, fmt::format("parameter type takes at most {} patterns", kTypesMax));
  for (const auto& pattern : types) {
    const auto matches = [&](std::string_view name) { return glob_matches(pattern, name); };
    if (std::ranges::any_of(kEventTypes.labels(), matches)) continue;
    parameters.refuse(400, fmt::format("parameter type: no event type matches \"{}\"; the types "
                                       "are {}, and * stands for any part "
                                       "of one",
                                       pattern, fmt::join(kEventTypes.labels(), ", ")));
  }
  return types;
}

}  // namespace

EventFilter read_event_filter(Parameters& parameters) {
  EventFilter filter;
  filter.endpoint = parameters.text("endpoint");
  filter.alias = parameters.text("alias");
  filter.types = read_types(parameters);
  return filter;
}

bool chooses(const EventFilter& filter, const StoredEvent& event) {
  const auto matches = [&](const std::string& pattern) {
    return glob_matches(pattern, name(event.type));
  };
  return (filter.endpoint.empty() || filter.endpoint == event.endpoint) &&
         (filter.alias.empty() || filter.alias == event.alias) &&
         (filter.types.empty() || std::ranges::any_of(filter.types, matches));
}

}  // namespace modelvane
