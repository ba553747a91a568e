// Tables on the terminal: one way for all commands that print rows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

// A name of a list can be long; a cell of a table need not.
inline constexpr std::size_t kCellCharactersMax = 100;
// Of what a receiver answered.
inline constexpr std::size_t kErrorCharactersMax = 200;

// Text of strangers, made fit for one cell.
std::string cell(std::string_view text);

using TableRow = std::vector<std::string>;
// Columns aligned; on a terminal, lines are cut to its width. `rows` is not empty, its first row is
// the heading.
void print_table(const std::vector<TableRow>& rows);

}  // namespace modelvane
