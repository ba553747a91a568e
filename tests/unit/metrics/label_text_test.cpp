#include "daemon/metrics/label_text.h"

#include <doctest/doctest.h>

using namespace modelvane;

TEST_CASE("a label value is valid UTF-8 without control characters") {
  struct Row {
    std::string raw;
    std::string clean;
  };
  const std::string r = "\xef\xbf\xbd";
  for (const Row& row : {
           Row{"internlm3-latest", "internlm3-latest"}, Row{"", ""}, Row{"书生·浦语", "书生·浦语"},
           Row{"\xf0\x9f\x90\x99", "\xf0\x9f\x90\x99"}, Row{"a\nb\tc", "a" + r + "b" + r + "c"},
           Row{std::string{"a\0b", 3}, "a" + r + "b"}, Row{"\x7f", r},
           Row{"\xc2\x85", r + r},                  // a control character of the second set
           Row{"\xff", r},                          // never a lead byte
           Row{"\x80", r},                          // a lone continuation
           Row{"\xc0\x80", r + r},                  // overlong NUL
           Row{"\xe0\x80\xaf", r + r + r},          // overlong slash
           Row{"\xed\xa0\x80", r + r + r},          // a surrogate
           Row{"\xf4\x90\x80\x80", r + r + r + r},  // beyond Unicode
           Row{"x\xe4\xb9", "x" + r + r},           // cut in the middle of a character
       }) {
    CAPTURE(row.raw);
    CHECK(label_text(row.raw) == row.clean);
  }
}

TEST_CASE("a long label value is cut at a character and says so") {
  CHECK(label_text(std::string(kLabelBytesMax, 'x')) == std::string(kLabelBytesMax, 'x'));
  CHECK(label_text(std::string(kLabelBytesMax + 1, 'x')) ==
        std::string(kLabelBytesMax - 3, 'x') + "…");
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "书";
  const auto cut = label_text(wide);
  CHECK(cut.size() <= kLabelBytesMax);
  CHECK(cut.ends_with("书…"));
  CHECK(label_text(std::string(100'000, '\xff')).size() <= kLabelBytesMax);
}
