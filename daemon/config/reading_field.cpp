#include "daemon/config/reading_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "daemon/catalog/model_id.h"
#include "daemon/config/access_field.h"
#include "daemon/config/alias_rule_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

constexpr std::size_t kPatternsMax = 64;
// Pages are counted from 0 or 1, and a list may begin at a later one.
constexpr Range<int> kFirstPageRange{0, 1'000};
constexpr std::size_t kListBodyBytesMax = 16 * 1024;
constexpr std::size_t kWordsMax = 32;
// Announcements come weeks before what they announce.
constexpr Duration kEndingsInterval = std::chrono::hours{1};
constexpr Range<Duration> kEndingsIntervalRange{std::chrono::seconds{10}, std::chrono::days{7}};
constexpr std::size_t kRulesMax = 16;
// Each is looked for in every row.
constexpr std::size_t kPointersMax = 16;
// Each may cost a request of its own.
constexpr std::size_t kAliasIdsMax = 256;

std::string read_query_key(const Fields& fields) {
  const auto* field =
      fields.need("query", "write the query key that takes the text at next, such as after_id");
  return field == nullptr ? "" : field->text("the name of a query key").value_or("");
}

// Reports keys that say nothing for this kind.
void refuse(const Fields& fields, std::initializer_list<std::string_view> keys,
            std::string_view kind) {
  for (const auto key : keys) {
    if (const auto* field = fields.find(key))
      field->fail(fmt::format("does not belong to pagination of the kind {}", kind));
  }
}

void read_next(const Fields& fields, std::string& next) {
  const auto* field =
      fields.need("next", "write the JSON pointer from the answer to what leads to the next page");
  if (field != nullptr) read_pointer(*field, false, next);
}

void read_cursor(const Fields& fields, Pagination& pagination) {
  read_next(fields, pagination.next);
  const auto* more = fields.need(
      "more",
      "write the JSON pointer from the answer to the boolean that says whether there is more");
  if (more != nullptr) read_pointer(*more, false, pagination.more);
  pagination.query = read_query_key(fields);
}

Pagination read_pagination(const Field& field) {
  using Kind = Pagination::Kind;
  static constexpr std::array kKeys{std::string_view{"kind"}, std::string_view{"next"},
                                    std::string_view{"more"}, std::string_view{"query"},
                                    std::string_view{"first"}};
  Pagination pagination;
  const auto fields = field.fields(kKeys);
  if (!fields) return pagination;
  const auto* kind = fields->need("kind", "write none, cursor, token, link, link_header or page");
  const auto word = kind == nullptr ? std::nullopt : kind->choice(kPaginationKinds.labels());
  if (!word) return pagination;
  pagination.kind = *kPaginationKinds.parse(*word);
  if (pagination.kind != Kind::Page) refuse(*fields, {"first"}, *word);
  switch (pagination.kind) {
    case Kind::None:
    case Kind::LinkHeader: refuse(*fields, {"next", "more", "query"}, *word); break;
    case Kind::Page:
      pagination.query = read_query_key(*fields);
      if (const auto* first = fields->find("first"))
        pagination.first = first->integer(kFirstPageRange).value_or(1);
      refuse(*fields, {"next", "more"}, *word);
      break;
    case Kind::Cursor: read_cursor(*fields, pagination); break;
    case Kind::Token:
      read_next(*fields, pagination.next);
      pagination.query = read_query_key(*fields);
      refuse(*fields, {"more"}, *word);
      break;
    case Kind::Link:
      read_next(*fields, pagination.next);
      refuse(*fields, {"more", "query"}, *word);
      break;
  }
  return pagination;
}

void read_patterns(const Field* field, std::vector<Pattern>& patterns) {
  if (field == nullptr) return;
  const auto items = field->list("regular expressions");
  if (!items) return;
  if (items->size() > kPatternsMax) {
    field->fail(fmt::format("must have at most {} entries, not {}", kPatternsMax, items->size()));
    return;
  }
  for (const auto& item : *items) {
    if (auto pattern = read_pattern(item)) patterns.push_back(std::move(*pattern));
  }
}

enum class Pointers { Hints, Ends, Flags };

// Where keys are ids, a row may be nothing but the value itself.
void read_pointers(const Field* field, Pointers of, std::vector<std::string>& pointers) {
  if (field == nullptr) return;
  const auto items = field->list("JSON pointers such as /context_length");
  if (!items) return;
  if (items->size() > kPointersMax)
    field->fail(fmt::format("must have at most {} entries, not {}", kPointersMax, items->size()));
  pointers.clear();
  for (const auto& item : *items) {
    constexpr std::string_view kWhat = "a JSON pointer such as /context_length";
    const auto text = of == Pointers::Hints ? item.text(kWhat) : item.text_or_empty(kWhat);
    if (!text) continue;
    const bool negates = of == Pointers::Flags && text->starts_with(kNegation);
    const auto problem = pointer_problem(std::string_view{*text}.substr(negates ? 1 : 0));
    if (problem) item.fail(fmt::format("{}, not {}", *problem, in_quotes(*text)));
    pointers.push_back(*text);
  }
}

void read_alias_ids(const Field* field, std::vector<std::string>& ids) {
  if (field == nullptr) return;
  const auto items = field->list("model ids");
  if (!items) return;
  if (items->size() > kAliasIdsMax)
    field->fail(fmt::format("must have at most {} entries, not {}", kAliasIdsMax, items->size()));
  ids.clear();
  for (const auto& item : *items) {
    const auto text = item.text("a model id");
    if (!text) continue;
    if (!model_id(*text))
      item.fail(
          fmt::format("must be at most {} bytes long and have no control characters", kIdBytesMax));
    ids.push_back(*text);
  }
}

void read_method(const Fields& fields, ListShape& shape) {
  static constexpr std::array kMethods{std::string_view{"GET"}, std::string_view{"POST"}};
  const auto* body = fields.find("body");
  if (const auto* method = fields.find("method"))
    shape.is_post = method->choice(kMethods).value_or("GET") == "POST";
  if (body == nullptr) return;
  shape.body = body->text_or_empty("a JSON text").value_or("");
  if (!shape.is_post) body->fail("belongs to lists with method: POST");
  if (shape.body.size() > kListBodyBytesMax)
    body->fail(fmt::format("must be at most {} bytes long", kListBodyBytesMax));
}

void read_list(const Field& field, ListShape& shape) {
  static constexpr std::array kKeys{
      std::string_view{"items"},      std::string_view{"id"},     std::string_view{"strip_prefix"},
      std::string_view{"pagination"}, std::string_view{"method"}, std::string_view{"body"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  read_method(*fields, shape);
  read_rows(*fields, shape.items, shape.id);
  if (const auto* prefix = fields->find("strip_prefix"))
    shape.strip_prefix = prefix->text_or_empty("text").value_or("");
  if (const auto* pagination = fields->find("pagination"))
    shape.pagination = read_pagination(*pagination);
}

void read_aliases(const Field& field, const std::string& list_url, std::vector<AliasRule>& rules,
                  Access* served_access) {
  const auto items = field.list("alias rules such as {field: /ref_model}");
  if (!items) return;
  if (items->size() > kRulesMax) {
    field.fail(fmt::format("must have at most {} entries, not {}", kRulesMax, items->size()));
    return;
  }
  rules.clear();
  for (const auto& item : *items) read_alias_rule(item, list_url, rules, served_access);
  if (std::ranges::count(rules, Rule::Served, &AliasRule::kind) > 1)
    field.fail("must have at most one served rule: sum all counts in its query");
}

void read_hints(const Field& field, std::vector<std::string>& hints) {
  read_pointers(&field, Pointers::Hints, hints);
}

void read_alias_names(const Field& field, AliasNames& names) {
  static constexpr std::array kKeys{std::string_view{"ids"}, std::string_view{"patterns"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  names = {};
  read_alias_ids(fields->find("ids"), names.ids);
  read_patterns(fields->find("patterns"), names.patterns);
}

void read_words(const Field* field, std::vector<std::string>& words) {
  if (field == nullptr) return;
  const auto items = field->list("words such as LEGACY");
  if (!items) return;
  if (items->size() > kWordsMax)
    field->fail(fmt::format("must have at most {} entries, not {}", kWordsMax, items->size()));
  words.clear();
  for (const auto& item : *items) words.push_back(item.text("a word such as LEGACY").value_or(""));
}

constexpr std::array kLifecycleKeys{std::string_view{"retires_at"}, std::string_view{"replacement"},
                                    std::string_view{"deprecated"}, std::string_view{"words"}};

void read_ends(const Fields& fields, LifecycleFields& lifecycle) {
  read_pointers(fields.find("retires_at"), Pointers::Ends, lifecycle.retires_at);
  read_pointers(fields.find("replacement"), Pointers::Ends, lifecycle.replacement);
  read_pointers(fields.find("deprecated"), Pointers::Flags, lifecycle.deprecated);
  read_words(fields.find("words"), lifecycle.words);
}

const std::vector<std::string_view>& document_keys() {
  static const std::vector<std::string_view> kKeys = [] {
    std::vector<std::string_view> all{"url", "source", "items", "id", "where", "interval"};
    all.insert(all.end(), kLifecycleKeys.begin(), kLifecycleKeys.end());
    const auto access = access_keys();
    all.insert(all.end(), access.begin(), access.end());
    return all;
  }();
  return kKeys;
}

// "https://deprecations.info/v1/x.json" -> "deprecations.info"
std::string host_in(const std::string& url) {
  const auto start = url.find("://");
  if (start == std::string::npos) return url;
  const auto host = url.substr(start + 3, url.find_first_of("/?:", start + 3) - start - 3);
  return host;
}

void read_where(const Field& field, std::vector<std::pair<std::string, std::string>>& where) {
  const auto may_show = [](std::string_view) { return true; };
  const auto entries =
      field.entries("a map of pointers to texts, such as {/provider: OpenAI}", may_show);
  if (!entries) return;
  for (const auto& [pointer, value] : *entries) {
    if (const auto problem = pointer_problem(pointer))
      value.fail(fmt::format("{}, not {}", *problem, in_quotes(pointer)));
    where.emplace_back(pointer, value.text("a text").value_or(""));
  }
}

EndingsDocument read_endings_document(const Field& field, Access& access) {
  EndingsDocument document;
  document.interval = kEndingsInterval;
  const auto fields = field.fields(document_keys());
  if (!fields) return document;
  if (const auto* url = fields->need("url", "write the URL of a list that says when models end")) {
    document.url = url->text("a URL").value_or("");
    const auto problem = document.url.empty() ? std::nullopt : url_problem(document.url);
    if (problem) url->fail(*problem);
  }
  document.source = host_in(document.url);
  if (const auto* source = fields->find("source"))
    document.source = source->text("a name for people").value_or("");
  read_rows(*fields, document.items, document.id);
  if (const auto* where = fields->find("where")) read_where(*where, document.where);
  if (const auto* interval = fields->find("interval"))
    document.interval = interval->duration(kEndingsIntervalRange).value_or(kEndingsInterval);
  read_ends(*fields, document.fields);
  access = read_access(*fields, {});
  return document;
}

void read_lifecycle(const Field& field, Reading& reading, Access* endings_access) {
  static const std::vector<std::string_view> kKeys = [] {
    std::vector<std::string_view> all{kLifecycleKeys.begin(), kLifecycleKeys.end()};
    all.push_back("document");
    return all;
  }();
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  read_ends(*fields, reading.lifecycle);
  const auto* document = fields->find("document");
  if (document == nullptr) return;
  if (endings_access == nullptr) return document->fail("cannot stand here");
  reading.endings = read_endings_document(*document, *endings_access);
}

void read_models(const Field& field, IdFilter& filter) {
  static constexpr std::array kKeys{std::string_view{"include"}, std::string_view{"exclude"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  read_patterns(fields->find("include"), filter.include);
  read_patterns(fields->find("exclude"), filter.exclude);
}

}  // namespace

std::span<const std::string_view> reading_keys() {
  static constexpr std::array kKeys{std::string_view{"list"},      std::string_view{"aliases"},
                                    std::string_view{"hints"},     std::string_view{"alias_names"},
                                    std::string_view{"lifecycle"}, std::string_view{"models"}};
  return kKeys;
}

void read_reading(const Fields& fields, const std::string& list_url, Reading& reading,
                  Access* served_access, Access* endings_access) {
  if (const auto* field = fields.find("list")) read_list(*field, reading.shape);
  if (const auto* field = fields.find("aliases"))
    read_aliases(*field, list_url, reading.rules, served_access);
  if (const auto* field = fields.find("alias_names")) read_alias_names(*field, reading.alias_names);
  if (const auto* field = fields.find("lifecycle")) read_lifecycle(*field, reading, endings_access);
  if (const auto* field = fields.find("hints")) read_hints(*field, reading.hints);
  reading.own = {.rules = fields.find("aliases") != nullptr,
                 .hints = fields.find("hints") != nullptr,
                 .lifecycle = fields.find("lifecycle") != nullptr};
  if (const auto* field = fields.find("models")) read_models(*field, reading.models);
}

}  // namespace modelvane
