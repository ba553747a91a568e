#include "daemon/text/visible.h"

#include <doctest/doctest.h>

using modelvane::visible;

TEST_CASE("characters that nobody sees, or that turn text around, are shown by their number") {
  CHECK(visible("good-\xe2\x80\xae"
                "57-b\xe2\x80\xac") == "good-<U+202E>57-b<U+202C>");
  CHECK(visible("internlm3-8b\xe2\x80\x8b-instruct") == "internlm3-8b<U+200B>-instruct");
  CHECK(visible("a\xc2\xad"
                "b\xef\xbb\xbf") == "a<U+00AD>b<U+FEFF>");
  CHECK(visible("tag\xf3\xa0\x81\xa1") == "tag<U+E0061>");
}

TEST_CASE("what can be seen stays, and so does what is not UTF-8") {
  CHECK(visible("gpt-4.1 \xe6\xa8\xa1\xe5\x9e\x8b \xc3\xa9") ==
        "gpt-4.1 \xe6\xa8\xa1\xe5\x9e\x8b \xc3\xa9");
  CHECK(visible("a\xff\xe2\x80") == "a\xff\xe2\x80");
  CHECK(visible("") == "");
}
