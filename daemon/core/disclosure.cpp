#include "daemon/core/disclosure.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/core/model_id.h"
#include "daemon/core/url.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

std::string json_escape(std::string_view text) {
  const auto quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::optional<std::string> text_at(const Json& answer, const std::string& pointer) {
  const Json::json_pointer place{pointer};
  if (!answer.contains(place) || !answer.at(place).is_string()) return std::nullopt;
  return model_id(answer.at(place).get<std::string>());
}

std::optional<std::string> target_of(const AliasRule& rule, const Json& answer, std::string_view header) {
  auto target = header.empty() ? std::nullopt : model_id(header);
  if (!target && !rule.pointer.empty()) target = text_at(answer, rule.pointer);
  if (target) target = model_id(*target, rule.strip_prefix);
  return target;
}

void sort_unique(std::vector<std::string>& ids) {
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

bool has(const std::vector<std::string>& sorted, const std::string& id) {
  return std::ranges::binary_search(sorted, id);
}

}  // namespace

std::string fill_in(std::string_view text, std::string_view id, Escape escape) {
  constexpr std::string_view kPlace = "{id}";
  const auto safe = escape == Escape::Percent ? percent_encode(id) : json_escape(id);
  std::string result;
  for (auto at = text.find(kPlace); at != std::string_view::npos; at = text.find(kPlace)) {
    result.append(text.substr(0, at)).append(safe);
    text.remove_prefix(at + kPlace.size());
  }
  return result.append(text);
}

std::vector<std::string> to_ask(const Catalog& catalog, const Reading& reading) {
  const auto asks = [](const AliasRule& rule) { return rule.kind == Rule::Lookup || rule.kind == Rule::Echo; };
  if (std::ranges::none_of(reading.rules, asks)) return {};
  auto ids = catalog.undisclosed;
  for (const auto& id : reading.alias_names.ids) {
    if (!catalog.find_alias(id)) ids.push_back(id);
  }
  sort_unique(ids);
  return ids;
}

std::expected<std::optional<std::string>, ReadError> read_disclosure(
    const AliasRule& rule, const std::string& alias, std::string_view body,
    const std::function<std::string_view(std::string_view)>& header) {
  if (body.size() > kAnswerBytesMax) {
    return std::unexpected(
        ReadError{Reason::TooLarge, fmt::format("the answer about an alias is larger than {} bytes", kAnswerBytesMax)});
  }
  const auto answer = Json::parse(body, nullptr, false);
  if (answer.is_discarded()) return std::unexpected(ReadError{Reason::NotJson, "the answer about an alias is not JSON"});
  auto target = target_of(rule, answer, rule.header.empty() ? std::string_view{} : header(rule.header));
  if (!target || *target == alias) return std::nullopt;
  if (rule.fingerprint.empty()) return target;
  const auto stamp = text_at(answer, rule.fingerprint);
  return stamp ? *target + "@" + *stamp : *target;
}

Catalog with_disclosures(Catalog catalog, const std::vector<AliasRow>& disclosed, const std::vector<std::string>& undisclosed,
                         const std::vector<std::string>& unasked) {
  std::vector<AliasRow> rows;
  for (const auto& row : disclosed) {
    if (!catalog.find_alias(row.id)) rows.push_back(row);
  }
  catalog.aliases.insert(catalog.aliases.end(), rows.begin(), rows.end());
  std::ranges::sort(catalog.aliases, {}, &AliasRow::id);
  const auto has_target = [&](const std::string& id) { return catalog.find_alias(id) != nullptr; };
  catalog.unasked = unasked;
  std::erase_if(catalog.unasked, has_target);
  sort_unique(catalog.unasked);
  catalog.undisclosed.insert(catalog.undisclosed.end(), undisclosed.begin(), undisclosed.end());
  std::erase_if(catalog.undisclosed, [&](const std::string& id) { return has_target(id) || has(catalog.unasked, id); });
  sort_unique(catalog.undisclosed);
  return catalog;
}

}  // namespace modelvane
