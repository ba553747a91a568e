// One list read by hand: what its rows say, in the few words that the plain reader knows. Shares
// nothing with the daemon's reader but the JSON library, and describes each provider in words of
// its own, not by its preset.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace modelvane {

struct PlainRow {
  bool is_listed = false;   // false: only another row speaks of it
  std::string target;       // "" = a model, or not disclosed; several are joined by ","
  std::string told_by;      // which way the target was told; "" = none
  bool is_named = false;    // its name says that it is an alias
  std::string hints;        // the watched values, one after the other
  std::string end;          // the date as it is written; "" = none
  std::string replacement;  // "" = none
  std::string ending() const {
    return end.empty() && replacement.empty() ? "" : end + " " + replacement;
  }
};
using PlainList = std::map<std::string, PlainRow>;

// What there is to know about a provider's rows besides their ids.
struct PlainProvider {
  std::string prefix{};  // in front of every id
  bool has_targets =
      false;  // a row's `name` is its target; `aliases` lists others of the same name
  std::string alias_begins{};  // "" = ids that are aliases by name do not begin in a special way
  std::string alias_ends{};    // likewise
  std::string alias_like{};    // a regular expression for whole ids; "" = none
  std::vector<std::string> hints{};
  std::string end{};  // key of a "2026-12-31", also with a time
  std::string replacement{};
};

PlainList plain_list(const std::string& body, const PlainProvider& provider);

}  // namespace modelvane
