#include "daemon/web/query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace modelvane {

std::optional<Reply> refuse_unknown(const Query& query, std::span<const std::string_view> allowed) {
  for (const auto& [name, value] : query) {
    if (std::ranges::find(allowed, name) != allowed.end()) continue;
    const auto known = allowed.empty() ? "this path takes none" : fmt::format("allowed are: {}", fmt::join(allowed, ", "));
    return problem(400, fmt::format("unknown parameter \"{}\"; {}", name, known));
  }
  return std::nullopt;
}

std::expected<std::string, Reply> single(const Query& query, const std::string& name) {
  const auto [first, last] = query.equal_range(name);
  if (first == last) return "";
  if (std::next(first) != last) return std::unexpected(problem(400, fmt::format("parameter {} may be given once", name)));
  if (first->second.empty()) return std::unexpected(problem(400, fmt::format("parameter {} is empty", name)));
  return first->second;
}

std::expected<std::optional<Time>, Reply> time_of(const Query& query, const std::string& name) {
  const auto text = single(query, name);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return std::nullopt;
  // In a query, an unescaped + of a time zone's offset arrives as a space.
  auto repaired = *text;
  std::ranges::replace(repaired, ' ', '+');
  const auto time = parse_rfc3339(repaired);
  if (!time) {
    return std::unexpected(
        problem(400, fmt::format("parameter {} must be a time in RFC 3339, such as 2026-11-22T10:00:00Z or 2026-11-22", name)));
  }
  return time;
}

}  // namespace modelvane
