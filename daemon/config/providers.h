// Provider presets as data: what `provider: internlm` stands for. A preset is a row of a table; a new one needs no code.
#pragma once

#include <span>
#include <string_view>

#include "daemon/core/reading.h"

namespace modelvane {

struct ProviderPreset {
  std::string_view name;
  std::string_view url;  // the full list URL
  std::string_view items;
  std::string_view id;
  std::string_view strip_prefix;
  std::span<const std::string_view> alias_fields;  // pointers of the `field` rules, in order
  std::string_view key_variable;  // Bearer credentials come from here when the endpoint has no authentication of its own
};

// nullptr when there is no preset of that name.
const ProviderPreset* find_provider(std::string_view name);

// Names that a later version fills with a preset; they are known, so that a user is told so.
std::span<const std::string_view> later_providers();

// All of the above, for "did you mean".
std::span<const std::string_view> provider_names();

Reading reading_of(const ProviderPreset& preset);

}  // namespace modelvane
