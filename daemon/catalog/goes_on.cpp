#include "daemon/catalog/goes_on.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/catalog/pagination.h"

namespace modelvane {
namespace {

using Kind = JsonValue::Kind;

// Where answers keep what they say of their pages: themselves, or a member of theirs.
constexpr std::array kEnvelopes{std::string_view{""},          std::string_view{"/pagination"},
                                std::string_view{"/paging"},   std::string_view{"/meta"},
                                std::string_view{"/metadata"}, std::string_view{"/pageInfo"},
                                std::string_view{"/page_info"}};
constexpr std::array kFurtherEnvelopes{std::string_view{"/result_info"}, std::string_view{"/page"},
                                       std::string_view{"/meta/pagination"}};

struct FlagWord {
  std::string_view name;
  bool leads_on = true;
};
constexpr std::array kFlagWords{
    FlagWord{"has_more"},      FlagWord{"hasMore"},         FlagWord{"has_next"},
    FlagWord{"hasNext"},       FlagWord{"has_next_page"},   FlagWord{"hasNextPage"},
    FlagWord{"truncated"},     FlagWord{"is_truncated"},    FlagWord{"isTruncated"},
    FlagWord{"IsTruncated"},   FlagWord{"last", false},     FlagWord{"is_last", false},
    FlagWord{"isLast", false}, FlagWord{"last_page", false}};

struct LinkWord {
  std::string_view name;
  std::string_view query;
};
// What a flag means by "more": the last row's id, or where the page ends. There on the last page,
// too.
constexpr std::array kCursorWords{LinkWord{"last_id", "after_id"}, LinkWord{"lastId", "after"},
                                  LinkWord{"endCursor", "after"}, LinkWord{"end_cursor", "after"}};
// A text that is not empty, or a number, leads on. Of those without a key it is usually a URL.
constexpr std::array kLinkWords{LinkWord{"nextPageToken", "pageToken"},
                                LinkWord{"next_page_token", "page_token"},
                                LinkWord{"nextToken", "nextToken"},
                                LinkWord{"NextToken", "NextToken"},
                                LinkWord{"next_token", "next_token"},
                                LinkWord{"next_cursor", "cursor"},
                                LinkWord{"nextCursor", "cursor"},
                                LinkWord{"next_page", "page"},
                                LinkWord{"nextPage", "page"},
                                LinkWord{"next_offset", "offset"},
                                LinkWord{"nextOffset", "offset"},
                                LinkWord{"nextMarker", "marker"},
                                LinkWord{"NextMarker", "Marker"},
                                LinkWord{"next_marker", "marker"},
                                LinkWord{"continuationToken", "continuationToken"},
                                LinkWord{"continuation_token", "continuation_token"},
                                LinkWord{"nextLink", ""},
                                LinkWord{"@odata.nextLink", ""},
                                LinkWord{"next_link", ""},
                                LinkWord{"nextUrl", ""},
                                LinkWord{"next_url", ""},
                                LinkWord{"next_page_url", ""},
                                LinkWord{"nextPageUrl", ""},
                                LinkWord{"next", ""},
                                LinkWord{"next/href", ""},
                                LinkWord{"next/url", ""},
                                LinkWord{"links/next", ""},
                                LinkWord{"links/next/href", ""},
                                LinkWord{"links/[rel=next]/href", ""},
                                LinkWord{"_links/next", ""},
                                LinkWord{"_links/next/href", ""}};

constexpr std::array kTotalWords{
    std::string_view{"total"},        std::string_view{"total_count"},
    std::string_view{"totalCount"},   std::string_view{"total_items"},
    std::string_view{"totalItems"},   std::string_view{"total_results"},
    std::string_view{"totalResults"}, std::string_view{"count"}};

struct NumberWords {
  std::string_view page, pages;
};
constexpr std::array kNumberWords{NumberWords{"page", "total_pages"},
                                  NumberWords{"page", "totalPages"},
                                  NumberWords{"page", "pages"},
                                  NumberWords{"current_page", "last_page"},
                                  NumberWords{"current_page", "total_pages"},
                                  NumberWords{"currentPage", "totalPages"},
                                  NumberWords{"number", "totalPages"}};

bool leads_on(const JsonValue& value) {
  return (value.is_text() && !value.text.empty()) || number_in<std::size_t>(value).value_or(0) > 0;
}

// As it is written within { } in YAML.
std::string written(const std::string& pointer) {
  return pointer.find('[') == std::string::npos ? pointer : fmt::format("\"{}\"", pointer);
}

bool is_url(const JsonValue& value) {
  return value.is_text() && (value.text.starts_with('/') || value.text.starts_with('?') ||
                             value.text.find("://") != std::string::npos);
}

}  // namespace

void GoesOn::Marks::add(const std::string& envelope) {
  const auto at = [&](std::string_view name) { return fmt::format("{}/{}", envelope, name); };
  const auto neighbours = cursors.size();
  for (const auto& word : kCursorWords)
    cursors.push_back({at(word.name), document.add(at(word.name)), word.query});
  for (const auto& word : kFlagWords)
    flags.push_back({at(word.name), document.add(at(word.name)), word.leads_on, neighbours});
  for (const auto& word : kLinkWords)
    links.push_back({at(word.name), document.add(at(word.name)), word.query});
  for (const auto name : kTotalWords) totals.push_back(document.add(at(name)));
  for (const auto& [page, pages] : kNumberWords)
    numbers.push_back({at(page), document.add(at(page)), document.add(at(pages))});
}

std::shared_ptr<const GoesOn::Marks> GoesOn::usual_marks() {
  static const auto kUsual = [] {
    auto marks = std::make_shared<Marks>();
    marks->object = marks->document.add("/object");
    for (const auto envelope : kEnvelopes) marks->add(std::string{envelope});
    for (const auto envelope : kFurtherEnvelopes) marks->add(std::string{envelope});
    return marks;
  }();
  return kUsual;
}

GoesOn::GoesOn(const std::vector<std::string>& items, PointerTree& document)
    : marks_(usual_marks()) {
  std::shared_ptr<Marks> own;
  for (const auto& pointer : items) {
    for (auto end = pointer.rfind('/'); end != std::string::npos && end > 0;
         end = pointer.rfind('/', end - 1)) {
      if (!own) own = std::make_shared<Marks>(*marks_);
      for (const auto envelope : kEnvelopes)
        own->add(pointer.substr(0, end) + std::string{envelope});
    }
  }
  if (own) marks_ = std::move(own);
  document = marks_->document;
}

const GoesOn::Flag* GoesOn::flag_that(bool goes_on, const std::vector<JsonValue>& values) const {
  const auto found = std::ranges::find_if(marks_->flags, [&](const Flag& flag) {
    const auto& value = values[flag.slot];
    // "last": 3 is a number of a page.
    const bool may_say = flag.leads_on || value.kind == Kind::Boolean;
    const auto said = may_say ? yes_or_no(value) : std::nullopt;
    return said && (*said == flag.leads_on) == goes_on;
  });
  return found == marks_->flags.end() ? nullptr : &*found;
}

const GoesOn::Link* GoesOn::cursor_beside(const Flag& flag,
                                          const std::vector<JsonValue>& values) const {
  for (std::size_t i = 0; i < kCursorWords.size(); ++i) {
    const auto& cursor = marks_->cursors[flag.neighbours + i];
    if (leads_on(values[cursor.slot])) return &cursor;
  }
  return nullptr;
}

std::string GoesOn::remedy_of(const Flag* flag, const Link* link, const Numbers* numbers,
                              const std::vector<JsonValue>& values) const {
  if (link != nullptr && is_url(values[link->slot]))
    return fmt::format("{{kind: link, next: {}}}", written(link->pointer));
  // A token that stands there on the last page, too, leads nowhere: the flag knows better.
  const bool has_flag = flag != nullptr && flag->leads_on;
  const auto* cursor = link != nullptr || !has_flag ? link : cursor_beside(*flag, values);
  if (cursor != nullptr) {
    const bool is_number = values[cursor->slot].kind == Kind::Number;
    // OpenAI's kin say object: list, and take `after`; Anthropic's take `after_id`.
    const auto& object = values[marks_->object];
    const bool is_openai = cursor->query == "after_id" && object.text == "list";
    const auto query = is_openai                ? std::string_view{"after"}
                       : !cursor->query.empty() ? cursor->query
                       : is_number              ? std::string_view{"page"}
                                                : std::string_view{"next"};
    if (has_flag) {
      return fmt::format("{{kind: cursor, next: {}, more: {}, query: {}}}", cursor->pointer,
                         flag->pointer, query);
    }
    return fmt::format("{{kind: token, next: {}, query: {}}}", cursor->pointer, query);
  }
  const bool is_from_zero = numbers != nullptr && values[numbers->page].text == "0";
  return is_from_zero ? "{kind: page, query: page, first: 0}" : "{kind: page, query: page}";
}

std::optional<GoesOn::Sign> GoesOn::sign(const std::vector<JsonValue>& values,
                                         std::string_view link_header) const {
  const auto* flag = flag_that(true, values);
  const auto found = std::ranges::find_if(
      marks_->links, [&](const Link& link) { return leads_on(values[link.slot]); });
  const Link* link = found == marks_->links.end() ? nullptr : &*found;
  const auto counted = std::ranges::find_if(marks_->numbers, [&](const Numbers& numbers) {
    const auto page = number_in<std::size_t>(values[numbers.page]);
    const auto pages = number_in<std::size_t>(values[numbers.pages]);
    return page && pages && std::max<std::size_t>(*page, 1) < *pages;  // some count from 0
  });
  const Numbers* numbers = counted == marks_->numbers.end() ? nullptr : &*counted;
  const bool is_linked = !next_link(link_header).empty();
  if (flag == nullptr && link == nullptr && numbers == nullptr && !is_linked) return std::nullopt;
  Sign sign;
  if (flag != nullptr) {
    sign.what = fmt::format("{} is {}", flag->pointer, flag->leads_on);
  } else if (link != nullptr) {
    sign.what = fmt::format("there is a {}", link->pointer);
  } else if (numbers != nullptr) {
    sign.what = fmt::format("{} is {} of {}", numbers->pointer, values[numbers->page].text,
                            values[numbers->pages].text);
  } else {
    sign.what = R"(its header Link has rel="next")";
  }
  sign.remedy = is_linked ? "{kind: link_header}" : remedy_of(flag, link, numbers, values);
  return sign;
}

bool GoesOn::ends(const std::vector<JsonValue>& values, std::size_t pages_read) const {
  if (flag_that(true, values) != nullptr) return false;
  return flag_that(false, values) != nullptr ||
         std::ranges::any_of(marks_->numbers, [&](const Numbers& numbers) {
           const auto pages = number_in<std::size_t>(values[numbers.pages]);
           return number_in<std::size_t>(values[numbers.page]) && pages && *pages > 0 &&
                  pages_read >= *pages;
         });
}

std::optional<std::size_t> GoesOn::total(const std::vector<JsonValue>& values) const {
  std::optional<std::size_t> most;  // others may count one page
  for (const auto slot : marks_->totals)
    most = std::max(most, number_in<std::size_t>(values[slot]));
  return most;
}

ReadError cut_list(const GoesOn::Sign& sign, bool has_pagination) {
  return {Reason::Partial,
          fmt::format("the answer says that the list goes on ({}), and {}: write list: "
                      "{{pagination: {}}}",
                      sign.what,
                      has_pagination ? "the configured pagination finds nothing of it there"
                                     : "nothing says how",
                      sign.remedy)};
}

ReadError cut_document(const GoesOn::Sign& sign) {
  return {Reason::Partial,
          fmt::format("the answer says that it goes on ({}), and only one page of it is read; does "
                      "its URL take a larger page?",
                      sign.what)};
}

}  // namespace modelvane
