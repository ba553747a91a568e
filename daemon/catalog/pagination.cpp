#include "daemon/catalog/pagination.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/text/ascii.h"
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

// A relation may have several names.
bool names_next(std::string_view names) {
  while (!names.empty()) {
    const auto end = std::min(names.find(' '), names.size());
    if (equals_ignoring_case(names.substr(0, end), "next")) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

// Takes a value, quoted or not, from the front of `text`.
std::string_view take_value(std::string_view& text) {
  const bool is_quoted = text.starts_with('"');
  if (is_quoted) text.remove_prefix(1);
  const auto end = std::min(text.find_first_of(is_quoted ? "\"" : ";, \t"), text.size());
  const auto value = text.substr(0, end);
  text.remove_prefix(std::min(is_quoted ? end + 1 : end, text.size()));
  return value;
}

// Does the parameter rel behind a link say "next"? Others may hold any text.
bool is_next(std::string_view parameters) {
  for (;;) {
    const auto begin = parameters.find_first_not_of("; \t");
    if (begin == std::string_view::npos || parameters[begin] == ',') return false;
    parameters.remove_prefix(begin);
    const auto name = parameters.substr(0, parameters.find_first_of("=;, \t"));
    parameters.remove_prefix(name.size());
    const auto equals = parameters.find_first_not_of(" \t");
    if (equals == std::string_view::npos || parameters[equals] != '=') continue;
    parameters.remove_prefix(equals + 1);
    parameters.remove_prefix(std::min(parameters.find_first_not_of(" \t"), parameters.size()));
    const auto value = take_value(parameters);
    if (equals_ignoring_case(name, "rel")) return names_next(value);
  }
}

}  // namespace

std::string next_link(std::string_view header) {
  for (auto begin = header.find('<'); begin != std::string_view::npos; begin = header.find('<')) {
    header.remove_prefix(begin + 1);
    const auto end = header.find('>');
    if (end == std::string_view::npos) break;
    const auto url = header.substr(0, end);
    header.remove_prefix(end + 1);
    if (is_next(header.substr(0, header.find('<')))) return std::string{url};
  }
  return "";
}

std::expected<std::optional<std::string>, ReadError> next_page(
    const Pagination& pagination, const PageEnd& end, std::span<const std::string> fetched) {
  using Kind = Pagination::Kind;
  if (pagination.kind == Kind::None) return std::nullopt;
  if (pagination.kind == Kind::Cursor && !end.more) return std::nullopt;
  const bool is_numbered = pagination.kind == Kind::Page;
  if (is_numbered && (end.rows == 0 || end.is_last)) return std::nullopt;
  if (end.next.empty() && !is_numbered) {
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
  const auto number = std::to_string(pagination.first + static_cast<int>(fetched.size()));
  const bool is_link = pagination.kind == Kind::Link || pagination.kind == Kind::LinkHeader;
  auto url = is_link ? follow_link(end.next, page)
                     : with_query(page, pagination.query, is_numbered ? number : end.next);
  if (!url) return std::unexpected(std::move(url.error()));
  if (std::ranges::find(fetched, *url) != fetched.end()) {
    return partial(
        fmt::format("page {} leads back to a page that was read already", fetched.size()));
  }
  return std::move(*url);
}

}  // namespace modelvane
