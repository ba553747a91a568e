#include "tests/tidy/rules.h"

#include <doctest/doctest.h>

using namespace tidy;

namespace {

SourceFile file(const std::string& path, const std::string& text) {
  return {path, text};
}

SourceFile including(const std::string& path, const std::string& name) {
  return {path, "#include " + name + "\n"};
}

}  // namespace

TEST_CASE("a layer may include itself and what lies below it, nothing else") {
  struct Row {
    std::string path;
    std::string included;
    bool is_fine;
  };
  for (const Row& row : {
           Row{"daemon/detect/advance.cpp", "\"daemon/text/time.h\"", true},
           Row{"daemon/detect/advance.cpp", "\"daemon/log/log.h\"", false},
           Row{"daemon/detect/advance.h", "\"daemon/config/config.h\"", false},
           Row{"daemon/config/config.h", "\"daemon/transport/transport.h\"", true},
           Row{"daemon/config/config.h", "\"daemon/transport/curl_transport.h\"", false},
           Row{"daemon/engine/engine.cpp", "\"daemon/store/store.h\"", true},
           Row{"daemon/engine/engine.cpp", "\"daemon/store/sqlite_store.h\"", false},
           Row{"daemon/web/api.cpp", "\"daemon/engine/snapshot.h\"", true},
           Row{"daemon/web/api.cpp", "\"daemon/engine/engine.h\"", false},
           Row{"daemon/simulate/script.h", "\"daemon/notify/notify.h\"", false},
           Row{"daemon/commands/serve.cpp", "\"daemon/store/sqlite_store.h\"", true},
           Row{"daemon/commands/serve.cpp", "\"tests/system/harness.h\"", false},
           Row{"daemon/main.cpp", "\"daemon/commands/commands.h\"", true},
           Row{"daemon/main.cpp", "\"daemon/text/time.h\"", false},
           Row{"daemon/newlayer/x.cpp", "\"daemon/text/time.h\"", false},
           Row{"daemon/detect/advance.cpp", "\"../text/time.h\"", false},
           Row{"tests/unit/detect/advance_test.cpp", "\"daemon/config/config.h\"", true},
       }) {
    CAPTURE(row.path);
    CAPTURE(row.included);
    CHECK(check_include_directions(including(row.path, row.included)).empty() == row.is_fine);
  }
}

TEST_CASE("vendor headers are known, wrapped, and in no header") {
  CHECK(check_vendor_headers(including("daemon/store/sqlite_store.cpp", "<sqlite3.h>")).empty());
  CHECK_FALSE(check_vendor_headers(including("daemon/engine/engine.cpp", "<sqlite3.h>")).empty());
  CHECK_FALSE(
      check_vendor_headers(including("daemon/store/sqlite_store.h", "<sqlite3.h>")).empty());
  CHECK_FALSE(
      check_vendor_headers(including("daemon/detect/advance.cpp", "<boost/asio.hpp>")).empty());
  CHECK(check_vendor_headers(including("daemon/detect/advance.h", "<vector>")).empty());
  CHECK(check_vendor_headers(including("daemon/detect/advance.cpp", "<fmt/format.h>")).empty());
  CHECK(check_vendor_headers(including("tests/system/x.h", "<httplib.h>")).empty());
}

TEST_CASE("a header needs its opening comment and #pragma once") {
  CHECK(check_header_form(file("daemon/text/x.h", "// Why.\n#pragma once\n")).empty());
  CHECK(check_header_form(file("daemon/text/x.h", "#pragma once\n")).size() == 1);
  CHECK(check_header_form(file("daemon/text/x.h", "// Why.\n#include <vector>\n#pragma once\n"))
            .size() == 1);
  CHECK(check_header_form(file("daemon/text/x.h", "// Why.\n")).size() == 1);
  CHECK(check_header_form(file("daemon/text/x.cpp", "int x;\n")).empty());
}

TEST_CASE("width counts characters, not bytes") {
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "é";
  CHECK(check_text_form(file("a.cpp", wide + "\n")).empty());
  CHECK(check_text_form(file("a.cpp", wide + "x\n")).size() == 1);
  CHECK(check_text_form(file("tests/a.cpp", "R\"(" + wide + ")\"\n")).empty());
  CHECK(check_text_form(file("daemon/a.cpp", "R\"(" + wide + ")\"\n")).size() == 1);
}

TEST_CASE("each untidiness of text is seen") {
  CHECK(check_text_form(file("a.cpp", "int a;")).size() == 1);
  CHECK(check_text_form(file("a.cpp", "int a; \n")).size() == 1);
  CHECK(check_text_form(file("a.cpp", "\tint a;\n")).size() == 1);
  CHECK(check_text_form(file("a.cpp", "int a;\r\n")).size() == 1);
  CHECK(check_text_form(file("a.cpp", "int a;\n\n")).size() == 1);
  std::string text;
  for (int i = 0; i < 601; ++i) text += "x\n";
  CHECK(check_text_form(file("a.cpp", text)).size() == 1);
  CHECK(check_text_form(file("a.cpp", text.substr(2))).empty());
}

TEST_CASE("words are banned by folder, and not in comments or strings") {
  const std::string sleep = "std::this_thread::sleep_for(1s);\n";
  CHECK(check_words(file("daemon/engine/a.cpp", sleep)).size() == 1);
  CHECK(check_words(file("tests/unit/a.cpp", sleep)).size() == 1);
  CHECK(check_words(file("daemon/simulate/a.cpp", sleep)).empty());
  CHECK(check_words(file("daemon/engine/a.cpp", "// " + sleep)).empty());
  CHECK(check_words(file("daemon/engine/a.cpp", "f(\"sleep_for\");\n")).empty());
  CHECK(check_words(file("daemon/engine/a.cpp", "std::cout << 1;\n")).size() == 1);
  CHECK(check_words(file("daemon/commands/a.cpp", "std::cout << 1;\n")).empty());
  CHECK(check_words(file("daemon/text/a.cpp", "auto t = system_clock::now();\n")).size() == 1);
  CHECK(check_words(file("daemon/text/a.h", "using namespace std;\n")).size() == 1);
  CHECK(check_words(file("daemon/text/a.cpp", "using namespace std::chrono_literals;\n")).empty());
  CHECK(check_words(file("daemon/text/a.cpp", "// TODO: later\n")).size() == 1);
}

TEST_CASE("a file that no CMakeLists names is built nowhere") {
  const std::vector<SourceFile> tree{
      file("daemon/CMakeLists.txt", "sub/b.cpp"),
      file("daemon/text/CMakeLists.txt", "SOURCES a.cpp xc.cpp)\n"),
      file("daemon/commands/CMakeLists.txt", "x ${CMAKE_SOURCE_DIR}/daemon/main.cpp)")};
  CHECK(check_is_built(file("daemon/text/a.cpp", ""), tree).empty());
  CHECK(check_is_built(file("daemon/sub/b.cpp", ""), tree).empty());
  CHECK(check_is_built(file("daemon/text/c.cpp", ""), tree).size() == 1);
  CHECK(check_is_built(file("daemon/main.cpp", ""), tree).empty());
  CHECK(check_is_built(file("other/c.cpp", ""), tree).size() == 1);
}

TEST_CASE("code is what is left without comments and string contents") {
  CHECK(code_of(R"(a = "// \" x"; // b)") == "a = \"\"; ");
  CHECK(code_of("if (c == '\"') d();") == "if (c == '\"') d();");
}
