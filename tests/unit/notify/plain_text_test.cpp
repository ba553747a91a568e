#include "daemon/notify/plain_text.h"

#include <doctest/doctest.h>

using namespace modelvane;

TEST_CASE("text of strangers becomes one plain line") {
  CHECK(plain_text("  two\r\n\twords  ", 100) == "two words");
  CHECK(plain_text("書生 ist größer", 100) == "書生 ist größer");
  CHECK(plain_text("\x1B[31mred\x07", 100) == "?[31mred?");
  CHECK(plain_text("a\u202Egnp.exe", 100) == "a?gnp.exe");
  CHECK(plain_text("zero\u200Bwidth", 100) == "zero?width");
  CHECK(plain_text(std::string_view{"nul\0x", 5}, 100) == "nul?x");
  CHECK(plain_text("", 100) == "");
  CHECK(plain_text(" \n ", 100) == "");
}

TEST_CASE("bytes that are no UTF-8 do not come through") {
  CHECK(plain_text("\xFF\xFE", 100) == "??");
  CHECK(plain_text("\xC0\xAF", 100) == "??");            // overlong "/"
  CHECK(plain_text("\xED\xA0\x80", 100) == "???");       // a surrogate
  CHECK(plain_text("\xF4\x90\x80\x80", 100) == "????");  // beyond Unicode
  CHECK(plain_text("cut \xE6\x9B", 100) == "cut ??");    // a character's first half
}

TEST_CASE("long text is cut between characters, and says so") {
  CHECK(plain_text("abcdef", 6) == "abcdef");
  CHECK(plain_text("abcdefg", 6) == "abcde…");
  CHECK(plain_text("書生書生", 3) == "書生…");
  CHECK(plain_text("abc ", 3) == "abc");
  CHECK(plain_text("abc", 1) == "…");
  CHECK(plain_text("abc", 0) == "");
  CHECK(character_count(plain_text("書生書生書生", 4)) == 4);
}
