#include "daemon/commands/usage.h"

#include <fmt/format.h>

#include <string_view>

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

}  // namespace modelvane
