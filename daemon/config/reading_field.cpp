#include "daemon/config/reading_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

// The compiled form grows with the text, and matching cost with both.
constexpr std::size_t kPatternBytesMax = 256;
constexpr std::size_t kPatternsMax = 64;
constexpr std::size_t kRulesMax = 16;
constexpr std::size_t kItemsMax = 8;

void read_pointer(const Field& field, bool may_be_empty, std::string& pointer) {
  constexpr std::string_view kWhat = "a JSON pointer such as /data";
  auto text = may_be_empty ? field.text_or_empty(kWhat) : field.text(kWhat);
  if (!text) return;
  if (const auto problem = pointer_problem(*text)) field.fail(fmt::format("{}, not {}", *problem, in_quotes(*text)));
  pointer = std::move(*text);
}

// One place of the rows, or a list of places, best first.
void read_items(const Field& field, std::vector<std::string>& items) {
  items.clear();
  if (!field.is_list()) return read_pointer(field, true, items.emplace_back());
  const auto places = field.list("JSON pointers such as /data");
  if (!places) return;
  if (places->empty() || places->size() > kItemsMax) {
    field.fail(fmt::format("must name 1 to {} places, not {}", kItemsMax, places->size()));
  }
  for (const auto& place : *places) read_pointer(place, true, items.emplace_back());
}

void read_pagination(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"kind"}};
  static constexpr std::array kLaterKinds{std::string_view{"link"}, std::string_view{"cursor"}, std::string_view{"token"},
                                          std::string_view{"page"}, std::string_view{"offset"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  const auto* kind = fields->need("kind", "write kind: none");
  if (kind == nullptr) return;
  const auto text = kind->text("none");
  if (!text || *text == "none") return;
  if (std::ranges::find(kLaterKinds, *text) != kLaterKinds.end()) {
    kind->fail(fmt::format(
        "this version of modelvane does not have the pagination {} yet; use none with a URL that gives the whole list",
        in_quotes(*text)));
  } else {
    kind->fail(fmt::format("must be none, not {}", in_quotes(*text)));
  }
}

void read_rule(const Field& field, std::vector<AliasRule>& rules) {
  static constexpr std::array kKeys{std::string_view{"field"}, std::string_view{"reverse"}, std::string_view{"lookup"},
                                    std::string_view{"echo"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  for (const auto later : {"reverse", "lookup", "echo"}) {
    if (const auto* rule = fields->find(later)) {
      rule->fail(fmt::format("this version of modelvane does not have the alias rule \"{}\" yet; use field", later));
      return;
    }
  }
  const auto* pointer = fields->need("field", "write {field: /ref_model}, the JSON pointer from a row to the target's id");
  if (pointer == nullptr) return;
  AliasRule rule;
  read_pointer(*pointer, false, rule.pointer);
  rules.push_back(std::move(rule));
}

void read_pattern(const Field& field, std::vector<IdPattern>& patterns) {
  auto text = field.text("a regular expression");
  if (!text) return;
  if (text->size() > kPatternBytesMax) {
    field.fail(fmt::format("must be at most {} bytes long", kPatternBytesMax));
    return;
  }
  try {
    patterns.push_back({*text, std::regex{*text, std::regex::ECMAScript | std::regex::optimize}});
  } catch (const std::regex_error&) {
    field.fail(
        fmt::format("{} is not a valid regular expression (ECMAScript); check brackets and backslashes", in_quotes(*text)));
  }
}

void read_patterns(const Field* field, std::vector<IdPattern>& patterns) {
  if (field == nullptr) return;
  const auto items = field->list("regular expressions");
  if (!items) return;
  if (items->size() > kPatternsMax) {
    field->fail(fmt::format("must have at most {} entries, not {}", kPatternsMax, items->size()));
    return;
  }
  for (const auto& item : *items) read_pattern(item, patterns);
}

}  // namespace

void read_list(const Field& field, ListShape& shape) {
  static constexpr std::array kKeys{std::string_view{"items"}, std::string_view{"id"}, std::string_view{"strip_prefix"},
                                    std::string_view{"pagination"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (const auto* items = fields->find("items")) read_items(*items, shape.items);
  if (const auto* id = fields->find("id")) read_pointer(*id, true, shape.id);
  if (const auto* prefix = fields->find("strip_prefix")) shape.strip_prefix = prefix->text_or_empty("text").value_or("");
  if (const auto* pagination = fields->find("pagination")) read_pagination(*pagination);
}

void read_aliases(const Field& field, std::vector<AliasRule>& rules) {
  const auto items = field.list("alias rules such as {field: /ref_model}");
  if (!items) return;
  if (items->size() > kRulesMax) {
    field.fail(fmt::format("must have at most {} entries, not {}", kRulesMax, items->size()));
    return;
  }
  rules.clear();
  for (const auto& item : *items) read_rule(item, rules);
}

void read_models(const Field& field, IdFilter& filter) {
  static constexpr std::array kKeys{std::string_view{"include"}, std::string_view{"exclude"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  read_patterns(fields->find("include"), filter.include);
  read_patterns(fields->find("exclude"), filter.exclude);
}

}  // namespace modelvane
