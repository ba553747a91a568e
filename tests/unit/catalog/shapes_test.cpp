// Every shape of list that providers are known to send, with its traps.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "daemon/catalog/disclosure.h"
#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/read_catalog.h"

namespace modelvane {
namespace {

using Ids = std::vector<std::string>;

Reading shape_reading(std::vector<AliasRule> rules) {
  Reading how;
  how.rules = std::move(rules);
  return how;
}

AliasRule shape_field(const std::string& pointer, int max_hops = 1) {
  return {.kind = Rule::Field, .pointer = pointer, .max_hops = max_hops};
}

AliasRule reverse(const std::string& canonical = "") {
  return {.kind = Rule::Reverse, .pointer = "/aliases", .canonical = canonical};
}

Catalog read_shape(const std::string& body, const Reading& how) {
  auto catalog = read_catalog(body, how);
  if (!catalog) FAIL("not read: " << catalog.error().sentence);
  return *catalog;
}

// "alias>target alias>target"
std::string arrows(const Catalog& catalog) {
  std::string text;
  for (const auto& row : catalog.aliases)
    text += (text.empty() ? "" : " ") + row.id + ">" + row.target;
  return text;
}

std::string arrows(const std::string& rows, const Reading& how) {
  return arrows(read_shape(R"({"data":[)" + rows + "]}", how));
}

Reading latest(Reading how) {
  how.alias_names.patterns.push_back(Pattern::compile("-latest$").value());
  return how;
}

TEST_CASE("chains are followed through aliases as far as allowed, and targets need not be listed") {
  const std::string rows =
      R"({"id":"~x","alias_target":{"slug":"x-1"}},{"id":"x-1","alias_target":{"slug":"x-1-2026"}},{"id":"y","alias_target":null})";
  CHECK(arrows(rows, shape_reading({shape_field("/alias_target/slug")})) == "x-1>x-1-2026 ~x>x-1");
  CHECK(arrows(rows, shape_reading({shape_field("/alias_target/slug", 2)})) ==
        "x-1>x-1-2026 ~x>x-1-2026");
}

TEST_CASE("a chain that comes back to itself is not followed") {
  CHECK(arrows(R"({"id":"a","n":"b"},{"id":"b","n":"a"})", shape_reading({shape_field("/n", 4)})) ==
        "a>b b>a");
  CHECK(arrows(R"({"id":"a","n":"b"},{"id":"b","n":"c"},{"id":"c","n":"b"})",
               shape_reading({shape_field("/n", 4)})) == "a>b b>c c>b");
}

TEST_CASE("a symmetric group has its direction from the canonical pointer, and none without") {
  const std::string rows =
      R"({"id":"m-2508","name":"m-2508","aliases":["m-latest","m"]},{"id":"m-latest","name":"m-2508","aliases":["m-2508","m"]},)"
      R"({"id":"m","name":"m-2508","aliases":["m-2508","m-latest"]})";
  CHECK(arrows(rows, shape_reading({reverse("/name")})) == "m>m-2508 m-latest>m-2508");
  CHECK(arrows(rows, shape_reading({shape_field("/name"), reverse("/name")})) ==
        "m>m-2508 m-latest>m-2508");
  CHECK(arrows(rows, shape_reading({reverse()})).empty());
}

TEST_CASE("whose own row calls it canonical is no alias, although another row claims it") {
  const std::string rows =
      R"({"id":"mini-2507","name":"mini-2507","aliases":["mini"]},{"id":"mini","name":"mini-2507","aliases":["mini-2507"]},)"
      R"({"id":"transcribe-2507","name":"transcribe-2507","aliases":["mini-2507","scribe"]})";
  CHECK(arrows(rows, shape_reading({shape_field("/name", 3), reverse("/name")})) ==
        "mini>mini-2507 scribe>transcribe-2507");
}

TEST_CASE(
    "a concrete row names its aliases, which need not be rows, and itself among them means "
    "nothing") {
  const auto how = shape_reading({reverse()});
  const auto catalog =
      read_shape(R"({"data":[{"id":"grok-4","aliases":["grok-latest","grok-4"]}]})", how);
  CHECK(arrows(catalog) == "grok-latest>grok-4");
  CHECK(catalog.ids == IdList{"grok-4"});
  CHECK(catalog.aliases[0].evidence == R"({"id":"grok-4","aliases":["grok-latest","grok-4"]})");
  CHECK(arrows(R"({"id":"b","aliases":["x"]},{"id":"a","aliases":["x"]})", how) == "x>a,b");
}

TEST_CASE("ids with resource prefixes, versions as opaque values, tags with digests") {
  auto how = shape_reading({{.kind = Rule::Field, .pointer = "/digest", .opaque = true}});
  how.shape = {
      .items = {"/models", "/data"}, .id = {"/name"}, .strip_prefix = "models/", .pagination = {}};
  CHECK(arrows(read_shape(R"({"models":[{"name":"models/a","digest":"sha256:1"}]})", how)) ==
        "a>sha256:1");
}

TEST_CASE("of several places of rows the best counts, wherever it stands in the body") {
  auto how = shape_reading({});
  how.shape.items = {"/data", "/models"};
  const std::string data = R"("data":[{"id":"d"}])";
  const std::string models = R"("models":[{"id":"m"},{"name":"x"}])";
  CHECK(read_shape("{" + data + "," + models + "}", how) ==
        read_shape("{" + models + "," + data + "}", how));
  CHECK(read_shape("{" + models + "," + data + "}", how).ids == IdList{"d"});
  CHECK(read_shape("{" + models + "}", how).ids == IdList{"m"});
  how.shape.items = {"", "/data"};
  CHECK(read_shape(R"([{"id":"r"}])", how).ids == IdList{"r"});
  CHECK(read_shape("{" + data + "}", how).ids == IdList{"d"});
}

TEST_CASE("a document that is the only row") {
  auto how = shape_reading({{.kind = Rule::Field, .pointer = "/model_sha", .opaque = true}});
  how.shape.items = {""};
  how.shape.id = {"/model_id"};
  CHECK(arrows(read_shape(R"({"model_id":"a/b","model_sha":"f00"})", how)) == "a/b>f00");
  CHECK(read_catalog(R"({"error":"nope"})", how).error().reason == Reason::BadShape);
}

TEST_CASE("targets in a second document are joined by id, as a set, and it must be read") {
  auto rule = shape_field("/litellm_params/model");
  rule.document = SecondDocument{"https://gw/model/info", {"/data"}, {"/model_name"}};
  const auto how = shape_reading({rule});
  CatalogReader reader{how};
  REQUIRE(reader.add_page(R"({"data":[{"id":"chat"}]})"));
  REQUIRE(reader.add_document(
      0, R"({"data":[{"model_name":"chat","litellm_params":{"model":"openai/x"}},
    {"model_name":"chat","litellm_params":{"model":"azure/x"}},{"model_name":"hidden","litellm_params":{"model":"y"}}]})"));
  const auto catalog = reader.take();
  REQUIRE(catalog);
  CHECK(arrows(*catalog) == "chat>azure/x,openai/x");
  CHECK(read_catalog(R"({"data":[{"id":"chat"}]})", how).error().reason == Reason::Partial);
}

TEST_CASE("pages make one list, and a bad later page makes it partial") {
  auto how = shape_reading({shape_field("/ref")});
  how.shape.pagination = {Pagination::Kind::Cursor, "/last_id", "/has_more", "after_id"};
  CatalogReader reader{how};
  CHECK(*reader.add_page(R"({"data":[{"id":"a","ref":"b"}],"has_more":true,"last_id":"a"})") ==
        PageEnd{"a", true, 1});
  CHECK(*reader.add_page(
            R"({"last_id":null,"has_more":false,"data":[{"id":"b"},{"id":"a","ref":"c"}]})") ==
        PageEnd{"", false, 2});
  const auto catalog = reader.take();
  REQUIRE(catalog);
  CHECK(catalog->ids == IdList{"a", "b"});
  CHECK(catalog->duplicate_rows == 1);
  CHECK(arrows(*catalog) == "a>b,c");
  CatalogReader broken{how};
  REQUIRE(broken.add_page(R"({"data":[{"id":"a"}]})"));
  CHECK(broken.add_page("<html>").error().reason == Reason::Partial);
}

TEST_CASE("ends of models are read in every form, and placeholders are none") {
  Reading how;
  how.lifecycle = {
      .retires_at = {"/x", "/at"}, .replacement = {"/by"}, .deprecated = {"/old", "!/active"}};
  const auto date = [&](const std::string& row) -> std::string {
    const auto catalog = read_shape(R"({"data":[{"id":"a",)" + row + "}]}", how);
    if (catalog.lifecycles.empty()) return "nothing";
    const auto& one = catalog.lifecycles[0];
    return (one.retires_at ? to_rfc3339(*one.retires_at) : "undated") +
           (one.replacement.empty() ? "" : " by " + one.replacement);
  };
  for (const auto* form :
       {R"("2026-12-01")", R"("2026-12-01T00:00:00Z")", R"("2026-12-01T02:00:00+02:00")",
        R"("2026-12-01T00:00:00")", "1796083200", R"({"year":2026,"month":12,"day":1})"}) {
    CHECK_MESSAGE(date(fmt::format(R"("at":{})", form)) == "2026-12-01T00:00:00.000Z", form);
  }
  for (const auto* form :
       {"null", R"("")", R"("soon")", "0", "1e300", "-1", R"({"year":0,"month":0,"day":0})",
        R"({"year":2026,"month":2,"day":30})", R"("9999-12-31")", "true", "[2026]"}) {
    CHECK_MESSAGE(date(fmt::format(R"("at":{})", form)) == "nothing", form);
  }
  CHECK(date(R"("x":"later","at":"2026-12-01","by":"b")") == "2026-12-01T00:00:00.000Z by b");
  CHECK(date(R"("old":true)") == "undated");
  CHECK(date(R"("active":false)") == "undated");
  CHECK(date(R"("active":true,"old":false)") == "nothing");
}

TEST_CASE("hints are an alias's values as compact JSON, missing ones empty, huge ones a checksum") {
  auto how = latest(shape_reading({shape_field("/ref")}));
  how.hints = {"/n", "/price", "/text"};
  const auto catalog = read_shape(
      R"({"data":[{"id":"a-latest","n": 8192 ,"price":{ "p" : [1, 2.50] }},{"id":"c","n":1},)" +
          fmt::format(R"({{"id":"b","ref":"c","text":"{}"}}]}})", std::string(2000, 'x')),
      how);
  REQUIRE(catalog.hints.size() == 2);
  CHECK(catalog.hints[0] == HintRow{"a-latest", {"8192", R"({"p":[1,2.50]})", ""}});
  CHECK(catalog.hints[1].values[2].starts_with(R"("2002 bytes, checksum )"));
  CHECK(catalog.undisclosed == Ids{"a-latest"});
}

TEST_CASE("evidence is the row as it was sent, without white space between its parts") {
  const auto catalog = read_shape(
      "{\"data\":[ {\n\"id\" : \"a\", \"ref\":\"b\",\t\"n\":1.10, \"t\":\"x \\\" y\\u00e9\" } ]}",
      shape_reading({shape_field("/ref")}));
  CHECK(catalog.aliases[0].evidence == R"({"id":"a","ref":"b","n":1.10,"t":"x \" y\u00e9"})");
}

TEST_CASE("aliases without a target are asked about, listed or not, if a rule asks") {
  auto how = latest(shape_reading({shape_field("/ref"), {.kind = Rule::Lookup, .pointer = "/id"}}));
  how.alias_names.ids = {"hidden", "told"};
  const auto catalog = read_shape(
      R"({"data":[{"id":"a-latest"},{"id":"b-latest","ref":"b"},{"id":"told","ref":"t"}]})", how);
  CHECK(to_ask(catalog, how) == Ids{"a-latest", "hidden"});
  how.rules.pop_back();
  CHECK(to_ask(catalog, how).empty());
  const auto whole = with_disclosures(
      catalog, {{.id = "hidden", .target = "h-1", .rule = Rule::Lookup}}, {}, {"a-latest"});
  CHECK(arrows(whole) == "b-latest>b hidden>h-1 told>t");
  CHECK(whole.undisclosed.empty());
  CHECK(whole.unasked == Ids{"a-latest"});
}

TEST_CASE("a build stamp can count only where the answer repeats the question") {
  const AliasRule rule{
      .kind = Rule::Echo, .pointer = "/model", .alias_fingerprint = "/system_fingerprint"};
  const auto disclosed = [&](const std::string& body) {
    return read_disclosure(rule, "", "gpt", body,
                           [](std::string_view) { return std::string_view{}; })
        .value();
  };
  CHECK(disclosed(R"({"model":"gpt","system_fingerprint":"fp_1"})") == "gpt@fp_1");
  CHECK(disclosed(R"({"model":"gpt","system_fingerprint":null})") == std::nullopt);
  CHECK(disclosed(R"({"model":"gpt-1","system_fingerprint":"fp_1"})") == "gpt-1");
}

TEST_CASE("an answer discloses a target, unless it repeats the question") {
  AliasRule rule{.kind = Rule::Echo,
                 .pointer = "/model",
                 .header = "openai-model",
                 .fingerprint = "/system_fingerprint"};
  std::string from_header;
  const auto disclosed = [&](const std::string& body) -> std::string {
    const auto target = read_disclosure(rule, "models/", "gpt", body, [&](std::string_view) {
      return std::string_view{from_header};
    });
    return target ? target->value_or("undisclosed") : std::string{label(target.error().reason)};
  };
  CHECK(disclosed(R"({"model":"gpt-1","system_fingerprint":"fp_1"})") == "gpt-1@fp_1");
  CHECK(disclosed(R"({"model":"gpt-1","system_fingerprint":null})") == "gpt-1");
  CHECK(disclosed(R"({"model":"gpt"})") == "undisclosed");
  CHECK(disclosed(R"({"error":{}})") == "undisclosed");
  CHECK(disclosed("<html>") == "not_json");
  CHECK(disclosed(R"({"model":"models/gpt-1"})") == "gpt-1");
  CHECK(disclosed(R"({"model":"models/gpt"})") == "undisclosed");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(disclosed(deep) == "undisclosed");
  CHECK(disclosed(R"({"model":)" + deep + "}") == "undisclosed");
  CHECK(disclosed(R"({"choices":)" + deep + R"(,"model":"gpt-1"})") == "gpt-1");
  CHECK(disclosed(std::string(kAnswerBytesMax, '[')) == "not_json");
  from_header = "gpt-2";
  CHECK(disclosed(R"({"model":"gpt-1"})") == "gpt-2");
  from_header = "gpt-\xff";
  CHECK(disclosed(R"({"model":"gpt-1"})") == "gpt-1");
}

TEST_CASE("of equal keys of a row the last counts, with nothing of what the first held") {
  const auto how = shape_reading({shape_field("/target/slug"), shape_field("/ref")});
  const auto catalog = read_shape(
      R"({"data":[{"id":"a","target":{"slug":"x"},"target":{"other":1}},{"id":"b","ref":"x","ref":"y"},)"
      R"({"id":"c","target":{"slug":"x"},"target":null},{"id":"d","target":{"slug":"x"},"target":{"slug":"z"}}]})",
      how);
  CHECK(arrows(catalog) == "b>y d>z");
}

TEST_CASE("a list of the most rows may use every rule for each of them") {
  std::string rows;
  for (std::size_t i = 0; i < kRowsMax; ++i) {
    rows += fmt::format(R"({}{{"id":"m{}","ref":"t{}","old":"o{}","aliases":["a{}","b{}"]}})",
                        i == 0 ? "" : ",", i, i, i, i, i);
  }
  const auto how = shape_reading(
      {shape_field("/ref"), shape_field("/old"), {.kind = Rule::Reverse, .pointer = "/aliases"}});
  CHECK(read_shape("{\"data\":[" + rows + "]}", how).aliases.size() == 3 * kRowsMax);
}

TEST_CASE("an id is made safe for the place that it is put in") {
  CHECK(fill_in("https://x/models/{id}?a={id}", "a/b:c~", Escape::Percent) ==
        "https://x/models/a%2Fb%3Ac~?a=a%2Fb%3Ac~");
  CHECK(fill_in(R"({"model":"{id}"})", "a\"\\{id}", Escape::Json) == R"({"model":"a\"\\{id}"})");
}

}  // namespace
}  // namespace modelvane
