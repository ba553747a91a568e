#include "daemon/log/line.h"

#include <doctest/doctest.h>

#include <vector>

using namespace modelvane::log;

namespace {

const LineTime kAt{std::chrono::milliseconds{1'795'341'605'007}};

std::string logfmt(const std::string& value) {
  const std::vector<Field> fields{{"k", value}};
  const auto line = logfmt_line(kAt, Level::Info, "m", fields);
  return line.substr(line.find(" k=") + 3);
}

std::string json(const std::string& value) {
  const std::vector<Field> fields{{"k", value}};
  const auto line = json_line(kAt, Level::Info, "m", fields);
  const auto start = line.find("\"k\":") + 4;
  return line.substr(start, line.size() - 1 - start);
}

}  // namespace

TEST_CASE("a line has time, level, message and fields in this order") {
  const std::vector<Field> fields{{"endpoint", "internlm"}, {"error", "no route"}};
  CHECK(
      logfmt_line(kAt, Level::Warn, "poll failed", fields) ==
      R"(ts=2026-11-22T10:00:05.007Z level=warn msg="poll failed" endpoint=internlm error="no route")");
  CHECK(
      json_line(kAt, Level::Error, "poll failed", fields) ==
      R"({"ts":"2026-11-22T10:00:05.007Z","level":"error","msg":"poll failed","endpoint":"internlm","error":"no route"})");
}

TEST_CASE("values are one line of printable text whatever they hold") {
  struct Row {
    std::string raw;
    std::string logfmt;
    std::string json;
  };
  for (const Row& row : {
           Row{"plain-1.2:3/x", "plain-1.2:3/x", R"("plain-1.2:3/x")"},
           Row{"", R"("")", R"("")"},
           Row{"a=b", R"("a=b")", R"("a=b")"},
           Row{"say \"hi\"", R"("say \"hi\"")", R"("say \"hi\"")"},
           Row{"back\\slash", R"("back\\slash")", R"("back\\slash")"},
           Row{"a\nlevel=error msg=forged", R"("a\nlevel=error msg=forged")",
               R"("a\nlevel=error msg=forged")"},
           Row{"\x1b[31mred", R"("\u001b[31mred")", R"("\u001b[31mred")"},
           Row{std::string{"\0", 1}, R"("\u0000")", R"("\u0000")"},
           Row{"\x7f", R"("\u007f")", R"("\u007f")"},
           Row{"\xc2\x9b", R"("\u009b")",
               R"("\u009b")"},  // the eight-bit escape sequence introducer
           Row{"\xe2\x80\xae", R"("\u202e")", R"("\u202e")"},  // right-to-left override
           Row{"\xff", R"("\ufffd")", R"("\ufffd")"},
           Row{"\xe4\xb9", R"("\ufffd\ufffd")",
               R"("\ufffd\ufffd")"},  // cut in the middle of a character
           Row{"书生", "\"书生\"", "\"书生\""},
       }) {
    CAPTURE(row.raw);
    CHECK(logfmt(row.raw) == row.logfmt);
    CHECK(json(row.raw) == row.json);
  }
}

TEST_CASE("a value without end is cut") {
  CHECK(logfmt(std::string(1'000'000, 'x')).size() < 10'000);
  CHECK(logfmt(std::string(1'000'000, 'x')).ends_with("...\""));
}
