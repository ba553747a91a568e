// Regular expressions on text from outside. RE2 reads each byte of a text a bounded number of
// times, so neither a pattern nor an id can make a search last; std::regex may need exponential
// time.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace re2 {
class RE2;
}

namespace modelvane {

// Compiled once and shared by its copies; any thread may search with it. Equal when the texts are.
class Pattern {
 public:
  // The error says as the end of a sentence, without repeating the text, what is wrong and what to
  // write instead ("must not look around ...").
  static std::expected<Pattern, std::string> compile(std::string_view text);

  // The pattern occurs somewhere in `subject`.
  bool is_found_in(std::string_view subject) const;
  // What its first group matches in `subject`, or all of the match where it has none; borrowed.
  std::optional<std::string_view> cut_from(std::string_view subject) const;
  const std::string& text() const;
  friend bool operator==(const Pattern& a, const Pattern& b) { return a.text() == b.text(); }

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const re2::RE2> compiled_;  // never null
};

}  // namespace modelvane
