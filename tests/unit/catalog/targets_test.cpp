// The ways in which a configuration can say where targets stand: sets, chosen items, joined values,
// maps, parts of values, headers; and values that cannot be read.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/catalog/json_path.h"
#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/mend_json.h"
#include "daemon/catalog/read_catalog.h"

using namespace modelvane;

namespace {

AliasRule field(std::string pointer) {
  return {.kind = Rule::Field, .pointer = std::move(pointer)};
}

Reading by(std::vector<AliasRule> rules) {
  Reading how;
  how.rules = std::move(rules);
  how.own.rules = true;
  return how;
}

std::string text_of(const std::expected<Catalog, ReadError>& catalog) {
  if (!catalog) return std::string{label(catalog.error().reason)};
  std::string text;
  for (const auto& alias : catalog->aliases)
    text += fmt::format("{}{}->{}", text.empty() ? "" : " ", alias.id, alias.target);
  return text;
}

std::string targets(const std::string& body, const Reading& how) {
  return text_of(read_catalog(body, how));
}

std::string warned(const std::string& body, const Reading& how) {
  std::string text;
  const auto catalog = read_catalog(body, how).value();
  for (const auto& note : catalog.notes) text += fmt::format("{}: {}\n", note.rule, note.sentence);
  return text;
}

std::string picked(const std::string& pointer, const std::string& json) {
  std::string storage;
  const auto value = pick(json, steps_of(pointer), storage);
  return value.kind == JsonValue::Kind::Array ? fmt::format("{}", fmt::join(value.texts, ","))
                                              : value.text;
}

}  // namespace

TEST_CASE("a star in a pointer is every item or member, and a key with a value chooses one") {
  const std::string json =
      R"({"a":[{"k":"x","v":"1"},{"k":"y","v":"2"},{"k":"y","v":"3"}],"m":{"p":{"v":"4"},"*":"5"},"n":[7]})";
  CHECK(picked("/a/*/v", json) == "1,2,3");
  CHECK(picked("/a/[k=y]/v", json) == "2");
  CHECK(picked("/a/[k=z]/v", json).empty());
  CHECK(picked("/m/*/v", json) == ",4");  // nothing in the second, but its place
  CHECK(picked("/m/*/none", json).empty());
  CHECK(picked("/m/~2", json) == "5");
  CHECK(picked("/a/1/v", json) == "2");
  CHECK(picked("/n/*", json) == "7");
}

TEST_CASE("the targets of an array are a set, in whatever order they come") {
  const auto how = by({field("/models/*/arn")});
  const std::string one = R"({"data":[{"id":"p","models":[{"arn":"b"},{"arn":"a"}]}]})";
  const std::string other = R"({"data":[{"id":"p","models":[{"arn":"a"},{"arn":"b"}]}]})";
  CHECK(targets(one, how) == "p->a,b");
  CHECK(targets(other, how) == "p->a,b");
  CHECK(targets(R"({"data":[{"id":"auto","targets":["y","x","auto"]}]})",
                by({field("/targets")})) == "auto->x,y");
}

TEST_CASE("a part is cut out of a value by a pattern, or nothing where it does not match") {
  auto rule = field("/models/*/arn");
  rule.match = Pattern::compile("foundation-model/(.+)$").value();
  CHECK(targets(R"({"data":[{"id":"p","models":[{"arn":"arn:us-1::foundation-model/m:0"},
                    {"arn":"arn:us-2::foundation-model/m:0"},{"arn":"other"}]}]})",
                by({rule})) == "p->m:0");
  auto name = field("/name");
  name.match = Pattern::compile("^[a-z0-9-]+$").value();
  name.not_for = Pattern::compile("^ft:").value();
  CHECK(targets(R"({"data":[{"id":"a","name":"Large 3"},{"id":"ft:b","name":"my-bot"},
                    {"id":"c-latest","name":"c-2"}]})",
                by({name})) == "c-latest->c-2");
}

TEST_CASE("values side by side are joined, one by one where they are sets") {
  const AliasRule rule{.kind = Rule::Field, .join = {"/model/name", "/model/version"}, .with = "@"};
  CHECK(targets(R"({"data":[{"id":"a","model":{"name":"gpt","version":2}},
                    {"id":"b","model":{"name":"gpt"}}]})",
                by({rule})) == "a->gpt@2");
  const AliasRule sets{.kind = Rule::Field, .join = {"/e/*/n", "/e/*/v"}, .with = ":"};
  CHECK(targets(R"({"data":[{"id":"a","e":[{"n":"y","v":"1"},{"n":"x","v":"2"},{"n":"z"}]}]})",
                by({sets})) == "a->x:2,y:1");
}

TEST_CASE("members of an object are rows, with their keys as ids where rows have none") {
  auto how = by({field("")});
  how.shape.items = {"/aliases"};
  how.shape.id = {""};
  CHECK(targets(R"({"aliases":{"gpt-4":"llama","fast":"qwen"}})", how) ==
        "fast->qwen gpt-4->llama");
  how = by({field("/target")});
  how.shape.items = {"/models"};
  how.shape.id = {"/id", ""};
  CHECK(targets(R"({"models":{"k":{"id":"a","target":"b"},"c":{"target":"d"}}})", how) ==
        "a->b c->d");
  how.shape.items = {""};
  how.shape.id = {""};
  CHECK(targets(R"({"a":{"target":"b"}})", how) == "a->b");
}

TEST_CASE("an error in place of a list is no map of models") {
  CHECK(targets(R"({"data":{"message":"no","code":"1"}})", by({field("/ref")})) == "bad_shape");
  CHECK(targets(R"({"data":{"error":{"message":"no"}}})", by({field("/ref")})) == "bad_shape");
}

TEST_CASE("a header of the answer is the target of the aliases that are known by name") {
  auto how = by({{.kind = Rule::Field, .header = "x-model"}});
  const auto header = [](std::string_view name) {
    return name == "x-model" ? std::string_view{"m-2"} : std::string_view{};
  };
  const std::string body = R"({"data":[{"id":"m-latest"},{"id":"m-2"}]})";
  CHECK(text_of(read_catalog(body, how, header)) == "m-latest->m-2");
  how.alias_names.patterns = {Pattern::compile("^x-latest$").value()};
  CHECK(text_of(read_catalog(body, how, header)).empty());
}

TEST_CASE("of equal keys the last one counts, also where the rows are") {
  CHECK(targets(R"({"data":[{"id":"old","ref":"a"}],"data":[{"id":"new","ref":"a","ref":"b"}]})",
                by({field("/ref")})) == "new->b");
  CHECK(targets(R"({"data":[{"id":"old","ref":"a"}],"data":null})", by({field("/ref")})) ==
        "empty");
}

TEST_CASE("a broken value that nobody asked for does not make a list unreadable") {
  const auto how = by({field("/ref")});
  for (const std::string broken : {"\"half \\ud83d\"", "\"half \\udc00\"", "\"caf\xe9\"", "1e400",
                                   "-1e999", "NaN", "-Infinity", "\"a\tb\""}) {
    CAPTURE(broken);
    CHECK(targets("{\"data\":[{\"id\":\"a\",\"ref\":\"b\",\"x\":" + broken + "}]}", how) == "a->b");
  }
  CHECK_FALSE(mend_json(R"({"fine":"\ud83d\ude00 é 1e308 \\ud83d",  "n":[1e300,-0]})").has_value());
  CHECK(targets(R"({"data":[{"id":"a"},)", how) == "not_json");
}

TEST_CASE("a broken value in a watched place leaves what was known, and says so") {
  const std::string body = R"({"data":[{"id":"a","ref":"b\ud83d"},{"id":"c","ref":"d"}]})";
  const auto catalog = read_catalog(body, by({field("/ref")})).value();
  CHECK(text_of(catalog) == "c->d");
  CHECK(catalog.unasked == std::vector<std::string>{"a"});
  REQUIRE(catalog.notes.size() == 1);
  CHECK(catalog.notes[0].sentence.starts_with("a (field /ref): "));
}

TEST_CASE("one id with too many targets leaves the rest of the list readable") {
  std::string rows = R"({"id":"ok","ref":"t"})";
  for (std::size_t i = 0; i <= kTargetsMax; ++i)
    rows += fmt::format(R"(,{{"id":"a","ref":"t{}"}})", i);
  auto how = by({field("/ref")});
  const auto catalog = read_catalog("{\"data\":[" + rows + "]}", how).value();
  CHECK(text_of(catalog) == "ok->t");
  CHECK(catalog.unasked == std::vector<std::string>{"a"});
  CHECK(catalog.notes.size() == 1);
  how.models.include = {Pattern::compile("^ok$").value()};
  CHECK(read_catalog("{\"data\":[" + rows + "]}", how).value().notes.empty());
}

TEST_CASE("a pointer of the user's own that finds nothing is told, and one of a preset is not") {
  const std::string body = R"({"data":[{"id":"m","version":3,"models":[{"arn":"x"}],"ref":null}]})";
  CHECK(warned(body, by({field("/versoin")}))
            .starts_with("field /versoin: field /versoin finds nothing"));
  CHECK(warned(body, by({field("/version")})).find("number") != std::string::npos);
  CHECK(warned(body, by({field("/models")})).find("array") != std::string::npos);
  CHECK(warned(body, by({field("/ref")})).empty());
  auto opaque = field("/version");
  opaque.opaque = true;
  CHECK(warned(body, by({opaque})).empty());
  CHECK(targets(body, by({opaque})) == "m->3");
  auto preset = by({field("/versoin")});
  preset.own = {};
  CHECK(warned(body, preset).empty());
  Reading other;
  other.hints = {"/hint"};
  other.lifecycle.retires_at = {"/gone"};
  other.own = {.hints = true, .lifecycle = true};
  CHECK(read_catalog(body, other).value().notes.size() == 2);
}

TEST_CASE("a second document that is empty is an answer") {
  auto rule = field("/target");
  rule.document = SecondDocument{.url = "http://localhost/aliases", .items = {""}, .id = {"/name"}};
  const auto how = by({rule});
  for (const std::string document : {"[]", "null", R"([{"name":"x","target":"y"}])"}) {
    CatalogReader reader{how};
    REQUIRE(reader.add_page(R"({"data":[{"id":"x"}]})"));
    CHECK(reader.add_document(0, document).has_value());
  }
  CatalogReader reader{how};
  REQUIRE(reader.add_page(R"({"data":[{"id":"x"}]})"));
  const auto refused = reader.add_document(0, R"([{"other":"x"}])");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().sentence.ends_with("the document itself"));
}
