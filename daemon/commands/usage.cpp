#include "daemon/commands/usage.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "daemon/config/spelling.h"

namespace modelvane {

std::string unknown_word(const std::string& typed, const std::vector<std::string>& names) {
  // The value behind "=" may be a secret.
  const auto word = typed.substr(0, typed.find('='));
  const std::vector<std::string_view> candidates{names.begin(), names.end()};
  // The flag that people type as a word, for it is one elsewhere.
  if (word == "version" || word == "-v")
    return fmt::format("there is no {} here; did you mean \"--version\"?", in_quotes(word));
  const auto* kind = word.starts_with('-') ? "flag" : names.empty() ? "word" : "command";
  return fmt::format("there is no {} {} here{}", kind, in_quotes(word),
                     did_you_mean(word, candidates));
}

std::string problem_of_count(const std::string& text) {
  constexpr std::uint64_t kCountMax = 1'000'000'000;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  if (is_whole && count >= 1 && count <= kCountMax) return "";
  return fmt::format("must be a whole number from 1 to {}, not {}", kCountMax, text);
}

}  // namespace modelvane
