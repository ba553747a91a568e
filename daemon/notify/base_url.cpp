#include "daemon/notify/base_url.h"

#include <algorithm>
#include <vector>

#include "daemon/text/ascii.h"
#include "daemon/text/glob.h"

namespace modelvane {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (end > 0) segments.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

bool fits(std::string_view segment, std::string_view pattern) {
  return glob_matches(to_lower(pattern), to_lower(segment));
}

bool is_beginning(std::span<const std::string_view> segments,
                  std::span<const std::string_view> pattern) {
  return segments.size() <= pattern.size() &&
         std::equal(segments.begin(), segments.end(), pattern.begin(), fits);
}

// How many segments at the end of `path` begin that pattern: as many as possible.
std::size_t overlap(std::span<const std::string_view> path,
                    std::span<const std::string_view> pattern) {
  auto count = std::min(path.size(), pattern.size());
  while (count > 0 && !is_beginning(path.last(count), pattern)) --count;
  return count;
}

}  // namespace

std::string base_of(std::string_view url, std::span<const std::string_view> paths) {
  const auto host = url.find("://");
  const auto slash = host == std::string_view::npos ? host : url.find('/', host + 3);
  if (slash == std::string_view::npos) return std::string{url};
  const auto path = segments_of(url.substr(slash));
  std::size_t most = 0;
  for (const auto pattern : paths) most = std::max(most, overlap(path, segments_of(pattern)));
  std::string base{url.substr(0, slash)};
  for (std::size_t i = 0; i + most < path.size(); ++i) base.append("/").append(path[i]);
  return base;
}

}  // namespace modelvane
