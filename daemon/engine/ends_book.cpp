#include "daemon/engine/ends_book.h"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/catalog/endings.h"
#include "daemon/catalog/targets.h"

namespace modelvane {
namespace {

// What the endpoint's own sources say, each named: its list is called by the endpoint's name. What
// headers say is heard only now and then, and stands in between.
std::vector<Lifecycle> own_ends(const std::string& endpoint, const Catalog& catalog,
                                const EndpointState& state) {
  std::vector<Lifecycle> ends;
  for (const auto& end : catalog.lifecycles) {
    if (end.source == kHeaderSource) continue;
    ends.push_back(end);
    if (end.source.empty()) ends.back().source = endpoint;
  }
  if (!state.endings) return ends;
  for (const auto& [model, ending] : *state.endings) {
    const auto& known = ending.ending.known;
    if (known && known->source == kHeaderSource)
      ends.push_back({model, known->at, known->replacement, endpoint});
  }
  std::ranges::stable_sort(ends, {}, &Lifecycle::id);
  return ends;
}

bool reads_ends(const Reading& reading) {
  const auto& fields = reading.lifecycle;
  return !fields.retires_at.empty() || !fields.replacement.empty() || !fields.deprecated.empty();
}

std::set<std::string, std::less<>> targets_of(const EndpointState& state, const Catalog& catalog) {
  std::set<std::string, std::less<>> targets;
  for (const auto& row : catalog.aliases) {
    for (const auto target : targets_in(row.target)) targets.emplace(target);
  }
  for (const auto& [id, alias] : state.aliases) {
    for (const auto target : targets_in(alias.target())) targets.emplace(target);
  }
  return targets;
}

bool is_sooner(const Lifecycle& a, const Lifecycle& b) {
  if (a.retires_at.has_value() != b.retires_at.has_value()) return a.retires_at.has_value();
  return a.retires_at < b.retires_at;
}

}  // namespace

void EndsBook::keep(const std::vector<EndpointConfig>& endpoints) {
  std::map<std::string, Told> kept;
  for (const auto& endpoint : endpoints) {
    auto known = told_.extract(endpoint.name);
    auto& told = known ? kept.insert(std::move(known)).position->second : kept[endpoint.name];
    told.feed = endpoint.reading.endings ? endpoint.reading.endings->source : "";
  }
  told_ = std::move(kept);
  ++version_;
}

void EndsBook::tell(const std::string& endpoint, const std::shared_ptr<const Catalog>& catalog,
                    const EndpointState& state) {
  const auto found = told_.find(endpoint);
  if (found == told_.end() || found->second.catalog == catalog) return;
  auto& told = found->second;
  const bool is_first = !std::exchange(told.catalog, catalog);
  auto ends = own_ends(endpoint, *catalog, state);
  if (!is_first && ends == told.ends) return;
  told.ends = std::move(ends);
  ++version_;
}

const Lifecycle* EndsBook::find(const std::string& model, const std::string& except) const {
  const Lifecycle* best = nullptr;
  for (const auto& [endpoint, told] : told_) {
    if (endpoint == except) continue;
    const auto found = std::ranges::lower_bound(told.ends, model, {}, &Lifecycle::id);
    if (found == told.ends.end() || found->id != model) continue;
    if (best == nullptr || is_sooner(*found, *best)) best = &*found;
  }
  return best;
}

// Whoever is called so has not been polled yet, or is polled elsewhere: no word is not "no end".
bool EndsBook::is_silent(const std::string& source) const {
  return std::ranges::any_of(told_, [&](const auto& entry) {
    const auto& [endpoint, told] = entry;
    return !told.catalog && (endpoint == source || told.feed == source);
  });
}

std::shared_ptr<const Catalog> EndsBook::join(const EndpointConfig& endpoint,
                                              const EndpointState& state,
                                              std::shared_ptr<const Catalog> catalog,
                                              Heard& heard) const {
  if (heard.whole && heard.from == catalog && heard.version == version_) return heard.whole;
  const bool speaks_for_itself = reads_ends(endpoint.reading);
  std::vector<Lifecycle> ends;
  for (const auto& target : targets_of(state, *catalog)) {
    if (speaks_for_itself && catalog->has(target)) continue;
    if (const auto* end = find(target, endpoint.name)) ends.push_back(*end);
  }
  std::vector<std::string> silent;
  if (state.endings) {
    for (const auto& [model, ending] : *state.endings) {
      const auto& known = ending.ending.known;
      if (known && !known->source.empty() && is_silent(known->source))
        silent.push_back(known->source);
    }
  }
  auto whole = catalog;
  if (!ends.empty() || !silent.empty()) {
    auto joined = *catalog;
    add_endings(joined, ends);
    joined.silent_sources.insert(joined.silent_sources.end(), silent.begin(), silent.end());
    // What others said before, and say again, is the same catalog.
    whole = heard.whole && joined == *heard.whole
                ? heard.whole
                : std::make_shared<const Catalog>(std::move(joined));
  }
  heard = {.from = std::move(catalog), .version = version_, .whole = whole};
  return whole;
}

}  // namespace modelvane
