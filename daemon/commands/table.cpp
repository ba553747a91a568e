#include "daemon/commands/table.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

// 0 = no terminal: nothing is cut, whatever reads it has room.
std::size_t terminal_width() {
  ::winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::vector<std::size_t> column_widths(const std::vector<TableRow>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], character_count(row[i]));
  }
  return widths;
}

}  // namespace

std::string cell(std::string_view text) {
  return plain_text(text, kCellCharactersMax);
}

void print_table(const std::vector<TableRow>& rows) {
  constexpr std::string_view kGap = "  ";
  const auto widths = column_widths(rows);
  const std::size_t terminal = terminal_width();
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size())
        line += std::string(widths[i] - character_count(row[i]), ' ') + std::string{kGap};
    }
    // The gaps of a table are no runs of blanks to fold, so it is cut here and not by plain_text.
    const bool is_wide = terminal > 1 && character_count(line) > terminal;
    while (is_wide && character_count(line) >= terminal) line.pop_back();
    fmt::print("{}{}\n", line, is_wide ? "…" : "");
  }
}

}  // namespace modelvane
