#include "daemon/catalog/read_catalog.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "daemon/catalog/list_bounds.h"

namespace modelvane {
namespace {

Reading reading(const std::string& pointer = "/ref_model") {
  Reading how;
  how.rules = {AliasRule{Rule::Field, pointer}};
  return how;
}

std::string golden(const std::string& name) {
  std::ifstream file{std::string{MODELVANE_GOLDEN} + "/model_lists/" + name};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Catalog read(const std::string& body, const Reading& how = reading()) {
  auto catalog = read_catalog(body, how);
  if (!catalog) FAIL("not read: " << catalog.error().sentence);
  return *catalog;
}

Reason refusal(const std::string& body, const Reading& how = reading()) {
  const auto catalog = read_catalog(body, how);
  REQUIRE_FALSE(catalog.has_value());
  CHECK(catalog.error().sentence.size() > 10);
  return catalog.error().reason;
}

TEST_CASE(
    "the provider's own page gives its three aliases, one of them to a model that is in no list") {
  const Catalog catalog = read(golden("internlm.json"));
  CHECK(catalog.ids == IdList{"internlm2.5-latest", "internlm3-latest", "internvl2.5-latest"});
  REQUIRE(catalog.aliases.size() == 3);
  CHECK(catalog.find_alias("internlm3-latest")->target == "internlm3-8b-instruct");
  CHECK(catalog.find_alias("internlm2.5-latest")->target == "internlm2.5-20b-0719");
  CHECK(
      catalog.find_alias("internvl2.5-latest")->evidence ==
      R"({"id":"internvl2.5-latest","object":"model","ref_model":"internvl2.5-78b","created":1722424576,"owned_by":"SH-AILab"})");
}

TEST_CASE("a nested pointer, a root array and a stripped prefix are read") {
  Reading how = reading("/alias_target/slug");
  how.shape.items = {""};
  how.shape.strip_prefix = "models/";
  const Catalog catalog = read(
      R"([{"id":"models/a","alias_target":{"slug":"models/b"}},{"id":"models/b","alias_target":null}])",
      how);
  CHECK(catalog.ids == IdList{"a", "b"});
  CHECK(catalog.find_alias("a")->target == "b");
}

TEST_CASE("rules are tried in order and the first that discloses wins") {
  Reading how = reading("/root");
  how.rules.push_back({Rule::Field, "/parent"});
  const Catalog catalog = read(
      R"({"data":[{"id":"a","root":null,"parent":"p"},{"id":"b","root":"r","parent":"p"}]})", how);
  CHECK(catalog.find_alias("a")->target == "p");
  CHECK(catalog.find_alias("b")->target == "r");
}

TEST_CASE("a target equal to the id, null, empty or of another type discloses nothing") {
  const Catalog catalog = read(
      R"({"data":[{"id":"a","ref_model":"a"},{"id":"b","ref_model":null},{"id":"c","ref_model":""},{"id":"d","ref_model":7},{"id":"e"}]})");
  CHECK(catalog.ids.size() == 5);
  CHECK(catalog.aliases.empty());
}

TEST_CASE("rows without a usable id are skipped and counted") {
  const std::string long_id(kIdBytesMax + 1, 'x');
  const Catalog catalog = read(fmt::format(
      R"({{"data":[{{"id":"a"}},{{"id":7}},{{}},null,"text",[],{{"id":""}},{{"id":"{}"}},{{"id":"a\u0000b"}}]}})",
      long_id));
  CHECK(catalog.ids == IdList{"a"});
  CHECK(catalog.skipped_rows == 8);
}

TEST_CASE("duplicate rows are counted, and unlike targets are all kept in sorted order") {
  const Catalog catalog = read(
      R"({"data":[{"id":"a","ref_model":"y"},{"id":"a","ref_model":"x"},{"id":"a","ref_model":"y"}]})");
  CHECK(catalog.duplicate_rows == 2);
  CHECK(catalog.find_alias("a")->target == "x,y");
}

TEST_CASE("order, created and permission of rows mean nothing") {
  const auto one = read(R"({"data":[{"id":"a","ref_model":"x"},{"id":"b"}]})");
  const auto two = read(R"({"data":[{"id":"b"},{"id":"a","ref_model":"x"}]})");
  CHECK(one == two);
}

TEST_CASE("only watched ids are kept") {
  Reading how = reading();
  how.models.include.push_back(Pattern::compile("^acme-").value());
  how.models.exclude.push_back(Pattern::compile("test").value());
  CHECK(read(R"({"data":[{"id":"acme-1"},{"id":"acme-test"},{"id":"other"}]})", how).ids ==
        IdList{"acme-1"});
}

TEST_CASE("keys of other places do not pass for the list") {
  CHECK(read(R"({"meta":{"data":[{"id":"no"}]},"data":[{"id":"yes"}],"links":[]})").ids ==
        IdList{"yes"});
  Reading how = reading();
  how.shape.items = {"/result/models"};
  CHECK(read(R"({"models":[1],"result":{"x":{"models":[2]},"models":[{"id":"deep"}]}})", how).ids ==
        IdList{"deep"});
}

TEST_CASE("answers that are no list have a reason each") {
  CHECK(refusal("") == Reason::NotJson);
  CHECK(refusal("  \n") == Reason::NotJson);
  CHECK(refusal("<!doctype html><html></html>") == Reason::NotJson);
  CHECK(refusal(R"({"data":[{"id":"a"}]} trailing)") == Reason::NotJson);
  CHECK(refusal(R"({"data":[{"id":"a"},)") == Reason::NotJson);
  CHECK(refusal("{\"data\":[{\"id\":\"\xff\xfe\"}]}") == Reason::BadShape);
  CHECK(refusal(R"({"error":{"message":"nope"}})") == Reason::BadShape);
  CHECK(refusal(R"({"data":{"id":"a"}})") == Reason::BadShape);
  CHECK(refusal(R"({"data":"text"})") == Reason::BadShape);
  CHECK(refusal(R"({"data":[{"name":"a"}]})") == Reason::BadShape);
  CHECK(refusal("42") == Reason::BadShape);
  CHECK(refusal(R"({"object":"list","data":null})") == Reason::Empty);
  CHECK(refusal(R"({"data":[]})") == Reason::Empty);
}

TEST_CASE("what nobody reads may nest and be as large as it likes") {
  const std::string deep = std::string(2'000'000, '[') + std::string(2'000'000, ']');
  std::string objects = "0";
  for (int i = 0; i < 10'000; ++i) objects = R"({"k":)" + objects + "}";
  std::string values = "0";
  for (std::size_t i = 0; i < 5 * kTextsMax; ++i) values += ",\"v\"";
  for (const auto& unread : {deep, objects, "[" + values + "]"}) {
    for (const auto& body :
         {R"({"data":[{"id":"a","ref_model":"b","x":)" + unread + R"(},{"id":"b"}]})",
          R"({"data":[{"x":{"y":)" + unread + R"(},"ref_model":"b","id":"a"},{"id":"b"}]})",
          R"({"x":)" + unread + R"(,"data":[{"id":"a","ref_model":"b"},{"id":"b"}]})",
          R"({"data":[{"id":"a","ref_model":"b"},)" + unread + R"(,{"id":"b"}]})"}) {
      const auto catalog = read(body);
      CHECK(catalog.ids == IdList{"a", "b"});
      REQUIRE(catalog.aliases.size() == 1);
      CHECK(catalog.aliases[0].target == "b");
      CHECK(catalog.aliases[0].evidence.size() < 200);
    }
  }
  CHECK(refusal(deep) == Reason::BadShape);
  CHECK(refusal(deep.substr(0, 3'000'000)) == Reason::NotJson);
}

TEST_CASE("a watched value beyond all bounds leaves what was known of its alias") {
  const std::string deep = std::string(kDepthMax + 1, '[') + std::string(kDepthMax + 1, ']');
  std::string many = R"("m0")";
  for (std::size_t i = 1; i <= kTextsMax; ++i) many += fmt::format(R"(,"m{}")", i);
  Reading how;
  how.hints = {"/t"};
  for (const auto& [pointer, value] :
       {std::pair{"/t/*", "[" + deep + "]"},
        {"/t", "[" + many + "]"},
        {"/t/*/n", "[" + many + "," + std::string(kPickedFromBytesMax, ' ') + "0]"}}) {
    how.rules = {{.pointer = pointer}};
    const auto catalog =
        read_catalog(R"({"data":[{"id":"a","t":)" + value + R"(},{"id":"b","t":["c"]}]})", how);
    REQUIRE(catalog.has_value());
    CHECK(catalog->unasked == std::vector<std::string>{"a"});
    CHECK(catalog->notes.size() == 1);
  }
}

TEST_CASE("too many rows are refused") {
  std::string rows = R"({"id":"m0"})";
  for (std::size_t i = 1; i <= kRowsMax; ++i) rows += fmt::format(R"(,{{"id":"m{}"}})", i);
  CHECK(refusal(R"({"data":[)" + rows + "]}") == Reason::TooLarge);
}

TEST_CASE("huge numbers in a row harm nothing") {
  CHECK(read(R"({"data":[{"id":"a","created":99999999999999999999999,"x":-9e307}]})").ids.size() ==
        1);
}

TEST_CASE("a row too large for an event is cut down to what matters") {
  const std::string text(kEvidenceBytesMax, 'x');
  const auto catalog =
      read(fmt::format(R"({{"data":[{{"id":"a","ref_model":"b","description":"{}"}}]}})", text));
  CHECK(catalog.aliases[0].evidence.find(R"({"id":"a","target":"b","row_bytes":)") == 0);
}

TEST_CASE("every prefix of a good list is refused without a crash") {
  const std::string body =
      R"({"object":"list","data":[{"id":"a","ref_model":"b","n":[1,{"k":"\u00e9"}]}]})";
  for (std::size_t length = 0; length < body.size(); ++length)
    CHECK_FALSE(read_catalog(body.substr(0, length), reading()).has_value());
}

}  // namespace
}  // namespace modelvane
