#include "daemon/transport/transport.h"

#include <algorithm>
#include <utility>

#include "daemon/text/ascii.h"

namespace modelvane {

bool HttpRequest::has_header(std::string_view name) const {
  return std::ranges::any_of(
      headers, [&](const auto& entry) { return equals_ignoring_case(entry.first, name); });
}

void HttpRequest::set_header(std::string_view name, std::string value) {
  std::erase_if(headers,
                [&](const auto& entry) { return equals_ignoring_case(entry.first, name); });
  headers.emplace_back(std::string{name}, std::move(value));
}

std::string_view HttpReply::header(std::string_view name) const {
  const auto found = std::ranges::find(
      headers, name, [](const auto& entry) { return std::string_view{entry.first}; });
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace modelvane
