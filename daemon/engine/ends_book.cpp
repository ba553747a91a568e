#include "daemon/engine/ends_book.h"

#include <algorithm>
#include <string_view>
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
  return ends;
}

bool reads_ends(const Reading& reading) {
  const auto& fields = reading.lifecycle;
  return !fields.retires_at.empty() || !fields.replacement.empty() || !fields.deprecated.empty();
}

bool is_sooner(const Lifecycle& a, const Lifecycle& b) {
  if (a.retires_at.has_value() != b.retires_at.has_value()) return a.retires_at.has_value();
  return a.retires_at < b.retires_at;
}

}  // namespace

void EndsBook::keep(const Endpoints& endpoints) {
  std::unordered_map<std::string, Told> kept;
  by_model_.clear();
  silent_.clear();
  for (const auto& endpoint : endpoints) {
    auto known = told_.extract(endpoint->name);
    auto& told = known ? kept.insert(std::move(known)).position->second : kept[endpoint->name];
    told.feed = endpoint->reading->endings ? endpoint->reading->endings->source : "";
    index(endpoint->name, told.ends);
    if (told.catalog) continue;
    silent_.insert(endpoint->name);
    if (!told.feed.empty()) silent_.insert(told.feed);
  }
  told_ = std::move(kept);
  ++version_;
}

void EndsBook::index(const std::string& endpoint, const std::vector<Lifecycle>& ends) {
  for (const auto& end : ends) by_model_[end.id].try_emplace(endpoint, end);
}

void EndsBook::forget(const std::string& endpoint, const std::vector<Lifecycle>& ends) {
  for (const auto& end : ends) {
    const auto found = by_model_.find(end.id);
    if (found == by_model_.end()) continue;
    found->second.erase(endpoint);
    if (found->second.empty()) by_model_.erase(found);
  }
}

void EndsBook::tell(const std::string& endpoint, const std::shared_ptr<const Catalog>& catalog,
                    const EndpointState& state) {
  const auto found = told_.find(endpoint);
  if (found == told_.end() || found->second.catalog == catalog) return;
  auto& told = found->second;
  const bool is_first = !std::exchange(told.catalog, catalog);
  auto ends = own_ends(endpoint, *catalog, state);
  if (!is_first && ends == told.ends) return;
  silent_.erase(endpoint);
  silent_.erase(told.feed);
  forget(endpoint, told.ends);
  index(endpoint, ends);
  told.ends = std::move(ends);
  ++version_;
}

const Lifecycle* EndsBook::find(const std::string& model, const std::string& except) const {
  const auto found = by_model_.find(model);
  if (found == by_model_.end()) return nullptr;
  const Lifecycle* best = nullptr;
  for (const auto& [endpoint, end] : found->second) {
    if (endpoint != except && (best == nullptr || is_sooner(end, *best))) best = &end;
  }
  return best;
}

std::vector<Lifecycle> EndsBook::ends_for(const EndpointConfig& endpoint,
                                          const EndpointState& state,
                                          const Catalog& catalog) const {
  std::vector<Lifecycle> ends;
  if (by_model_.empty()) return ends;
  const bool speaks_for_itself = reads_ends(*endpoint.reading);
  const auto hear = [&](std::string_view targets) {
    for (const auto target : targets_in(targets)) {
      if (speaks_for_itself && catalog.has(target)) continue;
      if (const auto* end = find(std::string{target}, endpoint.name)) ends.push_back(*end);
    }
  };
  for (const auto& row : catalog.aliases) hear(row.target);
  for (const auto& [id, alias] : state.aliases) hear(alias.target());
  std::ranges::stable_sort(ends, {}, &Lifecycle::id);
  const auto repeated = std::ranges::unique(ends, {}, &Lifecycle::id);
  ends.erase(repeated.begin(), repeated.end());
  return ends;
}

std::vector<std::string> EndsBook::silent_for(const EndpointState& state) const {
  std::vector<std::string> silent;
  if (silent_.empty() || !state.endings) return silent;
  for (const auto& [model, ending] : *state.endings) {
    const auto& known = ending.ending.known;
    if (known && silent_.contains(known->source)) silent.push_back(known->source);
  }
  return silent;
}

std::shared_ptr<const Catalog> EndsBook::join(const EndpointConfig& endpoint,
                                              const EndpointState& state,
                                              std::shared_ptr<const Catalog> catalog,
                                              Heard& heard) const {
  if (heard.whole && heard.from == catalog && heard.version == version_) return heard.whole;
  const auto ends = ends_for(endpoint, state, *catalog);
  const auto silent = silent_for(state);
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
