// Other people's checkers, run on a text.
#pragma once

#include <string>

namespace modelvane::test {

struct Checked {
  int exit_code = -1;  // -1: it did not end by itself
  std::string output;  // standard output and standard error
};

// A shell's command, with the text as its standard input.
Checked check_by(const std::string& command, const std::string& text);

}  // namespace modelvane::test
