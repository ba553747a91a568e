// One entry of `endpoints`, and the `defaults` that it starts from. Both are read completely even
// when they are in error; the result then only serves to find more errors, and never leaves
// parse_config().
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

// Names that are taken, with the place that took them.
class Names {
 public:
  // Reports a name that is malformed or taken.
  void claim(const Field& field, const std::string& name, const std::string& owner_path);
  // An entry whose name could not be read: the list of names is not the whole truth.
  void miss() { is_complete_ = false; }
  bool is_complete() const { return is_complete_; }
  std::vector<std::string_view> all() const;

 private:
  struct Owner {
    std::string path;
    std::string file;
    int line = 0;
  };
  std::map<std::string, Owner> owners_;
  bool is_complete_ = true;
};

// The polling keys of `defaults` over the built-in values.
EndpointConfig read_defaults(const Field& field);

EndpointConfig read_endpoint(const Field& field, const EndpointConfig& defaults, Names& names);

// Behind those that are there. What it says alike with one of the last of them is one value with
// that one's: a list of thousands often has one way to read and to reach them.
void append(Endpoints& endpoints, EndpointConfig endpoint);

}  // namespace modelvane
