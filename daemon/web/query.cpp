#include "daemon/web/query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "daemon/text/token.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

constexpr char kFieldEnd = '.';

std::optional<std::vector<std::string>> read_cursor(std::string_view text, char list,
                                                    std::size_t fields) {
  if (!text.starts_with(list)) return std::nullopt;
  text.remove_prefix(1);
  std::vector<std::string> after;
  while (!text.empty()) {
    auto hex = take_until(text, {&kFieldEnd, 1});
    std::string field;
    for (; !hex.empty(); hex.remove_prefix(2)) {
      const auto byte = hex_byte(hex);
      if (!byte) return std::nullopt;
      field += *byte;
    }
    after.push_back(std::move(field));
  }
  if (after.size() != fields) return std::nullopt;
  return after;
}

}  // namespace

std::string form_decode(std::string_view text) {
  std::string blanks{text};
  std::ranges::replace(blanks, '+', ' ');
  return percent_decode(blanks);
}

Query parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    auto value = take_until(text, "&");
    if (value.empty()) continue;
    auto name = form_decode(take_until(value, "="));
    query.emplace(std::move(name), form_decode(value));
  }
  return query;
}

std::string to_cursor(char list, std::span<const std::string> after) {
  std::string text{list};
  for (const auto& field : after) {
    for (const char c : field) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    text += kFieldEnd;
  }
  return text;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  if (!is_whole || value >= std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return value;
}

void Parameters::refuse(int status, std::string_view detail) {
  if (!refusal_) refusal_ = problem(status, detail);
}

std::optional<Reply> Parameters::refusal() const {
  for (const auto& [name, value] : query_) {
    if (std::ranges::find(known_, name) != known_.end()) continue;
    const auto known = known_.empty() ? "this path takes none"
                                      : fmt::format("allowed are: {}", fmt::join(known_, ", "));
    return problem(400, fmt::format("unknown parameter \"{}\"; {}", name, known));
  }
  return refusal_;
}

std::string Parameters::text(const std::string& name) {
  known_.push_back(name);
  const auto [first, last] = query_.equal_range(name);
  if (first == last) return "";
  if (std::next(first) != last) {
    refuse(400, fmt::format("parameter {} may be given once", name));
  } else if (first->second.empty()) {
    refuse(400, fmt::format("parameter {} is empty", name));
  }
  return first->second;
}

std::vector<std::string> Parameters::texts(const std::string& name) {
  known_.push_back(name);
  std::vector<std::string> values;
  const auto [first, last] = query_.equal_range(name);
  for (auto entry = first; entry != last; ++entry) values.push_back(entry->second);
  return values;
}

std::vector<std::string> Parameters::list(const std::string& name) {
  known_.push_back(name);
  std::vector<std::string> items;
  const auto [first, last] = query_.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    const std::string_view value = entry->second;
    for (std::size_t at = 0; at <= value.size();) {
      const auto end = std::min(value.find(',', at), value.size());
      items.emplace_back(value.substr(at, end - at));
      at = end + 1;
    }
  }
  return items;
}

std::optional<std::uint64_t> Parameters::number(const std::string& name, std::uint64_t min,
                                                std::uint64_t max) {
  const auto digits = text(name);
  if (digits.empty()) return std::nullopt;
  const auto value = whole_number(digits);
  if (!value || *value < min || *value > max) {
    refuse(400, fmt::format("parameter {} must be a number from {} to {}", name, min, max));
  }
  return value;
}

std::optional<bool> Parameters::flag(const std::string& name) {
  const auto value = text(name);
  if (value.empty()) return std::nullopt;
  if (value != "true" && value != "false")
    refuse(400, fmt::format("parameter {} must be true or false", name));
  return value == "true";
}

std::optional<Time> Parameters::time(const std::string& name) {
  auto value = text(name);
  if (value.empty()) return std::nullopt;
  // In a query, an unescaped + of a time zone's offset arrives as a space.
  std::ranges::replace(value, ' ', '+');
  const auto time = parse_rfc3339(value);
  if (!time) {
    refuse(
        400,
        fmt::format(
            "parameter {} must be a time in RFC 3339, such as 2026-11-22T10:00:00Z or 2026-11-22",
            name));
  }
  return time;
}

void Parameters::refuse_choice(std::string_view name, std::span<const std::string_view> words) {
  refuse(400, fmt::format("parameter {} must be one of {}", name, fmt::join(words, ", ")));
}

Page Parameters::page(char list, std::size_t fields, PageLimits limits) {
  Page page{.after = {}, .limit = number("limit", 1, limits.max).value_or(limits.usual)};
  const auto cursor = text("cursor");
  if (cursor.empty()) return page;
  if (auto after = read_cursor(cursor, list, fields)) {
    page.after = std::move(*after);
  } else {
    refuse_cursor();
  }
  return page;
}

void Parameters::refuse_cursor() {
  refuse(400, "parameter cursor must be the value of \"next\" in the page before");
}

}  // namespace modelvane
