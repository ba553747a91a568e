// Where an alias points: to one target, or to several, which stand as one text, sorted, unique and
// joined by ",".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

// Borrowed from `text`. No target at all: none.
inline std::vector<std::string_view> targets_in(std::string_view text) {
  std::vector<std::string_view> targets;
  while (!text.empty()) {
    const auto comma = text.find(',');
    targets.push_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return targets;
}

// `targets` are sorted and unique.
template <typename Texts>
std::string joined_targets(const Texts& targets) {
  std::string text;
  for (const auto& target : targets) text.append(text.empty() ? "" : ",").append(target);
  return text;
}

}  // namespace modelvane
