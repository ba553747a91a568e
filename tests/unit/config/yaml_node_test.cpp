#include "daemon/config/yaml_node.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace modelvane;

namespace {

std::string refusal(std::string_view text) {
  const auto parsed = parse_yaml(text);
  if (parsed) return "accepted";
  return fmt::format("{}:{}: {}", parsed.error().at.line, parsed.error().at.column,
                     parsed.error().sentence);
}

}  // namespace

TEST_CASE("a document becomes a tree with 1-based positions") {
  const auto parsed = parse_yaml("a: 1\nb:\n  - \"x\"\n  - {c: ~}\n");
  REQUIRE(parsed.has_value());
  const auto& root = **parsed;
  REQUIRE(root.kind == YamlNode::Kind::Map);
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[0].key == "a");
  CHECK(root.entries[0].value->at == Position{1, 4});
  CHECK(root.entries[0].value->is_plain);
  const auto& list = *root.entries[1].value;
  REQUIRE(list.kind == YamlNode::Kind::Sequence);
  CHECK(list.items[0]->text == "x");
  CHECK_FALSE(list.items[0]->is_plain);
  CHECK(list.items[0]->at == Position{3, 5});
  CHECK(list.items[1]->entries[0].value->kind == YamlNode::Kind::Null);
  CHECK(root.expanded == 6);
}

TEST_CASE("what yaml-cpp lets through is refused with a position") {
  struct Row {
    std::string text;
    std::string error;
  };
  for (const auto& [text, error] : {
           Row{"b: \"xx\nc: 2\n", "1:4: the double quote that opens here is never closed"},
           Row{"a: 1\nb: 'xx''\nc: 2\n", "2:4: the single quote that opens here is never closed"},
           Row{"b: &x \"xx\nc: 2\n", "1:4: the double quote that opens here is never closed"},
           Row{"- a\nb: 1\n",
               "2:1: a second YAML document starts here; a configuration is one document (check "
               "the indentation)"},
           Row{"a: 1\n---\na: 2\n",
               "2:1: a second YAML document starts here; a configuration is one document (check "
               "the indentation)"},
           Row{"a: !!binary eA==\n",
               "1:4: YAML tags (\"!...\") have no meaning here; remove it, or quote the value"},
           Row{"? [a]\n: b\n", "1:3: a key must be plain text"},
           Row{"~: b\n", "1:1: a key must be plain text"},
           Row{std::string{"a: \0b\n", 6},
               "1:4: control character 0x00; a configuration is plain UTF-8 text"},
           Row{"a: \x1b[31m\n", "1:4: control character 0x1B; a configuration is plain UTF-8 text"},
           Row{"# fine\na: \xC3\x28\n", "2:4: this is not valid UTF-8; save the file as UTF-8"},
           Row{"a: \xED\xA0\x80\n", "1:4: this is not valid UTF-8; save the file as UTF-8"},
           Row{"a: \xC0\xAF\n", "1:4: this is not valid UTF-8; save the file as UTF-8"},
           Row{"\xFF\xFE"
               "a",
               "1:1: this is not valid UTF-8; save the file as UTF-8"},
           Row{"a:\n\tb: 1\n", "2:1: not valid YAML: a tab cannot indent YAML; use spaces"},
           Row{"a: b: c\n",
               "1:5: not valid YAML: a colon is not allowed here; put the value in quotes, or "
               "check the indentation"},
           Row{"a: [1, 2\n", "2:1: not valid YAML: a \"[\" is not closed, or a comma is missing"},
           Row{"a: *sk-secret-9\n",
               "1:4: not valid YAML: this refers to an anchor that is not defined; put the value "
               "in quotes if its "
               "\"*\" is meant"},
           Row{"a: &x [*x]\n",
               "1:8: this alias refers to a value that contains it; write the value out"},
       }) {
    CAPTURE(text);
    CHECK(refusal(text) == error);
  }
}

TEST_CASE("an escaped or doubled quote does not end a quoted value") {
  for (const std::string_view text :
       {R"(a: "x\"y")", R"(a: 'it''s')", R"(a: "\\")", "a: |\n  \"open\n", "a: it's\n"}) {
    CAPTURE(text);
    CHECK(refusal(text) == "accepted");
  }
}

TEST_CASE("nesting is bounded, whatever brackets it uses") {
  CHECK(refusal(std::string(100'000, '[')).ends_with(": nested deeper than 32 levels"));
  CHECK(refusal(std::string(100'000, '{')) != "accepted");
  std::string dashes;
  for (int i = 0; i < 50'000; ++i) dashes += "- ";
  CHECK(refusal(dashes) == "1:65: nested deeper than 32 levels");
}

TEST_CASE("aliases count in full, so that ten lines cannot stand for millions of values") {
  std::string bomb = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += fmt::format(
        "l{0}: &l{0} [*l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}, *l{1}]\n", i,
        i - 1);
  }
  CHECK(refusal(bomb).find("more than 1000000 values (aliases count in full)") !=
        std::string::npos);
  const auto shared = parse_yaml("a: &x {k: v}\nb: *x\n");
  REQUIRE(shared.has_value());
  CHECK((*shared)->entries[1].value->entries[0].value->text == "v");
}

TEST_CASE("a byte order mark, CRLF and an empty file are fine") {
  const auto parsed = parse_yaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: x\r\n");
  REQUIRE(parsed.has_value());
  CHECK((*parsed)->entries[0].key == "a");
  CHECK((*parsed)->entries[1].value->text == "x");
  for (const std::string_view text : {"", "\n", "# nothing\n", "---\n"}) {
    const auto empty = parse_yaml(text);
    REQUIRE(empty.has_value());
    CHECK((*empty)->kind == YamlNode::Kind::Null);
  }
}
