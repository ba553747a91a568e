// A models list, read in every way that a configuration can ask for: the body as its only page, as
// each of two pages, and as the second document of its rules.
#include <algorithm>
#include <array>
#include <string>

#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/model_id.h"
#include "daemon/catalog/pagination.h"
#include "daemon/catalog/read_catalog.h"
#include "daemon/catalog/signs.h"
#include "tests/fuzz/promise.h"

namespace modelvane {
namespace {

using fuzz::promise;

Reading reading_of_fields() {
  Reading how;
  how.shape.items = {"/data", "/models", "/value", ""};
  how.shape.id = {"/id", "/name", "/model_name"};
  how.shape.strip_prefix = "models/";
  how.rules = {{.kind = Rule::Field, .pointer = "/ref_model", .max_hops = kHopsMax},
               {.kind = Rule::Field, .pointer = "/alias_target/slug", .strip_prefix = "vendor/"},
               {.kind = Rule::Field, .pointer = "/details/digest", .opaque = true},
               {.kind = Rule::Field,
                .pointer = "/litellm_params/model",
                .document = SecondDocument{.url = "http://localhost/info"}}};
  how.hints = {"/created", "/max_model_len", "/pricing", ""};
  how.alias_names.ids = {"internlm3-latest"};
  how.alias_names.patterns = {Pattern::compile("-latest$").value()};
  how.lifecycle = {.retires_at = {"/deprecation", "/deprecation_date", "/expires"},
                   .replacement = {"/deprecation_replacement_model"},
                   .deprecated = {"/deprecated", "!/active"}};
  return how;
}

Reading reading_of_aliases() {
  Reading how;
  how.shape.items = {"/data", ""};
  how.shape.pagination = {.kind = Pagination::Kind::Cursor,
                          .next = "/last_id",
                          .more = "/has_more",
                          .query = "after_id"};
  how.rules = {{.kind = Rule::Reverse, .pointer = "/aliases"},
               {.kind = Rule::Reverse, .pointer = "/aliases", .canonical = "/name"}};
  how.models.exclude = {Pattern::compile("test").value()};
  return how;
}

Reading reading_of_texts() {
  Reading how;
  how.shape.items = {""};
  how.shape.id = {""};
  how.shape.pagination = {.kind = Pagination::Kind::Link, .next = "/next"};
  how.rules = {{.kind = Rule::Field, .pointer = ""}};
  return how;
}

Reading reading_of_sets() {
  Reading how;
  how.shape.items = {"/data", "/models"};
  how.shape.id = {"/id", ""};
  how.shape.pagination = {.kind = Pagination::Kind::Page, .query = "page"};
  AliasRule cut{.kind = Rule::Field, .pointer = "/models/*/arn"};
  cut.match = Pattern::compile("model/(.+)$").value();
  cut.not_for = Pattern::compile("^ft:").value();
  how.rules = {std::move(cut),
               {.kind = Rule::Field, .join = {"/model/name", "/model/version"}, .with = "@"},
               {.kind = Rule::Field, .join = {"/e/*/n", "/e/*/v"}, .with = ":"},
               {.kind = Rule::Field, .pointer = "/stages/[id=live]/target", .opaque = true},
               {.kind = Rule::Field, .pointer = "/targets"},
               {.kind = Rule::Field, .pointer = ""}};
  how.hints = {"/providers/*/name"};
  how.lifecycle = {.retires_at = {"/stages/[id=gone]/at"}, .deprecated = {"/status"}};
  how.own = {.rules = true, .hints = true, .lifecycle = true};
  return how;
}

void promise_id(const std::string& id) {
  promise(model_id(id) == id, "ids and targets are usable");
}

void promise_normal_form(const Catalog& catalog) {
  const auto ids = catalog.ids.all();
  promise(std::ranges::is_sorted(ids) && std::ranges::adjacent_find(ids) == ids.end() &&
              std::ranges::all_of(ids, [&](const auto& id) { return catalog.has(id); }),
          "ids are sorted and unique");
  promise(catalog.ids.size() <= kRowsMax, "a list has an end");
  for (const auto& id : catalog.ids) promise_id(id);
  promise(std::ranges::is_sorted(catalog.aliases, {}, &AliasRow::id), "aliases are sorted");
  for (const auto& alias : catalog.aliases) {
    promise_id(alias.id);
    promise(!alias.target.empty() && alias.target != alias.id, "an alias points elsewhere");
    promise(alias.target.size() <= (kIdBytesMax + 1) * kTargetsMax, "a target is bounded");
    promise(alias.evidence.size() <= kEvidenceBytesMax, "evidence is bounded");
    promise(!std::ranges::binary_search(catalog.undisclosed, alias.id),
            "an alias with a target is not undisclosed");
  }
  for (const auto& note : catalog.notes) fuzz::promise_sentence(note.sentence);
  for (const auto& hint : catalog.hints) {
    for (const auto& value : hint.values)
      promise(value.size() <= kHintBytesMax, "a hint is bounded");
  }
}

std::expected<Catalog, ReadError> read(std::string_view body, const Reading& how, int pages) {
  CatalogReader reader{how};
  std::vector<std::string> fetched{"https://api.example.com/v1/models?limit=100"};
  for (int page = 0; page < pages; ++page) {
    const auto end = reader.add_page(body);
    if (!end) return std::unexpected(end.error());
    const auto next = next_page(how.shape.pagination, *end, fetched);
    if (!next) fuzz::promise_sentence(next.error().sentence);
    if (next && *next)
      promise((*next)->starts_with("https://api.example.com/"),
              "pages stay with the host of the list");
  }
  for (std::size_t rule = 0; rule < how.rules.size(); ++rule) {
    if (!how.rules[rule].document) continue;
    if (const auto added = reader.add_document(rule, body); !added)
      return std::unexpected(added.error());
  }
  return reader.take();
}

void check(std::string_view body, const Reading& how) {
  for (const int pages : {1, 2}) {
    const auto catalog = read(body, how, pages);
    if (!catalog) {
      fuzz::promise_sentence(catalog.error().sentence);
      continue;
    }
    promise_normal_form(*catalog);
    promise(read(body, how, pages).value() == *catalog, "the same bytes are the same catalog");
  }
}

void check_signs(std::string_view body) {
  static const std::vector<SignedShape> shapes{
      {{"/data"}, {}},
      {{"/data", "/models", ""}, {{"/owned_by", "acme"}, {"/pricing/unit", ""}, {"", ""}}}};
  const auto fits = fitting(body, shapes);
  promise(fits.size() == shapes.size() && fits.front(), "a list without signs is like any");
}

}  // namespace
}  // namespace modelvane

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace modelvane;
  static const std::array readings{reading_of_fields(), reading_of_aliases(), reading_of_texts(),
                                   reading_of_sets()};
  for (const auto& reading : readings) check(fuzz::text_of(data, size), reading);
  check_signs(fuzz::text_of(data, size));
  return 0;
}
