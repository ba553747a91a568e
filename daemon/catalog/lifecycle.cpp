#include "daemon/catalog/lifecycle.h"

#include <algorithm>
#include <array>

#include "daemon/catalog/model_id.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

using namespace std::chrono;
using Kind = JsonValue::Kind;

// A date outside of these years is a placeholder (0, 1970-01-01, 9999-12-31), and no announcement.
constexpr Time kEarliest = sys_days{year{2000} / 1 / 1};
constexpr Time kLatest = sys_days{year{2200} / 1 / 1};

std::optional<Time> plausible(Time time) {
  return time >= kEarliest && time < kLatest ? std::optional{time} : std::nullopt;
}

std::optional<Time> epoch_seconds(const JsonValue& value) {
  const auto number = number_in<double>(value);
  if (!number || !(*number >= to_seconds(kEarliest)) || !(*number < to_seconds(kLatest)))
    return std::nullopt;
  return Time{seconds{static_cast<std::int64_t>(*number)}};
}

// RFC 3339, a date, or a time without offset, which then means UTC.
std::optional<Time> written_date(const std::string& text) {
  const auto time = parse_rfc3339(text);
  const auto utc = time ? time : parse_rfc3339(text + "Z");
  return utc ? plausible(*utc) : std::nullopt;
}

// What providers call a model that will go, in lower case.
constexpr std::array kEndingWords{std::string_view{"legacy"},      std::string_view{"deprecated"},
                                  std::string_view{"deprecating"}, std::string_view{"retiring"},
                                  std::string_view{"retired"},     std::string_view{"sunset"},
                                  std::string_view{"eol"},         std::string_view{"end_of_life"}};

bool is_ending(const std::string& word, const std::vector<std::string>& words) {
  const auto lower = to_lower(word);
  return std::ranges::find(kEndingWords, lower) != kEndingWords.end() ||
         std::ranges::find(words, word) != words.end();
}

std::optional<Time> date_of_parts(const JsonValue& y, const JsonValue& m, const JsonValue& d) {
  const auto year_number = number_in<int>(y);
  const auto month_number = number_in<unsigned>(m);
  const auto day_number = number_in<unsigned>(d);
  if (!year_number || !month_number || !day_number || *year_number < 0 || *year_number > 9999 ||
      *month_number > 12 || *day_number > 31) {
    return std::nullopt;
  }
  const year_month_day date{year{*year_number}, month{*month_number}, day{*day_number}};
  return date.ok() ? plausible(sys_days{date}) : std::nullopt;
}

}  // namespace

LifecycleReader::LifecycleReader(const LifecycleFields& fields, PointerTree& row)
    : fields_(fields) {
  for (const auto& pointer : fields.retires_at) {
    dates_.push_back({row.add(pointer), row.add(pointer + "/year"), row.add(pointer + "/month"),
                      row.add(pointer + "/day")});
  }
  for (const auto& pointer : fields.replacement) replacements_.push_back(row.add(pointer));
  for (const auto& pointer : fields.deprecated) {
    if (pointer.starts_with(kNegation)) {
      flags_.push_back({row.add(pointer.substr(1)), "false"});
    } else {
      flags_.push_back({row.add(pointer), "true"});
    }
  }
}

void LifecycleReader::watch(std::vector<PointerUse>& uses) const {
  using Wants = PointerUse::Wants;
  for (std::size_t i = 0; i < dates_.size(); ++i)
    uses.emplace_back("lifecycle " + fields_.retires_at[i], dates_[i].whole, Wants::Date);
  for (std::size_t i = 0; i < replacements_.size(); ++i)
    uses.emplace_back("lifecycle " + fields_.replacement[i], replacements_[i], Wants::Texts);
  for (std::size_t i = 0; i < flags_.size(); ++i)
    uses.emplace_back("lifecycle " + fields_.deprecated[i], flags_[i].slot, Wants::Flag);
}

std::optional<Time> LifecycleReader::date(std::span<const JsonValue> values) const {
  for (const auto& [whole, year, month, day] : dates_) {
    const auto& value = values[whole];
    std::optional<Time> time;
    if (value.is_text()) time = written_date(value.text);
    if (value.kind == Kind::Number) time = epoch_seconds(value);
    if (value.kind == Kind::Object) time = date_of_parts(values[year], values[month], values[day]);
    if (time) return time;
  }
  return std::nullopt;
}

std::optional<Lifecycle> LifecycleReader::read(const std::string& id,
                                               std::span<const JsonValue> values,
                                               std::string_view prefix) const {
  Lifecycle lifecycle{.id = id, .retires_at = date(values), .replacement = ""};
  for (const auto slot : replacements_) {
    const auto text = values[slot].is_text() ? model_id(values[slot].text, prefix) : std::nullopt;
    if (!text || *text == id) continue;
    lifecycle.replacement = *text;
    break;
  }
  const bool is_deprecated = std::ranges::any_of(flags_, [&](const FlagSlot& flag) {
    const auto& value = values[flag.slot];
    if (value.is_text()) return is_ending(value.text, fields_.words);
    return value.kind == Kind::Boolean && value.text == flag.deprecated;
  });
  if (!lifecycle.retires_at && lifecycle.replacement.empty() && !is_deprecated) return std::nullopt;
  return lifecycle;
}

}  // namespace modelvane
