#include "tests/docs/project.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace docs {

namespace {

std::filesystem::path full(const std::string& path) {
  return std::filesystem::path{MODELVANE_SOURCE} / path;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string trimmed(const std::string& text) {
  const auto start = text.find_first_not_of(' ');
  return start == std::string::npos ? ""
                                    : text.substr(start, text.find_last_not_of(' ') - start + 1);
}

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream{line.substr(1)};
  for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(trimmed(cell));
  return cells;
}

}  // namespace

std::string read(const std::string& path) {
  std::ifstream file{full(path), std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool exists(const std::string& path) {
  return std::filesystem::exists(full(path));
}

std::vector<std::string> files(const std::string& folder, const std::string& ending) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(full(folder))) {
    const auto name = entry.path().filename().string();
    if (entry.is_regular_file() && name.ends_with(ending)) found.push_back(folder + "/" + name);
  }
  std::ranges::sort(found);
  return found;
}

std::vector<std::string> documents() {
  std::vector<std::string> found{"README.md", "CHANGELOG.md", "config/prometheus/README.md",
                                 "dashboards/README.md"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(full("docs"))) {
    if (entry.path().extension() == ".md") {
      found.push_back(std::filesystem::relative(entry.path(), full("")).generic_string());
    }
  }
  std::ranges::sort(found);
  return found;
}

std::vector<Row> table_rows(const std::string& markdown) {
  std::vector<Row> rows;
  std::string heading;
  bool is_in_body = false;
  for (const auto& line : lines_of(markdown)) {
    if (line.starts_with("#")) heading = line.substr(line.find_first_not_of("# "));
    if (!line.starts_with("|")) {
      is_in_body = false;
    } else if (line.starts_with("|--") || line.starts_with("| --")) {
      is_in_body = true;
    } else if (is_in_body) {
      rows.push_back({heading, cells_of(line)});
    }
  }
  return rows;
}

std::vector<std::string> in_backticks(const std::string& text) {
  std::vector<std::string> found;
  for (auto open = text.find('`'); open != std::string::npos;) {
    const auto close = text.find('`', open + 1);
    if (close == std::string::npos) break;
    found.push_back(text.substr(open + 1, close - open - 1));
    open = text.find('`', close + 1);
  }
  return found;
}

std::vector<std::string> code_blocks(const std::string& markdown, const std::string& language) {
  std::vector<std::string> blocks;
  bool is_inside = false;
  for (const auto& line : lines_of(markdown)) {
    if (is_inside && line == "```") {
      is_inside = false;
    } else if (is_inside) {
      blocks.back() += line + "\n";
    } else if (line == "```" + language) {
      is_inside = true;
      blocks.emplace_back();
    }
  }
  return blocks;
}

bool has_word(const std::string& text, const std::string& word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !is_name(text[at - 1]);
    const auto end = at + word.size();
    if (starts && (end == text.size() || !is_name(text[end]))) return true;
  }
  return false;
}

}  // namespace docs
