// From one page of a list to the next. Pages are only ever fetched from the place of the list
// itself: the credentials go with every request.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/catalog/read_error.h"
#include "daemon/catalog/reading.h"

namespace modelvane {

// 20,000 models (the limit of a list) at 100 to a page, which is what careful servers give.
inline constexpr std::size_t kPagesMax = 200;
// Real cursors have at most a few hundred bytes, and a URL should stay below 8 kB.
inline constexpr std::size_t kCursorBytesMax = 2'048;

// What a page says about the one after it; which member counts depends on the kind of pagination.
struct PageEnd {
  std::string next;   // the text at Pagination::next; "" = none
  bool more = false;  // the boolean at Pagination::more
  std::size_t rows = 0;
  bool is_last = false;  // it says so itself, where pages are counted
  friend bool operator==(const PageEnd&, const PageEnd&) = default;
};

// The URL with rel="next" in a header Link, as it stands there; "" = none.
std::string next_link(std::string_view header);

// The URL of the page after `fetched`, the pages read so far in order (the list's own URL first);
// nullopt when that was the last one. A list without end is an error, never a silent cut: half a
// list would look like removed models.
std::expected<std::optional<std::string>, ReadError> next_page(
    const Pagination& pagination, const PageEnd& end, std::span<const std::string> fetched);

}  // namespace modelvane
