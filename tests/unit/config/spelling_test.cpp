#include "daemon/config/spelling.h"

#include <doctest/doctest.h>

#include <array>

using namespace modelvane;

TEST_CASE("a misspelt word finds the one that was meant, and a strange word finds none") {
  constexpr std::array kWords{std::string_view{"interval"}, std::string_view{"timeout"},
                              std::string_view{"http_headers"}, std::string_view{"up"}};
  struct Row {
    std::string_view word;
    std::string_view meant;
  };
  for (const auto& [word, meant] :
       {Row{"intervall", "interval"}, Row{"intreval", "interval"}, Row{"Interval", "interval"},
        Row{"http-headers", "http_headers"}, Row{"httpheader", "http_headers"},
        Row{"tiemout", "timeout"}, Row{"u", "up"}, Row{"password", ""}, Row{"", ""},
        Row{"zz", ""}}) {
    CAPTURE(word);
    CHECK(nearest(word, kWords).value_or("") == meant);
  }
}

TEST_CASE("quoted text is short and cannot reach the terminal's control characters") {
  CHECK(in_quotes("a\x1b[31m\n") == "\"a?[31m?\"");
  CHECK(in_quotes(std::string(100, 'x')) == "\"" + std::string(60, 'x') + "...\"");
  // A character of several bytes is never cut in half.
  CHECK(in_quotes(std::string(59, 'x') + "\xC3\xA9" + "y") ==
        "\"" + std::string(59, 'x') + "...\"");
}

TEST_CASE("a key that may hold a secret by mistake is not shown") {
  CHECK(is_showable_key("intervall"));
  CHECK(is_showable_key("<<"));
  CHECK_FALSE(is_showable_key("credentials:abc"));
  CHECK_FALSE(is_showable_key("Bearer sk-abc"));
  CHECK_FALSE(is_showable_key("sk-3fa9c1"));
  CHECK_FALSE(is_showable_key(std::string(33, 'a')));
}
