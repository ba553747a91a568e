// A secret is named in the config (inline, environment variable or file) and read when it is used,
// so that a rotated file counts at once. A SecretRef has no stream operator: it cannot slip into a
// log by accident.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace modelvane {

struct SecretRef {
  enum class From { None, Inline, Env, File } from = From::None;
  std::string where;  // the value itself, the variable's name, or the path
  bool is_set() const { return from != From::None; }
  friend bool operator==(const SecretRef&, const SecretRef&) = default;
};

// The present value, without trailing newlines. The error names the variable or file, never a
// value.
std::expected<std::string, std::string> reveal(const SecretRef& secret);
// What stands around the present value that nobody means and reveal() leaves out: "a byte-order
// mark", "blanks"; "" = nothing but the end of a line, which every editor writes.
std::string_view left_out(const SecretRef& secret);

}  // namespace modelvane
