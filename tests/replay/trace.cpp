#include "tests/replay/trace.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace modelvane {

Trace read_trace(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  REQUIRE_MESSAGE(file != nullptr, "cannot be opened: " << path);
  std::string text;
  std::vector<char> chunk(65'536);
  for (int read = 0; (read = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(read));
  gzclose(file);
  Trace trace;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) {
    const auto parsed = nlohmann::json::parse(line);
    const bool is_good = parsed["status"] == 200 && parsed["data"].is_array();
    trace.push_back(
        {.at = Time{std::chrono::seconds{parsed["t"].get<std::int64_t>()}},
         .body =
             is_good ? nlohmann::json{{"object", "list"}, {"data", parsed["data"]}}.dump() : ""});
  }
  return trace;
}

}  // namespace modelvane
