#include "daemon/text/token.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

TEST_CASE("a token has letters, digits and the marks of RFC 9110, and is not empty") {
  for (const auto* text : {"GET", "x-request-id", "a!#$%&'*+-.^_`|~9"}) CHECK(is_token(text));
  for (const auto* text : {"", "a b", "a:", "a(", "\xC3\xA4", "a\t"}) CHECK_FALSE(is_token(text));
}

TEST_CASE("blanks go at both ends only") {
  CHECK(trimmed(" \ta b\t ") == "a b");
  CHECK(trimmed("\r\n") == "\r\n");
  CHECK(trimmed(" a\r\n", " \r\n") == "a");
  CHECK(trimmed(" \t ").empty());
}

TEST_CASE("a text is taken apart at its separators, and the last part is what is left") {
  std::string_view text = "a, b,,c";
  CHECK(take_until(text, ",") == "a");
  CHECK(take_until(text, ",") == " b");
  CHECK(take_until(text, ",").empty());
  CHECK(take_until(text, ",") == "c");
  CHECK(text.empty());
}

}  // namespace
}  // namespace modelvane
