#include "daemon/config/alias_rule_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "daemon/catalog/disclosure.h"
#include "daemon/catalog/json_path.h"
#include "daemon/config/served_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/text/ascii.h"
#include "daemon/text/token.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// Lookups are free, but each is a request for one alias alone.
constexpr Duration kLookupInterval = 10min;
// Echoes cost money: aliases move a few times a year, and a quarter of a day is early enough to
// know.
constexpr Duration kEchoInterval = 6h;
constexpr int kEchoDailyBudget = 24;
constexpr Range<Duration> kEchoIntervalRange{10s, 7 * 24h};
constexpr Range<int> kBudgetRange{1, 100'000};
// Each form that is refused costs one question of the budget.
constexpr std::size_t kBodiesMax = 4;
constexpr std::size_t kBodyBytesMax = 16 * 1024;
// The compiled form grows with the text, and matching cost with both.
constexpr std::size_t kPatternBytesMax = 256;

// A name, a version and a region, and some more.
constexpr std::size_t kJoinMax = 8;
constexpr std::string_view kJoinWith = "@";

constexpr std::string_view kIdPlace = "{id}";

struct RuleContext {
  const std::string& list_url;
  Access* served_access;  // where a served rule's goes; nullptr where none may stand
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// The absolute form of a rule's URL, which may be relative to the list's and have {id} in it.
std::string read_rule_url(const Field& field, const std::string& list_url) {
  // Stands for {id} while the URL is judged: braces belong to no URL.
  constexpr std::string_view kMark = "modelvane-id";
  const auto text = field.text("a URL on the list's host");
  if (!text) return "";
  const auto marked = fill_in(*text, kMark, Escape::Percent);
  if (url_problem(list_url)) return "";
  auto url = resolve(list_url, marked);
  const auto problem =
      url ? url_problem(*url)
          : std::optional<std::string>{"must be a URL, absolute or relative to url"};
  if (problem) {
    field.fail(*problem);
    return "";
  }
  if (!has_same_origin(*url, list_url)) {
    field.fail(
        "must have the scheme, host and port of url: the endpoint's credentials go with this "
        "request, too");
  }
  replace_all(*url, kMark, kIdPlace);
  return std::move(*url);
}

SecondDocument read_document(const Field& field, const std::string& list_url) {
  static constexpr std::array kKeys{std::string_view{"url"}, std::string_view{"items"},
                                    std::string_view{"id"}};
  SecondDocument document;
  const auto fields = field.fields(kKeys);
  if (!fields) return document;
  if (const auto* url =
          fields->need("url", "write the URL of the document whose rows tell the targets")) {
    document.url = read_rule_url(*url, list_url);
  }
  read_rows(*fields, document.items, document.id);
  return document;
}

void read_strip_prefix(const Fields& fields, AliasRule& rule) {
  if (const auto* prefix = fields.find("strip_prefix"))
    rule.strip_prefix = prefix->text_or_empty("text").value_or("");
}

void read_match(const Fields& fields, AliasRule& rule) {
  const auto* match = fields.find("match");
  if (match != nullptr) rule.match = read_pattern(*match);
}

void read_not_for(const Fields& fields, AliasRule& rule) {
  const auto* not_for = fields.find("not_for");
  if (not_for != nullptr) rule.not_for = read_pattern(*not_for);
}

void read_header_name(const Field& field, std::string& name) {
  name = field.text("the name of a header").value_or("");
  if (!name.empty() && !is_token(name))
    field.fail("must be the name of a header, such as openai-model");
  name = to_lower(name);  // as answers have them
}

void read_opaque(const Fields& fields, AliasRule& rule) {
  if (const auto* opaque = fields.find("opaque")) rule.opaque = opaque->boolean().value_or(false);
}

void read_join_rule(const Fields& fields, const RuleContext& context, AliasRule& rule) {
  const auto& join = *fields.find("join");
  const auto items = join.list("JSON pointers such as /model/name");
  if (!items) return;
  if (items->size() < 2 || items->size() > kJoinMax)
    join.fail(fmt::format("must name 2 to {} pointers, not {}", kJoinMax, items->size()));
  for (const auto& item : *items) read_pointer(item, false, rule.join.emplace_back());
  rule.with = kJoinWith;
  if (const auto* with = fields.find("with")) rule.with = with->text_or_empty("text").value_or("");
  read_opaque(fields, rule);
  read_not_for(fields, rule);
  if (const auto* document = fields.find("document"))
    rule.document = read_document(*document, context.list_url);
}

void read_header_rule(const Fields& fields, const RuleContext&, AliasRule& rule) {
  read_header_name(*fields.find("header"), rule.header);
  read_opaque(fields, rule);
}

void read_field_rule(const Fields& fields, const RuleContext& context, AliasRule& rule) {
  read_pointer(*fields.find("field"), true, rule.pointer);
  read_not_for(fields, rule);
  read_opaque(fields, rule);
  if (const auto* hops = fields.find("max_hops")) {
    rule.max_hops = hops->integer({1, kHopsMax}).value_or(1);
    if (rule.opaque && rule.max_hops > 1)
      hops->fail("has no meaning for an opaque value: it names no model to follow");
  }
  if (const auto* document = fields.find("document"))
    rule.document = read_document(*document, context.list_url);
}

void read_reverse_rule(const Fields& fields, const RuleContext&, AliasRule& rule) {
  read_pointer(*fields.find("reverse"), false, rule.pointer);
  read_not_for(fields, rule);
  if (const auto* canonical = fields.find("canonical"))
    read_pointer(*canonical, false, rule.canonical);
}

void read_interval(const Fields& fields, Duration otherwise, AliasRule& rule) {
  rule.interval = otherwise;
  if (const auto* interval = fields.find("interval"))
    rule.interval = interval->duration(kEchoIntervalRange).value_or(otherwise);
}

void read_lookup_rule(const Fields& fields, const RuleContext& context, AliasRule& rule) {
  const auto& url = *fields.find("lookup");
  rule.url = read_rule_url(url, context.list_url);
  if (!rule.url.empty() && rule.url.find(kIdPlace) == std::string::npos) {
    url.fail("must have {id} where the alias belongs, as in models/{id}");
  }
  rule.pointer = "/id";
  if (const auto* pointer = fields.find("pointer")) read_pointer(*pointer, false, rule.pointer);
  if (const auto* header = fields.find("header")) read_header_name(*header, rule.header);
  read_interval(fields, kLookupInterval, rule);
}

std::string read_one_body(const Field& field, const AliasRule& rule) {
  auto body = field.text("a JSON text").value_or("");
  if (body.size() > kBodyBytesMax)
    field.fail(fmt::format("must be at most {} bytes long", kBodyBytesMax));
  if (!body.empty() && body.find(kIdPlace) == std::string::npos &&
      rule.url.find(kIdPlace) == std::string::npos) {
    field.fail("must have {id} where the alias belongs, unless the URL has it");
  }
  return body;
}

void read_echo_body(const Fields& fields, AliasRule& rule) {
  const auto* body = fields.need(
      "body",
      R"(write the smallest request, such as '{"model":"{id}","messages":[],"max_tokens":1}')");
  if (body == nullptr) return;
  if (!body->is_list()) {
    rule.body = read_one_body(*body, rule);
    return;
  }
  const auto bodies = body->list("JSON texts");
  if (!bodies) return;
  if (bodies->empty() || bodies->size() > kBodiesMax)
    body->fail(fmt::format("must have 1 to {} entries, not {}", kBodiesMax, bodies->size()));
  for (const auto& one : *bodies) rule.other_bodies.push_back(read_one_body(one, rule));
  if (rule.other_bodies.empty()) return;
  rule.body = std::move(rule.other_bodies.front());
  rule.other_bodies.erase(rule.other_bodies.begin());
}

void read_echo_rule(const Fields& fields, const RuleContext& context, AliasRule& rule) {
  rule.url = read_rule_url(*fields.find("echo"), context.list_url);
  read_echo_body(fields, rule);
  rule.pointer = "/model";
  if (const auto* pointer = fields.find("pointer")) read_pointer(*pointer, false, rule.pointer);
  if (const auto* fingerprint = fields.find("fingerprint"))
    read_pointer(*fingerprint, false, rule.fingerprint);
  if (const auto* fingerprint = fields.find("alias_fingerprint"))
    read_pointer(*fingerprint, false, rule.alias_fingerprint);
  if (const auto* header = fields.find("header")) read_header_name(*header, rule.header);
  if (const auto* stream = fields.find("stream"))
    rule.is_streamed = stream->boolean().value_or(false);
  read_echo_limits(fields, rule);
}

void read_served(const Fields& fields, const RuleContext& context, AliasRule& rule) {
  const auto& served = *fields.find("served");
  if (context.served_access == nullptr) return served.fail("cannot stand here");
  read_served_rule(served, rule, *context.served_access);
}

struct RuleKind {
  std::string_view key;
  Rule kind;
  std::vector<std::string_view> keys;  // besides `key`, strip_prefix and match
  void (*read)(const Fields&, const RuleContext&, AliasRule&);
};

const std::vector<RuleKind>& rule_kinds() {
  static const std::vector<RuleKind> kKinds{
      {"field", Rule::Field, {"opaque", "max_hops", "document", "not_for"}, read_field_rule},
      {"join", Rule::Field, {"with", "opaque", "document", "not_for"}, read_join_rule},
      {"reverse", Rule::Reverse, {"canonical", "not_for"}, read_reverse_rule},
      {"lookup", Rule::Lookup, {"pointer", "header", "interval"}, read_lookup_rule},
      {"echo",
       Rule::Echo,
       {"body", "stream", "pointer", "header", "fingerprint", "alias_fingerprint", "interval",
        "daily_budget"},
       read_echo_rule},
      {"served", Rule::Served, {}, read_served},
      // Last: `header` also belongs to lookup and echo.
      {"header", Rule::Field, {"opaque"}, read_header_rule},
  };
  return kKinds;
}

std::span<const std::string_view> rule_keys() {
  static const std::vector<std::string_view> kKeys = [] {
    std::vector<std::string_view> all;
    for (const auto& kind : rule_kinds()) all.push_back(kind.key);
    all.push_back("strip_prefix");
    all.push_back("match");
    for (const auto& kind : rule_kinds()) {
      for (const auto key : kind.keys) {
        if (std::ranges::find(all, key) == all.end()) all.push_back(key);
      }
    }
    return all;
  }();
  return kKeys;
}

// Reports keys that the rule does not have, among them those of a second rule.
void refuse_foreign_keys(const Fields& fields, const RuleKind& kind) {
  for (const auto key : rule_keys()) {
    const bool is_own = key == kind.key || key == "strip_prefix" || key == "match" ||
                        std::ranges::find(kind.keys, key) != kind.keys.end();
    if (const auto* field = fields.find(key); field != nullptr && !is_own) {
      field->fail(fmt::format("does not belong to a {} rule", kind.key));
    }
  }
}

}  // namespace

void read_echo_limits(const Fields& fields, AliasRule& rule) {
  read_interval(fields, kEchoInterval, rule);
  rule.daily_budget = kEchoDailyBudget;
  if (const auto* budget = fields.find("daily_budget"))
    rule.daily_budget = budget->integer(kBudgetRange).value_or(1);
}

void read_pointer(const Field& field, bool may_be_empty, std::string& pointer) {
  constexpr std::string_view kWhat = "a JSON pointer such as /data";
  auto text = may_be_empty ? field.text_or_empty(kWhat) : field.text(kWhat);
  if (!text) return;
  if (const auto problem = pointer_problem(*text)) {
    field.fail(fmt::format("{}, not {}", *problem, in_quotes(*text)));
    return;
  }
  pointer = std::move(*text);
}

void read_plain_pointer(const Field& field, std::string& pointer) {
  read_pointer(field, true, pointer);
  const auto steps = steps_of(pointer);
  if (std::ranges::any_of(
          steps, [](const PathStep& step) { return step.kind != PathStep::Kind::Member; })) {
    field.fail("must name one place; * and [key=value] are for what stands in the rows");
  }
}

std::optional<Pattern> read_pattern(const Field& field) {
  const auto text = field.text("a regular expression");
  if (!text) return std::nullopt;
  if (text->size() > kPatternBytesMax) {
    field.fail(fmt::format("must be at most {} bytes long", kPatternBytesMax));
    return std::nullopt;
  }
  auto pattern = Pattern::compile(*text);
  if (pattern) return std::move(*pattern);
  field.fail(fmt::format("{} {}", in_quotes(*text), pattern.error()));
  return std::nullopt;
}

void read_alias_rule(const Field& field, const std::string& list_url, std::vector<AliasRule>& rules,
                     Access* served_access) {
  const auto fields = field.fields(rule_keys());
  if (!fields) return;
  for (const auto& kind : rule_kinds()) {
    if (fields->find(kind.key) == nullptr) continue;
    AliasRule rule;
    rule.kind = kind.kind;
    kind.read(*fields, {.list_url = list_url, .served_access = served_access}, rule);
    read_strip_prefix(*fields, rule);
    read_match(*fields, rule);
    refuse_foreign_keys(*fields, kind);
    rules.push_back(std::move(rule));
    return;
  }
  fields->need("field",
               "write {field: /ref_model}, the JSON pointer from a row to the target's id, or "
               "join, reverse, lookup, echo, served or header");
}

namespace {

constexpr std::size_t kItemsMax = 8;

// One place of the rows, or a list of places, best first.
void read_places(const Field& field, std::vector<std::string>& items) {
  items.clear();
  if (!field.is_list()) return read_plain_pointer(field, items.emplace_back());
  const auto places = field.list("JSON pointers such as /data");
  if (!places) return;
  if (places->empty() || places->size() > kItemsMax) {
    field.fail(fmt::format("must name 1 to {} places, not {}", kItemsMax, places->size()));
  }
  for (const auto& place : *places) read_plain_pointer(place, items.emplace_back());
}

}  // namespace

void read_rows(const Fields& fields, std::vector<std::string>& items,
               std::vector<std::string>& id) {
  if (const auto* places = fields.find("items")) read_places(*places, items);
  const bool is_place_named =
      fields.find("items") != nullptr && items.size() == 1 && !items.front().empty();
  if (const auto* ids = fields.find("id")) {
    read_places(*ids, id);
  } else if (is_place_named && id == ListShape{}.id) {
    // Nobody has said what an id is: rows without /id are texts, or members whose keys are the ids.
    id.emplace_back("");
  }
}

}  // namespace modelvane
