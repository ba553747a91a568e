#include "daemon/catalog/rule_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/catalog/lifecycle.h"
#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/model_id.h"
#include "daemon/text/labels.h"

namespace modelvane {
namespace {

using Kind = JsonValue::Kind;

// Place n of each part, joined; "" where one of them has nothing there.
std::string join_at(const std::vector<std::vector<std::string>>& parts, std::size_t n,
                    const std::string& with) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[i].size() == 1 ? parts[i].front() : parts[i][n];
    if (part.empty()) return "";
    text.append(i == 0 ? "" : with).append(part);
  }
  return text;
}

// Parts of one text go with every text of the others; sets must be of equal size.
std::vector<std::string> joined(const std::vector<std::vector<std::string>>& parts,
                                const std::string& with) {
  std::size_t size = 1;
  for (const auto& part : parts) size = part.size() == 1 ? size : part.size();
  std::vector<std::string> texts;
  const bool fits = std::ranges::all_of(
      parts, [&](const auto& part) { return part.size() == 1 || part.size() == size; });
  for (std::size_t n = 0; fits && n < size; ++n) texts.push_back(join_at(parts, n, with));
  return texts;
}

}  // namespace

std::optional<std::string> target_in(const AliasRule& rule, std::string_view text,
                                     std::string_view list_prefix) {
  const auto part = rule.match ? rule.match->cut_from(text) : std::optional{text};
  const auto target = part ? model_id(*part, rule.strip_prefix) : std::nullopt;
  return target && !rule.opaque ? model_id(*target, list_prefix) : target;
}

RuleValue::RuleValue(const AliasRule& rule, PointerTree& row) : rule_(&rule) {
  if (rule.join.empty()) slots_.push_back(row.add(rule.pointer));
  for (const auto& pointer : rule.join) slots_.push_back(row.add(pointer));
}

// A number is a version, and no model's name.
bool RuleValue::has_text(const JsonValue& value) const {
  const bool may_be_number = rule_->opaque || !rule_->join.empty();
  return value.is_text() || (may_be_number && value.kind == Kind::Number);
}

std::vector<std::string> RuleValue::texts(const JsonValue& value) const {
  if (has_text(value)) return {value.text};
  return value.kind == Kind::Array ? value.texts : std::vector<std::string>{};
}

std::vector<std::string> RuleValue::targets(std::span<const JsonValue> values,
                                            std::string_view list_prefix) const {
  // Most rows have one text, or none.
  const auto& only = values[slots_.front()];
  if (slots_.size() == 1 && only.kind != Kind::Array) {
    auto target = has_text(only) ? target_in(*rule_, only.text, list_prefix) : std::nullopt;
    return target ? std::vector{std::move(*target)} : std::vector<std::string>{};
  }
  std::vector<std::vector<std::string>> parts;
  for (const auto slot : slots_) parts.push_back(texts(values[slot]));
  std::vector<std::string> targets;
  for (const auto& text : joined(parts, rule_->with)) {
    if (auto target = target_in(*rule_, text, list_prefix)) targets.push_back(std::move(*target));
  }
  std::ranges::sort(targets);
  const auto repeated = std::ranges::unique(targets);
  targets.erase(repeated.begin(), repeated.end());
  targets.resize(std::min(targets.size(), kTargetsMax + 1));
  return targets;
}

bool RuleValue::is_broken(std::span<const JsonValue> values) const {
  return std::ranges::any_of(slots_,
                             [&](std::size_t slot) { return values[slot].kind == Kind::Broken; });
}

bool PointerUse::fits(const JsonValue& value) const {
  const auto kind = value.kind;
  if (kind == Kind::Null || kind == Kind::Broken) return true;
  const bool is_array_of_texts = kind == Kind::Array && (!value.texts.empty() || value.raw == "[]");
  switch (wants_) {
    case Wants::Texts: return kind == Kind::Text || is_array_of_texts;
    case Wants::TextsOrNumbers:
      return kind == Kind::Text || kind == Kind::Number || is_array_of_texts;
    case Wants::Array: return is_array_of_texts;
    case Wants::Date: return is_date(value) || (value.is_text() && value.text.empty());
    case Wants::Flag: return value.is_text() || is_array_of_texts || yes_or_no(value);
    case Wants::Anything: return kind != Kind::Missing;
  }
  return false;
}

void PointerUse::see(std::span<const JsonValue> values) {
  if (is_found_) return;
  const auto& value = values[slot_];
  is_found_ = fits(value);
  if (value.kind == Kind::Missing) return;
  other_ = value.kind;
  if (value.is_text() && value.text.size() <= kExampleBytesMax && model_id(value.text))
    example_ = value.text;
}

std::string PointerUse::problem(std::size_t rows, const std::string& members) const {
  if (is_found_ || rows == 0) return "";
  if (other_ == Kind::Missing) {
    return fmt::format("{} finds nothing in any of the {} rows; the first has {}", what_, rows,
                       members);
  }
  constexpr auto kWanted = labelled<Wants>({
      {Wants::Texts, "a text"},
      {Wants::TextsOrNumbers, "a text or a number"},
      {Wants::Array, "an array of texts"},
      {Wants::Date, "a date"},
      {Wants::Flag, "true, false or a word"},
      {Wants::Anything, "a value"},
  });
  return fmt::format("{} finds {} in no row, but values of the kind {}{}; the first row has {}",
                     what_, kWanted.label(wants_), name_of(other_),
                     example_.empty() ? "" : fmt::format(", such as \"{}\"", example_), members);
}

}  // namespace modelvane
