#include "daemon/catalog/endings.h"

#include <algorithm>
#include <utility>

#include "daemon/catalog/read_catalog.h"
#include "daemon/text/time.h"

namespace modelvane {
namespace {

bool is_before(const Lifecycle& a, const Lifecycle& b) {
  return a.id < b.id;
}

}  // namespace

std::expected<Catalog, ReadError> read_endings(const EndingsDocument& document,
                                               const std::string& list_prefix,
                                               std::string_view body) {
  Reading reading;
  reading.shape.items = document.items;
  reading.shape.id = document.id;
  reading.shape.where = document.where;
  reading.shape.strip_prefix = list_prefix;
  reading.lifecycle = document.fields;
  reading.own.lifecycle = true;
  auto catalog = read_catalog(body, reading, {}, Extent::Document);
  // That none of its rows is wanted is an answer, too.
  if (!catalog && catalog.error().reason == Reason::Empty) return Catalog{};
  if (!catalog) return catalog;
  for (auto& ending : catalog->lifecycles) ending.source = document.source;
  return catalog;
}

std::optional<Lifecycle> ending_in_headers(
    const std::string& id, const std::function<std::string_view(std::string_view)>& header) {
  const auto sunset = parse_http_date(header("sunset"));
  if (!sunset && header("deprecation").empty()) return std::nullopt;
  return Lifecycle{
      .id = id, .retires_at = sunset, .replacement = "", .source = std::string{kHeaderSource}};
}

void add_endings(Catalog& catalog, const std::vector<Lifecycle>& endings) {
  auto& all = catalog.lifecycles;
  std::vector<Lifecycle> added;
  for (const auto& ending : endings) {
    const auto found = std::lower_bound(all.begin(), all.end(), ending, is_before);
    if (found == all.end() || found->id != ending.id) {
      added.push_back(ending);
    } else if (!found->retires_at && ending.retires_at) {
      const auto replacement = std::exchange(found->replacement, "");
      *found = ending;
      if (found->replacement.empty()) found->replacement = replacement;
    }
  }
  all.insert(all.end(), std::make_move_iterator(added.begin()),
             std::make_move_iterator(added.end()));
  std::ranges::stable_sort(all, is_before);
  const auto repeated = std::ranges::unique(all, {}, &Lifecycle::id);
  all.erase(repeated.begin(), repeated.end());
}

}  // namespace modelvane
