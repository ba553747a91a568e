#include "daemon/catalog/endings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/catalog/json_path.h"
#include "daemon/catalog/read_catalog.h"
#include "daemon/text/time.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

bool is_wanted(const Json& row, const std::vector<std::pair<std::string, std::string>>& where) {
  const auto text = row.dump(-1, ' ', false, Json::error_handler_t::replace);
  return std::ranges::all_of(where, [&](const auto& one) {
    std::string storage;
    const auto value = pick(text, steps_of(one.first), storage);
    return value.is_text() && value.text == one.second;
  });
}

// The document with the wanted rows only. What is no such document is left as it is: reading it
// says what is wrong.
std::string wanted_rows(const EndingsDocument& document, std::string_view body) {
  auto json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return std::string{body};
  try {
    auto& rows = json.at(Json::json_pointer{document.items});
    if (!rows.is_array()) return std::string{body};
    auto kept = Json::array();
    for (auto& row : rows) {
      if (is_wanted(row, document.where)) kept.push_back(std::move(row));
    }
    rows = std::move(kept);
  } catch (const Json::exception&) {
    return std::string{body};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_before(const Lifecycle& a, const Lifecycle& b) {
  return a.id < b.id;
}

}  // namespace

std::expected<std::vector<Lifecycle>, ReadError> read_endings(const EndingsDocument& document,
                                                              const std::string& list_prefix,
                                                              std::string_view body) {
  Reading reading;
  reading.shape.items = {document.items};
  reading.shape.id = {document.id};
  reading.shape.strip_prefix = list_prefix;
  reading.lifecycle = document.fields;
  const auto text = document.where.empty() ? std::string{body} : wanted_rows(document, body);
  auto catalog = read_catalog(text, reading, {}, Extent::Document);
  // That none of its rows is wanted is an answer, too.
  if (!catalog && catalog.error().reason == Reason::Empty) return std::vector<Lifecycle>{};
  if (!catalog) return std::unexpected(std::move(catalog.error()));
  for (auto& ending : catalog->lifecycles) ending.source = document.source;
  return std::move(catalog->lifecycles);
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
