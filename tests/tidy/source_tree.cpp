#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tidy {

namespace {

bool is_source(const std::filesystem::path& path) {
  constexpr std::array kExtensions{".h", ".cpp", ".js", ".mjs", ".cjs", ".css", ".html"};
  return std::ranges::find(kExtensions, path.extension()) != kExtensions.end() ||
         path.filename() == "CMakeLists.txt";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string SourceFile::layer() const {
  const std::string prefix = "daemon/";
  if (!path.starts_with(prefix)) return "";
  const std::size_t slash = path.find('/', prefix.size());
  return slash == std::string::npos ? "" : path.substr(prefix.size(), slash - prefix.size());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

std::vector<SourceFile> read_tree(const std::string& root) {
  std::vector<SourceFile> files;
  for (const char* folder : {"daemon", "tests"}) {
    auto entries =
        std::filesystem::recursive_directory_iterator(std::filesystem::path(root) / folder);
    for (auto entry = begin(entries); entry != end(entries); ++entry) {
      if (entry->path().filename() == "node_modules") {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file() && is_source(entry->path())) {
        files.push_back(
            {std::filesystem::relative(entry->path(), root).generic_string(), read(entry->path())});
      }
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

}  // namespace tidy
