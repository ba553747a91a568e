#include "daemon/catalog/goes_on.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "daemon/catalog/pagination.h"

namespace modelvane {
namespace {

using Kind = JsonValue::Kind;

// Where answers keep what they say of their pages: themselves, or a member of theirs.
constexpr std::array kEnvelopes{std::string_view{""},          std::string_view{"/pagination"},
                                std::string_view{"/paging"},   std::string_view{"/meta"},
                                std::string_view{"/pageInfo"}, std::string_view{"/page_info"}};

enum class Remedy { Cursor, Page, Token, Link };

struct Mark {
  std::string pointer;
  std::string remedy;  // for list.pagination
};

struct MarkWord {
  std::string_view name;
  Remedy remedy;
  std::string_view query = "";  // Token: what its key in URLs is usually called
};

// true leads on.
constexpr std::array kFlagWords{
    MarkWord{"has_more", Remedy::Cursor},  MarkWord{"hasMore", Remedy::Cursor},
    MarkWord{"hasNextPage", Remedy::Page}, MarkWord{"has_next_page", Remedy::Page},
    MarkWord{"has_next", Remedy::Page},    MarkWord{"hasNext", Remedy::Page},
};

// A text that is not empty, or a number, leads on.
constexpr std::array kLinkWords{
    MarkWord{"nextPageToken", Remedy::Token, "pageToken"},
    MarkWord{"next_page_token", Remedy::Token, "page_token"},
    MarkWord{"nextToken", Remedy::Token, "nextToken"},
    MarkWord{"NextToken", Remedy::Token, "NextToken"},
    MarkWord{"next_token", Remedy::Token, "next_token"},
    MarkWord{"next_cursor", Remedy::Token, "cursor"},
    MarkWord{"nextCursor", Remedy::Token, "cursor"},
    MarkWord{"next_page", Remedy::Token, "page"},
    MarkWord{"nextLink", Remedy::Link},
    MarkWord{"@odata.nextLink", Remedy::Link},
    MarkWord{"next", Remedy::Link},
    MarkWord{"next_page_url", Remedy::Link},
};

// Links that stand apart.
constexpr std::array kFurtherLinks{std::string_view{"/next/href"}, std::string_view{"/links/next"},
                                   std::string_view{"/_links/next/href"}};

std::string remedy_of(const MarkWord& word, std::string_view envelope, const std::string& pointer) {
  switch (word.remedy) {
    case Remedy::Cursor: {
      const bool is_snake = word.name == "has_more";
      return fmt::format("{{kind: cursor, next: {}/{}, more: {}, query: {}}}", envelope,
                         is_snake ? "last_id" : "lastId", pointer, is_snake ? "after_id" : "after");
    }
    case Remedy::Page: return "{kind: page, query: page}";
    case Remedy::Token:
      return fmt::format("{{kind: token, next: {}, query: {}}}", pointer, word.query);
    case Remedy::Link: break;
  }
  return fmt::format("{{kind: link, next: {}}}", pointer);
}

std::vector<Mark> marks_of(std::span<const MarkWord> words) {
  std::vector<Mark> marks;
  for (const auto envelope : kEnvelopes) {
    for (const auto& word : words) {
      auto pointer = fmt::format("{}/{}", envelope, word.name);
      auto remedy = remedy_of(word, envelope, pointer);
      marks.push_back({std::move(pointer), std::move(remedy)});
    }
  }
  return marks;
}

const std::vector<Mark>& flags() {
  static const auto kFlags = marks_of(kFlagWords);
  return kFlags;
}

const std::vector<Mark>& links() {
  static const auto kLinks = [] {
    auto all = marks_of(kLinkWords);
    for (const auto pointer : kFurtherLinks)
      all.push_back({std::string{pointer}, fmt::format("{{kind: link, next: {}}}", pointer)});
    return all;
  }();
  return kLinks;
}

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
                              PageNumbers{"/page", "/totalPages"},
                              PageNumbers{"/page", "/pages"},
                              PageNumbers{"/current_page", "/last_page"},
                              PageNumbers{"/current_page", "/total_pages"},
                              PageNumbers{"/currentPage", "/totalPages"},
                              PageNumbers{"/meta/page", "/meta/total_pages"},
                              PageNumbers{"/meta/current_page", "/meta/last_page"},
                              PageNumbers{"/meta/currentPage", "/meta/totalPages"},
                              PageNumbers{"/pagination/page", "/pagination/total_pages"},
                              PageNumbers{"/pagination/page", "/pagination/pages"},
                              PageNumbers{"/pagination/current_page", "/pagination/total_pages"}};

std::string sentence(std::string_view what, std::string_view remedy) {
  return fmt::format(
      "the answer says that the list goes on ({}), and nothing says how: write list: {{pagination: "
      "{}}}",
      what, remedy);
}

}  // namespace

GoesOn::GoesOn(PointerTree& document) {
  for (const auto& sign : flags()) flags_.push_back(document.add(sign.pointer));
  for (const auto& sign : links()) links_.push_back(document.add(sign.pointer));
  for (const auto pointer : kTotals) totals_.push_back(document.add(std::string{pointer}));
  for (const auto& one : kNumbers)
    numbers_.push_back({document.add(std::string{one.page}), document.add(std::string{one.pages})});
}

std::string GoesOn::problem(const std::vector<JsonValue>& values,
                            std::string_view link_header) const {
  for (std::size_t i = 0; i < flags_.size(); ++i) {
    const auto& value = values[flags_[i]];
    if (value.kind == Kind::Boolean && value.text == "true")
      return sentence(fmt::format("{} is true", flags()[i].pointer), flags()[i].remedy);
  }
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const auto& value = values[links_[i]];
    const bool leads_on =
        (value.is_text() && !value.text.empty()) || number_in<std::size_t>(value).value_or(0) > 0;
    if (leads_on)
      return sentence(fmt::format("there is a {}", links()[i].pointer), links()[i].remedy);
  }
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const auto page = number_in<std::size_t>(values[numbers_[i].page]);
    const auto pages = number_in<std::size_t>(values[numbers_[i].pages]);
    // Some count from 0.
    if (page && pages && std::max<std::size_t>(*page, 1) < *pages) {
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
