#include "daemon/catalog/pagination.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/text/url.h"

namespace modelvane {
namespace {

std::unexpected<ReadError> partial(std::string sentence) {
  return std::unexpected(ReadError{Reason::Partial, std::move(sentence)});
}

std::expected<std::string, ReadError> follow_link(const std::string& link,
                                                  const std::string& page) {
  auto url = resolve(page, link);
  if (!url) return partial("the link to the next page is not a URL");
  if (!has_same_origin(*url, page)) {
    return partial(
        "the link to the next page leads to another host, which must not get the credentials");
  }
  return std::move(*url);
}

}  // namespace

std::expected<std::optional<std::string>, ReadError> next_page(
    const Pagination& pagination, const PageEnd& end, std::span<const std::string> fetched) {
  using Kind = Pagination::Kind;
  if (pagination.kind == Kind::None) return std::nullopt;
  if (pagination.kind == Kind::Cursor && !end.more) return std::nullopt;
  if (end.next.empty()) {
    if (pagination.kind != Kind::Cursor) return std::nullopt;
    return partial(fmt::format("{} promises another page, but there is no cursor at {}",
                               pagination.more, pagination.next));
  }
  if (fetched.size() >= kPagesMax)
    return partial(fmt::format("the list has more than {} pages", kPagesMax));
  if (end.next.size() > kCursorBytesMax) {
    return partial(
        fmt::format("the pointer to the next page is longer than {} bytes", kCursorBytesMax));
  }
  const auto& page = fetched.back();
  auto url = pagination.kind == Kind::Link ? follow_link(end.next, page)
                                           : with_query(page, pagination.query, end.next);
  if (!url) return std::unexpected(std::move(url.error()));
  if (std::ranges::find(fetched, *url) != fetched.end()) {
    return partial(
        fmt::format("page {} leads back to a page that was read already", fetched.size()));
  }
  return std::move(*url);
}

}  // namespace modelvane
