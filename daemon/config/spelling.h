// Words of the user's file in error sentences: quoting them safely, and finding the word that was
// meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace modelvane {

// In double quotes, control characters as "?", cut after 60 bytes. For values that are no secrets.
std::string in_quotes(std::string_view text);

// The candidate that a misspelt word was probably meant to be; upper case and "-" for "_" count as
// spelling.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

// `; did you mean "x"?` or "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

// "a, b, c"
std::string listed(std::span<const std::string_view> words);

// False for a key that may hold a secret by mistake, such as the `credentials:abc` of
// {credentials:abc}: it must not be repeated.
bool is_showable_key(std::string_view key);

}  // namespace modelvane
