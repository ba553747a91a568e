#include "daemon/catalog/goes_on.h"

#include <fmt/format.h>

#include <array>

#include "daemon/catalog/pagination.h"

namespace modelvane {
namespace {

using Kind = JsonValue::Kind;

struct Sign {
  std::string_view pointer;
  std::string_view remedy;  // for list.pagination
};

constexpr std::string_view kCursor =
    "{kind: cursor, next: /last_id, more: /has_more, query: after_id}";

constexpr std::array kFlags{
    Sign{"/has_more", kCursor},
    Sign{"/hasMore", "{kind: cursor, next: /lastId, more: /hasMore, query: after}"},
    Sign{"/hasNextPage", "{kind: page, query: page}"},
    Sign{"/has_next_page", "{kind: page, query: page}"},
};

// A text that is not empty, or a number, leads on.
constexpr std::array kLinks{
    Sign{"/nextPageToken", "{kind: token, next: /nextPageToken, query: pageToken}"},
    Sign{"/next_page_token", "{kind: token, next: /next_page_token, query: page_token}"},
    Sign{"/nextToken", "{kind: token, next: /nextToken, query: nextToken}"},
    Sign{"/NextToken", "{kind: token, next: /NextToken, query: NextToken}"},
    Sign{"/next_token", "{kind: token, next: /next_token, query: next_token}"},
    Sign{"/next_cursor", "{kind: token, next: /next_cursor, query: cursor}"},
    Sign{"/nextCursor", "{kind: token, next: /nextCursor, query: cursor}"},
    Sign{"/nextLink", "{kind: link, next: /nextLink}"},
    Sign{"/@odata.nextLink", "{kind: link, next: /@odata.nextLink}"},
    Sign{"/next", "{kind: link, next: /next}"},
    Sign{"/next/href", "{kind: link, next: /next/href}"},
    Sign{"/next_page", "{kind: token, next: /next_page, query: page}"},
    Sign{"/next_page_url", "{kind: link, next: /next_page_url}"},
    Sign{"/links/next", "{kind: link, next: /links/next}"},
    Sign{"/_links/next/href", "{kind: link, next: /_links/next/href}"},
    Sign{"/paging/next", "{kind: link, next: /paging/next}"},
    Sign{"/pagination/next", "{kind: link, next: /pagination/next}"},
    Sign{"/meta/next", "{kind: link, next: /meta/next}"},
};

constexpr std::array kTotals{
    std::string_view{"/total"},           std::string_view{"/total_count"},
    std::string_view{"/totalCount"},      std::string_view{"/result_info/total_count"},
    std::string_view{"/meta/total"},      std::string_view{"/meta/total_count"},
    std::string_view{"/pagination/total"}};

struct PageNumbers {
  std::string_view page, pages;
};
constexpr std::array kNumbers{PageNumbers{"/result_info/page", "/result_info/total_pages"},
                              PageNumbers{"/page", "/total_pages"},
                              PageNumbers{"/current_page", "/last_page"},
                              PageNumbers{"/meta/page", "/meta/total_pages"},
                              PageNumbers{"/pagination/page", "/pagination/total_pages"}};

std::string sentence(std::string_view what, std::string_view remedy) {
  return fmt::format(
      "the answer says that the list goes on ({}), and nothing says how: write list: {{pagination: "
      "{}}}",
      what, remedy);
}

}  // namespace

GoesOn::GoesOn(PointerTree& document) {
  for (const auto& sign : kFlags) flags_.push_back(document.add(std::string{sign.pointer}));
  for (const auto& sign : kLinks) links_.push_back(document.add(std::string{sign.pointer}));
  for (const auto pointer : kTotals) totals_.push_back(document.add(std::string{pointer}));
  for (const auto& one : kNumbers)
    numbers_.push_back({document.add(std::string{one.page}), document.add(std::string{one.pages})});
}

std::string GoesOn::problem(const std::vector<JsonValue>& values,
                            std::string_view link_header) const {
  for (std::size_t i = 0; i < flags_.size(); ++i) {
    const auto& value = values[flags_[i]];
    if (value.kind == Kind::Boolean && value.text == "true")
      return sentence(fmt::format("{} is true", kFlags[i].pointer), kFlags[i].remedy);
  }
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const auto& value = values[links_[i]];
    const bool leads_on =
        (value.is_text() && !value.text.empty()) || number_in<std::size_t>(value).value_or(0) > 0;
    if (leads_on)
      return sentence(fmt::format("there is a {}", kLinks[i].pointer), kLinks[i].remedy);
  }
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const auto page = number_in<std::size_t>(values[numbers_[i].page]);
    const auto pages = number_in<std::size_t>(values[numbers_[i].pages]);
    if (page && pages && *page < *pages) {
      return sentence(fmt::format("{} is {} of {}", kNumbers[i].page, *page, *pages),
                      "{kind: page, query: page}");
    }
  }
  return next_link(link_header).empty()
             ? ""
             : sentence("its header Link has rel=\"next\"", "{kind: link_header}");
}

std::optional<std::size_t> GoesOn::total(const std::vector<JsonValue>& values) const {
  for (const auto slot : totals_) {
    if (const auto number = number_in<std::size_t>(values[slot])) return number;
  }
  return std::nullopt;
}

}  // namespace modelvane
