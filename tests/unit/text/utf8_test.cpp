#include "daemon/text/utf8.h"

#include <doctest/doctest.h>

#include <string>

namespace modelvane {
namespace {

TEST_CASE("characters of one to four bytes are read with their code points") {
  const auto is = [](std::string_view text, std::uint32_t code_point, std::size_t bytes) {
    const auto read = first_character(text);
    return read.code_point == code_point && read.bytes == bytes;
  };
  CHECK(is("A", 'A', 1));
  CHECK(is("\xC2\x80", 0x80, 2));
  CHECK(is("\xE4\xB8\xAD x", 0x4E2D, 3));
  CHECK(is("\xF4\x8F\xBF\xBF", 0x10FFFF, 4));
  CHECK(is(std::string_view{"\0", 1}, 0, 1));
}

TEST_CASE("overlong forms, surrogates, ends in the middle and strange bytes are no characters") {
  for (const auto* text : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE4\xB8", "\xFF", "\xC3("}) {
    CAPTURE(text);
    CHECK(first_character(text).bytes == 0);
  }
}

TEST_CASE("a cut splits no character") {
  CHECK(cut_at_character("abc", 3) == "abc");
  CHECK(cut_at_character("abc", 2) == "ab");
  CHECK(cut_at_character("a\xE4\xB8\xAD", 3) == "a");
  CHECK(cut_at_character("a\xE4\xB8\xAD", 4) == "a\xE4\xB8\xAD");
  CHECK(cut_at_character("\xE4\xB8\xAD", 2).empty());
}

}  // namespace
}  // namespace modelvane
