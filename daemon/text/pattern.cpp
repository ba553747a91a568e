#include "daemon/text/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <re2/stringpiece.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace modelvane {
namespace {

// For one pattern's program and the states that its searches remember. Patterns that people write
// need a few KiB; without a bound "((a{999}){999})" would take gigabytes. A search whose states do
// not fit goes on without remembering them, more slowly but still in linear time.
constexpr std::int64_t kMemoryMax = 1 << 20;

// RE2's own view of text, which is another type with each release of it and not always made from
// the standard one.
re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

bool is_lookaround(std::string_view part) {
  return part.starts_with("(?=") || part.starts_with("(?!") || part.starts_with("(?<");
}

bool is_backreference(std::string_view escape) {
  return escape.size() == 2 && escape[1] >= '1' && escape[1] <= '9';
}

std::string problem_of(const re2::RE2& failed) {
  const std::string& part = failed.error_arg();
  switch (failed.error_code()) {
    case re2::RE2::ErrorBadPerlOp:
      if (!is_lookaround(part)) break;
      return fmt::format(
          "must not look around with {}...); write a pattern for what the text has itself, such "
          "as ^acme- or -latest$, and leave ids out by exclude",
          part);
    case re2::RE2::ErrorBadEscape:
      if (is_backreference(part))
        return fmt::format(
            "must not refer back with {}; write the alternatives out, such as (aa|bb)", part);
      return fmt::format(
          "has an unknown escape {}; write \\ only in front of punctuation and "
          "known classes such as \\d",
          part);
    case re2::RE2::ErrorRepeatSize:
      return fmt::format("repeats too often with {}; write a count of at most 1000, or *", part);
    case re2::RE2::ErrorPatternTooLarge:
      return "needs too much memory; write smaller counts in {}, or *";
    case re2::RE2::ErrorBadUTF8: return "must be UTF-8";
    default: break;
  }
  return fmt::format("is not a valid regular expression (RE2): {}; check brackets and backslashes",
                     failed.error());
}

}  // namespace

std::expected<Pattern, std::string> Pattern::compile(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryMax);
  auto compiled = std::make_shared<const re2::RE2>(piece(text), options);
  if (!compiled->ok()) return std::unexpected(problem_of(*compiled));
  return Pattern{std::move(compiled)};
}

bool Pattern::is_found_in(std::string_view subject) const {
  return re2::RE2::PartialMatch(piece(subject), *compiled_);
}

std::optional<std::string_view> Pattern::cut_from(std::string_view subject) const {
  std::array<re2::StringPiece, 2> parts;
  const int groups = std::min(compiled_->NumberOfCapturingGroups(), 1);
  if (!compiled_->Match(piece(subject), 0, subject.size(), re2::RE2::UNANCHORED, parts.data(),
                        groups + 1))
    return std::nullopt;
  const auto& part = parts.at(static_cast<std::size_t>(groups));
  return part.data() == nullptr ? std::nullopt
                                : std::optional{std::string_view{part.data(), part.size()}};
}

const std::string& Pattern::text() const {
  return compiled_->pattern();
}

}  // namespace modelvane
