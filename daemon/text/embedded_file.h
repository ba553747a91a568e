// A file that is part of the binary. Arrays of them are generated at build (embed.cmake).
#pragma once

#include <string_view>

namespace modelvane {

struct EmbeddedFile {
  std::string_view name;  // without folder
  std::string_view content_type;
  std::string_view text;
};

}  // namespace modelvane
