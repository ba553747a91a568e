// The project's own source files as values, for rules to look at.
#pragma once

#include <string>
#include <vector>

namespace tidy {

struct SourceFile {
  std::string path;  // from the project's root, with slashes: "daemon/detect/advance.h"
  std::string text;

  bool is_header() const { return path.ends_with(".h"); }
  bool is_in(const std::string& folder) const { return path.starts_with(folder + "/"); }
  // "core" of "daemon/detect/advance.h", "" outside daemon/ and for files directly in it.
  std::string layer() const;
  std::string folder() const { return path.substr(0, path.rfind('/')); }
};

// Without line ends. A final newline makes no empty last line.
std::vector<std::string> lines_of(const std::string& text);

// Every .h, .cpp and CMakeLists.txt below daemon/ and tests/ of the project at `root`, by path.
std::vector<SourceFile> read_tree(const std::string& root);

}  // namespace tidy
