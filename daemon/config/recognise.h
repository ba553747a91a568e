// Whose list is this? By the host of its URL, or by what a saved list looks like.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/config/providers.h"

namespace modelvane {

// The preset whose list stands at the host of `url`, the same path first; nullptr: none.
const ProviderPreset* provider_of_url(std::string_view url);

struct ListMatch {
  const ProviderPreset* preset = nullptr;  // nullptr: no preset reads it
  std::size_t models = 0;
  std::size_t aliases = 0;  // whose targets it tells
};

// The preset that reads the most of a list: targets first, then ends of models.
ListMatch provider_of_list(std::string_view body);

// What to write into the configuration.
std::string endpoint_yaml(const ProviderPreset& preset, std::string_view url);

}  // namespace modelvane
