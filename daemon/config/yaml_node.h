// YAML text as a plain tree of values with positions; the only place that talks to yaml-cpp. The
// library is lenient where a config must not be: parse_yaml() refuses a second document,
// unterminated quotes, tags, control characters, invalid UTF-8 and deep nesting. Anchors and
// aliases work, but count at full size, so that a few lines cannot stand for millions of values.
// Duplicate keys are kept: the reader reports them, because it knows the path.
#pragma once

#include <compare>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

// 1-based, columns count bytes. Line 0 = the file as a whole.
struct Position {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct YamlNode;
using YamlNodePtr = std::shared_ptr<const YamlNode>;

struct YamlEntry {
  std::string key;
  Position at;
  YamlNodePtr value;
};

struct YamlNode {
  enum class Kind { Null, Scalar, Sequence, Map } kind = Kind::Null;
  Position at;
  std::string text;       // Scalar
  bool is_plain = false;  // Scalar: written without quotes, so it may be a number or a boolean
  std::vector<YamlNodePtr> items;  // Sequence
  std::vector<YamlEntry> entries;  // Map, in file order
  std::size_t expanded = 1;        // values in this tree, aliases written out
};

struct YamlError {
  Position at;
  std::string sentence;  // never quotes a value: it might be a secret
};

// An empty file is a Null node.
std::expected<YamlNodePtr, YamlError> parse_yaml(std::string_view text);

}  // namespace modelvane
