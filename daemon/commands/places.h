// Where configuration and database are when nothing says it: beside each other in the working
// folder, or where the package puts them.
#pragma once

#include <filesystem>
#include <string>

namespace modelvane {

struct Places {
  std::string config_file;
  std::string storage_path;
};

// `root` and `here` stand for "/" and the working folder.
Places usual_places(const std::filesystem::path& root = "/",
                    const std::filesystem::path& here = "");

}  // namespace modelvane
