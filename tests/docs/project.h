// The project's files for people, as values: documents, their tables, what they set in backticks,
// their code blocks. All paths count from the project's root. The reading of Markdown is only as
// clever as our own documents need.
#pragma once

#include <string>
#include <vector>

namespace docs {

// "" when there is no such file.
std::string read(const std::string& path);
bool exists(const std::string& path);
// Files directly in `folder` whose names end in `ending`, by name.
std::vector<std::string> files(const std::string& folder, const std::string& ending);
// Every Markdown file for users: the READMEs, CHANGELOG and all below docs/.
std::vector<std::string> documents();

struct Row {
  std::string heading;  // the nearest one above
  std::vector<std::string> cells;
};
// The rows of all tables, without heads and rulers.
std::vector<Row> table_rows(const std::string& markdown);
std::vector<std::string> in_backticks(const std::string& text);
// The text of the code blocks that are marked as `language`.
std::vector<std::string> code_blocks(const std::string& markdown, const std::string& language);
// True when `word` stands in `text` by itself: not as a part of a longer name.
bool has_word(const std::string& text, const std::string& word);

}  // namespace docs
