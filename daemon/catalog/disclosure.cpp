#include "daemon/catalog/disclosure.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/catalog/json_path.h"
#include "daemon/catalog/mend_json.h"
#include "daemon/catalog/model_id.h"
#include "daemon/catalog/rule_value.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

std::string json_escape(std::string_view text) {
  const auto quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::optional<std::string> text_at(std::string_view answer, const std::string& pointer) {
  std::string storage;
  const auto value = pick(answer, steps_of(pointer), storage);
  return value.is_text() ? model_id(value.text) : std::nullopt;
}

// Values of headers are ASCII (RFC 9110, 5.5); anything else there is no model's name.
std::optional<std::string> text_of_header(std::string_view value) {
  const bool is_ascii = std::ranges::all_of(value, [](unsigned char c) { return c < 0x80; });
  return is_ascii ? model_id(value) : std::nullopt;
}

// A header that only names what was asked for does not speak against the answer's body.
std::optional<std::string> target_of(const AliasRule& rule, const std::string& list_prefix,
                                     const std::string& alias, std::string_view answer,
                                     std::string_view header) {
  const auto named = text_of_header(header);
  auto target = named ? target_in(rule, *named, list_prefix) : std::nullopt;
  if ((target && *target != alias) || rule.pointer.empty()) return target;
  const auto text = text_at(answer, rule.pointer);
  auto of_body = text ? target_in(rule, *text, list_prefix) : std::nullopt;
  return of_body ? of_body : target;
}

ReadError unread_disclosure(Reason reason, std::string_view why) {
  return {reason, fmt::format("the answer about an alias {}", why)};
}

// The answer as valid JSON.
std::expected<std::string, ReadError> checked_answer(std::string_view body) {
  if (body.size() > kAnswerBytesMax) {
    return std::unexpected(unread_disclosure(
        Reason::TooLarge, fmt::format("is larger than {} bytes", kAnswerBytesMax)));
  }
  if (Json::accept(body)) return std::string{body};
  const auto mended = mend_json(body);
  if (mended) body = mended->text;
  if (!Json::accept(body))
    return std::unexpected(unread_disclosure(Reason::NotJson, "is not JSON"));
  return std::string{body};
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
  if (std::ranges::none_of(reading.rules, is_asked, &AliasRule::kind)) return {};
  auto ids = catalog.undisclosed;
  for (const auto& id : reading.alias_names.ids) {
    if (!catalog.find_alias(id)) ids.push_back(id);
  }
  // What is known of these stands: an answer by another rule would only replace it as a baseline.
  std::erase_if(ids, [&](const std::string& id) { return has(catalog.unasked, id); });
  sort_unique(ids);
  return ids;
}

bool names_model(const AliasRule& rule, std::string_view answer) {
  const auto checked = checked_answer(answer);
  return checked && text_at(*checked, rule.pointer).has_value();
}

std::expected<std::optional<std::string>, ReadError> read_disclosure(
    const AliasRule& rule, const std::string& list_prefix, const std::string& alias,
    std::string_view body, const std::function<std::string_view(std::string_view)>& header) {
  const auto answer = checked_answer(body);
  if (!answer) return std::unexpected(answer.error());
  auto target = target_of(rule, list_prefix, alias, *answer,
                          rule.header.empty() ? std::string_view{} : header(rule.header));
  if (!target) return std::nullopt;
  const bool is_alias = *target == alias;
  const auto& pointer = is_alias ? rule.alias_fingerprint : rule.fingerprint;
  const auto stamp = pointer.empty() ? std::nullopt : text_at(*answer, pointer);
  if (stamp) return *target + "@" + *stamp;
  return is_alias ? std::nullopt : target;
}

Catalog with_disclosures(Catalog catalog, const std::vector<AliasRow>& disclosed,
                         const std::vector<std::string>& undisclosed,
                         const std::vector<std::string>& unasked) {
  std::vector<AliasRow> rows;
  for (const auto& row : disclosed) {
    if (!catalog.find_alias(row.id)) rows.push_back(row);
  }
  catalog.aliases.insert(catalog.aliases.end(), rows.begin(), rows.end());
  std::ranges::sort(catalog.aliases, {}, &AliasRow::id);
  const auto has_target = [&](const std::string& id) { return catalog.find_alias(id) != nullptr; };
  catalog.unasked.insert(catalog.unasked.end(), unasked.begin(), unasked.end());
  std::erase_if(catalog.unasked, has_target);
  sort_unique(catalog.unasked);
  catalog.undisclosed.insert(catalog.undisclosed.end(), undisclosed.begin(), undisclosed.end());
  std::erase_if(catalog.undisclosed,
                [&](const std::string& id) { return has_target(id) || has(catalog.unasked, id); });
  sort_unique(catalog.undisclosed);
  return catalog;
}

}  // namespace modelvane
