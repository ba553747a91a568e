#include "daemon/config/spelling.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "daemon/text/ascii.h"
#include "daemon/text/utf8.h"

namespace modelvane {
namespace {

constexpr std::size_t kQuotedBytesMax = 60;
// Longer words are no misspelt keys; keeps the distance cheap.
constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kShownKeyBytesMax = 32;

std::string folded(std::string_view word) {
  std::string result{word};
  for (char& c : result) c = c == '-' ? '_' : to_lower(c);
  return result;
}

// Edits between two words: insert, delete, replace, swap neighbours (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string in_quotes(std::string_view text) {
  const bool is_cut = text.size() > kQuotedBytesMax;
  text = cut_at_character(text, kQuotedBytesMax);
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20U || byte == 0x7FU ? '?' : c;
  }
  return result + (is_cut ? "...\"" : "\"");
}

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kWordBytesMax) return std::nullopt;
  const auto wanted = folded(word);
  std::optional<std::string_view> best;
  std::size_t best_distance =
      std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3)) + 1;
  for (const auto candidate : candidates) {
    const auto edits = distance(wanted, folded(candidate));
    if (edits < best_distance) {
      best_distance = edits;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto meant = nearest(word, candidates);
  return meant ? fmt::format("; did you mean \"{}\"?", *meant) : "";
}

std::string listed(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

bool is_showable_key(std::string_view key) {
  return !key.empty() && key.size() <= kShownKeyBytesMax && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '<';
  });
}

}  // namespace modelvane
