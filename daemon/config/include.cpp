#include "daemon/config/include.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "daemon/config/spelling.h"

namespace modelvane {
namespace {

// A glob stands for any number of files; who lists so many of them wants one.
constexpr std::size_t kIncludesMax = 64;

std::vector<std::string> expanded(const std::string& pattern) {
  std::vector<std::string> files;
  glob_t found{};
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  // By bytes: glob(3) would sort by the locale.
  std::ranges::sort(files);
  std::erase_if(files, [](const std::string& file) {
    std::error_code error;
    return !std::filesystem::is_regular_file(file, error);
  });
  return files;
}

}  // namespace

bool is_glob(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

std::vector<std::string> files_matching(const std::vector<std::string>& globs) {
  std::vector<std::string> all;
  std::set<std::string> seen;
  for (const auto& glob : globs) {
    for (auto& file : expanded(glob)) {
      if (seen.insert(file).second) all.push_back(std::move(file));
    }
  }
  return all;
}

std::vector<std::string> read_globs_of_files(const Field& field, std::string_view example) {
  std::vector<std::string> globs;
  const auto items = field.list(fmt::format("files and globs of files, such as {}", example));
  if (!items) return globs;
  if (items->size() > kIncludesMax) {
    field.fail(fmt::format("must have at most {} entries, not {}", kIncludesMax, items->size()));
    return globs;
  }
  for (const auto& item : *items) {
    const auto text = item.text("the path of a file, or a glob");
    if (!text) continue;
    auto path = item.findings().resolve(*text);
    std::error_code error;
    if (item.findings().checks_surroundings() && !is_glob(path) &&
        !std::filesystem::is_regular_file(path, error)) {
      item.fail(fmt::format("there is no file {}", in_quotes(path)));
      continue;
    }
    globs.push_back(std::move(path));
  }
  return globs;
}

}  // namespace modelvane
