#include "daemon/metrics/endpoint_series.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "daemon/metrics/label_text.h"

namespace modelvane {
namespace {

// The config refuses these names for the user's labels. A second look costs nothing and keeps every
// series unambiguous.
constexpr std::array kOwnLabels{
    std::string_view{"endpoint"}, std::string_view{"alias"},       std::string_view{"target"},
    std::string_view{"rule"},     std::string_view{"reason"},      std::string_view{"phase"},
    std::string_view{"type"},     std::string_view{"le"},          std::string_view{"state"},
    std::string_view{"model"},    std::string_view{"replacement"},
};

bool is_usable(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name[0]) && std::ranges::all_of(name, is_part) &&
         !name.starts_with("__") && std::ranges::find(kOwnLabels, name) == kOwnLabels.end();
}

Labels labels_of(const EndpointView& view, std::string name) {
  Labels labels{{"endpoint", std::move(name)}};
  for (const auto& [key, value] : view.labels) {
    if (is_usable(key)) labels.emplace_back(key, label_text(value));
  }
  return labels;
}

std::vector<AliasSeries> alias_series(const KnownView& known, const Labels& labels) {
  std::vector<AliasSeries> all;
  all.reserve(known.aliases.size());
  std::unordered_set<std::string> seen;
  for (const auto& alias : known.aliases) {
    auto text = label_text(alias.alias);
    if (!seen.insert(text).second) continue;
    AliasSeries series{.view = &alias, .labels = labels};
    series.labels.emplace_back("alias", std::move(text));
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace

std::vector<EndpointSeries> endpoint_series(const Snapshot& snapshot) {
  static const KnownView kNothingKnown;
  std::vector<EndpointSeries> all;
  all.reserve(snapshot.endpoints.size());
  std::unordered_set<std::string> seen;
  for (const auto& view : snapshot.endpoints) {
    if (!view) continue;
    auto name = label_text(view->name);
    if (!seen.insert(name).second) continue;
    EndpointSeries series{.view = view.get(),
                          .known = view->known ? view->known.get() : &kNothingKnown};
    series.labels = labels_of(*view, std::move(name));
    series.aliases = alias_series(*series.known, series.labels);
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace modelvane
