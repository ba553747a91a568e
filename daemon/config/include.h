// `include`: further files of a configuration.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/config_error.h"
#include "daemon/config/field.h"
#include "daemon/config/yaml_node.h"

namespace modelvane {

// A further file. Its fields borrow it.
struct IncludedFile {
  explicit IncludedFile(std::string path, Surroundings surroundings)
      : findings(std::move(path), surroundings) {}
  YamlNodePtr root;                 // null = it could not be read
  std::vector<ConfigError> errors;  // why
  Findings findings;
};

// The files that globs name, each once, in the order of the globs and by name within each.
std::vector<std::string> files_matching(const std::vector<std::string>& globs);
bool is_glob(std::string_view path);

// The globs, from the folder of the file in which they stand. One without a wildcard must name a
// file.
std::vector<std::string> read_globs_of_files(const Field& field, std::string_view example);

}  // namespace modelvane
