#include "daemon/text/pattern.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace modelvane;

namespace {

std::string problem_of(std::string_view text) {
  const auto pattern = Pattern::compile(text);
  return pattern ? "" : pattern.error();
}

bool is_found(std::string_view pattern, std::string_view subject) {
  return Pattern::compile(pattern).value().is_found_in(subject);
}

}  // namespace

TEST_CASE("a pattern is found anywhere in a text unless anchors tie it") {
  CHECK(is_found("acme", "my-acme-1"));
  CHECK(is_found("^acme-", "acme-1"));
  CHECK_FALSE(is_found("^acme-", "my-acme-1"));
  CHECK(is_found("-latest$", "acme-latest"));
  CHECK_FALSE(is_found("-latest$", "acme-latest-2"));
  CHECK(is_found("^gpt-[0-9]+(\\.[0-9]+)?$", "gpt-4.1"));
  CHECK(is_found("", ""));
}

TEST_CASE("a text with bytes that are no UTF-8 can be searched") {
  CHECK(is_found("b$", "a\xff\x62"));
  CHECK_FALSE(is_found("^a.b$", "a\xff\x62"));
}

TEST_CASE("a pattern that makes other engines backtrack ends at once") {
  const auto pattern = Pattern::compile("^(a+)+$").value();
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(pattern.is_found_in(std::string(30, 'a') + "!"));
  CHECK_FALSE(pattern.is_found_in(std::string(1 << 20, 'a') + "!"));
  // Backtracking would need minutes for the first already.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
}

TEST_CASE("what RE2 does not take is refused with the words to write instead") {
  for (const std::string around : {"(?=", "(?!", "(?<=", "(?<!"}) {
    const auto problem = problem_of("a" + around + "b)");
    CHECK_MESSAGE(problem.starts_with("must not look around with (?"), problem);
    CHECK(problem.ends_with("leave ids out by exclude"));
  }
  CHECK(problem_of("^(a|b)\\1$") ==
        "must not refer back with \\1; write the alternatives out, such as (aa|bb)");
  CHECK(problem_of("\\q") ==
        "has an unknown escape \\q; write \\ only in front of punctuation and known classes such "
        "as \\d");
  CHECK(problem_of("(a") ==
        "is not a valid regular expression (RE2): missing ): (a; check brackets and backslashes");
  CHECK(problem_of("a{1001}").starts_with("repeats too often with {1001}"));
  CHECK(problem_of("((a{100}){100}){100}") != "");
  CHECK(problem_of("\xff") == "must be UTF-8");
}

TEST_CASE("patterns are equal when their texts are") {
  CHECK(Pattern::compile("a").value() == Pattern::compile("a").value());
  CHECK_FALSE(Pattern::compile("a").value() == Pattern::compile("b").value());
}
