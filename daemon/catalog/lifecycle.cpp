#include "daemon/catalog/lifecycle.h"

#include <algorithm>
#include <array>
#include <set>

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

// Seconds since 1970, or milliseconds, which no plausible number of seconds could be.
std::optional<Time> epoch_time(double number) {
  constexpr double kMillisFrom = 1e11;
  const double time = number >= kMillisFrom ? number / 1'000 : number;
  if (!(time >= to_seconds(kEarliest)) || !(time < to_seconds(kLatest))) return std::nullopt;
  return Time{seconds{static_cast<std::int64_t>(time)}};
}

std::optional<double> number_of(const std::string& text) {
  return number_in<double>({.kind = Kind::Number, .text = text, .raw = {}, .texts = {}});
}

// RFC 3339, a date, or a time without offset, which then means UTC.
std::optional<Time> parse_date(const std::string& text) {
  const auto time = parse_rfc3339(text);
  return time ? time : parse_rfc3339(text + "Z");
}

std::optional<Time> written_date(const std::string& text) {
  if (const auto time = parse_date(text)) return plausible(*time);
  const auto number = number_of(text);
  return number ? epoch_time(*number) : std::nullopt;
}

// What providers call a model that will go, in lower case.
constexpr std::array kEndingWords{
    std::string_view{"legacy"},        std::string_view{"deprecated"},
    std::string_view{"deprecating"},   std::string_view{"retiring"},
    std::string_view{"retired"},       std::string_view{"sunset"},
    std::string_view{"sunsetting"},    std::string_view{"discontinued"},
    std::string_view{"obsolete"},      std::string_view{"withdrawn"},
    std::string_view{"eol"},           std::string_view{"end_of_life"},
    std::string_view{"end_of_support"}};

// "End of Life", "end-of-life" and END_OF_LIFE are one word.
std::string plain_word(std::string_view word) {
  auto plain = to_lower(word);
  std::ranges::replace(plain, '-', '_');
  std::ranges::replace(plain, ' ', '_');
  return plain;
}

bool is_ending(const std::string& word, const std::vector<std::string>& words) {
  const auto plain = plain_word(word);
  return std::ranges::find(kEndingWords, plain) != kEndingWords.end() ||
         std::ranges::find(words, plain, plain_word) != words.end();
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

// Several as one text, as targets are. It may become a label: no more than fit an id.
std::string replacements_in(const std::vector<std::string>& texts, const std::string& id,
                            std::string_view prefix) {
  std::set<std::string> ids;
  for (const auto& text : texts) {
    if (auto other = model_id(text, prefix); other && *other != id) ids.insert(std::move(*other));
  }
  std::string all;
  for (const auto& other : ids) {
    if (all.size() + 1 + other.size() > kIdBytesMax) break;
    all.append(all.empty() ? "" : ",").append(other);
  }
  return all;
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
      flags_.push_back({row.add(pointer.substr(1)), false});
    } else {
      flags_.push_back({row.add(pointer), true});
    }
  }
}

void LifecycleReader::watch(Unmatched& unmatched) const {
  using Wants = PointerUse::Wants;
  for (std::size_t i = 0; i < dates_.size(); ++i)
    unmatched.watch("lifecycle " + fields_.retires_at[i], dates_[i].whole, Wants::Date);
  for (std::size_t i = 0; i < replacements_.size(); ++i)
    unmatched.watch("lifecycle " + fields_.replacement[i], replacements_[i], Wants::Texts);
  for (std::size_t i = 0; i < flags_.size(); ++i)
    unmatched.watch("lifecycle " + fields_.deprecated[i], flags_[i].slot, Wants::Flag);
}

// Of several the earliest: too early a warning harms least.
std::optional<Time> LifecycleReader::date(std::span<const JsonValue> values) const {
  for (const auto& [whole, year, month, day] : dates_) {
    const auto& value = values[whole];
    std::optional<Time> time;
    if (value.is_text() || value.kind == Kind::Number) time = written_date(value.text);
    if (value.kind == Kind::Object) time = date_of_parts(values[year], values[month], values[day]);
    for (const auto& text : value.texts) {
      const auto one = written_date(text);
      if (one && (!time || *one < *time)) time = one;
    }
    if (time) return time;
  }
  return std::nullopt;
}

bool LifecycleReader::says_deprecated(const FlagSlot& flag, const JsonValue& value) const {
  if (const auto said = yes_or_no(value)) return *said == flag.deprecated;
  const auto is_word = [&](const std::string& text) { return is_ending(text, fields_.words); };
  return value.is_text() ? is_word(value.text) : std::ranges::any_of(value.texts, is_word);
}

std::optional<Lifecycle> LifecycleReader::read(const std::string& id,
                                               std::span<const JsonValue> values,
                                               std::string_view prefix) const {
  Lifecycle lifecycle{.id = id, .retires_at = date(values), .replacement = ""};
  for (const auto slot : replacements_) {
    const auto& value = values[slot];
    lifecycle.replacement =
        replacements_in(value.is_text() ? std::vector{value.text} : value.texts, id, prefix);
    if (!lifecycle.replacement.empty()) break;
  }
  const bool is_deprecated = std::ranges::any_of(
      flags_, [&](const FlagSlot& flag) { return says_deprecated(flag, values[flag.slot]); });
  if (!lifecycle.retires_at && lifecycle.replacement.empty() && !is_deprecated) return std::nullopt;
  return lifecycle;
}

bool is_date(const JsonValue& value) {
  const auto is_one = [](const std::string& text) { return parse_date(text) || number_of(text); };
  if (value.kind == Kind::Number || value.kind == Kind::Object) return true;
  return value.is_text() ? is_one(value.text) : std::ranges::any_of(value.texts, is_one);
}

}  // namespace modelvane
