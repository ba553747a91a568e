// How to read one endpoint's list: where the rows are, what an id is, and which rule tells an alias's target.
// Plain values, filled by config (or a provider's preset) and used by read_catalog.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

// How an alias's target was learnt. Only targets learnt by the same rule are ever compared.
enum class Rule { Field, Reverse, Lookup, Echo };

constexpr std::string_view label(Rule rule) {
  switch (rule) {
    case Rule::Field: return "field";
    case Rule::Reverse: return "reverse";
    case Rule::Lookup: return "lookup";
    case Rule::Echo: return "echo";
  }
  return "field";
}

struct ListShape {
  std::string items = "/data";  // JSON pointer (RFC 6901) from the document to the array of rows; "" = the document itself
  std::string id = "/id";       // JSON pointer from a row to its id
  std::string strip_prefix;     // removed from the front of every id and target that has it
  friend bool operator==(const ListShape&, const ListShape&) = default;
};

// Rule `field`: the string at `pointer` on a row names the row's target. Equal to the id, null or missing: not disclosed.
struct AliasRule {
  Rule kind = Rule::Field;
  std::string pointer;  // JSON pointer from a row
  friend bool operator==(const AliasRule&, const AliasRule&) = default;
};

// A regular expression (ECMAScript) with the text that it was made from, so that configs compare by text.
struct IdPattern {
  std::string text;
  std::regex regex;
  friend bool operator==(const IdPattern& a, const IdPattern& b) { return a.text == b.text; }
};

// Which ids of a list are watched: any `include` (or all when there is none) and no `exclude`.
struct IdFilter {
  std::vector<IdPattern> include;
  std::vector<IdPattern> exclude;
  bool accepts(const std::string& id) const;
  friend bool operator==(const IdFilter&, const IdFilter&) = default;
};

struct Reading {
  ListShape shape;
  std::vector<AliasRule> rules;  // in order: the first that discloses a target wins
  IdFilter models;
  friend bool operator==(const Reading&, const Reading&) = default;
};

}  // namespace modelvane
