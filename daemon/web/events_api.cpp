#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/core/glob.h"
#include "daemon/web/api.h"

namespace modelvane {
namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kLimitMax = 1000;  // about 4 MB of evidence at worst
// More patterns than there are types say nothing new, and each costs the store a comparison per row.
constexpr std::size_t kTypesMax = 32;

// Where the next page begins. Opaque to clients: it may become something else than a sequence number.
constexpr std::string_view kCursorMark = "s";

std::string cursor_before(std::uint64_t sequence) {
  return fmt::format("{}{:x}", kCursorMark, sequence);
}

std::expected<std::optional<std::uint64_t>, Reply> read_cursor(const Query& query) {
  const auto text = single(query, "cursor");
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return std::nullopt;
  std::uint64_t sequence = 0;
  const auto* const last = text->data() + text->size();
  if (text->starts_with(kCursorMark)) {
    const auto [end, error] = std::from_chars(text->data() + kCursorMark.size(), last, sequence, 16);
    if (error == std::errc{} && end == last) return sequence;
  }
  return std::unexpected(problem(400, "parameter cursor must be the value of \"next\" in the page before"));
}

std::expected<std::size_t, Reply> read_limit(const Query& query) {
  const auto text = single(query, "limit");
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return kDefaultLimit;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc{} || end != text->data() + text->size() || limit < 1 || limit > kLimitMax) {
    return std::unexpected(problem(400, fmt::format("parameter limit must be a number from 1 to {}", kLimitMax)));
  }
  return limit;
}

// Repeated or separated by commas. A pattern that no type can match is a spelling mistake, not an empty result.
std::expected<std::vector<std::string>, Reply> read_types(const Query& query) {
  std::vector<std::string> types;
  const auto [first, last] = query.equal_range("type");
  for (auto entry = first; entry != last; ++entry) {
    std::string_view rest = entry->second;
    while (true) {
      const auto comma = rest.find(',');
      types.emplace_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  if (types.size() > kTypesMax)
    return std::unexpected(problem(400, fmt::format("parameter type takes at most {} patterns", kTypesMax)));
  for (const auto& pattern : types) {
    const auto matches = [&](std::string_view name) { return glob_matches(pattern, name); };
    if (std::ranges::none_of(kEventTypeNames, matches)) {
      return std::unexpected(
          problem(400, fmt::format("parameter type: no event type matches \"{}\"; the types are {}, and * stands for "
                                   "any part of one",
                                   pattern, fmt::join(kEventTypeNames, ", "))));
    }
  }
  return types;
}

std::expected<EventFilter, Reply> read_filter(const Query& query) {
  constexpr std::array<std::string_view, 7> kAllowed{"endpoint", "alias", "type", "since", "until", "limit", "cursor"};
  if (auto refusal = refuse_unknown(query, kAllowed)) return std::unexpected(std::move(*refusal));
  auto endpoint = single(query, "endpoint");
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  auto alias = single(query, "alias");
  if (!alias) return std::unexpected(std::move(alias.error()));
  auto types = read_types(query);
  if (!types) return std::unexpected(std::move(types.error()));
  auto since = time_of(query, "since");
  if (!since) return std::unexpected(std::move(since.error()));
  auto until = time_of(query, "until");
  if (!until) return std::unexpected(std::move(until.error()));
  auto cursor = read_cursor(query);
  if (!cursor) return std::unexpected(std::move(cursor.error()));
  auto limit = read_limit(query);
  if (!limit) return std::unexpected(std::move(limit.error()));
  return EventFilter{.endpoint = std::move(*endpoint),
                     .alias = std::move(*alias),
                     .types = std::move(*types),
                     .since = *since,
                     .until = *until,
                     .before_sequence = *cursor,
                     .after_sequence = std::nullopt,
                     .limit = *limit};
}

}  // namespace

Reply events_api(EventQuery& events, const Query& query) {
  const auto filter = read_filter(query);
  if (!filter) return filter.error();
  const auto found = events.events(*filter);
  if (!found) return problem(503, found.error());
  // The stored texts are JSON already and must reach clients as receivers got them, byte for byte.
  std::string body = R"({"events":[)";
  for (const auto& event : *found) {
    if (&event != &found->front()) body += ',';
    body += event.json;
  }
  body += R"(],"next":)";
  // A full page may be the last one; then the next is empty.
  body += found->size() == filter->limit ? fmt::format("\"{}\"", cursor_before(found->back().sequence)) : "null";
  body += '}';
  return json_reply(std::move(body));
}

}  // namespace modelvane
