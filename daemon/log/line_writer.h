// Where lines of the log go: a descriptor whose other end may have stopped reading (a terminal on
// hold, `| less`, a log collector that hangs). The daemon's work does not wait for such a reader.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace modelvane::log {

// One thread at a time.
class LineWriter {
 public:
  // `left_out` makes the line, without its end, that tells how many are missing.
  LineWriter(int descriptor, std::function<std::string(std::uint64_t)> left_out);

  // `line` with its end. Left out, and told with the next line that is taken, when nobody takes it
  // within an instant; a descriptor that is broken or full takes nothing and says nothing.
  void write(std::string_view line);

 private:
  enum class Outcome { Taken, Partly, Refused };

  Outcome try_to_write(std::string_view text, int patience);

  int descriptor_;
  std::function<std::string(std::uint64_t)> left_out_;
  bool is_socket_;
  bool is_stalled_ = false;   // nobody has taken the last line
  bool is_mid_line_ = false;  // the reader has got the beginning of a line only
  std::uint64_t missing_ = 0;
};

}  // namespace modelvane::log
